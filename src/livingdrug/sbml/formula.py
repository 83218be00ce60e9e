"""SBML mathematics as functions that take NumPy arrays and SymPy symbols alike.

A formula asks a `look` for every symbol it meets (`look("k1")`, `look("time")`), so that the same formula serves
initial values, equations and event triggers. User functions are put in place where they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, reduce
from typing import Any

import numpy as np

from livingdrug.errors import EngineError
from livingdrug.model import math as m

Look = Callable[[str], Any]
Value = Callable[[Look], Any]
EDGE = " edge "  # begins the name of a comparison
TIME = " time"  # the SBML symbol for time; an identifier never holds a blank
AVOGADRO = 6.02214179e23  # as fixed by the SBML Level 3 specification


@dataclass(frozen=True)
class Edge:
    """A comparison inside a formula. key: the name by which a look may give its answer; names: what it reads.

    answer: whether it holds; exact: it is written with == or !=, and so may hold at a point only.
    """

    key: str
    answer: Value
    names: frozenset[str]
    exact: bool


@dataclass(frozen=True)
class Guard:
    """A value inside a formula that may not be below zero, while `active` (always, where that is None)."""

    value: Value
    active: Value | None = None
    what: str = ""


@dataclass(frozen=True)
class Formula:
    """One piece of mathematics: its value, the symbols it reads, the comparisons inside it, and its guards."""

    value: Value
    names: frozenset[str] = frozenset()
    edges: tuple[Edge, ...] = ()
    guards: tuple[Guard, ...] = ()

    def __call__(self, look: Look) -> Any:
        return self.value(look)


def number(x: float) -> Formula:
    """A formula that is a plain number."""
    return Formula(lambda look: x)


def symbol(name: str) -> Formula:
    """A formula that reads one symbol."""
    return Formula(lambda look: look(name), frozenset([name]))


@dataclass
class Builder:
    """Turns libSBML syntax trees into formulas. `functions`: user functions by name, as (argument names, body tree)."""

    functions: dict[str, tuple[list[str], Any]] = field(default_factory=dict)
    where: str = ""
    edges: int = 0  # comparisons built so far

    def build(self, node: Any, bound: Mapping[str, Formula] | None = None) -> Formula:
        """The formula of a syntax tree; `bound` gives meanings to names (arguments, local parameters)."""
        import libsbml

        bound = bound or {}
        kind = node.getType()
        if node.isNumber():
            return number(float(node.getValue()))
        if kind == libsbml.AST_NAME_TIME:
            return symbol(TIME)
        if kind == libsbml.AST_NAME_AVOGADRO:
            return number(AVOGADRO)
        if kind == libsbml.AST_NAME:
            return bound.get(node.getName()) or symbol(node.getName())
        if node.isConstant():
            return number(
                {
                    libsbml.AST_CONSTANT_E: np.e,
                    libsbml.AST_CONSTANT_PI: np.pi,
                    libsbml.AST_CONSTANT_TRUE: 1.0,
                    libsbml.AST_CONSTANT_FALSE: 0.0,
                }[kind]
            )
        parts = [self.build(node.getChild(i), bound) for i in range(node.getNumChildren())]
        if kind == libsbml.AST_FUNCTION:
            return self._call(node.getName(), parts)
        if kind in comparisons():
            self.edges += 1
            return _compared(f"{EDGE}{self.edges}", *comparisons()[kind], parts)
        if kind == libsbml.AST_FUNCTION_PIECEWISE:
            if len(parts) % 2 == 0:
                raise EngineError(
                    "SBML: a piecewise without an otherwise is not supported",
                    where=self.where,
                    mend="say what it is where none of its conditions holds",
                )
            return _branched(parts)
        if kind in operations():
            operation = operations()[kind]
            if kind not in logic():
                operation = _of_numbers(operation)
            return _guarded(kind, _joined(operation, parts), parts)
        raise self.refused(node)

    def refused(self, node: Any) -> EngineError:
        """The error for mathematics outside the subset."""
        import libsbml

        word = {libsbml.AST_FUNCTION_DELAY: "delay(x, duration)", libsbml.AST_FUNCTION_RATE_OF: "rateOf(x)"}
        name = word.get(node.getType()) or node.getName() or libsbml.formulaToL3String(node) or "this mathematics"
        return EngineError(
            f"SBML: '{name}' is not supported",
            where=self.where,
            allowed="arithmetic, powers and roots, exp, log, trigonometric and hyperbolic functions, abs, floor, "
            "ceil, factorial, min, max, comparisons, logic, piecewise, time, user functions",
            mend="write the model without it",
        )

    def _call(self, name: str, parts: list[Formula]) -> Formula:
        if name not in self.functions:
            raise EngineError(
                f"SBML: function '{name}' is not defined", where=self.where, allowed=list(self.functions) or "none"
            )
        arguments, body = self.functions[name]
        if len(arguments) != len(parts):
            raise EngineError(
                f"SBML: function '{name}' takes {len(arguments)} arguments, not {len(parts)}", where=self.where
            )
        return self.build(body, dict(zip(arguments, parts, strict=True)))


@cache
def comparisons() -> dict[int, tuple[str, Any]]:
    """Comparisons by libSBML code: SymPy's name and NumPy's function."""
    import libsbml as s

    return {
        s.AST_RELATIONAL_LT: ("Lt", np.less),
        s.AST_RELATIONAL_LEQ: ("Le", np.less_equal),
        s.AST_RELATIONAL_GT: ("Gt", np.greater),
        s.AST_RELATIONAL_GEQ: ("Ge", np.greater_equal),
        s.AST_RELATIONAL_EQ: ("Eq", np.equal),
        s.AST_RELATIONAL_NEQ: ("Ne", np.not_equal),
    }


@cache
def operations() -> dict[int, Callable[..., Any]]:
    """Everything else that may stand in a formula, by libSBML code."""
    import libsbml as s

    return {
        s.AST_PLUS: lambda *x: sum(x[1:], x[0]) if x else 0.0,
        s.AST_TIMES: _product,
        s.AST_DIVIDE: divided,
        s.AST_MINUS: lambda a, *b: a - b[0] if b else -a,
        s.AST_POWER: _power,
        s.AST_FUNCTION_POWER: _power,
        s.AST_FUNCTION_ROOT: lambda n, *x: _power(x[0], divided(1.0, n)) if x else m.sqrt(n),
        s.AST_FUNCTION_EXP: m.exp,
        s.AST_FUNCTION_LN: m.log,
        s.AST_FUNCTION_LOG: lambda b, *x: m.log(x[0]) / m.log(b) if x else m.log(b) / np.log(10.0),
        s.AST_FUNCTION_ABS: _function("Abs", np.abs),
        s.AST_FUNCTION_FLOOR: _function("floor", np.floor),
        s.AST_FUNCTION_CEILING: _function("ceiling", np.ceil),
        s.AST_FUNCTION_FACTORIAL: _function("factorial", _factorial),
        s.AST_FUNCTION_MAX: lambda *x: reduce(m.maximum, x),
        s.AST_FUNCTION_MIN: lambda *x: reduce(m.minimum, x),
        s.AST_FUNCTION_QUOTIENT: lambda a, b: _truncated(divided(a, b)),
        s.AST_FUNCTION_REM: lambda a, b: a - b * _truncated(divided(a, b)),
        s.AST_LOGICAL_AND: lambda *x: _logic("And", np.logical_and, True, x),
        s.AST_LOGICAL_OR: lambda *x: _logic("Or", np.logical_or, False, x),
        s.AST_LOGICAL_XOR: lambda *x: _logic("Xor", np.logical_xor, False, x),
        s.AST_LOGICAL_NOT: lambda x: _not(x),
        s.AST_LOGICAL_IMPLIES: lambda a, b: _logic("Or", np.logical_or, False, (_not(a), b)),
        **{getattr(s, f"AST_FUNCTION_{name}"): function for name, function in _trigonometry().items()},
    }


@cache
def logic() -> frozenset[int]:
    """The operations on truths, by libSBML code; all others are on numbers."""
    import libsbml as s

    return frozenset(getattr(s, f"AST_LOGICAL_{name}") for name in ("AND", "OR", "XOR", "NOT", "IMPLIES"))


def _of_numbers(operation: Callable[..., Any]) -> Callable[..., Any]:
    """An operation in which an answer yes or no counts as 1 or 0."""
    return lambda *x: operation(*map(amounted, x))


def _trigonometry() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {}
    for word in ("sin", "cos", "tan", "sinh", "cosh", "tanh"):
        found[word.upper()] = _function(word, getattr(np, word))
        found[f"ARC{word.upper()}"] = _function(f"a{word}", getattr(np, f"arc{word}"))
    for name, of in (("SEC", "COS"), ("CSC", "SIN"), ("COT", "TAN")):
        for ending in ("", "H"):
            found[name + ending] = _inverse_of(found[of + ending])
            found[f"ARC{name}{ending}"] = _of_inverse(found[f"ARC{of}{ending}"])
    return found


def _inverse_of(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: divided(1.0, function(x))


def _of_inverse(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: function(divided(1.0, x))


def _symbolic(*values: Any) -> bool:
    return any((type(v).__module__ or "sympy").startswith("sympy") for v in values)


def _sympy(name: str) -> Any:
    import sympy

    return getattr(sympy, name)


def _function(name: str, numeric: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda x: BY_EXP.get(name, _sympy(name))(x) if _symbolic(x) else numeric(x)


BY_EXP: dict[str, Callable[[Any], Any]] = {  # what is compiled knows the exponential alone
    "sinh": lambda x: 0.5 * (m.exp(x) - m.exp(-x)),
    "cosh": lambda x: 0.5 * (m.exp(x) + m.exp(-x)),
    "tanh": lambda x: 1.0 - 2.0 / (m.exp(2.0 * x) + 1.0),
}


def _joined(operation: Callable[..., Any], parts: list[Formula]) -> Formula:
    return Formula(
        lambda look: operation(*[p(look) for p in parts]),
        frozenset().union(*[p.names for p in parts]),
        tuple(e for p in parts for e in p.edges),
        tuple(g for p in parts for g in p.guards),
    )


def _compared(key: str, name: str, numeric: Any, parts: list[Formula]) -> Formula:
    def compare(*x: Any) -> Any:
        x = tuple(map(amounted, x))
        pairs = zip(x, x[1:], strict=False)
        answers = [_related(name, a, b) if _symbolic(a, b) else numeric(a, b) for a, b in pairs]
        return answers[0] if len(answers) == 1 else _logic("And", np.logical_and, True, answers)

    joined = _joined(compare, parts)

    def answered(look: Look) -> Any:
        known = look(key)
        return joined.value(look) if known is None else known

    edge = Edge(key, joined.value, joined.names, name in ("Eq", "Ne"))
    return Formula(answered, joined.names, (*joined.edges, edge), joined.guards)


def _related(name: str, a: Any, b: Any) -> Any:
    """A comparison of SymPy expressions; equality as two of them, which is what can be compiled."""
    import sympy

    if name == "Eq":
        return sympy.And(sympy.Le(a, b), sympy.Le(b, a))
    if name == "Ne":
        return sympy.Or(sympy.Lt(a, b), sympy.Lt(b, a))
    try:
        return getattr(sympy, name)(a, b)
    except TypeError:  # SymPy does not know that it is real
        raise EngineError(
            "SBML: a comparison with a floor, a remainder or a complex number in it cannot be compiled",
            mend="write it with events, or as a condition without them",
        ) from None


def _branched(parts: list[Formula]) -> Formula:
    """A piecewise; what only one branch needs is guarded while that branch is taken."""
    joined = _joined(_piecewise, parts)
    guards: list[Guard] = []
    conditions = [p.value for p in parts[1::2]]
    for i, value in enumerate(parts[0::2]):
        guards += [Guard(g.value, _taken(conditions, i, g.active), g.what) for g in value.guards]
    guards += [g for p in parts[1::2] for g in p.guards]
    return Formula(joined.value, joined.names, joined.edges, tuple(guards))


def _taken(conditions: list[Value], i: int, inner: Value | None) -> Value:
    def active(look: Look) -> Any:
        answers = [_not(c(look)) for c in conditions[:i]] + [c(look) for c in conditions[i : i + 1]]
        answers += [inner(look)] if inner else []
        return _logic("And", np.logical_and, True, answers) if answers else True

    return active


def _guarded(kind: int, joined: Formula, parts: list[Formula]) -> Formula:
    """With guards where an argument may not be below zero: of a logarithm, a root, a power that is no whole number."""
    import libsbml as s

    base: list[Formula] = []
    what = "a power of a negative number"
    if kind in (s.AST_POWER, s.AST_FUNCTION_POWER):
        whole = not parts[1].names and float(parts[1](_nothing)).is_integer()
        base = [] if whole else parts[:1]
    elif kind == s.AST_FUNCTION_ROOT:
        base = parts[-1:]
    elif kind in (s.AST_FUNCTION_LN, s.AST_FUNCTION_LOG):
        base, what = parts[-1:], "the logarithm of a negative number"
    guards = tuple(Guard(b.value, None, what) for b in base if b.names)
    return Formula(joined.value, joined.names, joined.edges, joined.guards + guards)


def _nothing(name: str) -> Any:
    return None if name.startswith(EDGE) else np.nan


def _truth(x: Any) -> Any:
    """A number as a truth value: whether it is not 0."""
    if isinstance(x, (bool, np.bool_, int, float)):
        return bool(x)
    if not _symbolic(x):
        return x
    import sympy
    from sympy.logic.boolalg import Boolean

    return x if isinstance(x, Boolean) and not isinstance(x, sympy.Symbol) else _related("Ne", x, 0)


def amounted(x: Any) -> Any:
    """A number, where an answer yes or no counts as 1 or 0."""
    if isinstance(x, (bool, np.bool_)) or (isinstance(x, np.ndarray) and x.dtype == bool):
        return np.asarray(x, float)[()]
    if not _symbolic(x):
        return x
    from sympy import Symbol
    from sympy.logic.boolalg import Boolean

    return m.where(x, 1.0, 0.0) if isinstance(x, Boolean) and not isinstance(x, Symbol) else x


def _logic(name: str, numeric: Any, start: bool, x: Any) -> Any:
    if _symbolic(*x):
        if name == "Xor":  # in the words of those that can be compiled
            return reduce(_either, map(_truth, x))
        return _sympy(name)(*map(_truth, x))
    return reduce(numeric, x, start) if x else start


def _either(a: Any, b: Any) -> Any:
    """One of two, and not both."""
    import sympy

    return sympy.Or(sympy.And(a, sympy.Not(b)), sympy.And(sympy.Not(a), b))


def _not(x: Any) -> Any:
    return _sympy("Not")(_truth(x)) if _symbolic(x) else np.logical_not(x)


def _piecewise(*x: Any) -> Any:
    answer = x[-1] if len(x) % 2 else np.nan
    answer = amounted(answer)
    for value, condition in reversed(list(zip(map(amounted, x[0::2]), x[1::2], strict=False))):
        if _symbolic(condition) or isinstance(condition, np.ndarray):
            answer = m.where(_truth(condition), value, answer)
        else:
            answer = value if condition else answer
    return answer


def _product(*x: Any) -> Any:
    answer: Any = 1.0
    for v in x:
        answer = answer * v
    return answer


def divided(a: Any, b: Any) -> Any:
    """A quotient; of numbers as NumPy has it, infinite or not a number where nothing divides."""
    if _symbolic(a, b):
        return a / b
    with np.errstate(all="ignore"):
        return np.true_divide(a, b)


def _power(a: Any, b: Any) -> Any:
    if not _symbolic(a, b):
        return np.power(np.asarray(a, float), b)[()]
    return a ** (int(b) if isinstance(b, float) and b.is_integer() else b)


def _factorial(x: Any) -> Any:
    from scipy.special import gamma

    return gamma(np.asarray(x, float) + 1.0)[()]


def _truncated(x: Any) -> Any:
    return m.where(x < 0, _function("ceiling", np.ceil)(x), _function("floor", np.floor)(x))
