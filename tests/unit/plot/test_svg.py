"""Charts for a page: they follow its theme and width, ask nobody for anything, say what they show, lose nothing."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from livingdrug import plot
from livingdrug.plot import svg
from livingdrug.plot.marks import Boxes, Points, Spans
from livingdrug.plot.style import INKS

LEAST = 11  # [px] of any text, whatever the width: nothing in a chart is scaled
REM = 16


def _page(chart: plot.Chart) -> str:
    return svg.inline(chart, 'says "what" it shows & why')


def test_a_chart_is_well_formed_and_self_contained(chart):
    text = _page(chart)
    tree = ElementTree.fromstring(text)
    assert tree.get("role") == "img"
    assert tree.get("aria-label") == 'says "what" it shows & why'
    assert "http" not in text and "<image" not in text and "style=" not in text and " id=" not in text
    assert not re.search(r"\b(nan|inf)\b", text)


def test_its_colours_come_from_the_page(chart):
    text = _page(chart)
    assert not re.findall(r"#[0-9a-f]{3,6}\b", text)
    used = set(re.findall(r"\bi-(\w+)", text))
    assert used <= set(vars(INKS["light"])) and used
    for name in used:
        assert f".i-{name} {{ color: var(--ink-{name}); }}" in svg.style()


def test_no_text_is_smaller_than_11_pixels_at_any_width(chart):
    sizes = [float(x) * REM for x in re.findall(r"font(?:-size)?: (\.?\d[.\d]*)rem", svg.style())]
    assert len(sizes) >= 2 and min(sizes) >= LEAST
    tree = ElementTree.fromstring(_page(chart))
    assert not any("font" in key for part in tree.iter() for key in part.attrib)
    for inner in tree.iter("svg"):  # a drawing that is stretched holds no text, and no sign
        assert inner.get("viewBox") is None or {part.tag for part in inner.iter()} <= {"svg", "path"}


def test_every_interval_sign_and_bar_of_a_chart_is_on_the_page(chart):
    tree = ElementTree.fromstring(_page(chart))
    ink = [part for part in tree.iter("line") if "line" in part.get("class", "") and "i-paper" not in part.get("class")]
    lanes = [lane for group in chart.groups for lane in group.lanes]
    spans = [m for p in chart.panels for m in p.marks if isinstance(m, Spans)]
    intervals = sum((e.low, e.high) != (None, None) for lane in lanes for e in lane.estimates)
    assert len(ink) >= sum(np.size(s.x0) for s in spans) + intervals
    signs = sum("sign" in p.get("class", "") or "hollow" in p.get("class", "") for p in tree.iter())
    points = [m for p in chart.panels for m in p.marks if isinstance(m, Points)]
    seen = sum(int((np.isfinite(p.x) & np.isfinite(np.broadcast_to(p.y, np.shape(p.x)))).sum()) for p in points)
    assert signs >= seen + sum(len(lane.estimates) for lane in lanes)
    boxes = [m for p in chart.panels for m in p.marks if isinstance(m, Boxes)]
    drawn = sum(int(np.isfinite(np.asarray(b.x1) - np.asarray(b.x0)).sum()) for b in boxes)
    assert len(list(tree.iter("rect"))) >= drawn
    words = "".join(tree.itertext())
    assert all(e.words in words for lane in lanes for e in lane.estimates)


def test_words_below_a_panel_have_room_for_their_rows(invented):
    arms = [invented.curve(f"arm {i}", 300) for i in range(9)]
    rows = int(re.search(r'class="rows-(\d)"', _page(plot.survival(arms)))[1])
    assert f".rows-{rows} " in svg.style()


def test_a_users_words_stay_words():
    chart = plot.presence([0, 30, 60], {"<b>mine</b> & 'yours'": [1, 0.5, 0.2]})
    assert ElementTree.fromstring(_page(chart)).find(".//b/b") is None
    assert "&lt;b&gt;mine" in _page(chart)


def test_a_line_is_interrupted_where_nothing_is_known():
    path = svg._path(np.array([0, 0.5, np.nan, 1.0]), np.array([0.0, 1.0, 1.0, 0.0]), step=False)
    assert path == "M0 1000L500 0M1000 1000"
    assert svg._path(np.array([0.0, 1.0]), np.array([1.0, 0.0]), step=True) == "M0 0L1000 0L1000 1000"


@pytest.mark.parametrize("theme", INKS)
def test_the_page_offers_the_colours_of_both_themes(theme):
    for name, colour in vars(INKS[theme]).items():
        assert f"--ink-{name}: {colour};" in svg.colours()


def test_the_same_chart_gives_the_same_page(invented):
    rows = invented.measures()
    assert _page(plot.beside(rows)) == _page(plot.beside(rows))


def test_a_chart_shows_itself_in_a_notebook(chart):
    assert chart._repr_html_().startswith("<style>:root")
