"""The engine's machine and its NumPy twin answer alike, on expressions as a user would write them."""

from __future__ import annotations

import random

import numpy as np
import pytest

from livingdrug.care.compiler import Programs
from livingdrug.care.interpreter import evaluate
from livingdrug.engine import cache
from livingdrug.engine.plan import Patients, Plan, Register, Watch
from livingdrug.engine.run import simulate
from livingdrug.errors import LivingDrugError
from livingdrug.model import Covariate, Entry, Flow, Module, State, assemble
from livingdrug.spec.fields import expression


class Pool(Module):
    """A pool that empties. Leaves out: everything else."""

    role = "pool"
    weight = Covariate("kg", "body weight")
    amount = State("mg", "amount", start=8.0)
    dose = Entry("mg", "amount", into={"amount": 1.0})

    def flows(self, v):  # type: ignore[no-untyped-def]
        yield Flow("loss", out_of="amount", rate=0.5 * v.amount)


MODEL = assemble(Pool)
LEAVES = (
    "pool.amount",
    "weight",
    "time",
    "2",
    "0",
    "-1.5",
    "2 d",
    "12 h",
    "count(seen)",
    "last(seen)",
    "first(seen)",
    "never",
)
SIGNS = ("+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!=", "and", "or")


def any_text(rng: random.Random, depth: int = 3) -> str:
    """Any expression a user might write."""
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(LEAVES)
    a, b, c = (any_text(rng, depth - 1) for _ in range(3))
    return rng.choice([
        f"({a} {rng.choice(SIGNS)} {b})", f"({a} {rng.choice(SIGNS)} {b})", f"({a} if {b} else {c})", f"(not {a})",
        f"{rng.choice(['max', 'min'])}({a}, {b})", f"{rng.choice(['abs', 'floor', 'log'])}({a})",
    ])  # fmt: skip


@pytest.fixture(scope="module")
def plain():  # type: ignore[no-untyped-def]
    return cache.plain(MODEL)


@pytest.mark.parametrize("seed", range(60))
def test_both_machines_agree(plain, seed: int) -> None:  # type: ignore[no-untyped-def]
    rng = random.Random(seed)
    asked = Programs({"pool.amount": None}, {"weight": None}, ["pool.amount"])
    for name in ("seen", "asked"):
        asked.watch(name)
    while True:
        text = expression(any_text(rng))
        try:
            program = asked.compile(text)
            break
        except LivingDrugError:  # days and numbers do not add up: rightly refused, another one is tried
            continue
    watches = (Watch("seen", 1, *asked.compile(expression("pool.amount > 3"))), Watch("asked", 2, *program))
    plan = Plan(
        0.0, 3.0, np.array([0.0, 1.0, 2.0, 3.0]), np.array([1, 1, 1, 2]), np.array([False, False, False, True]),
        np.zeros(4, bool), tuple(asked.used), 1, watches,
    )  # fmt: skip
    extras = np.array([[{"weight": 20.0}[n] for n in asked.extras]]).reshape(1, -1)
    patients = Patients(np.array([1]), {"weight": 20.0}, extras, np.full((1, 0, 4), np.inf), np.zeros((1, 0)), 1)
    out = simulate(MODEL, plan, patients, program=plain)
    before = out.registers.reshape(1, -1)
    twin = evaluate(program, out.observables[:, 0], extras, 3.0, before)
    np.testing.assert_allclose(np.ravel(twin)[0], out.registers[0, 1, Register.VALUE], rtol=1e-12)
