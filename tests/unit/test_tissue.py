"""A ball of tissue in shells: one is the well-mixed model; oxygen is that of the analytic sphere; no cell is lost."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug import biology
from livingdrug.engine import cache
from livingdrug.engine.codegen import ros34pw2
from livingdrug.engine.codegen.emit_javascript import write
from livingdrug.engine.codegen.lower import lower
from livingdrug.engine.plan import Patients, Plan
from livingdrug.engine.reference import integrate
from livingdrug.engine.run import simulate
from livingdrug.errors import EngineError, WiringError
from livingdrug.model import Entry, Field, Flow, Module, Param, Publishes, Substance, Tissue, Total, assemble
from livingdrug.model.checks import check_units
from livingdrug.model.math import where
from livingdrug.model.mixed import well_mixed
from livingdrug.published.entry import published


class Ball(Module):
    """Cells that grow by oxygen, and others that wander among them."""

    role = "ball"

    here = Tissue("a ball", shells=8)
    start = Param("cell", "cells at the start")
    size = Param("um^3/cell", "tissue for each")
    growth = Param("1/day", "growth at full oxygen")
    wandering = Param("um^2/day", "diffusion of the others")
    inward = Param("um/day", "their speed inwards")
    diffusion = Param("um^2/day", "of oxygen")
    uptake = Param("1/day", "of oxygen")
    around = Param("mmHg", "oxygen at the surface")

    cells = Field("cell", "cells", start=lambda v: v.start, takes=lambda v: v.size)
    others = Field(
        "cell",
        "others",
        start=lambda v: 0.1 * v.start,
        drift=lambda v: -v.inward,
        spread=lambda v: v.wandering,
        room=lambda v: 1 - v.others / (v.others + v.cells),
    )
    oxygen = Substance(
        "mmHg", "oxygen", spread=lambda v: v.diffusion, loss=lambda v: v.uptake, outside=lambda v: v.around
    )
    number = Total("cell", "cells", of=lambda v: v.cells)
    wanderers = Total("cell", "others", of=lambda v: v.others)
    mean = Total("mmHg", "mean oxygen", of=lambda v: v.oxygen * v.here.share)
    middle = Total(
        "mmHg", "oxygen in the innermost shell", of=lambda v: where(v.here.share < LEAST * 1.5, v.oxygen, 0 * v.around)
    )
    radius = Publishes("um", "radius")

    def flows(self, v):
        yield Flow("growth", into="cells", rate=v.growth * v.oxygen / v.around * v.cells)

    def published(self, v):
        return {"radius": v.here.radius}


LEAST = 0.0  # share of the innermost shell; set before a model is made
VALUES = {
    "ball.start": 4000.0,
    "ball.size": 3500.0,
    "ball.growth": 0.3,
    "ball.wandering": 200.0,
    "ball.inward": 20.0,
    "ball.diffusion": 1.44e8,
    "ball.uptake": 11088.0,
    "ball.around": 38.0,
}


def ball(shells: int, **parts):
    global LEAST
    LEAST = shells**-3
    made = {"here": Tissue("a ball", shells=shells), "__doc__": Ball.__doc__, **parts}
    return assemble(type(f"Ball{shells}", (Ball,), made))


def run(model, values, times, what, doses=(), rtol=1e-6):
    """What is seen (times, what) of one patient, without compiling anything."""
    none = np.zeros(len(times), np.int64)
    every = np.ones(len(times), bool)
    plan = Plan(0.0, times[-1], times, none, every, none.astype(bool), tuple(what), len(what), rtol=rtol)
    rows = np.array(doses, float).reshape(1, -1, 4)
    patient = Patients(np.zeros(1, np.int64), values, np.zeros((1, 0)), rows, np.zeros((1, 0)))
    out = simulate(model, plan, patient, threads=1, program=cache.plain(model))
    assert out.outcome[0] == 0
    return out.observables[0]


def test_one_shell_is_the_well_mixed_tumour():
    """The whole solid tumour in one shell, by the method for shells, and as a plain system of equations by SciPy."""
    kind = biology.find("solid_tumour")
    mixed = assemble(type("Mixed", (kind,), {"tissue": Tissue("one shell", shells=1), "__doc__": kind.__doc__}))
    values = {p: x for p, x in published("luque_2024").values.items() if p.startswith("tumour.")}
    values |= {"tumour.exhaustion": 0.3, "tumour.expansion": 0.4, "tumour.turnover": 0.05, "tumour.car_t_death": 0.2}
    values |= {"tumour.tgf_dense": 0.5, "tumour.ifn_dense": 0.5, "tumour.pd_l1_most": 8.0, "tumour.exhausted_kill": 0.2}
    times = np.array([0.0, 1.0, 2.5])
    given = [[0.0, 0.0, 800.0, 0.0]]
    what = [f"{p}[0]" if p in mixed.fields else p for p in mixed.states]
    found = run(mixed, values, times, what, given, rtol=1e-7)
    wanted = integrate(mixed, values, np.array(given), 0.0, 2.5, times, rtol=1e-9, atol=1e-8)
    peak = np.abs(wanted).max(axis=0) + np.array([1e3 * 0.1 * (mixed.unit(p) == "cell") for p in mixed.states])
    error = np.abs(found - wanted)[1:] / (np.abs(wanted[1:]) + 1e-3 * peak)  # a tenth of a cell where there are none
    assert error.max() < 1e-6


def test_oxygen_is_that_of_the_analytic_sphere():
    """c = c_s R sinh(r/L) / (r sinh(R/L)): its mean, and its value in the middle; the error falls as the square."""
    reach = np.sqrt(VALUES["ball.diffusion"] / VALUES["ball.uptake"])
    radius = (0.75 / np.pi * 4000.0 * 3500.0) ** (1 / 3)
    x = radius / reach
    mean = 38.0 * 3.0 / x * (1.0 / np.tanh(x) - 1.0 / x)
    errors = []
    for shells in (10, 20, 40):
        r = 0.5 * radius / shells
        middle = 38.0 * radius * np.sinh(r / reach) / (r * np.sinh(x))
        found = run(ball(shells), VALUES, np.array([0.0, 1e-6]), ["ball.mean", "ball.middle", "ball.radius"])[0]
        assert found[2] == pytest.approx(radius, rel=1e-12)
        errors.append([abs(found[0] / mean - 1), abs(found[1] / middle - 1)])
    coarse, half, fine = np.array(errors)
    assert (fine < 2e-4).all()
    assert (coarse / half > 3.5).all() and (half / fine > 3.5).all()


def test_cells_are_pushed_and_wander_but_none_is_lost():
    model = ball(8)
    check_units(model)
    what = ["ball.number", "ball.wanderers", "ball.radius", *(f"ball.cells[{s}]" for s in range(8))]
    found = run(model, VALUES, np.array([0.0, 3.0, 6.0]), [*what, "ball.others[0]", "ball.others[7]"])
    assert found[:, 1] == pytest.approx(400.0, rel=1e-9)
    assert found[:, 2] == pytest.approx((0.75 / np.pi * found[:, 0] * 3500.0) ** (1 / 3), rel=1e-9)
    share = (3 * np.arange(8) ** 2 + 3 * np.arange(8) + 1) / 8**3
    assert found[:, 3:11] == pytest.approx(found[:, :1] * share, rel=1e-4)  # the tissue is full everywhere
    assert (np.diff(found[:, 0]) > 0).all()
    assert found[2, 11] > found[0, 11] and found[2, 12] < found[0, 12]  # the others have drifted inwards


def test_the_method_is_of_order_three_whatever_the_matrix():
    """Rang and Angermann's conditions for a W-method, from the coefficients as they stand in the file."""
    n = ros34pw2.STAGES
    c, a = np.zeros((n, n)), np.zeros((n, n))
    for i in range(n):
        c[i, : len(ros34pw2.C[i])] = ros34pw2.C[i]
        a[i, : len(ros34pw2.A[i])] = ros34pw2.A[i]
    gamma = np.linalg.inv(np.eye(n) / ros34pw2.GAMMA - c)
    alpha = a @ gamma
    weights = np.append(a[-1, :-1], 1.0) @ gamma
    one = np.ones(n)
    first, second = alpha @ one, gamma @ one
    for b, order in ((weights, 3), ((np.append(a[-1, :-1], 1.0) - np.array(ros34pw2.E)) @ gamma, 2)):
        assert [b @ one, b @ first, b @ second] == pytest.approx([1.0, 0.5, 0.0], abs=1e-12)
        if order == 3:
            third = [b @ first**2, b @ alpha @ first, b @ alpha @ second, b @ gamma @ first, b @ gamma @ second]
            assert third == pytest.approx([1 / 3, 1 / 6, 0.0, 0.0, 0.0], abs=1e-12)


