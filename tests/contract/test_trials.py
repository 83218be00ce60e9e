"""Every trial, protocol and scale: no biology in a trial, one published row a measure, everything sourced."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from livingdrug import library
from livingdrug.care.grading import Scale
from livingdrug.care.rules import rule_sentence
from livingdrug.care.writer import FUNCTIONS
from livingdrug.parameters import is_parameter
from livingdrug.scenario import resolve
from livingdrug.scenario.parts import whole
from livingdrug.spec import scale as spec
from livingdrug.spec.fields import FAMILIES
from livingdrug.spec.protocol import Protocol
from livingdrug.spec.trial import KINDS, Published, Trial
from livingdrug.spec.typed import read
from livingdrug.trial.compare import interval
from livingdrug.trial.design import design

TRIALS = library.names("trials")
PROTOCOLS = library.names("protocols")
# What a trial file may hold: design, what is read off the patients, and published rows.
DESIGN = {
    "manufacture",
    "title",
    "aliases",
    "about",
    "like",
    "registry",
    "product",
    "population",
    "protocol",
    "tumour",
    "arm",
    "scale",
    "also_graded",
    "bench",
    "size",
    "patients",
    "seed",
    "role",
    "sources",
    "visits",
    "course",
    "samples",
    "column",
    "endpoint",
    "measure",
    "published",
}
MINIMUM = {"eliana": 25}  # comparable measures that a trial must keep


def trial(name: str) -> Trial:
    """A trial's file, as it is read at the door, laid on those that it is like."""
    entry = whole(library.find("trials", name))
    return read(Trial, {k: x for k, x in entry.items() if k != "arm"} if "arm" in entry else entry)


def rows(name: str) -> tuple[Published, ...]:
    return trial(name).published


def comparable(name: str) -> list[Published]:
    return [r for r in rows(name) if r.not_comparable is None and r.read == "seen"]


def tables(data: Any) -> list[Any]:
    found = [data] if isinstance(data, dict) else []
    for inner in data.values() if isinstance(data, dict) else data if isinstance(data, list) else []:
        found += tables(inner)
    return found


@pytest.mark.parametrize("name", TRIALS)
def test_no_biology_value_lives_in_a_trial_file(name: str) -> None:
    data = library.find("trials", name).data
    assert set(data) <= DESIGN, "values belong to product, disease, population or protocol"
    roles = {r.split(".")[0] for r in resolve(name).modules}
    assert not set(data) & (roles | {"set", "modules", "tables", "covariates"})
    data = {**data, "arm": [{k: x for k, x in arm.items() if k != "published"} for arm in data.get("arm", [])]}
    for key in set(data) - {"published"}:
        for table in tables(data[key]):
            assert not is_parameter(table) or isinstance(table["value"], str), (
                f"a number with a value stands in [{key}]"
            )
    # an arm may change the design, never a number of the model
    parameters = set(resolve(name).parameters)
    for arm in data.get("arm", []):
        assert not set(arm.get("set", {})) & parameters and not set(arm) & roles


@pytest.mark.parametrize("name", TRIALS)
def test_columns_and_measures_hold_no_value_of_the_model(name: str) -> None:
    """Expressions may ask what the protocol and the model's parameters are; they cannot be a constant of their own."""
    for column in trial(name).column:
        assert column.value.names, f"the column {column.name} asks about nothing: it is a fixed answer"
    for measure in trial(name).measure:
        assert measure.kind in KINDS
        if not measure.timed:  # the others name an endpoint
            assert measure.asked.names, f"the measure {measure.name} is a fixed answer"


@pytest.mark.parametrize("name", TRIALS)
def test_each_measure_has_one_published_row(name: str) -> None:
    counted = Counter(r.measure for r in rows(name))
    assert not [m for m, n in counted.items() if n > 1]
    measures = Counter(m.name for m in trial(name).measure)
    assert not [m for m, n in measures.items() if n > 1]
    assert {r.measure for r in comparable(name)} <= set(measures)


@pytest.mark.parametrize("name", TRIALS)
def test_published_rows_say_where_they_come_from(name: str) -> None:
    known = trial(name).sources
    trial(name).cites(known)
    for row in rows(name):
        said = row.model_fields_set
        assert {"measure", "value", "unit", "source", "year", "where"} <= said, row.measure
        assert row.source in known, row.measure
        assert row.read in ("seen", "memory")
        assert not ("range" in said and ("low" in said or "high" in said)), "a range is never an interval"
        if row.low is not None:
            assert row.high is not None and row.low <= row.value <= row.high, row.measure


@pytest.mark.parametrize("name", TRIALS)
def test_comparable_rows_say_whether_they_were_fitted(name: str) -> None:
    own = comparable(name)
    assert all("fitted" in r.model_fields_set for r in own)
    if any(r.fitted for r in own):
        assert any(not r.fitted for r in own), "a trial that is fitted to keeps some rows apart"
    assert len(own) >= MINIMUM.get(name, 1 if rows(name) else 0), "a design alone has no row at all"
    # what does not count is never marked as fitted
    assert not [r for r in rows(name) if r not in own and r.fitted]


@pytest.mark.parametrize("name", TRIALS)
def test_every_measure_has_a_family(name: str) -> None:
    """Rows of one family tell much the same: a score counts each family once."""
    assert not [m.name for m in trial(name).measure if m.family is None]


@pytest.mark.parametrize("name", TRIALS)
def test_a_rate_has_an_interval(name: str) -> None:
    for row in comparable(name):
        if row.unit == "%":
            assert interval(row), f"{row.measure}: a rate needs its denominator n or a published interval"


@pytest.mark.parametrize("name", TRIALS)
def test_every_trial_becomes_a_plan(name: str) -> None:
    for arm in resolve(name).arms:
        made = design(arm)
        assert len(made.plan.watches) == len({w.name for w in made.plan.watches})
        assert set(made.shown) == set(arm.resolved.trial.course.shown), "an observable to be shown is not in the model"
        assert made.plan.start <= made.plan.ticks[0] and made.plan.ticks[-1] <= made.plan.end
        assert all(len(days) for days in made.visits.values())
        assert not made.notes, "the trial's own follow-up leaves something out"


@pytest.mark.parametrize("name", PROTOCOLS)
def test_every_rule_is_a_sentence_and_says_why_it_is_so(name: str) -> None:
    protocol = read(Protocol, whole(library.find("protocols", name)))
    protocol.cites(protocol.sources)
    for row in (*protocol.rule, *protocol.watch, *protocol.schedule):
        sourced = row.source in protocol.sources and row.where
        assert sourced or (row.kind == "assumed" and row.why), row.name
    for path, number in protocol.numbers.items():
        number.sourced(path, protocol.sources)
    for row in (*protocol.rule, *protocol.watch):
        assert rule_sentence(row).endswith(".")


@pytest.mark.parametrize("name", library.names("scales"))
def test_every_grade_is_a_sentence_and_says_why_it_is_so(name: str) -> None:
    file = read(spec.Scale, library.find("scales", name).table)
    scale = Scale(name, file)
    assert scale.levels == list(range(1, len(scale.levels) + 1))
    assert len(scale.sentences()) == len(file.grade)
    for row in file.grade:
        sourced = row.source in file.sources and row.where
        assert sourced or (row.kind == "assumed" and row.why), row


def test_the_page_names_every_question_and_kind_of_measure() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "trials.md").read_text(encoding="utf-8")
    assert not [f for f in FUNCTIONS if not re.search(rf"\b{f}\b", page)]
    assert not [k for k in (*KINDS, *FAMILIES) if k not in page]
