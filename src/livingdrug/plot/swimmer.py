"""Swimmer plot: one line a patient, from infusion to the last day known, with what happened on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from livingdrug.errors import ScenarioError
from livingdrug.plot import ticks
from livingdrug.plot.style import DAYS_PER_MONTH, NARROW, WIDE, Ink, Theme, house, sheet

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = ("followed", "response", "relapse_positive", "relapse_negative", "transplant", "death")
MOST = 60
BARS = ("followed", "in remission")


def swimmer(
    patients: pd.DataFrame, *, most: int = 40, antigen: str = "antigen", theme: Theme = "light", width: float = WIDE
) -> Figure:
    """A lane a patient, longest on top; the patients come as rows with the days of what happened to them.

    Columns [day], nan = did not happen: followed (last day known), response, relapse_positive (leukaemia still shows
    the antigen), relapse_negative (antigen lost), transplant (or another new therapy), death. At most `most` are drawn.
    """
    lacking = [c for c in COLUMNS if c not in patients.columns]
    if lacking:
        raise ScenarioError(f"the swimmer plot lacks the column '{lacking[0]}'", allowed=COLUMNS)
    lanes = patients.head(min(most, MOST))
    well = lanes[["relapse_positive", "relapse_negative"]].min(axis=1).fillna(lanes["followed"])
    lanes = lanes.assign(well=well).sort_values(["followed", "well", "response"])
    narrow = width <= NARROW + 1
    with house(theme) as ink:
        figure = sheet(width, 1.4 + 0.125 * max(len(lanes), 6))
        axes = figure.subplots()
        days = {name: lanes[name].to_numpy(float) for name in COLUMNS}
        _lanes(axes, days, ink)
        _marks(axes, days, antigen, ink)
        axes.set_ylim(-0.8, max(len(lanes), 1) - 0.2)
        axes.set_yticks([])
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        axes.set_ylabel("one line a patient")
        longest = np.nanmax(days["followed"]) if len(lanes) else 30.0
        ticks.calendar(axes, float(np.ceil(longest / DAYS_PER_MONTH - 0.02)), roomy=not narrow)
        handles, words = axes.get_legend_handles_labels()
        bars_first = sorted(zip(handles, words, strict=True), key=lambda entry: entry[1] not in BARS)
        figure.legend(
            *zip(*bars_first, strict=True), loc="outside upper left", ncols=2 if narrow else 4, columnspacing=1.3
        )
    return figure


def _lanes(axes: Axes, days: dict[str, np.ndarray], ink: Ink) -> None:
    """Grey while followed, blue while in remission."""
    rows = np.arange(len(days["followed"]))
    last = days["followed"] / DAYS_PER_MONTH
    axes.barh(rows, last, height=0.46, color=ink.rule, label=BARS[0])
    start = days["response"] / DAYS_PER_MONTH
    stop = np.fmin(np.fmin(days["relapse_positive"], days["relapse_negative"]), days["followed"]) / DAYS_PER_MONTH
    well = np.isfinite(start)
    axes.barh(rows[well], (stop - start)[well], left=start[well], height=0.46, color=ink.simulated, label=BARS[1])


def _marks(axes: Axes, days: dict[str, np.ndarray], antigen: str, ink: Ink) -> None:
    """One shape an event, so that the plot reads without colour."""
    rows = np.arange(len(days["followed"]))
    alive = np.isnan(days["death"])
    shapes = (
        (f"relapse, {antigen} kept", days["relapse_positive"], "o", ink.published, ink.paper, 5.5),
        (f"relapse, {antigen} lost", days["relapse_negative"], "s", ink.pink, ink.paper, 5.2),
        ("transplant or new therapy", days["transplant"], "^", ink.yellow, ink.paper, 5.8),
        ("death", days["death"], "X", ink.text, ink.paper, 6.2),
        ("alive when last seen", np.where(alive, days["followed"], np.nan), ">", ink.quiet, ink.quiet, 4.0),
    )
    for words, when, shape, colour, edge, size in shapes:
        axes.plot(when / DAYS_PER_MONTH, rows, linestyle="none", marker=shape, markersize=size, color=colour,
                  markeredgecolor=edge, markeredgewidth=0.6, label=words, clip_on=False, zorder=4)  # fmt: skip
