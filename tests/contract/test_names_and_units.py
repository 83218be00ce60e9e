"""Every name that a file uses is known or refused with the nearest, and every amount, time, threshold and rate has a
unit or is refused: generated over the library's own trial, protocol and scales, one spoilt value at a time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from livingdrug import library
from livingdrug.errors import LivingDrugError
from livingdrug.scenario import resolve
from livingdrug.trial.design import design
from livingdrug.trial.run import check_arm
from thoroughness import some_of

TRIAL = "eliana"
FILES = [("trials", "eliana"), ("protocols", "eliana"), ("populations", "relapsed-b-all-young"), ("scales", "penn")]
# Keys whose value is a name that something else must know.
NAMES = ("give", "set", "of", "measure", "observable", "visits", "noise", "limit", "product", "population", "protocol",
         "tumour", "scale", "source", "given", "drugs", "events", "censors", "start", "kind", "read", "by")  # fmt: skip
NUMBER = r"(?<![\w.])[-+]?\d+\.?\d*(?:e[-+]?\d+)?"
UNIT = re.compile(rf"({NUMBER}) *((?:mg|cell|kg|g|h|d|min|months|degC|copy)(?:/[a-z]\w*)?)(?![\w/])")


def spoilt(entry: library.LibraryFile, line: int, text: str, folder: Path) -> None:
    """Write the file with another text on one line."""
    lines = entry.text.split("\n")
    lines[line - 1] = text
    file = folder / entry.kind / f"{entry.name}.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines), encoding="utf-8")


def told() -> LivingDrugError | None:
    """What is said when the trial is resolved and checked, before anything is compiled."""
    try:
        for arm in resolve(TRIAL).arms:
            check_arm(arm, design(arm))
    except LivingDrugError as problem:
        return problem
    return None


def once(cases: list[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """The first and the last case of each key: rows are alike."""
    keys: dict[str, list[tuple[int, str, str]]] = {}
    for case in cases:
        keys.setdefault(case[2], []).append(case)
    return sorted({x for alike in keys.values() for x in (alike[0], alike[-1])})


def misspelt_names(entry: library.LibraryFile) -> list[tuple[int, str, str]]:
    """(line, its text with one letter of a name dropped, key) of every line that uses a name."""
    found, header = [], ""
    # Published, but said not to be simulated: any name will do.
    unsimulated = {row["measure"] for row in entry.data.get("published", []) if "not_comparable" in row}
    for number, text in enumerate(entry.text.split("\n"), 1):
        header = text.strip("[] ") if text.startswith("[") else header
        used = re.match(r'(\w+) = \[?"([A-Za-z_.]{4,})"', text)
        if (
            used
            and used[1] in NAMES
            and used[2] not in unsimulated
            and not header.startswith(("shown", "figure", "event", "sources"))
        ):
            at = used.start(2) + len(used[2]) // 2
            found.append((number, text[:at] + text[at + 1 :], f"{header.split('.')[0]}.{used[1]}"))
    return once(found)


def without_units(entry: library.LibraryFile) -> list[tuple[int, str, str]]:
    """(line, its text with the unit of one number dropped, key) of every line that states an amount with its unit."""
    found, header = [], ""
    for number, text in enumerate(entry.text.split("\n"), 1):
        header = text.strip("[] ") if text.startswith("[") else header
        key = re.match(r"(\w+) = ", text)
        if (
            not key
            or key[1] in ("where", "why", "about", "title", "note", "words", "name", "measure", "not_comparable")
            or header.startswith("sources")
        ):
            continue
        if key[1] == "unit" and header.split(".")[0] in ("covariates", "share", "threshold", "dose", "physiology"):
            found.append((number, "", f"{header.split('.')[0]}.unit"))
        for unit in UNIT.finditer(text):
            if float(unit[1]):
                dropped = text[: unit.end(1)] + text[unit.end() :]
                found.append((number, dropped, f"{header}.{key[1]}.{unit[2]}"))
    return once(found)


def cases(of) -> list:  # type: ignore[no-untyped-def, type-arg]
    return [
        pytest.param(kind, name, *case, id=f"{kind}:{case[0]}:{case[2]}")
        for kind, name in FILES
        for case in of(library.find(kind, name))
    ]


@pytest.mark.parametrize(("kind", "name", "line", "text", "key"), some_of(cases(misspelt_names)))
def test_a_misspelt_name_is_refused_with_the_nearest(kind, name, line, text, key, tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    spoilt(library.find(kind, name), line, text, tmp_path)
    monkeypatch.setenv("LIVINGDRUG_LIBRARY", str(tmp_path))
    problem = told()
    assert problem is not None, text
    assert problem.nearest or problem.allowed, problem
    assert f"{name}.toml:" in str(problem.where), problem


@pytest.mark.parametrize(("kind", "name", "line", "text", "key"), some_of(cases(without_units)))
def test_a_number_without_its_unit_is_refused(kind, name, line, text, key, tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    spoilt(library.find(kind, name), line, text, tmp_path)
    monkeypatch.setenv("LIVINGDRUG_LIBRARY", str(tmp_path))
    problem = told()
    if key.startswith("physiology"):
        assert problem is None, "a number whose mechanism declares the unit inherits it"
        return
    assert problem is not None, text
    assert "unit" in str(problem), problem
    assert f"{kind}/{name}.toml:{line}" in str(problem.where) or not text, problem


def test_there_is_something_to_spoil() -> None:
    assert len(some_of(cases(misspelt_names))) > 15 and len(some_of(cases(without_units))) > 25
