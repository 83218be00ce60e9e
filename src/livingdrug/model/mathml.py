"""A model's equations as MathML, module by module, from the same declarations that are run.

Quantities that modules read from each other keep their names, so each equation stays as short as its file. Where one is
longer than a page has room for, what the equations of the module share is written once, under names of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from livingdrug.model.declare import (
    Adds,
    Change,
    Derived,
    Entry,
    Flow,
    Module,
    Multiplies,
    Port,
    Publishes,
    State,
)
from livingdrug.model.describe import written_out
from livingdrug.model.scope import TIME, Scope, full

if TYPE_CHECKING:
    from livingdrug.model.assemble import Model

LONG, SHORT = 1_000, 5  # parts of a formula: too many to be read whole, and too few to be worth a name


@dataclass(frozen=True)
class Equation:
    """One equation, written twice. kind: "flow", "change", "published", "constant", "start", "share", "acts on",
    or "term" for what equations share.

    name: of the flow or quantity, with its unit and what it is (`about`); out_of, into: of a flow; mathml: a whole
    `math` element with its text as `alttext`; text: the same for those who cannot see it; uses: paths in it.
    """

    kind: str
    name: str
    unit: str
    about: str
    mathml: str
    text: str
    uses: tuple[str, ...]
    out_of: str = ""
    into: str = ""


def module_equations(model: Model, role: str) -> tuple[Equation, ...]:
    """Every equation of the module in a role: flows and signed changes [unit of the state/day], what it publishes,
    patient constants, initial values, shares of doses, what it does to other modules. KeyError for another role."""
    drafts = list(_drafts(model, role, model.modules[role]))
    values, terms = _shared(role, [d.value for d in drafts])
    drafts = [*(replace(d, value=x) for d, x in zip(drafts, values, strict=True)), *terms]
    return tuple(_equation(role, d) for d in drafts)


@dataclass(frozen=True)
class _Draft:
    """An equation before it is written."""

    kind: str
    name: str
    unit: str
    about: str
    value: Any
    out_of: str = ""
    into: str = ""


def _drafts(model: Model, role: str, module: Module) -> Iterator[_Draft]:
    view, written = _named(model).view(role), _Draft
    for f in module.flows(view):
        yield _flow(model, role, f)
    given = module.published(view)
    for d in module.of(Publishes):
        yield written("published", f"{role}.{d.name}", d.unit, d.doc, given[d.name])
    for d in module.of(Derived):
        yield written("constant", f"{role}.{d.name}", d.unit, d.doc, d.formula(view))
    for d in module.of(State):
        if callable(d.start) or d.start:
            start = d.start(view) if callable(d.start) else d.start
            yield written("start", f"{role}.{d.name}", d.unit, f"{d.doc}, at the start", start)
    for d in module.of(Entry):
        for state, share in d.into.items():
            about = f"share of each dose that lands in {state.replace('_', ' ')}"
            value = share(view) if callable(share) else share
            yield written("share", f"{role}.{d.name}", "1", about, value)
    acts = module.contributes(view)
    for d in module.of(Multiplies, Adds):
        if d.path in model.declared or d.path in model.publishes:
            about = "multiplied by" if d.combine == "multiply" else "added to it"
            yield written("acts on", d.path, d.unit, about, acts[d.name])


def _flow(model: Model, role: str, f: Flow | Change) -> _Draft:
    """A flow with its rate: of the whole state, or of each cell."""
    if isinstance(f, Change):
        path = full(f.state, role)
        return _Draft("change", path, f"{model.unit(path)}/day", f.why, f.rate, into=path)
    ends = {end: full(x, role) if x else "" for end, x in (("out_of", f.out_of), ("into", f.into))}
    touched = ends["out_of"] or ends["into"]
    unit, about = ("1/day", f"per cell of {full(f.per, role)}") if f.per else (f"{model.unit(touched)}/day", "")
    many = "" if isinstance(f.yields, int) and f.yields == 1 else f"each gives {_rounded(f.yields)}"
    said = ", ".join(filter(None, [about, many]))
    return _Draft("flow", f.name, unit, said, f.rate, **ends)


def _shared(role: str, values: list[Any]) -> tuple[list[Any], list[_Draft]]:
    """The formulas, and the terms that they share: none where every formula is short enough to be read whole."""
    import sympy

    values = [sympy.sympify(x) for x in values]
    sizes: dict[Any, int] = {}
    if all(_size(x, sizes) <= LONG for x in values):
        return values, []
    terms: list[_Draft] = []
    names: dict[Any, Any] = {}  # what stands for a term: the term itself where it is short
    parts, values = sympy.cse(values, order="none")
    for symbol, part in parts:
        part = part.xreplace(names)
        names[symbol] = part
        if _size(part, sizes) > SHORT:
            names[symbol] = sympy.Symbol(f"{role}.term_{len(terms) + 1}")
            terms.append(_Draft("term", names[symbol].name, "", "", part))
    return [x.xreplace(names) for x in values], terms


def _size(x: Any, sizes: dict[Any, int]) -> int:
    """How many numbers, quantities and operations a formula has."""
    if x not in sizes:
        sizes[x] = 1 + sum(_size(part, sizes) for part in x.args)
    return sizes[x]


def _equation(role: str, d: _Draft) -> Equation:
    x = _rounded(d.value)
    uses = tuple(sorted(s.name for s in x.free_symbols))
    said = str(x)
    shown = f'<math display="block" alttext="{escape(said, quote=True)}">{_printer(role)(x)}</math>'
    return Equation(d.kind, d.name, d.unit, d.about, shown, said, uses, d.out_of, d.into)


def _rounded(value: Any) -> Any:
    """The formula with our opaque functions written out, and numbers of four digits at most, thirds as thirds."""
    import sympy

    def short(x: Any) -> Any:
        numbers = {n: _brief(float(n)) for n in x.atoms(sympy.Float)}
        return x.xreplace(numbers) if any(n != brief for n, brief in numbers.items()) else x

    return short(written_out(short(sympy.sympify(value))))


def _brief(number: float) -> Any:
    import sympy

    if abs(number) < 1e6 and abs(3 * number - round(3 * number)) < 1e-12:  # whole numbers and thirds
        return sympy.Rational(round(3 * number), 3)
    return sympy.Float(f"{number:.4g}", 4)


def _named(model: Model) -> Scope:
    """Every quantity of the model as a symbol of its own name."""
    import sympy

    paths = [*model.states, *model.parameters, *model.covariates, *model.derived, *model.inputs, TIME]
    scope = Scope(model, {p: sympy.Symbol(p) for p in paths})
    for entry in model.entries:
        for state in model.declared[entry].into:  # type: ignore[attr-defined]
            scope.values[f"{entry}>{state}"] = sympy.Symbol(f"{entry}>{state}")
    for role, m in model.modules.items():
        scope.shown[role] = {d.name: sympy.Symbol(f"{role}.{d.name}") for d in m.of(Publishes)}
        scope.shown[role] |= {s.name: sympy.Symbol(f"{role}.{s.name}") for s in m.of(State)}
        scope.ports |= {f"{role}.{d.name}": sympy.Symbol(f"{role}.{d.name}") for d in m.of(Port)}
    return scope


@cache
def _printer(home: str) -> Callable[[Any], str]:
    """Prints an expression as presentation MathML: a quantity as its name, with its role as index where that is not
    `home`."""
    from sympy.printing.mathml import MathMLPresentationPrinter

    class Printer(MathMLPresentationPrinter):  # type: ignore[misc]
        def _print_Symbol(self, sym: Any, style: str = "plain") -> Any:
            role, _, name = sym.name.rpartition(".")
            shown = self._word(name.replace(">", " to "))
            if role in ("", home):
                return shown
            both = self.dom.createElement("msub")
            both.appendChild(shown)
            both.appendChild(self._word(role.replace(".", " ")))
            return both

        def _print_Float(self, e: Any) -> Any:
            shown = self.dom.createElement("mn")
            shown.appendChild(self.dom.createTextNode(f"{float(e):.4g}"))
            return shown

        def _print_Piecewise(self, e: Any) -> Any:
            whole, brace, cases = (self.dom.createElement(name) for name in ("mrow", "mo", "mtable"))
            brace.appendChild(self.dom.createTextNode("{"))
            for value, condition in e.args:
                case, then, when, word = (self.dom.createElement(name) for name in ("mtr", "mtd", "mtd", "mtext"))
                word.appendChild(self.dom.createTextNode("otherwise" if condition == True else "if\u00a0"))  # noqa: E712
                then.appendChild(self._print(value))
                when.appendChild(word)
                if condition != True:  # noqa: E712  a condition of SymPy, not of Python
                    when.appendChild(self._print(condition))
                case.appendChild(then)
                case.appendChild(when)
                cases.appendChild(case)
            whole.appendChild(brace)
            whole.appendChild(cases)
            return whole

        def _word(self, text: str) -> Any:
            shown = self.dom.createElement("mi")
            shown.appendChild(self.dom.createTextNode(text.replace("_", " ")))
            return shown

    return lambda x: (
        str(Printer().doprint(x))
        .replace("&InvisibleTimes;", "&#183;")
        .replace("<mo>-</mo>", "<mo>\N{MINUS SIGN}</mo>")
        .replace("<mn>-", "<mn>\N{MINUS SIGN}")
    )
