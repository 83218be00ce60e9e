"""The ward's clock."""

from __future__ import annotations

import numpy as np
import pytest

from livingdrug.care.schedule import clock, dose_table, duration, moment
from livingdrug.errors import ScenarioError

VISITS = {"marrow": np.array([28.0, 91.0]), "visits": np.array([1.0])}


def test_lengths_and_moments() -> None:
    assert duration("6 h") == 0.25 and duration(3) == 3.0 and duration("2 weeks") == 14.0
    assert moment("day 28") == 28.0 and moment("month 12") == 365.25 and moment("28 d") == 28.0


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("every 6 h for 1 d", [0, 0.25, 0.5, 0.75, 1]),
        ("every 1 d from day -2 to day 1", [-2, -1, 0, 1]),
        ("every 1 d for 2 d, then every 5 d", [0, 1, 2, 7, 12, 17]),
        ("daily from day 3 for 2 d", [3, 4, 5]),
        ("at marrow visits", [28, 91]),
        ("marrow", [28, 91]),
        ("at visits", [1]),
        ("day 28", [28]),
        (["day 28", "3 months", 5], [5, 28, 91.3125]),
        (7, [7]),
    ],
)
def test_clocks(text: object, times: list[float]) -> None:
    end = 17.0 if isinstance(text, str) and "then" in text else 100.0
    assert clock(text, -7.0, end, VISITS) == pytest.approx(times)  # type: ignore[arg-type]


def test_a_clock_stays_inside_follow_up() -> None:
    assert clock("every 10 d from day -20", -7.0, 25.0).tolist() == [0, 10, 20]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("evry 6 h", "'evry 6 h' is not a clock"),
        ("at marow visits", "did you mean 'marrow'?"),
        ("every 0 h", "cannot tick every 0 d"),
        ("every -3 h", "cannot tick every"),
        ("every 6 parsec", "'6 parsec' is not a length of time"),
        ("every 1 min for 900 years", "ticks"),
        ("day twelve", "not a length of time"),
        ("30 February", "is not a length of time"),
    ],
)
def test_impossible_clocks(text: str, told: str) -> None:
    with pytest.raises(ScenarioError, match=told.replace("?", r"\?").replace("(", r"\(")):
        clock(text, 0.0, 1e6, VISITS)


def test_doses_are_sorted_and_zero_is_no_dose() -> None:
    table = dose_table([(0.0, 4, np.array([1e8, 0.0]), 0.0), (-5.0, 2, np.array([30.0, 20.0]), 0.02)], 2)
    assert table[0].tolist() == [[-5.0, 2, 30.0, 0.02], [0.0, 4, 1e8, 0.0]]
    assert table[1, 0].tolist() == [-5.0, 2, 20.0, 0.02] and table[1, 1, 0] == np.inf
