"""Patients of a run simulated again: the very same ones, their doses, grades and events."""

from __future__ import annotations

import numpy as np
import pytest

import livingdrug
from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.results.result import Result
from livingdrug.trial import again

PATIENTS, SEED = 60, 5
KEPT = (41, 57)


@pytest.fixture(scope="module")
def result() -> Result:
    return livingdrug.Trial("eliana").run(patients=PATIENTS, seed=SEED, keep=KEPT)


def infused(result: Result) -> list[int]:
    """Numbers of the infused patients."""
    columns = result.arm().columns
    return [int(p) for p in columns["patient"][columns["infused"] > 0]]


def test_chosen_patients_are_kept_beside_the_first_ones(result):
    kept = list(result.arm().courses.samples)
    assert kept == sorted(kept) and set(kept) == {*infused(result)[:24], *set(KEPT) & set(infused(result))}
    few = livingdrug.Trial("eliana").run(patients=PATIENTS, seed=SEED, block=7).arm().courses
    assert list(few.samples) == infused(result)[:24]
    for who, course in few.samples.items():
        np.testing.assert_array_equal(course, result.arm().courses.samples[who])


def test_a_patient_to_keep_must_be_one_of_the_run():
    with pytest.raises(ScenarioError, match="'keep' = 60: too large"):
        livingdrug.Trial("eliana").run(patients=PATIENTS, seed=SEED, keep=[60])


def test_a_patient_simulated_again_is_the_same_bit_for_bit(result):
    courses = result.arm().courses
    arm = result.resolved.arms[0]
    shown = ["assay.qpcr.copies", "tumour.positive", "physiology.temperature"]
    for who in (infused(result)[0], infused(result)[20], max(courses.samples)):
        one = again.patient(arm, who, SEED, shown, courses.times.tolist())
        np.testing.assert_array_equal(one.days, courses.times)
        for path in shown:
            place = courses.names.index(path)
            zero = courses.zeros.get(path, 0.0)
            np.testing.assert_array_equal(one.courses[path], courses.samples[who][:, place] + zero)


def test_doses_and_grades_are_those_of_the_patients_table(result):
    columns = result.arm().columns
    days = np.arange(0, 60.01, 0.25).tolist()
    seen = set()
    for who in infused(result)[:12]:
        row = list(columns["patient"]).index(who)
        one = again.patient(result.resolved.arms[0], who, SEED, [], days)
        given = [d for d in one.doses if d.drug == "tocilizumab"]
        assert len(given) == columns["tocilizumab_doses"][row] and all(d.by_rule for d in given)
        (cells,) = [d for d in one.doses if d.drug == "infusion"]
        assert cells.amount == pytest.approx(columns["dose"][row]) and cells.unit == "cell" and not cells.by_rule
        assert [d.day for d in one.doses] == sorted(d.day for d in one.doses)
        highest = int(np.nanmax(one.grades["penn"]))
        assert (
            highest == columns["crs_grade"][row] and int(np.nanmax(one.grades["astct"])) == columns["astct_grade"][row]
        )
        seen.add(highest)
    assert len(seen) > 1, "patients of one grade alone show nothing"


def test_values_are_those_of_the_courses(result):
    days = [7.0, 28.0, 91.0]
    found, ids, constants = again.values(result.resolved.arms[0], "physiology.temperature", days, PATIENTS, SEED)
    assert ids.tolist() == infused(result) and found.shape == (len(ids), 3)
    places = np.searchsorted(result.arm().courses.times, days)
    seen = result.arm().courses.sample("physiology.temperature")
    for row, who in enumerate(result.arm().courses.samples):
        np.testing.assert_array_equal(found[ids.tolist().index(who)], seen[row][places])
    assert constants["weight"].shape == ids.shape


def test_a_figure_of_one_patient_says_what_was_given_and_what_happened(result, tmp_path):
    columns = result.arm().columns
    row = int(np.flatnonzero((columns["infused"] > 0) & (columns["tocilizumab_doses"] > 0))[0])
    one = result.plot(int(columns["patient"][row]))
    told = [what for _, what, _ in one.rows]
    assert {"Fludarabine", "Cyclophosphamide", "Infusion", "Tocilizumab"} <= set(told)
    assert told.count("Tocilizumab") == columns["tocilizumab_doses"][row]
    titles = [panel.title for panel in one.chart.panels]
    assert {"Doses and events", "Grade of toxicity", "CAR-T in blood", "Temperature"} <= set(titles)
    assert "Tocilizumab" in one._repr_html_() and one._repr_html_().count('role="img"') == 1
    one.save(tmp_path / "one.svg")
    assert "<svg" in (tmp_path / "one.svg").read_text(encoding="utf-8")


def test_who_was_not_infused_or_is_not_there_is_named(result):
    columns = result.arm().columns
    missing = int(columns["patient"][columns["infused"] == 0][0])
    with pytest.raises(ScenarioError, match=f"patient {missing}: not infused") as told:
        result.plot(missing)
    assert "name one who was infused" in str(told.value)
    with pytest.raises(ScenarioError, match="no patient 60"):
        result.plot(60)
    with pytest.raises(LivingDrugError, match="unknown arm 'nobody'"):
        result.plot(1, arm="nobody")
