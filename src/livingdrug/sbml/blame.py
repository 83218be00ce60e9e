"""Why an integration stopped: which piece of mathematics breaks down near the state it stopped in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np

from livingdrug.sbml.document import Document, child, formula
from livingdrug.sbml.mathml import TIME, Compiler, Piece, symbols_in, tag
from livingdrug.sbml.spans import Span, decided

BREAKS = {
    "divide": "a division by zero",
    "power": "a power of a negative number",
    "root": "a root of a negative number",
    "ln": "a logarithm of what is not positive",
    "log": "a logarithm of what is not positive",
}


def cause(document: Document, runner: Any, input: Callable[[str], str], reach: float) -> str | None:
    """The operation that breaks down within the time `reach` of where the runner is, in words, or None."""
    for name, s in document.symbols.items():
        if s.kind == "species" and not s.amount and float(runner.getValue(input(s.compartment))) == 0.0:
            return f"'{name}' is a concentration in the compartment '{s.compartment}', whose size is 0"
    compiler = Compiler(document.functions, document.path)
    values = _nearby(document, runner, input, reach)
    with np.errstate(all="ignore"):
        for where, math, bound in _formulas(document):
            for e in math.iter():
                if tag(e) != "apply" or not len(e) or tag(e[0]) not in BREAKS:
                    continue
                what = _broken(compiler, e, values, bound)
                if what:
                    return f"{BREAKS[tag(e[0])]} in {where} ({what})"
    return None


def not_finite(document: Document, runner: Any, input: Callable[[str], str]) -> str | None:
    """The first rate that is no finite number, and what it reads that is none."""
    for where, math, bound in _formulas(document):
        name = where.rpartition(" ")[2].strip("'")
        rate = runner.getValue(name) if name in document.reactions else _slope(runner, input(document.inside(name)))
        if where.startswith("the assignment") or np.isfinite(rate):
            continue
        for read in sorted(set(symbols_in(math)) & set(document.symbols) - set(bound)):
            if not np.isfinite(value := float(runner.getValue(input(read)))):
                return f"{where} reads '{document.shown.get(read, read)}', which is {value:g}"
        return f"{where} gives no finite number"
    return None


def _nearby(document: Document, runner: Any, input: Callable[[str], str], reach: float) -> Callable[[str], Span]:
    """Every symbol between its value and what it may become in a short while."""
    now = float(runner.model.getTime())

    def look(name: str) -> Span:
        if name == TIME:
            return now, now
        value = float(runner.getValue(input(name)))
        slope = _slope(runner, input(name)) if document.changes(name) else 0.0
        away = max(2.0 * reach * abs(slope), 1e-9 * abs(value)) if slope and np.isfinite(slope) else 0.0
        return value - away, value + away

    return look


def _slope(runner: Any, name: str) -> float:
    """Rate of change of what is integrated; 0 for everything else."""
    try:
        return float(runner.getValue(f"{name}'"))
    except RuntimeError:
        return 0.0


def _formulas(document: Document) -> Iterator[tuple[str, Element, dict[str, Piece]]]:
    for kind, rules in (("rate rule", document.rated), ("assignment rule", document.assigned)):
        for name, rule in rules.items():
            if (math := formula(rule)) is not None:
                yield f"the {kind} of '{document.shown.get(name, name)}'", math, {}
    for name, reaction in document.reactions.items():
        law = child(reaction, "kineticLaw")
        if law is not None and (math := formula(law)) is not None:
            own = {
                k.partition(".")[2]: float(e.get("value", "nan"))
                for k, e in document.locals()
                if k.startswith(f"{name}.")
            }
            yield (
                f"the rate law of reaction '{name}'",
                math,
                {n: Piece(lambda look, x=x: (x, x)) for n, x in own.items()},  # type: ignore[misc]
            )


def _broken(compiler: Compiler, e: Element, look: Callable[[str], Span], bound: dict[str, Piece]) -> str | None:
    """Whether an operation leaves its domain, and what its argument reads there."""
    operator, *parts = e
    kind = tag(operator)
    try:
        at = {"divide": -1, "root": -1, "log": -1}.get(kind, 0)
        argument = compiler.part(parts[at], bound)
        low, high = (float(x) for x in argument(look))
        if kind == "power":
            exponent = compiler.part(parts[1], bound)(look)
            if decided(exponent) and float(exponent[0]).is_integer() and exponent[0] >= 0:
                return None
    except Exception:  # noqa: BLE001 (a guess at the cause must not hide the error itself)
        return None
    leaves = low <= 0.0 <= high if kind == "divide" else low < 0.0 if kind in ("power", "root") else low <= 0.0
    if not leaves:
        return None
    names = ", ".join(f"{n} is {np.mean(look(n)):.3g}" for n in sorted(argument.names) if not n.startswith(" "))
    return names or "always"
