"""The therapy model's measured numbers were read twice; here the two readings meet."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path

import pytest

from livingdrug.scenario import resolve
from livingdrug.units import quantity

SECOND = tomllib.loads((Path(__file__).parent / "therapy_model.toml").read_text(encoding="utf-8"))
ONCE = {"b_cells.turnover"}  # a range of the source; the library's choice within it is checked below


@pytest.fixture(scope="module")
def first():
    return resolve("eliana").parameters


@pytest.mark.parametrize("path", SECOND["numbers"])
def test_two_readings_agree(first, path: str) -> None:
    assert first[path].value == pytest.approx(quantity(SECOND["numbers"][path], first[path].unit), rel=2e-3)


@pytest.mark.parametrize("path", SECOND["cv"])
def test_two_readings_of_the_spread_agree(first, path: str) -> None:
    cv = SECOND["cv"][path]
    readings = (cv, math.sqrt(math.log1p(cv**2)))  # papers print either the log-SD or the CV made of it
    assert any(first[path].variability.sd == pytest.approx(r, rel=0.02) for r in readings)


def test_numbers_that_the_library_writes_another_way(first) -> None:
    slope = first["conditioning.fludarabine.renal"].value  # L/day of clearance for each mL/min of kidney function
    assert slope == pytest.approx(SECOND["renal"]["slope"] * 60 * 24 / 1000, rel=1e-3)
    loss = first["cytokines.il6_loss"].value + first["cytokines.il6_uptake"].value
    assert loss == pytest.approx(SECOND["il6"]["loss"])
    assert first["assay.qpcr.genomes"].value == pytest.approx(SECOND["genomes"]["per_microgram"], rel=0.02)
    assert 0.02 <= first["b_cells.turnover"].value <= 0.05


def test_no_measured_number_was_read_only_once(first) -> None:
    """A new measured number wants a second reading."""
    twice = {*SECOND["numbers"], *ONCE, "conditioning.fludarabine.renal", "assay.qpcr.genomes"}
    assert {p for p, x in first.items() if x.kind == "measured"} <= twice


@pytest.fixture(scope="module")
def myeloma():
    return resolve("karmma").parameters


@pytest.mark.parametrize("path", SECOND["myeloma"])
def test_two_readings_of_myeloma_agree(myeloma, path: str) -> None:
    assert myeloma[path].value == pytest.approx(quantity(SECOND["myeloma"][path], myeloma[path].unit), rel=2e-3)


def test_numbers_that_are_derived_from_two_readings(myeloma) -> None:
    read = SECOND["receptor"]
    kd = read["off"] / read["on"] * 1e9  # nmol/L; of some 6 ng/nmol
    assert 5 < myeloma["tumour.soluble_half"].value / kd < 7
    level = myeloma["tumour.shed"].value * myeloma["tumour.burden"].value + myeloma["tumour.soluble_healthy"].value
    assert level == pytest.approx(read["soluble"], rel=0.02)


def test_no_measured_number_of_myeloma_was_read_only_once(first, myeloma) -> None:
    own = {p for p, x in myeloma.items() if x.kind == "measured" and p.startswith(("tumour.", "b_cells."))}
    assert own <= set(SECOND["myeloma"])
