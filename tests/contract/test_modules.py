"""Every mechanism that the folder holds: units, balance, no negative pools, sourced numbers, and what it leaves out."""

from __future__ import annotations

import inspect
import re
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug import biology, library
from livingdrug.cohort import draw
from livingdrug.engine import cache
from livingdrug.errors import UnitError
from livingdrug.model import Adds, Change, Entry, Flow, Module, Param, Publishes, State, Tissue, assemble
from livingdrug.model.alone import alone as by_itself
from livingdrug.model.checks import check_units, published_units
from livingdrug.parameters import read_parameter
from livingdrug.scenario import resolve
from livingdrug.scenario.parts import lineage, whole
from livingdrug.units import factor
from thoroughness import some

STEMS = sorted(biology.stems())
PUBLISHED = re.compile(r"\.published\.|[/\\]models[/\\]")  # of the package, or of a folder of one's own
OWN = [s for s in STEMS if not PUBLISHED.search(biology.stems()[s])]
MOVING = [s for s in STEMS if any(isinstance(d, State) for d in biology.find(s).declared.values())]


@lru_cache
def alone(stem: str):
    return by_itself(biology.find(stem))


@lru_cache
def defaults(stem: str) -> dict[str, float]:
    """The numbers of the mechanism's own file, in the module's units."""
    entry = library.find("mechanisms", stem)
    said = whole(entry)
    sources = {key: x for e in lineage(entry) for key, x in e.sources.items()}
    found = {}
    module = biology.find(stem)
    for p in module.declared.values():
        if isinstance(p, Param):
            data = said
            for word in f"{module.role}.{p.name}".split("."):
                assert word in data, f"{entry.file} has no value for {module.role}.{p.name}"
                data = data[word]
            parameter = read_parameter(p.name, data, None, sources, "mechanism", entry.file, None)
            found[f"{module.role}.{p.name}"] = parameter.value * factor(parameter.unit, p.unit)
    return found


def values_for(stem: str, level: float) -> dict[str, float]:
    """Parameters, covariates and derived constants of a module alone."""
    model = alone(stem)
    values = {p: 0.5 for p in (*model.parameters, *model.covariates)}
    if stem in OWN:
        values.update({k: x for k, x in defaults(stem).items()})
        values.update(
            {
                c: x
                for c, x in {"weight": 40.0, "bsa": 1.3, "egfr": 110.0, "fitness": level}.items()
                if c in model.covariates
            }
        )
    values.update({p: 1.0 for p in model.inputs if p not in model.entries})
    with np.errstate(all="ignore"):
        return {**values, **model.constants(values)}


@pytest.mark.parametrize("stem", STEMS)
def test_says_what_it_is_and_leaves_out(stem):
    module = biology.find(stem)
    assert module.role and module.__doc__
    assert "Leaves out:" in module.__doc__, f"{stem} does not say what it leaves out"
    lines = inspect.getsource(inspect.getmodule(module)).count("\n")
    assert lines < 150 or stem not in OWN, f"{stem} has {lines} lines; a mechanism stays under 150"


@pytest.mark.parametrize("stem", OWN)
def test_every_number_has_a_value_and_a_source(stem):
    module, entry = biology.find(stem), library.find("mechanisms", stem)
    assert set(defaults(stem)) == {f"{module.role}.{p.name}" for p in module.declared.values() if isinstance(p, Param)}
    cited = set(re.findall(r"\[([a-z]+\d{4})\]", module.__doc__))
    assert cited <= set(entry.sources), f"{stem} cites {cited - set(entry.sources)}, which its file does not define"


@pytest.mark.parametrize("stem", STEMS)
def test_units(stem):
    check_units(alone(stem))


@pytest.mark.parametrize("stem", STEMS)
def test_published_quantities_are_declared_in_the_unit_of_their_equation(stem):
    model = alone(stem)
    for path, made in published_units(model).items():
        if path in model.publishes:
            unit = model.publishes[path].unit
            assert factor(made or "1", unit) == pytest.approx(1.0), f"{path} is [{made}], declared [{unit}]"
    assert all(q.unit and q.doc for q in model.quantities.values())


def test_units_of_the_whole_therapy_model():
    check_units(resolve("eliana").model())


