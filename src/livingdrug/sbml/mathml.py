"""MathML of an SBML file as functions on spans, read straight from the XML.

A compiled piece asks a `look` for every symbol it meets. User functions are put in place where they are called, and the
places where an answer can jump (conditions, floors, remainders) are collected on the way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

import numpy as np

from livingdrug.errors import EngineError
from livingdrug.sbml import spans as s
from livingdrug.sbml.spans import Span

Look = Callable[[str], Span]
TIME = " time"  # the SBML symbol for time; an identifier never holds a blank
AVOGADRO = 6.02214179e23  # as fixed by the SBML Level 3 specification
CONDITIONS = frozenset({"eq", "neq", "lt", "leq", "gt", "geq", "and", "or", "xor", "not", "implies"})
STEPS = frozenset({"floor", "ceiling", "quotient", "rem"})
JUMPING = CONDITIONS | STEPS | {"piecewise"}


@dataclass(frozen=True)
class Piece:
    """A compiled formula: its span, the symbols it reads, the largest parts of it that can jump, and its parts."""

    value: Callable[[Look], Span]
    names: frozenset[str] = frozenset()
    jumps: tuple[Jump, ...] = ()
    parts: tuple[Piece, ...] = ()

    def __call__(self, look: Look) -> Span:
        return self.value(look)


@dataclass(frozen=True)
class Jump:
    """A condition or step inside a formula. located: libroadrunner finds its changes as roots by itself."""

    piece: Piece
    located: bool


def tag(e: Element) -> str:
    """The name of an element without its namespace."""
    return e.tag.rpartition("}")[2]


FUNCTIONS: dict[str, Callable[..., Span]] = {
    "plus": s.plus,
    "minus": s.minus,
    "times": s.times,
    "divide": s.divide,
    "power": s.power,
    "root": s.root,
    "exp": s.rising(np.exp),
    "ln": s.rising(np.log),
    "log": s.log,
    "abs": s.absolute,
    "floor": s.rising(np.floor),
    "ceiling": s.rising(np.ceil),
    "quotient": lambda a, b: s.truncated(s.divide(a, b)),
    "rem": s.remainder,
    "max": s.largest,
    "min": s.smallest,
    "factorial": s.pointwise(np.vectorize(lambda x: math.gamma(x + 1.0) if x > -1.0 else math.nan, otypes=[float])),
    "eq": s.chained(s.equal),
    "neq": lambda a, b: s.negation(s.equal(a, b)),
    "lt": s.chained(s.less),
    "leq": s.chained(s.at_most),
    "gt": s.chained(lambda a, b: s.less(b, a)),
    "geq": s.chained(lambda a, b: s.at_most(b, a)),
    "and": s.both,
    "or": s.either,
    "xor": s.odd,
    "not": s.negation,
    "implies": lambda a, b: s.either(s.negation(a), b),
    "piecewise": s.choice,
    "sin": s.sine,
    "cos": s.cosine,
    "tan": s.tangent,
    "cosh": s.hyperbolic_cosine,
    "arccos": s.falling(np.arccos),
    **{n: s.rising(getattr(np, n)) for n in ("sinh", "tanh")},
    **{f"arc{n}": s.rising(getattr(np, f"arc{n}")) for n in ("sin", "tan", "sinh", "cosh", "tanh")},
}
for _name, _of in (("sec", "cos"), ("csc", "sin"), ("cot", "tan")):
    for _end in ("", "h"):
        FUNCTIONS[_name + _end] = s.inverse(FUNCTIONS[_of + _end])
        FUNCTIONS[f"arc{_name}{_end}"] = s.of_inverse(FUNCTIONS[f"arc{_of}{_end}"])
CONSTANTS = {
    "pi": math.pi,
    "exponentiale": math.e,
    "true": 1.0,
    "false": 0.0,
    "infinity": math.inf,
    "notanumber": math.nan,
}


class Compiler:
    """Compiles the mathematics of one file. functions: user functions by name, as (argument names, body)."""

    def __init__(self, functions: Mapping[str, tuple[tuple[str, ...], Element]], where: str) -> None:
        self.functions, self.where = functions, where

    def compile(self, formula: Element, locals: Mapping[str, Piece] | None = None, located: bool = False) -> Piece:
        """The formula inside a <math> element; `locals` gives meanings to names that are not the model's own.

        located: a condition at the top is a trigger, whose changes libroadrunner finds.
        """
        inside = _content(formula)
        if inside is None:
            return _number(math.nan)
        try:
            return self._node(inside, locals or {}, located)
        except RecursionError:
            raise EngineError(
                "SBML: a formula is nested too deeply to look for its conditions",
                where=self.where,
                mend="split it with assignment rules",
            ) from None

    def part(self, e: Element, locals: Mapping[str, Piece] | None = None) -> Piece:
        """The formula of one element inside a <math>."""
        return self._node(_unwrapped(e), locals or {})

    def _node(self, e: Element, bound: Mapping[str, Piece], located: bool = False) -> Piece:
        name = tag(e)
        if name == "cn":
            return _number(number(e))
        if name in CONSTANTS:
            return _number(CONSTANTS[name])
        if name == "ci":
            symbol = (e.text or "").strip()
            return bound.get(symbol) or _symbol(symbol)
        if name == "csymbol":
            return self._csymbol(e)
        if name == "semantics":
            return self._node(e[0], bound, located)
        if name == "piecewise":
            return self._piecewise(e, bound)
        if name != "apply" or not len(e):
            raise EngineError(f"SBML: '{name}' is not known mathematics", where=self.where)
        return self._apply(e, bound, located)

    def _csymbol(self, e: Element) -> Piece:
        what = e.get("definitionURL", "").rpartition("/")[2]
        if what == "time":
            return _symbol(TIME)
        if what == "avogadro":
            return _number(AVOGADRO)
        return _unknown(what)

    def _piecewise(self, e: Element, bound: Mapping[str, Piece]) -> Piece:
        parts = []
        for part in e:
            value, *condition = part
            parts.append(self._node(value, bound))
            parts += [self._node(c, bound, located=True) for c in condition]
        return _joined(s.choice, parts)

    def _apply(self, e: Element, bound: Mapping[str, Piece], located: bool) -> Piece:
        head, *arguments = e
        operator = tag(head)
        if operator == "csymbol":
            what = head.get("definitionURL", "").rpartition("/")[2]
            return _unknown(what, *[self._node(a, bound) for a in arguments])
        if operator == "ci":
            return self._call((head.text or "").strip(), [self._node(a, bound) for a in arguments], located)
        logical = operator in ("and", "or", "xor", "not", "implies")
        parts = [self._node(_unwrapped(a), bound, located and logical) for a in arguments]
        if operator not in FUNCTIONS:
            raise EngineError(f"SBML: '{operator}' is not known mathematics", where=self.where)
        joined = _joined(FUNCTIONS[operator], parts)
        if operator in CONDITIONS or operator in STEPS:
            turns = _joined(FUNCTIONS["quotient"], parts) if operator == "rem" else joined
            jump = Jump(turns, located and operator in CONDITIONS)
            return Piece(joined.value, joined.names, (jump,), joined.parts)
        return joined

    def _call(self, name: str, parts: list[Piece], located: bool) -> Piece:
        if name not in self.functions:
            raise EngineError(
                f"SBML: function '{name}' is not defined", where=self.where, allowed=list(self.functions), given=name
            )
        arguments, body = self.functions[name]
        return self._node(body, dict(zip(arguments, parts, strict=False)), located)


def number(e: Element) -> float:
    """The value of a <cn>: whole, decimal, with exponent, or rational."""
    texts = [t.strip() for t in e.itertext() if t.strip()]
    kind = e.get("type", "real")
    try:
        if kind == "e-notation":
            return float(f"{texts[0]}e{texts[1]}")
        if kind == "rational":
            return float(texts[0]) / float(texts[1])
        return float(texts[0])
    except (ValueError, IndexError, ZeroDivisionError):
        return math.nan


def symbols_in(formula: Element) -> Iterator[str]:
    """The symbols that a piece of mathematics names."""
    for e in formula.iter():
        if tag(e) == "ci" and e.text:
            yield e.text.strip()


def _content(formula: Element) -> Element | None:
    return formula[0] if len(formula) else None


def _unwrapped(e: Element) -> Element:
    """The formula inside <degree> and <logbase>."""
    return e[0] if tag(e) in ("degree", "logbase") and len(e) else e


def _number(x: float) -> Piece:
    return Piece(lambda look: (x, x))


def _symbol(name: str) -> Piece:
    return Piece(lambda look: look(name), frozenset([name]))


def _unknown(what: str, *parts: Piece) -> Piece:
    """What depends on more than the present: it may be anything (`rateOf`, distributions)."""
    joined = _joined(lambda *x: (-np.inf, np.inf), list(parts))
    return Piece(joined.value, joined.names | {f" {what}"}, joined.jumps, joined.parts)


def _joined(f: Callable[..., Span], parts: list[Piece]) -> Piece:
    return Piece(
        lambda look: f(*[p.value(look) for p in parts]),
        frozenset().union(*[p.names for p in parts]),
        tuple(j for p in parts for j in p.jumps),
        tuple(parts),
    )
