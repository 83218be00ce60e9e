"""Prints a lowered model as one small ES module: the same statements, a hand-written integrator, no dependency.

It knows doses and switches but no chance and no rules: one patient's course, for pages on which a slider is moved.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.engine.codegen import rodas5p
from livingdrug.engine.codegen.expressions import Sheet
from livingdrug.engine.codegen.lower import TIME, System, lower
from livingdrug.engine.codegen.sparse_lu import SparseLU
from livingdrug.engine.codegen.syntax import ATOM, Spelling
from livingdrug.errors import EngineError

if TYPE_CHECKING:
    from livingdrug.model import Model

# words of the language and of the module, which no quantity may be called
KEPT = """y p u h f m v N A C H abs arguments await
    begin break case catch class const constants continue debugger default
    delete do else enum eval exp export extends false finally for function if implements import in instanceof
    interface let log model new null observe package power prepare private protected public return simulate slope
    solve sqrt static super switch this throw true try typeof undefined uniform var void while with yield""".split()


class JavaScript(Spelling):
    """JavaScript: comparisons are strict, names that mean something else there get a sign."""

    equal, unequal = "===", "!=="

    def other(self, node: ast.expr) -> tuple[str, int]:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            return f"{node.func.id}({', '.join(map(self.say, node.args))})", ATOM
        return super().other(node)


def write(model: Model, values: Mapping[str, float] | None = None, title: str = "") -> str:
    """The model as the text of an ES module that exports `model`, `simulate`, `prepare`, `uniform`.

    values: what a page need not give (parameters and covariates by path).
    """
    system = lower(model)
    spelling = JavaScript({n: f"{n}$" for n in KEPT})
    about = {
        "title": title,
        "states": list(system.states),
        "inputs": list(system.inputs),
        "observables": list(system.observables),
        "units": {p: model.unit(p) for p in (*model.states, *model.inputs) if p in model.declared},
        "values": {
            p: {"value": (values or {}).get(p), "unit": model.unit(p), "doc": model.declared[p].doc}
            for p in (*model.parameters, *model.covariates)
        },
    }
    lu = SparseLU(len(system.states), system.jacobian)
    facts = {
        "N": len(system.states),
        "ENTRIES_OF_LU": len(lu),
        "TIME_AT": system.states.index(TIME) if TIME in system.states else -1,
        "FLOORS": [1.0 if c else 1e-3 for c in system.counts],
        "SHARES": [0.0 if c else 1e-3 for c in system.counts],
        "ENTRIES": system.entries,
        "SWITCHES": [i in system.switches for i in range(len(system.inputs))],
        "BREAKS": system.breaks,
        "A": rodas5p.A,
        "C": rodas5p.C,
        "H": rodas5p.H,
    }
    return "\n".join(
        [
            "// Generated from a model; self-contained. Do not edit. Simulated patients; not medical advice.",
            f"export const model = {json.dumps(about, indent=1, ensure_ascii=False)};",
            *(f"const {k} = {json.dumps(v)};" for k, v in facts.items()),
            _constants(model, system, spelling),
            *_equations(system, lu, spelling),
            Path(__file__).with_name("integrator.js").read_text(encoding="utf-8"),
        ]
    )


def _equations(system: System, lu: SparseLU, spelling: JavaScript) -> list[str]:
    loads = {
        **{system.names[p]: f"y[{i}]" for i, p in enumerate(system.states)},
        **{system.names[p]: f"p[{i}]" for i, p in enumerate(system.columns)},
        **{system.names[p]: f"u[{i}]" for i, p in enumerate(system.inputs)},
    }

    def function(name: str, doc: str, arguments: str, targets: list[str], stores: list[str]) -> str:
        statements = system.needed(targets)
        reads = {r for s in statements for r in s.reads} | set(targets)
        lines = [f"const {spelling.text(n)} = {place};" for n, place in loads.items() if n in reads]
        lines += [f"const {spelling.text(s.target)} = {spelling.text(s.text)};" for s in statements]
        return _function(name, doc, arguments, [*lines, *stores])

    def at(i: int) -> str:
        return f"m[{i}]"

    def of(i: int) -> str:
        return f"f[{i}]"

    say = spelling.text
    slopes = [f"f[{i}] = h*{say(x)};" for i, x in enumerate(system.rhs)]
    matrix = ["m.fill(0);", *(f"{at(lu.entry[i, i])} = {1.0 / rodas5p.GAMMA!r};" for i in range(lu.size))]
    matrix += [f"{at(lu.entry[i, j])} -= h*{say(x)};" for (i, j), x in system.jacobian.items()]
    matrix += [f"{line};" for line in lu.factor(at)]
    return [
        function(
            "begin",
            "Slopes h f(y) in f, and the factors of I/GAMMA - h J in m.",
            "y, p, u, h, f, m",
            [*system.rhs, *system.jacobian.values()],
            [*slopes, *matrix],
        ),
        function("slope", "Slopes h f(y) in f.", "y, p, u, h, f", list(system.rhs), slopes),
        function(
            "observe",
            "Published quantities of the state y.",
            "y, p, u, shown",
            list(system.observed),
            [f"shown[{i}] = {say(x)};" for i, x in enumerate(system.observed)],
        ),
        _function("solve", "Solves for f in place.", "m, f", [f"{line};" for line in lu.solve(at, of)]),
    ]


def _constants(model: Model, system: System, spelling: JavaScript) -> str:
    """What is computed once for a patient: the columns p and the start y, from parameters and covariates."""
    import sympy

    given = (*model.parameters, *model.covariates)
    symbols: dict[str, Any] = {p: sympy.Symbol(system.names[p]) for p in given}
    try:
        found = {**symbols, **model.constants(symbols)}
        wanted = [*system.columns, *(f"{p}@start" for p in model.states)]
        sheet = Sheet(set())
        names = sheet.write([sympy.sympify(found[p]) for p in wanted])
    except (TypeError, AttributeError, sympy.SympifyError) as problem:
        raise EngineError(
            f"the model's patient constants cannot be printed as JavaScript: {problem}",
            allowed="+ - * / ** and the functions of livingdrug.model.math",
        ) from problem
    say, cut = spelling.text, len(system.columns)
    used = {r for s in sheet.statements for r in s.reads} | set(names)
    lines = [f"const {say(system.names[p])} = v[{json.dumps(p)}];" for p in given if system.names[p] in used]
    lines += [f"const {say(s.target)} = {say(s.text)};" for s in sheet.statements]
    start = names[cut:] + ["0.0"] * (len(system.states) - len(model.states))  # the last state may be the time
    lines.append(f"return {{p: [{', '.join(map(say, names[:cut]))}], y: [{', '.join(map(say, start))}]}};")
    return _function("constants", "Patient constants p and starts y of these values.", "v", lines)


def _function(name: str, doc: str, arguments: str, lines: list[str]) -> str:
    return "\n".join([f"\n/** {doc} */", f"function {name}({arguments}) {{", *(f"  {x}" for x in lines), "}"])
