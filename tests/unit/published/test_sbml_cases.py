"""Shared cases of the SBML test suite, and BioModels with reference courses: passed, or refused by name."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from livingdrug.errors import EngineError
from livingdrug.sbml.run import Settings, run, settings

SHARED = Path(os.environ.get("LIVINGDRUG_SHARED", Path(__file__).resolve().parents[3] / ".." / "shared")) / "reference"
CASES = SHARED / "sbml-cases"
pytestmark = pytest.mark.skipif(
    not CASES.is_dir(), reason="the shared SBML cases are not at hand (set LIVINGDRUG_SHARED)"
)
INDEX = list(csv.DictReader((CASES / "index.csv").open(encoding="utf-8"))) if CASES.is_dir() else []


def table(path: Path) -> tuple[list[str], np.ndarray]:
    rows = list(csv.reader(path.open(encoding="utf-8")))
    return [h.strip() for h in rows[0]], np.array([[float(x) for x in r] for r in rows[1:] if r])


def passes(case: str, file: Path) -> bool:
    said = settings(CASES / case / f"{case}-settings.txt")
    found = run(file, said)
    head, wanted = table(CASES / case / f"{case}-results.csv")
    assert np.allclose(found["time"], wanted[:, 0])
    return all(
        np.all(np.abs(wanted[:, i] - found[name]) <= said.absolute + said.relative * np.abs(wanted[:, i]))
        for i, name in enumerate(head)
        if i
    )


@pytest.mark.parametrize("case, group", [(r["case"], r["group"]) for r in INDEX])
def test_case_passes_or_is_refused_by_name(case, group):
    file = CASES / case / f"{case}-sbml-l3v2.xml"
    if group == "delay-dde":
        with pytest.raises(EngineError, match=r"'delay\(x, duration\)' is not supported") as refused:
            run(file, settings(CASES / case / f"{case}-settings.txt"))
        assert f"{case}-sbml-l3v2.xml:" in str(refused.value)
    else:
        assert passes(case, file)


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
    "name",
    ["BIOMD0000000733", "BIOMD0000000762", "BIOMD0000001019", "BIOMD0000001024", "BIOMD0000001025", "BIOMD0000001041"],
)
def test_published_file_follows_its_reference_course(name):
    head, wanted = table(CASES / "biomodels" / f"{name}-results.csv")
    found = run(CASES / "biomodels" / f"{name}.xml", Settings(wanted[:, 0]))
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


@pytest.mark.parametrize("file, end, symbol, what, value, tolerance", FIGURES)
def test_reference_file_gives_the_figure(file, end, symbol, what, value, tolerance):
    found = run(SHARED / "models" / f"{file}.xml", Settings(np.linspace(0, end, 2001)))[symbol]
    assert {"max": found.max, "min": found.min, "last": lambda: found[-1]}[what]() == pytest.approx(
        value, rel=tolerance
    )


def test_every_reference_file_runs_or_says_why_not():
    import time

    refused, begun = {}, time.monotonic()
    for file in sorted((SHARED / "models").glob("*/*.xml")):
        try:
            found = run(file, Settings(np.linspace(0.0, 2.0, 5)))
            assert all(np.all(np.isfinite(x)) for x in found.values()), file.name
        except EngineError as why:
            refused[file.name] = str(why)
    assert refused == {}, time.monotonic() - begun


def test_the_faulty_file_says_where_it_breaks():
    """A tumour above its largest size: the deposited equation runs away."""
    with pytest.raises(
        EngineError, match="the integration stops at time 8.8.*(?s:.*)a quantity may grow without limit"
    ):
        run(
            SHARED / "models" / "Chaudhury_2020_JClinPharmacol" / "MODEL2109110005.xml",
            Settings(np.linspace(0, 100, 11)),
        )
