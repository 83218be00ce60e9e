"""A model in words: its modules, states, numbers and flows, its equations as LaTeX, and what can happen to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from livingdrug.model.declare import Change, Entry, Flow, Hazard, Module, Param, Port, Publishes, Reads, State, Switch

if TYPE_CHECKING:
    from livingdrug.model.assemble import Model


def model_text(model: Model) -> str:
    """The model as plain text: one block a module, then what can happen."""
    lines = [_size(model)]
    flows = _flows(model)
    for role, module in model.modules.items():
        lines += ["", f"{role} ({module.stem}): {_sentence(module)}"]
        lines += [f"  {kind:<9} {', '.join(names)}" for kind, names in _contents(module, flows.get(role, [])) if names]
    return "\n".join([*lines, "", "What can happen", *(f"  {line}" for line in happenings(model))])


def model_html(model: Model) -> str:
    """The same as tables for a notebook."""
    flows = _flows(model)
    body = [
        [
            role,
            module.stem,
            _sentence(module),
            "; ".join(f"{kind} {', '.join(names)}" for kind, names in _contents(module, flows.get(role, [])) if names),
        ]
        for role, module in model.modules.items()
    ]
    happens = "".join(f"<li>{escape(line)}</li>" for line in happenings(model))
    return (
        _table(_size(model), ["role", "module", "what it is", "declares"], body)
        + f"<p>What can happen</p><ul>{happens}</ul>"
    )


def happenings(model: Model) -> list[str]:
    """What can happen to a patient of this model, one sentence each."""
    found = []
    for path, d in model.declared.items():
        if isinstance(d, Entry):
            found.append(f"a dose of {path} [{d.unit}] lands in {', '.join(d.into)}")
        elif isinstance(d, Switch):
            found.append(f"a care rule may switch {path}: {d.doc}")
        elif isinstance(d, Hazard):
            found.append(f"{path} may strike{' and ends follow-up' if d.ends else ''}: {d.doc}")
    found += [f"{path} is counted cell by cell when few are left, and may die out" for path in model.clones]
    return found + [f"the integrator restarts at {path}" for path in model.breaks]


def equations_latex(model: Model) -> dict[str, str]:
    """Path -> equation in LaTeX: every state's derivative, then every published quantity that is not a state.

    Quantities that modules read from each other keep their names, so each equation stays as short as its file.
    """
    import sympy

    inputs = (*model.states, *model.parameters, *model.covariates, *model.inputs)
    symbols: dict[str, Any] = {p: sympy.Symbol(p) for p in inputs}
    symbols |= {p: sympy.Symbol(p) for p in model.constants(symbols) if not p.endswith("@start")}
    symbols["time"] = sympy.Symbol("time")
    named = {p: sympy.Symbol(p) for p in model.evaluate(symbols).published if p not in symbols}
    seen = model.evaluate({**symbols, **named})
    names = {s: _symbol(p) for p, s in {**symbols, **named}.items()}

    def latex(x: Any) -> str:
        return str(sympy.latex(written_out(sympy.sympify(x)), symbol_names=names))

    found = {p: rf"\frac{{d\,{_symbol(p)}}}{{dt}} = {latex(x)}" for p, x in seen.derivatives.items()}
    return found | {p: f"{_symbol(p)} = {latex(x)}" for p, x in seen.published.items() if p not in found}


def written_out(x: Any) -> Any:
    """Our opaque functions as the formulas they stand for."""
    import sympy

    def is_called(name: str) -> Any:
        return lambda e: getattr(e.func, "__name__", "") == name

    for name, formula in {
        "hill": lambda x, half, n: x**n / (half**n + x**n),
        "smooth_step": lambda x, at, width: 1 / (1 + sympy.exp(-(x - at) / width)),
        "where": lambda condition, then, otherwise: sympy.Piecewise((then, condition), (otherwise, True)),
        "maximum": partial(sympy.Max, evaluate=False),  # which is larger is not asked: it takes SymPy minutes
        "minimum": partial(sympy.Min, evaluate=False),
    }.items():
        x = x.replace(is_called(name), lambda e, f=formula: f(*e.args))
    return x


def _symbol(path: str) -> str:
    """kinetics.growth as growth with its role as index."""
    role, _, name = path.rpartition(".")
    shown = rf"\mathrm{{{_escaped(name)}}}"
    return rf"{shown}_{{\mathrm{{{_escaped(role)}}}}}" if role else shown


def _escaped(text: str) -> str:
    return text.replace("_", r"\,").replace(">", r"\to ")


def _size(model: Model) -> str:
    counts = {
        "states": len(model.states),
        "parameters": len(model.parameters),
        "inputs": len(model.inputs),
        "hazards": len(model.hazards),
        "clones": len(model.clones),
    }
    return f"Model of {len(model.modules)} modules: " + ", ".join(f"{n} {what}" for what, n in counts.items())


def _sentence(module: Module) -> str:
    """The first sentence of what the module's file says of itself."""
    paragraph = (type(module).__doc__ or "").strip().partition("\n\n")[0]
    return " ".join(paragraph.split()).partition(". ")[0].removesuffix(".")


def _flows(model: Model) -> dict[str, list[str]]:
    """Role -> its flows, as "growth: -> burden"."""
    import numpy as np

    one = np.float64(1.0)
    values: dict[str, Any] = dict.fromkeys((*model.states, *model.parameters, *model.covariates, *model.inputs), one)
    with np.errstate(all="ignore"):
        seen = model.evaluate({**values, **model.constants(values)}, published=False)
    found: dict[str, list[str]] = {}
    for role, f, _ in seen.flows:
        found.setdefault(role, []).append(_flow(f))
    return found


def _flow(f: Flow | Change) -> str:
    if isinstance(f, Change):
        return f"{f.state} changes ({f.why})"
    return f"{f.name}: {f.out_of or ''} -> {f.into or ''}".replace(":  ->", ": ->").rstrip()


def _contents(module: Module, flows: Sequence[str]) -> Iterable[tuple[str, list[str]]]:
    def named(kind: type) -> list[str]:
        return [f"{d.name} [{d.unit}]" for d in module.of(kind)]

    return [
        ("states", named(State)),
        ("numbers", named(Param)),
        ("doses", named(Entry)),
        ("publishes", named(Publishes)),
        ("reads", [d.path for d in module.of(Reads)]),
        ("open to", [d.name for d in module.of(Port)]),
        ("flows", list(flows)),
    ]


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(c)}</th>" for c in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
