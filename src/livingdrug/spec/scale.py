"""A grading scale: when grading begins, and what makes each grade."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import WithJsonSchema

from livingdrug.errors import ScenarioError
from livingdrug.spec.fields import Asked, Looked, Text, Ticks, Whole, expression
from livingdrug.spec.origin import File, Sourced


class EntryCondition(Sourced):
    """When grading begins."""

    called: ClassVar[str] = "entry of a scale"
    when: Asked


class Grade(Sourced):
    """One grade, and what makes it."""

    called: ClassVar[str] = "grade"
    grade: Annotated[Whole, WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 5})]
    when: Looked

    def consistent(self) -> None:
        if self.grade > 5:
            raise ScenarioError(f"grade {self.grade} cannot be", where=self.place("grade"), allowed="1 to 5")


class Scale(File):
    """A grading scale as a file; the worst grade counts. meanings: its own words, as expressions; check: when it is
    looked at (as the protocol's grading without it); counted: conditions whose looks are counted, for count(WORD)."""

    called: ClassVar[str] = "scale"
    short: Text | None = None
    graded: Text | None = None
    section: Text | None = None
    meanings: dict[str, Looked] = {}
    check: Ticks | None = None
    counted: dict[str, Asked] = {}
    entry: EntryCondition = EntryCondition(when=expression(1))
    grade: tuple[Grade, ...]

    def consistent(self) -> None:
        if not self.grade:
            said = "a scale needs grades"
            raise ScenarioError(said, where=self.place(), mend="add [[grade]] tables")
        for row in (self.entry, *self.grade):
            row.cites(self.sources)
        told = [(f"grade {g.grade}", g.when, g.place("when")) for g in self.grade]
        told += [(f"'{word}'", asked, self.place(f"meanings.{word}")) for word, asked in self.meanings.items()]
        for what, asked, place in told:
            if not asked.names:
                same = f"{what} is {asked.text} in every patient"
                raise ScenarioError(same, where=place, mend='ask about the patient, as "physiology.WORD >= 1"')

    @property
    def levels(self) -> list[int]:
        """The grades that the scale knows, lowest first."""
        return sorted({g.grade for g in self.grade})
