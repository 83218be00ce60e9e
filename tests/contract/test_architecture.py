"""The house plan, enforced: who may import whom, how long a file may be, which words may stand where."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "livingdrug"
FILES = sorted(SRC.rglob("*.py"))

# What each part may import (besides itself). Imports point down only.
GROUND = {"errors", "units", "rng", "parameters", "parallel"}
MAY_IMPORT = {
    "errors": set(),
    "units": {"errors"},
    "rng": {"errors"},
    "parameters": {"errors", "units"},
    "parallel": {"errors"},
    "library": GROUND,
    "results": GROUND,
    "plot": GROUND,
    "model": GROUND,
    "biology": GROUND | {"library", "model"},
    "engine": GROUND | {"model"},
    "bench": GROUND | {"model", "engine", "sbml"},
    "scenario": GROUND | {"library", "model", "biology"},
    "cohort": GROUND | {"library", "model", "biology", "scenario"},
    "care": GROUND | {"library", "model", "engine", "scenario", "cohort"},
    "trial": GROUND | {"library", "results", "model", "biology", "engine", "scenario", "cohort", "care"},
    "report": GROUND | {"library", "results", "plot", "model", "scenario", "cohort", "care", "trial"},
    "published": GROUND | {"library", "results", "plot", "model", "biology", "engine"},
    "sbml": GROUND | {"model", "published"},
    "fit": GROUND | {"library", "results", "model", "biology", "engine", "scenario", "cohort", "care", "trial"},
    "registry": GROUND | {"library", "plot"},
    "cli": None,  # the top: anything
    "__init__": None,
    "__main__": None,
}
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "base", "manager"}


def part(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """The parts of livingdrug that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{a.name}" for a in node.names]
        found |= {n.split(".")[1] for n in names if n.startswith("livingdrug.")}
    return {n for n in found if (SRC / n).exists() or (SRC / f"{n}.py").exists()}


def test_every_part_has_its_place() -> None:
    assert {part(f) for f in FILES} <= set(MAY_IMPORT), "say in MAY_IMPORT where the new part stands"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_imports_point_down(path: Path) -> None:
    allowed = MAY_IMPORT[part(path)]
    if allowed is not None:
        assert imported(path) - {part(path)} <= allowed


def test_a_mechanism_imports_nothing_but_the_model_language() -> None:
    """Only the finder of mechanisms knows the library's folders."""
    mechanisms = [f for f in FILES if part(f) == "biology" and f.name != "__init__.py"]
    assert mechanisms and all(imported(f) <= {"model"} for f in mechanisms)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_files_are_short_and_well_named(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    limit = 150 if part(path) == "biology" else 600
    assert lines <= limit, f"{lines} lines; split by idea"
    assert path.stem not in FORBIDDEN_NAMES
    assert not path.read_text(encoding="utf-8").strip() or ast.get_docstring(
        ast.parse(path.read_text(encoding="utf-8"))
    )


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
    bad = []
    for path in FILES:
        if "library" in path.parts or "published" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            word = node.value if isinstance(node, ast.Constant) else getattr(node, "id", getattr(node, "name", ""))
            if isinstance(word, str) and any(re.search(rf"\b{re.escape(n)}\b", word.lower()) for n in names):
                if isinstance(node, ast.Constant) and is_docstring(path, node):
                    continue
                bad.append(f"{path.relative_to(SRC)}:{getattr(node, 'lineno', '?')}: {word[:60]}")
    assert not bad


def is_docstring(path: Path, constant: ast.Constant) -> bool:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            body = node.body
            if body and isinstance(body[0], ast.Expr) and getattr(body[0].value, "lineno", -1) == constant.lineno:
                return True
    return False


def test_importing_the_package_is_light() -> None:
    heavy = ["numpy", "sympy", "pint", "xarray", "matplotlib", "numba", "scipy", "pandas", "pydantic", "typer"]
    code = f"import sys, livingdrug; print([m for m in {heavy} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
