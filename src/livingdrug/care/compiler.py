"""Expressions turned into the engine's stack programs, with every name looked up and every unit converted.

One `Programs` serves one run: it collects which observables and patient constants the expressions use, and knows the
watches, so that a rule may ask about any other and about itself ("first(fever)", "given(tocilizumab)"). One further
down the list answers as it stood at the last look.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

import numpy as np

from livingdrug.care.amounts import per_body
from livingdrug.care.possible import Possible
from livingdrug.care.truth import Check, is_truth, written
from livingdrug.care.writer import Writer
from livingdrug.engine.plan import Floats, Ints
from livingdrug.library.located import Place
from livingdrug.spec.fields import Expression
from livingdrug.spec.grammar import Call, Node, names

Program = tuple[Ints, Floats]

NOTHING: Program = (np.zeros((0, 2), np.int64), np.zeros(0))


@dataclass
class Programs:
    """What expressions of one run may mention, and what they turned out to use.

    observables, constants: path -> unit (None when undeclared; a temperature carried as degrees above 37 has the unit
    "degC@37"); written: observables that come first, in this order; meanings: names that stand for an expression (a
    scale's "fever"); valued: what the watches note that note a value (noted: its unit, where that was worked out
    before); gives: drug -> watches that give it; drugs: what may be given at all; scheduled: drugs whose doses are
    decided before the start, which no watch counts;
    truths: names that say whether something is so; levels: grades, and the highest of each; looking: whether there is
    a moment at which one looks (`time`); drawing: whether chance is drawn; judging: whether a comparison that is never
    or always true is refused (not where what the names are was only seen in their values); simulated: the days; ranges:
    between which values a constant lies in any patient, in its own unit; counts: names of whole numbers; bounds: in the
    patients of this population; notes: on a user's conditions that these bounds leave no patient for.
    """

    observables: Mapping[str, str | None]
    constants: Mapping[str, str | None]
    written: Iterable[str] = ()
    meanings: dict[str, Node] = field(default_factory=dict)
    watches: dict[str, int] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)
    gives: dict[str, list[int]] = field(default_factory=dict)
    drugs: set[str] = field(default_factory=set)
    scheduled: set[str] = field(default_factory=set)
    valued: dict[str, Node] = field(default_factory=dict)
    noted: Mapping[str, str | None] = field(default_factory=dict)
    truths: set[str] = field(default_factory=set)
    levels: dict[str, int] = field(default_factory=dict)
    looking: bool = True
    drawing: bool = True
    judging: bool = True
    simulated: tuple[float, float] | None = None
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    counts: Set[str] = frozenset()
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.used: list[str] = list(self.written)
        self.extras: list[str] = []

    def watch(self, name: str, gives: str | None = None) -> int:
        """The number of a new watch, which later expressions may ask about."""
        number = len(self.watches)
        self.watches[name] = number
        if gives:
            self.gives.setdefault(gives, []).append(number)
        return number

    def compile(
        self,
        asked: Expression | Node,
        unit: str | None = None,
        where: str | None = None,
        dose: bool = False,
        condition: bool = False,
    ) -> Program:
        """The program of an expression, in `unit`. dose: a number per kg or m2 is times weight or body surface;
        condition: it must be true or false."""
        node = asked.node if isinstance(asked, Expression) else asked
        writer = Writer(self, asked.text if isinstance(asked, Expression) else "", where)
        if dose:
            writer.body(node)
        writer.emit(per_body(node) if dose else node, unit)
        theirs = isinstance(where, Place) and bool(where) and not where.ours
        within = self.simulated if theirs else None
        Check(self, writer.own, writer.wrong, within).of(node, condition, self.judging)
        if self.judging and (found := Possible(self, writer.own, within).settled(node)):
            raise writer.settled(*found)
        if self.judging and theirs and (never := Possible(self, writer.own, within, self.bounds).never(node)):
            said = self._nobody(never, str(where))
            self.notes += [said] if said not in self.notes else []
        return np.array(writer.ops, np.int64).reshape(-1, 2), np.array(writer.numbers, float)

    def _nobody(self, node: Node, where: str) -> str:
        """What a reader should know of a condition that is true of nobody in this population."""
        ends = {n.path: self.bounds[n.path] for n in names(node) if n.path in self.bounds}
        known = {path: self.constants.get(path) or self.observables.get(path) or "1" for path in ends}
        units = {path: "" if unit == "1" else f" {unit}" for path, unit in known.items()}
        said = "; ".join(f"{path} is {low:g} to {high:g}{units[path]}" for path, (low, high) in ends.items())
        return f"'{written(node)}' ({where}) is never true of this population's patients: {said}"

    def notes_units(self) -> dict[str, str | None]:
        """The unit of what each watch notes that notes a value."""
        writer = Writer(self, "", None)
        return {watch: writer.noted_unit(watch) for watch in self.valued}

    def number(self, name: str) -> int | None:
        """The number of the watch of that name."""
        return self.watches.get(name, self.aliases.get(name))

    def known(self) -> list[str]:
        """Everything that may be named."""
        words = ["time", "never"] if self.looking else ["never"]
        return [*self.watches, *self.aliases, *self.meanings, *self.observables, *self.constants, *words]

    def whole(self, asked: Expression) -> tuple[float, float] | None:
        """Between which values an expression lies that is a whole number in every patient who has it; None for any
        other."""
        possible = Possible(self, self.own, None)
        low, high = possible.lies(asked.node) or (-np.inf, np.inf)
        graded = isinstance(asked.node, Call) and asked.node.function == "peak"  # what never was is missing
        return (0.0 if graded else low, high) if possible.whole(asked.node) else None

    def own(self, asked: Expression | Node) -> str | None:
        """The unit that an expression has by itself, a number with the unit it was written with; None for none."""
        return Writer(self, "", None).own(asked.node if isinstance(asked, Expression) else asked)

    def is_truth(self, asked: Expression) -> bool:
        """Whether an expression is true or false by itself."""
        return is_truth(asked.node, self)
