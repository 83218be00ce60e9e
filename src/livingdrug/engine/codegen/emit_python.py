"""Prints a lowered model as one Python file: constants, generated functions, and the hand-written kernel.

The file is compiled to machine code, eight patients side by side in the vector registers (four, where each brings a
tissue, so that their workspace fits into the nearer caches), or it runs as plain Python, one patient at a time, which
is how a mechanism is tested without compiling anything.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from livingdrug.engine.codegen import emit_shells, rodas5p, ros34pw2
from livingdrug.engine.codegen.lower import TIME, System
from livingdrug.engine.codegen.sparse_lu import SparseLU
from livingdrug.engine.plan import Act, Op, Outcome, Register

KERNEL = (
    "rng.py",
    "doses.py",
    "clones.py",
    "watches.py",
    "jumps.py",
    "fill.py",
    "walk.py",
    "land.py",
    "step.py",
    "loop.py",
)
PRELUDES = {  # how functions are made, and the arithmetic: of the file for plain Python and for each compiler
    "plain": ("undecorated.py", "scalar.py"),
    "native": ("undecorated.py", "simd.py"),
    "numba": ("by_numba.py", "simd.py"),
}
LANES, LANES_OF_TISSUE = 8, 4
LINED_UP = (
    "w = np.ones(SIZE)",
    "w = lined_up(np.ones(SIZE + 8))",
)  # vector registers are loaded from whole cache lines
MARK = "# ---- copied into every generated file from here on ----\n"


def kernel_folder() -> Path:
    """Where the hand-written kernel stands."""
    return Path(__file__).parents[1] / "kernel"


def kernel_text(name: str) -> str:
    """The part of a hand-written kernel file that is copied into the generated file."""
    return (kernel_folder() / name).read_text(encoding="utf-8").split(MARK, 1)[1]


def source(system: System, lanes: int | None = None, made: str = "native") -> str:
    """The whole file for one model; lanes: patients side by side, LANES of them; `made`: one of PRELUDES."""
    lanes = lanes or (LANES_OF_TISSUE if system.shells else LANES)
    n = len(system.states)
    method = ros34pw2 if system.shells else rodas5p
    lu = SparseLU(len(system.rows), system.jacobian)
    slots = {
        "Y": n,
        "YS": n,
        **{f"K{i}": n for i in range(method.STAGES)},
        "F": n,
        "W": len(lu),
        **{f"D{i}": n for i in range(3)},
        "P": len(system.columns),
        "C": len(system.hoisted),
        "U": len(system.inputs),
        "ATOL": n,
        "SHARE": n,
        "MASK": len(system.clones),
        "YI": n,
        "OB": len(system.observables),
        "RATE": len(system.rates),
        "PREV": len(system.rates),
        "FLOW": len(system.passages),
        "NOW": len(system.conditions),
        "HELD": max(len(system.conditions), 1),
        "FIRED": len(system.conditions),
        "NEW": len(system.settings),
        "ARRIVING": len(system.clones),
        "SETTLING": len(system.clones),
        "T": 1,
        "H": 1,
        "ERR": 1,
        "FAC": 1,
        "THETA": 1,
        "LEAP": 1,
        "BEFORE": 1,
        **(emit_shells.slots(system) if system.shells else {}),
    }
    offset, size = {}, 0
    for name, length in slots.items():
        offset[name], size = size, size + length * lanes
    facts = {
        "LANES": lanes,
        "N": n,
        "WIDTH": n * lanes,
        "SIZE": size,
        **offset,
        "COLUMNS": len(system.columns),
        "INPUTS": len(system.inputs),
        "CLONES": len(system.clones),
        "PASSAGES": len(system.passages),
        "HAZARDS": len(system.hazards),
        "BREAKS": len(system.breaks),
        "ENTRIES": len(system.entries),
        "JUMPS": len(system.conditions),
        "SETTINGS": len(system.settings),
        "PAIRS": len(system.apart),
        "TIMER": system.states.index(TIME) if TIME in system.states else n,
        "RATES": len(system.rates),
        **{f"{kind.__name__.upper()}_{m.name}": int(m) for kind in (Op, Register, Act, Outcome) for m in kind},
        "REGISTERS": len(Register),
        **(emit_shells.facts(system.shells, lanes) if system.shells else {}),
    }
    tables = {
        "CLONE": system.clones,
        "PASSAGE": [x for p in system.passages for x in map(int, p)],
        "HAZARD": [x for p in system.hazards for x in map(int, p)],
        "BREAK": system.breaks,
        "MODE": [int(c.mode) for c in system.conditions],
        "TIE": [x for pair in system.apart for x in pair],
        "SETTING": [x for s in system.settings for x in (s.jump, s.state)],
        "ENTRY": [x for e in system.entries for x in e],
        "SWITCH": [int(i in system.switches) for i in range(len(system.inputs))],
        **({"GROUP": emit_shells.groups(system.shells)} if system.shells else {}),
    }
    words = {
        "STATE_PATHS": system.states,
        "INPUT_PATHS": system.inputs,
        "COLUMN_PATHS": system.columns,
        "OBSERVABLE_PATHS": system.observables,
        "COUNTS": system.counts,
        "NONZEROS": (len(system.jacobian), len(lu)),
    }
    return "\n".join(
        [
            '"""Generated from a model. Do not edit."""',
            "import numpy as np",
            *(f"{k} = {v!r}" for k, v in words.items()),
            *(f"{k} = {v}" for k, v in facts.items()),
            *(f"{k} = np.array({list(v)!r}, dtype=np.int64)" for k, v in tables.items()),
            *map(kernel_text, (*PRELUDES[made], *((emit_shells.KERNEL,) if system.shells else ()))),
            *_functions(system, lu, offset, lanes),
            method.step_source(),
            *(kernel_text(name) if made == "plain" else kernel_text(name).replace(*LINED_UP) for name in KERNEL),
        ]
    )


def _functions(system: System, lu: SparseLU, offset: dict[str, int], lanes: int) -> list[str]:
    method = ros34pw2 if system.shells else rodas5p

    def at(area: str) -> Callable[[int], str]:
        return lambda i: f"w[{offset[area] + i * lanes} + l]"

    kept = {s.target: at("C")(i) for i, s in enumerate(system.hoisted)}
    places = {
        **kept,
        **{system.names[p]: at("P")(i) for i, p in enumerate(system.columns)},
        **{system.names[p]: at("U")(i) for i, p in enumerate(system.inputs)},
        **{system.names[c.path]: at("HELD")(i) for i, c in enumerate(system.conditions) if c.mode},
    }
    printer = emit_shells.Printer(system, offset, lanes, places) if system.shells else None
    totals = printer.totals() if printer else {}
    row = {s: i for i, s in enumerate(system.clones)}

    def function(
        name: str,
        doc: str,
        targets: list[str],
        stores: list[str],
        state_area: str | None,
        first: list[str] | None = None,
    ) -> str:
        states = {system.names[system.states[i]]: at(state_area)(i) for i in system.rows} if state_area else {}
        statements = system.needed(targets, kept if state_area else ())
        reads = {r for s in statements for r in s.reads} | set(targets)
        loads = [f"{n} = {place}" for n, place in {**states, **totals, **places}.items() if n in reads]
        lines = [*(first or []), *loads, *(f"{s.target} = {s.text}" for s in statements), *stores]
        return _over_lanes(name, doc, lines)

    def state(area: str) -> Callable[[int], str]:
        """Where the state of an equation stands, by its row."""
        return lambda i: at(area)(system.rows[i])

    f, m = state("F"), at("W")

    def b(i: int) -> str:
        return f"b{i}"

    def e(k: int) -> str:
        return f"e{k}"

    masks = [f"m{c} = h*{at('MASK')(c)}" for c in row.values()]
    step_of = [f"h = {at('H')(0)}", *masks]

    def scaled(i: int) -> str:
        return f"m{row[system.rows[i]]}" if system.rows[i] in row else "h"

    slopes = [f"{f(i)} = {scaled(i)}*{x}" for i, x in enumerate(system.rhs)]
    added = [f"{f(i)} = {f(i)} + {scaled(i)}*{x}" for i, x in enumerate(system.rhs)]
    inverse = repr(1.0 / method.GAMMA)
    matrix = []
    for i in range(lu.size):
        for j in range(lu.size):
            entry = system.jacobian.get((i, j))
            if i == j:
                matrix.append(f"{e(lu.entry[i, j])} = {inverse}" + (f" - {scaled(i)}*{entry}" if entry else ""))
            elif entry:
                matrix.append(f"{e(lu.entry[i, j])} = -{scaled(i)}*{entry}")
    matrix += lu.factor(e) + [f"{m(k)} = {e(k)}" for k in range(len(lu))]
    solving = [
        *(f"{e(k)} = {m(k)}" for k in range(len(lu))),
        *(f"{b(i)} = {f(i)}" for i in range(lu.size)),
        *lu.solve(e, b),
        *(f"{f(i)} = {b(i)}" for i in range(lu.size)),
    ]
    y, ys, yi = state("Y"), state("YS"), state("YI")
    d = [state(f"D{k}") for k in range(3)]
    inside = [f"a = {at('THETA')(0)}", "b = 1.0 - a"] + [
        f"{yi(i)} = b*{y(i)} + a*({ys(i)} + b*({d[0](i)} + a*({d[1](i)} + a*{d[2](i)})))" for i in range(lu.size)
    ]
    squares = [
        f"total = {at('ERR')(0) if printer else '0.0'} + {' + '.join(f(i) for i in range(lu.size)) or '0.0'}",
        f"total = total*{1.0 / len(system.states)!r}",
        "total = total if total < 1e12 else 1e12",
        "total = total if total > 1e-12 else 1e-12",
        f"factor = 0.9*exp({-0.5 / method.ORDER!r}*log(total))",
        "factor = factor if factor < 6.0 else 6.0",
        f"{at('ERR')(0)} = total",
        f"{at('FAC')(0)} = factor if factor > 0.2 else 0.2",
    ]
    printed = [
        function(
            "prepare",
            "What depends on a patient's constants alone.",
            list(kept),
            [f"{place} = {name}" for name, place in kept.items()],
            None,
        ),
        function(
            "begin",
            "Slopes h f(Y) in F and the factors of I/GAMMA - h J in W.",
            [*system.rhs, *system.jacobian.values()],
            [*slopes, *matrix],
            "Y",
            step_of,
        ),
        function("slope", "Adds the slopes h f(YS) to F.", list(system.rhs), added, "YS", step_of),
        function(
            "observe",
            "Published quantities at YI.",
            list(system.observed),
            [f"{at('OB')(i)} = {x}" for i, x in enumerate(system.observed)],
            "YI",
        ),
        function(
            "conditions",
            "Which conditions hold at YI.",
            [c.holds for c in system.conditions],
            [f"{at('NOW')(i)} = {c.holds}" for i, c in enumerate(system.conditions)],
            "YI",
        ),
        function(
            "new_values",
            "What jumps at YI would set.",
            [s.value for s in system.settings],
            [f"{at('NEW')(i)} = {s.value}" for i, s in enumerate(system.settings)],
            "YI",
        ),
        function(
            "rate_clones",
            "Birth, death and passage rates per cell at YI.",
            list(system.rates),
            [f"{at('RATE')(i)} = {x}" for i, x in enumerate(system.rates)],
            "YI",
        ),
        _over_lanes("solve", "Solves for F in place.", solving),
        _over_lanes("interpolate", "The state at THETA of the step in YI.", inside),
        _over_lanes("judge", "Mean squared scaled error, and the factor for the next step.", squares),
    ]
    if not printer:
        return printed
    return emit_shells.with_tissue(system, {text.split("(w)")[0].split()[-1]: text for text in printed}, printer)


def _over_lanes(name: str, doc: str, lines: list[str]) -> str:
    body = "\n".join(f"        {x}" for x in lines or ["pass"])
    head = f'@compiled("void(float64[::1])")\ndef {name}(w):\n    """{doc}"""\n    wide()'
    return f"\n\n{head}\n    for l in range(LANES):\n{body}\n"
