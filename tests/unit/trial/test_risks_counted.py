"""Scales of risk, and the day of death of each cause, as a run counts them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from livingdrug import Trial
from livingdrug.errors import LivingDrugError
from livingdrug.results.result import Result

TEXT = """
trial = "zuma-1"
also_graded = ["astct", "ctcae_neurologic", "icaht_early", "ticaht_early", "ticaht_late", "car_hematotox", "iec_hs"]
[[column]]
name  = "of_disease"
value = "disease_death_day"
unit  = "day"
[[column]]
name  = "not_of_disease"
value = "death_day if disease_death_day == never else never"
unit  = "day"
"""
SCALES = ("ticaht_early", "ticaht_late", "car_hematotox", "iec_hs")
TEXT += "".join(f'[[column]]\nname = "{s}"\nvalue = "peak({s}.grade)"\n' for s in SCALES)


@cache
def run(folder: Path) -> Result:
    file = folder / "mine.toml"
    file.write_text(TEXT)
    return Trial(file).run(patients=120, seed=2)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return run(tmp_path_factory.mktemp("risks"))


def test_each_cause_has_its_day(result: Result) -> None:
    p = result.patients[result.patients.infused == 1]
    dead = p[np.isfinite(p.death_day)]
    assert set(dead.cause) > {"disease death"}
    ours = dead.cause == "disease death"
    assert (dead.of_disease[ours] == dead.death_day[ours]).all() and np.isinf(dead.of_disease[~ours]).all()
    assert np.isinf(dead.not_of_disease[ours]).all() and (dead.not_of_disease[~ours] == dead.death_day[~ours]).all()
    assert np.isinf(p.of_disease[~np.isfinite(p.death_day)]).all()
    assert "disease_death_day" not in p


def test_the_day_of_a_cause_is_asked_by_columns_only(tmp_path: Path) -> None:
    for row in ('[[column]]\nname = "x"\nvalue = "diseas_death_day"\n', _measure("disease_death_day <= 30 d")):
        file = tmp_path / "mine.toml"
        file.write_text('trial = "zuma-1"\n' + row)
        with pytest.raises(LivingDrugError, match="death_day"):
            Trial(file).run(patients=4, seed=1)


def _measure(of: str) -> str:
    return f'[[measure]]\nname = "x"\ntitle = "x"\nkind = "share"\nof = "{of}"\n'


def test_points_before_conditioning(result: Result) -> None:
    """Recounted from each patient's own values on the day when nothing has been given."""
    p = result.patients[result.patients.infused == 1].set_index("patient")
    own = result.individual.set_index("patient").loc[p.index]
    platelets, white = own["platelets.count@start"], own["leucocytes.myeloid@start"]
    neutrophils = 0.8 * white
    ferritin = own["cytokines.ferritin@start"]
    points = np.where(platelets < 75_000, 2, np.where(platelets <= 175_000, 1, 0)) + (neutrophils <= 1_200)
    points = points + np.where(ferritin > 2_000, 2, np.where(ferritin >= 650, 1, 0))
    assert (p.car_hematotox == np.minimum(points, 5)).all()
    assert len(set(p.car_hematotox)) >= 4


def test_grades_of_platelets_and_of_hyperinflammation(result: Result) -> None:
    p = result.patients[result.patients.infused == 1]
    assert set(p.ticaht_early) >= {0, 2, 3} and p.ticaht_early.max() <= 4
    assert p.iec_hs.max() <= 4 and (p.iec_hs > 0).mean() < 0.4
    severe = result.toxicity[result.toxicity.scale == "iec_hs"]
    first = severe.filter(like="first").stack()
    assert (first.astype(float) >= 7).all(), "nobody is looked at before day 7"
