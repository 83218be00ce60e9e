"""The flow of participants of a run, as CONSORT asks for it: enrolled, collected, made, infused, evaluated, alive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug import plot
from livingdrug.plot import Chart, Flow, Stage
from livingdrug.plot.tables import Table, tables
from livingdrug.report.figures import Drawing, drawing
from livingdrug.report.words import capital, died_of
from livingdrug.results.columns import Texts
from livingdrug.trial.before_infusion import INFUSED
from livingdrug.trial.timetable import timetable

if TYPE_CHECKING:
    from livingdrug.results.result import ArmResult, Result

Mask = NDArray[np.bool_]
READY, LOTS, WITHIN = "product_ready", "lots", "in_specification"  # columns of a run in which cells are manufactured
JUDGED = "response"  # visits at which an answer is looked for
NOT_INFUSED = f"not {INFUSED}: "
TRANSPLANTED = "consolidation_day"  # the day of a transplant in remission, where a scenario has such a column


@dataclass(frozen=True)
class FlowOfPeople:
    """The figure, and its numbers as a table."""

    title: str
    chart: Chart
    table: Table

    def save(self, path: str) -> None:
        """Write the figure to a PNG, SVG or PDF file."""
        self.chart.save(path)

    def _repr_html_(self) -> str:
        return self.chart._repr_html_()


def draw(result: Result) -> FlowOfPeople:
    """Who was enrolled in each arm, who left where and why, and who is left.

    >>> result.flow().table.rows[0]
    ('Enrolled', '60 (100.0 %)')
    """
    found = figure(result)
    return FlowOfPeople(found.alt, replace(found.chart, alt=found.alt), found.tables[0])


def figure(result: Result) -> Drawing:
    """The flow as a figure of a page."""
    arms = result.arms.values()
    chart = plot.flow(_alike([Flow(capital(arm.title), tuple(_stages(arm, result))) for arm in arms]))
    told = "; ".join(
        (f"{arm.title}: " if len(arms) > 1 else "")
        + f"of {arm.counts['enrolled']:,} enrolled {arm.counts['infused']:,} were {_given(arm, result)}"
        for arm in arms
    )
    caption = (
        "Percent: of all enrolled. Blue bar: who is still there. Beside the line: who left after that step, and why."
    )
    if len(arms) > 1:
        caption += " All arms begin with the same patients."
    made = drawing("flow", "Who was enrolled, and what became of them", caption, f"Flow of people; {told}.", chart)
    return replace(made, tables=tuple(tables(chart)))


def _alike(flows: list[Flow]) -> list[Flow]:
    """The flows with the reasons after each stage in the same order: the commonest of all arms first."""
    total: dict[tuple[str, str], int] = {}
    for stage in (stage for flow in flows for stage in flow.stages):
        for words, many in stage.lost:
            total[stage.words, words] = total.get((stage.words, words), 0) + many

    def ordered(stage: Stage) -> Stage:
        return replace(stage, lost=tuple(sorted(stage.lost, key=lambda x: (-total[stage.words, x[0]], x[0]))))

    return [replace(flow, stages=tuple(map(ordered, flow.stages))) for flow in flows]


def _stages(arm: ArmResult, result: Result) -> list[Stage]:
    columns = arm.columns
    infused = np.asarray(columns[INFUSED]) > 0
    everybody, status = np.ones(len(infused), bool), columns.texts("status")
    reason = Texts([word.replace(NOT_INFUSED, "") for word in status.words], status.places)
    before = [_stage("Enrolled", everybody, infused, reason)]
    if READY in columns:
        ready = np.asarray(columns[READY]) > 0
        before = [
            _stage("Enrolled", everybody, everybody, reason),
            _stage("Cells collected", everybody, ready, reason),
            replace(_stage("Product ready", ready, infused, reason), of=_lots(columns, ready)),
        ]
    return [*before, *_after(arm, infused, result)]


def _given(arm: ArmResult, result: Result) -> str:
    """What is done with those who stay: cells are infused, or a comparator is given in their place."""
    return "infused" if result.resolved.arm(arm.name).resolved.comparator is None else "given the comparator"


def _after(arm: ArmResult, infused: Mask, result: Result) -> list[Stage]:
    """From the infusion, or from what is given in its place, to the end of follow-up."""
    columns, first, given = arm.columns, _first_look(result), capital(_given(arm, result))
    end, death = (np.asarray(columns[name], float) for name in ("end_day", "death_day"))
    failed = np.asarray(columns["failed"]) == 1
    died = infused & ~failed & (death <= end)
    cause = columns.texts("cause")
    resolved = result.resolved.arm(arm.name).resolved
    words = ["could not be simulated to the end", "no longer followed", *(died_of(x, resolved) for x in cause.words)]
    why = Texts(words, np.where(failed, 0, np.where(died, 2 + cause.places, 1)))
    alive = infused & ~failed & ~died
    if first is None:
        stages = [_stage(given, infused, alive, why)]
        there = infused
    else:
        there = infused & ~failed & (end >= first)
        looked = f"Evaluated at the first visit for an answer, day {first:.0f}"
        stages = [_stage(given, infused, there, why), _stage(looked, there, alive & there, why)]
    if TRANSPLANTED in columns:
        later = there & np.isfinite(np.asarray(columns[TRANSPLANTED], float))
        stages[-1] = replace(stages[-1], of=(("later given stem cells of a donor", int(later.sum())),))
    return [*stages, _stage("Alive when last seen", alive & there, alive & there, why)]


def _stage(words: str, here: Mask, next_: Mask, why: Texts) -> Stage:
    """Those here, and why some of them are not among the next."""
    return Stage(words, int(here.sum()), lost=tuple(why.counts(here & ~next_).items()))


def _lots(columns: Mapping[str, Any], ready: Mask) -> tuple[tuple[str, int], ...]:
    """What became of the lots of those whose product was ready."""
    if WITHIN not in columns:
        return ()
    within, lots = np.asarray(columns[WITHIN]) > 0, np.asarray(columns[LOTS])
    return (
        ("in specification", int((ready & within).sum())),
        ("out of specification, and accepted", int((ready & ~within).sum())),
        ("made again, after a lot that failed", int((ready & (lots > 1)).sum())),
    )


def _first_look(result: Result) -> float | None:
    """The first day on which an answer is looked for; None where the trial has no such visits."""
    visits = timetable(result.resolved).visits.get(JUDGED)
    return float(visits[0]) if visits is not None and len(visits) else None
