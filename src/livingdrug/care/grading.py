"""Grading scales as data: each scale is a list of grades, each with the physiology that makes it.

The same simulated patient is graded on every scale asked for; a scale's watches are `NAME.entry` (its entry condition),
`NAME.grade` and `NAME.grade1` ... `NAME.grade4` (that grade or a higher one), and one for each condition it counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from livingdrug.care.compiler import Programs
from livingdrug.engine.plan import Watch
from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.library.located import Place, mistakable
from livingdrug.spec import scale as spec
from livingdrug.spec.fields import Expression
from livingdrug.spec.grammar import Binary, Call, Choice, Name, Node, Number, Unary, sentence


@dataclass(frozen=True)
class Scale:
    """A grading scale at work, by the name of its file."""

    name: str
    file: spec.Scale

    @property
    def title(self) -> str:
        """What people call it."""
        return self.file.title or self.name

    @property
    def levels(self) -> list[int]:
        """The grades that the scale knows, lowest first."""
        return self.file.levels

    def sentences(self) -> list[str]:
        """Each grade in words, lowest first."""
        return [f"Grade {g.grade}: {sentence(g.when.node)}." for g in self._sorted()]

    def _sorted(self) -> list[spec.Grade]:
        return sorted(self.file.grade, key=lambda g: g.grade)

    def enlist(self, programs: Programs, also: str | None = None) -> None:
        """Make the scale's watches and words known to expressions; `also`: a second name ("crs") for its watches."""
        for last in (*self.file.counted, "entry", "grade", *(f"grade{level}" for level in self.levels)):
            number = programs.watch(f"{self.name}.{last}")
            if also:
                programs.aliases[f"{also}.{last}"] = number
        for name in (self.name, *([also] if also else [])):
            programs.levels[f"{name}.grade"] = self.levels[-1]
        for word, asked in self.file.meanings.items():
            programs.meanings[f"{self.name}.{word}"] = _inside(asked.node, self)

    def compile(self, programs: Programs, marks: int) -> list[Watch]:
        """The engine's watches of this scale."""
        self._own_words(programs)
        grade: Node = Number(0.0)
        for level in self._sorted():  # lowest first, so that the highest is asked first
            grade = Choice(_inside(level.when.node, self), Number(float(level.grade)), grade)
        begun = Binary(">", Call("count", (Name(f"{self.name}.entry"),)), Number(0.0))
        asked: list[tuple[str, Node]] = [
            *((f"{self.name}.{word}", _inside(when.node, self)) for word, when in self.file.counted.items()),
            (f"{self.name}.entry", _inside(self.file.entry.when.node, self)),
            (f"{self.name}.grade", Choice(begun, grade, Number(0.0))),
        ]
        asked += [
            (f"{self.name}.grade{level}", Binary(">=", Name(f"{self.name}.grade"), Number(float(level))))
            for level in self.levels
        ]
        conditions = {"entry", *self.file.counted}
        try:
            return [
                Watch(name, marks, *programs.compile(node, condition=name.partition(".")[2] in conditions))
                for name, node in asked
            ]
        except LivingDrugError as problem:
            self._blame(programs)
            raise problem

    def _rows(self) -> list[tuple[Expression, Place, bool]]:
        """Everything that the scale asks, its place, and whether it is a condition."""
        rows = [(asked, self.file.place(f"meanings.{word}"), False) for word, asked in self.file.meanings.items()]
        rows += [(asked, self.file.place(f"counted.{word}"), True) for word, asked in self.file.counted.items()]
        rows.append((self.file.entry.when, self.file.entry.place("when"), True))
        return [*rows, *((grade.when, grade.place("when"), True) for grade in self.file.grade)]

    def _own_words(self, programs: Programs) -> None:
        """ScenarioError for one of the scale's own words that is misspelt: where it is asked, or, where nothing asks
        for it as it is spelt, where it is defined."""
        own = {**dict.fromkeys(self.file.counted, "counted"), **dict.fromkeys(self.file.meanings, "meanings")}
        used = {name.path: place for when, place, _ in self._rows() for name in when.names}
        others = used.keys() - own.keys()
        for word in own.keys() - used.keys():
            if close := mistakable(word, others):
                said, mend = f"no grade asks about '{word}'", f"write it here as at {used[close]}, or there as here"
                raise ScenarioError(said, where=self.file.place(f"{own[word]}.{word}"), nearest=close, mend=mend)
        for word in others - {*programs.known(), *programs.drugs}:
            if close := mistakable(word, own):
                raise ScenarioError(f"nothing is called '{word}'", where=used[word], nearest=close)

    def _blame(self, programs: Programs) -> None:
        """Raise the error that the scale has, with the line at fault."""
        for when, place, condition in self._rows():
            programs.compile(Expression(when.text, _inside(when.node, self)), where=place, condition=condition)


def _inside(node: Node, scale: Scale) -> Node:
    """The scale's own words ("fever") as names that no other scale shares ("penn.fever")."""
    match node:
        case Name(path=path, column=column):
            own = path in scale.file.meanings or path in scale.file.counted
            return Name(f"{scale.name}.{path}", column) if own else node
        case Call(function=f, arguments=parts, column=column):
            return Call(f, tuple(_inside(p, scale) for p in parts), column)
        case Choice(condition=c, then=t, otherwise=o):
            return Choice(_inside(c, scale), _inside(t, scale), _inside(o, scale))
        case Binary(sign=sign, left=left, right=right):
            return Binary(sign, _inside(left, scale), _inside(right, scale))
        case Unary(sign=sign, inner=inner):
            return Unary(sign, _inside(inner, scale))
    return node
