"""Everything that a run keeps of the patients of one arm, filled chunk by chunk and added up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from livingdrug.results.columns import Columns
from livingdrug.results.courses import Courses
from livingdrug.results.grades import Grades

FEW_ROWS = 16_384  # rows of a table beside the patients' that are held in memory


@dataclass
class Kept:
    """courses and grades: counts, in any order; patients: the patients' table; tables: name -> a table beside it
    (doses, observations, ...), rows in the patients' order.
    """

    courses: Courses
    grades: Grades
    patients: Columns = field(default_factory=Columns)
    tables: dict[str, Columns] = field(default_factory=dict)

    def append(self, tables: Mapping[str, Mapping[str, Any]]) -> None:
        """Add the next patients' rows to the tables beside the patients'."""
        for name, rows in tables.items():
            self.tables.setdefault(name, Columns(in_memory=FEW_ROWS)).append(rows)

    def count(self, other: Kept) -> None:
        """Count the courses and grades of other patients too; not their rows."""
        self.courses.merge(other.courses)
        self.grades.merge(other.grades)
