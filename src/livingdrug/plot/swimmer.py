"""Swimmer plot: one line a patient, from infusion to the last day known, with what happened on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from livingdrug.errors import ScenarioError
from livingdrug.plot import ticks
from livingdrug.plot.style import DAYS_PER_MONTH, NARROW, WIDE, Ink, Theme, house, sheet

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 60
FOLLOWED = "followed"
SHAPES = (("o", 5.5), ("s", 5.2), ("^", 5.8), ("D", 4.8), ("v", 5.8), ("P", 6.2))  # of events, in order
DEATH = ("X", 6.2)


def swimmer(
    patients: pd.DataFrame,
    events: Mapping[str, str],
    *,
    ends: Sequence[str] = (),
    well: str = "in response",
    death: str = "death",
    most: int = 40,
    theme: Theme = "light",
    width: float = WIDE,
) -> Figure:
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
    narrow = width <= NARROW + 1
    with house(theme) as ink:
        figure = sheet(width, 1.4 + 0.125 * max(len(lanes), 6))
        axes = figure.subplots()
        days = {name: lanes[name].to_numpy(float) for name in wanted}
        _lanes(axes, days, ends, well, ink)
        _marks(axes, days, events, death, ink)
        axes.set_ylim(-0.8, max(len(lanes), 1) - 0.2)
        axes.set_yticks([])
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
        axes.set_ylabel("one line a patient")
        longest = np.nanmax(days[FOLLOWED]) if len(lanes) else 30.0
        ticks.calendar(axes, float(np.ceil(longest / DAYS_PER_MONTH - 0.02)), roomy=not narrow)
        handles, words = axes.get_legend_handles_labels()
        bars_first = sorted(zip(handles, words, strict=True), key=lambda entry: entry[1] not in (FOLLOWED, well))
        figure.legend(
            *zip(*bars_first, strict=True), loc="outside upper left", ncols=2 if narrow else 4, columnspacing=1.3
        )
    return figure


def _lanes(axes: Axes, days: Mapping[str, np.ndarray], ends: Sequence[str], well: str, ink: Ink) -> None:
    """Grey while followed, blue while in response."""
    rows = np.arange(len(days[FOLLOWED]))
    last = days[FOLLOWED] / DAYS_PER_MONTH
    axes.barh(rows, last, height=0.46, color=ink.rule, label=FOLLOWED)
    if not well:
        return
    start = days["response"] / DAYS_PER_MONTH
    stop = np.fmin.reduce([days[FOLLOWED], *(days[end] for end in ends)]) / DAYS_PER_MONTH
    seen = np.isfinite(start)
    axes.barh(rows[seen], (stop - start)[seen], left=start[seen], height=0.46, color=ink.simulated, label=well)


def _marks(axes: Axes, days: Mapping[str, np.ndarray], events: Mapping[str, str], death: str, ink: Ink) -> None:
    """One shape an event, so that the plot reads without colour."""
    rows = np.arange(len(days[FOLLOWED]))
    colours = (ink.published, ink.pink, ink.yellow, ink.green)
    others = [name for name in events if name != death]
    styles = {name: (*SHAPES[i % len(SHAPES)], colours[i % len(colours)]) for i, name in enumerate(others)}
    if death in events:
        styles[death] = (*DEATH, ink.text)
    for name, (shape, size, colour) in styles.items():
        _mark(axes, days[name], rows, shape, size, (colour, ink.paper), events[name])
    alive = np.where(np.isnan(days[death]), days[FOLLOWED], np.nan)
    _mark(axes, alive, rows, ">", 4.0, (ink.quiet, ink.quiet), "alive when last seen")


def _mark(
    axes: Axes, when: np.ndarray, rows: np.ndarray, shape: str, size: float, colours: tuple[str, str], words: str
) -> None:
    axes.plot(when / DAYS_PER_MONTH, rows, linestyle="none", marker=shape, markersize=size, color=colours[0],
              markeredgecolor=colours[1], markeredgewidth=0.6, label=words, clip_on=False, zorder=4)  # fmt: skip
