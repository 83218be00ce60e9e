"""Laws of the myeloma mechanism, at any state: what its markers can do, and what holds kill back."""

from __future__ import annotations

from functools import cache

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug import biology, library
from livingdrug.model import Param
from livingdrug.model.alone import alone
from livingdrug.parameters import read_parameter

MANY = settings(max_examples=40, derandomize=True, deadline=None)
CELLS = st.floats(4, 12).map(lambda e: 10.0**e)
LEVEL = st.floats(-1, 4).map(lambda e: 10.0**e)


@cache
def model():
    return alone(biology.find("myeloma"))


@cache
def numbers() -> dict[str, float]:
    """The mechanism's own values."""
    entry, module = library.find("mechanisms", "myeloma"), biology.find("myeloma")
    names = [p.name for p in module.declared.values() if isinstance(p, Param)]
    said = entry.data["tumour"]
    read = {n: read_parameter(n, said[n], None, entry.sources, "mechanism", entry.file, None).value for n in names}
    values = {f"tumour.{n}": x for n, x in read.items()} | {p: 0.0 for p in model().inputs}
    return {**values, **model().constants(values)}


def seen(**state: float):
    """Rates by flow, derivatives and published quantities at a state; the rest of it is empty."""
    states = {p: 0.0 for p in model().states}
    known = {f"tumour.{k}": np.float64(x) for k, x in state.items() if k != "killers"}
    found = model().evaluate(
        {**numbers(), **states, **known, "kinetics.killers": np.float64(state.get("killers", 0.0))}
    )
    return {f.name: float(rate) for _, f, rate in found.flows}, found


@MANY
@given(CELLS, CELLS, LEVEL)
def test_m_protein_falls_no_faster_than_it_is_broken_down(positive: float, killers: float, protein: float) -> None:
    _, found = seen(positive=positive, killers=killers, protein=protein)
    assert found.derivatives["tumour.protein"] >= -numbers()["tumour.protein_loss"] * protein * (1 + 1e-12)


@MANY
@given(CELLS, CELLS, CELLS, LEVEL, st.floats(1.5, 50))
def test_soluble_antigen_holds_back_kill_and_signal(
    positive: float, niche: float, killers: float, soluble: float, times: float
) -> None:
    state = {"positive": positive, "niche": niche, "killers": killers}
    (less, there), (more, here) = seen(**state, soluble=soluble), seen(**state, soluble=times * soluble)
    for flow in ("positive kill", "niche kill"):
        assert more[flow] < less[flow]
    assert 0 < here.published["tumour.free"] < there.published["tumour.free"] < 1
    assert here.published["tumour.antigen"] < there.published["tumour.antigen"]


@MANY
@given(CELLS, CELLS, st.floats(1.1, 100))
def test_more_car_t_kill_more_and_fewest_where_few_come(cells: float, killers: float, times: float) -> None:
    few, _ = seen(positive=cells, niche=cells, killers=killers)
    many, _ = seen(positive=cells, niche=cells, killers=times * killers)
    assert few["niche kill"] < few["positive kill"] and few["niche kill"] < many["niche kill"]
    # in the niche kill follows their number, in reach it comes to a limit
    assert many["niche kill"] / few["niche kill"] >= many["positive kill"] / few["positive kill"] * (1 - 1e-9)
    assert seen(positive=cells, niche=cells)[0]["niche kill"] == 0


@MANY
@given(CELLS)
def test_markers_rest_where_the_disease_does(burden: float) -> None:
    """At the level that the same burden started from, neither marker moves."""
    own = numbers()
    protein = own["tumour.secretion"] * burden
    soluble = own["tumour.soluble_healthy"] + own["tumour.shed"] * burden
    _, found = seen(positive=burden, protein=protein, soluble=soluble)
    for marker, level in (("protein", protein), ("soluble", soluble)):
        assert abs(found.derivatives[f"tumour.{marker}"]) <= 1e-9 * level
