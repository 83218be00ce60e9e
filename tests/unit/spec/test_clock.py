"""The ward's clock."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug.errors import LivingDrugError, ScenarioError, UnitError
from livingdrug.spec.clock import DAYS, Every, clock, duration, moment, on_days
from thoroughness import some

VISITS = {"marrow": np.array([28.0, 91.0]), "visits": np.array([1.0])}


def test_lengths_and_moments() -> None:
    assert duration("6 h") == 0.25 and duration("3 d") == 3.0 and duration("2 weeks") == 14.0
    assert moment("day 28") == 28.0 and moment("month 12") == 365.25 and moment("28 d") == 28.0
    assert duration(0) == 0.0 and moment(0) == 0.0  # nought is the same in every unit; day 0 is the infusion


@pytest.mark.parametrize("text", [3, 3.5, "3", " 12 ", "-1", "1e3", ".5"])
def test_a_bare_number_is_no_length_of_time(text: object) -> None:
    for read in (duration, moment, clock):
        with pytest.raises(UnitError, match="has no unit of time") as caught:
            read(text, *(["trial.toml:7"] if read is not clock else []))  # type: ignore[operator]
        assert f'write "{str(text).strip()} d"' in str(caught.value)
        assert read is clock or "trial.toml:7" in str(caught.value)


@settings(max_examples=some(100))
@given(st.sampled_from(sorted(DAYS)), st.floats(0, 1e6))
def test_every_unit_of_time_in_every_place(unit: str, number: float) -> None:
    days = number * DAYS[unit]
    assert duration(f"{number!r} {unit}") == days == moment(f"{number!r}{unit}")
    assert duration(f"-{number!r} {unit}") == -days
    plain = f"{number:.3f}"  # a moment says the unit first: "month 6"
    assert moment(f"{unit} {plain}") == moment(f"{unit.capitalize()} {plain}") == duration(f"{plain} {unit}")
    wrong = unit + "x"
    with pytest.raises(UnitError, match=f"unknown unit of time '{wrong}'"):
        duration(f"{number!r} {wrong}")


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("every 6 h for 1 d", [0, 0.25, 0.5, 0.75, 1]),
        ("every 1 d from day -2 to day 1", [-2, -1, 0, 1]),
        ("every 1 d for 2 d, then every 5 d", [0, 1, 2, 7, 12, 17]),
        ("daily from day 3 for 2 d", [3, 4, 5]),
        ("at marrow visits", [28, 91]),
        ("marrow visits", [28, 91]),
        ("at marrow", [28, 91]),
        ("at visits", [1]),
        ("day 28", [28]),
        ("at day 28", [28]),
        (["day 28", "3 months", "5 d"], [5, 28, 91.3125]),
        ("7 d", [7]),
        (0, [0]),
    ],
)
def test_clocks(text: object, times: list[float]) -> None:
    end = 17.0 if isinstance(text, str) and "then" in text else 100.0
    assert clock(text).times(-7.0, end, VISITS) == pytest.approx(times)
    assert clock(clock(text)) == clock(text)


def test_what_a_clock_names() -> None:
    made = clock("every 1 d to day 3, then at marrow visits, then day 50")
    assert made.pieces == (Every(1.0, last=3.0), "marrow", (50.0,))
    assert made.visits == ("marrow",) and made.listed == (50.0,)
    assert made.text == "every 1 d to day 3, then at marrow visits, then day 50"


def test_a_list_of_day_numbers() -> None:
    assert on_days([28, 0.04, 91]).times(0.0, 60.0).tolist() == [0.04, 28.0]
    assert on_days(7).times(0.0, 60.0).tolist() == [7.0]
    for wrong in ([], ["28"], [True], [float("nan")], [float("inf")], "28", None, {}):
        with pytest.raises(ScenarioError, match="day"):
            on_days(wrong)


@pytest.mark.parametrize("parts", [7, 24, 1_000, 1_440, 999_983])
def test_ticks_do_not_leave_an_odd_end(parts: int) -> None:
    """Ticks are rounded; an end such as an hour, 1/24 d, is not to be rounded over."""
    for end in (1 / parts, 2 + 2 / parts):
        found = clock(f"every {end / 2!r} d").times(-end, end)
        assert -end <= found[0] and found[-1] <= end


def test_a_clock_stays_inside_follow_up() -> None:
    assert clock("every 10 d from day -20").times(-7.0, 25.0).tolist() == [0, 10, 20]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("evry 6 h", "'evry 6 h' is not a clock"),
        ("marrow", "'marrow' is not a clock"),
        ("at marow visits", "did you mean 'marrow'?"),
        ("every 0 h", "cannot tick every 0 d"),
        ("every -3 h", "cannot tick every"),
        ("every 6 parsec", "unknown unit of time 'parsec'"),
        ("every 6 hurs", "did you mean 'hours'?"),
        ("every 1 min for 900 years", "it ticks 473,364,001 times"),
        ("every 6", "6 has no unit of time"),
        ("every 6 h for 28", "28 has no unit of time"),
        ("every 6 h from 2", "2 has no unit of time"),
        ("day twelve", "not a length of time"),
        ("30 February", "unknown unit of time 'February'"),
        ("", "'' is not a clock"),
        ([], "there is no time in the list"),
        (["day 28", 5], "5 has no unit of time"),
        (None, "'None' is not a length of time"),
        (True, "'True' is not a length of time"),
        ({"every": "6 h"}, "is not a length of time"),
    ],
)
def test_impossible_clocks(text: object, told: str) -> None:
    with pytest.raises(LivingDrugError, match=re.escape(told)):
        clock(text).times(0.0, 1e6, VISITS, "protocol.toml:3")


def test_what_only_follow_up_can_tell_names_its_place() -> None:
    for text in ("at marow visits", "every 1 min for 900 years"):
        with pytest.raises(ScenarioError, match=r"protocol\.toml:3"):
            clock(text).times(0.0, 1e6, VISITS, "protocol.toml:3")


_WORDS = ("every", "6 h", "1 d", "from", "day 3", "to", "for", "until", ",", "then", "and", "at", "visits", "0", "-1 d",
          "daily", "28", "month", "x")  # fmt: skip


@settings(max_examples=some(300))
@given(st.lists(st.sampled_from(_WORDS), max_size=9).map(" ".join))
def test_any_text_is_a_clock_or_refused(text: str) -> None:
    try:
        times = clock(text).times(-7.0, 60.0, VISITS)
    except LivingDrugError:
        return
    assert (np.diff(times) > 0).all() and (times >= -7.0).all() and (times <= 60.0).all()


@pytest.mark.parametrize("days", [[-6, -6], [28, 60, 28.0], ["day 28", "day 28"], ["day 14", "week 2"]])
def test_a_day_is_in_a_list_once(days: list[object]) -> None:
    with pytest.raises(ScenarioError, match="is in the list twice"):
        clock(days) if isinstance(days[0], str) else on_days(days)
