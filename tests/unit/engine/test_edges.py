"""Where numbers are delicate: random models, stiff bursts, nothing at all, powers at zero, patients who diverge.

Each ends with a code in good time, and never puts a nan into a summary.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from livingdrug.engine import cache, reference
from livingdrug.engine.plan import Op, Outcome, Patients, Plan, Register, Watch
from livingdrug.engine.run import simulate
from livingdrug.model import Change, Entry, Flow, Module, Param, Publishes, State, assemble
from livingdrug.model.math import exp, hill, log, maximum, minimum, smooth_step, sqrt, where
from thoroughness import some

INF = np.inf


def followed(model, values=None, doses=(), end=10.0, n=1, step=1.0, program=None, **options):
    """One course of a small model on the plain engine; every state is written."""
    ticks = np.unique([*np.arange(0.0, end, step), end])
    flags = np.ones(len(ticks), bool)
    shown = options.pop("observables", model.states)
    watches = options.pop("watches", ())
    marks = np.ones(len(ticks), np.int64)
    plan = Plan(0.0, end, ticks, marks, flags, flags, shown, len(shown), watches, **options)
    table = np.full((n, len(doses), 4), INF)
    if doses:
        table[:] = sorted(doses)
    who = Patients(np.arange(n), values or {}, np.zeros((n, 0)), table, np.full((n, len(model.hazards)), INF), 1)
    return simulate(model, plan, who, threads=1, program=program or cache.plain(model))


def sums_of(out):
    """What watches remember of a value: peak and integral."""
    return out.registers[:, 0, [Register.PEAK, Register.SUM, Register.VALUE]]


LOOK = Watch("look", 1, np.array([[Op.OBS, 0]]), np.zeros(0))

# ---- random models ---------------------------------------------------------------------------------------------------

PIECES = [  # rates of flows, of every function an equation may use; k is a number, x and y are states
    lambda k, x, y: k * x,
    lambda k, x, y: k * x * hill(y, 1 + k, 1.5),
    lambda k, x, y: k * hill(x, 0.7, 2),
    lambda k, x, y: k * x / (1 + y),
    lambda k, x, y: k * x * exp(-y),
    lambda k, x, y: k * log(1 + x),
    lambda k, x, y: k * sqrt(x * y + 1e-3) * x / (x + 0.1),
    lambda k, x, y: k * x * maximum(y, 0.5),
    lambda k, x, y: k * minimum(x, 1.0) * smooth_step(y, 0.5, 0.2),
    lambda k, x, y: k * where(y > 50.0, 2 * x, x),
    lambda k, x, y: k * x**1.3,
]
flows = st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from(range(len(PIECES))), st.floats(0.01, 20.0))


def random_model(listed):
    class Random(Module):
        role = "m"
        a, b, c, d = (State("1", x, start=s) for x, s in zip("abcd", (1.0, 0.5, 0.0, 2.0)))
        vein = Entry("1", "into a", into={"a": 1.0})

        def flows(self, v):
            for i, (source, sink, piece, k) in enumerate(listed):
                x, y = getattr(v, "abcd"[source]), getattr(v, "abcd"[sink])
                into = "abcd"[sink] if sink != source else None
                yield Flow(f"f{i}", out_of="abcd"[source], into=into, rate=PIECES[piece](k, x, y))
            yield Flow("fresh", into="d", rate=0.3)

        share = Publishes("1", "share of the first")

        def published(self, v):
            return {"share": v.a / (v.a + v.b + v.c + v.d)}

    return assemble(Random)


@settings(max_examples=some(12))
@given(st.lists(flows, min_size=2, max_size=7), st.floats(0.5, 50.0))
def test_random_models_follow_the_reference(listed, amount):
    model = random_model(listed)
    doses = [(1.0, 0, amount, 0.0), (2.0, 0, amount, 0.1)]
    out = followed(model, doses=doses, end=4.0, step=0.5, observables=(*model.states, "m.share"))
    assert out.outcome[0] == Outcome.COMPLETED
    times = np.arange(0.0, 4.01, 0.5)
    states = reference.integrate(model, {}, np.array(doses), 0.0, 4.0, times, rtol=1e-9, atol=1e-12)
    exact = reference.observe(model, {}, states, times, (*model.states, "m.share"))
    error = np.abs(out.observables[0] - exact) / (np.abs(exact) + 1e-3 * np.abs(exact).max(axis=0) + 1e-9)
    assert error.max() < 1e-3


def test_a_random_model_compiled_is_the_plain_one():
    model = random_model([(0, 1, 1, 2.0), (1, 2, 6, 5.0), (2, 0, 8, 1.0), (3, 1, 9, 0.4), (1, 1, 10, 3.0)])
    doses = [(1.0, 0, 7.0, 0.0), (2.0, 0, 7.0, 0.1)]
    fast = followed(model, doses=doses, n=9, program=cache.load(model))
    slow = followed(model, doses=doses, n=1)
    np.testing.assert_allclose(fast.observables, np.repeat(slow.observables, 9, axis=0), rtol=1e-7, atol=1e-10)


# ---- stiff bursts ----------------------------------------------------------------------------------------------------


class Binding(Module):
    """A drug that finds its receptor within a minute: 2,000 per day."""

    role = "r"
    drug, free, bound = State("1", "drug"), State("1", "receptor", start=5.0), State("1", "complex")
    on, off, loss = Param("1/day", "binding"), Param("1/day", "unbinding"), Param("1/day", "loss")
    vein = Entry("1", "drug given", into={"drug": 1.0})

    def flows(self, v):
        yield Change("drug", -v.on * v.drug * v.free + v.off * v.bound - v.loss * v.drug, "binding")
        yield Change("free", -v.on * v.drug * v.free + v.off * v.bound, "binding")
        yield Change("bound", v.on * v.drug * v.free - v.off * v.bound, "binding")


BINDING = assemble(Binding)


@pytest.mark.parametrize("on", [2e3, 2e6])
def test_stiff_bursts_of_binding(on):
    values = {"r.on": on, "r.off": 0.5, "r.loss": 0.3}
    doses = [(1.0, 0, 8.0, 0.0), (1.0, 0, 2.0, 0.0), (3.0, 0, 20.0, 1 / 24), (5.0, 0, 1.0, 0.0)]
    out = followed(BINDING, values, doses)
    assert out.outcome[0] == Outcome.COMPLETED and out.steps.sum() < 1500
    times = np.arange(0.0, 10.1, 1.0)
    exact = reference.integrate(
        BINDING, values, np.array(doses), 0.0, 10.0, times, rtol=1e-9, atol=1e-13, method="Radau"
    )
    error = np.abs(out.observables[0] - exact) / (np.abs(exact) + 1e-3 * np.abs(exact).max(axis=0))
    assert error.max() < 1e-3
    total = out.observables[0, :, 1] + out.observables[0, :, 2]
    np.testing.assert_allclose(total, 5.0, rtol=1e-6)  # receptors are neither made nor lost


class Chain(Module):
    """Three linear compartments: solved exactly by a matrix exponential."""

    role = "l"
    x, y, z = State("1", "x", start=1.0), State("1", "y"), State("1", "z")
    fast, slow = Param("1/day", "x to y"), Param("1/day", "y to z and back")

    def flows(self, v):
        yield Flow("fast", out_of="x", into="y", rate=v.fast * v.x)
        yield Flow("slow", out_of="y", into="z", rate=v.slow * v.y)
        yield Flow("back", out_of="z", into="x", rate=v.slow * v.z)


@settings(max_examples=some(15))
@given(st.floats(-6, 8), st.floats(-6, 3))
def test_rates_of_any_size(fast, slow):
    f, s = 10.0**fast, 10.0**slow
    out = followed(assemble(Chain), {"l.fast": f, "l.slow": s}, end=2.0)
    exact = expm(2.0 * np.array([[-f, 0, s], [f, -s, 0], [0, s, -s]])) @ [1.0, 0.0, 0.0]
    assert out.outcome[0] == Outcome.COMPLETED
    np.testing.assert_allclose(out.final[0], exact, rtol=1e-4, atol=1e-5)


# ---- nothing, and next to nothing ------------------------------------------------------------------------------------


class Cells(Module):
    """Cells that need cells: nothing comes of nothing; the per-cell rate divides by a small number."""

    role = "c"
    tumour = State("cell", "tumour", start=lambda v: v.first, clone=True)
    killers = State("cell", "killers", start=lambda v: v.second)
    trace = State("1", "decays for ever", start=1.0)
    first, second = Param("cell", "tumour at the start"), Param("cell", "killers at the start")
    vein = Entry("cell", "killers given", into={"killers": 1.0})

    def flows(self, v):
        yield Flow("division", into="tumour", rate=0.2, per="tumour")
        yield Flow("killing", out_of="tumour", rate=hill(v.killers, v.tumour + 1.0, 0.6), per="tumour")
        yield Flow("growth", into="killers", rate=v.killers * hill(v.tumour, 10.0, 1.7))
        yield Flow("loss", out_of="killers", rate=0.3 * v.killers)
        yield Flow("fading", out_of="trace", rate=40.0 * v.trace)

    ratio = Publishes("1", "killers to a tumour cell")

    def published(self, v):
        return {"ratio": v.killers / maximum(v.tumour + v.killers, 1e-30)}


CELLS = assemble(Cells)


@pytest.mark.parametrize(
    "first, second, dose", [(0, 0, 0), (0, 0, 10), (0, 5, 0), (3, 0, 0), (1e12, 0, 1), (1e-320, 1e-320, 0)]
)
def test_no_cells_at_all_and_hardly_any(first, second, dose):
    doses = [(1.0, 0, float(dose), 0.0), (1.0, 0, 0.0, 0.0), (2.0, 0, float(dose), 0.0)]
    values = {"c.first": float(first), "c.second": float(second)}
    out = followed(CELLS, values, doses, end=50.0, n=20, observables=(*CELLS.states, "c.ratio"), watches=(LOOK,))
    assert (out.outcome == Outcome.COMPLETED).all()
    assert np.isfinite(out.observables).all() and np.isfinite(sums_of(out)).all()
    if first < 1:
        assert (out.final[:, 0] == 0).all() and (out.extinct == 0).all()
    if second < 1 and not dose:
        np.testing.assert_allclose(out.final[:, 1], 0.0, atol=1e-12)


def test_what_decays_for_ever_ends_at_nothing_and_not_among_the_denormals():
    out = followed(CELLS, {"c.first": 0.0, "c.second": 0.0}, end=60.0, step=5.0)
    trace = np.abs(out.observables[0, :, 2])
    assert out.outcome[0] == Outcome.COMPLETED and (trace[1:] < 1e-9).all()
    assert not ((trace > 0) & (trace < np.finfo(float).tiny)).any()


class Powers(Module):
    """Exponents below 1 at zero: infinite slope, finite rate."""

    role = "p"
    x = State("1", "x", start=lambda v: v.first)
    first, power = Param("1", "at the start"), Param("1", "exponent")
    vein = Entry("1", "x given", into={"x": 1.0})

    def flows(self, v):
        yield Change("x", -(v.x**v.power) - hill(v.x, 1.0, v.power) - sqrt(v.x), "out, ever steeper")

    root, hill, log = (Publishes("1", "shown") for _ in range(3))

    def published(self, v):
        return {"root": v.x**v.power, "hill": hill(v.x, 1.0, v.power), "log": log(v.x)}


@pytest.mark.parametrize("first", [0.0, 1e-300, 1e-3, 1.0, 1e6])
@pytest.mark.parametrize("power", [0.01, 0.5, 0.999])
def test_exponents_below_one_at_zero(first, power):
    model = assemble(Powers)
    out = followed(model, {"p.first": first, "p.power": power}, [(1.0, 0, 0.5, 0.0)], end=3.0,
                   observables=("p.root", "p.hill", "p.log"), watches=(LOOK,), max_steps=3000)  # fmt: skip
    assert out.outcome[0] in (Outcome.COMPLETED, Outcome.STEP_BUDGET, Outcome.STEP_TOO_SMALL)
    known = np.arange(4.0) <= out.ended[0]
    assert np.isfinite(out.observables[0, known]).all() and np.isfinite(out.final).all()
    assert np.isfinite(sums_of(out)).all()


# ---- doses -----------------------------------------------------------------------------------------------------------


when = st.sampled_from([0.0, 1.0, 1.0 + 1e-15, 1.0 + 1e-9, 2.0, 10.0])
how_long = st.sampled_from([0.0, 1e-18, 1e-12, 1e-6, 0.5, 100.0])


@settings(max_examples=some(25))
@given(st.lists(st.tuples(when, how_long, st.floats(0.0, 50.0)), max_size=6))
def test_doses_at_equal_times_and_of_no_length_add_up(given_doses):
    """Everything given by day 10 is there: as much as came in, whatever came at once."""

    class Pool(Module):
        role = "q"
        x = State("1", "x")
        vein = Entry("1", "given", into={"x": 1.0})

    doses = [(t, 0, a, d) for t, d, a in given_doses]
    out = followed(assemble(Pool), doses=doses)
    expected = sum(a * (1.0 if d == 0 or t + d == t else min(1.0, (10.0 - t) / d)) for t, _, a, d in doses if t < 10.0)
    assert out.outcome[0] == Outcome.COMPLETED
    np.testing.assert_allclose(out.final[0, 0], expected, rtol=1e-9, atol=1e-9)


# ---- patients who cannot be followed to the end ----------------------------------------------------------------------


class Wild(Module):
    """Explodes in finite time, switches ever faster, or divides by what vanishes, as its numbers say."""

    role = "w"
    x, y = State("1", "x", start=1.0), State("1", "y", start=1.0)
    burst, chatter, vanish = (
        Param("1/day", "explosion"),
        Param("1/day", "switching"),
        Param("1/day", "division by nothing"),
    )

    def flows(self, v):
        yield Change("x", v.burst * v.x**2 + v.chatter * where(v.x > 1.0, -1.0, 1.0), "bursts")
        yield Change("y", -v.vanish / v.y, "reaches 0 with infinite slope")


WILD = assemble(Wild)


@pytest.mark.parametrize("values, outcomes, until", [
    ({"burst": 1.0}, {Outcome.STEP_TOO_SMALL, Outcome.NOT_FINITE, Outcome.STEP_BUDGET}, 1.0),
    ({"vanish": 1.0}, {Outcome.STEP_TOO_SMALL, Outcome.NOT_FINITE, Outcome.STEP_BUDGET}, 0.5),
    ({"burst": 1e300}, {Outcome.STEP_TOO_SMALL, Outcome.NOT_FINITE, Outcome.STEP_BUDGET}, 1e-2),
    ({"burst": np.nan}, {Outcome.STEP_TOO_SMALL, Outcome.NOT_FINITE}, 1e-2),
    ({"vanish": -INF}, {Outcome.STEP_TOO_SMALL, Outcome.NOT_FINITE}, 1e-2),
    ({"chatter": 1e6}, {Outcome.COMPLETED, Outcome.STEP_BUDGET, Outcome.STEP_TOO_SMALL}, 10.0),
])  # fmt: skip
def test_patients_who_diverge_or_stall_get_a_code_in_good_time(values, outcomes, until):
    numbers = {"w.burst": 0.0, "w.chatter": 0.0, "w.vanish": 0.0, **{f"w.{k}": x for k, x in values.items()}}
    out = followed(WILD, numbers, watches=(LOOK,), max_steps=4000, step=0.25)
    assert out.outcome[0] in outcomes
    assert out.ended[0] <= until + 1e-2 and out.steps.sum() <= 4000
    assert np.isfinite(out.final).all() and np.isfinite(out.ended).all()
    assert np.isfinite(sums_of(out)).all()
    assert np.isnan(out.observables[0, np.arange(0.0, 10.01, 0.25) > out.ended[0]]).all()


def test_the_others_are_followed_to_the_end():
    """One patient of each kind among nine who are well, compiled: the lanes of the well are theirs alone."""
    burst = np.array([0.0, 1.0, 0.0, np.nan, 0.0, 1e300, 0.0, 0.0, 0.05, 0.0, 0.0])
    vanish = np.array([0.01, 0.0, 1.0, 0.0, 0.0, 0.0, -INF, 0.0, 0.0, 0.02, 0.03])
    numbers = {"w.burst": burst, "w.chatter": 0.0, "w.vanish": vanish}
    out = followed(WILD, numbers, n=11, max_steps=4000, program=cache.load(WILD))
    well = np.array([0, 4, 7, 8, 9, 10])
    assert (out.outcome[well] == Outcome.COMPLETED).all()
    assert (np.delete(out.outcome, well) >= Outcome.STEP_BUDGET).all()
    np.testing.assert_allclose(out.final[8, 0], 1 / (1 - 0.5), rtol=1e-5)
    np.testing.assert_allclose(out.final[well, 1], np.sqrt(1 - 20 * vanish[well]), rtol=1e-5)
