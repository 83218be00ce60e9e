"""CAR-T in blood over time: the first month day by day, then the long tail month by month."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from livingdrug.plot.chart import Chart
from livingdrug.plot.course import Course, panel, upright


def expansion(course: Course, *, month_one: float = 28.0) -> Chart:
    """CAR-T [course.unit] on a log scale: the first `month_one` days beside the whole follow-up."""
    early = replace(_until(course, month_one), title="First month")
    late = replace(course, months=True, samples=None, title="Whole follow-up")
    y = upright(course)
    return Chart((panel(early, y, 220.0), panel(late, y, 220.0)), columns=2)


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
