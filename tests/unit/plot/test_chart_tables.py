"""A chart as tables: the same numbers that are drawn."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from livingdrug import plot
from livingdrug.plot import Course, Curve, Published
from livingdrug.plot.marks import Axis, Band, Content, Line, Panel, Points
from livingdrug.plot.tables import NONE, tables


def curve(name: str = "simulated") -> Curve:
    times = np.array([0.0, 100.0, 400.0])
    share = np.array([1.0, 0.8, 0.4])
    return Curve(name, times, share, share - 0.1, share + 0.1, np.linspace(1, 1000, 50), np.ones(50, bool))


def test_survival_has_its_shares_its_band_its_numbers_at_risk_and_published_values() -> None:
    chart = plot.survival([curve()], published=[Published(365.25, 50.0, 35.0, 64.0)])
    (table,) = tables(chart)
    assert table.head == ("months after infusion", "simulated", "at risk", "published")
    at_year = next(row for row in table.rows if row[0] == "12")
    assert at_year[1] == "80 (70 to 90)"
    assert at_year[3] == "50 (35 to 64)"
    assert table.rows[0][1].startswith("100 ") and table.rows[0][2] == "50"


def test_two_curves_say_whose_numbers_at_risk() -> None:
    (table,) = tables(plot.survival([curve("one"), curve("two")]))
    assert table.head[1:] == ("one", "two", "at risk, one", "at risk, two")


def test_bars_have_a_row_for_each_grade() -> None:
    first, second = tables(plot.grades({"ASTCT": [0, 1, 1, 3], "Penn": [0, 0, 4, 4]}))
    assert dict((row[0], row[1:]) for row in first.rows)["1"] == ("50", "0")
    assert dict((row[0], row[1:]) for row in second.rows)["grade 3 or more"] == ("25", "50")


def test_courses_have_median_and_band() -> None:
    days = np.arange(0.0, 29.0)
    bands = np.array([np.full(29, x) for x in (1.0, 2.0, 3.0, 4.0, 5.0)])
    (table,) = tables(plot.courses([Course("IL-6", "pg/mL", days, bands)]))
    assert table.head[1] == "median"
    assert {row[1] for row in table.rows} == {"3 (1 to 5)"}


def test_what_has_no_value_is_a_dash() -> None:
    line = Line([0.0, 1.0, 2.0], [np.nan, 1.0, 2.0])
    (table,) = tables(Content((Panel(Axis(0, 2, ((0.0, "0"), (1.0, "1"))), Axis(0, 2, (), "mg"), (line,)),)))
    assert table.rows[0][1] == NONE


def test_a_cloud_of_dots_is_told_by_its_percentiles() -> None:
    dots = Points(np.arange(101.0), np.arange(101.0) * 2)
    (table,) = tables(Content((Panel(Axis(0, 100), Axis(0, 200), (dots,), "two arms"),)))
    assert [row[1:] for row in table.rows][2] == ("50", "100")


@given(
    st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=30),
    st.lists(st.floats(0, 30), max_size=8),
    st.booleans(),
)
def test_any_curve_has_a_table_of_even_rows(values: list[float], ticks: list[float], step: bool) -> None:
    x = np.arange(float(len(values)))
    y = np.array(values)
    marks = (Band(x, y - 1, y + 1, step=step), Line(x, y, step=step))
    axis = Axis(0.0, max(1.0, x[-1]), tuple((t, f"{t:g}") for t in sorted(set(ticks))))
    for table in tables(Content((Panel(axis, Axis(-1e6, 1e6, (), "u"), marks),))):
        assert {len(row) for row in table.rows} == {len(table.head)}
