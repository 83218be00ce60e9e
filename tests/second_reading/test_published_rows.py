"""Published rows of the trials, and what was entered of patients and care, were read twice; here the two meet."""

from __future__ import annotations

import re
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
# whose patients or care they have, but for what they bring themselves
COHORT = {
    "zuma-1-cohort-6": "zuma-1",
    "azd0120-lupus": "erlangen-lupus",
    "hn2301-lupus": "erlangen-lupus",
    "eso-t01-myeloma": "karmma",
}
ROWS = [(name, measure) for name, rows in PUBLISHED.items() for measure in rows]


def arms(name: str) -> list[str]:
    """The arms of a trial of which something was published that is not of its first, each as "trial, arm"."""
    return [f"{name}, {arm['name']}" for arm in library.find("trials", name).data.get("arm", []) if "published" in arm]


def seen(name: str) -> dict[str, Published]:
    """The rows of a trial, or of one arm of it, that were read, by measure."""
    trial, _, arm = name.partition(", ")
    own = {key: x for key, x in whole(library.find("trials", trial)).items() if key != "arm"}
    if arm:
        own["published"] = next(a["published"] for a in library.find("trials", trial).data["arm"] if a["name"] == arm)
    return {row.measure: row for row in read(Trial, own).published if row.read == "seen"}


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


@pytest.mark.parametrize(
    "name", [x for name in library.names("trials") if name not in ONCE for x in (name, *arms(name))]
)
def test_every_row_that_was_read_was_read_twice(name: str) -> None:
    assert set(seen(name)) == set(PUBLISHED.get(name, {}))


def population(name: str) -> Population:
    trial = library.find("trials", name).data
    return read(Population, whole(library.find("populations", trial["population"])))


def protocol(name: str) -> Protocol:
    trial = library.find("trials", name).data
    return read(Protocol, whole(library.find("protocols", trial["protocol"])))


def the_doses_agree(dose: Any, second: Any) -> None:
    """A number is an amount in mg/m2 on each of three days; doses are those of which a text gives one, in order."""
    if isinstance(second, dict) and "doses" in second:
        told = re.findall(rf"([\d.]+(?:e\d+)?) {re.escape(second['unit'])}(?![\w/])", dose.amount.text)
        assert [float(x) for x in told] == second["doses"]
        return
    amount, days = (second["value"], second["days"]) if isinstance(second, dict) else (second, 3)
    assert dose.amount.text == f"{amount} mg/m2" and len(dose.days.listed) == days


def the_properties_agree(patients: Population, key: str, second: dict[str, Any]) -> None:
    """A property of patients, and the row of the baseline table where the population has one of its own."""
    covariate = patients.covariates[key]
    row = next((row for row in patients.baseline if row.of == key), None)
    times = 100 if "count" in second or (row and row.statistic == "share") else 1
    assert covariate.kind == "measured" and times * covariate.value == value(second), key
    assert row is None or times * row.value == value(second)
    assert row is not None or "interval" not in second, "an interval stands in a row of the baseline table"
    if row is not None and "interval" in second:
        assert [row.low, row.high] == second["interval"]


@pytest.mark.parametrize("name", ENTERED)
def test_two_readings_of_what_was_entered_agree(name: str) -> None:
    patients, care = population(name), protocol(name)
    schedule = {dose.name: dose for dose in care.schedule}
    for key, second in ENTERED[name].items():
        if key in schedule:
            the_doses_agree(schedule[key], second)
        elif key in patients.covariates:
            the_properties_agree(patients, key, second)
        else:
            share = care.numbers[f"share.{key}"]
            assert 100 * share.value == value(second) and share.kind == "measured"


def test_every_measured_number_of_patients_and_care_was_read_twice() -> None:
    for name in PUBLISHED.keys() & set(library.names("trials")):
        measured = {key for key, x in population(name).covariates.items() if x.kind == "measured"}
        measured |= {path.removeprefix("share.") for path, x in protocol(name).numbers.items() if x.kind == "measured"}
        twice = {*ENTERED.get(name, {}), *ENTERED.get(COHORT.get(name, name), {})}
        assert measured <= twice, name
