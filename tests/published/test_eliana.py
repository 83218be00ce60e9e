"""The virtual ELIANA beside its published results: the figures that README and docs quote."""

from __future__ import annotations

from pathlib import Path

import pytest

import livingdrug

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.fixture(scope="module")
def measures():
    said = livingdrug.Trial("eliana").run(patients=2000, seed=1).json()
    assert said["patients"]["failed"] == 0
    return {m["measure"]: m for m in said["measures"]}


def test_four_in_five_comparable_measures_are_inside(measures) -> None:
    comparable = [m for m in measures.values() if m["verdict"] in ("inside", "outside")]
    assert len(comparable) >= 25
    assert all(len(m["published"]) == 1 for m in comparable)
    inside = sum(m["verdict"] == "inside" for m in comparable)
    assert inside >= 0.8 * len(comparable)
    apart = [m for m in comparable if not m["fitted"]]
    assert len(apart) >= 10, "rows kept apart are what tests the fit"
    inside_apart = sum(m["verdict"] == "inside" for m in apart)
    claim = (
        f"{inside} of {len(comparable)} comparable measures of ELIANA lie inside "
        f"({inside - inside_apart} of {len(comparable) - len(apart)} that were used in fitting, "
        f"{inside_apart} of {len(apart)} that were kept apart)"
    )
    assert claim in README.read_text(encoding="utf-8")


def test_every_other_measure_says_why_it_is_not_compared(measures) -> None:
    assert all(m["reason"] for m in measures.values() if m["verdict"] == "not comparable")


# Stein 2019's typical patient; the tolerances were set before the model was fitted.
@pytest.mark.parametrize(
    "measure, published, most",
    [
        ("tmax", 9.3, 1.10),
        ("doubling", 0.78, 1.15),
        ("decline", 4.3, 1.20),
        ("copies_28", 1374, 1.5),
        ("copies_90", 147, 1.5),
        ("copies_180", 110, 1.5),
        ("copies_365", 61, 1.5),
    ],
)
def test_the_noise_free_curve_follows_the_typical_patient(
    measures, measure: str, published: float, most: float
) -> None:
    ratio = measures[measure]["whole"] / published
    assert 1 / most <= ratio <= most


@pytest.mark.parametrize("measure, low, high", [("cmax_spread", 0.65, 1.1), ("tmax_spread", 0.25, 0.40)])
def test_patients_differ_as_much_as_published(measures, measure: str, low: float, high: float) -> None:
    assert low <= measures[measure]["whole"] <= high
