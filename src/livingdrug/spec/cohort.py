"""`[cohort]` of a scenario: a CSV file of the user's own patients, and what its columns mean."""

from __future__ import annotations

from typing import ClassVar

from livingdrug.errors import unknown
from livingdrug.spec.fields import Real, Text, Texts, Unit
from livingdrug.spec.typed import Typed

MISSING = ("refuse", "draw")


class ColumnOf(Typed):
    """The column that holds a property or a word of a dose record; its unit, or what each word in it stands for."""

    called: ClassVar[str] = "column of the cohort"
    column: Text
    unit: Unit | None = None
    values: dict[str, Real] = {}


class Cohort(Typed):
    """The user's own patients. columns: property (or ID, TIME, AMT, ...) -> its column, where that has another name;
    give: what a number or word in CMT stands for; ignore: columns without use; missing: what to do with empty cells."""

    called: ClassVar[str] = "cohort"
    file: Text
    columns: dict[str, ColumnOf] = {}
    give: dict[str, Text] = {}
    ignore: Texts = ()
    missing: Text = "refuse"

    def consistent(self) -> None:
        if self.missing not in MISSING:
            raise unknown("way with missing values", self.missing, MISSING, self.place("missing"))
