"""What a file says for reports: how quantities are named and drawn, in which figures and sections, and what happens."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from livingdrug.errors import unknown
from livingdrug.spec.fields import Real, Text, Truth, Whole, worded
from livingdrug.spec.typed import Typed

TAKES = ("highest", "lowest")
PLACEHOLDERS = ("disease", "cells", "target", "second_target")  # {words} of texts, filled in
SCALES, KINDS, TIMES = ("log", "linear"), ("courses", "expansion", "presence"), ("days", "months")


class Line(Typed):
    """A value worth a dashed line (a number in the shown unit, or a number of the model), and its words."""

    called: ClassVar[str] = "line of a figure"
    at: Annotated[Any, Field(description="a number, or the name of a number of the model")]
    words: Text


class Held(Typed):
    """Columns of the patient table that hold a quantity's value on a day, its peak and the day of the peak."""

    called: ClassVar[str] = "list of columns"
    day: Text | None = None
    peak: Text | None = None
    peak_day: Text | None = None


class Journey(Typed):
    """How a quantity stands in the picture of one patient's whole journey: in plain words, and what is said of it."""

    called: ClassVar[str] = "part of the journey"
    words: Text
    take: Annotated[Text, worded(TAKES)] = "highest"
    below: Annotated[Real | None, Field(description="a value in the shown unit: how long it stays below is told")] = (
        None
    )
    order: Real = 50.0

    def consistent(self) -> None:
        if self.take not in TAKES:
            raise unknown("thing to tell", self.take, TAKES, self.place("take"))


class Shown(Typed):
    """How a quantity is named and drawn."""

    called: ClassVar[str] = "shown quantity"
    title: Text | None = None
    unit: Text | None = None
    scale: Annotated[Text, worded(SCALES)] | None = None
    floor: Real | None = None
    line: Line | None = None
    figure: Text | None = None
    order: Real | None = None
    care: Truth | None = None
    columns: Held | None = None
    journey: Journey | None = None

    def consistent(self) -> None:
        if self.scale not in (None, *SCALES):
            raise unknown("scale of an axis", str(self.scale), SCALES, self.place("scale"))


class Figure(Typed):
    """A figure of courses."""

    called: ClassVar[str] = "figure"
    title: Text | None = None
    section: Text | None = None
    kind: Annotated[Text, worded(KINDS)] | None = None
    words: Text | None = None
    time: Annotated[Text, worded(TIMES)] | None = None
    until: Real | None = None
    columns: Whole | None = None
    order: Real | None = None

    def consistent(self) -> None:
        if self.kind not in (None, *KINDS):
            raise unknown("kind of figure", str(self.kind), KINDS, self.place("kind"))
        if self.time not in (None, *TIMES):
            raise unknown("time axis", str(self.time), TIMES, self.place("time"))


class Words(Typed):
    """What texts say for {disease}, {cells}, {target} and {second_target}."""

    called: ClassVar[str] = "list of words"
    disease: Text | None = None
    cells: Text | None = None
    target: Text | None = None


class Section(Typed):
    """A section of the report."""

    called: ClassVar[str] = "section"
    title: Text | None = None
    order: Real | None = None


class Event(Typed):
    """Something that happens to a patient on the day in a column, if (unless) another column is above 0."""

    called: ClassVar[str] = "event"
    day: Text | None = None
    only_if: Annotated[Text | None, Field(alias="if")] = None
    unless: Text | None = None
    words: Text | None = None
    reached: Text | None = None
    ends_response: Truth | None = None
