"""Grading scales as data: each scale is a list of grades, each with the physiology that makes it.

The same simulated patient is graded on every scale asked for; a scale's watches are `NAME.entry` (its entry condition),
`NAME.grade` and `NAME.grade1` ... `NAME.grade4` (that grade or a higher one).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livingdrug.care.compiler import Programs
from livingdrug.care.grammar import Binary, Call, Choice, Name, Node, Number, Unary, parse, sentence
from livingdrug.care.tables import ORIGIN, table, tables
from livingdrug.engine.plan import Watch
from livingdrug.errors import ScenarioError

SCALE = {
    "title": "text", "aliases": "texts", "about": "text", "sources": "table", "meanings": "table", "entry": "table",
    "grade": "list", "short": "text", "graded": "text", "section": "text",
}  # fmt: skip
GRADE = {"grade": "whole", "when": "asked", **ORIGIN}


@dataclass(frozen=True)
class Scale:
    """A grading scale: when grading begins, and what makes each grade (worst one counts)."""

    name: str
    title: str
    entry: str
    grades: tuple[tuple[int, str], ...]
    meanings: Mapping[str, str]
    place: str | None = None

    @classmethod
    def read(cls, name: str, data: Mapping[str, Any], where: str | None = None) -> Scale:
        """The scale that a library file describes."""
        table(data, SCALE, "scale", where)
        entry = table(data.get("entry", {"when": 1}), {"when": "asked", **ORIGIN}, "entry of a scale", where, ["when"])
        meanings = table(data.get("meanings", {}), dict.fromkeys(data.get("meanings", {}), "asked"), "meaning", where)
        grades = []
        for row in tables(data.get("grade"), GRADE, "grade", where, ["grade", "when"]):
            if row["grade"] > 5:
                raise ScenarioError(f"grade {row['grade']} cannot be", where=where, allowed="1 to 5")
            grades.append((row["grade"], row["when"]))
        if not grades:
            raise ScenarioError(f"the scale '{name}' has no grades", where=where, mend="add [[grade]] tables")
        return cls(
            name,
            data.get("title", name),
            str(entry["when"]),
            tuple(sorted(grades)),
            meanings,
            where,
        )

    def sentences(self) -> list[str]:
        """Each grade in words, lowest first."""
        return [f"Grade {g}: {sentence(parse(when, self.place))}." for g, when in self.grades]

    @property
    def levels(self) -> list[int]:
        """The grades that the scale knows, lowest first."""
        return sorted({g for g, _ in self.grades})

    def enlist(self, programs: Programs, also: str | None = None) -> None:
        """Make the scale's watches and words known to expressions; `also`: a second name ("crs") for its watches."""
        for last in ("entry", "grade", *(f"grade{level}" for level in self.levels)):
            number = programs.watch(f"{self.name}.{last}")
            if also:
                programs.aliases[f"{also}.{last}"] = number
        for word, text in self.meanings.items():
            programs.meanings[f"{self.name}.{word}"] = _inside(parse(text, self.place), self)

    def compile(self, programs: Programs, marks: int) -> list[Watch]:
        """The engine's watches of this scale."""
        grade: Node = Number(0.0)
        for level, when in self.grades:  # lowest first, so that the highest is asked first
            grade = Choice(_inside(parse(when, self.place), self), Number(float(level)), grade)
        begun = Binary(">", Call("count", (Name(f"{self.name}.entry"),)), Number(0.0))
        asked: list[tuple[str, Node]] = [
            (f"{self.name}.entry", _inside(parse(self.entry, self.place), self)),
            (f"{self.name}.grade", Choice(begun, grade, Number(0.0))),
        ]
        asked += [
            (f"{self.name}.grade{level}", Binary(">=", Name(f"{self.name}.grade"), Number(float(level))))
            for level in self.levels
        ]
        return [Watch(name, marks, *programs.compile(node, where=self.place)) for name, node in asked]


def _inside(node: Node, scale: Scale) -> Node:
    """The scale's own words ("fever") as names that no other scale shares ("penn.fever")."""
    match node:
        case Name(path=path, column=column):
            return Name(f"{scale.name}.{path}", column) if path in scale.meanings else node
        case Call(function=f, arguments=parts, column=column):
            return Call(f, tuple(_inside(p, scale) for p in parts), column)
        case Choice(condition=c, then=t, otherwise=o):
            return Choice(_inside(c, scale), _inside(t, scale), _inside(o, scale))
        case Binary(sign=sign, left=left, right=right):
            return Binary(sign, _inside(left, scale), _inside(right, scale))
        case Unary(sign=sign, inner=inner):
            return Unary(sign, _inside(inner, scale))
    return node
