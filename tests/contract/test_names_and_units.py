"""Every key and name of every library file misspelt, every unit dropped or of another kind: refused with the nearest
name at the file and line, or, where the author chose the name, told where something asks for it.

A seeded sample of all files in `make test`; every file, every kind of spot in it, in `make thorough`.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from livingdrug import library
from livingdrug.errors import LivingDrugError
from spoilt_library import Spot, spots, user

SAMPLED = 36  # spots in all, of a run that is not thorough


def each(kind: str, name: str) -> list[Spot]:
    """The spots of a file, one of those that are alike, in an order of chance."""
    every = list(spots(library.find(kind, name).text))
    random.Random(f"{kind}/{name}").shuffle(every)
    return list({(spot.what, spot.like): spot for spot in every}.values())


def fault(problem: LivingDrugError, spot: Spot, file: str, text: str) -> str:
    """What a message about a spoilt file lacks."""
    said, right = str(problem), text[spot.begin : spot.end].strip()
    if spot.what == "chosen":  # where something asks for it; the event of a column `response_day` is `response`
        told = any(word.removesuffix("_day") in said for word in (spot.instead, right))
        return "" if told else "the name is not told"
    if spot.what == "unit":
        helps = any(word in said for word in ("unit", "clock", "length of time", "degrees"))
    else:
        helps = right in f"{problem.nearest} {problem.allowed}" or spot.instead in str(problem.nearest)
    line = spot.line(text)
    near = any(f"{file}:{i}" in said for i in range(max(line - 3, 1), line + 2)) or spot.instead in str(problem.nearest)
    return "" if helps and near else "neither the nearest name nor the line" if not helps else "not the line"


def spoilt(kind: str, name: str, most: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[str]]:
    """How many spots of a file were spoilt, and what is wrong with what was said of them."""
    asks, text, chosen = user(kind, name), library.find(kind, name).text, each(kind, name)[:most]
    if asks is None:
        return 0, []
    file, found = folder / kind / f"{name}.toml", []
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    monkeypatch.setenv(library.ENV, str(folder))
    try:
        noted = set(asks())
    except LivingDrugError as problem:  # of the user's own, a number that one of the trials alone reads is refused
        assert "nothing asks about" in str(problem)
        return 0, []
    finally:
        monkeypatch.delenv(library.ENV)
    monkeypatch.setenv(library.ENV, str(folder))
    for spot in chosen:
        case = f"{file.name}:{spot.line(text)}: {spot.what} '{text[spot.begin : spot.end]}' as '{spot.instead}'"
        file.write_text(spot.spoil(text), encoding="utf-8")
        try:
            silent = not set(asks()) - noted and spot.what != "chosen"
            found += [f"{case}: accepted in silence"] if silent else []
        except LivingDrugError as problem:
            wrong = fault(problem, spot, file.name, text)
            found += [f"{case}: {wrong}: {problem}"] if wrong else []
    file.unlink()
    monkeypatch.delenv(library.ENV)
    return len(chosen), found


def test_a_sample_of_what_can_be_misspelt_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng, tried, found = random.Random(9), 0, []
    files = [(kind, rng.choice(library.names(kind))) for kind in library.KINDS]
    for kind, name in files:
        many, wrong = spoilt(kind, name, SAMPLED // len(files), tmp_path, monkeypatch)
        tried, found = tried + many, found + wrong
    assert not found, "\n\n".join(found)
    assert tried > SAMPLED / 2


@pytest.mark.thorough
@pytest.mark.parametrize("kind", library.KINDS)
def test_whatever_is_misspelt_in_a_file_is_refused(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [x for name in library.names(kind) for x in spoilt(kind, name, 10_000, tmp_path, monkeypatch)[1]]
    assert not found, "\n\n".join(found)
