"""Published quantities of whole therapy models: finite and never negative, whatever the states and the patient.

A module tested alone sees any value of what it reads; together one module may push another where its own equations
never lead. Here every state is drawn freely (a drug that is not written yet may empty any of them).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laid_out import trials
from livingdrug.cohort import draw
from livingdrug.model import Flow, Module, State, assemble
from thoroughness import some, some_of

TRIALS = [  # one for each model: what differs between trials of one model is values
    *{tuple(sorted(resolved.modules.items())): trial for trial, resolved in reversed(trials().items())}.values()
]
DRAINED = ("cytokines.il6", "leucocytes.myeloid", "lymphocytes.share", "b_cells.igg", "cytokines.crp")
# States that cannot leave an interval, whatever is added to the model: path -> path of their largest value.
BOUNDED = {"kinetics.share": "kinetics.circulating"}


@lru_cache
def patients(trial: str):
    """The trial's model, and parameters and constants of 200 patients by path."""
    scenario = trials()[trial]
    return scenario.model(), draw(scenario, np.arange(200), 7)


def of_patient(trial: str, i: int) -> dict[str, np.float64]:
    _, cohort = patients(trial)
    return {p: np.float64(cohort.of(p)[i]) for p in cohort.values}


size = st.one_of(st.just(0.0), st.floats(-12, 13).map(lambda e: 10.0**e))


@pytest.mark.parametrize("trial", TRIALS)
@settings(max_examples=some(100))
@given(data=st.data(), i=st.integers(0, 199))
def test_published_quantities_are_finite_and_not_negative(trial, data, i):
    model, _ = patients(trial)
    values = of_patient(trial, i)
    states = {p: np.float64(data.draw(size, label=p)) for p in model.states}
    states |= {p: min(states[p], values[top]) for p, top in BOUNDED.items() if p in states}
    switches = {p: float(data.draw(st.booleans())) for p in model.inputs if p not in model.entries}
    with np.errstate(all="ignore"):
        seen = model.evaluate({**values, **switches, **states})
    for path, x in seen.published.items():
        assert np.isfinite(x) and x >= 0, f"{path} is {x}"
    for role, flow, rate in seen.flows:
        assert np.isfinite(rate), f"{role}: {getattr(flow, 'name', flow)} is {rate}"


@pytest.mark.parametrize("trial", TRIALS)
def test_a_bounded_state_stays_within_its_bound(trial):
    model, _ = patients(trial)
    for path, top in ((p, top) for p, top in BOUNDED.items() if p in model.states):
        for i in range(20):
            values = of_patient(trial, i)
            states = {p: np.float64(0.0) for p in model.states} | {path: values[top]}
            assert values[top] <= 1.0 and values[f"{path}@start"] <= values[top]
            assert model.evaluate({**values, **states}).derivatives[path] <= 0


@pytest.mark.parametrize("trial", some_of(TRIALS, one_in=2))
def test_any_state_may_be_drained_below_its_rest(trial):
    """A drug that takes any one state away, hundred times a day: for twelve days every quantity keeps in bounds.

    Each state is drained in one of the models, since all share the modules that hold them.
    """
    from scipy.integrate import solve_ivp

    model, _ = patients(trial)
    values = of_patient(trial, 3)
    for path in DRAINED[TRIALS.index(trial) :: len(TRIALS)]:
        assert path in model.states

        class Sink(Module):
            role = "drug.sink"
            taken = State("1", "nothing of interest")

            def flows(self, v, path=path):
                yield Flow("taken", out_of=path, per=path, rate=100.0)

        drained = assemble(*model.modules.values(), Sink)
        names = drained.states
        start = np.array([values.get(f"{p}@start", 0.0) for p in names])
        start[names.index(next(p for p in ("kinetics.product", "kinetics.particles") if p in names))] = (
            1e8  # cells, or far too much of what makes them
        )

        def slopes(t, y, drained=drained, names=names):
            with np.errstate(all="ignore"):
                d = drained.evaluate({**values, **dict(zip(names, np.maximum(y, 0.0))), "time": t}, published=False)
            return np.array([d.derivatives[p] for p in names], dtype=float)

        course = solve_ivp(slopes, (0.0, 12.0), start, method="LSODA", rtol=1e-4, atol=1e-6, t_eval=[1, 5, 9, 12])
        assert course.success
        at = names.index(path)
        assert course.y[at].min() < 0.1 * start[at], f"{path} is not drained"
        for y in course.y.T:
            with np.errstate(all="ignore"):
                seen = drained.evaluate({**values, **dict(zip(names, np.maximum(y, 0.0)))}).published
            assert all(np.isfinite(x) and x >= 0 for x in seen.values()), {p: x for p, x in seen.items() if not x >= 0}
