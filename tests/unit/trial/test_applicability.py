"""Whether the model is applicable: from what was entered, what calibration covered, and what equations reach."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from laid_out import trials
from livingdrug.errors import LivingDrugError
from livingdrug.scenario import resolve
from livingdrug.trial.applicability import EXTRAPOLATING, INSIDE, SILENT, _outside, applicability
from livingdrug.trial.ground import Ground, Seen, calibration, outside
from livingdrug.trial.reach import Names, reached
from thoroughness import some

ELIANA = resolve("eliana")
FIXED = sorted(p for p, x in ELIANA.parameters.items() if x.variability is None and x.value > 0)
VARIED = sorted(p for p, x in ELIANA.parameters.items() if x.variability and x.variability.distribution == "log-normal")
FEW = settings(max_examples=some(6))


def judged(tmp_path, text: str):
    (tmp_path / "x.toml").write_text(f'trial = "eliana"\n{text}', encoding="utf-8")
    return applicability(resolve(tmp_path / "x.toml"))


def outside_of(found) -> set[str]:
    return {f.name for f in found.findings}


@pytest.mark.parametrize("trial", calibration())
def test_a_calibration_trial_as_it_stands_is_inside(trial) -> None:
    found = applicability(resolve(trial))
    only = {"outlook"} if resolve(trial).trial.role == "outlook" else set()
    assert outside_of(found) <= only and set(found.trials) == set(calibration())
    assert only or found.word == INSIDE
    # looked at in full, nothing of it lies outside either
    assert {f.name for f in _outside(Seen(trial, resolve(trial).arms[0]), Ground.known())} == only


@FEW
@given(st.sampled_from(FIXED), st.floats(1.5, 5.0))
def test_a_fixed_number_elsewhere_is_told_by_its_path(path, factor) -> None:
    found = applicability(resolve("eliana", {path: f"* {factor}"}))
    assert found.word in (EXTRAPOLATING, SILENT) and path in outside_of(found)


@FEW
@given(st.sampled_from(VARIED), st.sampled_from([1e3, 1e-3]))
def test_patients_far_from_those_of_calibration_are_told(path, factor) -> None:
    x = ELIANA.parameters[path]
    far = abs(np.log(factor)) > 4 * (x.variability.sd or 1e9) and x.variability.low is x.variability.high is None
    if far and not x.variability.loadings:
        assert path in outside_of(applicability(resolve("eliana", {path: f"* {factor}"})))


@FEW
@given(st.sampled_from(sorted(set(VARIED))))
def test_patients_who_differ_less_are_inside(path) -> None:
    sd = ELIANA.parameters[path].variability.sd
    found = applicability(resolve("eliana", {f"{path}.variability.sd": str(sd / 2)}))
    assert path not in outside_of(found)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_the_share_outside_counts_both_sides(values, low, width) -> None:
    share, side = outside(np.array(values), (low, low + width))
    slack = 1e-9 * max(abs(low), abs(low + width))
    below, above = (sum(x < low - slack for x in values), sum(x > low + width + slack for x in values))
    assert share == pytest.approx((below + above) / len(values)) and side == ("above" if above >= below else "below")


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ('[arm.set]\n"covariates.age" = { value = 70, low = 60, high = 80 }', "property", "age"),
        ('[arm.set]\n"protocol.dose.factor" = 0.01', "dose", "infused cells"),
        ('[[arm.protocol.schedule]]\nname = "fludarabine"\namount = "0 mg/m2"', "dose", "fludarabine"),
        ('[[arm.protocol.rule]]\nname = "tocilizumab"\nwhen = "crs.grade >= 1"', "rule", "tocilizumab"),
        ('[arm.set]\n"share.salvaged" = 0.9', "protocol", "share.salvaged"),
        ('[arm.set]\n"protocol.follow_up" = "10 years"', "protocol", "follow-up"),
    ],
)
def test_each_kind_of_thing_entered_is_looked_at_and_told_with_its_arm(tmp_path, text, kind, name) -> None:
    found = judged(tmp_path, f'[[arm]]\nname = "as it is"\n[[arm]]\nname = "other"\n{text}\n')
    assert found.word == EXTRAPOLATING
    told = [(f.kind, f.name, f.arms) for f in found.findings]
    assert told[0] == (kind, name, ("other",)) and {f.kind for f in found.findings} == {kind}
    assert json.loads(json.dumps(found.json()))["verdict"] == EXTRAPOLATING and name in str(found)


def test_a_drug_that_expansion_does_not_feel_is_silent_on_it_and_one_that_it_feels_is_not() -> None:
    base = ELIANA.arms[0].resolved
    entry = next(p for p in base.model().entries if "tocilizumab" in p)
    role = entry.rpartition(".")[0]
    moved = reached(base, base, {entry})
    assert any(p.startswith("physiology.") for p in moved) and not any(p.startswith("tumour.") for p in moved)
    felt = resolve("eliana", {f"{role}.pace_factor": "0.5"})
    assert any(p.startswith("tumour.") for p in reached(felt, felt, {entry}))


def test_nothing_changed_reaches_nothing() -> None:
    assert reached(ELIANA, ELIANA, ()) == set()


def test_earlier_tocilizumab_is_silent_on_response_and_not_on_cytokine_release(tmp_path) -> None:
    text = (
        '[[arm]]\nname = "a"\n[[arm]]\nname = "b"\n[[arm.protocol.rule]]\nname = "tocilizumab"\nwhen = "crs.grade >= 1"'
    )
    found = judged(tmp_path, text)
    families = {m.name: m.family for m in ELIANA.trial.measure}
    assert {families[n] for n in found.question.silent} >= {"response", "kinetics"}
    assert "CRS" not in {families[n] for n in found.question.silent}
    assert any("tocilizumab" in role for role in found.question.left_out)
    assert "Silent on" in str(found)


@pytest.mark.parametrize("path", ["assay.flow.limit", "cytokines.crp_base"])
def test_a_change_that_no_measure_can_feel_is_silent(path) -> None:
    """Numbers of an assay and of a marker that no measure of the trial reads."""
    known, other = Names(ELIANA), resolve("eliana", {path: "* 2"})
    read = set().union(*(known.read_off(m) or set() for m in ELIANA.trial.measure))
    moved = reached(ELIANA, other, ())
    assert not moved & read, f"{path} is read by a measure: take another number for this test"
    found = applicability(other)
    assert found.word == SILENT and not found.question.reached


def test_every_measure_of_every_trial_is_understood() -> None:
    """Otherwise the model could not be silent on it."""
    for resolved in trials().values():
        known = Names(resolved)
        assert [m.name for m in resolved.trial.measure if known.read_off(m) is None] == []


def test_what_was_calibrated_and_what_is_an_outlook_is_told_with_every_run() -> None:
    found = applicability(resolve("carbon"))
    said = dict(found.standing)
    assert "CALM" in said["Calibrated (host_versus_graft)"] and "no patient" in said["Outlook (host_versus_graft)"]
    assert {what for what, _ in found.points()} >= set(said) and found.json()["standing"] == [
        [*x] for x in found.standing
    ]
    assert not applicability(resolve("eliana")).standing, "own cells have no such mechanism"
    also = {*applicability(resolve("calm")).standing}
    assert also > {*found.standing}, "a calibration trial says it of itself too, and of its antibody"


def test_cells_of_a_donor_are_held_against_those_of_a_donor_first() -> None:
    ground = Ground.known()
    near = {n: {t.name for t in ground.near(Seen(n, resolve(n).arms[0]))} for n in ("calm", "carbon", "eliana")}
    assert near == {"calm": {"calm"}, "carbon": {"juliet", "zuma-1"}, "eliana": {"eliana"}}


def test_an_origin_that_is_none_is_refused_by_name(tmp_path) -> None:
    (tmp_path / "odd.toml").write_text('title = "Odd"\nlike = "ucart19"\norigin = "doner"\n', encoding="utf-8")
    with pytest.raises(LivingDrugError, match="origin of a product's cells 'doner'; did you mean 'donor'") as problem:
        judged(tmp_path, 'product = "odd.toml"\n')
    assert "odd.toml" in str(problem.value)
