"""Prints a lowered model as one small ES module: the same statements, a hand-written integrator, no dependency.

It knows doses and switches but no chance and no rules: one patient's course, for pages on which a slider is moved.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.engine.codegen import rodas5p
from livingdrug.engine.codegen.expressions import Sheet
from livingdrug.engine.codegen.lower import TIME, System, lower
from livingdrug.engine.codegen.reduced import reduced
from livingdrug.engine.codegen.sparse_lu import SparseLU
from livingdrug.engine.codegen.syntax import ATOM, Spelling
from livingdrug.errors import EngineError

if TYPE_CHECKING:
    from livingdrug.model import Model

# words of the language and of the module, which no quantity may be called
KEPT = """y p u h f m k v N STAGES abs arguments await
    begin break case catch class const constants continue debugger default
    delete do else enum eval exp export extends false finally for function if implements import in instanceof
    interface let log model new null observe package power prepare private protected public return simulate slope
    step dense factor hoist keys keyOf high low
    solve sqrt static super switch this throw true try typeof undefined uniform var void while with yield""".split()


class JavaScript(Spelling):
    """JavaScript: comparisons are strict, names that mean something else there get a sign."""

    equal, unequal = "===", "!=="

    def other(self, node: ast.expr) -> tuple[str, int]:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            return f"{node.func.id}({', '.join(map(self.say, node.args))})", ATOM
        return super().other(node)


def write(
    model: Model, values: Mapping[str, float] | None = None, title: str = "", seen: Sequence[str] | None = None
) -> str:
    """The model as the text of an ES module that exports `model`, `simulate`, `prepare`, `uniform`.

    values: what a page need not give (parameters and covariates by path); seen: the states and published quantities
    that a page shows: what none of them rests on is left out, and so are descriptions and room to read. A tissue is
    written as one shell, and only when asked for (`model.mixed.well_mixed`).
    """
    model.without_turns("a page's module").without_tissue("a page's module")
    system = lower(model) if seen is None else reduced(lower(model), seen)
    spelling = JavaScript({n: f"{n}$" for n in KEPT})
    used, constants = _constants(model, system, spelling)
    about: dict[str, Any] = {
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
    if seen is not None:
        about["units"] = {p: u for p, u in about["units"].items() if p in (*system.states, *system.inputs)}
        about["values"] = {p: {"value": x["value"], "unit": x["unit"]} for p, x in about["values"].items() if p in used}
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
        "STAGES": rodas5p.STAGES,
    }
    lines = [
        f"export const model = {json.dumps(about, indent=1, ensure_ascii=False)};",
        *(f"const {k} = {json.dumps(v)};" for k, v in facts.items()),
        constants,
        *_equations(system, lu, spelling),
        *_step(),
        *(Path(__file__).with_name(f).read_text(encoding="utf-8") for f in ("integrator.js", "draws.js")),
    ]
    text = "\n".join(lines)
    return f"{NOTICE}\n{text if seen is None else _tight(text)}"


def write_constants(model: Model, wanted: Sequence[str], values: Mapping[str, float], title: str = "") -> str:
    """Derived constants of a patient as the text of an ES module that exports `model` and `constants(values)`.

    wanted: their paths; values: the usual number of every parameter and covariate that they rest on. What `constants`
    is given stands beside the usual numbers; it gives the wanted ones by path.
    """
    import sympy

    from livingdrug.model import Derived

    given = (*model.parameters, *model.covariates)
    derived = [p for p, d in model.declared.items() if isinstance(d, Derived)]
    symbols: dict[str, Any] = {p: sympy.Symbol(re.sub(r"\W", "_", p), real=True) for p in (*given, *derived)}
    paths = {x.name: p for p, x in symbols.items()}
    lines: dict[str, list[str]] = {}
    used: set[str] = set()

    def told(path: str) -> None:
        """The statements of a constant, after those of the constants that it rests on: each from its own formula."""
        if path in lines:
            return
        formula = sympy.sympify(model.constants({p: x for p, x in symbols.items() if p != path})[path])
        sheet = Sheet(set())
        held = sheet.write([formula])[0]
        rests = {paths[r] for r in (held, *(r for s in sheet.statements for r in s.reads)) if r in paths}
        for other in sorted(rests & {*derived}):
            told(other)
        used.update(rests & {*given})
        own = {s.target: f"{s.target}_{len(lines)}" for s in sheet.statements}
        say = JavaScript({**{n: f"{n}$" for n in KEPT}, **own}).text
        lines[path] = [f"const {say(s.target)} = {say(s.text)};" for s in sheet.statements]
        lines[path].append(f"const {symbols[path].name} = {say(held)};")

    for path in wanted:
        told(path)
    about = {
        "title": title,
        "values": {p: {"value": values[p], "unit": model.unit(p)} for p in given if p in used},
        "seen": {p: {"unit": model.unit(p), "doc": model.declared[p].doc} for p in wanted},
    }
    body = ["const v = {...usual, ...asked};"]
    body += [f"const {symbols[p].name} = v[{json.dumps(p)}];" for p in given if p in used]
    body += [line for rows in lines.values() for line in rows]
    body.append(f"return {{{', '.join(f'{json.dumps(p)}: {symbols[p].name}' for p in wanted)}}};")
    text = [
        NOTICE,
        f"export const model = {json.dumps(about, ensure_ascii=False, separators=(',', ':'))};",
        "const usual = Object.fromEntries(Object.entries(model.values).map(([path, {value}]) => [path, value]));",
        Path(__file__).with_name("integrator.js").read_text(encoding="utf-8").partition("/**")[0],
        "export " + _function("constants", "The wanted numbers at these values.", "asked", body).partition("*/\n")[2],
    ]
    return _tight("\n".join(text)) + "\n"


NOTICE = "// Generated from a model; self-contained. Do not edit. Simulated patients; not medical advice."


def _tight(text: str) -> str:
    """The text without comments of their own line and without indents."""
    text = re.sub(r"^\s*(/\*\*.*?\*/|//[^\n]*)\s*$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"\n\s*", "\n", text)


def _step() -> list[str]:
    """One step of the method and the polynomial inside it, with its numbers written out: the stages in k0, k1, ..."""
    A, C, H = rodas5p.A, rodas5p.C, rodas5p.H

    def total(row: Sequence[float], now: int = -1) -> str:
        return " + ".join(f"{x!r}*{'x' if j == now else f'k{j}[i]'}" for j, x in enumerate(row)).replace("+ -", "- ")

    lines = ["begin(y, p, u, h, f, m);", "factor(m);"]
    for s, row in enumerate(C):
        if s:
            lines += ["slope(ys, p, u, h, f);", f"for (let i = 0; i < N; i++) f[i] += {total(row)};"]
        then = f"ys[i] = y[i] + {total(A[s + 1], s)};" if s + 1 < len(A) else "ys[i] += x;"
        lines += ["solve(m, f);", f"for (let i = 0; i < N; i++) {{ const x = f[i]; k{s}[i] = x; {then} }}"]
    stages = f"[{', '.join(f'k{s}' for s in range(rodas5p.STAGES))}]"
    inside = [f"for (let i = 0; i < N; i++) {{ {' '.join(f'd{r}[i] = {total(row)};' for r, row in enumerate(H))} }}"]
    doc = "One trial step from y over h: the result in ys, the error in f, the stages in k."
    return [
        _function("step", doc, f"y, p, u, h, f, m, {stages}, ys", lines),
        _function("dense", "The three rows that give the solution inside the step.", f"{stages}, [d0, d1, d2]", inside),
    ]


def _equations(system: System, lu: SparseLU, spelling: JavaScript) -> list[str]:
    loads = {
        **{system.names[p]: f"y[{i}]" for i, p in enumerate(system.states)},
        **{system.names[p]: f"p[{i}]" for i, p in enumerate(system.columns)},
        **{system.names[p]: f"u[{i}]" for i, p in enumerate(system.inputs)},
        **{s.target: f"p[{len(system.columns) + i}]" for i, s in enumerate(system.hoisted)},
    }
    hoisted = [s.target for s in system.hoisted]

    def function(name: str, doc: str, arguments: str, targets: list[str], stores: list[str]) -> str:
        statements = system.needed(targets, hoisted)
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
    return [
        _hoist(system, spelling),
        function(
            "begin",
            "Slopes h f(y) in f, and I/GAMMA - h J in m.",
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
        # apart from `begin`: a browser does not optimise a function that is too long
        _function("factor", "The matrix in m becomes its factors.", "m", [f"{line};" for line in lu.factor(at)]),
        _function("solve", "Solves for f in place.", "m, f", [f"{line};" for line in lu.solve(at, of)]),
    ]


def _hoist(system: System, spelling: JavaScript) -> str:
    """What the equations need of the patient's constants alone, worked out once and put behind them in p."""
    statements = [s for s in system.needed([s.target for s in system.hoisted])]
    reads = {r for s in statements for r in s.reads}
    say = spelling.text
    lines = [
        f"const {say(system.names[c])} = p[{i}];" for i, c in enumerate(system.columns) if system.names[c] in reads
    ]
    lines += [f"const {say(s.target)} = {say(s.text)};" for s in statements]
    found = ", ".join(say(s.target) for s in system.hoisted)
    return _function(
        "hoist",
        "The patient constants, and what follows from them alone.",
        "p",
        [*lines, f"return Float64Array.of(...p, {found});"],
    )


