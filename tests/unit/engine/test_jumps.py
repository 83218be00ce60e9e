"""Modes and jumps: conditions located inside a step, where equations change and states take new values."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.engine import cache
from livingdrug.engine.codegen.emit_javascript import write as javascript
from livingdrug.engine.plan import Act, Op, Outcome, Patients, Plan, Watch
from livingdrug.engine.run import simulate
from livingdrug.errors import EngineError, WiringError
from livingdrug.model import Break, Change, Entry, Jump, Mode, Module, Param, State, assemble


class Ball(Module):
    """Falls from 1, bounces with nine tenths of its speed; how long it was low is counted."""

    role = "ball"
    weight = Param("1", "acceleration")
    moment = Param("day", "when the clock strikes")
    strikes = Break("moment")
    height = State("1", "height", start=1.0)
    speed = State("1", "speed")
    bounces = State("1", "how often it bounced")
    spent = State("1", "time spent low")
    late = State("1", "set by the clock, and once more by what that set off")
    low = Mode("it is low", lambda v: v.height < 0.5)
    bounce = Jump(
        "it bounces",
        lambda v: v.height <= 0.0,
        {"speed": lambda v: -0.9 * v.speed, "bounces": lambda v: v.bounces + 1.0, "height": lambda v: 0.0 * v.height},
    )
    clock = Jump("a moment", lambda v: v.time >= v.moment, {"late": lambda v: v.late + 1.0})
    then = Jump("what that sets off", lambda v: v.late > 0.5, {"late": lambda v: v.late + 10.0})

    def flows(self, v):
        yield Change("height", v.speed, "falls")
        yield Change("speed", -v.weight, "weight")
        yield Change("spent", v.low, "low")


def run(model, ticks, values, seen, program=None, end=None, doses=None, watches=(), marks=None):
    ticks = np.asarray(ticks, float)
    n = max(np.size(x) for x in values.values())
    plan = Plan(
        start=0.0,
        end=float(ticks[-1] if end is None else end),
        ticks=ticks,
        marks=np.zeros(len(ticks), np.int64) if marks is None else marks,
        output=np.ones(len(ticks), bool),
        clone_ticks=np.zeros(len(ticks), bool),
        observables=seen,
        written=len(seen),
        watches=watches,
        rtol=1e-8,
    )
    given = np.zeros((n, 0, 4)) if doses is None else np.repeat(np.array([doses], float), n, axis=0)
    people = Patients(np.arange(n), values, np.zeros((n, 0)), given, np.zeros((n, 0)))
    return simulate(model, plan, people, threads=1, program=program or cache.plain(model))


SEEN = ("ball.height", "ball.speed", "ball.bounces", "ball.spent", "ball.late")


def fallen(g, t):
    """Height, bounces and time spent low after t, from the formulas of free fall."""
    height, speed, at, bounces, low = 1.0, 0.0, 0.0, 0, 0.0
    while True:
        lasts = (speed + np.sqrt(speed**2 + 2 * g * height)) / g
        until = min(lasts, t - at)
        s = np.linspace(0.0, until, 200_001)
        low += until * np.mean(height + speed * s - 0.5 * g * s**2 < 0.5)
        if at + lasts > t:
            return height + speed * until - 0.5 * g * until**2, bounces, low
        height, speed, at, bounces = 0.0, 0.9 * (g * lasts - speed), at + lasts, bounces + 1


def test_a_ball_bounces_when_it_arrives():
    model = assemble(Ball)
    weights = np.linspace(4.0, 30.0, 11)
    out = run(model, np.linspace(0.0, 2.0, 9), {"ball.weight": weights, "ball.moment": 0.3}, SEEN)
    for i, g in enumerate(weights):
        height, bounces, low = fallen(g, 2.0)
        assert out.observables[i, -1, :2][0] == pytest.approx(height, abs=1e-6)
        assert out.observables[i, -1, 2] == pytest.approx(bounces)
        assert out.observables[i, -1, 3] == pytest.approx(low, abs=2e-5)
    assert np.allclose(out.observables[:, -1, 4], 11.0)


def test_the_compiled_kernel_does_the_same():
    model = assemble(Ball)
    weights = np.linspace(4.0, 30.0, 11)
    ticks = np.linspace(0.0, 2.0, 9)
    plain = run(model, ticks, {"ball.weight": weights, "ball.moment": 0.3}, SEEN)
    native = run(model, ticks, {"ball.weight": weights, "ball.moment": 0.3}, SEEN, cache.load(model))
    assert np.allclose(plain.observables, native.observables, rtol=1e-9, atol=1e-9)
    assert (plain.steps == native.steps).all()


def test_what_is_seen_at_the_moment_of_a_jump_is_the_patient_after_it():
    model = assemble(Ball)
    before = np.nextafter(0.3, 0.0)
    out = run(model, [0.0, before, 0.3, 1.0], {"ball.weight": np.array([9.0]), "ball.moment": 0.3}, SEEN)
    assert out.observables[0, :, 4] == pytest.approx([0.0, 0.0, 11.0, 11.0])


class Two(Module):
    role = "two"
    at = Param("1", "when the second comes")
    x = State("1", "set by both")
    first = Jump("first", lambda v: v.time >= 1.0, {"x": lambda v: 1.0})
    second = Jump("second", lambda v: v.time >= v.at, {"x": lambda v: 2.0})


def test_two_at_one_moment_whose_order_matters_fail_and_others_do_not():
    at = np.array([1.0, 0.5, 1.5])
    out = run(assemble(Two), [0.0, 2.0], {"two.at": at}, ("two.x",))
    assert out.outcome.tolist() == [Outcome.UNSETTLED, Outcome.COMPLETED, Outcome.COMPLETED]
    assert out.observables[1:, -1, 0] == pytest.approx([1.0, 2.0])
    assert np.isnan(out.observables[0, -1, 0])


class Endless(Module):
    role = "endless"
    x = State("1", "back and forth")
    up = Jump("up", lambda v: v.x + v.time < 0.6, {"x": lambda v: 1.0 + 0.0 * v.x})
    down = Jump("down", lambda v: v.x + v.time > 0.7, {"x": lambda v: -1.0 + 0.0 * v.x})


def test_jumps_that_set_each_other_off_without_end_fail():
    out = run(assemble(Endless), [0.0, 2.0], {"endless.x@start": np.array([0.0])}, ("endless.x",))
    assert out.outcome.tolist() == [Outcome.UNSETTLED]


class Dosed(Module):
    role = "dosed"
    x = State("1", "amount")
    n = State("1", "how often it was large")
    dose = Entry("1", "a dose", {"x": 1.0})
    large = Jump("it is large", lambda v: v.x > 0.5, {"n": lambda v: v.n + 1.0})

    def flows(self, v):
        yield Change("x", -v.x, "decays")


def test_a_dose_sets_off_a_jump_whoever_gives_it():
    model = assemble(Dosed)
    scheduled = [[1.0, 0, 1.0, 0.0], [3.0, 0, 1.0, 0.0], [3.2, 0, 1.0, 0.0]]
    n = {"dosed.x@start": np.zeros(1)}
    assert run(model, [0.0, 6.0], n, ("dosed.n",), doses=scheduled).observables[0, -1, 0] == pytest.approx(2.0)
    watch = Watch(
        "give", 1, np.array([[Op.CONST, 0]]), np.ones(1), Act.DOSE, 0, np.array([[Op.CONST, 0]]), np.ones(1), limit=2
    )
    marks = np.array([0, 1, 1, 0])
    out = run(model, [0.0, 1.0, 3.0, 6.0], n, ("dosed.n",), watches=(watch,), marks=marks)
    assert out.observables[0, -1, 0] == pytest.approx(2.0)


def test_who_cannot_carry_out_a_jump_says_so():
    with pytest.raises(EngineError, match="cannot carry out 'dosed.large'"):
        javascript(assemble(Dosed))

    class Lost(Module):
        role = "lost"
        x = State("1", "x")
        off = Jump("off", lambda v: v.x > 1.0, {"z": lambda v: 0.0})

    with pytest.raises(WiringError, match="the jump 'lost.off' sets no state: 'lost.z'"):
        assemble(Lost)
