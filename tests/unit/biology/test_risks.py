"""Drugs against toxicity and mechanisms of risk: each does what its file says, and nothing where nobody chose it."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug import biology, library
from livingdrug.errors import LivingDrugError
from livingdrug.model import Param
from livingdrug.model.alone import alone
from livingdrug.parameters import read_parameter
from livingdrug.scenario import resolve
from livingdrug.units import factor
from thoroughness import some

DRUGS = ("siltuximab", "emapalumab", "anakinra", "ruxolitinib", "filgrastim", "immunoglobulin", "levetiracetam")
RISKS = ("hyperinflammation", "delayed_neurotoxicity", "enterocolitis", "infections", "late_effects")
CHOSEN_BEFORE = ("eliana", "juliet", "zuma-1")


@cache
def by_itself(stem: str) -> tuple[Any, dict[str, float]]:
    """A mechanism with stand-ins for its neighbours, and the numbers of its file; an adult of 70 kg and 60 years."""
    module, entry, values = biology.find(stem), library.find("mechanisms", stem), {"weight": 70.0, "age": 60.0}
    for p in module.declared.values():
        if isinstance(p, Param):
            path = f"{module.role}.{p.name}"
            data: Any = entry.data
            for word in path.split("."):
                data = data[word]
            read = read_parameter(path, data, None, entry.sources, "mechanism", entry.file, None)
            values[path] = read.value * factor(read.unit, p.unit)
    model = alone(module)
    values = {k: x for k, x in values.items() if k in model.parameters or k in model.covariates}
    return model, {**values, **model.constants(values)}


def look(stem: str, **states: Any) -> Any:
    """The mechanism at these states (path with `__` for dots; others are 0)."""
    model, constants = by_itself(stem)
    given_ = {path.replace("__", "."): x for path, x in states.items()}
    assert set(given_) <= set(model.states), set(given_) - set(model.states)
    with np.errstate(all="ignore"):
        return model.evaluate({**constants, **dict.fromkeys(model.states, 0.0), **given_})


# ---- nothing where nobody chose it ----------------------------------------------------------------------------------


@pytest.mark.parametrize("trial", CHOSEN_BEFORE)
def test_a_trial_that_chose_none_has_none(trial: str) -> None:
    roles = set(resolve(trial).model().modules)
    assert not roles & {*RISKS, *(f"drug.{drug}" for drug in DRUGS)}


def test_ports_that_nobody_fills_change_nothing() -> None:
    model = resolve("zuma-1").model()
    one = dict.fromkeys((*model.states, *model.parameters, *model.covariates, *model.inputs), 0.5)
    shown = model.evaluate({**one, **model.constants(one)}).published
    opened = ("cytokines.il1_receptor", "cytokines.signalling", "neurotoxicity.seizures", "leucocytes.support")
    assert all(path not in model.contributions for path in (*opened, "platelets.support"))
    assert shown["neurotoxicity.seizure_index"] == 1.0  # 0.5 of injury over 0.5


# ---- drugs: what was published of their kinetics, and what they act on -----------------------------------------------


def half_life(stem: str) -> float:
    """Of the slowest elimination [day], from the mechanism's own flows of a linear drug."""
    model, _ = by_itself(stem)
    role = biology.find(stem).role
    own = [s for s in model.states if s.startswith(f"{role}.") and not s.endswith("depot")]
    name = {s: s.replace(".", "__") for s in own}
    matrix = np.array([[look(stem, **{name[b]: 1.0}).derivatives[a] for b in own] for a in own], float)
    return math.log(2) / -max(np.linalg.eigvals(matrix).real)


@pytest.mark.parametrize(
    ("stem", "low", "high"),
    [
        ("siltuximab", 20, 28),  # 24 days
        ("anakinra", 6.5 / 24, 8 / 24),  # 7.2 hours
        ("ruxolitinib", 2.5 / 24, 3.5 / 24),  # 3 hours
        ("filgrastim", 2.5 / 24, 4 / 24),  # 3.5 hours
        ("levetiracetam", 6 / 24, 8 / 24),  # 6 to 8 hours
    ],
)
def test_half_lives_are_those_published(stem: str, low: float, high: float) -> None:
    assert low < half_life(stem) < high


def test_immunoglobulin_rises_and_falls_about_as_in_volunteers() -> None:
    """0.4 g/kg: 8.8 g/L at once, before it has spread, and 2.8 after a month (12.4 to 21.2 to 15.2 g/L)."""
    _, numbers = by_itself("immunoglobulin")
    volume = numbers["drug.immunoglobulin.volume"]
    loss = library.find("mechanisms", "b_cells").data["b_cells"]["igg_loss"]["value"]
    month = 0.4 * 70 / volume * math.exp(-loss * 28)
    assert 2.8 / 1.5 < month < 2.8 * 1.5
    moved = look("immunoglobulin", drug__immunoglobulin__infused=volume).derivatives
    assert moved["b_cells.igg"] == pytest.approx(-moved["drug.immunoglobulin.infused"] / volume)


