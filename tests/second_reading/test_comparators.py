"""Comparators of blood cancers: measured numbers were read twice, and derived ones give back what was printed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import livingdrug
from livingdrug import library
from livingdrug.scenario import resolve
from livingdrug.units import quantity

SECOND: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "comparators.toml").read_text(encoding="utf-8")
)
PRINTED = SECOND.pop("printed")
ONCE = [name for name in library.names("comparators") if name.startswith("gastric")]  # read before this file was kept
ROWS = [(name, number) for name, numbers in SECOND.items() for number in numbers]


def own(name: str) -> dict[str, Any]:
    """Numbers of a comparator, by the last word of their path."""
    found = resolve("zuma-1", {"comparator": name}).parameters
    return {path.rpartition(".")[2]: x for path, x in found.items()}


@pytest.mark.parametrize(("name", "number"), ROWS)
def test_two_readings_agree(name: str, number: str) -> None:
    first, second = own(name)[number], SECOND[name][number]
    if isinstance(second, dict):
        second = second["percent"] / 100 if "percent" in second else round(second["count"] / second["n"], 3)
    elif isinstance(second, str):
        second = quantity(second, first.unit)
    assert first.value == pytest.approx(second, rel=1e-3)


@pytest.mark.parametrize("name", [x for x in library.names("comparators") if x not in ONCE])
def test_every_measured_number_was_read_twice(name: str) -> None:
    assert {key for key, x in own(name).items() if x.kind == "measured"} <= set(SECOND[name])


@pytest.mark.parametrize("name", PRINTED)
def test_the_hazards_give_back_what_was_printed(name: str) -> None:
    """Of 1,500 patients, so that chance moves a share by about a point and a median by a twentieth."""
    printed = dict(PRINTED[name])
    run = livingdrug.Trial(printed.pop("trial"), {"comparator": name}).run(patients=1500, seed=5)
    seen = {row.measure: row.whole for row in run.arm().comparison.rows}
    for measure, value in printed.items():
        assert seen[measure] == pytest.approx(value, **({"rel": 0.1} if "median" in measure else {"abs": 3.5})), measure