def _constants(model: Model, system: System, spelling: JavaScript) -> tuple[set[str], str]:
    """What is computed once for a patient, the columns p and the start y: which parameters and covariates it rests on,
    and its text."""
    import sympy

    given = (*model.parameters, *model.covariates)
    symbols: dict[str, Any] = {p: sympy.Symbol(system.names[p]) for p in given}
    try:
        found = {**symbols, **model.constants(symbols)}
        starts = [p for p in system.states if p != TIME]
        wanted = [*system.columns, *(f"{p}@start" for p in starts)]
        sheet = Sheet(set())
        names = sheet.write([sympy.sympify(found[p]) for p in wanted])
    except (TypeError, AttributeError, sympy.SympifyError) as problem:
        raise EngineError(
            f"the model's patient constants cannot be printed as JavaScript: {problem}",
            allowed="+ - * / ** and the functions of livingdrug.model.math",
        ) from problem
    say, cut = spelling.text, len(system.columns)
    read = {r for s in sheet.statements for r in s.reads} | set(names)
    used = {p for p in given if system.names[p] in read}
    lines = [f"const {say(system.names[p])} = v[{json.dumps(p)}];" for p in given if p in used]
    lines += [f"const {say(s.target)} = {say(s.text)};" for s in sheet.statements]
    start = names[cut:] + ["0.0"] * (len(system.states) - len(starts))  # the last state may be the time
    columns = ", ".join(map(say, names[:cut]))
    lines.append(f"return {{p: hoist([{columns}]), y: [{', '.join(map(say, start))}]}};")
    return used, _function("constants", "Patient constants p and starts y of these values.", "v", lines)


def _function(name: str, doc: str, arguments: str, lines: list[str]) -> str:
    return "\n".join([f"\n/** {doc} */", f"function {name}({arguments}) {{", *(f"  {x}" for x in lines), "}"])
