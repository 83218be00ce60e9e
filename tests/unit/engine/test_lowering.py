"""Equations to statements: right values, right slopes, also where slopes are delicate; and the sparse LU."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ward_model import MODEL, VALUES

from livingdrug.engine.codegen.lower import TIME, lower
from livingdrug.engine.codegen.sparse_lu import SparseLU, markowitz
from livingdrug.errors import EngineError
from livingdrug.model import Change, Module, Param, Publishes, Reads, State, assemble
from livingdrug.model.math import exp, hill, log, maximum, minimum, smooth_step, sqrt, where
from thoroughness import some


class Everything(Module):
    """Every function that an equation may use."""

    role = "all"
    a, b, c = (State("1", x) for x in "abc")
    k, n = Param("1", "half"), Param("1", "steepness")

    def flows(self, v):
        shared = v.a * v.b / (1 + v.c)
        yield Change("a", hill(v.a, v.k, v.n) + hill(v.b + v.c, 2.0) - hill(v.b, v.c + 1, 2) + shared, "x")
        yield Change("b", exp(-v.a / v.k) * log(v.b + v.c) + v.c**0.3 + v.a**v.n + sqrt(v.b) + v.a**-2 + shared**3, "x")
        yield Change(
            "c", where(v.a > v.b, v.a * v.c, v.b**2) + maximum(v.a, v.c) * minimum(v.b, v.k) + abs(v.a - v.b), "x"
        )
        yield Change(
            "c",
            smooth_step(v.a * v.b, v.k, 0.5) * v.c + where((v.a > 0) & (v.b <= v.c), 1.0, v.c) + 0.1 * v.time * v.a,
            "x",
        )

    twice, constant, shared = (Publishes("1", "shown") for _ in range(3))

    def published(self, v):
        return {"twice": 2 * v.a, "constant": 3.0, "shared": v.a * v.b / (1 + v.c)}


EVERYTHING = assemble(Everything)
SYSTEM = lower(EVERYTHING)


def evaluated(system, values):
    """Slopes, Jacobian and published quantities from the statements."""
    scope = {
        "exp": math.exp,
        "log": math.log,
        "power": math.pow,
        "sqrt": math.sqrt,
        **{system.names[p]: x for p, x in values.items() if p in system.names},
    }
    for s in system.statements:
        scope[s.target] = eval(s.text, scope)
    n = len(system.states)
    jacobian = np.zeros((n, n))
    for (i, j), text in system.jacobian.items():
        jacobian[i, j] = eval(text, scope)
    return np.array([eval(x, scope) for x in system.rhs]), jacobian, [eval(x, scope) for x in system.observed]


def values_at(a, b, c, t=2.0):
    return {"all.a": a, "all.b": b, "all.c": c, "all.k": 1.3, "all.n": 2.5, "time": t}


positive = st.floats(0.05, 5.0)


@settings(max_examples=some(40))
@given(positive, positive, positive)
def test_statements_say_what_the_equations_say(a, b, c):
    found = EVERYTHING.evaluate(values_at(a, b, c))
    slopes, _, published = evaluated(SYSTEM, values_at(a, b, c))
    np.testing.assert_allclose(slopes[:3], [found.derivatives[p] for p in EVERYTHING.states], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(published, [found.published[p] for p in SYSTEM.observables], rtol=1e-12)


@settings(max_examples=some(40))
@given(positive, positive, positive)
def test_slopes_are_those_of_differences(a, b, c):
    y = np.array([a, b, c])
    if min(abs(a - b), abs(a - c), abs(b - c), abs(b - 1.3)) < 1e-3:
        return  # on a kink
    _, jacobian, _ = evaluated(SYSTEM, values_at(*y))
    for j in range(3):
        d = np.zeros(3)
        d[j] = 1e-6 * y[j]
        difference = (evaluated(SYSTEM, values_at(*(y + d)))[0] - evaluated(SYSTEM, values_at(*(y - d)))[0]) / (
            2 * d[j]
        )
        np.testing.assert_allclose(jacobian[:3, j], difference[:3], rtol=2e-5, atol=1e-6)
    np.testing.assert_allclose(jacobian[2, 3], 0.1 * a)


def test_time_becomes_the_last_state():
    assert SYSTEM.states[-1] == TIME and SYSTEM.rhs[-1] == "1.0"
    assert TIME not in lower(MODEL).states


def test_slopes_at_zero_are_numbers():
    class Delicate(Module):
        role = "all"
        x = State("1", "x")
        n = Param("1", "steepness")

        def flows(self, v):
            yield Change("x", hill(v.x, 2.0) + hill(v.x, 2.0, v.n) + v.x**v.n + sqrt(v.x) * 0 + v.x * log(v.x), "x")

    system = lower(assemble(Delicate))
    for x in (0.0, -1e-12, 1e-300):
        slopes, jacobian, _ = evaluated(system, {"all.x": x, "all.n": 2.0})
        assert np.isfinite(slopes).all() and np.isfinite(jacobian).all()


def test_constants_are_divided_by_once():
    """Dividing by a patient constant becomes a product with an inverse that is worked out once a patient."""
    hoisted = {s.target: s for s in SYSTEM.hoisted}
    assert any(s.text == "1.0/(all_k)" for s in hoisted.values())
    assert all(s.reads <= {"all_k", "all_n", *hoisted} for s in hoisted.values())
    moving = [s for s in SYSTEM.statements if s.target not in hoisted]
    assert not any("/all_k" in s.text for s in moving)


def test_only_the_constants_that_are_used_are_columns():
    class Lavish(Everything):
        spare = Param("1", "not used")

    assert "all.spare" not in lower(assemble(Lavish)).columns


def test_functions_that_cannot_be_compiled_are_named():
    import sympy

    class Odd(Module):
        role = "all"
        x = State("1", "x")

        def flows(self, v):
            yield Change("x", sympy.sin(v.x) if isinstance(v.x, sympy.Symbol) else v.x, "x")

    with pytest.raises(EngineError, match="sin"):
        lower(assemble(Odd))


def test_names_stay_readable_and_apart():
    class H(Module):
        role = "w"
        l_ = State("1", "l")
        h = State("1", "h")
        fast = Reads("w.h", "1")

        def flows(self, v):
            yield Change("l_", v.fast - v.l_, "x")

    names = lower(assemble(H)).names
    assert len(set(names.values())) == len(names) and names["w.h"] == "w_h"


@settings(max_examples=some(25))
@given(st.integers(1, 12), st.integers(0, 10_000))
def test_sparse_lu_solves(n, seed):
    rng = np.random.default_rng(seed)
    matrix = np.where(rng.random((n, n)) < 0.3, rng.standard_normal((n, n)), 0.0) + np.diag(n + rng.random(n))
    pattern = [(int(i), int(j)) for i, j in zip(*np.nonzero(matrix))]
    lu = SparseLU(n, pattern)
    scope = {f"w{k}": 0.0 for k in lu.fill} | {f"w{k}": matrix[i, j] for (i, j), k in lu.entry.items()}
    b = rng.standard_normal(n)
    scope |= {f"b{i}": x for i, x in enumerate(b)}
    exec("\n".join([*lu.factor(lambda k: f"w{k}"), *lu.solve(lambda k: f"w{k}", lambda i: f"b{i}")]), scope)
    np.testing.assert_allclose([scope[f"b{i}"] for i in range(n)], np.linalg.solve(matrix, b), rtol=1e-8, atol=1e-10)
    assert sorted(markowitz(n, pattern)) == list(range(n))


def test_an_arrow_is_eliminated_without_fill():
    n = 20
    pattern = [(0, i) for i in range(n)] + [(i, 0) for i in range(n)]
    assert not SparseLU(n, pattern).fill


def test_the_ward_keeps_its_declared_order():
    system = lower(MODEL)
    assert system.states == MODEL.states and system.inputs == MODEL.inputs
    assert {system.columns[c] for _, _, c in system.entries} == {"drug.vein>amount", "drug.mouth>depot"}
    assert set(VALUES) - {"drug.available", "illness.founders"} <= set(system.columns)
