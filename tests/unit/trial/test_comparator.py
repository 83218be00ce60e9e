"""Standard of care in place of cells: its hazards, its patients, what of a trial is left in it, and what is refused."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import livingdrug
from livingdrug import cohort, library
from livingdrug.cli import main
from livingdrug.errors import ScenarioError
from livingdrug.results.result import Result
from livingdrug.scenario import resolve
from livingdrug.spec.comparator import Comparator
from livingdrug.spec.json_schema import schema_of

MONTH = 30.4375
# median overall survival [month] that each comparator's sources print for its own line
PRINTED = {
    "gastric-third-line-chemotherapy": 5.0,
    "gastric-third-line-tipiracil": 6.8,
    "gastric-third-line-supportive-care": 3.6,
    "myeloma-triple-class-exposed": 13.8,
    "myeloma-cd38-refractory": 9.3,
}
TWO_ARMS = """
trial = "zuma-1"
[[arm]]
name = "cells"
[[arm]]
name = "standard of care"
comparator = "gastric-third-line-chemotherapy"
"""


def scenario(folder: Path, text: str) -> Path:
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return file


@cache
def alone(lines: int) -> Result:
    """Everybody with so many lines before, nobody given cells."""
    sets = {"comparator": "gastric-third-line-chemotherapy", "covariates.prior_lines.value": lines}
    sets["covariates.prior_lines.sd"] = 0
    return livingdrug.Trial("zuma-1", sets).run(patients=2000, seed=3)


def survival(t, first, dying, after):
    """Overall survival on a day [1] of an illness and a death with constant hazards, from their definition."""
    going = (1 - dying) * first
    return np.exp(-first * t) + going / (after - first) * (np.exp(-first * t) - np.exp(-after * t))


@pytest.mark.parametrize("name", PRINTED)
def test_hazards_after_progression_give_the_printed_survival(name: str) -> None:
    p = {k.rpartition(".")[2]: x.value for k, x in resolve("zuma-1", {"comparator": name}).parameters.items()}
    alive = survival(PRINTED[name] * MONTH, np.log(2) / p["pfs"], p["dying_first"], p["death_after"])
    assert alive == pytest.approx(0.5, abs=0.005)


def test_patients_have_the_medians_of_their_hazards() -> None:
    measured = {r.measure: r for r in alone(2).arm().comparison.rows}
    assert measured["pfs_median"].whole == pytest.approx(2.7, rel=0.12)
    assert measured["os_median"].whole == pytest.approx(5.0, rel=0.12)
    assert measured["orr"].whole == pytest.approx(4.3, abs=2.0)


def test_a_later_line_is_worse() -> None:
    early, late = ({r.measure: r.whole for r in alone(n).arm().comparison.rows} for n in (2, 4))
    assert late["pfs_median"] < 0.8 * early["pfs_median"] and late["os_median"] < early["os_median"]


def test_nobody_waits_for_cells_so_both_ways_of_counting_agree() -> None:
    rows = {r.measure: r for r in alone(2).arm().comparison.rows}
    assert rows["pfs_6m"].as_enrolled == pytest.approx(rows["pfs_6m"].whole, abs=1e-9)
    assert alone(2).arm().counts["infused"] == 2000


def test_what_needs_cells_is_not_measured_and_the_rest_is(tmp_path: Path) -> None:
    arms = resolve(scenario(tmp_path, TWO_ARMS)).arms
    left = {m.name for m in arms[1].resolved.trial.measure}
    assert {"orr", "pfs_median", "os_12m"} <= left
    assert not left & {"crs_any", "cmax", "not_infused", "tocilizumab_all", "relapse_negative"}
    assert not arms[1].resolved.trial.published, "rows of the product are no rows of the comparator"
    assert set(arms[1].resolved.modules.values()) == {"standard_of_care"}
    assert arms[0].resolved.therapy == resolve("zuma-1").therapy, "the arm with cells is as it was"


@pytest.mark.parametrize("name", library.names("comparators"))
def test_every_comparator_fits_every_disease_it_may_stand_beside(name: str) -> None:
    """Patients of a disease need not say how many lines they had, and measures are left to read."""
    for trial in ("zuma-1", "eliana", "karmma"):
        left = resolve(trial, {"comparator": name})
        assert cohort.draw(left, range(3), 1).of("standard_of_care.later").max() <= 1
        assert {m.kind for m in left.trial.measure} >= {"survival"}
        assert not any("dose" in m.of for m in left.trial.measure), "no cells, and no dose of them"


def test_who_is_spared_neither_progresses_nor_dies_of_it() -> None:
    sets = {"comparator": "lbcl-refractory-chemotherapy", "standard_of_care.spared": 0.4}
    patients = livingdrug.Trial("zuma-1", sets).run(patients=800, seed=3).patients
    spared = np.isinf(patients["relapse_day"]) & np.isinf(patients["death_day"])
    assert spared.mean() == pytest.approx(0.4, abs=0.06)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ('comparator = "gastric-third-line-chemotherpy"', "gastric-third-line-chemotherapy"),
        ("comparator = 3", "is not a name"),
        ("[arm.comparator]\ntitle = 'x'", "this arm gets cells"),
        ('comparator = "gastric-third-line-chemotherapy"\n[arm.set]\n"kinetics.growth" = 1', "no number"),
        ('comparator = "gastric-third-line-chemotherapy"\n[arm.set]\n"standard_of_care.pfs" = "3 mg"', "mg"),
    ],
)
def test_what_cannot_be_is_refused_at_its_line(tmp_path: Path, capsys, change: str, told: str) -> None:
    file = scenario(tmp_path, TWO_ARMS.replace('comparator = "gastric-third-line-chemotherapy"', change))
    with pytest.raises(Exception) as problem:
        resolve(file)
    assert told in str(problem.value) and "mine.toml:" in str(problem.value)
    assert isinstance(problem.value, (ScenarioError, livingdrug.errors.LivingDrugError))
    with pytest.raises(SystemExit) as end:
        main(["run", str(file), "--patients", "3"])
    assert end.value.code == 2 and "Traceback" not in capsys.readouterr().err


def test_a_kind_of_its_own_with_a_schema() -> None:
    found = schema_of("comparator")["properties"]
    assert {"watch", "rule", "like", "modules"} <= found.keys()
    assert Comparator.called == "comparator"
