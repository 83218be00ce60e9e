"""What cannot be, or would be passed over in silence, is refused with the line at fault: generated over the library's
own trial and protocol, one row or word spoilt at a time."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from livingdrug.errors import LivingDrugError
from livingdrug.library.located import Place, placed
from livingdrug.scenario import Resolved, resolve
from livingdrug.spec.protocol import Protocol
from livingdrug.spec.trial import KINDS, OWN, TIMED, Trial
from livingdrug.spec.typed import read
from livingdrug.trial.check import check_arm
from livingdrug.trial.design import design
from thoroughness import some_of

TRIAL, FILE = "eliana", "mine.toml:3"
QUANTITIES = ("weight", "38 degC", "5", "weight > 30 kg and weight", "not weight")
OF_A_WARD = ("physiology.temperature", "draw(x) < 50", "time", "count(remission)", "crs.grade >= 9", "weight != never")
WHOLE = ("crs_grade", "2 * crs_grade", "crs_grade / 2", "tocilizumab_doses + 1", "max(crs_grade, 2)")  # of the table
COUNTED = ("crs.grade", "count(fever_386)", "given(tocilizumab) - 1", "done(tocilizumab)", "2 if crs.grade > 2 else 1")
CIRCLES = ("done({0}) >= 1", "{0}", "count({0}) > 0 and crs.grade >= 1", "first_done({0}) < 9 d", "last({0}) > 1 d",
           "since_done({0}) < 2 d", "not not {0}")  # fmt: skip
OF_A_TABLE = ("crs_grade", "death_day", "weight != never", "draw(x) < 0.5", "time > 3 d", "cmax")
NEVER_TIMES = ("-3 months", "0 d", "50 years")
NEVER_CLOCKS = ("every 6 h from day 5000", "day 4000", "every 50 years", "every 6 h from day 5 to day 3")


@cache
def base() -> Resolved:
    return resolve(TRIAL)


def plain(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {k: plain(v) for k, v in data.items()}
    return [plain(x) for x in data] if isinstance(data, (list, tuple)) else data


def told(part: str, kind: str, row: int, change: Mapping[str, Any]) -> LivingDrugError | None:
    """What is said of the library's trial with one row changed (at the door, or before anything is compiled)."""
    data = plain(base().raw[part])
    rows = data[kind]
    rows[row] = copy.deepcopy({**rows[row], **change})
    try:
        typed = read(Trial if part == "trial" else Protocol, placed(data, Place(FILE)))
        arm = replace(base(), **{part: typed}).arms[0]
        check_arm(arm, design(arm))
    except LivingDrugError as problem:
        return problem
    return None


def first(part: str, table: str, has: str, **words: Any) -> int:
    """The place of the first row that has a key, and these words."""
    rows = base().raw[part][table]
    return next(i for i, r in enumerate(rows) if has in r and all(r.get(k) == x for k, x in words.items()))


