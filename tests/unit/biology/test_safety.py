"""Safety switches: cells removed by a dimerizer or an antibody, or paused; and nothing where nobody gives the drug."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import livingdrug
from livingdrug import biology, library
from livingdrug.engine.codegen.lower import lower
from livingdrug.engine.reference import integrate
from livingdrug.model import Flow, Module, Multiplies, Param, Port, State, assemble
from livingdrug.parameters import read_parameter
from livingdrug.scenario import resolve
from livingdrug.units import factor
from thoroughness import some

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "safety_switches.toml"
HALF_HOUR = 0.5 / 24
CELLS = "kinetics.memory"
WARD = {"weight": 70.0, "bsa": 1.73}


@cache
def assembled(*stems: str) -> tuple[Any, dict[str, float]]:
    """CAR-T with these mechanisms, and the numbers of their files."""
    modules = [biology.find(stem) for stem in ("renewing_effectors", *stems)]
    values: dict[str, float] = dict(WARD)
    for stem, module in zip(("renewing_effectors", *stems), modules):
        entry = library.find("mechanisms", stem)
        for p in module.declared.values():
            if isinstance(p, Param):
                path = f"{module.role}.{p.name}"
                data: Any = entry.data
                for word in path.split("."):
                    data = data[word]
                read = read_parameter(path, data, None, entry.sources, "mechanism", entry.file, None)
                values[path] = read.value * factor(read.unit, p.unit)
    model = assemble(*modules)
    return model, {k: x for k, x in values.items() if k in model.parameters or k in model.covariates}


def course(
    stems: tuple[str, ...], doses: list[tuple[float, str, float, float]], times: list[float], **changed: float
) -> dict[str, Any]:
    """States and published quantities at these times: 1e9 memory cells at day 0; doses (day, entry, amount, days)."""
    model, values = assembled(*stems)
    given_ = {**values, **{k.replace("__", "."): x for k, x in changed.items()}}
    rows = [(at, model.inputs.index(entry), amount, over) for at, entry, amount, over in doses]
    given_[f"{CELLS}@start"] = 1e9
    given_["kinetics.reactivation"] = given_["kinetics.memory_death"] = 0.0  # they neither divide nor die
    at = np.array([0.0, *times])
    states = integrate(model, given_, np.array(rows).reshape(-1, 4), 0.0, at[-1], at, rtol=1e-8, atol=1e-10)[1:]
    constants = {**given_, **model.constants(given_)}
    found = model.evaluate({**constants, **dict.fromkeys(model.inputs, 0.0), **dict(zip(model.states, states.T))})
    return {**dict(zip(model.states, states.T)), **found.published}


SWITCH = ("caspase_switch", "dimerizer")
DIMERIZER = (1.0, "drug.dimerizer.dose", 0.4 * 70, 2 / 24)


def test_the_dimerizer_follows_what_was_measured_in_volunteers() -> None:
    """1 mg/kg over two hours: 1,275 ng/mL, and 18, 7 and 1 % of it half an hour, two and ten hours later."""
    end = 1 + 2 / 24
    found = course(SWITCH, [(1.0, "drug.dimerizer.dose", 70.0, 2 / 24)], [end, *(end + h / 24 for h in (0.5, 2, 10))])
    level = found["drug.dimerizer.concentration"]
    assert level[0] == pytest.approx(1.275, rel=0.01)
    assert level[1:] / level[0] == pytest.approx([0.18, 0.07, 0.01], rel=0.02)


def test_within_thirty_minutes_85_to_95_percent_are_gone_and_a_second_dose_finds_less() -> None:
    again = (30.0, *DIMERIZER[1:])
    cells = course(SWITCH, [DIMERIZER, again], [1.0, 1.0 + HALF_HOUR, 2.0, 30.0, 31.0])[CELLS]
    before, soon, day_after, later, last = cells
    assert 0.85 < 1 - soon / before < 0.95
    assert 1 - day_after / before == pytest.approx(0.95, abs=1e-3)  # what carries too little of the switch lives on
    assert 1 - last / later < 0.01


@settings(max_examples=some(16), deadline=None)
@given(share=st.floats(0, 1), amount=st.floats(0, 100))
def test_no_more_die_than_carry_the_switch(share: float, amount: float) -> None:
    dose = (1.0, "drug.dimerizer.dose", amount, 2 / 24)
    before, after = course(SWITCH, [dose], [1.0, 2.0], safety__caspase__sensitive_share=share)[CELLS]
    assert -1e-6 <= 1 - after / before <= share + 1e-6


def test_every_subset_is_removed_alike() -> None:
    model, values = assembled(*SWITCH)
    states = {s: 1e6 if model.unit(s) == "cell" else 0.5 for s in model.states}
    constants = {**values, **model.constants(values), **dict.fromkeys(model.inputs, 0.0)}
    without, with_ = (
        model.evaluate({**constants, **states, "drug.dimerizer.drug": mg}).derivatives for mg in (0.0, 28.0)
    )
    lost = [without[s] - with_[s] for s in model.states if s.startswith("kinetics.") and model.unit(s) == "cell"]
    assert len(lost) == 8 and lost == pytest.approx([lost[0]] * 8) and lost[0] > 0


def test_a_dimerizer_does_nothing_to_cells_without_the_switch() -> None:
    before, after = course(("dimerizer",), [DIMERIZER], [1.0, 2.0])[CELLS]
    assert after == pytest.approx(before, rel=1e-9)


def test_the_antibody_removes_tagged_cells_in_days_and_the_slower_the_fewer_lymphocytes_there_are() -> None:
    dose = (1.0, "drug.tag_antibody.dose", 400 * 1.73, 2 / 24)
    found = course(("surface_tag", "tag_antibody"), [dose], [1.0, 1 + 2 / 24, 3.0, 15.0])
    cells, level = found[CELLS], found["drug.tag_antibody.concentration"]
    assert 185 - 55 < level[1] < 185 + 55  # mg/L, published mean and standard deviation of the peak
    assert cells[1] > 0.9 * cells[0] > cells[2] > cells[3]
    model, values = assembled("surface_tag", "tag_antibody", "lymphocytes")
    at = {**values, **model.constants(values), **dict.fromkeys((*model.states, *model.inputs), 1.0)}
    few, many = (
        model.evaluate({**at, "drug.tag_antibody.drug": 500.0, "lymphocytes.share": share}).published[
            "safety.tag.death"
        ]
        for share in (0.1, 1.0)
    )
    assert few == pytest.approx(0.1 * many) and many > 0


def test_a_pause_stops_the_work_at_once_kills_no_cell_and_passes() -> None:
    doses = [(1.0, "drug.signalling_inhibitor.dose", 70.0, 0.0)]
    times = [1.0, 1 + 1 / 24, 3.0, 4.0]
    paused, left_alone = (course(("signalling_inhibitor",), given_, times) for given_ in (doses, []))
    assert paused[CELLS] == pytest.approx(left_alone[CELLS], rel=1e-6)
    work = paused["kinetics.killers"] / left_alone["kinetics.killers"]
    assert work[0] == pytest.approx(1.0) and work[1] < 0.1
    assert np.all(work[2:] > 0.99)


@settings(max_examples=some(12), deadline=None)
@given(drug=st.floats(0, 1e4))
def test_a_pause_drives_no_cell_out(drug: float) -> None:
    """Whatever the amount: no subset loses more cells than without the drug, and none becomes exhausted faster."""
    model, values = assembled("signalling_inhibitor")
    states = {s: 1e6 if model.unit(s) == "cell" else 0.0 for s in model.states}
    constants = {**values, **model.constants(values), **dict.fromkeys(model.inputs, 0.0)}
    flows = [
        {f"{role}: {f.name}": rate for role, f, rate in model.evaluate({**constants, **states, **given_}).flows}
        for given_ in ({}, {"drug.signalling_inhibitor.drug": drug})
    ]
    without, with_ = ({k: x for k, x in f.items() if k.startswith("kinetics")} for f in flows)
    assert all(with_[k] <= without[k] for k in without)


def test_a_trial_that_chose_no_switch_has_none() -> None:
    model = resolve("eliana").model()
    assert not [role for role in model.modules if role.startswith("safety.") or role == "drug.dasatinib"]
    assert not {"kinetics.signalling", "kinetics.removal"} & set(model.contributions)


def test_a_drug_for_a_switch_that_no_cell_carries_is_told(tmp_path: Path) -> None:
    rule = 'name = "x"\nwhen = "crs.grade >= 3"\ncheck = "every 6 h for 60 d"\nkind = "assumed"\nwhy = "a question"\n'
    for drug, role, stem in (
        ("rimiducid", "safety.caspase", "caspase_switch"),
        ("cetuximab", "safety.tag", "surface_tag"),
        ("dasatinib", "", ""),
    ):
        given_ = f'trial = "eliana"\n[[protocol.rule]]\n{rule}do = {{ give = "{drug}", amount = "1 mg/kg" }}\n'
        file = tmp_path / f"{drug}.toml"
        file.write_text(given_, encoding="utf-8")
        told = [n for n in resolve(file).notes if "does nothing here" in n]
        assert len(told) == bool(role) and all(f"drug.{drug} does" in n and f'"{role}"' in n for n in told)
        if role:
            file.write_text(f'{given_}[modules]\n"{role}" = "{stem}"\n', encoding="utf-8")
            assert not [n for n in resolve(file).notes if "does nothing here" in n]


def test_before_the_drug_all_arms_are_equal_and_the_dimerizer_works_in_patients() -> None:
    result = livingdrug.Trial(EXAMPLE).run(patients=24, seed=1)
    first, *others = result.arms.values()
    severe = first.columns["crs_grade"] >= 3
    assert 2 <= severe.sum() <= 20
    for arm in others:
        for name, x in first.columns.items():
            if name == "arm":
                continue
            who = slice(None) if name in ("crs_onset", "dose", "weight") else ~severe
            assert np.array_equal(x[who], arm.columns[name][who], equal_nan=x.dtype.kind == "f"), (arm.name, name)
    removed = result.arms["removed"].columns["gone_30_min"]
    assert np.array_equal(removed > 0, severe)
    assert 0.85 < np.median(removed[severe]) < 0.95 and removed[severe].max() < 1


# ---- a port that nobody acts on -------------------------------------------------------------------------------------


class Pool(Module):
    """A pool whose equation has no port."""

    role = "pool"
    amount, other = State("cell", "cells", start=1.0), State("cell", "others", start=1.0)
    growth = Param("1/day", "growth")

    def flows(self, v: Any) -> Any:
        yield Flow("growth", into="amount", rate=v.growth * (v.amount + v.other))


class Opened(Pool):
    """The same with two exact ports."""

    pace = Port("1", "pace", exact=True)
    loss = Port("1/day", "loss", combine="add", exact=True)

    def flows(self, v: Any) -> Any:
        yield Flow("growth", into="amount", rate=v.growth * v.pace * (v.amount + v.other))
        yield Flow("loss", out_of="amount", rate=v.loss * v.amount)


class Half(Module):
    """Acts on one of them."""

    role = "half"
    pace = Multiplies("pool.pace")
    by = Param("1", "factor")

    def contributes(self, v: Any) -> Any:
        return {"pace": v.by}


def test_an_exact_port_that_nobody_acts_on_leaves_the_text_of_the_equations() -> None:
    plain, opened, acted_on = (lower(assemble(*m)) for m in ((Pool,), (Opened,), (Opened, Half)))
    assert opened.rhs == plain.rhs and opened.jacobian == plain.jacobian
    texts = [[(s.target, s.text) for s in x.statements] for x in (plain, opened, acted_on)]
    assert texts[0] == [t for t in texts[1] if t in texts[0]]
    assert texts[1] != texts[2]