def test_the_unit_check_can_fail():
    class Bad(Module):
        role = "bad"
        hourly, daily, drug = Param("1/hour", "a rate"), Param("1/day", "a rate"), State("mg", "a drug")

        def flows(self, v):
            yield Flow("loss", out_of="drug", rate=v.hourly * v.drug)

    class Mixed(Bad):
        def flows(self, v):
            yield Flow("loss", out_of="drug", rate=(v.daily + v.hourly) * v.drug)

    class Shown(Module):
        role = "shown"
        drug, grams = State("mg", "a drug"), Publishes("g", "the drug")

        def published(self, v):
            return {"grams": v.drug}

    for module, text in (
        (Bad, "24 times as large"),
        (Mixed, "units of unlike size"),
        (Shown, "0.001 times as large\n.*shown publishes grams"),
    ):
        with pytest.raises(UnitError, match=text):
            check_units(assemble(module))


@pytest.mark.parametrize("stem", STEMS)
@settings(max_examples=some(12))
@given(data=st.data())
def test_flows_balance_and_empty_pools_give_nothing(stem, data):
    model = alone(stem)
    constants = values_for(stem, data.draw(st.floats(-2, 2)))
    size = st.one_of(st.just(0.0), st.floats(-3, 11).map(lambda e: 10.0**e))
    most = {p: 1.0 if model.declared[p].doc.startswith("share of") else np.inf for p in model.states}
    states = {p: np.float64(min(data.draw(size), most[p])) for p in model.states}
    with np.errstate(all="ignore"):
        seen = model.evaluate({**constants, **states})
        total = {p: 0.0 for p in model.states}
        for role, f, rate in seen.flows:
            path = lambda s, role=role: s if "." in s else f"{role}.{s}"  # noqa: E731
            if isinstance(f, Change):
                total[path(f.state)] += rate
                continue
            assert np.isfinite(rate) or stem not in OWN, f"{stem}: flow '{f.name}' is {rate} at {states}"
            assert rate >= 0 or stem not in OWN, f"{stem}: flow '{f.name}' runs backwards at {states}"
            if f.into:
                total[path(f.into)] += rate * f.yields
            if f.out_of:
                total[path(f.out_of)] -= rate
        for p, x in total.items():
            assert seen.derivatives[p] == pytest.approx(x, rel=1e-9, abs=1e-12, nan_ok=stem not in OWN), (
                f"{p} is not what flows into and out of it"
            )
        for p in model.states if stem in OWN else ():  # published models are kept as printed, faults included
            empty = model.evaluate({**constants, **states, p: 0.0}).derivatives[p]
            assert not empty < -1e-12, f"{stem}: {p} falls below zero when empty"


def test_car_t_below_one_cell_cannot_regrow():
    """Under full antigen a subset of a hundredth of a cell shrinks, one of a million cells grows."""
    stem = "renewing_effectors"
    model = alone(stem)
    constants = values_for(stem, 0.0)
    for cells, grows in ((0.01, False), (1e6, True)):
        states = {p: 0.0 for p in model.states} | {
            "kinetics.proliferating": cells,
            "encounters.engaged": 1.0,
            "homeostasis.help": 1.0,
        }
        assert (model.evaluate({**constants, **states}).derivatives["kinetics.proliferating"] > 0) == grows


def test_drugs_slow_expansion_by_no_more_than_published():
    """Steroids x1.0 and tocilizumab x1.2 (not different from 1) on the rate of expansion [stein2019]."""
    for stem in ("tocilizumab", "steroid"):
        model, constants = alone(stem), values_for(stem, 0.0)
        states = {p: 1e6 for p in model.states}
        assert 1.0 <= model.evaluate({**constants, **states}).published["kinetics.pace"] <= 1.2


