"""Who is enrolled: implausible candidates are refused and counted, the rest matches the published baseline."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import livingdrug
from livingdrug.cohort import baseline, covariates, draw
from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.scenario import resolve
from livingdrug.trial import selected
from livingdrug.trial.selected import chosen, selection
from thoroughness import some

SHORT = 'trial = "eliana"\n[protocol]\nfollow_up = "2 months"\n'
HEAVY = '[[population.plausible]]\nname = "heavy"\nkeep = "weight >= 20 kg"\n'
OLD = '[[population.plausible]]\nname = "old"\nkeep = "age >= 5 year and not (age > 20 year and prior_transplant)"\n'
MATCH = '[population]\nmatch = "all"\n'


def scenario(folder: Path, *more: str) -> Path:
    file = folder / "mine.toml"
    file.write_text("".join([SHORT, *more]))
    return file


def test_who_is_implausible_is_refused_and_counted(tmp_path: Path) -> None:
    run = livingdrug.Trial(scenario(tmp_path, HEAVY, OLD)).run(patients=60, seed=2)
    told = run.json()["selection"]
    ids = run.arm().columns["patient"].astype(int)
    properties = covariates.draw(resolve("eliana"), np.arange(told["candidates"]), 2)
    heavy = properties["weight"] >= 20
    old = (properties["age"] >= 5) & ~((properties["age"] > 20) & (properties["prior_transplant"] > 0))
    np.testing.assert_array_equal(ids, np.flatnonzero(heavy & old))
    assert told == {
        "candidates": ids[-1] + 1,
        "enrolled": 60,
        "implausible": {"heavy": int((~heavy).sum()), "old": int((heavy & ~old).sum())},
    }
    assert any(
        "60 patients were chosen" in n and f"{told['implausible']['old']} refused by 'old'" in n for n in run.notes
    )


def test_a_patient_is_the_same_one_with_or_without_the_others(tmp_path: Path) -> None:
    """Selected patients have the rows that they have among all candidates."""
    few = livingdrug.Trial(scenario(tmp_path, HEAVY)).run(patients=20, seed=2).patients
    everybody = livingdrug.Trial("eliana", {"protocol.follow_up": "2 months"}).run(
        patients=int(few.patient.max()) + 1, seed=2
    )
    there = everybody.patients.set_index("patient").loc[few.patient].reset_index()[few.columns]
    assert there.equals(few)


@given(seed=st.integers(0, 2**31), many=st.integers(1, 400), cut=st.floats(3, 15), match=st.booleans())
@settings(max_examples=some(10))
def test_a_selection_is_a_function_of_population_and_seed(seed: int, many: int, cut: float, match: bool) -> None:
    own = {"population.plausible": [{"name": "old", "keep": f"age >= {cut} year"}]}
    r = resolve("eliana", own | ({"population.match": "prior transplant"} if match else {}))
    whole = chosen(r, many + 50, seed)
    selected._KNOWN.clear()
    np.testing.assert_array_equal(chosen(r, many, seed), whole[:many])
    assert (np.diff(whole) > 0).all() and (covariates.draw(r, whole, seed)["age"] >= cut).all()
    told = selection(r, seed).json(many)
    assert told["candidates"] == many + sum(told["implausible"].values()) + told.get("turned_away", 0)


@pytest.mark.parametrize("trial", ["eliana", "transcend-nhl-001"])
def test_the_chosen_match_the_published_baseline(trial: str) -> None:
    moved = {"population.covariates.prior_transplant.value": 0.85}
    r = resolve(trial, {**moved, "population.match": "all"})
    many = 6_000
    before, after = (baseline(r, draw(r, ids, 1)).rows for ids in (np.arange(many), chosen(r, many, 1)))
    for row, was in zip(after, before, strict=True):
        near = 0.02 if row.share else 0.01 * row.published
        assert row.simulated == pytest.approx(row.published, abs=near), row.measure
        if row.measure == "prior transplant":
            assert was.simulated > 0.8 > row.published + 0.1
    told = selection(r, 1).json(many)
    assert 0.05 < told["effective"] / told["candidates"] < 0.95 and told["turned_away"] > many / 2


def test_other_patients_are_no_silent_change() -> None:
    few = livingdrug.Trial("eliana", {"protocol.follow_up": "1 month", "population.match": "all"}).run(patients=2)
    assert not few.json()["applicability"]["silent"]


def test_without_a_word_nobody_is_selected() -> None:
    np.testing.assert_array_equal(chosen(resolve("eliana"), 7, 1), np.arange(7))
    assert "selection" not in livingdrug.Trial("eliana", {"protocol.follow_up": "1 month"}).run(patients=2).json()


@pytest.mark.parametrize(
    "more, said",
    [
        (HEAVY.replace("weight >= 20 kg", "weight >= 20 year"), "year"),
        (HEAVY.replace("weight", "wieght"), "weight"),
        (HEAVY.replace("weight >= 20 kg", "weight >= 149 kg"), "'heavy' refuses most"),
        ('[population]\nmatch = ["age, medain"]\n', "age, median"),
        ("[population]\nmatch = 3\n", "a text"),
        ('[population]\nmatch = "all"\n[population.covariates.prior_transplant]\nvalue = 0\n', "prior transplant"),
        (HEAVY + '[[arm]]\nname = "a"\n[[arm]]\nname = "b"\n[[arm.population.plausible]]\nname = "heavy"\n'
         'keep = "weight >= 30 kg"\n', "meet the same"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(tmp_path: Path, more: str, said: str) -> None:
    with pytest.raises(LivingDrugError, match=said) as problem:
        livingdrug.Trial(scenario(tmp_path, more)).check()
    assert "mine.toml" in str(problem.value) or "arm" in str(problem.value)


def test_a_file_of_patients_is_not_selected_from(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("ID,age [year]\n1,7\n2,9\n")
    with pytest.raises(ScenarioError, match="says who the patients are"):
        livingdrug.Trial(scenario(tmp_path, HEAVY), cohort=tmp_path / "own.csv").check()


def test_a_sweep_and_kept_courses_are_of_the_enrolled(tmp_path: Path) -> None:
    trial = livingdrug.Trial(scenario(tmp_path, HEAVY))
    with pytest.raises(ScenarioError, match="meet the same"):
        trial.sweep("covariates.age.value", [8, 15], patients=4)
    out = next(i for i in range(40) if i not in chosen(trial.resolved, 30, 1))
    with pytest.raises(ScenarioError, match="not enrolled"):
        trial.run(patients=30, seed=1, keep=[out])
