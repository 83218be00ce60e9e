"""The house plan, enforced: who may import whom, how long a file may be, which words may stand where."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "livingdrug"
FILES = sorted(SRC.rglob("*.py"))

# What each part may import (besides itself). Imports point down only.
GROUND = {"errors", "units", "rng", "parameters", "parallel", "files", "whole", "tabular", "version"}
MAY_IMPORT = {
    "errors": set(),
    "units": {"errors"},
    "rng": {"errors"},
    "parameters": {"errors", "units"},
    "parallel": {"errors"},
    "files": {"errors"},
    "whole": {"errors"},
    "tabular": set(),
    "version": set(),
    "library": GROUND,
    "spec": GROUND | {"library"},
    "results": GROUND,
    "plot": GROUND,
    "model": GROUND,
    "biology": GROUND | {"library", "model"},
    "engine": GROUND | {"model"},
    "bench": GROUND | {"model", "engine", "sbml"},
    "scenario": GROUND | {"library", "spec", "model", "biology"},
    "cohort": GROUND | {"library", "spec", "model", "biology", "scenario"},
    "care": GROUND | {"library", "spec", "model", "engine", "scenario", "cohort"},
    "trial": GROUND | {"library", "spec", "results", "model", "biology", "engine", "scenario", "cohort", "care"},
    "report": GROUND | {"library", "spec", "results", "plot", "model", "scenario", "cohort", "care", "trial"},
    "export": GROUND | {"results"},
    "published": GROUND | {"library", "spec", "results", "plot", "model", "biology", "engine"},
    "agents": GROUND | {"library", "spec", "plot", "engine", "published"},
    "sbml": GROUND | {"model", "plot", "engine"},
    "fit": GROUND | {"library", "spec", "results", "model", "biology", "engine", "scenario", "cohort", "care", "trial"},
    "registry": GROUND | {"library", "plot"},
    "explainers": GROUND | {"library", "spec", "scenario", "registry"},
    "web": None,  # a face of everything
    "cli": None,  # the top: anything
    "__init__": {"version", "trial"},
    "__main__": None,
}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "base", "manager"}


def part(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path))


def where(path: Path) -> str:
    return path.relative_to(SRC).as_posix()


def imported(path: Path) -> set[str]:
    """The parts of livingdrug that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(tree(path)):
        names = []
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{a.name}" for a in node.names]
        found |= {n.split(".")[1] for n in names if n.startswith("livingdrug.")}
    return {n for n in found if (SRC / n).exists() or (SRC / f"{n}.py").exists()}


# The rooms of the registry, and which of them each may import; a row names only rows above it.
REGISTRY_ROOMS: dict[str, set[str]] = {
    "errors": set(),
    "records": {"errors"},
    "terms": set(),
    "mirror": {"errors", "records"},
    "classify": {"records", "terms"},
    "sync": {"errors", "records", "mirror"},
    "search": {"errors", "records", "terms", "mirror", "classify"},
    "reports": {"errors", "records", "terms", "mirror", "classify", "search"},
}
REGISTRY_FILES = [f for f in FILES if part(f) == "registry" and f != SRC / "registry" / "__init__.py"]


def room(path: Path) -> str:
    return path.relative_to(SRC / "registry").parts[0].removesuffix(".py")


def test_registry_rooms_stand_in_order() -> None:
    rooms = list(REGISTRY_ROOMS)
    assert {room(f) for f in REGISTRY_FILES} == set(rooms), "say in REGISTRY_ROOMS where the new room stands"
    for i, name in enumerate(rooms):
        assert REGISTRY_ROOMS[name] <= set(rooms[:i])


def test_registry_rooms_import_downwards() -> None:
    prefix, wrong = "livingdrug.registry.", {}
    for path in REGISTRY_FILES:
        used = {m.removeprefix(prefix).split(".")[0] for m in modules_imported(path) if m.startswith(prefix)}
        wrong[where(path)] = used - {room(path)} - REGISTRY_ROOMS[room(path)]
    assert {path: rooms for path, rooms in wrong.items() if rooms} == {}


def module_name(path: Path, root: Path) -> str:
    """`src/livingdrug/rng.py` -> `livingdrug.rng`; a package goes by its own name."""
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


