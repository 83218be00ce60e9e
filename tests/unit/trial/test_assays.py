"""Samples on visit days, and what is read off a course without noise."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.trial.assays import from_course, from_samples, sampled

TIMES = np.arange(0.0, 100.0, 0.25)


def stein(
    day: np.ndarray, peak: float = 24_000.0, top: float = 9.0, doubling: float = 0.8, half_life: float = 4.0
) -> np.ndarray:
    """A course that grows and then falls at known rates."""
    return np.where(day < top, peak * 2.0 ** ((day - top) / doubling), peak * 2.0 ** (-(day - top) / half_life))


def test_doubling_and_decline_are_recovered() -> None:
    found = from_course(np.stack([stein(TIMES), stein(TIMES, doubling=1.1, half_life=7.0)]), TIMES, [28, 90])
    assert found["doubling"] == pytest.approx([0.8, 1.1], rel=1e-6)
    assert found["decline"] == pytest.approx([4.0, 7.0], rel=1e-6)
    assert found["copies_28"][0] == pytest.approx(stein(np.array([28.0]))[0])
    exact = 24_000 * (0.8 * (1 - 2 ** (-9 / 0.8)) + 4.0 * (1 - 2 ** (-19 / 4.0))) / np.log(2)
    assert found["auc_true"][0] == pytest.approx(exact, rel=0.02)


@pytest.mark.parametrize("end", [0.0, 0.25, 1.25])
def test_before_an_expansion_could_begin_there_is_none(end: float) -> None:
    """A follow-up of hours: no visit, no peak, no slope, and no error."""
    few = TIMES[end >= TIMES]
    found = {**from_course(np.stack([stein(few)] * 2), few, [28]), **from_samples(np.ones((2, 0)), np.zeros(0))}
    assert {len(x) for x in found.values()} == {2}
    assert np.isnan(np.stack(list(found.values()))).all()


def test_courses_without_a_peak_have_no_doubling() -> None:
    flat = from_course(np.stack([np.full_like(TIMES, 5.0), np.zeros_like(TIMES), stein(TIMES)]), TIMES, [])
    assert (
        np.isnan(flat["doubling"][:2]).all()
        and np.isnan(flat["decline"][:2]).all()
        and np.isfinite(flat["doubling"][2])
    )


def test_noise_limit_and_the_end_of_follow_up() -> None:
    days = np.array([1.0, 4.0, 7.0, 11.0, 28.0, 91.0])
    course = np.tile(stein(days), (400, 1))
    course[0, 3:] = np.nan
    samples = sampled(course, days, np.arange(400), 1, "x", 0.5, 50.0)
    assert np.isnan(samples[0, 3:]).all() and not np.isnan(samples[1:]).any()
    assert (samples[1:, 5] == 0).all()  # day 91 is far below the limit
    ratio = np.log(samples[1:, 3] / course[1:, 3])
    assert ratio.std() == pytest.approx(0.5, abs=0.05) and ratio.mean() == pytest.approx(0.0, abs=0.08)


def test_the_error_of_a_visit_depends_on_the_patient_alone() -> None:
    days, course = np.array([4.0, 7.0]), np.full((3, 2), 100.0)
    together = sampled(course, days, np.array([5, 6, 7]), 1, "x", 0.5, 0.0)
    alone = sampled(course[:1], days, np.array([7]), 1, "x", 0.5, 0.0)
    assert together[2].tolist() == alone[0].tolist()


def test_peak_area_and_last_measurable_sample() -> None:
    days = np.array([0.04, 4.0, 11.0, 28.0, 91.0])
    samples = np.array([[9e9, 10.0, 100.0, 20.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 5.0, np.nan, np.nan, np.nan]])
    found = from_samples(samples, days)
    assert found["cmax"][0] == 100.0 and found["tmax"][0] == 11.0  # the product passing through is no peak
    assert np.isnan(found["cmax"][1]) and np.isnan(found["tmax"][1])
    assert found["last_measurable"].tolist() == [28.0, 0.0, 4.0]
    assert np.isnan(found["auc"][2])
