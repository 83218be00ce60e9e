"""Tumours told apart by two antigens: an OR gate, losses that go on, and one antigen where there is one binder."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug import biology
from livingdrug.cohort import draw
from livingdrug.errors import ScenarioError, SourceError, WiringError
from livingdrug.model import State
from livingdrug.scenario import resolve

WHERE = {
    "leukaemia": ("eliana", "b-all-two-antigens", "cd19-cd22"),
    "lymphoma": ("juliet", "lbcl-two-antigens", "cd19-cd22"),
    "myeloma": ("karmma", "multiple-myeloma-two-antigens", "bcma-gprc5d"),
}
DISEASES = sorted(WHERE)
FEW = settings(max_examples=8, derandomize=True, deadline=None)


@cache
def drawn(disease: str, two: bool, binders: int, **sets: Any) -> tuple[Any, dict[str, Any]]:
    """A model and the numbers and constants of 200 patients."""
    trial, tumour, product = WHERE[disease]
    asked: dict[str, Any] = {"tumour": tumour} if two else {}
    resolved = resolve(trial, {**asked, **({"product": product} if binders == 2 else {}), **sets})
    return resolved.model(), dict(draw(resolved, np.arange(200), 1).values)


def rates(model: Any, values: dict[str, Any], states: dict[str, float]) -> dict[str, Any]:
    """Rates of change of the tumour's states, and what it publishes, in these states."""
    at = {**values, **{p: 1.0 for p in model.states if p not in states}, **states}
    found = model.evaluate({**at, **{p: 0.0 for p in model.inputs if p not in at}})
    shown = {p: x for p, x in found.published.items() if p.startswith("tumour.")}
    return {p: x for p, x in found.derivatives.items() if p.startswith("tumour.")} | shown


@cache
def clones(disease: str) -> tuple[str, ...]:
    """The clones of the tumour of one antigen."""
    return tuple(f"tumour.{s.name}" for s in biology.find(disease)().of(State) if s.clone)


@FEW
@given(disease=st.sampled_from(DISEASES), cells=st.lists(st.floats(3, 11), min_size=6, max_size=6))
def test_with_one_binder_and_nothing_lost_it_is_the_tumour_of_one_antigen(disease: str, cells: list[float]) -> None:
    one, plain = drawn(disease, False, 1)
    two, values = drawn(disease, True, 1)
    values = {**values, **dict.fromkeys(("tumour.losing", "tumour.losing_second"), 0.0)}
    states = {p: 10**x for p, x in zip((*clones(disease), "kinetics.proliferating"), cells)}
    states |= {"tumour.second_lost": 0.0, "tumour.neither": 0.0}
    before = rates(one, plain, {p: x for p, x in states.items() if p in one.states})
    after = rates(two, values, states)
    for path, was in before.items():
        assert np.broadcast_to(after[path], 200) == pytest.approx(np.broadcast_to(was, 200), rel=1e-9), path


@pytest.mark.parametrize("disease", DISEASES)
def test_the_clones_of_the_start_are_the_burden(disease: str) -> None:
    model, values = drawn(disease, True, 2)
    start = {p: np.asarray(values[f"{p}@start"]) for p in (*clones(disease), "tumour.second_lost", "tumour.neither")}
    outside = start.pop("tumour.sheltered", 0.0) * 0
    there = np.broadcast_to(np.asarray(values.get("tumour.sparse_share", 0.0)) < 1, 200)
    assert all((np.broadcast_to(x, 200)[there] >= 0).all() for x in start.values())
    assert np.asarray(sum(start.values()) + outside)[there] == pytest.approx(values["tumour.burden"][there], rel=1e-3)
    lost = values["tumour.second_lost_share"] * values["tumour.burden"]
    assert (start["tumour.neither"] <= 1.001 * lost)[there].all()


@pytest.mark.parametrize("disease", DISEASES)
def test_either_receptor_is_enough_and_what_has_lost_both_escapes(disease: str) -> None:
    states = {f"{p}": 1e6 for p in (*clones(disease), "tumour.second_lost", "tumour.neither")}
    states["kinetics.proliferating"] = 1e9
    killed = {}
    for binders in (1, 2):
        model, values = drawn(disease, True, binders)
        at = {**values, **{p: 1.0 for p in model.states if p not in states}, **states}
        flows = model.evaluate({**at, **{p: 0.0 for p in model.inputs if p not in at}}).flows
        killed[binders] = {f.name: np.broadcast_to(x, 200) for r, f, x in flows if r == "tumour" and "kill" in f.name}
    one, two = killed[1], killed[2]
    assert (two["negative kill"] > 20 * one["negative kill"]).mean() > 0.9
    assert (two["negative kill"] <= two["positive kill"] * 1.0001).all()
    assert two["second_lost kill"] == pytest.approx(one["second_lost kill"], rel=0.3)
    assert (two["neither kill"] < 0.5 * two["negative kill"]).mean() > 0.9


@FEW
@given(share=st.floats(1e-12, 1e-4), growth=st.floats(0.01, 0.3), turnover=st.floats(0.0, 0.1), cells=st.floats(8, 12))
def test_growth_from_one_cell_at_this_rate_of_loss_makes_the_share(
    share: float, growth: float, turnover: float, cells: float
) -> None:
    from types import SimpleNamespace

    from livingdrug.biology.tumour import mutation

    chance = mutation(SimpleNamespace(growth=growth, turnover=turnover, burden=10.0**cells, founder=1.0), share)
    days = np.log(10.0**cells) / growth  # lost cells grow as the others do: d(share)/dt = (growth + turnover) x chance
    assert chance * (growth + turnover) * days == pytest.approx(share, rel=0.01)


def test_a_disease_of_one_antigen_takes_no_notice_of_a_second_binder() -> None:
    one, plain = drawn("leukaemia", False, 1)
    two, values = drawn("leukaemia", False, 2)
    states = {p: 1e8 for p in clones("leukaemia")} | {"kinetics.proliferating": 1e8}
    before, after = rates(one, plain, states), rates(two, values, states)
    assert all(np.array_equal(after[p], x) for p, x in before.items())


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        ({"tumour": "b-all-two-antigen"}, "b-all-two-antigens"),
        ({"tumour": "b-all-two-antigens", "tumour.second_lost_shar": 0.1}, "tumour.second_lost_share"),
        ({"product": "cd19-cd22", "second_receptor.half_densty": 1}, "second_receptor.half_density"),
        ({"tumour.second_lost_share": 0.1}, "tumour.second_lost_share"),
    ],
)
def test_what_cannot_be_is_told(sets: dict[str, Any], said: str) -> None:
    with pytest.raises((ScenarioError, SourceError, WiringError)) as problem:
        resolved = resolve("eliana", sets)
        draw(resolved, np.arange(20), 1)
    assert said in str(problem.value)
