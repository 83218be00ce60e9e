"""Our SBML exports in other programs, as anybody would run them there: our own course, to a millionth of each peak."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from livingdrug.model import Flow, Module, Param, Publishes, State, assemble
from livingdrug.model.math import log, where
from livingdrug.published.entry import names, published
from livingdrug.published.integrate import Course, Dose
from livingdrug.sbml import write
from livingdrug.sbml.write import identifier

CLOSE = 1e-6
MODELS = tuple(name for name in names() if not published(name).model.tissue)  # a tissue is not written


def libroadrunner(text, times, symbols):
    """The courses (times, symbols) by libroadrunner alone, without what we ask of it."""
    roadrunner = pytest.importorskip("roadrunner", reason="libroadrunner is not installed (livingdrug[exchange])")
    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
    runner = roadrunner.RoadRunner(text)
    runner.integrator.relative_tolerance = 1e-10
    runner.integrator.absolute_tolerance = 1e-14
    runner.timeCourseSelections = ["time", *symbols]
    return np.array(runner.simulate(times=[0.0, *times]))[1:, 1:]


def copasi(text, times, symbols):
    """The courses by COPASI's LSODA."""
    engine = pytest.importorskip("COPASI", reason="COPASI is not installed (python-copasi)")
    model = engine.CRootContainer.addDatamodel()
    try:
        assert model.importSBMLFromString(text), engine.CCopasiMessage.getAllMessageText()
        task = model.getTask("Time-Course")
        problem, method = task.getProblem(), task.getMethod()
        problem.setAutomaticStepSize(False)
        problem.setUseValues(True)
        problem.setValues(" ".join(map(repr, [0.0, *map(float, times)])))
        problem.setTimeSeriesRequested(True)
        method.getParameter("Relative Tolerance").setDblValue(1e-10)
        method.getParameter("Absolute Tolerance").setDblValue(1e-14)
        method.getParameter("Max Internal Steps").setIntValue(1_000_000)
        assert task.processWithOutputFlags(True, engine.CCopasiTask.ONLY_TIME_SERIES), task.getProcessError()
        series = task.getTimeSeries()
        place = {series.getSBMLId(i, model): i for i in range(series.getNumVariables())}
        rows = range(series.getRecordedSteps() - len(times), series.getRecordedSteps())
        return np.array([[series.getConcentrationData(row, place[s]) for s in symbols] for row in rows])
    finally:
        engine.CRootContainer.removeDatamodel(model)


TOOLS = (libroadrunner, copasi)


@cache
def export(name):
    """A published model with its doses: the text of its file, times (those of doses, too), our course, the symbols."""
    model = published(name)
    doses = [Dose(d.time, d.into, d.amount, d.duration) for d in model.doses()]
    text = write(model.model, model.values, [(d.time, d.into, d.amount, d.duration) for d in doses])
    end = 45.0 if name.startswith("barros") else min(15.0, model.days)
    own = [d.time for d in doses if 0.0 < d.time < end]
    times = np.unique([*(np.linspace(0, end, 16)[:-1] + 0.0123), *own])
    states = Course(model.model, model.values).solve(times, doses, rtol=1e-10)
    return text, times, states, [identifier(p) for p in model.model.states]


def off(found, states):
    """The largest difference as a share of each state's peak; of a state that is never there, as it is."""
    peak = np.abs(states).max(axis=0)
    return float((np.abs(found - states).max(axis=0) / np.where(peak > 0, peak, 1.0)).max())


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.__name__)
@pytest.mark.parametrize("name", MODELS)
def test_a_published_model_runs_elsewhere_to_our_course(name, tool):
    text, times, states, symbols = export(name)
    assert off(tool(text, times, symbols), states) < CLOSE


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.__name__)
def test_a_file_that_is_a_little_wrong_would_be_found(tool):
    text, times, states, symbols = export("kimmel_2021")
    model = published("kimmel_2021")
    bent = {p: x * (1 + 1e-4) for p, x in model.values.items()}
    doses = [(d.time, d.into, d.amount, d.duration) for d in model.doses()]
    assert off(tool(write(model.model, bent, doses), times, symbols), states) > 10 * CLOSE
    assert off(tool(text, times, symbols), states) < CLOSE


