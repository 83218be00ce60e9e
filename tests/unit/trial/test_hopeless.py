"""No number makes a run hang: draws and steps of a patient are bounded, and a run in which nobody can be simulated
stops after its first patients and names what was changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import livingdrug
from livingdrug.engine.plan import MANY_DOSES, MAX_STEPS, Plan
from livingdrug.errors import EngineError, LivingDrugError
from livingdrug.parameters import FARTHEST
from livingdrug.trial.hopeless import LONG, PROBED
from livingdrug.trial.simulate import chunks
from thoroughness import some

TRIAL = "eliana"
ARM = livingdrug.Trial(TRIAL).resolved.arms[0]
DESIGN = livingdrug.Trial(TRIAL).design(ARM)


def steps(arm, patients: int = 4):
    seen = chunks(arm, DESIGN, patients, 1, 1, seen=lambda _, __, output: output.steps.sum(axis=1))
    return np.concatenate([x for *_, made in seen for x in made])


def test_the_budget_is_far_above_what_patients_take() -> None:
    assert 10 * steps(ARM, 40).max() < MAX_STEPS


@given(path=st.sampled_from(sorted(ARM.parameters)), power=st.floats(-6.0, 6.0))
@settings(max_examples=some(25))
def test_no_value_makes_a_run_endless(path: str, power: float) -> None:
    """Any number of the model, a million times less to a million times more: it ends, or is refused with words."""
    own = ARM.parameters[path]
    value = own.value * min(10.0**power, FARTHEST) if own.value else 10.0**power
    there = replace(ARM.resolved, parameters={**ARM.parameters, path: replace(own, value=value)})
    try:
        assert steps(replace(ARM, resolved=there)).max() <= MAX_STEPS * -(-len(DESIGN.plan.watches) // MANY_DOSES)
    except LivingDrugError as problem:
        assert path.rpartition(".")[0].split(".")[0] in str(problem) or f"{value:g}" in str(problem)


@pytest.mark.parametrize("path, value", [("kinetics.growth", "0.7"), ("protocol.follow_up", "12 months")])
def test_a_run_in_which_nobody_can_be_simulated_stops_early(monkeypatch, path: str, value: str) -> None:
    monkeypatch.setattr(Plan, "max_steps", property(lambda self: 3, lambda self, value: None))
    done = []
    with pytest.raises(EngineError, match=path) as said:
        livingdrug.Trial(TRIAL, {path: value}).run(patients=100_000, threads=1, progress=lambda n, _: done.append(n))
    assert "step budget" in str(said.value) and max(done) <= PROBED


def test_the_first_few_change_nothing(monkeypatch) -> None:
    """Patients who are simulated before the others are the same ones."""
    from livingdrug.trial import simulate

    monkeypatch.setattr(simulate, "PROBED", 9)
    run, found = livingdrug.Trial(TRIAL).run, []
    for long in (20, LONG):
        monkeypatch.setattr(simulate, "LONG", long)
        found.append(run(patients=24, seed=2, threads=1).patients)
    assert found[0].equals(found[1])


def test_what_makes_a_patient_impossible_is_named() -> None:
    """Some patients only, whom no dry run has met: still it is the user's word that is named, once."""
    with pytest.raises(LivingDrugError) as problem:
        livingdrug.Trial(TRIAL, {"covariates.age.low": -1}).run(patients=100).json()
    assert problem.value.where == "--set covariates.age.low"