@settings(max_examples=some(20))
@given(less=st.floats(0, 1e3), more=st.floats(0, 1e3))
def test_more_of_a_drug_does_more_of_the_same(less: float, more: float) -> None:
    less, more = sorted((less, more))
    ports = {
        "anakinra": [("cytokines.il1_receptor", -1)],
        "ruxolitinib": [("cytokines.signalling", -1), ("kinetics.pace", -1), ("platelets.support", -1)],
        "filgrastim": [("leucocytes.support", 1)],
        "levetiracetam": [("neurotoxicity.seizures", -1)],
    }
    for stem, acts in ports.items():
        few, many = (look(stem, **{f"drug__{stem}__drug": mg}).published for mg in (less, more))
        none = look(stem).published
        for path, way in acts:
            assert none[path] == pytest.approx(1.0)
            assert way * (many[path] - few[path]) >= 0 and 0 <= many[path] < 5


def test_antibodies_bind_what_they_are_against() -> None:
    for stem, cytokine in (("siltuximab", "cytokines__il6"), ("emapalumab", "cytokines__ifn_gamma")):
        with_, without = (look(stem, **{cytokine: 100.0, f"drug__{stem}__drug": mg}) for mg in (500.0, 0.0))
        path = cytokine.replace("__", ".")
        assert with_.derivatives[path] < -1 and without.derivatives[path] == 0


# ---- risks ----------------------------------------------------------------------------------------------------------


@settings(max_examples=some(20))
@given(activity=st.floats(0.01, 1), scale=st.floats(0.2, 5))
def test_the_loop_of_hyperinflammation_fades_without_other_interferon(activity: float, scale: float) -> None:
    """Whatever the patient's threshold: interferon that it sustains itself does not keep it active."""
    model, numbers = by_itself("hyperinflammation")
    own = {**numbers, "hyperinflammation.threshold": scale * numbers["hyperinflammation.threshold"]}
    ifn = own["hyperinflammation.loop"] * own["hyperinflammation.threshold"] * activity
    free = {"cytokines.signalling": 1.0, "cytokines.production": 1.0, "cytokines.il1_receptor": 1.0}
    states = {**dict.fromkeys(model.states, 0.0), **free, "hyperinflammation.activity": activity}
    at = {**own, **states}
    slope = model.evaluate({**at, "cytokines.ifn_gamma": ifn}).derivatives["hyperinflammation.activity"]
    assert slope < 0
    driven = model.evaluate({**at, "cytokines.ifn_gamma": 5 * own["hyperinflammation.threshold"]}).derivatives
    assert driven["hyperinflammation.activity"] > slope
    for port in free:  # each drug against it slows it
        less = model.evaluate({**at, "cytokines.ifn_gamma": ifn, port: 0.2})
        whole = model.evaluate({**at, "cytokines.ifn_gamma": ifn})
        fed = "cytokines.ifn_gamma" if port == "cytokines.production" else "hyperinflammation.activity"
        assert less.derivatives[fed] < whole.derivatives[fed]


@settings(max_examples=some(20))
@given(st.data())
def test_infections_rise_with_each_defence_that_is_missing(data: st.DataObject) -> None:
    whole = {
        "leucocytes__neutrophils": data.draw(st.floats(10, 5e3)),
        "lymphocytes__per_uL": data.draw(st.floats(10, 3e3)),
        "b_cells__igg": data.draw(st.floats(0.1, 15)),
        "cytokines__production": data.draw(st.floats(0.1, 1)),
        "cytokines__receptor": data.draw(st.floats(0.1, 1)),
        "cytokines__il1_receptor": data.draw(st.floats(0.1, 1)),
        "cytokines__signalling": data.draw(st.floats(0.1, 1)),
    }
    before = look("infections", **whole).derivatives
    for missing in whole:
        after = look("infections", **{**whole, missing: whole[missing] / 2}).derivatives
        rates = [(after[p], before[p]) for p in before if p.startswith("infections.")]
        assert all(a >= b * (1 - 1e-12) for a, b in rates) and any(a > b for a, b in rates), missing
    for path, rate in before.items():
        assert rate >= 0, path


