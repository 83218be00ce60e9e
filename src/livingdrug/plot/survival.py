"""Kaplan-Meier curves as papers print them: steps, confidence bands, censoring ticks, numbers at risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import ScenarioError
from livingdrug.plot import ticks
from livingdrug.plot.chart import Chart
from livingdrug.plot.marks import DASHES, Band, Floats, Line, Mark, Panel, Points
from livingdrug.plot.published import Published, laid_over
from livingdrug.plot.style import DAYS_PER_MONTH, SERIES

MOST_STEPS = 500
MOST_AT_RISK = 6  # curves whose numbers at risk are written


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
    label: str = "free of event, %",
    start: str = "infusion",
    until: float | None = None,
    published: Sequence[Published] = (),
) -> Chart:
    """One panel of Kaplan-Meier curves [%] over months, the numbers at risk below.

    until [day]: where the axis ends (the longest follow-up by default); published: shares [%] laid over.
    """
    for curve in curves:
        if not len(curve.durations):
            raise ScenarioError(f"the survival curve '{curve.name}' has no patients")
    last = until or max(float(np.max(c.durations)) for c in curves)
    x = ticks.calendar(float(np.ceil(last / DAYS_PER_MONTH - 0.02)), start)
    marks: list[Mark] = []
    for i, curve in enumerate(curves):
        name = "simulated" if len(curves) == 1 else ticks.brief(curve.name)
        marks += _steps(curve, SERIES[i % len(SERIES)], i, last, name)
    marks += laid_over(published, x, DAYS_PER_MONTH)
    places = np.array([place for place, _ in x.ticks])
    which = ", in the order of the key" if len(curves) > 1 else ""
    which += f" (the first {MOST_AT_RISK})" if len(curves) > MOST_AT_RISK else ""
    heading = f"number at risk{which}"
    below: list[tuple[str, tuple[tuple[float, str], ...]]] = [("quiet", ((0.0, heading),))]
    for i, curve in enumerate(curves[:MOST_AT_RISK]):
        counts = curve.at_risk(places * DAYS_PER_MONTH)
        ink = "text" if len(curves) == 1 else SERIES[i % len(SERIES)]
        below.append((ink, tuple((float(p), f"{n:,}") for p, n in zip(places, counts, strict=True))))
    return Chart((Panel(x, ticks.shares(label), tuple(marks), height=210.0, below=tuple(below)),))


def _steps(curve: Curve, ink: str, i: int, last: float, name: str) -> list[Mark]:
    end = min(last, float(np.max(curve.durations)))
    days = np.asarray(curve.times)
    days = np.append(days[days <= end], end)
    if len(days) > MOST_STEPS:
        days = np.linspace(0, end, MOST_STEPS)
    place = np.searchsorted(curve.times, days, side="right") - 1
    x, share, low, high = days / DAYS_PER_MONTH, *(100 * y[place] for y in (curve.share, curve.low, curve.high))
    gone = np.unique(np.round(curve.durations[curve.censored & (curve.durations <= end)], 0))
    if len(gone) > MOST_STEPS // 5:
        gone = gone[:: -(-len(gone) // (MOST_STEPS // 5))]
    return [
        Band(x, low, high, ink, 0.16, step=True),
        Line(x, share, ink, DASHES[i % len(DASHES)], step=True, name=name),
        Points(gone / DAYS_PER_MONTH, 100 * curve.at(gone), ink, "|", 3.0, opacity=0.8),
    ]
