"""Arms side by side, and what an arm changes in the very same patients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from livingdrug.errors import ScenarioError
from livingdrug.plot import ticks
from livingdrug.plot.style import NARROW, WIDE, Theme, house, sheet

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

COLUMNS = ("measure", "unit", "arm", "value", "low", "high")
SHAPES = "osD^v"


def arms(rates: pd.DataFrame, *, theme: Theme = "light", width: float = WIDE) -> Figure:
    """One row a measure, one mark an arm: shares of patients [%] with their intervals, joined so that shifts are seen.

    Columns: measure, unit, arm, value, low, high. Rows whose unit is not "%" are left out: they need axes of their own.
    """
    lacking = [c for c in COLUMNS if c not in rates.columns]
    if lacking:
        raise ScenarioError(f"the plot of arms lacks the column '{lacking[0]}'", allowed=COLUMNS)
    shown = rates[(rates["unit"] == "%") & rates["value"].notna()]
    measures, names = list(dict.fromkeys(shown["measure"])), list(dict.fromkeys(shown["arm"]))
    narrow = width <= NARROW + 1
    lane = 0.14 + 0.11 * len(names) + (0.2 if narrow else 0)
    with house(theme) as ink:
        figure = sheet(width, 1.2 + lane * len(measures))
        axes = figure.subplots()
        step = min(0.22, 0.6 / max(len(names), 1))
        for i, name in enumerate(names):
            of_arm = shown[shown["arm"] == name].set_index("measure").reindex(measures)
            heights = np.arange(len(measures)) + (i - (len(names) - 1) / 2) * step + (0.14 if narrow else 0)
            colour = ink.series[i % len(ink.series)]
            axes.hlines(heights, of_arm["low"], of_arm["high"], color=colour, linewidth=1.4, alpha=0.8, clip_on=False)
            axes.plot(of_arm["value"], heights, linestyle="none", marker=SHAPES[i % len(SHAPES)], markersize=5.5,
                      color=colour, markeredgecolor=ink.paper, markeredgewidth=0.6, label=ticks.brief(name),
                      clip_on=False)  # fmt: skip
        axes.set_ylim(len(measures) - 0.5, -0.5)
        axes.set_xlim(0, 100)
        axes.set_xlabel("patients (%), with 95 % interval")
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", visible=False)
        for place in range(0, len(measures), 2):
            axes.axhspan(place - 0.5, place + 0.5, color=ink.rule, alpha=0.25, linewidth=0)
        if narrow:
            axes.set_yticks([])
            for place, measure in enumerate(measures):
                axes.text(1, place - 0.32, measure, va="center", fontsize=8)
        else:
            axes.set_yticks(range(len(measures)), measures, color=ink.text)
        figure.legend(loc="outside upper left", ncols=1 if narrow else 4)
    return figure


def paired(
    reference: np.ndarray, other: np.ndarray, *, name: str, unit: str, arms: tuple[str, str],
    logarithmic: bool = True, theme: Theme = "light", width: float = NARROW,
) -> Figure:  # fmt: skip
    """Each patient in two arms: a dot on the diagonal means that the arm changed nothing for this patient.

    reference, other (n,) [unit]: the same patients, in the same order; nan = not known in that arm.
    """
    if np.shape(reference) != np.shape(other):
        raise ScenarioError(
            f"the arms have {np.size(reference)} and {np.size(other)} patients", mend="pair the same patients, by id"
        )
    known = np.isfinite(reference) & np.isfinite(other)
    if logarithmic:
        known &= (reference > 0) & (other > 0)
    x, y = np.asarray(reference)[known], np.asarray(other)[known]
    with house(theme) as ink:
        figure = sheet(width, width * 0.85)
        axes = figure.subplots()
        both = np.concatenate([x, y]) if len(x) else np.array([1.0, 10.0])
        low, high = float(both.min()), float(both.max())
        low, high = (low / 1.5, high * 1.5) if logarithmic else (low - 0.05 * (high - low), high + 0.05 * (high - low))
        axes.plot([low, high], [low, high], color=ink.quiet, linewidth=0.9, linestyle=(0, (4, 3)))
        axes.plot(x, y, linestyle="none", marker="o", markersize=3, color=ink.simulated, alpha=0.5, markeredgewidth=0)
        if logarithmic:
            ticks.decades(axes, low, high, along="x")
            ticks.decades(axes, low, high, along="y")
        else:
            axes.set(xlim=(low, high), ylim=(low, high))
        axes.set_title(f"{name} ({unit})")
        axes.set_xlabel(ticks.brief(arms[0]))
        axes.set_ylabel(ticks.brief(arms[1]))
    return figure
