"""numbalsoda's LSODA: equations, doses and the loop over patients compiled together (it takes no analytic Jacobian)."""

from __future__ import annotations

from typing import Any

import numpy as np

from livingdrug.bench.peers import Solver
from livingdrug.bench.peers.task import Floats, Task


def lsoda(task: Task) -> Solver:
    import numba
    from numbalsoda import lsoda as integrate
    from numbalsoda import lsoda_sig

    slopes, _ = task.compiled
    n, many, inputs = len(task.system.states), task.columns.shape[1], task.inputs.shape[1]
    rtol, atol = task.rtol, task.atol

    @numba.cfunc(lsoda_sig)
    def f(t: Any, y: Any, out: Any, data: Any) -> None:
        q = numba.carray(data, (many + inputs,))
        slopes(numba.carray(y, (n,)), q[:many], q[many:], numba.carray(out, (n,)))

    address = f.address

    @numba.njit(nogil=True)
    def solve(columns, starts, given, u, asked, sizes, places, out):  # type: ignore[no-untyped-def]
        for i in range(len(starts)):
            y = starts[i].copy()
            q = np.empty(many + inputs)
            q[:many] = columns[i]
            for k in range(len(u)):
                q[many:] = u[k]
                found, _ = integrate(
                    address, y + given[i, k], asked[k, : sizes[k]].copy(), data=q, rtol=rtol, atol=atol
                )
                for j in range(places[k, 0], places[k, 1]):
                    out[i, j] = found[1 + j - places[k, 0]]
                y = found[-1].copy()

    pieces = task.pieces()
    asked = np.zeros((len(pieces), max(len(x[3]) for x in pieces)))
    for k, _, _, times in pieces:
        asked[k, : len(times)] = times
    sizes, places = np.array([len(x[3]) for x in pieces]), np.array([x[1:3] for x in pieces])

    def solver(patients: int) -> Floats:
        out = np.full((patients, len(task.times), n), np.nan)
        out[:, task.times == task.plan.start] = task.starts[:patients, None]
        solve(
            task.columns[:patients],
            task.starts[:patients],
            task.given[:patients],
            task.inputs,
            asked,
            sizes,
            places,
            out,
        )
        return out

    solver.keeps = f  # type: ignore[attr-defined]
    return solver
