"""What is written as SBML is valid, and gives the same course when it is read again."""

from __future__ import annotations

import libsbml
import numpy as np
import pytest
from small_sbml import saved

from livingdrug.errors import EngineError
from livingdrug.model import Break, Change, Derived, Entry, Flow, Module, Param, Publishes, State, Switch, assemble
from livingdrug.model.math import exp, hill, log, maximum, minimum, smooth_step, sqrt, where
from livingdrug.published.entry import names, published
from livingdrug.published.integrate import Course, Dose
from livingdrug.sbml import load, write


class Everything(Module):
    """One of each thing a module may say. Leaves out: sense."""

    role = "every.thing"
    drug = State("mg", "a drug")
    cells = State("cell", "cells", start=lambda v: v.first)
    score = State("1", "a score", start=0.5)
    first = Param("cell", "cells at the start")
    rate = Param("1/day", "a rate")
    divisions = Param("1", "divisions")
    late = Param("day", "a day")
    twice = Derived("1/day", "twice the rate", lambda v: 2 * v.rate)
    on = Switch("a switch")
    dose = Entry("mg", "a dose", into={"drug": lambda v: 0.25 + v.rate})
    turn = Break("late")

    def flows(self, v):
        effect = hill(v.drug, 3.0, 1.5) + smooth_step(v.time, v.late, 0.5) + where(v.time > v.late, 0.2, 0.1)
        yield Flow("loss", out_of="drug", rate=v.twice * v.drug)
        yield Flow("division", into="cells", per="cells", rate=v.rate * effect)
        yield Flow("burst", out_of="drug", into="cells", rate=0.01 * v.drug, yields=2.0**v.divisions)
        yield Change(
            "score", minimum(maximum(log(v.cells) - sqrt(v.cells), -1.0), 1.0) * exp(-v.time) + v.on, "a signed change"
        )

    effect = Publishes("1", "effect of the drug")

    def published(self, v):
        return {"effect": hill(v.drug, 3.0, 1.5)}


def again(model, values, doses, times, tmp_path):
    """The course by the model, and by its file."""
    course = Course(model, values)
    states = course.solve(times, [Dose(*d) for d in doses])
    file = saved(write(model, values, doses), tmp_path / "written.xml")
    return course, states, load(file).run(times)


def test_everything_a_module_may_say_comes_back(tmp_path):
    model = assemble(Everything)
    values = {"every.thing.first": 5.0, "every.thing.rate": 0.3, "every.thing.divisions": 3.0, "every.thing.late": 4.0}
    doses = [
        (0.0, "every.thing.dose", 10.0, 0.0),
        (2.0, "every.thing.dose", 8.0, 1.5),
        (3.0, "every.thing.on", 1.0, 0.0),
    ]
    times = np.linspace(0, 8, 33)
    course = Course(model, values)
    parts = [np.linspace(0, 3, 13), np.linspace(3, 8, 21)]
    first = course.solve(parts[0], [Dose(*d) for d in doses[:2]])
    file = saved(write(model, values, doses), tmp_path / "written.xml")
    found = load(file).run(times)
    names = [f"every__thing__{n}" for n in ("drug", "cells", "score")]
    np.testing.assert_allclose(np.column_stack([found[n][:12] for n in names]), first[:12], rtol=1e-7, atol=1e-8)
    slope = (found["every__thing__score"][24] - found["every__thing__score"][20]) / 1.0
    assert 0.9 < slope < 1.1, "the switch adds one a day from day 3 on"
    drug = found["every__thing__drug"]
    np.testing.assert_allclose(found["every__thing__effect"], drug**1.5 / (3.0**1.5 + drug**1.5), rtol=1e-9)


@pytest.mark.parametrize("name", names())
def test_a_published_model_comes_back(name, tmp_path):
    model = published(name)
    doses = [(d.time, d.into, d.amount, d.duration) for d in model.doses()]
    if model.model.tissue:
        with pytest.raises(EngineError, match="which is in every shell of a tissue"):
            write(model.model, model.values, doses)
        return
    times = np.linspace(0, 50 if name.startswith("barros") else min(15.0, model.days), 16)
    course, states, found = again(model.model, model.values, doses, times, tmp_path)
    seen = course.observe(times, states, [o.path for o in model.observations.values()])
    for path, x in seen.items():
        np.testing.assert_allclose(
            found[path.replace(".", "__")], x, rtol=1e-5, atol=1e-8 * np.abs(x).max(), err_msg=path
        )


def test_the_file_is_valid_sbml():
    model = published("kirouac_2023")
    text = write(model.model, model.values, [(0.0, "therapy.infusion", 1e8, 0.0)])
    document = libsbml.readSBMLFromString(text)
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, False)
    document.checkConsistency()
    assert document.getNumErrors(libsbml.LIBSBML_SEV_ERROR) == 0
    assert document.getModel().getReaction("flow_1").getName() == "loss at infusion"
    assert document.getModel().getSpecies("therapy__exhausted").getName() == "exhausted CAR-T (X) [cell]"


def test_a_dose_into_nowhere_is_refused():
    model = published("kimmel_2021")
    with pytest.raises(EngineError, match="no entry 'therapy.inffusion'"):
        write(model.model, model.values, [(0.0, "therapy.inffusion", 1e8, 0.0)])
