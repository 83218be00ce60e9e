import numpy as np
import pytest
from ward_model import MODEL, patients, plan

from livingdrug.engine.plan import Act, Op, Outcome, Watch
from livingdrug.engine.run import simulate

INF = np.inf


def thresholds(relapse=INF, death=INF):
    return np.array([[relapse, death]])


def test_a_hazard_fires_when_it_passes_its_threshold(plain):
    out = simulate(MODEL, plan(step=1.0), patients(thresholds=thresholds(relapse=0.3333), risk=0.1), program=plain)
    np.testing.assert_allclose(out.event_times[0], [3.333, INF], rtol=1e-9)
    assert out.outcome[0] == Outcome.COMPLETED and out.ended[0] == 10.0


def test_death_ends_follow_up_at_its_time(plain):
    # heat stays at 2 from the start when rise = 1 and cooling = 0.5; here it starts at 1: heat = 2 - exp(-t/2)
    out = simulate(
        MODEL,
        plan(step=1.0),
        patients(thresholds=thresholds(relapse=0.1, death=0.4), risk=0.03, danger=0.1),
        program=plain,
    )
    t = out.event_times[0, 1]
    np.testing.assert_allclose(0.1 * (2 * t - 2 * (1 - np.exp(-t / 2))), 0.4, rtol=1e-6)
    assert out.outcome[0] == Outcome.ENDED and out.ended[0] == t
    np.testing.assert_allclose(out.event_times[0, 0], INF if t < 0.1 / 0.03 else 0.1 / 0.03, rtol=1e-6)
    np.testing.assert_allclose(out.final[0, MODEL.states.index("illness.heat")], 2 - np.exp(-t / 2), rtol=1e-5)
    assert np.isfinite(out.observables[0, : int(t) + 1]).all() and np.isnan(out.observables[0, int(t) + 1 :]).all()


def test_an_event_after_a_dose_that_cuts_the_step_is_not_counted_early(plain):
    """Salvage stops the hazard at day 2; without the cut the long step would have passed the threshold."""
    salvage = MODEL.inputs.index("illness.salvage")
    watch = Watch(
        "salvage",
        1,
        np.array([[Op.TIME, 0], [Op.CONST, 0], [Op.GE, 0]]),
        np.array([2.0]),
        Act.SET,
        salvage,
        np.array([[Op.CONST, 0]]),
        np.array([1.0]),
        limit=1,
    )
    out = simulate(MODEL, plan(watches=[watch]), patients(thresholds=thresholds(relapse=0.21), risk=0.1), program=plain)
    assert out.event_times[0, 0] == INF


def test_a_watch_stops_follow_up(plain):
    watch = Watch("stop", 1, np.array([[Op.TIME, 0], [Op.CONST, 0], [Op.GE, 0]]), np.array([3.0]), Act.STOP)
    out = simulate(MODEL, plan(watches=[watch]), patients(thresholds=thresholds(relapse=0.31), risk=0.1), program=plain)
    assert out.outcome[0] == Outcome.STOPPED and out.ended[0] == 3.0 and out.event_times[0, 0] == INF
    assert np.isfinite(out.observables[0, 12]).all() and np.isnan(out.observables[0, 13]).all()


def test_a_patient_who_runs_out_of_steps_is_a_row_with_a_code(plain):
    out = simulate(MODEL, plan(max_steps=7), patients(1), program=plain)
    assert out.outcome[0] == Outcome.STEP_BUDGET and 0 < out.ended[0] < 10 and out.steps.sum() == 7
    assert np.isfinite(out.final).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e308])
def test_a_patient_whose_numbers_break_is_a_row_with_a_code_and_the_others_are_untouched(plain, bad):
    rise = np.array([1.0, bad, 1.1])
    out = simulate(MODEL, plan(), patients(3, rise=rise), program=plain)
    assert list(out.outcome[[0, 2]]) == [Outcome.COMPLETED] * 2 and out.outcome[1] >= Outcome.STEP_BUDGET
    alone = simulate(MODEL, plan(), patients(1, rise=1.1, ids=np.array([2])), program=plain)
    np.testing.assert_array_equal(alone.observables[0], out.observables[2])


def test_a_plan_of_no_length(plain):
    out = simulate(MODEL, plan(0.0), patients(2, [(0.0, 0, 5.0, 0.0)]), program=plain)
    assert out.observables.shape[1] == 1 and (out.outcome == Outcome.COMPLETED).all() and (out.ended == 0).all()


def test_no_patients_at_all(plain):
    out = simulate(MODEL, plan(), patients(0, thresholds=np.zeros((0, 2))), program=plain)
    assert out.observables.shape == (0, 41, 6)
