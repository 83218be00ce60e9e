"""CVODE of SUNDIALS, called through scikit-sundae, with equations and analytic Jacobian compiled by numba."""

from __future__ import annotations

import numpy as np

from livingdrug.bench.peers import Solver
from livingdrug.bench.peers.task import Floats, Task


def cvode(task: Task) -> Solver:
    from sksundae.cvode import CVODE

    slopes, jacobian = task.compiled
    p, u = np.zeros(task.columns.shape[1]), np.zeros(task.inputs.shape[1])  # of the piece that is being solved

    def f(t: float, y: Floats, out: Floats) -> None:
        slopes(y, p, u, out)

    def jac(t: float, y: Floats, slope: Floats, out: Floats) -> None:
        out[:] = 0.0
        jacobian(y, p, u, out)

    solver = CVODE(f, jacfn=jac, rtol=task.rtol, atol=task.atol, method="BDF", max_num_steps=100_000)

    def piece(constants: Floats, inputs: Floats, y: Floats, times: Floats) -> Floats:
        p[:], u[:] = constants, inputs
        if len(times) > 2:
            return solver.solve(times, y).y
        middle = 0.5 * (times[0] + times[1])  # two times alone would mean: every step
        return solver.solve(np.array([times[0], middle, times[1]]), y).y[[0, 2]]

    return lambda patients: task.by_pieces(piece, patients)
