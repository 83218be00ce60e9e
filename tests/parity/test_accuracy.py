"""How exact the compiled engine is on the whole therapy model: |y - ref| / (|ref| + 1e-3 peak), extinction off,
doses replayed.
"""

from dataclasses import replace

import numpy as np
import pytest

from livingdrug.engine import reference
from livingdrug.engine.plan import Outcome, Patients
from livingdrug.engine.run import simulate
from livingdrug.trial.enrolment import enrol
from livingdrug.trial.run import Trial

MANY = 48


def until(plan, day):
    kept = plan.ticks <= day
    return replace(
        plan,
        end=float(day),
        ticks=plan.ticks[kept],
        marks=plan.marks[kept],
        output=plan.output[kept],
        clone_ticks=plan.clone_ticks[kept],
    )


@pytest.fixture(scope="module")
def therapy():
    """Model, plan of two years without extinction, patients, their compiled run at the default tolerance, and how many
    of the written quantities are the shown ones (they come first; the rest is for grading, and quiet before day 0)."""
    trial = Trial("eliana")
    arm = trial.resolved.arms[0]
    design = trial.design(arm)
    patients = enrol(arm, design, np.arange(MANY), 1).patients
    plan = replace(until(design.plan, 730.0), extinction=False)
    return design.model, plan, patients, simulate(design.model, plan, patients), len(design.shown)


def with_given(patients, out):
    """The same patients with the doses that rules gave put on the schedule."""
    doses = np.concatenate([patients.doses, out.given], axis=1)
    order = np.argsort(doses[..., 0], axis=1, kind="stable")
    return replace(patients, doses=np.take_along_axis(doses, order[..., None], axis=1))


def errors(found, exact):
    """Scaled errors where both are known (patients, times, names); what never rises above 1e-9 counts as 0."""
    peak = np.nanmax(np.abs(exact), axis=-2, keepdims=True)
    known = np.isfinite(found) & np.isfinite(exact) & (peak > 1e-9)
    return np.where(known, np.abs(found - exact) / (np.abs(exact) + 1e-3 * np.maximum(peak, 1e-9)), 0.0), known


def test_against_a_run_at_1e_11(therapy):
    model, plan, patients, out, shown = therapy
    assert (out.outcome < Outcome.STEP_BUDGET).all() and (out.given[..., 0] < 1e9).any()
    quiet = replace(plan, watches=(), marks=np.zeros_like(plan.marks), rtol=1e-11, max_steps=1_000_000)
    exact = simulate(model, quiet, with_given(patients, out))
    error, known = errors(out.observables, exact.observables)
    assert known[..., :shown].mean() > 0.3
    assert error.max() < 1e-3, (error.max(), plan.observables[int(error.max((0, 1)).argmax())])
    assert np.median(error.max(axis=(1, 2))) < 1e-4
    np.testing.assert_allclose(out.event_times, exact.event_times, rtol=1e-4)


@pytest.mark.parametrize(
    "method, rtol, days, one",
    [("LSODA", 1e-11, 14.0, 0), pytest.param("Radau", 1e-8, -2.0, 1, marks=pytest.mark.thorough)],
)
def test_against_scipy_on_the_readable_equations(therapy, method, rtol, days, one):
    model, plan, patients, out, shown = therapy
    i = np.flatnonzero(out.ended > days)[one]
    alone = Patients(
        patients.ids[i : i + 1],
        {p: x[i : i + 1] if np.ndim(x) else x for p, x in patients.values.items()},
        patients.extras[i : i + 1],
        patients.doses[i : i + 1],
        patients.thresholds[i : i + 1],
        patients.seed,
    )
    short = until(plan, days)
    found = simulate(model, short, alone)
    exact = reference.replay(model, short, alone, found, 0, rtol=rtol, method=method)
    error, known = errors(found.observables[0], exact)
    assert known[:, :shown].any(axis=0).mean() > 0.6
    assert error.max() < 1e-3 and np.median(error.max(axis=0)) < 1e-4
