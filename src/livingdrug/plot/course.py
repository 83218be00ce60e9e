"""What one observable did over time in many patients: median, bands, a few single patients, published points."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import ScenarioError
from livingdrug.plot import ticks
from livingdrug.plot.published import Published, lay_over
from livingdrug.plot.style import DAYS_PER_MONTH, NARROW, WIDE, Ink, Theme, house, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

PERCENTS = (5, 25, 50, 75, 95)


@dataclass(frozen=True)
class Course:
    """One observable over time.

    days (T,); bands (5, T): the percentiles of PERCENTS [unit]; samples (k, T): single patients [unit];
    floor [unit]: where a logarithmic axis ends; what lies below, zero too, is drawn there;
    line: a value [unit] worth a dashed line, and its words; months: the time axis is in months, not days.
    """

    name: str
    unit: str
    days: Floats
    bands: Floats
    samples: Floats | None = None
    logarithmic: bool = True
    floor: float = 0.0
    line: tuple[float, str] | None = None
    published: tuple[Published, ...] = field(default=())
    months: bool = False
    title: str | None = None

    def __post_init__(self) -> None:
        wanted = (len(PERCENTS), len(self.days))
        if np.shape(self.bands) != wanted:
            raise ScenarioError(
                f"the bands of '{self.name}' have shape {np.shape(self.bands)}",
                allowed=f"{wanted}: percentiles {PERCENTS} at each of {wanted[1]} times",
            )


def courses(shown: list[Course], *, columns: int = 3, theme: Theme = "light", width: float = WIDE) -> Figure:
    """Small multiples, one panel a course, fewer columns where the page is narrow."""
    columns = min(columns, len(shown)) if width > NARROW + 1 else min(2, len(shown))
    with house(theme) as ink:
        figure, grid = panels(len(shown), columns, width, 2.1)
        for axes, course in zip(grid, shown, strict=True):
            draw(axes, course, ink)
        key(figure, grid[0], narrow=width <= NARROW + 1)
    return figure


def draw(axes: Axes, course: Course, ink: Ink, limits: tuple[float, float] | None = None) -> None:
    """Draws one course on its axes; `limits` of the y-axis [unit], when panels share them."""
    colour = ink.simulated
    scale = DAYS_PER_MONTH if course.months else 1.0
    x = np.asarray(course.days) / scale
    low, high = limits or span(course)
    floor = low if course.logarithmic else -np.inf
    b5, b25, b50, b75, b95 = np.maximum(course.bands, floor)
    axes.fill_between(x, b5, b95, color=colour, alpha=0.2, linewidth=0, label="90 % of patients")
    axes.fill_between(x, b25, b75, color=colour, alpha=0.32, linewidth=0, label="half of patients")
    if course.samples is not None:
        for i, sample in enumerate(np.maximum(course.samples, floor)):
            axes.plot(x, sample, color=ink.quiet, linewidth=0.5, alpha=0.6, label="_" if i else "single patients")
    axes.plot(x, b50, color=colour, label="median")
    if course.logarithmic:
        ticks.decades(axes, low, high, least=_least(course))
    else:
        axes.set_ylim(low, high)
    if course.line is not None:
        _rule(axes, course, ink, float(x[-1]))
    axes.set_title(course.title if course.title is not None else course.name)
    axes.set_ylabel(course.unit)
    if course.months:
        ticks.calendar(axes, float(x[-1]), roomy=False)
    else:
        axes.set_xlim(float(x[0]), float(x[-1]))
        axes.set_xlabel("days after infusion")
    lay_over(axes, course.published, ink, scale)


def key(figure: Figure, axes: Axes, narrow: bool) -> None:
    """One key for the whole figure, above the panels."""
    handles, words = axes.get_legend_handles_labels()
    figure.legend(handles, words, loc="outside upper left", ncols=3 if narrow else 5, columnspacing=1.4)


def span(course: Course) -> tuple[float, float]:
    """The y-range that shows the outer band, the published points and the line."""
    shown = [np.ravel(course.bands)]
    if course.samples is not None:
        shown.append(np.ravel(course.samples))
    shown += [np.array([v for v in (p.value, p.low, p.high) if v is not None]) for p in course.published]
    if course.line is not None:
        shown.append(np.array([course.line[0]]))
    values = np.concatenate(shown)
    values = values[np.isfinite(values)]
    if not course.logarithmic:
        low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
        room = 0.05 * (high - low or 1.0)
        return low - room if low < 0 or low > 0.5 * high else 0.0, high + room
    seen = values[values > max(course.floor, 0.0)]
    low, high = (float(seen.min()), float(seen.max())) if len(seen) else (0.1, 10.0)
    low = course.floor if course.floor > 0 else max(low, high / 1e8)
    return 10 ** np.floor(np.log10(low) + 1e-9), 10 ** (np.log10(high) + 0.15)


def _least(course: Course) -> str:
    """The word at the foot of the axis: below a part of a cell there is none; else "this or less"."""
    if course.floor <= 0:
        return ""
    return "0" if course.unit == "cells" else f"≤{course.floor:g}"


def _rule(axes: Axes, course: Course, ink: Ink, right: float) -> None:
    assert course.line is not None
    value, words = course.line
    axes.axhline(value, color=ink.text, linewidth=0.8, linestyle=(0, (4, 3)), alpha=0.8)
    axes.annotate(
        words,
        (1.0, value),
        xycoords=axes.get_yaxis_transform(),
        xytext=(0, 2),
        textcoords="offset points",
        ha="right",
        va="bottom",
        fontsize=7.5,
        color=ink.text,
        bbox={"facecolor": ink.paper, "alpha": 0.75, "linewidth": 0, "pad": 0.6},
    )
