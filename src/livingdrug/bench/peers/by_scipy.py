"""SciPy's LSODA (by solve_ivp and by odeint) and Radau, with equations and analytic Jacobian compiled by numba."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from livingdrug.bench.peers import Solver
from livingdrug.bench.peers.task import Floats, Task


def lsoda(task: Task) -> Solver:
    return _by_solve_ivp(task, "LSODA")


def radau(task: Task) -> Solver:
    return _by_solve_ivp(task, "Radau")


def _functions(
    task: Task, p: Floats, u: Floats
) -> tuple[Callable[[float, Floats], Floats], Callable[[float, Floats], Floats]]:
    slopes, jacobian = task.compiled
    n = len(task.system.states)

    def f(t: float, y: Floats) -> Floats:
        out = np.empty(n)
        slopes(y, p, u, out)
        return out

    def jac(t: float, y: Floats) -> Floats:
        out = np.zeros((n, n))
        jacobian(y, p, u, out)
        return out

    return f, jac


def _by_solve_ivp(task: Task, method: str) -> Solver:
    from scipy.integrate import solve_ivp

    def piece(p: Floats, u: Floats, y: Floats, times: Floats) -> Floats:
        f, jac = _functions(task, p, u)
        span = (times[0], times[-1])
        found: Any = solve_ivp(f, span, y, method, times, rtol=task.rtol, atol=task.atol, jac=jac)
        return found.y.T

    return lambda patients: task.by_pieces(piece, patients)


def odeint(task: Task) -> Solver:
    from scipy import integrate

    def piece(p: Floats, u: Floats, y: Floats, times: Floats) -> Floats:
        f, jac = _functions(task, p, u)
        return integrate.odeint(f, y, times, Dfun=jac, rtol=task.rtol, atol=task.atol, tfirst=True, mxstep=100_000)

    return lambda patients: task.by_pieces(piece, patients)
