"""The picture of a whole journey: time goes one way, strips stand apart, nothing is drawn that was not followed."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from livingdrug import plot
from livingdrug.plot.journey import YEAR, Calendar
from livingdrug.plot.marks import Band, Boxes, Points, Words
from livingdrug.report.journey import _above_zero


@given(st.floats(-200, -1), st.floats(28, 2 * YEAR), st.lists(st.floats(-300, 1000), min_size=2))
def test_later_is_never_further_left_and_the_ends_are_the_ends(first: float, last: float, days: list[float]) -> None:
    calendar = Calendar(first, last)
    places = calendar.place(np.sort(days))
    assert (np.diff(places) >= 0).all()
    assert np.allclose(calendar.place([first, last]), [0.0, 1.0])
    ticks = [p for p, _ in calendar.axis().ticks]
    assert ticks == sorted(ticks) and 0 <= ticks[0] and ticks[-1] <= 1


@given(
    st.floats(-60, -7), st.floats(1, 1500), st.lists(st.floats(0.001, 1e12) | st.just(np.nan), min_size=3, max_size=9)
)
def test_each_strip_keeps_to_its_own_room(first: float, end: float, values: list[float]) -> None:
    days = np.linspace(-7.0, 700.0, len(values))
    strips = [
        plot.Strip("a bar", "words", (plot.Bar(first, end, level=1.0),), ((end, "X", "text"),)),
        plot.Strip("a course", "more words", course=np.array(values)),
        plot.Strip("another", "flat", course=np.full(len(values), 3.0), log=False, floor=3.0),
    ]
    (panel,) = plot.journey(days, strips, first).panels
    (box,), bands = [m for m in panel.marks if isinstance(m, Boxes)], [m for m in panel.marks if isinstance(m, Band)]
    tall = panel.height / 3
    assert 2 * tall <= np.min(box.y0) and np.max(box.y1) < 2.5 * tall
    for band, low in zip(bands, (tall, 0.0), strict=True):
        known = np.isfinite(band.high)
        assert (known == np.isfinite(values if low else np.ones(len(values)))).all()
        assert (band.high[known] >= low).all() and (band.high[known] < low + 0.5 * tall).all()
    assert len([m for m in panel.marks if isinstance(m, Points)]) == (end <= 2 * YEAR)
    assert [m.text for m in panel.marks if isinstance(m, Words)][:2] == ["words", "a bar"]


@given(st.text("ab ,;", max_size=300))
def test_long_words_are_broken_and_get_room(says: str) -> None:
    (panel,) = plot.journey(np.arange(3.0), [plot.Strip("title", says), plot.Strip("next", "")], -7.0).panels
    lines = [m for m in panel.marks if isinstance(m, Words)]
    assert all(len(m.text) <= 46 for m in lines)
    assert "".join(says.split()) == "".join("".join(m.text.split()) for m in lines[-4::-1])
    assert panel.height == sum(26 + 21 + 15 * n for n in (len(lines) - 3, 1))


@given(st.lists(st.floats(0.0, 1e6), min_size=1), st.floats(-1e-9, 0.0))
def test_a_table_shows_no_less_than_nothing(values: list[float], below: float) -> None:
    line = np.array([1e3, *values, below, np.nan])
    shown = _above_zero(line)
    assert np.nanmin(shown) >= 0 and np.array_equal(shown[:-2], line[:-2]) and np.isnan(shown[-1])
    real = np.array([37.0, -2.0])
    assert np.array_equal(_above_zero(real), real)
