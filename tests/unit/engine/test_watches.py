import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ward_model import MODEL, patients, plan

from livingdrug.engine.plan import Op, Register, Watch
from livingdrug.engine.run import simulate
from livingdrug.errors import EngineError
from thoroughness import some

R = Register


def watched(plain, *watches, end=4.0, extras=None, **values):
    p = patients(1, **values)
    if extras is not None:
        p = type(p)(p.ids, p.values, np.array([extras], float), p.doses, p.thresholds, p.seed)
    return simulate(MODEL, plan(end, watches=watches), p, program=plain).registers[0]


def ask(*rows, constants=(), name="w", marks=1):
    return Watch(name, marks, np.array([(op, a) for op, a in rows], np.int64), np.array(constants, float))


BINARY = {
    Op.ADD: lambda a, b: a + b,
    Op.SUB: lambda a, b: a - b,
    Op.MUL: lambda a, b: a * b,
    Op.DIV: lambda a, b: a / b,
    Op.MIN: min,
    Op.MAX: max,
    Op.LT: lambda a, b: a < b,
    Op.LE: lambda a, b: a <= b,
    Op.GT: lambda a, b: a > b,
    Op.GE: lambda a, b: a >= b,
    Op.EQ: lambda a, b: a == b,
    Op.NE: lambda a, b: a != b,
    Op.AND: lambda a, b: bool(a) and bool(b),
    Op.OR: lambda a, b: bool(a) or bool(b),
}
UNARY = {
    Op.NEG: lambda a: -a,
    Op.ABS: abs,
    Op.NOT: lambda a: not a,
    Op.EXP: lambda a: math.exp(min(max(a, -700), 700)),
    Op.LOG: lambda a: math.log(a) if a > 0 else math.nan,
    Op.FLOOR: math.floor,
}
number = st.sampled_from([0.0, 1.0, -1.0, 2.5, -3.0, 100.0])


@settings(max_examples=some(60))
@given(st.sampled_from([*BINARY, *UNARY]), number, number)
def test_operations(plain, op, a, b):
    if op in BINARY:
        found = watched(plain, ask((Op.CONST, 0), (Op.CONST, 1), (op, 0), constants=(a, b)), end=0.25)[0, R.VALUE]
        expected = math.nan if op == Op.DIV and b == 0 else BINARY[op](a, b)
    else:
        found = watched(plain, ask((Op.CONST, 0), (op, 0), constants=(a,)), end=0.25)[0, R.VALUE]
        expected = UNARY[op](a)
    np.testing.assert_allclose(found, float(expected), rtol=1e-13)


def test_where_time_observables_and_patient_constants(plain):
    found = watched(
        plain,
        ask((Op.TIME, 0), (Op.CONST, 0), (Op.GT, 0), (Op.PAR, 0), (Op.OBS, 1), (Op.WHERE, 0), constants=(2.0,)),
        extras=[7.0],
        end=1.0,
    )
    np.testing.assert_allclose(found[0, R.VALUE], 2 * (2 - np.exp(-0.5)), rtol=1e-6)
    found = watched(
        plain,
        ask((Op.TIME, 0), (Op.CONST, 0), (Op.GT, 0), (Op.PAR, 0), (Op.OBS, 1), (Op.WHERE, 0), constants=(2.0,)),
        extras=[7.0],
        end=3.0,
    )
    assert found[0, R.VALUE] == 7.0


def test_what_a_watch_remembers(plain):
    hump = ask((Op.TIME, 0), (Op.CONST, 0), (Op.TIME, 0), (Op.SUB, 0), (Op.MUL, 0), constants=(3.0,))  # t (3 - t)
    r = watched(plain, hump)[0]
    assert (r[R.FIRST], r[R.LAST], r[R.COUNT]) == (0.25, 4.0, 15)  # zero at day 0 and day 3
    assert (r[R.PEAK], r[R.PEAK_TIME], r[R.VALUE], r[R.LOOKED]) == (2.25, 1.5, -4.0, 4.0)
    t = np.arange(0, 4.001, 0.25)
    np.testing.assert_allclose(r[R.SUM], np.trapezoid(t * (3 - t), t), rtol=1e-12)
    assert (r[R.DONE], r[R.DONE_FIRST], r[R.DONE_LAST]) == (0, np.inf, -np.inf)


def test_before_the_first_look(plain):
    r = watched(plain, ask((Op.CONST, 0), constants=(1.0,), marks=2))[0]
    assert (r[R.VALUE], r[R.FIRST], r[R.LAST], r[R.COUNT], r[R.PEAK]) == (0, np.inf, -np.inf, 0, -np.inf)
    assert np.isnan(r[R.PEAK_TIME]) and np.isnan(r[R.LOOKED])


def test_a_later_watch_reads_what_an_earlier_one_remembers(plain):
    first = ask((Op.TIME, 0))
    later = ask((Op.REG, R.COUNT), (Op.CONST, 0), (Op.MUL, 0), constants=(10.0,))
    assert watched(plain, first, later)[1, R.VALUE] == 160.0  # 17 ticks, not true at day 0


def test_marks_choose_the_ticks(plain):
    p = plan(4.0, watches=[ask((Op.CONST, 0), constants=(1.0,), marks=2)], marks=np.arange(17) % 4)
    assert simulate(MODEL, p, patients(), program=plain).registers[0, 0, R.COUNT] == 8


def test_nan_is_never_true(plain):
    r = watched(plain, ask((Op.CONST, 0), (Op.LOG, 0), constants=(-1.0,)))[0]
    assert np.isnan(r[R.VALUE]) and r[R.COUNT] == 0 and r[R.PEAK] == -np.inf


@pytest.mark.parametrize(
    "rows, text",
    [
        ([(Op.ADD, 0)], "too few"),
        ([(Op.CONST, 1)], "out of range"),
        ([(Op.TIME, 0), (Op.TIME, 0)], "leaves 2"),
        ([(99, 0)], "unknown operation"),
        ([(Op.OBS, 6)], "out of range"),
        ([(Op.REG, 40)], "out of range"),
        ([], "leaves 0"),
        ([(Op.TIME, 0)] * 65 + [(Op.ADD, 0)] * 64, "too deep"),
        ([(Op.PAR, 3)], "patient constant 3"),
    ],
)
def test_a_broken_program_is_refused(plain, rows, text):
    with pytest.raises(EngineError, match=text):
        watched(plain, ask(*rows, constants=(1.0,)))


@pytest.mark.parametrize(
    "change, text",
    [
        ({"seen": ("illness.fevr",)}, "illness.fever"),
        ({"rtol": 1.0}, "accuracy"),
        ({"output": np.ones(3, bool)}, "entries"),
    ],
)
def test_a_broken_plan_is_refused(plain, change, text):
    with pytest.raises(EngineError, match=text):
        simulate(MODEL, plan(**change), patients(), program=plain)
