"""Swimmer plot: one line a patient, from infusion to the last day known, with what happened on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from livingdrug.errors import ScenarioError
from livingdrug.plot import ticks
from livingdrug.plot.chart import Chart
from livingdrug.plot.marks import Axis, Boxes, Mark, Panel, Points
from livingdrug.plot.style import DAYS_PER_MONTH

if TYPE_CHECKING:
    import pandas as pd

MOST = 60
LANE = 12.0  # [px]
FOLLOWED = "followed"
SHAPES = (("o", 4.0), ("s", 4.0), ("^", 4.0), ("D", 3.6), ("v", 4.0), ("P", 4.2))  # of events, in order
INKS = ("published", "pink", "yellow", "green")
DEATH = ("X", 4.2, "text")


def swimmer(
    patients: pd.DataFrame,
    events: Mapping[str, str],
    *,
    ends: Sequence[str] = (),
    well: str = "in response",
    death: str = "death",
    most: int = 40,
) -> Chart:
    """A lane a patient, longest on top; the patients come as rows with the days of what happened to them.

    Columns [day], nan = did not happen: followed (last day known), response, and every event. events: column -> words,
    a shape each; ends: the events that end a response; well: words of the bar of the response ("": no bar); death: the
    event after which a patient is not alive. At most `most` are drawn.
    """
    wanted = (FOLLOWED, "response", *dict.fromkeys((*events, death)))
    lacking = [c for c in wanted if c not in patients.columns]
    if lacking:
        raise ScenarioError(f"the swimmer plot lacks the column '{lacking[0]}'", allowed=wanted)
    lanes = patients.head(min(most, MOST))
    until = lanes[list(ends)].min(axis=1).fillna(lanes[FOLLOWED]) if ends else lanes[FOLLOWED]
    lanes = lanes.assign(until=until).sort_values([FOLLOWED, "until", "response"])
    days = {name: lanes[name].to_numpy(float) for name in wanted}
    longest = np.nanmax(days[FOLLOWED]) if len(lanes) else 30.0
    x = ticks.calendar(float(np.ceil(longest / DAYS_PER_MONTH - 0.02)))
    y = Axis(-0.8, max(len(lanes), 1) - 0.2, label="one line a patient")
    marks = (*_lanes(days, ends, well), *_marks(days, events, death))
    return Chart((Panel(x, y, marks, height=LANE * max(len(lanes), 6)),))


def _lanes(days: Mapping[str, np.ndarray], ends: Sequence[str], well: str) -> list[Mark]:
    """Grey while followed, blue while in response."""
    rows = np.arange(len(days[FOLLOWED]))
    last = days[FOLLOWED] / DAYS_PER_MONTH
    bars: list[Mark] = [Boxes(np.zeros(len(rows)), last, rows - 0.25, rows + 0.25, "rule", name=FOLLOWED)]
    if well:
        start = days["response"] / DAYS_PER_MONTH
        stop = np.fmin.reduce([days[FOLLOWED], *(days[end] for end in ends)]) / DAYS_PER_MONTH
        bars.append(Boxes(start, stop, rows - 0.25, rows + 0.25, name=well))
    return bars


def _marks(days: Mapping[str, np.ndarray], events: Mapping[str, str], death: str) -> list[Mark]:
    """One shape an event, so that the plot reads without colour."""
    rows = np.arange(len(days[FOLLOWED]))
    others = [name for name in events if name != death]
    looks = {name: (*SHAPES[i % len(SHAPES)], INKS[i % len(INKS)]) for i, name in enumerate(others)}
    if death in events:
        looks[death] = DEATH
    marks: list[Mark] = [
        Points(days[name] / DAYS_PER_MONTH, rows, ink, shape, radius, name=events[name])
        for name, (shape, radius, ink) in looks.items()
    ]
    alive = np.where(np.isnan(days[death]), days[FOLLOWED], np.nan)
    return [*marks, Points(alive / DAYS_PER_MONTH, rows, "quiet", ">", 3.2, name="alive when last seen")]