def test_a_new_conditioning_drug_is_one_module():
    """It kills lymphocytes, and all that follow them, without an edit anywhere else; and more with the patient's
    sensitivity."""

    class Bendamustine(Module):
        role = "conditioning.bendamustine"
        lymphocyte_kill = Param("L/mg/day", "kill of lymphocytes for each mg/L")
        volume, loss = Param("L", "volume"), Param("1/day", "elimination")
        drug = State("mg", "bendamustine in the body")
        dose = Entry("mg", "bendamustine", into={"drug": 1.0})
        kills = Adds("lymphocytes.kill", "1/day")

        def flows(self, v):
            yield Flow("elimination", out_of="drug", rate=v.loss * v.drug)

        def contributes(self, v):
            return {"kills": v.lymphocyte_kill * v.drug / v.volume}

    scenario = resolve("eliana")
    drawn = draw(scenario, np.arange(3), 1)
    model = assemble(*scenario.model().modules.values(), Bendamustine)
    check_units(model)
    for i in range(3):
        values = {p: float(drawn.of(p)[i]) for p in drawn.values}
        states = {p: values.get(f"{p}@start", 0.0) for p in model.states}
        own = {"conditioning.bendamustine.lymphocyte_kill": 2.0, "conditioning.bendamustine.volume": 10.0}
        values |= own | {"conditioning.bendamustine.loss": 1.0}
        with np.errstate(all="ignore"):
            off, on = (model.evaluate({**values, **states, "conditioning.bendamustine.drug": mg}) for mg in (0.0, 5.0))
        kill = values["lymphocytes.sensitivity"] * 2.0 * 5.0 / 10.0
        assert on.published["lymphocytes.kill"] == pytest.approx(kill) and off.published["lymphocytes.kill"] == 0
        for path in ("lymphocytes.share", "leucocytes.marrow", "b_cells.b_cells", "tumour.positive"):
            assert on.derivatives[path] < off.derivatives[path], path


def test_every_entry_lands_somewhere():
    for stem in STEMS:
        for e in biology.find(stem).declared.values():
            if isinstance(e, Entry):
                assert set(e.into) <= {s.name for s in biology.find(stem).declared.values() if isinstance(s, State)}
                start = f"{biology.find(stem).role}.{e.name}>"
                shares = [x for k, x in values_for(stem, 0.0).items() if k.startswith(start)]
                assert shares and (all(0 <= x <= 1 for x in shares) or stem not in OWN)


def in_one_shell(stem: str):
    """The mechanism alone, its tissue as one shell, as which the reference sees it."""
    module = biology.find(stem)
    tissues = module.declared.values()
    parts = {d.name: Tissue(d.doc, shells=1) for d in tissues if isinstance(d, Tissue)}
    return by_itself(type(module.__name__, (module,), {**parts, "__doc__": module.__doc__})) if parts else alone(stem)


@pytest.mark.parametrize("stem", MOVING)  # of patient constants alone nothing is generated
def test_the_generated_file_as_plain_python_gives_the_reference(stem):
    """Slopes and published quantities of the file that is compiled, run with one lane and no compiling."""
    model, constants = in_one_shell(stem), values_for(stem, 0.5)
    if stem not in OWN:  # numbers that differ, so that no logarithm of a ratio vanishes
        numbers = {p: 0.4 + 0.05 * i for i, p in enumerate((*model.parameters, *model.covariates))}
        constants = {**{p: 1.0 for p in model.inputs}, **numbers, **model.constants(numbers)}
    kernel = cache.plain(model).kernel
    states = {p: 3.0 + i for i, p in enumerate(model.states)}
    values = {**constants, **{p: 0.0 for p in model.entries}, **states}
    reference = model.evaluate({**values, "time": 0.5})
    w = np.zeros(kernel.SIZE)
    for area, paths in (
        ("Y", kernel.STATE_PATHS),
        ("YI", kernel.STATE_PATHS),
        ("P", kernel.COLUMN_PATHS),
        ("U", kernel.INPUT_PATHS),
    ):
        for i, path in enumerate(paths):
            w[getattr(kernel, area) + i] = 0.5 if path == "time" else values[path.removesuffix("[0]")]
    w[kernel.H] = 1.0
    w[kernel.MASK : kernel.MASK + kernel.CLONES] = 1.0
    kernel.prepare(w)
    kernel.begin(w)
    kernel.observe(w)
    found = dict(
        zip([p.removesuffix("[0]") for p in kernel.STATE_PATHS], w[kernel.F : kernel.F + kernel.N], strict=True)
    )
    for path, slope in reference.derivatives.items():
        assert found[path] == pytest.approx(float(slope), rel=1e-9, abs=1e-12), path
    shown = dict(zip(kernel.OBSERVABLE_PATHS, w[kernel.OB :], strict=False))
    for path, value in reference.published.items():
        assert shown[path] == pytest.approx(float(value), rel=1e-9, abs=1e-12), path
