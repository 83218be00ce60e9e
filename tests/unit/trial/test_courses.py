"""Percentiles from integer counts: near the exact ones, and the same however the patients were split."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.engine.counting import count
from livingdrug.results.courses import BINS, EDGES, LOWEST, PER_DECADE, Courses

TIMES = np.array([0.0, 1.0, 2.0])


def binned(values: np.ndarray) -> np.ndarray:
    """The bin of each value."""
    made = Courses.empty(np.arange(float(values.size)), ("a",), {})
    made.add(np.array([7]), values.reshape(1, -1, 1))
    assert (made.counts.sum(axis=2) == 1).all()
    return made.counts[:, 0].argmax(axis=1).reshape(values.shape)


def filled(values: np.ndarray, split: int) -> Courses:
    made = Courses.empty(TIMES, ("a", "b"), {"a": "cell", "b": "1"})
    for first in range(0, len(values), split):
        made.add(np.arange(first, min(first + split, len(values))), values[first : first + split])
    return made


VALUES = np.exp(np.random.default_rng(1).normal(10.0, 2.0, (5_000, 3, 2)))


def test_percentiles_are_exact_to_a_bin() -> None:
    made = filled(VALUES, 1_000)
    for percent in (5, 25, 50, 75, 95):
        assert made.percentile("a", percent) == pytest.approx(np.percentile(VALUES[:, :, 0], percent, axis=0), rel=0.06)


def test_the_split_does_not_matter() -> None:
    one, many = filled(VALUES[:700], 700), filled(VALUES[:700], 13)
    assert (one.counts == many.counts).all() and one.samples.keys() == many.samples.keys()
    assert (one.bands("b") == many.bands("b")).all()


@pytest.mark.parametrize("columns", [1, 7, 8, 9, 26])
def test_the_compiled_loop_counts_as_numpy_does(columns: int) -> None:
    """Every bin edge and its neighbours, zeros, negative numbers, nan, infinity and numbers out of range."""
    odd = [0.0, -0.0, -1.0, np.nan, np.inf, -np.inf, 5e-324, 1e-300, 1e300]
    values = np.concatenate([EDGES, np.nextafter(EDGES, 0.0), np.nextafter(EDGES, 1e99), odd])
    values = np.stack([np.roll(values, 3 * i) for i in range(columns)], axis=1)[:, None]
    one, other = (Courses.empty(np.zeros(1), tuple(map(str, range(columns))), {}) for _ in range(2))
    one.add(np.arange(len(values)), values)
    other.add(np.arange(len(values)), values, count)
    np.testing.assert_array_equal(one.counts, other.counts)
    assert (one.counts.sum(axis=-1) == len(values) - 1).all()


def test_a_reader_sees_what_zero_means() -> None:
    """The same courses with a zero of their own: every way to read them off is shifted by it, the counts are not."""
    plain = filled(VALUES, 1_000)
    shifted = Courses.empty(TIMES, ("a", "b"), {"a": "degC", "b": "1"}, {"a": 37.0})
    shifted.add(np.arange(len(VALUES)), VALUES)
    assert (shifted.counts == plain.counts).all()
    for percent in (5, 50, 95):
        np.testing.assert_allclose(shifted.percentile("a", percent), plain.percentile("a", percent) + 37.0)
    np.testing.assert_array_equal(shifted.sample("a"), plain.sample("a") + 37.0)
    np.testing.assert_array_equal(shifted.sample("b"), plain.sample("b"))
    frames = [x.frame() for x in (plain, shifted)]
    own = frames[1]["observable"] == "a"
    assert set(frames[1]["unit"][own]) == {"degC"}
    np.testing.assert_allclose(frames[1]["p50"] - frames[0]["p50"], np.where(own, 37.0, 0.0), rtol=0, atol=1e-6)
    singles = [x.sample_frame() for x in (plain, shifted)]
    np.testing.assert_array_equal(singles[1]["a"], singles[0]["a"] + 37.0)
    assert singles[1].attrs["units"] == {"day": "day", "a": "degC", "b": "1"}


def test_zeros_and_patients_who_left() -> None:
    values = VALUES[:100].copy()
    values[:60, 1, 0] = 0.0
    values[10:, 2] = np.nan
    made = filled(values, 30)
    assert made.percentile("a", 50)[1] == 0.0
    assert made.followed().tolist() == [100, 100, 10]
    nobody = Courses.empty(TIMES, ("a", "b"), {})
    assert np.isnan(nobody.percentile("a", 50)).all() and nobody.sample("a").shape == (0, 3)
    frame = made.frame()
    assert len(frame) == 6 and list(frame.columns[:4]) == ["observable", "unit", "day", "followed"]


def test_a_value_belongs_to_the_bin_of_its_logarithm() -> None:
    values = 10.0 ** np.random.default_rng(2).uniform(-14.0, 18.0, 20_000)
    by_logarithm = np.floor((np.log10(values) - LOWEST) * PER_DECADE) + 1
    np.testing.assert_array_equal(binned(values), np.clip(by_logarithm, 0, BINS - 1))


def test_one_table_of_edges_decides() -> None:
    """Next to every edge, for powers of ten however rounded, and for what has no logarithm."""
    near = (EDGES.view(np.int64)[:, None] + np.arange(-3, 4)).view(np.float64)
    np.testing.assert_array_equal(binned(near), np.searchsorted(EDGES, near, side="right"))
    tens = 10.0 ** np.arange(-12, 16)
    for rounded in (tens, np.nextafter(tens, 0.0), np.nextafter(tens, np.inf)):
        np.testing.assert_array_equal(binned(rounded), 1 + PER_DECADE * np.arange(28))
    assert binned(np.array([0.0, -0.0, -1.0, -np.inf, 5e-324, np.inf])).tolist() == [0, 0, 0, 0, 0, BINS - 1]


def test_a_block_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="courses of the shape"):
        filled(VALUES[:10, :, :1], 10)


def test_what_stands_behind_the_named_observables_is_left_out() -> None:
    alone, behind = Courses.empty(TIMES, ("a",), {}), Courses.empty(TIMES, ("a",), {})
    alone.add(np.arange(300), VALUES[:300, :, :1])
    behind.add(np.arange(300), VALUES[:300])
    assert (alone.counts == behind.counts).all()
    np.testing.assert_array_equal(alone.sample("a"), behind.sample("a"))


def test_what_has_no_name_is_forgotten_and_what_has_one_is_kept() -> None:
    made = Courses.empty(np.zeros(1), ("a", "b"), {})
    made.add(np.arange(4), np.arange(12.0).reshape(4, 1, 3) + 1)
    assert made.wide is not None
    before = made.counts.copy()
    made.settle()
    assert made.wide is None and np.array_equal(made.counts, before) and made.counts.base is None
    made.add(np.arange(4, 6), np.ones((2, 1, 3)))
    assert made.counts.sum() == before.sum() + 4


@pytest.mark.parametrize("many", [3, 200, 700])
def test_settled_counts_take_few_bytes_and_say_the_same(many: int) -> None:
    """Also where more is counted or merged afterwards."""
    values = np.full((many, 3, 2), 7.0)
    made, plain = filled(values, many), filled(values, many)
    made.settle()
    assert made.counts.nbytes < plain.counts.nbytes / 3 and (made.bands("a") == plain.bands("a")).all()
    assert made.followed().tolist() == [many] * 3
    made.merge(plain)
    made.add(np.arange(many), values)
    assert made.followed().tolist() == [3 * many] * 3
