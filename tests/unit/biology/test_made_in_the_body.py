"""CAR-T made in the body: messenger that comes and goes, vector that is bound once; immunity against the receptor."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug import biology, library
from livingdrug.engine.reference import integrate
from livingdrug.errors import ScenarioError
from livingdrug.model import Param, assemble
from livingdrug.parameters import read_parameter
from livingdrug.scenario import resolve
from livingdrug.scenario.parts import whole
from livingdrug.units import factor
from thoroughness import some

INTO = "kinetics.infusion"


@cache
def assembled(*stems: str) -> tuple[Any, dict[str, float]]:
    """These mechanisms together, and the numbers of their files."""
    values: dict[str, float] = {"weight": 65.0}
    modules = [biology.find(stem) for stem in stems]
    for stem, module in zip(stems, modules):
        entry = library.find("mechanisms", stem)
        said = whole(entry)
        for p in module.declared.values():
            if isinstance(p, Param):
                path = f"{module.role}.{p.name}"
                data: Any = said
                for word in path.split("."):
                    data = data[word]
                read = read_parameter(path, data, None, entry.sources, "mechanism", entry.file, None)
                values[path] = read.value * factor(read.unit, p.unit)
    return assemble(*modules), values


def course(stems: tuple[str, ...], doses: list[tuple[float, float]], times: list[float], **changed: float) -> Any:
    """States and published quantities at these times; doses (day, amount), within a moment."""
    model, values = assembled(*stems)
    values = {**values, **{k.replace("__", "."): x for k, x in changed.items()}}
    values = {
        k: x for k, x in values.items() if k.partition("@")[0] in {*model.parameters, *model.covariates, *model.states}
    }
    rows = [(at, model.inputs.index(INTO), amount, 1e-4) for at, amount in doses]
    at = np.array([0.0, *times])
    states = integrate(model, values, np.array(rows).reshape(-1, 4), 0.0, at[-1], at, rtol=1e-9, atol=1e-12)[1:]
    constants = {**values, **model.constants(values)}
    found = model.evaluate({**constants, **dict.fromkeys(model.inputs, 0.0), **dict(zip(model.states, states.T))})
    return {**dict(zip(model.states, states.T)), **found.published}


MESSENGER = ("messenger_t_cells",)


def bateman(t: float, rates: list[float]) -> float:
    """The last of a chain of stages (rates of loss) into whose first one unit came at time 0, passed on at rate 1."""
    ends = [math.prod(b - a for j, b in enumerate(rates) if j != i) for i, a in enumerate(rates)]
    return sum(math.exp(-a * t) / end for a, end in zip(rates, ends))


@given(dose=st.floats(0.2, 20.0), day=st.floats(0.05, 3.0), engaged=st.sampled_from([0.0, 4.0]))
@settings(max_examples=some(8), deadline=None)
def test_the_receptor_is_the_end_of_a_chain_of_three(dose: float, day: float, engaged: float) -> None:
    """Particles, messenger, receptor: the closed solution of three linear stages (Bateman)."""
    _, v = assembled(*MESSENGER)
    v = {k.partition(".")[2]: x for k, x in v.items()}
    gone = v["clearance"] + v["uptake"]
    diluted = v["division"]  # nobody shares antigen out: every cell is engaged
    rates = [gone, v["decay"] + diluted, v["turnover"] + engaged + diluted]
    expected = dose / v["reference"] * gone * v["translation"] * bateman(day - 5e-5, rates)
    found = course(MESSENGER, [(0.0, dose)], [day], kinetics__internalisation=engaged)
    assert found["kinetics.receptor"][0] == pytest.approx(expected, rel=2e-3)


def test_a_second_dose_adds_to_what_is_left_of_the_first() -> None:
    both = course(MESSENGER, [(0.0, 4.0), (2.0, 4.0)], [2.5, 4.0])["kinetics.receptor"]
    one = course(MESSENGER, [(0.0, 4.0)], [0.5, 2.0, 2.5, 4.0])["kinetics.receptor"]
    assert both == pytest.approx([one[2] + one[0], one[3] + one[1]], rel=1e-5)


def test_positive_cells_are_some_of_those_in_reach_and_come_to_nothing() -> None:
    found = course(MESSENGER, [(0.0, 40.0)], [0.3, 20.0])
    _, v = assembled(*MESSENGER)
    high, low = found["kinetics.positive_share"]
    assert low < 1e-9 < 0.5 * v["kinetics.reachable"] < high < v["kinetics.reachable"]


VECTOR = ("transduced_t_cells",)


@given(dose=st.floats(6.0, 10.0).map(lambda e: 10.0**e))
@settings(max_examples=some(6), deadline=None)
def test_each_vector_that_is_bound_makes_its_share_of_cells(dose: float) -> None:
    """Without antibodies binding over all losses is bound; cells are held in their first stage."""
    _, v = assembled(*VECTOR)
    expected = (
        dose * v["kinetics.binding"] / (v["kinetics.binding"] + v["kinetics.clearance"]) * v["kinetics.integration"]
    )
    found = course(VECTOR, [(0.0, dose)], [3.0], kinetics__neutralisation=0.0, kinetics__awakening=0.0)
    assert found["kinetics.settling"][0] == pytest.approx(expected, rel=1e-4)


def test_antibodies_of_the_first_dose_clear_the_second() -> None:
    still = {"kinetics__awakening": 0.0}
    without = course(VECTOR, [(0.0, 2e8), (182.0, 2e8)], [181.0, 184.0], kinetics__immunity_rate=0.0, **still)
    found = course(VECTOR, [(0.0, 2e8), (182.0, 2e8)], [181.0, 184.0], **still)
    first, second = np.diff([0.0, *without["kinetics.settling"]]), np.diff([0.0, *found["kinetics.settling"]])
    assert first[1] == pytest.approx(first[0], rel=1e-3)
    assert second[0] == pytest.approx(first[0], rel=0.05) and second[1] < 0.5 * second[0]
    assert 0 < found["kinetics.antibody"].max() < 1


IMMUNITY = ("renewing_effectors", "lymphocytes", "anti_car_immunity")


@given(priming=st.floats(-8.0, 0.0), recall=st.floats(0.0, 3.0), cells=st.floats(6.0, 11.0))
@settings(max_examples=some(6), deadline=None)
def test_immunity_is_never_above_its_fullest_and_needs_somebody_who_saw_the_receptor(
    priming: float, recall: float, cells: float
) -> None:
    changed = {"immunity__recall": recall, "kinetics.memory@start": 10.0**cells}
    found = course(IMMUNITY, [], [5.0, 50.0, 400.0], immunity__priming=10.0**priming, **changed)["immunity.primed"]
    assert (np.diff(found) >= -1e-9).all() and found[0] >= 0 and found[-1] <= 1 + 1e-6
    assert not course(IMMUNITY, [], [5.0, 50.0, 400.0], immunity__priming=0.0, **changed)["immunity.loss"].any()


def test_nothing_is_collected_made_or_waited_for() -> None:
    for trial in ("hn2301-lupus", "eso-t01-myeloma"):
        with pytest.raises(ScenarioError, match="made in the body\n.*\n  mend: +leave manufacture out"):
            resolve(trial, {"manufacture": "tisagenlecleucel"})
        protocol = resolve(trial).protocol
        assert not any(d.give in ("fludarabine", "cyclophosphamide") for d in protocol.schedule)
    assert any(d.give == "fludarabine" for d in resolve("castle-lupus").protocol.schedule)


def test_cells_of_the_vector_have_the_numbers_of_those_they_are_like() -> None:
    own, other = resolve("eso-t01-myeloma").parameters, resolve("karmma").parameters
    shared = [p for p in other if p.startswith("kinetics.")]
    assert len(shared) > 20
    for path in shared:
        assert own[path].value == other[path].value and own[path].variability == other[path].variability, path
