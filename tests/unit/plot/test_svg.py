"""Figures for the page: one SVG that follows the page's theme, asks nobody for anything, and says what it shows."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from livingdrug.plot import beside, svg
from livingdrug.plot.style import INKS


def _page(figure) -> str:
    return svg.inline(figure, "fig", 'says "what" it shows & why')


def test_an_inline_figure_is_well_formed_and_self_contained(figure):
    text = _page(figure)
    tree = ElementTree.fromstring(text)
    assert tree.get("role") == "img"
    assert tree.get("aria-label") == 'says "what" it shows & why'
    asked = re.sub(r'xmlns(:\w+)?="[^"]*"', "", text)
    assert "http" not in asked and "<image" not in asked


def test_its_colours_come_from_the_page(figure):
    text = _page(figure)
    for colour in vars(INKS["light"]).values():
        assert colour not in text
    used = set(re.findall(r"var\(--ink-(\w+)\)", text))
    assert {"text", "quiet", "simulated"} <= used | {"text"}
    offered = set(re.findall(r"--ink-(\w+):", svg.colours()))
    assert used <= offered
    stray = set(re.findall(r"#[0-9a-f]{6}\b", text))
    assert not stray, f"colours that do not follow the theme: {stray}"


def test_its_ids_are_its_own(figure):
    text = _page(figure)
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert ids and all(i.startswith("fig-") for i in ids)
    assert len(ids) == len(set(ids))
    aimed = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text)
    assert {a or b for a, b in aimed} <= set(ids)


def test_its_text_is_text(invented):
    text = _page(beside(invented.measures()))
    assert "EFS at 12 months" in text
    assert "DejaVu" not in text


def test_the_same_figure_gives_the_same_svg(invented):
    rows = invented.measures()
    assert _page(beside(rows)) == _page(beside(rows))
