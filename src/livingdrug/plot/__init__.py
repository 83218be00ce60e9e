"""Figures a clinician would draw. Arrays and tables in, a chart out: for a page, a notebook, or a file."""

from livingdrug.plot.arms import Paired, arms, paired
from livingdrug.plot.beside import beside
from livingdrug.plot.chart import Chart
from livingdrug.plot.course import Course, courses
from livingdrug.plot.expansion import expansion
from livingdrug.plot.flow import flow
from livingdrug.plot.grades import grades
from livingdrug.plot.journey import Bar, Strip, journey
from livingdrug.plot.marks import Flow, Stage
from livingdrug.plot.patient import Drawn, patient
from livingdrug.plot.presence import presence
from livingdrug.plot.published import Published
from livingdrug.plot.sensitivity import sensitivity
from livingdrug.plot.survival import Curve, survival
from livingdrug.plot.sweep import sweep
from livingdrug.plot.swimmer import swimmer
from livingdrug.plot.vpc import Checked, vpc

__all__ = [
    "Bar",
    "Chart",
    "Checked",
    "Course",
    "Curve",
    "Drawn",
    "Flow",
    "Paired",
    "Published",
    "Stage",
    "Strip",
    "arms",
    "beside",
    "courses",
    "expansion",
    "flow",
    "grades",
    "journey",
    "paired",
    "patient",
    "presence",
    "sensitivity",
    "survival",
    "sweep",
    "swimmer",
    "vpc",
]
