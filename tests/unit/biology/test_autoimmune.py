"""Autoimmune disease: at rest it stays, what bears the target goes, and the antibody of what does not is left."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug import biology, library
from livingdrug.engine.reference import integrate
from livingdrug.model import Module, Param, Publishes, assemble
from livingdrug.parameters import read_parameter
from livingdrug.scenario import resolve
from livingdrug.scenario.parts import whole
from livingdrug.units import factor
from thoroughness import some


class Steady(Module):
    """CAR-T of one number. Leaves out: everything else."""

    role = "kinetics"
    number = Param("cell", "CAR-T")
    killers = Publishes("cell", "CAR-T")

    def published(self, v: Any) -> dict[str, Any]:
        return {"killers": v.number}


@cache
def assembled() -> tuple[Any, dict[str, float]]:
    module, entry = biology.find("autoreactive_lineage"), library.find("mechanisms", "autoreactive_lineage")
    values = {}
    for p in module.declared.values():
        if isinstance(p, Param):
            data = entry.data[module.role][p.name]
            read = read_parameter(p.name, data, None, entry.sources, "mechanism", entry.file, None)
            values[f"{module.role}.{p.name}"] = read.value * factor(read.unit, p.unit)
    return assemble(Steady(), module), values


def course(killers: float, days: list[float], **changed: float) -> dict[str, Any]:
    """States and published quantities on these days, with so many CAR-T all the time."""
    model, values = assembled()
    values = {**values, "kinetics.number": killers, **{f"autoimmunity.{k}": x for k, x in changed.items()}}
    at = np.array([0.0, *days])
    states = integrate(model, values, np.zeros((0, 4)), 0.0, at[-1], at, rtol=1e-9, atol=1e-12)[1:]
    found = model.evaluate({**values, **model.constants(values), **dict(zip(model.states, states.T))})
    return {
        k.removeprefix("autoimmunity."): x for k, x in {**dict(zip(model.states, states.T)), **found.published}.items()
    }


@given(complement=st.floats(0.3, 2.0), share=st.floats(0.0, 0.9), cellular=st.floats(0.0, 1.0))
@settings(max_examples=some(8), deadline=None)
def test_without_treatment_nothing_moves(complement: float, share: float, cellular: float) -> None:
    changed = {"complement_start": complement, "long_lived_share": share, "cellular": cellular}
    found = course(0.0, [1.0, 500.0], **changed)
    for state in ("plasmablasts", "long_lived", "antibody", "activity"):
        assert found[state] == pytest.approx(1.0, rel=1e-6), state
    assert found["complement"] == pytest.approx(
        min(complement, assembled()[1]["autoimmunity.complement_normal"]), rel=1e-6
    )
    assert found["signs"] == pytest.approx(assembled()[1]["autoimmunity.signs_start"], rel=1e-6)


@given(share=st.floats(0.02, 0.8))
@settings(max_examples=some(6), deadline=None)
def test_what_is_left_of_the_antibody_is_that_of_the_cells_without_the_target(share: float) -> None:
    """CD19: half a year on, the share of the long-lived; BCMA too: nothing."""
    _, v = assembled()
    days = 365.0
    spared = np.exp(-v["autoimmunity.long_lived_loss"] * days)
    cd19 = course(1e11, [days], long_lived_share=share)
    both = course(1e11, [days], long_lived_share=share, long_lived_seen=1.0)
    assert cd19["antibody"][0] == pytest.approx(share * spared, rel=0.05)
    assert cd19["long_lived"][0] == pytest.approx(spared, rel=0.01)
    assert both["antibody"][0] < 1e-3


def test_cells_against_bcma_leave_the_root() -> None:
    said = whole(library.find("products", "ciltacabtagene-autoleucel"))
    assert said["autoimmunity"]["memory_seen"]["value"] == 0 and said["modules"]["b_cells"] == "plasma_cells"
    found = course(1e11, [60.0], memory_seen=0.0, plasmablasts_seen=1.0, long_lived_seen=1.0)
    _, v = assembled()
    assert found["memory"][0] == pytest.approx(v["autoimmunity.memory_start"], rel=1e-6)
    assert found["antibody"][0] < 0.5


@given(low=st.floats(5.0, 8.0), times=st.floats(1.5, 50.0))
@settings(max_examples=some(6), deadline=None)
def test_more_car_t_never_leave_more_disease(low: float, times: float) -> None:
    few, many = (course(x, [30.0, 120.0]) for x in (10.0**low, 10.0**low * times))
    for name in ("memory", "antibody", "signs", "score"):
        assert (many[name] <= few[name] * (1 + 1e-9) + 1e-12).all(), name


def test_the_score_counts_antibody_and_complement_only_where_the_disease_says_so() -> None:
    lupus, weak = resolve("erlangen-lupus").parameters, resolve("kysa-6-myasthenia").parameters
    assert lupus["autoimmunity.antibody_points"].value == lupus["autoimmunity.complement_points"].value == 2
    assert weak["autoimmunity.antibody_points"].value == weak["autoimmunity.complement_points"].value == 0
    found = course(0.0, [10.0], antibody_points=2.0, complement_points=2.0, complement_start=0.6)
    assert found["score"][0] == pytest.approx(found["signs"][0] + 4)
    assert course(0.0, [10.0], antibody_points=2.0, antibody_start=0.9)["score"][0] == pytest.approx(found["signs"][0])


def test_no_tumour_is_in_the_model_and_only_b_cells_bear_the_antigen() -> None:
    model = resolve("erlangen-lupus").model()
    assert "tumour" not in model.modules and "b_cells" in model.modules
    assert resolve("azd0120-lupus").parameters["autoimmunity.long_lived_seen"].value == 1
