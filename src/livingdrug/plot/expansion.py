"""CAR-T in blood over time: the first month day by day, then the long tail month by month."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from livingdrug.plot.course import Course, draw, key, span
from livingdrug.plot.style import NARROW, WIDE, Theme, house, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def expansion(course: Course, *, month_one: float = 28.0, theme: Theme = "light", width: float = WIDE) -> Figure:
    """CAR-T [course.unit] on a log scale: the first `month_one` days beside the whole follow-up."""
    early = replace(_until(course, month_one), title="First month")
    late = replace(course, months=True, title="Whole follow-up")
    narrow = width <= NARROW + 1
    with house(theme) as ink:
        figure, (left, right) = panels(2, 1 if narrow else 2, width, 2.8)
        for axes, shown in ((left, early), (right, late)):
            draw(axes, shown, ink, limits=span(course))
        key(figure, right if course.published else left, narrow)
    return figure


def _until(course: Course, day: float) -> Course:
    seen = np.asarray(course.days) <= day
    return replace(
        course,
        days=np.asarray(course.days)[seen],
        bands=np.asarray(course.bands)[:, seen],
        samples=None if course.samples is None else np.asarray(course.samples)[:, seen],
        published=tuple(p for p in course.published if p.at <= day),
        months=False,
    )
