"""What lies outside the simulated time: refused where a user wrote it, noted where a shorter follow-up cuts it off."""

from __future__ import annotations

import re

import numpy as np
import pytest

from livingdrug.errors import ScenarioError
from livingdrug.library import HERE
from livingdrug.library.located import Place
from livingdrug.scenario import resolve
from livingdrug.spec.clock import clock, on_days
from livingdrug.trial.design import design
from livingdrug.trial.timetable import Timetable

MINE, OURS = Place("mine.toml:4"), Place("library/protocols/x.toml:4", ours=True)


def table(end: float = 30.0, set_at: Place = MINE) -> Timetable:
    return Timetable(-7.0, end, set_at)


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        (clock("every 1 d for 20 d"), None),
        (clock("every 1 d"), None),
        (clock("every 6 h for 28 d, then every 1 d"), None),
        (clock("every 1 d for 60 d"), "before x (day 60), which end with it"),
        (clock("every 6 h for 10 d, then every 1 d from day 20 to day 90"), "before x (day 90)"),
    ],
)
def test_a_clock_that_runs_past_the_end_is_noted(asked, left) -> None:  # type: ignore[no-untyped-def]
    for place in (MINE, OURS):
        made = table()
        assert made.times(asked, "x", place)[-1] <= 30.0
        assert bool(made.notes) == bool(left) and all(left in note for note in made.notes)


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        (on_days([1, 40, 50, 60, 70, 80, 90]), "40, 50, 60, 70, 80, 90"),
        (clock("every 1 d for 20 d, then every 1 d from day 40 to day 50"), "40 to 50"),
        (clock("every 1 d to day -9"), "0 to -9"),
        (clock("day 31"), "31"),
        (clock("every 1 year"), ""),
    ],
)
def test_what_never_comes_is_refused_or_noted_with_every_day(asked, named) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ScenarioError, match="day -7 to day 30") as caught:
        table().times(asked, "x", MINE)
    assert caught.value.where == MINE and named in str(caught.value)
    with pytest.raises(ScenarioError):
        table(set_at=OURS).times(asked, "x", OURS)  # the library's own follow-up does not hold its own clock
    made = table()
    made.times(asked, "x", OURS)
    assert any(named in note for note in made.notes)


def test_a_clock_backwards_is_refused_at_the_door() -> None:
    with pytest.raises(ScenarioError, match="ends before it begins"):
        clock("every 6 h from day 5 to day 3")


@pytest.mark.parametrize("months", [2, 7, 14])
def test_a_shorter_follow_up_names_all_that_it_leaves_out(months: int) -> None:
    base = resolve("eliana")
    arm = resolve("eliana", {"protocol.follow_up": f"{months} months"}).arms[0]
    notes, end = "\n".join(design(arm).notes), arm.resolved.protocol.follow_up
    for name, days in base.trial.visits.items():
        cut = [day for day in days.listed if day > end]
        line = next((x for x in notes.split("\n") if x.startswith(f"visits '{name}'")), "")
        assert re.findall(r"\d+", line.partition(": ")[2]) == [f"{day:g}" for day in cut]
    for m in base.trial.measure:
        assert (f"the measure '{m.name}'" in notes) == (m.at is not None and m.at > end)
    for day in base.trial.samples.days if base.trial.samples else ():
        assert bool(re.search(rf"the course on day {day:g}\b", notes)) == (day > end)


def test_what_is_not_kept_has_no_value() -> None:
    from livingdrug.trial.assays import area, at

    times, course = np.arange(0.0, 21.0), np.ones((3, 21))
    assert np.isnan(area(course, times, 28.0)).all() and (area(course, times, 20.0) == 20.0).all()
    assert np.isnan(at(course, times, 28.0)).all() and (at(course, times, 20.0) == 1.0).all()


def test_the_library_lies_within_its_own_time() -> None:
    assert HERE.is_dir() and not design(resolve("eliana").arms[0]).notes