@cache
def is_module(name: str, root: Path) -> bool:
    file = root.joinpath(*name.split("."))
    return file.with_suffix(".py").is_file() or (file / "__init__.py").is_file()


def modules_imported(path: Path, root: Path = SRC.parent) -> set[str]:
    """The modules below a root that a file imports, also inside functions; not those for type hints alone."""
    found = set()
    package = module_name(path, root).split(".")
    if path.name != "__init__.py":
        package = package[:-1]

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and getattr(node.test, "attr", getattr(node.test, "id", "")) == "TYPE_CHECKING":
            for other in node.orelse:
                visit(other)
            return
        if isinstance(node, ast.Import):
            found.update(a.name for a in node.names if is_module(a.name, root))
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                name = f"{source}.{alias.name}"
                found.update(n for n in [name if is_module(name, root) else source] if is_module(n, root))
        if not isinstance(node, ast.expr):  # in which nothing is imported
            for child in ast.iter_child_nodes(node):
                visit(child)

    visit(tree(path))
    return found - {module_name(path, root)}


def import_circles(root: Path) -> list[set[str]]:
    """The circles of imports below a root: each a set of modules that all reach one another."""
    graph = {module_name(f, root): modules_imported(f, root) for f in root.rglob("*.py")}
    reach: dict[str, set[str]] = {}
    for start in graph:
        seen, waiting = set[str](), [start]
        while waiting:
            fresh = graph.get(waiting.pop(), set()) - seen
            seen |= fresh
            waiting += fresh
        reach[start] = seen
    circles = {frozenset(n for n in reach[m] if m in reach[n]) for m in graph if m in reach[m]}
    return sorted(map(set, circles), key=sorted)


def test_no_import_circle() -> None:
    """No module imports itself by way of others, be it inside a part or across parts."""
    assert [sorted(c) for c in import_circles(SRC.parent)] == []


@pytest.mark.parametrize(
    ("files", "circles"),
    [
        ({"a": "import p.b", "b": "import p.c", "c": ""}, []),
        ({"a": "import p.b", "b": "import p.a"}, ["ab"]),
        ({"a": "from p import b", "b": "def f():\n    from p.c import x", "c": "from . import a"}, ["abc"]),
        ({"a": "from .b import x", "b": "from .q import y", "q/__init__": "from ..a import z"}, ["abq"]),
        ({"a": "if TYPE_CHECKING:\n    import p.b", "b": "import p.a"}, []),
        ({"a": "if TYPE_CHECKING:\n    pass\nelse:\n    import p.b", "b": "import p.a"}, ["ab"]),
        ({"a": "import p.b", "b": "try:\n    from p.a import x\nexcept ImportError:\n    pass"}, ["ab"]),
        ({"a": "import p.b\nimport p.c", "b": "import p.a", "c": "import p.d", "d": "import p.c"}, ["ab", "cd"]),
    ],
)
def test_import_circles_are_found(tmp_path: Path, files: dict[str, str], circles: list[str]) -> None:
    for name, text in {"__init__": "", **files}.items():
        path = tmp_path / "p" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert import_circles(tmp_path) == [{f"p.{letter}" for letter in circle} for circle in circles]


def test_every_part_has_its_place() -> None:
    assert {part(f) for f in FILES} <= set(MAY_IMPORT), "say in MAY_IMPORT where the new part stands"


def test_imports_point_down() -> None:
    known = {f: MAY_IMPORT[part(f)] for f in FILES}
    wrong = {where(f): imported(f) - {part(f)} - may for f, may in known.items() if may is not None}
    assert len(wrong) > 200 and {path: parts for path, parts in wrong.items() if parts} == {}


def import_table() -> str:
    """MAY_IMPORT as the table of docs/architecture.md."""
    lines = ["| part | may import |", "|---|---|"]
    for name, allowed in MAY_IMPORT.items():
        if allowed is None:
            said = "anything"
        else:
            ground = (
                ["the ground floor"] if allowed >= GROUND else [f"`{n}`" for n in MAY_IMPORT if n in allowed & GROUND]
            )
            said = ", ".join([*ground, *(f"`{n}`" for n in MAY_IMPORT if n in allowed - GROUND)]) or "nothing"
        lines.append(f"| `{name}` | {said} |")
    return "\n".join([*lines, "", f"The ground floor: {', '.join(f'`{n}`' for n in MAY_IMPORT if n in GROUND)}."])


