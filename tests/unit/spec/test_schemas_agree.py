"""`livingdrug schema KIND` beside the door: files of the library, spoilt at random, are refused by both or by none.

What JSON Schema cannot say stands in `BEYOND`, and nowhere else.
"""

from __future__ import annotations

import copy
import random
import re
import tomllib
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from json_schemas import faults

from livingdrug import library
from livingdrug.errors import LivingDrugError
from livingdrug.library.located import Place, locate
from livingdrug.scenario import resolve
from livingdrug.spec.json_schema import FILES, KINDS, schema_of
from livingdrug.spec.published_model import ModelFile
from livingdrug.spec.typed import read
from thoroughness import some

DOORS = {**FILES, "model": ModelFile}
ALONE = ("wrong_truths", "naive_transfer")  # files that stand by themselves in the library

BEYOND = {
    "the text of a unit, a clock, a length of time or an expression": (
        r"is not a (unit|clock|length of time|number with a unit)", "has no unit", r"column \d", "cannot tick",
        "a dose is never negative", "is the same in every patient", "notes .* at each look",
    ),
    "a name that another table or file must know": (
        r"unknown (endpoint|measure|list of visits|property|key of a published model)", "cites '", "is the title of",
    ),
    "which keys a kind needs, or has no use for": (
        "needs '", "needs (sd|low|given|its unit|the usual|unit and says)", "does not belong", "says neither",
        "says both", "does not say", "has no use", "without a unit", "names no measure", "not how much",
        "does one thing", "say one of", "is no share", "points need", "there is no value", "does nothing",
    ),
    "how numbers lie to each other": (
        "not between", "does not lie", "is not below", "is not above", "rising first", "is negative",
        "one number (a|for each) column", "% was published", "wider than", "an interval has two ends", "cannot be$",
        "far beyond", "are the same",
    ),
    "names that look alike, or stand for nothing to see": (
        "look alike", "are called", "have the (same|title)", "without a name", "is a name", "is an empty table",
    ),
    "that at least one is there": ("nothing can be observed", "has no equations", "needs grades"),
}  # fmt: skip


@cache
def files(kind: str) -> list[dict[str, Any]]:
    """The library's files of a kind that are whole by themselves."""
    if kind in ALONE:
        return [tomllib.loads((library.HERE / f"{kind}.toml").read_text(encoding="utf-8"))]
    folder = kind if kind in library.KINDS else f"{kind}s"
    return [dict(library.find(folder, name).data) for name in library.names(folder)]


def door(kind: str, data: Any) -> str:
    """What the door says of a file that is wrong; nothing of one that it takes."""
    try:
        with warnings.catch_warnings(action="ignore"):
            read(DOORS[kind], locate(data, lambda path: Place("mine.toml:1")))
    except LivingDrugError as problem:
        return problem.what
    return ""


def spots(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every key of nested tables: the path of its table, and the key."""
    rows = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, x in rows:
        if isinstance(data, dict):
            yield path, key
        yield from spots(x, (*path, key))


OTHERS = [1, -1.5, 0, True, False, "x", "", [], {}, [1], ["a", "a"], {"a": 1}, [[1]], [{}], -1e9, 2**70, "furlong"]


def spoilt(rng: random.Random, data: Any) -> tuple[str, Any]:
    """A file with one key taken out, misspelt, added, or given another value; and what was done."""
    path, key = rng.choice(list(spots(data)))
    made = copy.deepcopy(data)
    table = made
    for word in path:
        table = table[word]
    how = rng.choice(["taken out", "misspelt", "added", "another value", "another value", "another value"])
    if how == "taken out":
        del table[key]
    elif how == "misspelt":
        table[f"{key[:1]}{key[2:]}q"] = table.pop(key)
    elif how == "added":
        table["zzz"] = rng.choice(OTHERS)
    else:
        table[key] = rng.choice(OTHERS)
    return f"{'.'.join(map(str, path))}.{key} {how}: {table.get(key, '')!r:.40}", made


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "scenario"])
def test_schema_and_door_refuse_the_same(kind: str) -> None:
    schema, rng = schema_of(kind), random.Random(kind)
    for data in files(kind):
        said, told = door(kind, data), list(faults(schema, data))
        assert bool(said) <= ("like" in data) and not told, (said, told)  # whole only with what it is like
    whole = [data for data in files(kind) if "like" not in data and not door(kind, data)]
    unsaid = []
    for _ in range(some(60)):
        how, data = spoilt(rng, rng.choice(whole))
        told, said = next(faults(schema, data), ""), door(kind, data)
        assert bool(told) <= bool(said), f"the schema alone refuses: {how}: {told}"
        if said and not told and not any(re.search(x, said) for words in BEYOND.values() for x in words):
            unsaid.append(f"{how}: {said}")
    assert not unsaid, "the door alone refuses"


SCENARIO: dict[str, Any] = {
    "trial": "eliana",
    "title": "mine",
    "patients": 20,
    "seed": 3,
    "product": "tisagenlecleucel",
    "visits": {"blood": [28, 60]},
    "kinetics": {"growth": {"value": 1.5, "variability": {"sd": 0.2}}, "room": "* 0.5"},
    "protocol": {"rule": [{"name": "tocilizumab", "when": "crs.grade >= 2"}], "follow_up": "38 months"},
    "set": {"tumour.kill": "* 0.5"},
    "arm": [{"name": "a"}, {"name": "b", "tumour": {"kill": 2.0}}],
}
# What a role's numbers are called, no schema knows: `growth.valeu` might be one.
WRONG: list[tuple[str, Any]] = [
    ("patients", "many"), ("patients", 0), ("seed", -1), ("title", 3), ("product", 4), ("arm", {}), ("arm", [{}]),
    ("set", []), ("visits", {"blood": True}), ("kinetics", {"growth": True}), ("kinetics", {"growth": {}}),
    ("tittle", "mine"), ("measure", [{"name": "m", "kind": "meidan", "of": "cmax"}]), ("course", {"show": []}),
]  # fmt: skip


def test_a_scenario_is_as_its_schema_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from livingdrug.scenario.saved import toml

    monkeypatch.chdir(tmp_path)
    schema = schema_of("scenario")

    def refused(data: dict[str, Any]) -> bool:
        Path("mine.toml").write_text("".join(f"{k} = {toml(x)}\n" for k, x in data.items()), encoding="utf-8")
        try:
            resolve("mine.toml")
        except LivingDrugError:
            return True
        return False

    assert not refused(SCENARIO) and not list(faults(schema, SCENARIO))
    for key, x in WRONG:
        assert refused({**SCENARIO, key: x}) and list(faults(schema, {**SCENARIO, key: x})), (key, x)
