"""Files are read once, at the door: behind it nobody looks into the table of a library file, or reads TOML."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import livingdrug

ROOT = Path(livingdrug.__file__).parent
DOOR = ("library", "spec", "scenario")  # rooms that lay and read tables
TABLES = ("data", "table", "raw")
FINDS = ("find", "read")  # of the library: what they return is a file
# Files that are no library or scenario file: what they are read for.
OWN_TOML = {
    "explainers/page.py": "a page's own claims, typed there",
    "registry/records/countries.py": "names of countries",
    "registry/terms/synonyms.py": "words of the registries",
    "registry/reports/classified.py": "what was measured of the classifier",
    "registry/reports/approvals.py": "approvals by country, made into objects there",
    "report/limits.py": "where the model misses, made into objects there",
    "web/crowds.py": "living figures of the pages",
    "web/figures.py": "living figures of the pages",
    "web/living.py": "the model of the living figures",
    "web/jobs/question.py": "the text that a form sent, written anew as a text",
    "web/pages/_form.py": "the text that a form sent, shown in its fields",
    "web/pages/_runs.py": "the text of a run, written anew as a text",
}
BELOW = {  # lies below the door, which its text goes through afterwards
    "registry/reports/scenario_draft.py:data": "ages and doses that a draft is laid over",
}
WHOLE = {  # taken as they are; nobody looks into them
    "trial/remembered.py:raw": "hashed",
    "explainers/page.py:data": "located for the typed objects of a page",
    "cli/library.py:table": "is there anything in the file?",
}


def behind(*words: str) -> Iterator[tuple[str, ast.Module]]:
    """Every module behind the door in whose text one of these words stands."""
    for file in sorted(ROOT.rglob("*.py")):
        name, text = file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")
        if name.partition("/")[0] not in DOOR and any(word in text for word in words):
            yield name, ast.parse(text)


def files_in(module: ast.AST) -> set[str]:
    """The names that hold a file of the library: annotated as one, or found in it."""
    found = set()
    for node in ast.walk(module):
        if isinstance(node, ast.arg) and node.annotation and "LibraryFile" in ast.unparse(node.annotation):
            found.add(node.arg)
        pairs: list[tuple[ast.expr, ast.expr]] = []
        if isinstance(node, ast.Assign):
            for target in node.targets:
                both = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
                pairs += zip(target.elts, node.value.elts) if both else [(target, node.value)]  # type: ignore[attr-defined]
        if isinstance(node, ast.For | ast.comprehension):
            pairs.append((node.target, node.iter))
        for target, value in pairs:
            if isinstance(target, ast.Name) and any(_finds(x) for x in ast.walk(value)):
                found.add(target.id)
    return found


def _finds(node: ast.AST) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Attribute) and called.attr in FINDS and ast.unparse(called.value) == "library"


def looks_into(module: ast.Module) -> Iterator[ast.Attribute]:
    """Where the table of a file is looked into; handing it whole to the door (`read(Trial, entry.table)`) is none."""
    files = files_in(module)
    whole = {id(x) for call in ast.walk(module) if isinstance(call, ast.Call) for x in call.args}
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and node.attr in TABLES and not (node.attr == "table" and id(node) in whole):
            own = node.value
            if (
                (node.attr == "raw" and ast.unparse(own).endswith("resolved"))
                or _finds(own)
                or (isinstance(own, ast.Name) and own.id in files)
            ):
                yield node


def test_nobody_behind_the_door_looks_into_a_table() -> None:
    found = {f"{name}:{node.attr}": node.lineno for name, module in behind(*TABLES) for node in looks_into(module)}
    assert not {name: line for name, line in found.items() if name not in {**WHOLE, **BELOW}}, (
        "read it with livingdrug.spec"
    )


def test_what_is_looked_for_is_seen() -> None:
    seen = (
        "e = library.find('trials', n)\ne.data.get('published')",
        "library.find('trials', n).data['title']",
        "def f(file: LibraryFile): return file.table['title']",
        "for e in map(library.find, names): pass\ne, f = library.find('a', n), {}\nfor k in e.table.items(): pass",
        "resolved.raw['protocol']",
    )
    assert all(list(looks_into(ast.parse(text))) for text in seen)
    assert not list(looks_into(ast.parse("e = library.find('trials', n)\nread(Trial, e.table)\ncourse.table['day']")))


def test_toml_is_read_by_those_alone_who_have_files_of_their_own() -> None:
    readers = {
        name
        for name, module in behind("tomllib")
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("tomllib.loads", "tomllib.load")
    }
    assert readers <= set(OWN_TOML)
