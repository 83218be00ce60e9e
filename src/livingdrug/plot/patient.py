"""One patient: doses, events and grade over what was going on, in the first month and in the whole follow-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.plot import ticks
from livingdrug.plot.chart import Chart
from livingdrug.plot.course import begun
from livingdrug.plot.marks import DASHES, Axis, Floats, Line, Mark, Panel, Points, Rule, Words, spread
from livingdrug.plot.style import SERIES
from livingdrug.plot.windows import windows, within

SHAPES = "sD^v"
LANE = 32.0  # [px]


@dataclass(frozen=True)
class Drawn:
    """Quantities on one axis: lines by name (T,) [unit]; floor [unit]: where a logarithmic axis ends."""

    title: str
    unit: str
    lines: Mapping[str, Floats]
    logarithmic: bool = True
    floor: float = 0.0
    line: tuple[float, str] | None = None


def patient(
    days: Floats,
    drawn: Sequence[Drawn],
    *,
    doses: Mapping[str, Floats],
    events: Mapping[str, float],
    grades: Mapping[str, Floats],
    by_rule: Sequence[str] = (),
) -> Chart:
    """Rows of panels under each other, the first month at the left, the whole follow-up at the right.

    days (T,) from infusion; doses: name -> days given; by_rule: which of them a care rule gave (a line through every
    panel); events: words -> day; grades: scale -> (T,).
    """
    seen = days[np.isfinite(next(iter(drawn[0].lines.values())))] if drawn else days
    last = max([float(seen.max()), *events.values()])
    first = min([0.0, *(float(np.min(x)) for x in doses.values() if len(x))])
    lines = [Rule(float(day), ink="quiet", upright=True) for name in by_rule for day in doses.get(name, ())]
    rows = [_lanes(doses, events), *([_graded(days, grades)] if grades else []), *(_course(days, one) for one in drawn)]
    shown = windows(first, last)
    panels = [
        Panel(window[0], y, within([*(lines if place else ()), *marks], window), title, height, keyed=True)
        for place, (title, y, marks, height) in enumerate(rows)
        for window in shown
    ]
    return Chart(tuple(panels), columns=len(shown), aligned=True)


Row = tuple[str, Axis, list[Mark], float]


def _lanes(doses: Mapping[str, Floats], events: Mapping[str, float]) -> Row:
    """A lane a drug and a lane an event, from top to bottom."""
    names = [*doses, *events]
    marks: list[Mark] = [Words(-np.inf, -float(i), name, side="start", up=8.0) for i, name in enumerate(names)]
    for i, days in enumerate(doses.values()):
        marks.append(Points(days, np.full(len(days), -float(i)), SERIES[i % len(SERIES)], SHAPES[i % len(SHAPES)]))
    for i, day in enumerate(events.values()):
        marks.append(Points([day], [-float(len(doses) + i)], "text", "X"))
    y = Axis(-len(names) + 0.6, 0.9, tuple((-float(i), "") for i in range(len(names))))
    return "Doses and events", y, marks, LANE * max(len(names), 1)


def _graded(days: Floats, grades: Mapping[str, Floats]) -> Row:
    highest = max([4, *(int(np.nanmax(g)) for g in grades.values() if np.isfinite(g).any())])
    y = Axis(0.0, highest + 0.4, tuple((float(g), str(g)) for g in range(highest + 1)), "grade")
    marks: list[Mark] = [
        Line(days, g, SERIES[i % len(SERIES)], DASHES[i % len(DASHES)], step=True, name=f"{name} grade")
        for i, (name, g) in enumerate(grades.items())
    ]
    return "Grade of toxicity", y, marks, 90.0


def _course(days: Floats, drawn: Drawn) -> Row:
    values = spread(list(drawn.lines.values()))
    if drawn.logarithmic:
        seen = values[values > max(drawn.floor, 0.0)]
        low, high = (float(seen.min()), float(seen.max())) if len(seen) else (0.1, 10.0)
        floor = drawn.floor if drawn.floor > 0 and values.min() < 10 * drawn.floor else max(low / 1.3, high / 1e8)
        least = "" if floor != drawn.floor else "0" if drawn.unit == "cells" and floor <= 1 else f"≤{floor:,g}"
        y = ticks.decades(floor, max(1.5 * high, 3 * floor), least, drawn.unit)
    else:
        low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
        if drawn.line is not None:
            low, high = min(low, drawn.line[0]), max(high, drawn.line[0])
        room = 0.08 * (high - low or 1.0)
        y = ticks.linear(low - room if low > 0.5 * high else 0.0, high + room, drawn.unit)
    several = len(drawn.lines) > 1
    marks: list[Mark] = [
        Line(days, begun(x[None])[0] if drawn.logarithmic else x, SERIES[i % len(SERIES)], DASHES[i % len(DASHES)],
             name=name if several else "")
        for i, (name, x) in enumerate(drawn.lines.items())
    ]  # fmt: skip
    if drawn.line is not None:
        marks.append(Rule(*drawn.line))
    return drawn.title, y, marks, 120.0
