"""pydiffsol: the equations in DiffSL, compiled by it, with its own BDF on dense matrices. Each piece begins at time 0:
the equations do not ask for the time."""

from __future__ import annotations

import re
from itertools import count

import numpy as np

from livingdrug.bench.peers import Solver
from livingdrug.bench.peers.task import Floats, Task
from livingdrug.errors import EngineError

LARGER = re.compile(r"(\w+) if \1 > (\S+) else \2")  # the only choice that the study model makes


def bdf(task: Task) -> Solver:
    import pydiffsol

    ode = pydiffsol.Ode(
        written(task), scalar_type=pydiffsol.f64, matrix_type=pydiffsol.nalgebra_dense, ode_solver=pydiffsol.bdf
    )
    ode.rtol, ode.atol = task.rtol, task.atol

    def piece(p: Floats, u: Floats, y: Floats, times: Floats) -> Floats:
        try:
            found: Floats = ode.solve_dense(np.concatenate([y, p, u]), times - times[0]).ys.T
        except BaseException as problem:  # what Rust throws is no Exception
            if type(problem).__name__ != "PanicException":
                raise
            raise EngineError(f"pydiffsol broke off: {problem}") from None
        return found

    return lambda patients: task.by_pieces(piece, patients)


def written(task: Task) -> str:
    """The equations as DiffSL, of which the parameters are the states at the start, the constants and the inputs."""
    s, number = task.system, count()
    names: dict[str, str] = {}  # an underscore begins an index there

    def name(text: str) -> str:
        return names.setdefault(text, f"a{next(number)}")

    def turned(text: str) -> str:
        text = LARGER.sub(r"max(\1, \2)", text)
        if " if " in text:
            raise ValueError(f"DiffSL has no choice: {text}")
        return re.sub(r"\b(?!max\b|power\b|exp\b|log\b|sqrt\b)[A-Za-z_]\w*", lambda m: name(m[0]), text)

    lines = {x.target: turned(x.text).replace("power(", "pow(") for x in s.needed(list(s.rhs))}
    starts = [f"start{i}" for i in range(len(s.states))]
    given = [*starts, *[name(s.names[p]) for p in (*s.columns, *s.inputs)]]
    states = [f"{name(s.names[p])} = {start}" for p, start in zip(s.states, starts, strict=True)]
    blocks = ["in_i { " + ", ".join(f"{g} = 1" for g in given) + " }", "u_i { " + ", ".join(states) + " }"]
    blocks += [f"{name(target)} {{ {text} }}" for target, text in lines.items()]
    blocks.append("F_i { " + ", ".join(name(x) for x in s.rhs) + " }")
    return "\n".join(blocks)
