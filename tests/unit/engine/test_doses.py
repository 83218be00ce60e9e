from dataclasses import replace

import numpy as np
import pytest
from ward_model import MODEL, patients, plan

from livingdrug.engine.plan import Act, Op, Outcome, Patients, Watch
from livingdrug.engine.run import simulate
from livingdrug.errors import EngineError

VEIN, MOUTH, SALVAGE = (MODEL.inputs.index(p) for p in ("drug.vein", "drug.mouth", "illness.salvage"))


def amounts(plain, *doses, end=10.0, watches=(), **values):
    out = simulate(MODEL, plan(end, watches=watches), patients(1, list(doses), **values), program=plain)
    assert out.outcome[0] == Outcome.COMPLETED
    return out, out.observables[0, :, 0]


def bolus(t, given, amount, k=0.3):
    return np.where(t > given, amount * np.exp(-k * (t - given)), 0.0)


def infusion(t, begin, amount, duration, k=0.3):
    rate, run = amount / duration, np.clip(t - begin, 0, duration)
    return rate / k * (1 - np.exp(-k * run)) * np.exp(-k * np.clip(t - begin - duration, 0, None))


T = np.arange(0, 10.001, 0.25)


def test_a_bolus_is_seen_after_the_tick_at_which_it_is_given(plain):
    _, seen = amounts(plain, (2.0, VEIN, 100.0, 0.0))
    assert seen[8] == 0.0
    np.testing.assert_allclose(seen, bolus(T, 2.0, 100.0), rtol=2e-6, atol=1e-6)


def test_a_dose_at_the_start_and_one_between_ticks(plain):
    _, seen = amounts(plain, (0.0, VEIN, 10.0, 0.0), (1.1, VEIN, 7.0, 0.0))
    np.testing.assert_allclose(seen, bolus(T, 0.0, 10.0) + bolus(T, 1.1, 7.0), rtol=2e-6, atol=1e-6)


def test_an_infusion(plain):
    _, seen = amounts(plain, (1.0, VEIN, 100.0, 0.4))
    np.testing.assert_allclose(seen, infusion(T, 1.0, 100.0, 0.4), rtol=5e-6, atol=1e-6)


def test_overlapping_infusions_and_a_bolus_at_the_same_time(plain):
    _, seen = amounts(
        plain, (1.0, VEIN, 100.0, 2.0), (1.0, VEIN, 50.0, 0.0), (2.0, VEIN, 30.0, 3.0), (3.0, VEIN, 5.0, 0.0)
    )
    expected = infusion(T, 1.0, 100.0, 2.0) + infusion(T, 2.0, 30.0, 3.0) + bolus(T, 1.0, 50.0) + bolus(T, 3.0, 5.0)
    np.testing.assert_allclose(seen, expected, rtol=5e-6, atol=1e-6)


def test_two_equal_boluses_at_one_time_both_count(plain):
    _, seen = amounts(plain, (1.0, VEIN, 5.0, 0.0), (1.0, VEIN, 5.0, 0.0))
    np.testing.assert_allclose(seen, bolus(T, 1.0, 10.0), rtol=5e-6, atol=1e-6)


@pytest.mark.parametrize("duration", [0.0, 1e-18, 1e-13, 1e-9, 1e-4])
def test_a_very_short_infusion_is_as_good_as_a_bolus(plain, duration):
    _, seen = amounts(plain, (2.0, VEIN, 100.0, duration))
    np.testing.assert_allclose(seen[9:], bolus(T, 2.0, 100.0)[9:], rtol=5e-5)


def test_an_infusion_that_outlasts_the_plan_and_a_dose_after_it(plain):
    _, seen = amounts(plain, (8.0, VEIN, 100.0, 50.0), (11.0, VEIN, 1.0, 0.0), (10.0, VEIN, 1.0, 0.0))
    np.testing.assert_allclose(seen, infusion(T, 8.0, 100.0, 50.0), rtol=5e-6, atol=1e-6)


def test_the_share_that_is_absorbed_belongs_to_the_patient(plain):
    out = simulate(
        MODEL, plan(), patients(2, [(0.0, MOUTH, 100.0, 0.0)], available=np.array([0.5, 1.0])), program=plain
    )
    np.testing.assert_allclose(out.observables[0, :, 0] * 2, out.observables[1, :, 0], rtol=1e-5, atol=1e-8)


def rule(program, constants, amount=100.0, **options):
    return Watch(
        "rule",
        1,
        np.array(program),
        np.array(constants, float),
        Act.DOSE,
        VEIN,
        np.array([[Op.CONST, 0]]),
        np.array([amount]),
        **options,
    )


AFTER_DAY_1 = ([[Op.TIME, 0], [Op.CONST, 0], [Op.GE, 0]], [1.0])


def test_a_rule_gives_at_the_tick(plain):
    out, seen = amounts(plain, watches=[rule(*AFTER_DAY_1, limit=1)])
    np.testing.assert_allclose(seen, bolus(T, 1.0, 100.0), rtol=5e-6, atol=1e-6)
    np.testing.assert_array_equal(out.given, [[[1.0, VEIN, 100.0, 0.0]]])


