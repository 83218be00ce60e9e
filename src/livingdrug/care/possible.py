"""What a condition can answer at all: one that no value makes true ("x >= 5 and x < 3"), or none makes false, is
refused.

Every quantity that is compared is tried at the numbers it is compared with, between them, below and above, as far as it
can be there: a count is whole, an amount is never negative, a draw lies between 0 and 1. So is every combination of
quantities, each as if it did not depend on the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Protocol

from livingdrug.care.amounts import convert
from livingdrug.care.constant import worth
from livingdrug.care.truth import COMPARISONS, Known, Span, is_truth, span, written
from livingdrug.errors import LivingDrugError
from livingdrug.spec.grammar import Binary, Call, Choice, Name, Node, Number, Unary, names, pieces_of, walk
from livingdrug.units import never_negative

MOST = 4_096  # combinations that are tried; of more, no answer is known
_COUNTS = ("count", "given", "done")
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_NOWHERE: Span = (-math.inf, math.inf)


class Things(Known, Protocol):
    """What is known of names, and in which ranges patients' numbers lie. looking: whether names are read at a moment;
    ranges: of a patient's number, in its own unit; counts: numbers that are whole in every patient."""

    looking: bool
    counts: Set[str]
    observables: Mapping[str, str | None]
    constants: Mapping[str, str | None]
    ranges: Mapping[str, Span]


@dataclass
class _Thing:
    """Something that is compared: where it can lie, whether it is whole, whether it may be missing, and what it is
    compared with."""

    lies: Span = _NOWHERE
    whole: bool = False
    missing: bool = False
    against: set[float] = field(default_factory=set)

    def tried(self) -> list[float]:
        """Values of which one at least lies between any two that make a difference, and at each of these."""
        if self.lies[0] == self.lies[1]:
            return [self.lies[0]]
        at = sorted(x for x in self.against if math.isfinite(x)) or [0.0]
        ends = [at[0] - 1 - abs(at[0]), at[-1] + 1 + abs(at[-1]), *(x for x in self.lies if math.isfinite(x))]
        found = {*at, *ends, *((a + b) / 2 for a, b in zip(at, at[1:]))}
        if self.whole:
            found = {float(f(x) + step) for x in found for f in (math.floor, math.ceil) for step in (-1, 0, 1)}
        found |= {x for x in self.against if math.isinf(x)}
        return [x for x in found if self.lies[0] <= x <= self.lies[1]] + [math.nan] * self.missing