def followed(stem: str, events: tuple[str, ...], patients: int = 200) -> tuple[Any, Any, list[Any]]:
    """A sketch of CAR-T in blood (peak on day 14, log-SD of the peak 1.5): peaks, probability of each event within a
    year, and the median day of each."""
    model, numbers = by_itself(stem)
    peak = 130 * np.exp(1.5 * np.linspace(-2.6, 2.6, patients))
    weight = np.exp(-0.5 * np.linspace(-2.6, 2.6, patients) ** 2)
    step, states, kept = 1.0, {p: np.zeros(patients) for p in model.states}, []
    for day in np.arange(0, 365, step):
        falling = np.exp(-0.1 * (min(day, 60) - 14) - 0.01 * max(day - 60, 0))
        states["kinetics.blood"] = peak * (np.exp(0.9 * (day - 14)) if day < 14 else falling)
        slopes = model.evaluate({**numbers, **states}).derivatives
        states = {p: x + step * slopes[p] for p, x in states.items()}
        kept.append([1 - np.exp(-states[f"{stem}.{e}"]) for e in events])
    course = np.array(kept)  # (day, event, patient)
    share = (course[-1] * weight).sum(-1) / weight.sum()
    mean = (course * weight).sum(-1) / weight.sum()
    days = [float(step * np.argmax(mean[:, i] >= mean[-1, i] / 2)) for i in range(len(events))]
    halves = [((course[-1].sum(0) * weight)[s]).sum() / weight[s].sum() for s in (peak < 130, peak >= 130)]
    return share, halves, days


def test_delayed_neurotoxicity_follows_the_peak() -> None:
    """Published after one product: palsies in 8 %, on day 22; disorders of movement in 3 %, on day 41; 20 and 2 % above
    and below the middle of the peak lymphocyte count."""
    (palsy, movement), (low, high), (first, second) = followed(
        "delayed_neurotoxicity", ("nerve_palsy", "movement_disorder")
    )
    assert 0.05 < palsy < 0.12 and 0.015 < movement < 0.06
    assert 15 < first < 30 and 30 < second < 55
    assert 0.1 < high < 0.3 and low < 0.03


def test_enterocolitis_follows_months_later() -> None:
    """Published: 0.2 and 2.2 % of two products, on day 92 (22 to 210), one in three fatal."""
    (survived, fatal), (low, high), (day, _) = followed("enterocolitis", ("colitis", "colitis_death"))
    assert 0.005 < survived + fatal < 0.03 and 60 < day < 130
    assert fatal / (survived + fatal) == pytest.approx(0.36, abs=0.02) and high > 5 * low


def test_second_cancers_are_as_many_as_were_counted() -> None:
    """6.0 % (4.8 to 7.4) at a median follow-up of 21.7 months; 37 % of blood, 1.5 % of T cells, 16 % of skin."""
    rates = look("late_effects").derivatives
    kinds = {k: float(rates[f"late_effects.{k}"]) for k in ("second_blood_cancer", "t_cell_cancer", "solid_cancer")}
    skin = float(rates["late_effects.skin_cancer"])
    total = sum(kinds.values()) + skin
    assert 0.048 < 1 - math.exp(-total * 21.7 * 30.4375) < 0.074
    assert (kinds["second_blood_cancer"] + kinds["t_cell_cancer"]) / total == pytest.approx(0.37, abs=0.01)
    assert skin / total == pytest.approx(0.16, abs=0.01)


# ---- refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('give = "anakirna", amount = "100 mg"', "anakinra"),
        ('give = "anakinra", amount = "100 mL"', "mL"),
        ('give = "filgrastim", amount = "5"', "unit"),
        ('give = "immunoglobulin", amount = "-1 g"', "-1"),
    ],
)
def test_a_dose_that_cannot_be_is_refused(tmp_path: Any, text: str, said: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        'trial = "eliana"\n[[protocol.rule]]\nname = "mine"\nnew = true\nwhen = "crs.grade >= 2"\n'
        f'check = "every 6 h for 28 d"\ndo = {{ {text} }}\nkind = "assumed"\nwhy = "a test"\n'
    )
    with pytest.raises(LivingDrugError, match=said) as problem:
        from livingdrug import Trial

        Trial(file).run(patients=2, seed=1)
    assert "mine.toml:" in str(problem.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[modules]\nhyperinflamation = "hyperinflammation"\n', "hyperinflammation"),
        ('[modules]\ninfections = "infection"\n', "infections"),
        ('[modules]\ninfections = "infections"\n[infections]\nviral_rat = 1\n', "viral_rate"),
        ('[modules]\nlate_effects = "late_effects"\n[late_effects]\nsolid_rate = "2 mg"\n', "mg"),
    ],
)
def test_a_risk_that_is_misspelt_is_refused(tmp_path: Any, text: str, said: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'trial = "eliana"\n{text}')
    with pytest.raises(LivingDrugError, match=said) as problem:
        resolve(str(file))
    assert "mine.toml:" in str(problem.value)
