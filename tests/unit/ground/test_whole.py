"""Whole numbers of every kind are taken; everything else is refused in one message."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livingdrug.errors import ScenarioError
from livingdrug.whole import several, whole

KINDS = [int, *(np.dtype(c).type for c in "bhilqBHILQ")]


class Counts:
    """Anything that says it is a whole number."""

    def __index__(self) -> int:
        return 7


@given(st.sampled_from(KINDS), st.integers(0, 127))
def test_every_kind_of_whole_number_is_taken(kind: type, number: int) -> None:
    found = whole(kind(number), "patients", 0, 127)
    assert type(found) is int and found == number


def test_what_counts_is_taken() -> None:
    assert whole(Counts(), "n", 1) == 7 and whole(np.array(5), "n", 1) == 5


@pytest.mark.parametrize(
    "value",
    [True, False, np.True_, 1.0, np.float64(3), "5", None, [5], {}, np.array([5]), np.array([1, 2]), 5j, b"5"],
)  # fmt: skip
def test_everything_else_is_refused(value: object) -> None:
    with pytest.raises(ScenarioError, match="'seed' = .*: a whole number is needed"):
        whole(value, "seed", 0)


@given(st.integers() | st.just(10**5000) | st.just(-(10**5000)))
def test_limits_hold(number: int) -> None:
    if 1 <= number <= 10_000_000:
        assert whole(number, "patients", 1, 10_000_000) == number
    else:
        with pytest.raises(ScenarioError) as problem:
            whole(number, "patients", 1, 10_000_000)
        assert problem.value.allowed == "1 to 10,000,000" and len(problem.value.message) < 300


@pytest.mark.parametrize("series", [[1, 2], (1, 2), np.array([1, 2]), range(1, 3), {1: "a", 2: "b"}, iter([1, 2])])
def test_every_kind_of_series_is_taken(series: object) -> None:
    assert several(series, "values") == [1, 2]


@pytest.mark.parametrize("value", [3, 0.5, np.float64(3), np.array(3), "12", b"12", None, True])
def test_one_thing_is_no_series(value: object) -> None:
    with pytest.raises(ScenarioError, match="'values' = .*a list is needed"):
        several(value, "values")