class Possible:
    """Finds pieces of a condition that have one answer whatever the patient. own: the unit of a piece; within: the days
    that are simulated, where they are to be looked at; bounds: narrower ranges of numbers, those of these patients;
    fixed: pieces, as they are written, that are known to have one value."""

    def __init__(
        self,
        known: Things,
        own: Callable[[Node], str | None],
        within: Span | None,
        bounds: Mapping[str, Span] = {},  # noqa: B006
        fixed: Mapping[str, float] = {},  # noqa: B006
    ) -> None:
        self.known, self.own, self.within, self.fixed = known, own, within, fixed
        self.ranges = {**known.ranges, **bounds}
        self.things: dict[str, _Thing] = {}

    def settled(self, node: Node) -> tuple[Node, bool] | None:
        """The first piece of an expression, inner ones first, that has one answer; None where all are open."""
        return next(self._settled(node), None)

    def never(self, node: Node) -> Node | None:
        """The first piece that is never true; None where all can be."""
        return next((part for part, answer in self._settled(node) if not answer), None)

    def _settled(self, node: Node) -> Iterator[tuple[Node, bool]]:
        for part in _pieces(node, self.known):
            if len(answers := self.answers(part)) == 1:
                yield part, answers.pop()

    def answers(self, node: Node) -> set[bool]:
        """What a condition can answer; both where it is not known."""
        self.things.clear()
        try:
            asked = self._asked(node)
        except LivingDrugError:  # of units that do not fit, which is told elsewhere
            return {True, False}
        tried = {key: thing.tried() for key, thing in self.things.items()}
        if math.prod(map(len, tried.values())) > MOST:
            return {True, False}
        return {asked(dict(zip(tried, values))) for values in islice(product(*tried.values()), MOST)}

    def _thing(self, key: str, node: Node | None = None) -> _Thing:
        if key not in self.things:
            self.things[key] = (
                _Thing((0.0, 1.0), whole=True)
                if node is None
                else _Thing(self.lies(node) or _NOWHERE, self.whole(node), self._missing(node))
            )
        return self.things[key]

    def _asked(self, node: Node) -> Callable[[Mapping[str, float]], bool]:
        """A condition as a function of the things that it compares."""
        match node:
            case Binary(sign="and", left=left, right=right):
                a, b = self._asked(left), self._asked(right)
                return lambda x: a(x) and b(x)
            case Binary(sign="or", left=left, right=right):
                a, b = self._asked(left), self._asked(right)
                return lambda x: a(x) or b(x)
            case Unary(sign="not", inner=inner):
                a = self._asked(inner)
                return lambda x: not a(x)
            case Choice(condition=condition, then=then, otherwise=otherwise):
                c, a, b = self._asked(condition), self._asked(then), self._asked(otherwise)
                return lambda x: a(x) if c(x) else b(x)
            case Binary(sign=sign, left=left, right=right) if sign in COMPARISONS:
                return self._compared(sign, left, right)
            case Name(path=path) if path in self.fixed:
                return lambda _: self.fixed[path] != 0
            case Name(path=path) if path in self.known.meanings:
                return self._asked(self.known.meanings[path])
        return self._open("" if isinstance(node, Number) else written(node))  # 0 and 1 are meant as they are written

    def _open(self, key: str) -> Callable[[Mapping[str, float]], bool]:
        """What may be so or not; without a key, whatever else is so."""
        key = key or f"open {len(self.things)}"
        self._thing(key).against |= {0.0, 1.0}
        return lambda x: x[key] != 0

    def _compared(self, sign: str, left: Node, right: Node) -> Callable[[Mapping[str, float]], bool]:
        holds = _HOLDS[sign]
        if names(left) and names(right):
            return self._beside(holds, left, right)
        if names(left):
            thing, number = left, right
        else:
            thing, number, holds = right, left, _HOLDS[_FLIPPED[sign]]
        value, unit = _value(number), self.own(number)
        if value is None:
            return self._open("")
        while not unit and isinstance(thing, Binary) and thing.sign == "/" and (by := _value(thing.right) or 0.0) > 0:
            if self.own(thing.right):
                break
            thing, value = thing.left, value * by
        key = written(thing)
        if unit and (wanted := self.own(thing)):
            value = convert(value, unit, wanted)
        self._thing(key, thing).against.add(value)
        return lambda x: holds(x[key], value)

    def _beside(self, holds: Callable[[float, float], bool], left: Node, right: Node) -> Callable[..., bool]:
        """A comparison of two things, as one of their difference with what is added to them."""
        plain = all(self.own(side) in (None, "1") for side in (left, right))
        (left, more), (right, less) = (_apart(side) if plain else (side, 0.0) for side in (left, right))
        one, other = written(left), written(right)
        key, by = f"{min(one, other)} beside {max(one, other)}", 1.0 if one < other else -1.0
        whole = self.whole(left) and self.whole(right)
        thing = self.things.setdefault(key, _Thing(whole=whole, missing=self._missing(left, right)))
        thing.against.add(by * (less - more))
        return lambda x: holds(by * x[key], less - more)

    def _missing(self, *nodes: Node) -> bool:
        """Whether something in these may be no number: a column that a patient lacks, a quotient, a logarithm."""
        parts = [part for node in nodes for part in walk(node)]
        reckoned = any(
            isinstance(part, Binary)
            and part.sign == "/"
            and not isinstance(part.right, Number)
            or isinstance(part, Call)
            and part.function == "log"
            for part in parts
        )
        columns = () if self.known.looking else self.known.observables
        return reckoned or any(isinstance(part, Name) and part.path in columns for part in parts)

    def whole(self, node: Node) -> bool:
        """Whether a quantity is a whole number."""
        match node:
            case Number(value=value):
                return value.is_integer()
            case Call(function=function, arguments=parts):
                counted = function == "peak" and isinstance(parts[0], Name) and parts[0].path in self.known.levels
                return function in (*_COUNTS, "floor") or counted or (
                    function in ("min", "max", "abs") and all(map(self.whole, parts))
                )  # fmt: skip
            case Name(path=path):
                return path in self.known.levels or path in self.known.counts or is_truth(node, self.known)
            case Choice(then=then, otherwise=otherwise):
                return self.whole(then) and self.whole(otherwise)
            case Unary(sign="-", inner=inner):
                return self.whole(inner)
            case Binary(sign="+" | "-" | "*", left=left, right=right):
                return self.whole(left) and self.whole(right)
        return is_truth(node, self.known)

    def lies(self, node: Node) -> Span | None:
        """Between which values a quantity lies, in its own unit."""
        if self.fixed and (text := written(node)) in self.fixed:
            return self.fixed[text], self.fixed[text]
        if (found := span(node, self.known, self.within)) is not None:
            return found
        match node:
            case Name(path=path) if path in self.ranges:
                return self.ranges[path]
            case Name(path=path):
                read = path in self.known.constants or (self.known.looking and path in self.known.observables)
                unit = self.own(node)
                return (0.0, math.inf) if read and unit and never_negative(unit) else None
            case Call(function="abs"):
                return 0.0, math.inf
            case Call(function="min" | "max" as function, arguments=parts) if self._alike(parts):
                ends = [self.lies(part) or _NOWHERE for part in parts]
                pick = min if function == "min" else max
                return pick(a for a, _ in ends), pick(b for _, b in ends)
            case Binary(sign="+" | "-" as sign, left=left, right=right):
                (a, b), (c, d) = self.lies(left) or _NOWHERE, self._in_unit_of(left, right)
                low, high = (a + c, b + d) if sign == "+" else (a - d, b - c)
                return (low, high) if not math.isnan(low) and not math.isnan(high) else None
            case Binary(sign="*", left=left, right=right) if self._alike((left, right)) and self.own(left) in (
                None,
                "1",
            ):
                four = [x * y for x in self.lies(left) or _NOWHERE for y in self.lies(right) or _NOWHERE]
                return None if any(map(math.isnan, four)) else (min(four), max(four))
        return None

    def _in_unit_of(self, left: Node, right: Node) -> Span:
        """Between which values the right side lies, in the left one's unit."""
        found, given, wanted = self.lies(right) or _NOWHERE, self.own(right), self.own(left)
        return (convert(found[0], given, wanted), convert(found[1], given, wanted)) if given and wanted else found

    def _alike(self, parts: Iterable[Node]) -> bool:
        """Whether parts are in one unit."""
        return len({self.own(part) or "1" for part in parts}) == 1


_HOLDS: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


def _pieces(node: Node, known: Known) -> Iterator[Node]:
    """Every condition inside an expression, the inner before the outer."""
    for part in pieces_of(node):
        yield from _pieces(part, known)
    if not isinstance(node, (Name, Number, Call)) and is_truth(node, known):
        yield node


def _value(node: Node) -> float | None:
    """The number that an expression without names is; None where it is reckoned of numbers with units."""
    match node:
        case Number(value=value):
            return value
        case Unary(sign="-", inner=Number(value=value)):
            return -value
    plain = not any(isinstance(part, Name) or isinstance(part, Number) and part.unit for part in walk(node))
    return worth(node) if plain else None


def _apart(node: Node) -> tuple[Node, float]:
    """An expression without the plain number that is added to it or taken away, and that number."""
    if isinstance(node, Binary) and node.sign in "+-":
        if (by := _value(node.right)) is not None:
            return node.left, by if node.sign == "+" else -by
        if node.sign == "+" and (by := _value(node.left)) is not None:
            return node.right, by
    return node, 0.0