def test_a_rule_gives_at_the_same_time_as_a_scheduled_dose(plain):
    _, seen = amounts(plain, (1.0, VEIN, 11.0, 0.0), watches=[rule(*AFTER_DAY_1, limit=1)])
    np.testing.assert_allclose(seen, bolus(T, 1.0, 111.0), rtol=5e-6, atol=1e-6)


def test_a_rule_can_give_an_infusion_later(plain):
    _, seen = amounts(plain, watches=[rule(*AFTER_DAY_1, limit=2, apart=3.0, delay=0.1, duration=0.3)])
    np.testing.assert_allclose(seen, infusion(T, 1.1, 100.0, 0.3) + infusion(T, 4.1, 100.0, 0.3), rtol=5e-6, atol=1e-6)


def test_a_rule_keeps_its_distance_although_thirds_of_days_are_not_exact(plain):
    ticks = plan(4.0, 1 / 3, watches=[rule(*AFTER_DAY_1, amount=1.0, apart=2 / 3)])
    out = simulate(MODEL, ticks, patients(1), program=plain)
    np.testing.assert_allclose(out.given[0, :, 0], [1, 5 / 3, 7 / 3, 3, 11 / 3])


def test_a_dose_that_is_nothing_is_not_given(plain):
    out, _ = amounts(plain, watches=[rule(*AFTER_DAY_1, amount=0.0), rule(*AFTER_DAY_1, amount=np.nan)])
    assert out.given.shape == (1, 0, 4)
    assert (out.registers[0, :, 8] == 0).all()


@pytest.mark.parametrize(
    "change, text",
    [
        ({"target": SALVAGE}, "cannot give"),
        ({"target": 17}, "cannot give"),
        ({"act": Act.SET}, "cannot set"),
        ({"delay": -0.1}, "0 or more"),
        ({"duration": np.inf}, "0 or more"),
    ],
)
def test_an_action_that_cannot_be_is_refused(plain, change, text):
    with pytest.raises(EngineError, match=text):
        amounts(plain, watches=[replace(rule(*AFTER_DAY_1), **change)])


def test_a_rule_sets_a_switch_from_then_on(plain):
    watch = Watch(
        "salvage",
        1,
        np.array([[Op.TIME, 0], [Op.CONST, 0], [Op.GE, 0]]),
        np.array([4.0]),
        Act.SET,
        SALVAGE,
        np.array([[Op.CONST, 0]]),
        np.array([1.0]),
        limit=1,
    )
    out = simulate(
        MODEL, plan(watches=[watch], seen=("illness.relapse", "illness.salvage")), patients(risk=0.1), program=plain
    )
    np.testing.assert_allclose(out.observables[0, :, 0], 0.1 * np.minimum(T, 4.0), atol=1e-9)
    assert list(out.observables[0, [15, 16, 17], 1]) == [0.0, 0.0, 1.0]


def test_a_scheduled_row_sets_a_switch(plain):
    out = simulate(
        MODEL,
        plan(seen=("illness.relapse",)),
        patients(1, [(4.0, SALVAGE, 1.0, 0.0), (6.0, SALVAGE, 0.0, 0.0)], risk=0.1),
        program=plain,
    )
    np.testing.assert_allclose(out.observables[0, :, 0], 0.1 * (np.minimum(T, 4) + np.maximum(T - 6, 0)), atol=1e-9)


@pytest.mark.parametrize(
    "dose, text",
    [
        ((-1.0, VEIN, 1.0, 0.0), "before the plan starts"),
        ((1.0, 9, 1.0, 0.0), "unknown input"),
        ((1.0, VEIN, np.nan, 0.0), "cannot be"),
        ((1.0, VEIN, 1.0, -0.5), "cannot be"),
    ],
)
def test_impossible_doses_are_refused(plain, dose, text):
    with pytest.raises(EngineError, match=text):
        amounts(plain, dose)


def test_a_break_and_a_clock_time_in_the_equations():
    """Growth until the patient's own day, decay after it (a break), and a source that follows the clock."""
    from livingdrug.engine import cache
    from livingdrug.model import Break, Change, Module, Param, State, assemble
    from livingdrug.model.math import exp, where

    class Wave(Module):
        role = "wave"
        cells = State("1", "cells", start=1.0)
        total = State("1", "follows the clock")
        peak = Param("day", "when it turns")
        turn = Break("peak")

        def flows(self, v):
            yield Change("cells", where(v.time < v.peak, 0.9, -0.4) * v.cells, "turns")
            yield Change("total", exp(-v.time), "clock")

    model = assemble(Wave)
    days = np.array([3.1, 7.77])
    ticks = plan(10.0, seen=("wave.cells", "wave.total"))
    people = Patients(np.arange(2), {"wave.peak": days}, np.zeros((2, 0)), np.full((2, 0, 4), np.inf), np.zeros((2, 0)))
    out = simulate(model, ticks, people, program=cache.plain(model))
    d = days[:, None]
    np.testing.assert_allclose(
        out.observables[..., 0], np.exp(0.9 * np.minimum(T, d) - 0.4 * np.maximum(T - d, 0)), rtol=1e-5
    )
    np.testing.assert_allclose(out.observables[..., 1], np.broadcast_to(1 - np.exp(-T), (2, 41)), rtol=1e-5, atol=1e-7)
    assert out.final.shape == (2, 2)
