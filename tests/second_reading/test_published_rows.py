"""Published rows of the trials, and what was entered of patients and care, were read twice; here the two meet."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from livingdrug import library
from livingdrug.scenario.parts import whole
from livingdrug.spec.population import Population
from livingdrug.spec.protocol import Protocol
from livingdrug.spec.trial import Published, Trial
from livingdrug.spec.typed import read

SECOND = tomllib.loads((Path(__file__).parent / "trials.toml").read_text(encoding="utf-8"))
PUBLISHED: dict[str, dict[str, Any]] = SECOND["published"]
ENTERED: dict[str, dict[str, Any]] = SECOND["entered"]
ONCE = {"eliana"}  # its rows were read before this file was kept
ONCE |= {name for name in library.names("trials") if library.find("trials", name).data.get("role") == "outlook"}
ROWS = [(name, measure) for name, rows in PUBLISHED.items() for measure in rows]


def seen(name: str) -> dict[str, Published]:
    """The rows of a trial that were read, by measure."""
    trial = read(Trial, whole(library.find("trials", name)))
    return {row.measure: row for row in trial.published if row.read == "seen"}


def value(second: dict[str, Any]) -> Any:
    """What the second reader wrote: a number as printed, or a count in percent to the last digit printed."""
    if "value" in second:
        return pytest.approx(second["value"], rel=1e-9)
    return pytest.approx(100 * second["count"] / second["n"], abs=0.05)


@pytest.mark.parametrize(("name", "measure"), ROWS)
def test_two_readings_of_a_published_row_agree(name: str, measure: str) -> None:
    row, second = seen(name)[measure], PUBLISHED[name][measure]
    assert row.value == value(second)
    ends = row.range or ((row.low, row.high) if row.low is not None else None)
    assert ends == (tuple(second["interval"]) if "interval" in second else None)
    if row.n is not None and second.get("n") not in (row.n, row.size):
        assert row.why and ("n is" in row.why or "n, " in row.why), "a denominator that no reader found says what it is"


@pytest.mark.parametrize("name", [name for name in library.names("trials") if name not in ONCE])
def test_every_row_that_was_read_was_read_twice(name: str) -> None:
    assert set(seen(name)) == set(PUBLISHED.get(name, {}))


def population(name: str) -> Population:
    trial = library.find("trials", name).data
    return read(Population, whole(library.find("populations", trial["population"])))


def protocol(name: str) -> Protocol:
    trial = library.find("trials", name).data
    return read(Protocol, whole(library.find("protocols", trial["protocol"])))


@pytest.mark.parametrize("name", ENTERED)
def test_two_readings_of_what_was_entered_agree(name: str) -> None:
    patients, care = population(name), protocol(name)
    schedule = {dose.name: dose for dose in care.schedule}
    baseline = {row.of: row for row in patients.baseline}
    for key, second in ENTERED[name].items():
        if key in schedule:
            assert schedule[key].amount.text == f"{second} mg/m2" and len(schedule[key].days.listed) == 3
        elif key in patients.covariates:
            covariate, row = patients.covariates[key], baseline[key]
            times = 100 if row.statistic == "share" else 1
            assert times * covariate.value == times * row.value == value(second), key
            assert covariate.kind == "measured"
            if "interval" in second:
                assert [row.low, row.high] == second["interval"]
        else:
            share = care.numbers[f"share.{key}"]
            assert 100 * share.value == value(second) and share.kind == "measured"


def test_every_measured_number_of_patients_and_care_was_read_twice() -> None:
    for name in PUBLISHED:
        measured = {key for key, x in population(name).covariates.items() if x.kind == "measured"}
        measured |= {path.removeprefix("share.") for path, x in protocol(name).numbers.items() if x.kind == "measured"}
        twice = {"zuma-1-cohort-6": "zuma-1"}.get(name, name)
        assert measured <= set(ENTERED.get(twice, {})), name
