"""An inhibitor of gamma-secretase: more antigen on the cell, less in serum; nothing where none is in the body."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.cohort import draw
from livingdrug.scenario import resolve

TRIALS = ({}, {"tumour": "multiple-myeloma-two-antigens", "product": "bcma-gprc5d"})
STATES = {"tumour.positive": 1e10, "tumour.niche": 1e9, "tumour.soluble": 300.0, "kinetics.proliferating": 1e9}


@cache
def patients(drug: bool, which: int = 0) -> tuple[Any, dict[str, Any]]:
    """The model of KarMMa, with or without the drug, and the numbers of 50 patients."""
    drugs = resolve("karmma").protocol.drugs
    sets = {"protocol.drugs": str([*drugs, "crenigacestat"])} if drug else {}
    resolved = resolve("karmma", {**TRIALS[which], **sets})
    return resolved.model(), dict(draw(resolved, np.arange(50), 1).values)


def look(drug: bool, amount: float = 0.0, which: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
    """Flows of the tumour by name, and what is published, with so much drug in the body [mg]."""
    model, values = patients(drug, which)
    states = {p: 0.0 for p in model.states} | STATES | ({"drug.crenigacestat.drug": amount} if drug else {})
    states["kinetics.share"] = 0.1
    found = model.evaluate({**values, **states, **{p: 0.0 for p in model.inputs if p not in values}})
    return {f.name: x for role, f, x in found.flows if role == "tumour"}, dict(found.published)


@pytest.mark.parametrize("which", [0, 1])
def test_without_any_in_the_body_nothing_is_changed(which: int) -> None:
    (plain, said), (flows, told) = look(False, which=which), look(True, 0.0, which)
    for name, x in plain.items():
        assert flows[name] == pytest.approx(x, rel=1e-8), name
    assert told["tumour.antigen"] == pytest.approx(said["tumour.antigen"], rel=1e-8)


@settings(max_examples=6, derandomize=True, deadline=None)
@given(st.floats(0.01, 100), st.sampled_from([0, 1]))
def test_less_is_shed_and_more_is_met(amount: float, which: int) -> None:
    (plain, said), (flows, told) = look(True, 0.0, which), look(True, amount, which)
    _, values = patients(True, which)
    inhibited = told["drug.crenigacestat.inhibition"]
    assert (0 < np.asarray(inhibited)).all() and (np.asarray(inhibited) < 1).all()
    assert flows["shedding of antigen"] / plain["shedding of antigen"] == pytest.approx(1 - inhibited)
    for name in ("positive kill", "niche kill"):
        assert (flows[name] >= plain[name]).all() and (flows[name] <= plain[name] * values["tumour.kill"]).all()
    assert (told["tumour.antigen"] <= said["tumour.antigen"] * values["drug.crenigacestat.most"]).all()
    assert flows["M-protein secretion"] == pytest.approx(plain["M-protein secretion"])


def test_a_disease_that_sheds_no_antigen_takes_no_notice() -> None:
    drugs = str([*resolve("eliana").protocol.drugs, "crenigacestat"])
    model = resolve("eliana", {"protocol.drugs": drugs}).model()
    assert "tumour.shedding" not in model.quantities and "drug.crenigacestat.inhibition" in model.quantities