@pytest.mark.parametrize("name", MODELS)
def test_what_others_refuse_or_read_otherwise_is_not_in_our_files(name):
    libsbml = pytest.importorskip("libsbml", reason="python-libsbml is not installed (livingdrug[exchange])")
    model = libsbml.readSBMLFromString(export(name)[0]).getModel()
    for e in model.getListOfEvents():  # AMICI; COPASI; a dose at time 0
        assert not e.isSetDelay() and not e.isSetPriority()
        assert e.getTrigger().getPersistent() and not e.getTrigger().getInitialValue()
        assert e.getTrigger().getMath().getType() == libsbml.AST_RELATIONAL_GEQ
        left, right = (e.getTrigger().getMath().getChild(i) for i in range(2))  # COPASI: never a quantity that jumps
        assert left.getType() == libsbml.AST_NAME_TIME and right.isNumber()
    assert not model.isSetConversionFactor()  # COPASI
    for s in model.getListOfSpecies():  # who asks for a concentration gets the amount
        assert s.getHasOnlySubstanceUnits() and s.isSetInitialAmount() and not s.isSetConversionFactor()
        assert model.getCompartment(s.getCompartment()).getSize() == 1.0
    for r in model.getListOfReactions():  # pysb's gap; COPASI's stoichiometry rules
        assert all(
            x.isSetStoichiometry() and x.getConstant() for x in (*r.getListOfReactants(), *r.getListOfProducts())
        )
        assert not r.getFast() and not r.getKineticLaw().getNumLocalParameters()
    assert {rule.getElementName() for rule in model.getListOfRules()} <= {"assignmentRule"}  # rate rules: sbmltoodejax
    assert all(p.isSetValue() or model.getRuleByVariable(p.getId()) for p in model.getListOfParameters())


class Awkward(Module):
    """Formulas that libSBML's own text says otherwise: powers of powers, logarithms, or before and.

    Leaves out: sense.
    """

    role = "awkward.thing"
    x = State("1", "a state", start=0.7)
    y = Param("1", "an exponent")

    def flows(self, v):
        yield Flow("loss", out_of="x", rate=0.1 * v.x)

    powers = Publishes("1", "a power of a power, and one of a negative number")
    logarithm = Publishes("1", "the natural logarithm")
    either = Publishes("1", "a condition of two kinds")

    def published(self, v):
        return {
            "powers": (v.x**v.y) ** 3.0 + (v.x - 2.0) ** 2 + 2.0 ** (v.x**v.y),
            "logarithm": log(v.x) + log(v.x + 3.0),
            "either": where(((v.x > 0.1) | (v.x < 0.0)) & (v.y > 5.0), 1.0, 2.0),
        }


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.__name__)
def test_formulas_keep_their_brackets(tool):
    model, y = assemble(Awkward), 1.3
    text = write(model, {"awkward.thing.y": y})
    told = [f"awkward__thing__{n}" for n in ("x", "powers", "logarithm", "either")]
    (x, powers, logarithm, either) = tool(text, [2.0], told)[0]
    assert x == pytest.approx(0.7 * np.exp(-0.2), rel=1e-8)
    assert powers == pytest.approx(x ** (y * 3) + (x - 2) ** 2 + 2 ** (x**y), rel=1e-9)
    assert logarithm == pytest.approx(np.log(x) + np.log(x + 3), rel=1e-9)
    assert either == 2.0


@pytest.mark.thorough
@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.__name__)
def test_a_virtual_patient_runs_elsewhere_to_our_course(tool):
    """The whole therapy of a trial, from conditioning to infusion, without care rules and chance."""
    from livingdrug.trial import Trial
    from livingdrug.trial.enrolment import enrol

    trial = Trial("eliana")
    arm = trial.resolved.arms[0]
    plan = trial.design(arm)
    model, who = plan.model, enrol(arm, plan, np.arange(1), 1).patients
    values = {p: float(np.asarray(x).ravel()[0]) for p, x in who.values.items() if "@" not in p}
    given = [(d[0] - plan.plan.start, model.inputs[int(d[1])], d[2], d[3]) for d in who.doses[0] if np.isfinite(d[0])]
    doses = [(float(t), into, float(amount), float(lasts)) for t, into, amount, lasts in given]
    times = np.linspace(0.0, 40.0, 21)[:-1] + 0.0123
    states = Course(model, values).solve(times, [Dose(*d) for d in doses], rtol=1e-10)
    found = tool(write(model, values, doses), times, [identifier(p) for p in model.states])
    assert off(found, states) < CLOSE
