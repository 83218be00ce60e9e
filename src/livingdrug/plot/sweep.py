"""What a trial's measures do as one number of the scenario is varied."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from livingdrug.errors import ScenarioError
from livingdrug.plot import ticks
from livingdrug.plot.chart import Chart
from livingdrug.plot.marks import Axis, Band, Floats, Line, Mark, Panel, Points, Rule, spread

MOST_TICKS = 6
ROOM = 0.15  # share of the axis that two ticks need between them
LITTLE = 30.0  # [%]; shares that stay below it have an axis of their own


@dataclass(frozen=True)
class Swept:
    """One measure at every value: value, low, high (k,) [unit] with its Monte-Carlo interval; predicted (k, 2): the
    interval that a trial would show; nan where there is none."""

    title: str
    unit: str
    value: Floats
    low: Floats
    high: Floats
    predicted: Floats


def sweep(
    shown: Sequence[Swept], at: Floats, *, label: str, own: float = math.nan, logarithmic: bool = False, alt: str = ""
) -> Chart:
    """One panel a measure, against the values `at` (k,), rising; own: the scenario's own value, marked by a line."""
    if not shown:
        raise ScenarioError("there is no measure to draw")
    along = _values(at, own, label, logarithmic)
    inside = along.low <= own <= along.high  # nan is not
    panels = [
        Panel(along, _upright(s), (*_response(s, at), *([Rule(own, upright=True)] if inside else [])), s.title)
        for s in shown
    ]
    return Chart(tuple(panels), alt=alt or f"{', '.join(s.title for s in shown)}, against {label}.")


def _response(s: Swept, at: Floats) -> tuple[Mark, ...]:
    """Line and bands of one measure."""
    return (
        Band(at, s.predicted[:, 0], s.predicted[:, 1], opacity=0.12, name="what a trial would show, 95 %"),
        Band(at, s.low, s.high, opacity=0.3, name="Monte-Carlo interval, 95 %"),
        Line(at, s.value),
        Points(at, s.value, name="in all virtual patients"),
    )


def _upright(s: Swept) -> Axis:
    values = spread([s.value, s.low, s.high, s.predicted])
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    if s.unit == "%":
        return ticks.shares("%", 100.0 if high > LITTLE else max(1.1 * high, 1.0))
    low, room = min(low, 0.0), 0.06 * (high - min(low, 0.0) or 1.0)
    return ticks.linear(low, high + room, "" if s.unit == "1" else s.unit)


def _values(at: Floats, own: float, label: str, logarithmic: bool) -> Axis:
    """The axis of values: ticks at the values themselves while they are few and apart, else at round numbers."""
    ends = [float(at.min()), float(at.max()), *([own] if math.isfinite(own) and (own > 0 or not logarithmic) else [])]
    low, high = min(ends), max(ends)
    if logarithmic:
        room = (high / low) ** 0.04 if high > low else 1.5
        axis = ticks.decades(low / room, high * room, label=label)
    else:
        room = 0.04 * (high - low or abs(high) or 1.0)
        axis = ticks.linear(low - room, high + room, label)
    places = axis.share(at)
    if len(at) <= MOST_TICKS and (len(at) == 1 or np.diff(places).min() > ROOM):
        return Axis(axis.low, axis.high, tuple((float(x), ticks.number(x)) for x in at), label, logarithmic)
    return axis
