"""Other integrators that may be installed, on the bench's model: the same equations compiled by numba, the same
doses and outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.plan import Patients, Plan

if TYPE_CHECKING:
    from livingdrug.model import Model

Floats = NDArray[np.float64]
Solve = Callable[[Patients], Floats]
Piece = Callable[[Floats, Floats, Floats, Floats], Floats]  # constants, inputs, start, times -> states at the times


def found_peers(model: Model, plan: Plan, rtol: float) -> Iterator[tuple[str, str, int, Solve]]:
    """(name, package, patients to time, solver) of each installed integrator."""
    equations = _Equations(model)
    if find_spec("scipy"):
        yield (
            "SciPy LSODA, numba equations and Jacobian",
            "scipy",
            8,
            _by_pieces(model, plan, equations, _scipy(equations, rtol)),
        )
    if find_spec("sksundae"):
        yield (
            "CVODE (scikit-sundae), numba equations and Jacobian",
            "scikit-sundae",
            8,
            _by_pieces(model, plan, equations, _cvode(equations, rtol)),
        )
    if find_spec("numbalsoda"):
        yield (
            "LSODA (numbalsoda), numba equations",
            "numbalsoda",
            32,
            _by_pieces(model, plan, equations, _numbalsoda(equations, rtol)),
        )


class _Equations:
    """Right-hand side and Jacobian compiled from the engine's statements."""

    def __init__(self, model: Model) -> None:
        import numba

        from livingdrug.engine.lower import lower

        self.system = s = lower(model)
        self.entries = sorted(s.jacobian)
        arguments = [("y", s.states), ("p", s.columns), ("u", s.inputs)]

        def function(name: str, targets: list[str], stores: list[str]) -> Any:
            lines = [f"{s.names[p]} = {a}[{i}]" for a, paths in arguments for i, p in enumerate(paths)]
            lines += [f"{x.target} = {x.text}" for x in s.needed(targets)] + stores
            scope: dict[str, Any] = {}
            exec(f"from math import exp, log, sqrt\ndef {name}(y, p, u, out):\n    " + "\n    ".join(lines), scope)
            return numba.njit(scope[name], error_model="numpy", fastmath={"contract", "nsz"})

        self.slopes = function("slopes", list(s.rhs), [f"out[{i}] = {x}" for i, x in enumerate(s.rhs)])
        self.jacobian = function(
            "jacobian", list(s.jacobian.values()), [f"out[{i}, {j}] = {s.jacobian[i, j]}" for i, j in self.entries]
        )


def _by_pieces(model: Model, plan: Plan, equations: _Equations, piece: Piece) -> Solve:
    """Integrates each patient from dose to dose; everybody has the first patient's dose times."""
    s = equations.system

    def solve(patients: Patients) -> Floats:
        values = {**patients.values, **model.constants(patients.values)}
        n = len(patients.ids)
        columns = np.column_stack([np.broadcast_to(values[p], n) for p in s.columns]).astype(float)
        starts = np.column_stack([np.broadcast_to(values[f"{p}@start"], n) for p in s.states]).astype(float)
        times = np.asarray(plan.ticks)
        out = np.empty((n, len(times), len(s.states)))
        doses = patients.doses[0]
        edges = sorted({plan.start, plan.end, *doses[:, 0], *(doses[:, 0] + doses[:, 3])})
        for i in range(n):
            y = starts[i].copy()
            for at, then in zip(edges, edges[1:]):
                out[i, times == at] = y
                u = np.zeros(len(s.inputs))
                for begin, entry, amount, duration in doses:
                    if duration > 0 and begin <= at < begin + duration:
                        u[int(entry)] += amount / duration
                    elif duration == 0 and begin == at:
                        for e, state, share in s.entries:
                            y[state] += columns[i, share] * amount if e == int(entry) else 0.0
                inside = (times > at) & (times <= then)
                found = piece(columns[i], u, y, np.unique([at, *times[inside], then]))
                out[i, inside] = found[1 : 1 + inside.sum()]
                y = found[-1].copy()
        return out

    return solve


def _scipy(equations: _Equations, rtol: float) -> Piece:
    from scipy.integrate import solve_ivp

    def piece(p: Floats, u: Floats, y: Floats, times: Floats) -> Floats:
        n = len(y)

        def f(t: float, x: Floats) -> Floats:
            out = np.empty(n)
            equations.slopes(x, p, u, out)
            return out

        def jac(t: float, x: Floats) -> Floats:
            out = np.zeros((n, n))
            equations.jacobian(x, p, u, out)
            return out

        return solve_ivp(f, (times[0], times[-1]), y, "LSODA", times, rtol=rtol, atol=rtol * 1e-3, jac=jac).y.T

    return piece


def _cvode(equations: _Equations, rtol: float) -> Piece:
    from sksundae.cvode import CVODE

    def piece(p: Floats, u: Floats, y: Floats, times: Floats) -> Floats:
        def f(t: float, x: Floats, out: Floats) -> None:
            equations.slopes(x, p, u, out)

        def jac(t: float, x: Floats, slope: Floats, out: Floats) -> None:
            out[:] = 0.0
            equations.jacobian(x, p, u, out)

        asked = times if len(times) > 2 else np.array([times[0], 0.5 * (times[0] + times[1]), times[1]])
        found = CVODE(f, jacfn=jac, rtol=rtol, atol=rtol * 1e-3, method="BDF", max_num_steps=100_000).solve(asked, y).y
        return found if len(times) > 2 else found[[0, 2]]

    return piece


def _numbalsoda(equations: _Equations, rtol: float) -> Piece:
    import numba
    from numbalsoda import lsoda, lsoda_sig

    n, columns, inputs = len(equations.system.states), len(equations.system.columns), len(equations.system.inputs)
    slopes = equations.slopes

    @numba.cfunc(lsoda_sig)
    def f(t, y, out, data):  # type: ignore[no-untyped-def]
        q = numba.carray(data, (columns + inputs,))
        slopes(numba.carray(y, (n,)), q[:columns], q[columns:], numba.carray(out, (n,)))

    address = f.address

    def piece(p: Floats, u: Floats, y: Floats, times: Floats) -> Floats:
        return lsoda(address, y.copy(), times, data=np.concatenate([p, u]), rtol=rtol, atol=rtol * 1e-3)[0]

    piece.keeps = f  # type: ignore[attr-defined]
    return piece