def test_the_page_shows_who_may_import_whom() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- who may import whom -->\n")[2].partition("\n<!-- end -->")[0]
    assert shown == import_table(), f"write this between the marks:\n{import_table()}"


def test_a_mechanism_imports_nothing_but_the_model_language() -> None:
    """And what its own room shares, in the room's `__init__.py`, and the mechanism that it is `like`. Only the finder
    of mechanisms knows the library's folders."""
    mechanisms = [f for f in FILES if part(f) == "biology" and f.name != "__init__.py"]
    assert mechanisms and all(imported(f) <= {"model", "biology"} for f in mechanisms)
    for f in mechanisms:
        room = f"livingdrug.biology.{f.parent.name}"
        found = {n.module for n in ast.walk(tree(f)) if isinstance(n, ast.ImportFrom) and n.module}
        told = f.parents[2] / "library" / "mechanisms" / f"{f.stem}.toml"
        like = tomllib.loads(text(told)).get("like") if told.exists() else None
        others = {m for m in found if m.startswith("livingdrug.biology")} - {room}
        assert {m.rpartition(".")[2] for m in others} <= {like}, f


def test_files_are_short_and_well_named() -> None:
    lines = {f: len(text(f).splitlines()) for f in FILES}
    assert {where(f): n for f, n in lines.items() if n > (150 if part(f) == "biology" else 600)} == {}, "split by idea"
    assert [where(f) for f in FILES if f.stem in FORBIDDEN_NAMES] == []
    assert [where(f) for f in FILES if text(f).strip() and not ast.get_docstring(tree(f))] == [], "say what it is"


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_no_machine_path_in_tracked_files() -> None:
    pattern = re.compile(r"(^|[^a-zA-Z0-9_.])/(" + "work|farm|home/[a-z]|Users/" + r")\b")
    bad = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if path != Path(__file__).resolve() and pattern.search(text):
            bad.append(str(path.relative_to(ROOT)))
    assert not bad


def product_names() -> set[str]:
    import tomllib

    names = set()
    for path in (SRC / "library" / "products").glob("*.toml"):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        names |= {path.stem, *map(str, data.get("aliases", []))}
    return {n.lower() for n in names if len(n) > 3}


def test_no_product_is_named_in_code() -> None:
    """A product is data. Code that names one would have to change for the next."""
    names = product_names()
    assert names, "the library has no products"
    named = re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(names)))})\b")
    bad = []
    for path in FILES:
        if "library" in path.parts or "published" in path.parts or not named.search(text(path).lower()):
            continue
        told = docstrings(path)
        for node in ast.walk(tree(path)):
            word = node.value if isinstance(node, ast.Constant) else getattr(node, "id", getattr(node, "name", ""))
            if isinstance(word, str) and named.search(word.lower()):
                if not isinstance(node, ast.Constant) or node.lineno not in told:
                    bad.append(f"{where(path)}:{getattr(node, 'lineno', '?')}: {word[:60]}")
    assert not bad


def docstrings(path: Path) -> set[int]:
    """The lines on which docstrings begin."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    bodies = (node.body for node in ast.walk(tree(path)) if isinstance(node, kinds))
    return {body[0].value.lineno for body in bodies if body and isinstance(body[0], ast.Expr)}


def test_importing_the_package_is_light() -> None:
    heavy = ["numpy", "sympy", "pint", "xarray", "matplotlib", "numba", "scipy", "pandas", "pydantic", "typer"]
    code = f"import sys, livingdrug; print([m for m in {heavy} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_a_group_of_commands_starts_without_the_virtual_trials() -> None:
    heavy = ["numpy", "pandas", "pydantic", "livingdrug.trial", "livingdrug.spec", "livingdrug.scenario"]
    code = "import sys; from livingdrug.cli import commands; commands('trials');"
    code += f"print([m for m in {heavy} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
