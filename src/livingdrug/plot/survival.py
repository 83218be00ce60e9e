"""Kaplan-Meier curves as papers print them: steps, confidence bands, censoring ticks, numbers at risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import ScenarioError
from livingdrug.plot import ticks
from livingdrug.plot.published import Published, lay_over
from livingdrug.plot.style import DAYS_PER_MONTH, NARROW, Ink, Theme, house, sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]


MOST_STEPS = 500
DASHES = ("-", "--", "-.", ":")


@dataclass(frozen=True)
class Curve:
    """An estimated survival curve, ready to draw.

    times (k,) [day], from 0 on, with share, low, high (k,) [1] holding from each time to the next;
    durations (n,) [day]: each patient's time to event or censoring; censored (n,) bool: which of them were censored.
    """

    name: str
    times: Floats
    share: Floats
    low: Floats
    high: Floats
    durations: Floats
    censored: NDArray[np.bool_]

    def at(self, days: Floats) -> Floats:
        """The share [1] still free of the event at these times [day]."""
        place = np.searchsorted(self.times, days, side="right") - 1
        return np.asarray(self.share)[np.maximum(place, 0)]

    def at_risk(self, days: Floats) -> NDArray[np.int64]:
        """How many patients were still followed, free of the event, just before these times [day]."""
        return len(self.durations) - np.searchsorted(np.sort(self.durations), days, side="left")


def survival(
    curves: Sequence[Curve],
    *,
    label: str = "free of event (%)",
    title: str = "",
    start: str = "infusion",
    until: float | None = None,
    published: Sequence[Published] = (),
    theme: Theme = "light",
    width: float = NARROW,
) -> Figure:
    """One axes of Kaplan-Meier curves [%] over months, the numbers at risk below.

    until [day]: where the axis ends (the longest follow-up by default); published: shares [%] laid over.
    """
    for curve in curves:
        if not len(curve.durations):
            raise ScenarioError(f"the survival curve '{curve.name}' has no patients")
    last = until or max(float(np.max(c.durations)) for c in curves)
    months = np.ceil(last / DAYS_PER_MONTH - 0.02)
    with house(theme) as ink:
        below = 0.16 * (len(curves) + 1)
        figure = sheet(width, 2.75 + below)
        axes, table = figure.subplots(2, 1, height_ratios=(2.2, below))
        for i, (curve, colour) in enumerate(zip(curves, _colours(len(curves), ink), strict=True)):
            _steps(axes, curve, colour, DASHES[i % len(DASHES)], last, alone=len(curves) == 1)
        ticks.shares(axes, label)
        ticks.calendar(axes, float(months), start, roomy=width > NARROW + 1)
        lay_over(axes, published, ink, DAYS_PER_MONTH)
        axes.set_title(title)
        lowest = min(float(c.at(np.array([last]))[0]) for c in curves)
        axes.legend(loc="lower left" if lowest > 0.35 else "upper right")
        _numbers_at_risk(table, axes, curves, _colours(len(curves), ink), ink)
    return figure


def _colours(count: int, ink: Ink) -> list[str]:
    return [ink.series[i % len(ink.series)] for i in range(count)]


def _steps(axes: Axes, curve: Curve, colour: str, dash: str, last: float, alone: bool) -> None:
    end = min(last, float(np.max(curve.durations)))
    days = np.asarray(curve.times)
    days = np.append(days[days <= end], end)
    if len(days) > MOST_STEPS:
        days = np.linspace(0, end, MOST_STEPS)
    place = np.searchsorted(curve.times, days, side="right") - 1
    x, share, low, high = days / DAYS_PER_MONTH, *(100 * y[place] for y in (curve.share, curve.low, curve.high))
    axes.fill_between(x, low, high, step="post", color=colour, alpha=0.16, linewidth=0)
    axes.step(
        x, share, where="post", color=colour, linestyle=dash, label="simulated" if alone else ticks.brief(curve.name)
    )
    gone = np.unique(np.round(curve.durations[curve.censored & (curve.durations <= end)], 0))
    axes.plot(
        gone / DAYS_PER_MONTH,
        100 * curve.at(gone),
        linestyle="none",
        marker="|",
        markersize=4,
        markeredgewidth=0.6,
        color=colour,
        alpha=0.8,
        label="_",
    )


def _numbers_at_risk(table: Axes, axes: Axes, curves: Sequence[Curve], colours: list[str], ink: Ink) -> None:
    """A table under the curves, one row a curve, one column a tick."""
    table.set_axis_off()
    table.set_xlim(axes.get_xlim())
    table.set_ylim(len(curves) + 1, 0)
    heading = "number at risk" + (", in the order of the key" if len(curves) > 1 else "")
    table.text(0, 0.5, heading, va="center", fontsize=7.5, color=ink.quiet)
    marks = axes.get_xticks()
    for row, (curve, colour) in enumerate(zip(curves, colours, strict=True)):
        shade = ink.text if len(curves) == 1 else colour
        height = 1.5 + row
        for month, count in zip(marks, curve.at_risk(marks * DAYS_PER_MONTH), strict=True):
            table.text(month, height, f"{count:,}", ha="center", va="center", fontsize=7.5, color=shade)
