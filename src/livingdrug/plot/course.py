"""What one observable did over time in many patients: median, bands, a few single patients, published points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from livingdrug.errors import ScenarioError
from livingdrug.plot import ticks
from livingdrug.plot.chart import Chart
from livingdrug.plot.marks import Axis, Band, Floats, Line, Mark, Panel, Rule, spread
from livingdrug.plot.published import Published, laid_over
from livingdrug.plot.style import DAYS_PER_MONTH

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


def courses(shown: Sequence[Course], *, columns: int = 3) -> Chart:
    """Small multiples, one panel a course."""
    return Chart(tuple(panel(course) for course in shown), columns=columns)


def panel(course: Course, y: Axis | None = None, height: float = 150.0) -> Panel:
    """One course on its axes; `y`: the upright axis, when panels share one."""
    scale = DAYS_PER_MONTH if course.months else 1.0
    times = np.asarray(course.days) / scale
    if course.months:
        x = ticks.calendar(float(times[-1]))
    else:
        x = ticks.days(min(float(times[0]), 0.0) if times[0] < 1 else float(times[0]), float(times[-1]))
    y = y or upright(course)
    b5, b25, b50, b75, b95 = begun(course.bands) if course.logarithmic else np.asarray(course.bands)
    marks: list[Mark] = [
        Band(times, b5, b95, opacity=0.2, name="90 % of patients"),
        Band(times, b25, b75, opacity=0.36, name="half of patients"),
    ]
    for sample in course.samples if course.samples is not None else ():
        one = begun(sample[None])[0] if course.logarithmic else sample
        marks.append(Line(times, one, "quiet", width=0.7, opacity=0.7, name="single patients"))
    marks.append(Line(times, b50, name="median"))
    if course.line is not None:
        marks.append(Rule(*course.line))
    marks += laid_over(course.published, x, scale)
    return Panel(x, y, tuple(marks), course.title if course.title is not None else course.name, height)


def begun(bands: Floats) -> Floats:
    """Bands without the times before anything was there (zero in all of them): what is given on a day is no rise."""
    values = np.array(bands, float)
    there = np.nan_to_num(values).max(axis=0) > 0
    first = int(there.argmax()) if there.any() else 0
    values[:, :first] = np.nan
    return values


def upright(course: Course) -> Axis:
    """The y-axis that shows the outer band, the published points and the line."""
    shown = [course.bands, *([] if course.samples is None else [course.samples])]
    shown += [np.array([v for v in (p.value, p.low, p.high) if v is not None]) for p in course.published]
    values = spread([*shown, *([np.array([course.line[0]])] if course.line is not None else [])])
    if not course.logarithmic:
        low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
        room = 0.05 * (high - low or 1.0)
        return ticks.linear(low - room if low < 0 or low > 0.5 * high else 0.0, high + room, course.unit)
    seen = values[values > max(course.floor, 0.0)]
    low, high = (float(seen.min()), float(seen.max())) if len(seen) else (0.1, 10.0)
    if course.floor > 0 and (len(seen) < len(values) or low < 10 * course.floor):
        foot = 10 ** np.floor(np.log10(course.floor) + 1e-9)
        return ticks.decades(foot, max(10 ** (np.log10(high) + 0.15), 2 * foot), _least(course), course.unit)
    low = max(low, high / 1e8)
    foot = 10 ** np.floor(np.log10(low) + 1e-9) if high / low > 30 else low / 1.3
    return ticks.decades(foot, 1.4 * high, label=course.unit)


def _least(course: Course) -> str:
    """The word at the foot of the axis: below a part of a cell there is none; else "this or less"."""
    return "0" if course.unit == "cells" and course.floor <= 1 else f"≤{course.floor:,g}"
