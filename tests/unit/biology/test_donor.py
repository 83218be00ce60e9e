"""Cells of a donor: what rejects them, what an edit or an antibody changes of it, and what they do to the host."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from livingdrug import biology, library
from livingdrug.engine.reference import integrate
from livingdrug.errors import ScenarioError
from livingdrug.model import Param, assemble
from livingdrug.parameters import read_parameter
from livingdrug.scenario import resolve
from livingdrug.units import factor
from thoroughness import some, some_of

DONOR = (
    "renewing_effectors",
    "lymphocytes",
    "homeostatic_cytokines",
    "edits",
    "host_versus_graft",
    "graft_versus_host",
)
TREATED = (*DONOR, "fludarabine", "alemtuzumab")
BODY = {"weight": 70.0, "egfr": 90.0}
INFUSION, ANTIBODY = "kinetics.infusion", "drug.alemtuzumab.dose"
FLUDARABINE = [(d, "conditioning.fludarabine.dose", 55.0, 0.02) for d in (-7.0, -6.0, -5.0)]
Dose = tuple[float, str, float, float]


@cache
def assembled(stems: tuple[str, ...]) -> tuple[Any, dict[str, float]]:
    """A model of these mechanisms, and the numbers of their files."""
    modules, values = [biology.find(stem) for stem in stems], dict(BODY)
    for stem, module in zip(stems, modules, strict=True):
        entry = library.find("mechanisms", stem)
        for p in (d for d in module.declared.values() if isinstance(d, Param)):
            data: Any = entry.data
            for word in f"{module.role}.{p.name}".split("."):
                data = data[word]
            read = read_parameter(p.name, data, None, entry.sources, "mechanism", entry.file, None)
            values[f"{module.role}.{p.name}"] = read.value * factor(read.unit, p.unit)
    model = assemble(*modules)
    known = {k: x for k, x in values.items() if k in model.parameters or k in model.covariates}
    return model, {**known, "kinetics.growth": 1.7}


def course(stems: tuple[str, ...], doses: Sequence[Dose], days: Sequence[float], **changed: float) -> dict[str, Any]:
    """States and published quantities on these days, from a week before the infusion on."""
    model, values = assembled(stems)
    numbers = {**values, **{k.replace("__", "."): x for k, x in changed.items()}}
    numbers |= model.constants(numbers)
    rows = np.array([(at, model.inputs.index(entry), amount, over) for at, entry, amount, over in doses])
    at = np.array([-7.0, *days])
    states = integrate(model, numbers, rows.reshape(-1, 4), at[0], at[-1], at, rtol=1e-5, atol=1e-7)[1:]
    inputs = dict.fromkeys(model.inputs, 0.0)
    seen = model.evaluate({**numbers, **inputs, **dict(zip(model.states, states.T, strict=True))})
    return {**dict(zip(model.states, states.T, strict=True)), **seen.published}


@settings(max_examples=some(20), deadline=None)
@given(
    share=st.floats(0.001, 1.2),
    clones=st.floats(0.5, 40),
    cells=st.floats(0, 12).map(lambda e: 10.0**e),
    kill=st.floats(0, 2),
    mismatch=st.floats(0, 1),
)
def test_alloreactive_cells_follow_the_balance_that_was_written_for_them(
    share: float, clones: float, cells: float, kill: float, mismatch: float
) -> None:
    """dH/dt = regrowth H - kill H + activation H C / (C + K) (1 - clones / most) - contraction H (1 - memory / clones),
    with H = share of lymphocytes times alloreactive cells for each of them."""
    model, values = assembled(TREATED)
    v = {**values, "host_versus_graft.mismatch": mismatch}
    v |= model.constants(v) | {p: 0.0 for p in model.inputs}
    v |= {p: 0.0 for p in model.states} | {"lymphocytes.share": share, "host_versus_graft.clones": clones}
    memory, concentration = 2.0, kill / values["conditioning.fludarabine.lymphocyte_kill"]
    v |= {"host_versus_graft.memory": memory, "kinetics.mature": cells}
    v["conditioning.fludarabine.central"] = concentration * v["conditioning.fludarabine.v1"]
    found = model.evaluate(v).derivatives
    moved = found["lymphocytes.share"] * clones + share * found["host_versus_graft.clones"]
    n = {k.removeprefix("host_versus_graft."): x for k, x in v.items() if k.startswith("host_versus_graft.")}
    half = n["half_mismatch"]
    woken = n["activation"] * cells / (cells + n["half_contact"]) * mismatch / (mismatch + half) * (1 + half)
    regrowth = -v["lymphocytes.regrowth"] * np.log(share + cells / v["lymphocytes.normal"] + 1e-9)
    h = share * clones
    expected = (regrowth - kill + woken * (1 - clones / n["most"]) - n["contraction"] * (1 - memory / clones)) * h
    assert moved == pytest.approx(expected, rel=1e-6, abs=1e-6 * h)


def test_without_a_host_or_a_difference_nobody_rejects() -> None:
    for changed in ({"host_versus_graft__mismatch": 0.0}, {"lymphocytes__start": 1e-12, "lymphocytes__regrowth": 0.0}):
        found = course(DONOR, [(0.0, INFUSION, 1e8, 0.0)], [1, 10, 20], **changed)
        assert np.all(found["host_versus_graft.by_t_cells"] < 1e-8)
    kept = course(DONOR, [(0.0, INFUSION, 1e8, 0.0)], [1, 10, 20])
    assert np.all(kept["host_versus_graft.by_t_cells"] > 0.01)


@settings(max_examples=some(20), deadline=None)
@given(left=st.floats(0, 1), cd47=st.floats(0, 1), share=st.floats(0.01, 1), nk=st.floats(0.01, 1))
def test_class_one_hides_from_nk_cells_and_shows_to_t_cells(left: float, cd47: float, share: float, nk: float) -> None:
    model, values = assembled(DONOR)

    def lost(class_one: float, shield: float) -> tuple[float, float]:
        v = {**values, "edits.class_one_left": class_one, "edits.cd47_added": shield}
        v |= model.constants(v) | {p: 0.0 for p in (*model.inputs, *model.states)}
        v |= {"lymphocytes.share": share, "host_versus_graft.clones": 5.0, "host_versus_graft.nk": nk}
        seen = model.evaluate(v).published
        return float(seen["host_versus_graft.by_t_cells"]), float(seen["host_versus_graft.by_nk_cells"])

    t, by_nk = lost(left, cd47)
    whole_t, whole_nk = lost(1.0, cd47)
    assert t <= whole_t * (1 + 1e-12) and by_nk >= whole_nk * (1 - 1e-12)
    assert t >= 0.3 * whole_t * (1 - 1e-9), "what is left of the answer is that to class II"
    bare_t, bare_nk = lost(left, 0.0)
    assert bare_t == pytest.approx(t) and by_nk == pytest.approx(bare_nk * (1 - 0.8 * cd47))


def test_conditioning_lets_a_second_infusion_expand_and_memory_is_why_it_needs_it() -> None:
    again = [(42.0, INFUSION, 1e8, 0.0)]
    second = [(d + 42.0, *x) for d, *x in FLUDARABINE]
    days = list(np.arange(0, 70, 1.0))
    first = [*FLUDARABINE, (0.0, INFUSION, 1e8, 0.0)]
    alone, conditioned = (course(TREATED, [*first, *more], days) for more in (again, [*second, *again]))
    late = np.array(days) >= 44
    peak = {k: x["kinetics.total"][late].max() for k, x in (("alone", alone), ("conditioned", conditioned))}
    assert peak["conditioned"] > 3 * peak["alone"]
    assert alone["kinetics.total"][~late].max() > 3 * peak["alone"]
    memory = alone["host_versus_graft.memory"]
    assert np.all(np.diff(memory[: days.index(30.0)]) >= 0) and memory[-1] > 1.2
    naive = course(TREATED, [*FLUDARABINE, *second, *again], days)  # never met the donor before
    loss = [x["host_versus_graft.by_t_cells"][days.index(43.0)] for x in (naive, conditioned, alone)]
    assert loss[1] > 2 * loss[0] and loss[2] > loss[1]


def published(dose: float, wbc: float, days: Sequence[float], volumes: tuple[float, float]) -> np.ndarray:
    """Mould's equations on their own, in hours: concentration after one dose over four hours."""
    v1, v2 = volumes
    vmax, km, q = 1.02 * (wbc / 10) ** 0.194, 0.338, 1.05

    def slopes(t: float, y: np.ndarray) -> list[float]:
        c = y[0] / v1
        rate = dose / 4 if t < 4 else 0.0
        return [rate - vmax * c / (km + c) - q * c + q * y[1] / v2, q * c - q * y[1] / v2]

    hours = 24 * np.array(days)
    solved = solve_ivp(slopes, (0, hours[-1]), [0, 0], "LSODA", hours, rtol=1e-9, atol=1e-10, max_step=1.0)
    return np.asarray(solved.y[0] / v1)


