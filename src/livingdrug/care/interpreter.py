"""Programs carried out in plain NumPy: the engine's small machine in readable form, for many patients at once.

For doses decided before the start, and for what is read off patients afterwards. A missing value is never true.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from livingdrug.care.compiler import Program
from livingdrug.engine.plan import Op


def _true(x: Any) -> Any:
    return (x != 0) & ~np.isnan(x)


_ONE: dict[Op, Callable[[Any], Any]] = {
    Op.NEG: np.negative,
    Op.ABS: np.abs,
    Op.NOT: lambda x: ~_true(x),
    Op.EXP: np.exp,
    Op.LOG: lambda x: np.where(x > 0, np.log(x), np.nan),
    Op.FLOOR: np.floor,
}
_TWO: dict[Op, Callable[[Any, Any], Any]] = {
    Op.ADD: np.add,
    Op.SUB: np.subtract,
    Op.MUL: np.multiply,
    Op.DIV: lambda a, b: np.where(b != 0, np.divide(a, b), np.nan),
    Op.MIN: lambda a, b: np.where(a < b, a, b),
    Op.MAX: lambda a, b: np.where(a > b, a, b),
    Op.LT: np.less,
    Op.LE: np.less_equal,
    Op.GT: np.greater,
    Op.GE: np.greater_equal,
    Op.EQ: np.equal,
    Op.NE: np.not_equal,
    Op.AND: lambda a, b: _true(a) & _true(b),
    Op.OR: lambda a, b: _true(a) | _true(b),
}


def evaluate(program: Program, observables: Any, extras: Any, time: Any = 0.0, registers: Any = None) -> Any:
    """The value of a program for each patient (n,), or one number when it mentions no patient.

    observables (n, used), extras (n, k), registers (n, watches * len(Register)): columns are what the program names;
    time: one for all, or (n,).
    """
    ops, numbers = program
    push = {
        Op.CONST: lambda a: numbers[a],
        Op.OBS: lambda a: observables[:, a],
        Op.PAR: lambda a: extras[:, a],
        Op.TIME: lambda a: np.asarray(time, float)[()],
        Op.REG: lambda a: registers[:, a],
    }
    stack: list[Any] = []
    with np.errstate(all="ignore"):
        for code, argument in ops:
            op = Op(code)
            if op in push:
                stack.append(push[op](argument))
            elif op in _ONE:
                stack.append(_ONE[op](stack.pop()) * 1.0)
            elif op in _TWO:
                right, left = stack.pop(), stack.pop()
                stack.append(_TWO[op](left, right) * 1.0)
            else:
                otherwise, then, condition = stack.pop(), stack.pop(), stack.pop()
                stack.append(np.where(_true(condition), then, otherwise))
    return stack[-1]
