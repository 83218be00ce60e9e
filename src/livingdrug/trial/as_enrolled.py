"""The same measures in everybody enrolled: who was never infused has no response, and fails on the day of leaving.

A share of all infused patients becomes one of all enrolled. What is followed from infusion is followed from enrolment;
where an endpoint counts more than death, leaving without cells is an event of it. Days before infusion are known only
where manufacture is simulated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from livingdrug.results.comparison import Comparison
from livingdrug.spec import trial as spec
from livingdrug.spec.fields import expression
from livingdrug.spec.protocol import INFUSION
from livingdrug.spec.trial import ENROLMENT, Trial
from livingdrug.trial.measures import Units, prepare

DEATH, LOST = "death", "lost"


def with_enrolled(comparison: Comparison, trial: Trial, columns: Mapping[str, Any], units: Units) -> Comparison:
    """The rows of a comparison, each with its value in all enrolled patients, where that is known."""
    told = as_enrolled(trial, columns, units)
    rows = (replace(row, as_enrolled=told.get(row.measure, row.as_enrolled)) for row in comparison.rows)
    return replace(comparison, rows=tuple(rows))


def as_enrolled(trial: Trial, columns: Mapping[str, Any], units: Units) -> dict[str, float]:
    """The value of measures in all enrolled patients, by name; those that nobody could read so are not there.

    >>> from livingdrug.trial.as_enrolled import as_enrolled
    >>> arm = result.arm()
    >>> told = as_enrolled(result.resolved.trial, arm.columns, None)
    >>> told["cr"] <= arm.comparison["cr"].whole
    True
    """
    days = f"{ENROLMENT}_day" in columns
    ends = {e.name: e for e in trial.endpoint}
    measures = tuple(_measures(trial, ends, days))
    endpoints = tuple(_from_enrolment(e) if e.start == INFUSION and days else e for e in trial.endpoint)
    found = prepare(trial.model_copy(update={"measure": measures, "endpoint": endpoints}), columns, units)
    return {name: m.value for name, m in found.items()}


def _measures(trial: Trial, ends: Mapping[str, spec.Endpoint], days: bool) -> Iterator[spec.Measure]:
    """Those measures that can be read in all enrolled, so changed."""
    for m in trial.measure:
        everyone = m.among == spec.EVERYBODY
        if m.kind == "share" and everyone:
            of = expression(f"infused and ({m.asked.text})")
            yield m.model_copy(update={"of": of, "among": expression(spec.ENROLLED)})
        elif m.kind in ("survival", "survival median") and everyone and days:
            end = ends[str(m.of)]
            if end.start == INFUSION and end.among == spec.EVERYBODY:
                yield m


def _from_enrolment(end: spec.Endpoint) -> spec.Endpoint:
    """An endpoint with its clock started at enrolment."""
    more = () if set(end.events) == {DEATH} else (LOST,)
    return end.model_copy(update={"start": ENROLMENT, "events": (*end.events, *more)})