@pytest.mark.parametrize("dose", [10.0, 70.0])
def test_alemtuzumab_has_the_published_kinetics(dose: float) -> None:
    days = [0.2, 0.5, 1, 3, 7, 14]
    alone = ("alemtuzumab",)  # leucocytes as at the reference
    found = course(alone, [(-7.0, ANTIBODY, dose, 4 / 24)], [d - 7 for d in days])
    assert found["drug.alemtuzumab.concentration"][:] == pytest.approx(
        published(dose, 10.0 * 1.001, days, (11.3, 41.5)), rel=2e-4
    )


def test_few_leucocytes_keep_the_antibody_longer() -> None:
    ends = []
    for wbc in (100.0, 10000.0):
        model, values = assembled(("leucocytes", "alemtuzumab"))
        v = {**values, **{p: 0.0 for p in (*model.states, *model.inputs)}}
        v |= model.constants(v) | {"drug.alemtuzumab.drug": 10.0, "leucocytes.myeloid": wbc}
        ends.append(float(model.evaluate(v).derivatives["drug.alemtuzumab.drug"]))
    exchange = -10.0 / 11.3 * 1.05 * 24
    assert (ends[1] - exchange) / (ends[0] - exchange) == pytest.approx((1.001 / 0.011) ** 0.194, rel=1e-6)


