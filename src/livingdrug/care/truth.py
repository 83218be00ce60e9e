"""What is true or false: a condition is a comparison, or a name that says whether something is so; never a quantity.

A comparison whose answer is known beforehand ("draw(x) < 50", where a draw lies between 0 and 1) is refused as well.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from livingdrug.care.amounts import convert
from livingdrug.errors import ScenarioError
from livingdrug.spec.grammar import Binary, Call, Choice, Name, Node, Number, Unary, names, walk

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
Span = tuple[float, float]
_LONG = 1e12  # no count and no day is larger
_EDGE = 1e-9  # a draw may be compared with 0 and with 1, as in a sweep from none to all
_COUNTED = (0.0, _LONG)
_EVER = (-_LONG, math.inf)  # a first day: endless when it never was
_BEFORE = (-math.inf, _LONG)  # a last day
_SPANS: Mapping[str, Span] = {
    "draw": (-_EDGE, 1.0 + _EDGE),
    **dict.fromkeys(("count", "given", "done"), _COUNTED),
    **dict.fromkeys(("first", "first_dose", "first_done"), _EVER),
    **dict.fromkeys(("last", "last_dose", "last_done"), _BEFORE),
    **dict.fromkeys(("since", "since_dose", "since_done"), (0.0, math.inf)),
}


class Known(Protocol):
    """What is known of names. truths: those that say whether something is so; levels: grades, and the highest of each;
    meanings: names that stand for an expression; valued: what watches note that note a value."""

    truths: set[str]
    levels: dict[str, int]
    meanings: dict[str, Node]
    valued: dict[str, Node]

    def number(self, name: str) -> int | None:
        """The number of the watch of that name."""


class Units(dict[str, str | None]):
    """The unit of each column of the patients; truths: the columns that say whether something is so; whole: those that
    are whole numbers, and between which they lie; bounds, notes: as of `Programs`."""

    def __init__(
        self,
        units: Mapping[str, str | None] | None = None,
        truths: Iterable[str] = (),
        bounds: Mapping[str, Span] | None = None,
        notes: list[str] | None = None,
    ) -> None:
        super().__init__(units or {})
        self.truths = set(truths)
        self.whole: dict[str, Span] = {}
        self.bounds: Mapping[str, Span] = {} if bounds is None else bounds
        self.notes: list[str] = [] if notes is None else notes


def is_truth(node: Node, known: Known, asking: tuple[str, ...] = ()) -> bool:
    """Whether an expression is true or false by itself; 1 and 0 may stand for always and never."""
    match node:
        case Number(value=value, unit=unit):
            return value in (0.0, 1.0) and not unit
        case Name(path=path):
            if path in known.meanings:
                return path not in asking and is_truth(known.meanings[path], known, (*asking, path))
            if path in known.truths or known.number(path) is None or path in known.levels:
                return path in known.truths
            return path not in known.valued or (
                path not in asking and is_truth(known.valued[path], known, (*asking, path))
            )
        case Unary(sign=sign):
            return sign == "not"
        case Choice(then=then, otherwise=otherwise):
            return is_truth(then, known, asking) and is_truth(otherwise, known, asking)
        case Binary(sign=sign):
            return sign in (*COMPARISONS, "and", "or")
    return False


def conditions(node: Node) -> Iterator[Node]:
    """What must be true or false inside an expression: what is denied, joined, or asked by "if"."""
    for part in walk(node):
        match part:
            case Unary(sign="not", inner=inner):
                yield inner
            case Binary(sign="and" | "or", left=left, right=right):
                yield from (left, right)
            case Choice(condition=condition):
                yield condition


def comparisons(node: Node) -> Iterator[Binary]:
    """Every comparison of an expression."""
    return (part for part in walk(node) if isinstance(part, Binary) and part.sign in COMPARISONS)


def span(node: Node, known: Known, within: Span | None = None) -> Span | None:
    """Between which values an expression lies, in its own unit, where that is known without any patient; within: the
    days that are simulated, where it is to be judged by them."""
    match node:
        case Number(value=value):
            return value, value
        case Name(path="never"):
            return math.inf, math.inf
        case Name(path="time"):
            return within or (-_LONG, _LONG)
        case Name(path=path):
            if path in known.levels:
                return 0.0, float(known.levels[path])
            return (0.0, 1.0) if is_truth(node, known) else None
        case Call(function="peak", arguments=(Name(path=path),)) if path in known.levels:
            return -math.inf, float(known.levels[path])
        case Call(function=function) if within and _SPANS.get(function) is _EVER:
            return within[0], math.inf
        case Call(function=function) if within and _SPANS.get(function) is _BEFORE:
            return -math.inf, within[1]
        case Call(function=function):
            return _SPANS.get(function)
        case Unary(sign="-", inner=inner):
            found = span(inner, known, within)
            return None if found is None else (-found[1], -found[0])
    return (0.0, 1.0) if is_truth(node, known) else None


def decided(sign: str, left: Span, right: Span) -> bool | None:
    """The answer of a comparison that does not depend on the patient; None when it may."""
    (a, b), (c, d) = left, right
    if sign in (">", ">="):
        return decided({">": "<", ">=": "<="}[sign], right, left)
    if sign == "<":
        return True if b < c else False if a >= d else None
    if sign == "<=":
        return True if b <= c else False if a > d else None
    apart, same = b < c or d < a, a == b == c == d
    equal = False if apart else True if same else None
    return equal if sign == "==" or equal is None else not equal


def between(span: Span) -> str:
    """A span in words, where there is something to say."""
    low, high = (round(x, 6) for x in span)
    if low == high:
        return ""
    if abs(low) >= _LONG:
        return "" if abs(high) >= _LONG else f"at most {high:g}"
    return f"at least {low:g}" if high >= _LONG else f"between {low:g} and {high:g}"


def written(node: Node) -> str:
    """A piece of an expression, as one writes it."""
    match node:
        case Number(value=value, unit=unit):
            return f"{value:g} {unit}".strip()
        case Name(path=path):
            return path
        case Call(function=function, arguments=parts):
            return f"{function}({', '.join(map(written, parts))})"
        case Unary(sign=sign, inner=inner):
            return f"{sign} {written(inner)}" if sign == "not" else f"-{written(inner)}"
        case Binary(sign=sign, left=left, right=right):
            sides = (f"({written(x)})" if isinstance(x, (Binary, Choice)) else written(x) for x in (left, right))
            return f" {sign} ".join(sides)
        case Choice(condition=condition, then=then, otherwise=otherwise):
            return f"{written(then)} if {written(condition)} else {written(otherwise)}"


@dataclass(frozen=True)
class Check:
    """Refuses what is not true or false where that is needed, and comparisons that no patient decides.

    own: the unit of a piece of the expression; wrong: the error at a column of it; within: the days that are simulated,
    where the expression is the user's (the library's stand when a user simulates less).
    """

    known: Known
    own: Callable[[Node], str | None]
    wrong: Callable[..., ScenarioError]
    within: Span | None = None

    def of(self, node: Node, condition: bool, judging: bool = True) -> None:
        """ScenarioError for the first fault of an expression; condition: it must be true or false itself; judging:
        comparisons are looked at too."""
        for part in (*([node] if condition else []), *conditions(node)):
            self.truth(part)
        for comparison in comparisons(node) if judging else ():
            self.open(comparison)

    def truth(self, node: Node) -> None:
        """Refuse a quantity."""
        if is_truth(node, self.known):
            return
        unit = (self.own(node) or "").partition("@")[0]
        amount = f"1 {unit}".removesuffix(" 1").strip()
        example = f"NAME >= {written(node)}" if isinstance(node, Number) else f"{written(node)} >= {amount}"
        raise self.wrong(f"'{written(node)}' is not true or false", _column(node), mend=f"compare it, as {example}")

    def open(self, node: Binary) -> None:
        """Refuse a comparison whose answer is known beforehand."""
        sides = (node.left, node.right)
        if written(node.left) == written(node.right):
            raise self.wrong(f"'{written(node)}' compares a thing with itself", _column(node), mend="change one side")
        left, right = (span(side, self.known, self.within) for side in sides)
        if left is None or right is None:
            return
        units = [self.own(side) for side in sides]
        if units[0] and units[1]:
            right = (convert(right[0], units[1], units[0]), convert(right[1], units[1], units[0]))
        answer = decided(node.sign, left, right)
        if answer is None:
            return
        word = "always" if answer else "never"
        known = [f"{written(side)} is {x}" for side, s in zip(sides, (left, right)) if (x := between(s))]
        raise self.wrong(
            ": ".join([f"'{written(node)}' is {word} true", *known[:1]]),
            _column(node),
            mend=f"compare with what it can be, or write {int(answer)} for {word}",
        )


def _column(node: Node) -> int:
    return next((name.column for name in names(node)), 0)
