"""What every figure owes its reader: words that do not collide, units on the axes, the data it was given."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from livingdrug import plot
from livingdrug.errors import ScenarioError
from livingdrug.plot.style import INKS
from livingdrug.plot.ticks import number, power


def _words(figure) -> list[tuple[str, object]]:
    """Every visible text of the figure and the box it fills [pixel]."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    beyond = {
        label
        for axes in figure.axes
        for axis in (axes.xaxis, axes.yaxis)
        for place, label in zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
        if not axes.axison or not min(axis.get_view_interval()) - 1e-9 <= place <= max(axis.get_view_interval()) + 1e-9
    }
    found = [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip() and t not in beyond]
    boxes = [(t.get_text(), t.get_window_extent(canvas.get_renderer())) for t in found]
    return [(words, box) for words, box in boxes if box.width > 0]


def test_words_do_not_collide_and_stay_on_the_page(figure):
    boxes = _words(figure)
    assert len(boxes) > 4
    page = figure.bbox
    for words, box in boxes:
        assert box.x0 >= page.x0 - 1 and box.x1 <= page.x1 + 1, f"'{words}' leaves the page sideways"
        assert box.y0 >= page.y0 - 1 and box.y1 <= page.y1 + 1, f"'{words}' leaves the page"
    for (one, a), (other, b) in combinations(boxes, 2):
        across, down = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        assert across < 1.5 or down < 1.5, f"'{one}' lies over '{other}'"


def test_every_axis_with_numbers_says_its_unit(figure):
    figure.draw_without_rendering()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            labels = [t.get_text() for t in axis.get_ticklabels() if t.get_visible()]
            numeric = any(label.replace(",", "").replace(".", "").isdigit() for label in labels)
            if numeric and axes.axison:
                named = axis.label.get_text() or axes.get_title()
                assert named, f"numbers without a unit: {labels}"


def test_colours_stand_out_from_the_paper():
    def light(colour: str) -> float:
        channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return float(linear @ (0.2126, 0.7152, 0.0722))

    for ink in INKS.values():
        paper = light(ink.paper)
        for colour, least in [(ink.text, 7), (ink.quiet, 4.5), (ink.published, 3.5), *((c, 3.5) for c in ink.series)]:
            a, b = sorted((light(colour), paper), reverse=True)
            assert (a + 0.05) / (b + 0.05) >= least, colour


def test_colours_of_a_theme_are_all_different():
    for ink in INKS.values():
        values = list(vars(ink).values())
        assert len(set(values)) == len(values)


def test_survival_draws_the_estimate_and_counts_those_at_risk(invented):
    curve = invented.curve("EFS", 400)
    figure = plot.survival([curve])
    steps = max(figure.axes[0].get_lines(), key=lambda line: len(line.get_xdata()))
    np.testing.assert_allclose(steps.get_ydata()[:-1], 100 * curve.share)
    asked = np.array([0.0, 365.25])
    expected = [len(curve.durations), int((curve.durations >= 365.25).sum())]
    assert curve.at_risk(asked).tolist() == expected
    drawn = [t.get_text() for t in figure.axes[1].texts]
    assert str(expected[0]) in drawn and str(expected[1]) in drawn


def test_a_long_survival_curve_is_thinned_but_true(invented):
    curve = invented.curve("EFS", 400, patients=3000)
    figure = plot.survival([curve])
    steps = max(figure.axes[0].get_lines(), key=lambda line: np.ptp(line.get_ydata()))
    assert len(steps.get_xdata()) <= 500
    np.testing.assert_allclose(steps.get_ydata(), 100 * curve.at(steps.get_xdata() * 365.25 / 12 + 1e-9), atol=0.2)


def test_what_is_gone_is_drawn_as_zero(invented):
    course = invented.leukaemia()[0]
    assert course.bands.min() < course.floor
    axes = plot.courses([course]).axes[0]
    assert axes.get_yticklabels()[0].get_text() == "0"
    assert min(line.get_ydata().min() for line in axes.get_lines()) >= axes.get_ylim()[0]