@pytest.mark.parametrize("cd52", [0.0, 0.3, 1.0])
def test_the_antibody_kills_what_carries_cd52_and_no_more(cd52: float) -> None:
    doses = [(float(d), ANTIBODY, 15.0, 0.1) for d in (-7, -6, -5, -4, 1, 2, 3)]
    still = {f"kinetics__{n}": 0.0 for n in ("growth", "memory_death", "host_loss", "reactivation", "death")}
    stems = ("renewing_effectors", "lymphocytes", "edits", "alemtuzumab")
    changed = {**still, "edits__cd52_left": cd52, "kinetics__engraftment": 1.0, "kinetics__memory_share": 1.0}
    cells = [(0.0, INFUSION, 1e9, 0.0)]
    found = course(stems, [*doses, *cells], [-0.1, 10.0], **changed)
    left = found["kinetics.total"][1] / course(stems, cells, [-0.1, 10.0], **changed)["kinetics.total"][1]
    survival = found["drug.alemtuzumab.survival"]
    assert survival[0] == pytest.approx(1.0, abs=1e-9), "no cell was there to be killed before the infusion"
    assert left == pytest.approx(1 - cd52 + cd52 * survival[1], rel=1e-3)
    assert survival[1] < 0.2 and found["lymphocytes.share"][0] < 0.1


def test_graft_versus_host_disease_follows_the_receptor() -> None:
    days, shares = [5.0, 15.0, 30.0], (0.0, 0.004, 0.008, 1.0)
    cells = [(0.0, INFUSION, 1e8, 0.0)]
    hazards = [course(DONOR, cells, days, edits__tcr_left=x)["graft_versus_host.gvhd"] for x in shares]
    for share, hazard in zip(shares, hazards, strict=True):
        assert hazard == pytest.approx(share * hazards[-1], rel=1e-4, abs=1e-9)
    assert hazards[-1][-1] > hazards[-1][0] > 0


def test_a_lot_grows_alike_in_everybody_and_the_usual_lot_as_without_one() -> None:
    stems, cells = (*DONOR, "donor_lot"), [(0.0, INFUSION, 1e8, 0.0)]
    without = course(DONOR, cells, [6.0])["kinetics.proliferating"][0]
    found = [course(stems, cells, [6.0], lot=z)["kinetics.proliferating"][0] for z in (-1.0, 0.0, 1.0)]
    assert found[1] == pytest.approx(without, rel=1e-5)
    assert found[0] < 0.8 * found[1] and found[2] > 1.2 * found[1]


@pytest.mark.parametrize("trial", ["calm", "carbon"])
@pytest.mark.parametrize("manufacture", some_of(library.names("manufacture")))
def test_nobody_waits_for_cells_that_were_made_in_advance(trial: str, manufacture: str) -> None:
    with pytest.raises(ScenarioError, match="made in advance, from a donor\n.*\n  mend: +leave manufacture out"):
        resolve(trial, {"manufacture": manufacture})