def test_what_cannot_be_is_said():
    class Rate(Ball):
        """Growth by the number of all cells."""

        def flows(self, v):
            yield Flow("growth", into="cells", rate=v.growth * v.cells * v.number / v.start)

    class Shown(Ball):
        """It shows what differs from place to place."""

        level = Publishes("mmHg", "oxygen")

        def published(self, v):
            return {"radius": v.here.radius, "level": v.oxygen}

    class Dosed(Ball):
        """A dose into every shell."""

        dose = Entry("cell", "cells", into={"cells": 1.0})

    class Nowhere(Module):
        """Cells in no tissue."""

        role = "nowhere"
        cells = Field("cell", "cells")

    class Empty(Module):
        """A tissue that nothing fills."""

        role = "empty"
        here = Tissue("a ball")
        cells = Field("cell", "cells")

    for module, text, error in (
        (Rate, "reads 'ball.number', which is worked out after it", WiringError),
        (Shown, "'ball.level' differs from place to place in the tissue", WiringError),
        (Dosed, "lands in 'cells', which is in every shell", EngineError),
    ):
        with pytest.raises(error, match=text):
            cache.text(assemble(module))
    with pytest.raises(WiringError, match="'nowhere.cells' is in no tissue"):
        assemble(Nowhere)
    with pytest.raises(WiringError, match="no field of 'empty' fills its tissue"):
        assemble(Empty)
    with pytest.raises(ValueError, match="one shell or more"):
        Tissue("none", shells=0)
    with pytest.raises(EngineError, match="a page's module cannot carry out 'ball.cells'"):
        write(assemble(Ball), VALUES, "a ball")


