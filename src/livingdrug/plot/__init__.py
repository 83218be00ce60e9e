"""Figures a clinician would draw. Arrays and tables in, a matplotlib figure out; nothing is shown or saved."""

from livingdrug.plot.arms import arms, paired
from livingdrug.plot.beside import beside
from livingdrug.plot.course import Course, courses
from livingdrug.plot.expansion import expansion
from livingdrug.plot.grades import grades
from livingdrug.plot.presence import presence
from livingdrug.plot.published import Published
from livingdrug.plot.survival import Curve, survival
from livingdrug.plot.sweep import sweep
from livingdrug.plot.swimmer import swimmer

__all__ = [
    "Course",
    "Curve",
    "Published",
    "arms",
    "beside",
    "courses",
    "expansion",
    "grades",
    "paired",
    "presence",
    "survival",
    "sweep",
    "swimmer",
]
