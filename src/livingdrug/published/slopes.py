"""The engine's statements of a model printed as one plain Python function: the slopes of a single patient.

The same statements that every other back end prints, and far faster than evaluating the model anew at every step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.codegen.lower import TIME, lower
from livingdrug.model import Model

Floats = NDArray[np.float64]
Slopes = Callable[[float, Floats, Mapping[str, float]], Floats]


@lru_cache(maxsize=32)
def slopes(model: Model) -> Slopes:
    """A function of time, state and the other values by path (constants, inputs), giving the slope of every state."""
    system = lower(model.without_jumps("the one-course integrator").without_tissue("the one-course integrator"))
    modes = system.needed([c.holds for c in system.conditions])  # here they follow the state, they are not held
    rest = system.needed(list(system.rhs), {s.target for s in modes})
    read = frozenset(system.rhs).union(*[s.reads for s in (*modes, *rest)])
    others = [p for p in (*system.columns, *system.inputs) if system.names[p] in read]
    states = [system.names[p] for p in model.states]
    lines = [
        f"def slopes({system.names[TIME]}, y, p):",
        f"    {', '.join(states)}, = y",
        *([f"    {', '.join(system.names[p] for p in others)}, = p"] if others else []),
        *(f"    {s.target} = {s.text}" for s in modes),
        *(f"    {system.names[c.path]} = {c.holds}" for c in system.conditions),
        *(f"    {s.target} = {s.text}" for s in rest),
        f"    return [{', '.join(system.rhs[: len(states)])}]",
    ]
    scope: dict[str, Any] = {"exp": _exp, "log": _log, "power": _power, "sqrt": math.sqrt}
    exec("\n".join(lines), scope)  # our own statements, printed from SymPy
    printed = scope["slopes"]

    def evaluate(t: float, y: Floats, values: Mapping[str, float]) -> Floats:
        try:
            return np.array(printed(t, y.tolist(), [float(values.get(p, 0.0)) for p in others]))
        except (ZeroDivisionError, OverflowError, ValueError):
            return np.full(len(states), np.nan)

    return evaluate


def _exp(x: float) -> float:
    return math.exp(min(max(x, -700.0), 700.0))


def _power(x: float, n: float) -> float:
    return _exp(n * _log(x))


def _log(x: float) -> float:
    return math.log(x) if x > 0.0 else math.nan