def test_a_model_well_mixed_is_the_tissue_of_one_shell():
    """What a page runs, by the ordinary method, beside the method for shells with one of them."""
    mixed, times = well_mixed(ball(8)), np.array([0.0, 3.0, 6.0])
    assert (mixed.tissue, mixed.fields, lower(mixed).shells) == (None, (), None)
    assert well_mixed(mixed) is mixed
    what = ["ball.number", "ball.wanderers", "ball.radius", "ball.mean"]
    found, wanted = (run(x, VALUES, times, what, rtol=1e-7) for x in (mixed, ball(1)))
    assert found == pytest.approx(wanted, rel=1e-5)
    assert found[-1, 0] > 1.5 * found[0, 0]
    deep = run(ball(8), VALUES, times, what)
    assert abs(deep[-1, 0] / found[-1, 0] - 1) > 1e-3  # where depth counts, one shell is another model
    text = write(mixed, VALUES, "a ball")
    assert '"ball.cells"' in text and "ball.cells[" not in text


def test_the_loop_is_printed_once_however_many_shells():
    """What is printed and compiled does not grow with the number of shells."""
    few, many = (cache.text(ball(n)) for n in (10, 40))
    assert abs(len(many) - len(few)) < 0.02 * len(few) + 60 * 30 * 2  # but for the names of the states
