"""Arms side by side, and what an arm changes in the very same patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from livingdrug.errors import ScenarioError
from livingdrug.plot import ticks
from livingdrug.plot.chart import Chart
from livingdrug.plot.marks import Axis, Estimate, Floats, Group, Lane, Line, Panel, Points
from livingdrug.plot.style import SERIES

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("measure", "unit", "arm", "value", "low", "high")
SHAPES = "osD^v"
MOST_DOTS = 1000


@dataclass(frozen=True)
class Paired:
    """A number of each patient in two arms (n,) [unit]: the same patients in the same order, nan = not known there."""

    name: str
    unit: str
    reference: Floats
    other: Floats
    logarithmic: bool = True

    def __post_init__(self) -> None:
        if np.shape(self.reference) != np.shape(self.other):
            raise ScenarioError(
                f"the arms have {np.size(self.reference)} and {np.size(self.other)} patients",
                mend="pair the same patients, by id",
            )

    def known(self) -> tuple[Floats, Floats]:
        """Both numbers of the patients in whom both are known (and above 0 where the axes are logarithmic)."""
        x, y = np.asarray(self.reference, float), np.asarray(self.other, float)
        seen = np.isfinite(x) & np.isfinite(y)
        if self.logarithmic:
            seen &= (x > 0) & (y > 0)
        return x[seen], y[seen]


def arms(rates: pd.DataFrame) -> Chart:
    """One lane a measure, one mark an arm: shares of patients [%] with their intervals.

    Columns: measure, unit, arm, value, low, high. Rows whose unit is not "%" are left out: they need axes of their own.
    """
    lacking = [c for c in COLUMNS if c not in rates.columns]
    if lacking:
        raise ScenarioError(f"the plot of arms lacks the column '{lacking[0]}'", allowed=COLUMNS)
    shown = rates[(rates["unit"] == "%") & rates["value"].notna()]
    looks = {a: (SERIES[i % len(SERIES)], SHAPES[i % len(SHAPES)]) for i, a in enumerate(dict.fromkeys(shown["arm"]))}
    lanes = []
    for measure, rows in shown.groupby("measure", sort=False):
        found = [
            Estimate(r.value, r.low, r.high, *looks[r.arm], _said(r.value, r.low, r.high)) for r in rows.itertuples()
        ]
        lanes.append(Lane(str(measure), tuple(found)))
    key = tuple(Points([0], [0], ink, shape, name=ticks.brief(arm)) for arm, (ink, shape) in looks.items())
    axis = ticks.shares("patients, %, with 95 % interval")
    return Chart(groups=(Group(axis, tuple(lanes)),) if lanes else (), key=key)


def paired(shown: Sequence[Paired], arms: tuple[str, str]) -> Chart:
    """Each patient in two arms: a dot on the dashed line means that the arm changed nothing for this patient."""
    return Chart(tuple(_dots(one, arms) for one in shown), columns=3)


def _dots(one: Paired, arms: tuple[str, str]) -> Panel:
    x, y = (v[:MOST_DOTS] for v in one.known())
    both = np.concatenate([x, y]) if len(x) else np.array([1.0, 10.0])
    low, high = float(both.min()), float(both.max())
    across, upright = (
        f"across: {ticks.brief(arms[0])}",
        f"{one.unit} · upward: {ticks.brief(arms[1])}".removeprefix(" · "),
    )
    if one.logarithmic:
        low, high = low / 1.3, high * 1.3
        axes: tuple[Axis, Axis] = ticks.decades(low, high, label=across), ticks.decades(low, high, label=upright)
    else:
        room = 0.05 * (high - low or 1.0)
        low, high = max(low - room, 0.0) if low >= 0 else low - room, high + room
        axes = ticks.linear(low, high, across), ticks.linear(low, high, upright)
    same = Line([low, high], [low, high], "quiet", "dashed", 1.0, name="the same in both arms")
    dots = Points(x, y, radius=2.5, opacity=0.55, name="one patient")
    return Panel(*axes, (same, dots), one.name, height=210.0)


def _said(value: float, low: float, high: float) -> str:
    ends = f" ({ticks.number(low)} to {ticks.number(high)})" if np.isfinite([low, high]).all() else ""
    return ticks.number(value) + ends