def cases() -> list[tuple[str, str, int, dict[str, Any]]]:
    found: list[tuple[str, str, int, dict[str, Any]]] = []
    for kind in ("schedule", "watch", "rule"):  # a quantity is no condition
        row = first("protocol", kind, "when")
        words = QUANTITIES if kind == "schedule" else (*QUANTITIES, *OF_A_WARD)
        found += [("protocol", kind, row, {"when": text}) for text in words]
    for kind, row in (
        ("endpoint", first("trial", "endpoint", "among")),
        ("measure", first("trial", "measure", "among")),
    ):
        found += [("trial", kind, row, {"among": text}) for text in (*QUANTITIES, *OF_A_TABLE)]
    found += [("trial", "measure", first("trial", "measure", "of", kind="share"), {"of": x}) for x in OF_A_TABLE]
    for statistic in OWN:  # by, at: of their kind, within the time, and nowhere else
        row = first("trial", "measure", "kind", kind=statistic)
        times = [{"at": x} for x in NEVER_TIMES] if OWN[statistic] == "at" else []
        groups = [{"by": x} for x in ("weight", "crs_grade", "0", "1", "never")] if OWN[statistic] == "by" else []
        found += [("trial", "measure", row, change) for change in (*times, *groups)]
    for statistic in KINDS:
        row = (
            first("trial", "measure", "kind", kind=statistic)
            if statistic not in ("log-sd", "mean")  # of which this trial has none
            else first("trial", "measure", "by")
        )
        for key, word in (("at", "6 months"), ("by", "response")):
            if OWN.get(statistic) != key:
                found.append(("trial", "measure", row, {"kind": statistic, key: word}))
        if statistic in TIMED or statistic != "share":
            found.append(("trial", "measure", row, {"kind": statistic, "among": "enrolled"}))
    for kind in ("watch", "rule"):  # a clock that never comes
        found += [("protocol", kind, first("protocol", kind, "check"), {"check": x}) for x in NEVER_CLOCKS]
    given = base().raw["protocol"]["rule"][first("protocol", "rule", "limits", name="tocilizumab")]
    dose = first("protocol", "schedule", "over")
    doing = first("protocol", "rule", "do", name="tocilizumab")
    for word in ("over", "after"):
        found.append(("protocol", "rule", doing, {"do": {**plain(given["do"]), word: "50 years"}}))
    for least in ("900 mg", "20 mg/kg", "0.9 g"):
        found.append(
            ("protocol", "rule", doing, {"do": {**plain(given["do"]), "at_most": "5 mg/kg", "at_least": least}})
        )
    found.append(("protocol", "rule", doing, {"limits": {"doses": 3, "apart": "50 years"}}))
    found += [("protocol", "schedule", dose, {"over": "50 years"}),
              ("protocol", "schedule", dose, {"at_least": "2 g", "at_most": "1 g"})]  # fmt: skip
    switch = first("protocol", "rule", "do", name="relapse")
    found += [("protocol", "rule", switch, {"do": {"set": "outcome.relapsed", "to": x}}) for x in (-1, 2, "1e9")]
    found += [("protocol", "watch", first("protocol", "watch", "value"), {"value": x}) for x in ("1", "3 mg", 0)]
    for key in ("start", "events", "censors"):  # an endpoint
        wrong = ["end", "death"] if key == "start" else [["end"], ["relapse", "relapse"], ["infusion"]]
        found += [("trial", "endpoint", 0, {key: x}) for x in wrong]
    given_rule, share = (
        first("protocol", "rule", "when", name="tocilizumab"),
        first("trial", "measure", "of", kind="share"),
    )
    for sign in ("==", "!="):  # a whole number is never 2.3, nor half a number more than another
        found += [("trial", "measure", share, {"of": f"({x}) {sign} {y}"}) for x in WHOLE for y in ("2.3", "2.3 / 1")]
        found += [
            ("protocol", "rule", given_rule, {"when": f"({x}) {sign} {y}"})
            for x in COUNTED
            for y in ("1.3", "icans.grade + 0.5")
        ]
    found += [
        ("trial", "measure", share, {"of": x}) for x in ("crs_grade > 9", "crs_grade < 0", "tocilizumab_doses < 0")
    ]
    found += [("protocol", "rule", given_rule, {"when": x.format("tocilizumab")}) for x in CIRCLES]
    for amount in ("1 cell", "1e20 cell", "0.1 cell/kg"):  # never within its limits
        found.append(("protocol", "schedule", first("protocol", "schedule", "at_least"), {"amount": amount}))
    found += [
        ("protocol", "rule", doing, {"do": {**plain(given["do"]), "amount": x}}) for x in ("8 kg", "0 mg", "9 g/kg")
    ]
    row = first("trial", "published", "value", unit="%")
    found += [("trial", "published", row, x) for x in (
        {"range": [1, 2]}, {"low": -1}, {"high": 900}, {"value": 101}, {"low": 90, "high": 91},
        {"measure": base().trial.measure[3].title},
        {key: getattr(base().trial.published[1], key) for key in ("measure", "source", "where")})]  # fmt: skip
    return found


@pytest.mark.parametrize(("part", "kind", "row", "change"), some_of(cases()))
def test_what_cannot_be_is_refused_with_its_line(part: str, kind: str, row: int, change: dict[str, Any]) -> None:
    problem = told(part, kind, row, change)
    assert problem is not None, (kind, row, change)
    assert problem.where == FILE, problem
    assert problem.mend or problem.allowed or problem.nearest, problem


def test_the_library_as_it_is_passes() -> None:
    assert told("trial", "measure", 0, {}) is None and told("protocol", "rule", 0, {}) is None
    assert len(cases()) > 100


def test_a_measure_named_by_its_title_is_told_its_name() -> None:
    measure = base().trial.measure[3]
    assert measure.title
    problem = told("trial", "published", 0, {"measure": measure.title.upper()})
    assert problem is not None and problem.nearest == measure.name
