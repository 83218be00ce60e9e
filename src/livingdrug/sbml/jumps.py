"""Where the course of an SBML file can jump or bend: its conditions, floors and remainders, and what moves with time.

What depends on time alone is solved for beforehand: a span of time on which an answer is not decided is halved until it
is one moment. No pulse is too short for that, and none is found by chance.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import EngineError
from livingdrug.sbml import forcing
from livingdrug.sbml.document import Document, child, formula
from livingdrug.sbml.mathml import JUMPING, TIME, Compiler, Jump, Look, Piece, tag
from livingdrug.sbml.spans import Floats, Span, decided, distinct, plus, point, times

MAY_JUMP = re.compile(rf"<(?:\w+:)?(?:{'|'.join(sorted(JUMPING))}|rateRule)\b|symbols/time")
EARLIEST = 1e-290  # a change before it is one at time 0 itself, where nothing has begun
MOST = 200_000  # changes of conditions on time in one course


@dataclass
class Jumps:
    """The jumps of one file. timed: they depend on time and constants alone; others: on what is integrated, too.

    forced: what bends with time alone, without a condition.
    """

    timed: list[Jump] = field(default_factory=list)
    others: list[Jump] = field(default_factory=list)
    forced: list[Piece] = field(default_factory=list)
    known: dict[str, Piece] = field(default_factory=dict)  # symbols that follow from time and constants
    constants: frozenset[str] = frozenset()  # what `timed` and `forced` read that is constant
    inputs: tuple[str, ...] = ()  # what `others` reads

    def moments(self, until: float, values: Mapping[str, float], where: str) -> Floats:
        """Moments in (0, until] by which an answer has changed that libroadrunner might step over, sorted.

        A condition that changes once is found by its own root; every other change is a moment to stop at. By then the
        clock has passed it, and so has a symbol that grows like a clock.
        """
        found = []
        for jump in self.timed:
            changes = _changes(jump.piece, self._look(values), until, where)
            if len(changes) > 1 or not jump.located:
                late = np.where(jump.piece.names <= {TIME}, 16 * np.spacing(changes), 1e-11 * (until + changes))
                found.append(changes + late)
        for piece in self.forced:
            found += forcing.moments(piece, lambda span, who: self._look(values)(span), until)
        return distinct(np.concatenate(found)) if found else np.zeros(0)

    def _look(self, values: Mapping[str, float]) -> Callable[[Span], Look]:
        def at(time: Span) -> Look:
            seen: dict[str, Span] = {TIME: time}

            def look(name: str) -> Span:
                if name not in seen:
                    seen[name] = self.known[name](look) if name in self.known else point(values[name])
                return seen[name]

            return look

        return at


def find(document: Document) -> Jumps:
    """The jumps of a file; quick where it has none."""
    if not MAY_JUMP.search(document.text):
        return Jumps()
    return _Search(document).jumps()


class _Search:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.compiler = Compiler(document.functions, document.path)
        self.pieces: dict[str, Piece] = {}

    def jumps(self) -> Jumps:
        found = Jumps()
        constants: set[str] = set()
        inputs: set[str] = set()
        for jump in self._all():
            needed = self._timed(jump.piece.names)
            if needed is None:
                found.others.append(jump)
                inputs |= jump.piece.names - {TIME}
            elif TIME in needed:
                found.timed.append(jump)
                constants |= needed - {TIME}
        for piece in self._forced():
            found.forced.append(piece)
            constants |= (self._timed(piece.names) or set()) - {TIME}
        found.known = {n: p for n, p in self.pieces.items() if n in constants}
        for n in list(constants):
            if clock := self._clock(n):
                found.known[n] = clock[0]
                constants |= clock[1]
        found.constants = frozenset(constants - set(found.known) - {TIME})
        found.inputs = tuple(sorted(n for n in inputs if not n.startswith(" ")))
        return found

    def _all(self) -> Iterable[Jump]:
        """Every jump in force while time passes: in rules, rate laws, stoichiometries and triggers."""
        d = self.document
        for e in [*d.assigned.values(), *d.rated.values()]:
            yield from self._of(formula(e))
        for reaction in d.reactions.values():
            law = child(reaction, "kineticLaw")
            if law is not None:
                yield from self._of(formula(law), self._local(law))
            for e in reaction.iter():
                if tag(e) == "stoichiometryMath":
                    yield from self._of(formula(e))
        for event in d.events:
            trigger = child(event, "trigger")
            yield from self._of(formula(trigger), located=True)

    def _forced(self) -> Iterable[Piece]:
        """The largest parts of rules and rate laws that time alone moves, otherwise than by jumps."""
        d = self.document
        laws = [(child(r, "kineticLaw"), r) for r in d.reactions.values()]
        given: list[tuple[Element | None, dict[str, Piece] | None]] = [
            (formula(e), None) for e in [*d.assigned.values(), *d.rated.values()]
        ]
        given += [(formula(law), self._local(law)) for law, _ in laws if law is not None]
        told = any(
            e.get("definitionURL", "").endswith("/time") for math, _ in given if math is not None for e in math.iter()
        )
        if not told and not any(self._clock(n) for n in d.rated):
            return
        for math, local in given:
            if math is not None:
                todo = [self.compiler.compile(math, local)]
                while todo:
                    piece = todo.pop()
                    if self._timed(piece.names) is None:
                        todo += piece.parts
                    elif piece.parts and self._moves(piece):
                        yield piece

    def _moves(self, piece: Piece) -> bool:
        """Whether time moves it otherwise than by jumps."""
        if any(j.piece.value is piece.value for j in piece.jumps):
            return False
        if piece.parts:
            return any(self._moves(p) for p in piece.parts)
        return any(
            n == TIME or (n in self.pieces and self._moves(self.pieces[n])) or self._clock(n) for n in piece.names
        )

    def _of(
        self, math: Element | None, local: Mapping[str, Piece] | None = None, located: bool = False
    ) -> Iterable[Jump]:
        if math is None or not any(self._jumping(e) for e in math.iter()):
            return ()
        return self.compiler.compile(math, local, located).jumps

    def _jumping(self, e: Element) -> bool:
        return tag(e) in JUMPING or (tag(e) == "ci" and (e.text or "").strip() in self.document.functions)

    @staticmethod
    def _local(law: Element) -> dict[str, Piece]:
        given = {
            e.get("id", ""): float(e.get("value", "nan"))
            for group in law
            if tag(group) in ("listOfLocalParameters", "listOfParameters")
            for e in group
        }
        return {n: Piece(lambda look, x=x: point(x)) for n, x in given.items()}  # type: ignore[misc]

    def _timed(self, names: Iterable[str]) -> set[str] | None:
        """The names and all that they follow from, if that is time and constants; None otherwise."""
        seen: set[str] = set()
        todo = list(names)
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            if name == TIME or self._constant(name):
                continue
            if (piece := self._follows(name)) is not None:
                self.pieces[name] = piece
                todo += piece.names
            elif self._clock(name):
                seen.add(TIME)
            else:
                return None
        return seen

    def _constant(self, name: str) -> bool:
        d, s = self.document, self.document.symbols.get(name)
        if s is None or d.changes(name):
            return False
        return s.kind != "species" or s.amount or not d.changes(s.compartment)

    def _follows(self, name: str) -> Piece | None:
        """The formula of what a rule or a rate law gives."""
        d = self.document
        if name in self.pieces:
            return self.pieces[name]
        if name in d.assigned and (math := formula(d.assigned[name])) is not None:
            return self.compiler.compile(math)
        if name in d.reactions and (law := child(d.reactions[name], "kineticLaw")) is not None:
            math = formula(law)
            return self.compiler.compile(math, self._local(law)) if math is not None else None
        return None

    def _clock(self, name: str) -> tuple[Piece, frozenset[str]] | None:
        """A parameter that grows at a constant rate: its start and rate times time, and what the rate reads."""
        d, s = self.document, self.document.symbols.get(name)
        if s is None or s.kind != "parameter" or name not in d.rated or name in d.jumping:
            return None
        math = formula(d.rated[name])
        if math is None:
            return None
        rate = self.compiler.compile(math)
        if rate.jumps or not all(self._constant(n) for n in rate.names):
            return None
        start = f"{name} at the start"

        def value(look: Look) -> Span:
            return plus(look(start), times(rate(look), look(TIME)))

        return Piece(value, rate.names | {TIME, start}), rate.names | {start}


def _changes(piece: Piece, at: Callable[[Span], Look], until: float, where: str) -> Floats:
    """The first moments after each change of an answer of one patient, sorted."""
    return changes(piece, lambda span, who: at(span), until, where, 1)[0]


def changes(
    piece: Piece, at: Callable[[Span, NDArray[np.int64]], Look], until: float, where: str, patients: int
) -> list[Floats]:
    """The first moments after each change of an answer, for each patient, sorted.

    Every span of time on which an answer is not decided is halved. at: a look at spans of time of these patients.
    """
    edges = np.linspace(0.0, until, 65)
    low, high = np.tile(edges[:-1], patients), np.tile(edges[1:], patients)
    who = np.repeat(np.arange(patients), 64)
    found: list[tuple[NDArray[np.int64], Floats]] = []
    with np.errstate(all="ignore"):
        while len(low):
            span = piece(at((low, high), who))
            open_ = ~np.broadcast_to(decided(span) | (np.isnan(span[0]) & np.isnan(span[1])), low.shape)
            open_ &= high > EARLIEST
            low, high, who = low[open_], high[open_], who[open_]
            middle = low + 0.5 * (high - low)
            last = ~((low < middle) & (middle < high))
            found.append((who[last], high[last]))
            low, middle, high, who = low[~last], middle[~last], high[~last], who[~last]
            low, high, who = np.concatenate([low, middle]), np.concatenate([middle, high]), np.concatenate([who, who])
            if len(low) + sum(len(x) for _, x in found) > 4 * MOST * (1 + patients // 64):
                raise EngineError(
                    f"SBML: a condition on time changes more than {MOST} times, or is undecided all the time",
                    where=where,
                    mend="ask for an earlier last time, or write the condition with events",
                )
    whose = np.concatenate([w for w, _ in found]) if found else np.zeros(0, np.int64)
    when = np.concatenate([x for _, x in found]) if found else np.zeros(0)
    return [_merged(distinct(when[whose == i])) for i in range(patients)]


def _merged(moments: Floats) -> Floats:
    """Neighbouring moments of the clock as one, the last."""
    if len(moments) < 2:
        return moments
    apart = np.diff(moments) > 8 * np.spacing(moments[1:])
    return moments[np.append(apart, True)]


def shown(jump: Jump) -> str:
    """What a jump reads, for messages."""
    names = sorted("time" if n == TIME else n for n in jump.piece.names)
    return f"a condition on {', '.join(names)}" if names else "a condition"
