"""What every figure owes its reader: units on the axes, enough ticks, the data it was given, legible colours."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingdrug import plot
from livingdrug.errors import ScenarioError
from livingdrug.plot import svg, ticks
from livingdrug.plot.marks import Axis, Band, Boxes, Line, Points, Spans
from livingdrug.plot.style import INKS, SERIES
from livingdrug.plot.ticks import number, power
from thoroughness import some


def marks(chart, kind, panel=None):
    """All marks of a kind, of one panel or of all."""
    panels = chart.panels if panel is None else [chart.panels[panel]]
    return [m for p in panels for m in p.marks if isinstance(m, kind)]


def axes(chart):
    """Every axis of a figure."""
    return [a for p in chart.panels for a in (p.x, p.y)] + [g.axis for g in chart.groups]


def test_every_axis_with_numbers_has_ticks_and_a_unit(chart):
    for panel in chart.panels:
        for axis in (panel.x, panel.y):
            numbers = [w for _, w in axis.ticks if w.replace(",", "").replace(".", "").isdigit()]
            assert axis.label or panel.title or not numbers
            assert len(axis.ticks) >= 3 or not numbers or axis.label.startswith("across")
    for group in chart.groups:
        assert group.axis.label and len(group.axis.ticks) >= 3
    for axis in axes(chart):
        assert all(axis.low - 1e-9 <= place <= axis.high * (1 + 1e-9) for place, _ in axis.ticks)


@given(st.floats(-9, 9), st.floats(0.4, 12))
def test_a_logarithmic_axis_has_three_ticks_or_more(exponent, decades):
    axis = ticks.decades(10**exponent, 10 ** (exponent + decades))
    assert 3 <= len(axis.ticks) <= 10
    assert len({words for _, words in axis.ticks}) == len(axis.ticks)


@given(st.floats(-1e4, 1e4), st.one_of(st.floats(0.01, 1e6), st.floats(1e-4, 1e-2)))
def test_a_plain_axis_has_two_to_seven_ticks_in_order(low, room):
    places, words = zip(*ticks.linear(low, low + room).ticks)
    assert len(set(words)) == len(words)
    places = list(places)
    assert 2 <= len(places) <= 7 and places == sorted(places)
    assert low - 1e-6 * room <= places[0] and places[-1] <= low + room * (1 + 1e-6)


@given(st.floats(-10, 0), st.floats(0.5, 1500))
def test_days_and_months_have_a_handful_of_ticks(first, last):
    assert len(ticks.days(first, last).ticks) <= 9
    assert len(ticks.calendar(max(last / 30, 0.5)).ticks) <= 8


def test_a_chart_draws_on_paper_in_both_themes(chart):
    for theme in ("light", "dark"):
        figure = chart.figure(theme, width=7.0)
        figure.draw_without_rendering()
        assert len([a for part in figure.subfigs for a in part.axes if a.axison]) == len(chart.panels) + len(
            chart.groups
        )


@pytest.mark.parametrize("names", [["one"], ["one", "two"], [f"a long name of line {i}" for i in range(5)]])
def test_the_key_of_a_panel_on_paper_hides_nothing(names):
    lines = {name: np.linspace(1.0, 9.0 + i, 30) for i, name in enumerate(names)}
    drawn = plot.Drawn("title of more words than have room", "g/L", lines, logarithmic=False)
    chart = plot.patient(np.linspace(0, 60, 30), [drawn], doses={"drug": np.array([0.0])}, events={}, grades={})
    figure = chart.figure(width=7.0)
    figure.draw_without_rendering()
    keyed = [a for a in figure.axes if a.get_legend()]
    assert len(keyed) == (2 if len(names) > 1 else 0)
    for a in keyed:
        key, panel = a.get_legend().get_window_extent(), a.get_window_extent()
        assert a.title.get_window_extent().x1 <= panel.x1 + 2, "the title runs out of its panel"
        assert panel.y1 <= key.y0 + 1 and key.y1 <= a.title.get_window_extent().y0 + 2
        assert key.x1 <= min([b.get_window_extent().x0 for b in figure.axes if b.get_window_extent().x0 > panel.x1],
                             default=figure.bbox.x1)  # fmt: skip


def _light(colour: str) -> float:
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    a, b = sorted((_light(one), _light(other)), reverse=True)
    return (a + 0.05) / (b + 0.05)


@pytest.mark.parametrize("theme", INKS)
@pytest.mark.parametrize("ground", ["paper", "tint"])
def test_every_colour_can_carry_words(theme, ground):
    ink = INKS[theme]
    for name in ("text", "quiet", "published", *SERIES):
        assert contrast(getattr(ink, name), getattr(ink, ground)) >= 4.5, f"{name} on {ground}, {theme}"


def test_colours_of_a_theme_are_all_different():
    for ink in INKS.values():
        values = list(vars(ink).values())
        assert len(set(values)) == len(values)


def test_what_is_given_on_day_0_is_no_rise(invented):
    course = invented.expansion()
    bands = np.array(course.bands)
    bands[:, 0] = 0.0
    chart = plot.expansion(plot.Course("CAR-T", "copies/µg DNA", course.days, bands, floor=1.0))
    for line in marks(chart, Line):
        assert np.isnan(line.y[0]) and np.isfinite(line.y[1:]).all()


def test_survival_draws_the_estimate_and_counts_those_at_risk(invented):
    curve = invented.curve("EFS", 400)
    chart = plot.survival([curve])
    (line,) = marks(chart, Line)
    np.testing.assert_allclose(line.y[:-1], 100 * curve.share)
    asked = np.array([0.0, 365.25])
    expected = [len(curve.durations), int((curve.durations >= 365.25).sum())]
    assert curve.at_risk(asked).tolist() == expected
    drawn = [words for _, written in chart.panels[0].below for _, words in written]
    assert str(expected[0]) in drawn and str(expected[1]) in drawn
    (censored,) = marks(chart, Points)
    assert svg.inline(chart).count(' thin"') == len(censored.x) > 0  # each a tick that its edge does not cover


def test_a_long_survival_curve_is_thinned_but_true(invented):
    curve = invented.curve("EFS", 400, patients=3000)
    (line,) = marks(plot.survival([curve]), Line)
    assert len(line.x) <= 500
    np.testing.assert_allclose(line.y, 100 * curve.at(line.x * 365.25 / 12 + 1e-9), atol=0.2)


def test_what_is_gone_is_drawn_as_zero(invented):
    course = invented.leukaemia()[0]
    assert course.bands.min() < course.floor
    y = plot.courses([course]).panels[0].y
    assert y.ticks[0] == (y.low, "0") and y.share(0.0) == 0.0


def test_every_row_has_its_intervals_and_its_verdict(invented):
    rows = invented.measures()
    lanes = [lane for group in plot.beside(rows).groups for lane in group.lanes]
    assert len(lanes) == len(rows)
    for lane in lanes:
        row = next(r for r in rows if lane.label.startswith(r["measure"]))
        by = 1 if row["unit"] == "%" else row["published"][0]["value"]
        ours, theirs = lane.estimates
        assert (ours.low, ours.high) == pytest.approx((row["low"] / by, row["high"] / by))
        assert theirs.low == (row["published"][0]["low"] and row["published"][0]["low"] / by)
        assert lane.sign[3] == row["verdict"]
    assert len({lane.sign[0] for lane in lanes}) == 3, "a shape for each verdict"


def test_an_interval_with_an_open_end_says_so(invented):
    row = {**invented.measures()[-2], "high": None}
    (lane,) = plot.beside([row]).groups[0].lanes
    assert lane.estimates[0].high is None and lane.estimates[0].words == "190 (120 to not reached)"


def test_rows_without_a_number_are_left_out_of_the_chart(invented):
    rows = invented.measures()
    silent = {**rows[0], "simulated": None}
    unpublished = {**rows[0], "published": []}
    assert plot.beside([*rows, silent, unpublished]) == plot.beside(rows)
    assert plot.beside([]).groups == ()


def test_grades_leave_out_patients_whose_grade_is_not_known():
    drawn = [plot.grades({"ASTCT": np.array(x)}) for x in ([0, 2, np.nan], [0, 2])]
    assert repr(drawn[0]) == repr(drawn[1])
    assert plot.grades({"ASTCT": np.full(3, np.nan)}).panels


def test_grades_count_every_patient():
    worst = np.array([0, 1, 1, 2, 3, 3, 3, 4, 5, 5])
    chart = plot.grades({"ASTCT": worst})
    each, summed = (marks(chart, Boxes, i)[0].y1 for i in (0, 1))
    assert list(each) == pytest.approx([10, 20, 10, 30, 10, 20])
    assert list(summed) == pytest.approx([90, 60])


def test_a_grade_that_nobody_has_beyond_4_is_not_drawn():
    assert [w for _, w in plot.grades({"ASTCT": np.array([0, 1, 2])}).panels[0].x.ticks] == ["none", "1", "2", "3", "4"]


def test_what_is_not_comparable_has_a_sign_of_its_own(invented):
    points = (plot.Published(28, 1000.0), plot.Published(20, 900.0, comparable=False))
    course = invented.expansion()
    chart = plot.courses([plot.Course("x", "u", course.days, course.bands, published=points)])
    signs = {p.name: p.hollow for p in marks(chart, Points)}
    assert signs == {"published": False, "published, not comparable": True}


def test_swimmer_tells_what_happened(invented):
    lanes = pd.DataFrame(
        [
            dict(followed=700.0, response=28.0, relapse_positive=300.0, death=700.0),
            dict(followed=200.0, transplant=90.0),
        ],
        columns=["followed", "response", *invented.EVENTS],
    )
    chart = plot.swimmer(lanes, invented.EVENTS, ends=invented.ENDS)
    known = {p.name: np.asarray(p.x) for p in marks(chart, Points)}
    months = 365.25 / 12
    assert known["relapse, CD19 kept"][1] == pytest.approx(300 / months)
    assert np.isnan(known["relapse, CD19 lost"]).all()
    assert np.isfinite(known["alive when last seen"]).tolist() == [True, False]
    followed, well = marks(chart, Boxes)
    assert (well.x1 - well.x0)[1] == pytest.approx((300 - 28) / months) and np.isnan(well.x0[0])
    assert followed.x1.tolist() == pytest.approx([200 / months, 700 / months])


def test_a_swimmer_plot_speaks_of_whatever_happened(invented):
    """Other events under other words; a response that nothing ends; no bar without words for it."""
    lanes = invented.lanes()
    chart = plot.swimmer(lanes, {"transplant": "surgery", "relapse_positive": "progression"})
    assert [p.name for p in marks(chart, Points)] == ["surgery", "progression", "alive when last seen"]
    assert len(marks(chart, Boxes)) == 2
    assert len(marks(plot.swimmer(lanes, {"transplant": "surgery"}, well=""), Boxes)) == 1


@pytest.mark.parametrize(
    ("draw", "says"),
    [
        (lambda z: plot.Course("IL-6", "pg/mL", np.arange(3.0), np.zeros((3, 3))), "bands of 'IL-6'"),
        (lambda z: plot.swimmer(z.lanes().drop(columns="death"), z.EVENTS), "lacks the column 'death'"),
        (lambda z: plot.arms(z.rates().drop(columns="arm")), "lacks the column 'arm'"),
        (lambda z: plot.Paired("", "", np.ones(3), np.ones(4)), "3 and 4 patients"),
        (
            lambda z: plot.survival([plot.Curve("RFS", *[np.zeros(1)] * 4, np.zeros(0), np.zeros(0, bool))]),
            "no patients",
        ),
    ],
)
def test_bad_input_is_named(draw, says, invented):
    with pytest.raises(ScenarioError, match=says):
        draw(invented)


@pytest.mark.parametrize(
    ("value", "words"),
    [(0, "0"), (0.5, "0.5"), (82.04, "82"), (9.61, "9.61"), (26_134, "26,100"), (3.1e8, "3.1×10⁸"), (2e-4, "2×10⁻⁴"),
     (999.6, "1,000"), (9.99e6, "1×10⁷"), (-3.2, "-3.2"), (np.nan, "–")],
)  # fmt: skip
def test_numbers_read_as_written_by_hand(value, words):
    assert number(value) == words


def test_decades_read_plainly_on_short_axes():
    assert [power(e, raised=False) for e in (-2, 0, 3)] == ["0.01", "1", "1,000"]
    assert power(11, raised=True) == "10¹¹"


def test_an_axis_puts_what_lies_beyond_at_its_ends():
    assert Axis(1.0, 100.0, log=True).share([0.0, 1.0, 10.0, 1e9]).tolist() == [0.0, 0.0, 0.5, 1.0]
    assert np.isnan(Axis(0.0, 1.0).share(np.nan))


def test_drawing_is_loaded_only_when_asked_for():
    code = "import livingdrug.plot, sys; sys.exit('matplotlib' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_bands_lie_in_one_another(invented):
    for course in invented.cytokines():
        outer, inner = marks(plot.courses([course]), Band)
        assert (outer.low <= inner.low).all() and (inner.high <= outer.high).all()


def test_published_intervals_are_drawn_over_courses(invented):
    chart = plot.expansion(invented.expansion())
    drawn = {round(float(y), 1) for s in marks(chart, Spans, 1) for y in np.ravel([s.y0, s.y1])}
    assert drawn == {687.0, 2748.0, 73.5, 294.0, 55.0, 220.0, 30.5, 122.0}


@settings(max_examples=some(40))
@given(st.lists(st.sampled_from([0.0, 1e-12, 1.0, 37.0, 5e9, np.nan]), min_size=2, max_size=2), st.booleans())
def test_flat_empty_and_missing_courses_are_drawn_without_nan(values, logarithmic):
    """Nobody followed, all alike, all gone: still a panel with axes that mean something."""
    days = np.array([0.0, 0.5])
    bands = np.tile(np.array(values), (5, 1))
    course = plot.Course("x", "u", days, bands, logarithmic=logarithmic, floor=1.0 if logarithmic else 0.0)
    for months in (False, True):
        chart = plot.courses([replace(course, months=months)])
        (panel,) = chart.panels
        assert panel.x.low < panel.x.high and panel.y.low < panel.y.high and panel.x.ticks and panel.y.ticks
        assert "nan" not in svg.inline(chart, "x")


@settings(max_examples=some(40))
@given(st.lists(st.tuples(st.floats(0, 1200), st.booleans()), min_size=1, max_size=20))
def test_any_survival_is_drawn(patients):
    durations = np.array(sorted(day for day, _ in patients))
    share = np.linspace(1, 0, len(durations) + 1)
    times = np.concatenate([[0.0], durations])
    curve = plot.Curve("x", times, share, share, share, durations, np.array([censored for _, censored in patients]))
    text = svg.inline(plot.survival([curve]), "x")
    assert "nan" not in text and f">{len(durations)}<" in text


@settings(max_examples=some(40))
@given(
    st.lists(st.tuples(st.sampled_from([0.0, 1.0, 3.0, 1e6]), st.sampled_from([0.0, 1.0, 1e6])), max_size=5),
    st.booleans(),
)
def test_any_pairs_are_drawn(pairs, logarithmic):
    x, y = (np.array([p[i] for p in pairs]) for i in (0, 1))
    text = svg.inline(plot.paired([plot.Paired("x", "u", x, y, logarithmic)], ("a", "b")), "x")
    assert "nan" not in text
