"""The living figure of a solid tumour: its sliders begin where the library does, and what it says of depth is so."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.engine import cache
from livingdrug.engine.plan import Patients, Plan
from livingdrug.engine.run import simulate
from livingdrug.scenario.numbers import assembled
from livingdrug.web import figures, living

NAME, MODEL = "solid-lump", "solid"


def test_sliders_begin_at_the_numbers_of_the_library() -> None:
    values = living.therapy(MODEL).values
    begin = {x["sets"]: x["first"] * x["times"] for x in figures.spec(NAME)["slider"]}
    for path in ("tumour.negative_share", "tumour.tgf_dense", "tumour.extravasation"):
        assert begin[path] == pytest.approx(values[path], rel=1e-9), path
    assert begin["tumour.burden"] < values["tumour.burden"]  # smaller on purpose; the figure says so


def test_what_goes_into_the_lumps_is_shared_among_them() -> None:
    made = living.therapy(MODEL)
    vein, local = made.given["cells"], made.given["local"]
    assert (vein.into, local.into) == ("kinetics.infusion", "tumour.local")
    assert local.amount * made.values["tumour.lesions"] == pytest.approx(vein.amount)
    spec = figures.spec(NAME)
    for route, into in (("vein", vein.into), ("local", local.into)):
        given = figures.ask(spec, {**figures.first(spec), "route": route}).doses
        assert [into] == [x for _, x, _, _ in given if x in (vein.into, local.into)]


def test_the_page_has_no_shells() -> None:
    made = living.therapy(MODEL)
    assert made.resolved.model().tissue == "tumour.tissue" and made.model.tissue is None
    assert "tumour.cells_0" in made.model.states


@pytest.mark.thorough
def test_what_the_figure_says_of_depth_is_so() -> None:
    """Width [mm] on days 0, 28 and 84 in 40 layers and in one; by vein and into the lumps."""
    made, spec, days = living.therapy(MODEL), figures.spec(NAME), [0.0, 28.0, 84.0]
    left_out = made.asked["without"]
    deep = assembled(tuple((role, stem) for role, stem in made.resolved.modules.items() if role not in left_out))
    found = {}
    for route in ("vein", "local"):
        asked = figures.ask(spec, {**figures.first(spec), "route": route})
        for model in (deep, made.model):
            doses = np.array([sorted((d, model.inputs.index(i), a, over) for d, i, a, over in asked.doses)])
            values = {p: np.array([x]) for p, x in {**made.values, **asked.values}.items()}
            ticks = np.array(days)
            none, every = np.zeros(3, np.int64), np.ones(3, bool)
            plan = Plan(living.START, days[-1], ticks, none, every, ~every, ("tumour.radius",), 1, rtol=1e-5)
            patients = Patients(np.zeros(1, np.int64), values, np.zeros((1, 0)), doses, np.zeros((1, 0)))
            out = simulate(model, plan, patients, threads=1, program=cache.plain(model))
            found[route, model is deep] = 0.002 * out.observables[0, :, 0]
    assert round(found["vein", True][2]) == 18 and round(found["vein", False][2]) == 12
    assert "some 18 mm wide after twelve weeks, not 12" in spec["limits"]
    at_start, month, _ = found["local", True]
    assert month == pytest.approx(at_start, rel=0.03) and month < found["vein", True][1], "held, not shrunk"
    assert found["local", False][1] < found["local", False][0]
