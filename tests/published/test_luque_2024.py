"""The radial continuum beside the courses of the agent-based model, read off its figures and its output."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest

from livingdrug.published.course import run
from livingdrug.published.entry import published

ROOT = Path(__file__).parents[2]
CURVES = Path(os.environ.get("LIVINGDRUG_SHARED", ROOT.parent / "shared")) / "reference" / "spatial"
DAYS = np.arange(0.0, 30.5, 0.5)
needs_curves = pytest.mark.skipif(not CURVES.is_dir(), reason="the courses of the agent-based model are not here")


def rows(file: str) -> list[dict[str, str]]:
    with open(CURVES / file, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def course(name: str) -> np.ndarray:
    return run(published(name), times=DAYS).seen["tumour"][0]


def distance(name: str, days: list[float], cells: list[float]) -> float:
    """Root mean square of the difference of logarithms, from day 1 on."""
    late = [(d, x) for d, x in zip(days, cells, strict=True) if d >= 1]
    found = np.interp([d for d, _ in late], DAYS, course(name))
    return float(np.sqrt(np.mean(np.log(found / np.array([x for _, x in late])) ** 2)))


@needs_curves
def test_growth_without_treatment_is_met():
    said = [r for r in rows("cartopiax/digitised_curves.csv") if r["series"] == "control tumour cells"]
    assert distance("luque_2024:control", *_columns(said)) < 0.03


@needs_curves
def test_a_quarter_of_the_dose_which_nothing_was_fitted_to_is_foretold():
    said = rows("cart_abm_luque2024/run_991cart_day0_summary.csv")
    cells = [float(r["tumour_cells_alive"]) + float(r["tumour_cells_dead"]) for r in said]
    assert distance("luque_2024:quarter", [float(r["day"]) for r in said], cells) < 0.03


@needs_curves
def test_the_dose_that_was_fitted_to_is_within_the_two_codes_or_near():
    """Within the band of the two codes that tell it, or 13 % beyond."""
    said = [
        r for r in rows("cartopiax/digitised_curves.csv") if r["series"] == "1:1 d0 tumour" and float(r["day"]) >= 1
    ]
    low, high = (np.array([float(r[k]) for r in said]) for k in ("value_low", "value_high"))
    found = np.interp([float(r["day"]) for r in said], DAYS, course("luque_2024"))
    assert (np.maximum(low / found, found / high) < 1.13).all()


def test_antigen_is_selected_as_in_the_agents():
    """It drives growth, so it rises without treatment; CAR-T kill those that bear it, and it comes back."""
    free = run(published("luque_2024:control"), times=DAYS).seen["mean_antigen"][0]
    treated = run(published("luque_2024"), times=DAYS)
    killed = treated.seen["mean_antigen"][0]
    assert free[0] == pytest.approx(1.0, abs=1e-3) and free[-1] == pytest.approx(1.29, abs=0.03)
    assert killed.min() < 0.85 and 1.09 < killed[-1] < 1.19
    assert treated.inside is not None and treated.inside.density["car_t"].shape == (4, 40)
    assert len(treated.plot().panels) == len(treated.seen) + 3


def _columns(said: list[dict[str, str]]) -> tuple[list[float], list[float]]:
    return [float(r["day"]) for r in said], [float(r["value_low"]) for r in said]
