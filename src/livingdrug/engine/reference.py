"""The readable twin of the compiled engine: one patient, NumPy equations, SciPy's integrators, no extinction, no
rules.

Doses that rules gave are replayed from the compiled run (`Output.given`), so that both integrate the same story.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.plan import Output, Patients, Plan
from livingdrug.errors import EngineError
from livingdrug.model import Entry, Switch

if TYPE_CHECKING:
    from livingdrug.model import Model

Floats = NDArray[np.float64]


def integrate(
    model: Model,
    values: dict[str, float],
    doses: Floats,
    start: float,
    end: float,
    times: Floats,
    rtol: float = 1e-11,
    atol: Floats | float = 1e-14,
    method: str = "LSODA",
) -> Floats:
    """The states (times, states) of one patient; a time at which a dose is given sees the patient before the dose.

    values: parameters and covariates by path; doses (d, 4): time [day], input, amount, duration [day].
    """
    from scipy.integrate import solve_ivp

    model.without_jumps("the reference integrator")
    constants = {**values, **model.constants(values)}
    constants.update({p: x for p, x in values.items() if p not in model.states})
    doses = doses[np.isfinite(doses[:, 0])]
    switches = {i for i, p in enumerate(model.inputs) if isinstance(model.declared[p], Switch)}
    y = np.array([float(constants[f"{p}@start"]) for p in model.states])
    inputs = np.zeros(len(model.inputs))
    boundaries = {start, end, *doses[:, 0], *(doses[:, 0] + doses[:, 3]), *(float(constants[b]) for b in model.breaks)}
    out = np.full((len(times), len(y)), np.nan)
    out[times == start] = y

    def slopes(t: float, y: Floats) -> Floats:
        return _slopes(model, constants, inputs, t, y)

    def jacobian(t: float, y: Floats) -> Floats:
        """By differences, all columns in one evaluation."""
        d = 1e-7 * np.maximum(np.abs(y), 1e-6)
        both = np.concatenate([y[:, None] + np.diag(d), y[:, None] - np.diag(d)], axis=1)
        f = _slopes(model, constants, inputs, t, both)
        n = len(y)
        return (f[:, :n] - f[:, n:]) / (2 * d)

    at = start
    for then in sorted(b for b in boundaries if start < b <= end):
        inputs, y = _inputs_from(model, constants, doses, switches, inputs, at, y)
        inside = (times > at) & (times <= then)
        options = {"jac": jacobian} if method in ("LSODA", "Radau", "BDF") else {}
        found = solve_ivp(
            slopes,
            (at, then),
            y,
            method=method,
            t_eval=np.unique([*times[inside], then]),
            rtol=rtol,
            atol=atol,
            **options,
        )
        if not found.success:
            raise EngineError(f"the reference integrator stopped on day {found.t[-1]:g}: {found.message}")
        out[inside] = found.y.T[: inside.sum()]
        y, at = found.y[:, -1], then
    return out


def _slopes(model: Model, constants: dict[str, Any], inputs: Floats, t: float, y: Floats) -> Floats:
    values = {**constants, "time": t, **dict(zip(model.states, y)), **dict(zip(model.inputs, map(float, inputs)))}
    found = model.evaluate(values, published=False).derivatives
    rates = np.empty_like(y)
    for i, path in enumerate(model.states):
        rates[i] = found[path]
    return rates


def _inputs_from(
    model: Model, constants: dict[str, Any], doses: Floats, switches: set[int], inputs: Floats, t: float, y: Floats
) -> tuple[Floats, Floats]:
    """Inputs from time t on, and the state after what is given at once at t."""
    inputs, y = inputs.copy(), y.copy()
    inputs[[i for i in range(len(inputs)) if i not in switches]] = 0.0
    for begin, i, amount, duration in doses:
        path = model.inputs[int(i)]
        if int(i) in switches:
            if begin == t:
                inputs[int(i)] = amount
        elif begin + duration > begin:
            if begin <= t < begin + duration:
                inputs[int(i)] += amount / (begin + duration - begin)
        elif begin == t:
            role = path.rpartition(".")[0]
            entry = model.declared[path]
            assert isinstance(entry, Entry)
            for state in entry.into:
                y[model.states.index(f"{role}.{state}")] += constants[f"{path}>{state}"] * amount
    return inputs, y


def observe(
    model: Model,
    values: dict[str, float],
    states: Floats,
    times: Floats,
    wanted: Iterable[str],
    doses: Floats | None = None,
) -> Floats:
    """Published quantities (times, wanted) of a course of states (times, states)."""
    constants = {**values, **model.constants(values)}
    doses = np.zeros((0, 4)) if doses is None else doses[np.isfinite(doses[:, 0])]
    switches = {i for i, p in enumerate(model.inputs) if isinstance(model.declared[p], Switch)}
    wanted, rows = list(wanted), []
    for t, y in zip(times, states):
        inputs = np.zeros(len(model.inputs))
        for begin, i, amount, duration in doses:  # as of just before t
            if int(i) in switches:
                inputs[int(i)] = amount if begin < t else inputs[int(i)]
            elif begin < t <= begin + duration:
                inputs[int(i)] += amount / duration
        everything = {
            **constants,
            "time": t,
            **dict(zip(model.states, y)),
            **dict(zip(model.inputs, map(float, inputs))),
        }
        shown = {**everything, **model.evaluate(everything).published}
        rows.append([float(shown[p]) for p in wanted])
    return np.array(rows)


def replay(
    model: Model, plan: Plan, patients: Patients, out: Output, i: int, rtol: float = 1e-11, method: str = "LSODA"
) -> Floats:
    """The output rows (output ticks, written) of patient i of a compiled run, integrated again here."""
    values = {p: float(np.asarray(x)[i] if np.ndim(x) else x) for p, x in patients.values.items()}
    values = {p: x for p, x in values.items() if p in model.parameters or p in model.covariates}
    doses = np.concatenate([patients.doses[i], out.given[i]])
    times = np.asarray(plan.ticks)[np.asarray(plan.output)]
    times = times[times <= out.ended[i]]
    states = integrate(model, values, doses, plan.start, float(out.ended[i]), times, rtol=rtol, method=method)
    found = np.full((int(np.sum(plan.output)), plan.written), np.nan)
    found[: len(times)] = observe(model, values, states, times, plan.observables[: plan.written], doses)
    return found