def test_verdicts_differ_by_shape(invented):
    figure = plot.beside(invented.measures())
    first = figure.axes[0]
    marks = [line.get_marker() for line in first.get_lines() if line.get_marker() in ("o", "X", "s")]
    assert "X" in marks and "o" in marks
    assert [line.get_marker() for line in figure.axes[1].get_lines()].count("s") == 1


def test_an_interval_with_an_open_end_runs_to_the_edge(invented):
    row = {**invented.measures()[-2], "high": None}
    axes = plot.beside([row]).axes[0]
    line = next(line for line in axes.get_lines() if len(line.get_xdata()) == 2 and line.get_xdata()[0] < 1)
    assert line.get_xdata()[1] == axes.get_xlim()[1]
    assert "190  (120 to not reached)" in [t.get_text() for t in axes.texts]


def test_rows_without_a_number_are_left_out_of_the_chart(invented):
    rows = invented.measures()
    silent = {**rows[0], "simulated": None}
    unpublished = {**rows[0], "published": []}
    assert len(_labels(plot.beside([*rows, silent, unpublished]))) == len(_labels(plot.beside(rows)))
    assert plot.beside([]).axes == []


def _labels(figure) -> list[str]:
    return [t.get_text() for axes in figure.axes for t in axes.texts]


def test_grades_count_every_patient(invented):
    worst = np.array([0, 1, 1, 2, 3, 3, 3, 4, 5, 5])
    each, summed = plot.grades({"ASTCT": worst}).axes
    assert [bar.get_height() for bar in each.patches] == pytest.approx([10, 20, 10, 30, 10, 20])
    assert [bar.get_height() for bar in summed.patches] == pytest.approx([90, 60])


def test_swimmer_tells_what_happened(invented):
    lanes = pd.DataFrame(
        [
            dict(followed=700.0, response=28.0, relapse_positive=300.0, death=700.0),
            dict(followed=200.0, transplant=90.0),
        ],
        columns=["followed", "response", *invented.EVENTS],
    )
    axes = plot.swimmer(lanes, invented.EVENTS, ends=invented.ENDS).axes[0]
    known = {line.get_label(): np.asarray(line.get_xdata()) for line in axes.get_lines()}
    months = 365.25 / 12
    assert known["relapse, CD19 kept"][1] == pytest.approx(300 / months)
    assert np.isnan(known["relapse, CD19 lost"]).all()
    assert np.isfinite(known["alive when last seen"]).tolist() == [True, False]
    remission = [bar for bar in axes.patches if bar.get_x() > 0]
    assert [bar.get_width() for bar in remission] == pytest.approx([(300 - 28) / months])


def test_a_swimmer_plot_speaks_of_whatever_happened(invented):
    """Other events under other words; a response that nothing ends; no bar without words for it."""
    lanes = invented.lanes()
    axes = plot.swimmer(lanes, {"transplant": "surgery", "relapse_positive": "progression"}).axes[0]
    labels = [line.get_label() for line in axes.get_lines()]
    assert labels == ["surgery", "progression", "alive when last seen"]
    assert len(axes.patches) == len(lanes.head(40)) + lanes.head(40)["response"].notna().sum()
    assert len(plot.swimmer(lanes, {"transplant": "surgery"}, well="").axes[0].patches) == len(lanes.head(40))


@pytest.mark.parametrize(
    ("draw", "says"),
    [
        (lambda z: plot.Course("IL-6", "pg/mL", np.arange(3.0), np.zeros((3, 3))), "bands of 'IL-6'"),
        (lambda z: plot.swimmer(z.lanes().drop(columns="death"), z.EVENTS), "lacks the column 'death'"),
        (lambda z: plot.arms(z.rates().drop(columns="arm")), "lacks the column 'arm'"),
        (lambda z: plot.paired(np.ones(3), np.ones(4), name="", unit="", arms=("", "")), "3 and 4 patients"),
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


def test_drawing_is_loaded_only_when_asked_for():
    code = "import livingdrug.plot, sys; sys.exit('matplotlib' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
