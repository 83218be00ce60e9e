"""Shared cases of the SBML test suite, and BioModels with reference courses: passed, or refused by name."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from livingdrug.errors import EngineError
from livingdrug.sbml import load
from livingdrug.sbml.table import settings

ALL = Path(os.environ.get("LIVINGDRUG_SHARED", Path(__file__).resolve().parents[3] / ".." / "shared"))
SHARED = ALL / "reference"
CASES = SHARED / "sbml-cases"
FAULTS = ALL / "cases" / "sbml"
pytestmark = pytest.mark.skipif(
    not CASES.is_dir(), reason="the shared SBML cases are not at hand (set LIVINGDRUG_SHARED)"
)
INDEX = list(csv.DictReader((CASES / "index.csv").open(encoding="utf-8"))) if CASES.is_dir() else []


def table(path: Path) -> tuple[list[str], np.ndarray]:
    rows = list(csv.reader(path.open(encoding="utf-8")))
    return [h.strip() for h in rows[0]], np.array([[float(x) for x in r] for r in rows[1:] if r])


def passes(case: str, file: Path) -> bool:
    said = settings(CASES / case / f"{case}-settings.txt")
    found = load(file).run(said.times, symbols=said.variables, amounts=said.amount, concentrations=said.concentration)
    head, wanted = table(CASES / case / f"{case}-results.csv")
    assert np.allclose(found["time"], wanted[:, 0])
    return all(
        np.all(np.abs(wanted[:, i] - found[name]) <= said.absolute + said.relative * np.abs(wanted[:, i]))
        for i, name in enumerate(head)
        if i
    )


def some(rows, every):
    """All of them, of which all but a few are passed over unless LIVINGDRUG_THOROUGH is set."""
    return [pytest.param(*r, marks=[pytest.mark.thorough] if i % every else []) for i, r in enumerate(rows)]


CORE = [(r["case"],) for r in INDEX if r["group"] != "delay-dde"]


@pytest.mark.parametrize("case", [r["case"] for r in INDEX if r["group"] == "delay-dde"])
def test_a_case_with_delays_is_refused_by_name(case):
    with pytest.raises(EngineError, match=r"'delay\(x, duration\)' is not supported") as refused:
        load(CASES / case / f"{case}-sbml-l3v2.xml")
    assert f"{case}-sbml-l3v2.xml:" in str(refused.value)


@pytest.mark.parametrize("case", some(CORE, 10))
def test_case_passes(case):
    assert passes(case, CASES / case / f"{case}-sbml-l3v2.xml")


# file, times, symbol, value at the last time, relative tolerance: analytic where not marked
WANTED = [
    ("hang_small", (0, 1, 1), "A", 0.5, 1e-6),
    ("hang_threshold_reaction", (0, 20, 20), "P", 20 - 10 * np.log(2), 1e-6),
    ("hang_threshold", (0, 20, 20), "A", 20 - 10 * np.log(2), 1e-6),
    ("state_underscore_id", (0, 1, 4), "_x", 2.0, 1e-9),
    ("rem_pulse_year", (0, 8760, 8760), "A", 730.0, 1e-6),
    ("pulse_function_week", (0, 1095, 1095), "A", 157.0, 1e-6),
    ("sin_pulse", (0, 8760, 365), "A", 365 * 24 * np.arccos(0.9999) / np.pi, 1e-6),
    ("clockstate_pulse", (0, 1000, 1000), "A", 10.0, 1e-6),
    ("localparam_clash", (0, 1, 1), "P", 5.0, 1e-9),
    ("ids_time", (0, 1, 1), "A", 3.0, 1e-9),
    ("ev_comp_species", (0, 1, 10), "x", 0.5, 1e-9),
    ("rem_pulse_year_ev", (0, 8760, 8760), "A", 366.0, 1e-9),
    ("ev_reset_slow", (0, 10, 10), "n", 999.0, 1e-9),  # libroadrunner 2.10 and COPASI 4.48
    ("comp_unset", (0, 1, 1), "A", 10 * np.exp(-0.3), 1e-6),
    ("fbc_not_required", (0, 1, 1), "S", 10 * np.exp(-1), 1e-6),
    ("powneg", (0, 1, 1), "S", 0.25, 1e-6),
]


@pytest.mark.skipif(not FAULTS.is_dir(), reason="the shared faults are not at hand (set LIVINGDRUG_SHARED)")
@pytest.mark.parametrize(
    "file, times, symbol, value, tolerance", [*WANTED, pytest.param("sum_nested_400", (0, 1, 1), "A", 79800.0, 1e-6)]
)
def test_a_file_that_once_failed(file, times, symbol, value, tolerance):
    found = load(FAULTS / f"{file}.xml").run(np.linspace(times[0], times[1], times[2] + 1))
    assert found[symbol][-1] == pytest.approx(value, rel=tolerance)


@pytest.mark.skipif(not FAULTS.is_dir(), reason="the shared faults are not at hand (set LIVINGDRUG_SHARED)")
@pytest.mark.parametrize(
    "file, end, cause", [("powneg", 10, "a power of a negative number"), ("divzero_branch", 1, "a division by zero")]
)
def test_a_file_without_a_course_is_refused_with_the_cause(file, end, cause):
    with pytest.raises(EngineError, match=cause):
        load(FAULTS / f"{file}.xml").run(np.linspace(0, end, end + 1))


@pytest.mark.thorough
@pytest.mark.parametrize("case", [r["case"] for r in INDEX][::4])
def test_level_2_says_the_same(case, tmp_path):
    """Cases that Level 2 can express give the same results when converted to it."""
    import libsbml

    document = libsbml.readSBMLFromFile(str(CASES / case / f"{case}-sbml-l3v2.xml"))
    if not document.setLevelAndVersion(2, 4, True) or document.getLevel() != 2:
        pytest.skip("Level 2 cannot express this case")
    file = tmp_path / "level2.xml"
    libsbml.writeSBMLToFile(document, str(file))
    assert passes(case, file)


@pytest.mark.parametrize(
    "name", some([(f"BIOMD000000{n}",) for n in ("1041", "0733", "0762", "1019", "1024", "1025")], 6)
)
def test_published_file_follows_its_reference_course(name):
    head, wanted = table(CASES / "biomodels" / f"{name}-results.csv")
    found = load(CASES / "biomodels" / f"{name}.xml").run(wanted[:, 0])
    for i, column in enumerate(head[1:], 1):
        peak = np.abs(wanted[:, i]).max()
        assert np.all(np.abs(found[column.strip("[] ")] - wanted[:, i]) <= 1e-4 * peak), column


# file, end [its time unit], symbol, what, value, relative tolerance
FIGURES = [
    ("Kimmel_2021_ProcRSocB/BIOMD0000001041", 200, "CAR_T_cells", "max", 30.1, 3e-3),
    ("Hanson_2016_BIOMD0000000837/BIOMD0000000837", 1440, "Inflam", "max", 167.9, 1e-3),
    ("Hanson_2016_BIOMD0000000837/BIOMD0000000837", 1440, "C_e", "max", 45.5, 2e-3),
    ("Hanson_2016_BIOMD0000000837/BIOMD0000000837", 1440, "H_e", "max", 74.0, 1e-3),
    ("Hanson_2016_BIOMD0000000837/BIOMD0000000837", 1440, "B", "min", 39.1, 1e-3),
    ("Hanson_2016_BIOMD0000000837/BIOMD0000000837", 1440, "B", "last", 125, 5e-3),
    ("Leon-Triana_2021_CNSNS/BIOMD0000001011", 100, "CAR_T_cells", "max", 1.64e10, 3e-3),
    ("Leon-Triana_2021_CNSNS/BIOMD0000001011", 100, "Leukaemic_B_cells", "min", 4.1e5, 0.01),
    ("Leon-Triana_2021_Cancers/BIOMD0000001014", 100, "CAR_T_cells_off_tumour", "max", 3.88e9, 3e-3),
    ("Leon-Triana_2021_Cancers/BIOMD0000001014", 100, "CAR_T_cells_on_tumour", "max", 4.97e9, 2e-3),
    ("Leon-Triana_2021_Cancers/BIOMD0000001014", 100, "Tumour_cells", "min", 0.09, 0.05),
    ("Chaudhury_2020_JClinPharmacol/BIOMD0000001024", 30, "Expanding_CAR_T_cells", "max", 1.456e4, 1e-3),
    ("Chaudhury_2020_JClinPharmacol/BIOMD0000001024", 30, "Tumor_cells", "min", 1.2e-3, 0.02),
    ("Chaudhury_2020_JClinPharmacol/BIOMD0000001025", 100, "Tumor_cells", "last", 0.0087, 5e-3),
]


@pytest.mark.parametrize("file, end, symbol, what, value, tolerance", some(FIGURES, 7))
def test_reference_file_gives_the_figure(file, end, symbol, what, value, tolerance):
    found = load(SHARED / "models" / f"{file}.xml").run(np.linspace(0, end, 2001))[symbol]
    assert {"max": found.max, "min": found.min, "last": lambda: found[-1]}[what]() == pytest.approx(
        value, rel=tolerance
    )


@pytest.mark.thorough
def test_every_reference_file_runs():
    for file in sorted((SHARED / "models").glob("*/*.xml")):
        found = load(file).run(np.linspace(0.0, 2.0, 5))
        assert all(np.all(np.isfinite(x)) for x in found.columns.values()), file.name


def test_the_faulty_file_says_where_it_breaks():
    """A tumour above its largest size: the deposited equation runs away."""
    with pytest.raises(
        EngineError, match=r"the integration stops at time 8\.[5-9].*(?s:.*)a quantity may grow without limit"
    ):
        load(SHARED / "models" / "Chaudhury_2020_JClinPharmacol" / "MODEL2109110005.xml").run(np.linspace(0, 100, 11))
