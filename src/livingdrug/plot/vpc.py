"""A visual predictive check: simulated percentiles as bands of their intervals, observed ones as lines over points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livingdrug.plot import ticks
from livingdrug.plot.chart import Chart
from livingdrug.plot.marks import Axis, Band, Floats, Line, Mark, Panel, Points, Rule, spread
from livingdrug.plot.windows import windows, within

INKS = ("green", "simulated", "green")  # of the percentiles 5, 50, 95
NAMES = ("5th and 95th percentile, 95 % of trials", "median, 95 % of trials", "")


@dataclass(frozen=True)
class Checked:
    """days (B,); low, middle, high (3, B) of the simulated percentiles; observed (3, B), points (days, values) and
    shares below the limit (B,) where there are data; share (3, B): low, middle, high of the simulated one [1]."""

    title: str
    unit: str
    days: Floats
    low: Floats
    middle: Floats
    high: Floats
    share: Floats
    limit: float = 0.0
    logarithmic: bool = True
    observed: Floats | None = None
    observed_share: Floats | None = None
    points: tuple[Floats, Floats] | None = None


def vpc(checked: Checked) -> Chart:
    """The percentiles over time; where an assay has a limit, the share below it in a panel of its own."""
    days = checked.days if checked.points is None else np.concatenate([checked.days, checked.points[0]])
    shown = windows(min(0.0, float(days.min())), float(days.max()))
    rows = [(checked.title, _upright(checked), _percentiles(checked), 260.0)]
    if checked.limit > 0:
        rows.append(("", ticks.shares("below the limit, %"), _below(checked), 90.0))
    panels = [
        Panel(window[0], y, within(marks, window), title, height)
        for title, y, marks, height in rows
        for window in shown
    ]
    alt = f"Visual predictive check of {checked.title}: percentiles over time."
    return Chart(tuple(panels), columns=len(shown), aligned=True, alt=alt)


def _percentiles(checked: Checked) -> list[Mark]:
    at = checked.days
    marks: list[Mark] = []
    for i, (ink, name) in enumerate(zip(INKS, NAMES, strict=True)):
        marks.append(Band(at, checked.low[i], checked.high[i], ink, 0.28, name=name))
        if checked.observed is None:
            marks.append(Line(at, checked.middle[i], ink, "" if i == 1 else "dashed", name="" if i == 2 else _of(i)))
    if checked.points is not None:
        days, values = checked.points
        marks.append(Points(days, values, "published", "o", 2.2, opacity=0.5, name="observed"))
    if checked.observed is not None:
        for i, seen in enumerate(checked.observed):
            name = "" if i == 2 else f"{_of(i)}, observed"
            marks.append(Line(at, seen, "published", "" if i == 1 else "dashed", 1.6, name=name))
    if checked.limit > 0:
        marks.append(Rule(checked.limit, "limit of quantification"))
    return marks


def _of(i: int) -> str:
    return "median" if i == 1 else "5th and 95th percentile"


def _upright(checked: Checked) -> Axis:
    parts = [checked.low, checked.high, *([] if checked.observed is None else [checked.observed])]
    parts += [] if checked.points is None else [checked.points[1]]
    values = spread(parts)
    if not checked.logarithmic:
        low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
        room = 0.06 * (high - low or 1.0)
        return ticks.linear(low - room if low > 0.5 * high or low < 0 else 0.0, high + room, checked.unit)
    seen = values[values > 0]
    low, high = (float(seen.min()), float(seen.max())) if len(seen) else (0.1, 10.0)
    if checked.limit > 0:
        return ticks.decades(checked.limit / 2, max(1.5 * high, 4 * checked.limit), "below", checked.unit)
    low = max(low / 1.3, high / 1e8)
    return ticks.decades(low, max(1.5 * high, 3 * low), label=checked.unit)


def _below(checked: Checked) -> list[Mark]:
    low, middle, high = 100 * checked.share
    marks: list[Mark] = [
        Band(checked.days, low, high, "quiet", 0.28, name="share below the limit, 95 % of trials"),
        Line(checked.days, middle, "quiet"),
    ]
    if checked.observed_share is not None:
        shares = 100 * checked.observed_share
        marks.append(Points(checked.days, shares, "published", "D", 4.0, name="share below, observed"))
    return marks
