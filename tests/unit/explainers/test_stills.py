"""Still figures of the explainers: each has a name, a description and a table, and says the numbers of its claims."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from livingdrug.explainers import page as pages
from livingdrug.web.paper import render

ROOT = Path(__file__).resolve().parents[3]
STILLS = ROOT / "src/livingdrug/web/templates/stills"
NAMES = sorted(p.stem for p in STILLS.glob("*.html") if not p.name.startswith("_"))
_NUMBER = re.compile(r"(?<![A-Za-z0-9])\d[\d,]*(?:\.\d+)?")
_VOID = {"rect", "line", "path", "circle", "br", "img", "meta", "link"}


class Marked(HTMLParser):
    """Elements of a still: (tag, attributes, the claim around it), with the text inside each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[dict] = []
        self.all: list[dict] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        given = dict(attrs)
        claim = given.get("data-claim") or (self.open[-1]["claim"] if self.open else None)
        made = {"tag": tag, "attrs": given, "claim": claim, "text": ""}
        self.all.append(made)
        if tag not in _VOID:
            self.open.append(made)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element["text"] += data

    def of(self, tag: str) -> list[dict]:
        return [e for e in self.all if e["tag"] == tag]


def _numbers(text: str) -> list[float]:
    return [float(n.replace(",", "")) for n in _NUMBER.findall(text)]


def _page_of(name: str):
    found = [p for p in map(pages.find, pages.names()) if any(key == name for key, _ in p.text.uses["still"])]
    assert len(found) == 1, f"the still '{name}' stands on {len(found)} pages"
    return found[0]


def _said(claim) -> set[float]:
    """The numbers that a claim says, and the value that it is bound to."""
    value = claim.value if isinstance(claim.value, (int, float)) else None
    return {*_numbers(claim.says), *([float(value)] if value is not None else [])}


@pytest.fixture(params=NAMES)
def still(request):
    return request.param, Marked(render(f"stills/{request.param}.html"))


def test_every_still_of_a_page_is_drawn_and_every_drawing_is_on_a_page():
    placed = {key for name in pages.names() for key, _ in pages.find(name).text.uses["still"]}
    assert placed == set(NAMES)
    for name in ("making", "solid-tumours", "donor-and-in-body"):
        assert len(pages.find(name).text.uses["still"]) >= 2, f"{name} has too few"


def test_has_a_name_a_description_and_a_table(still):
    name, marked = still
    texts = {e["attrs"]["id"]: e["text"].strip() for e in marked.all if "id" in e["attrs"]}
    ids = [e["attrs"]["id"] for e in marked.all if "id" in e["attrs"]]
    assert len(ids) == len(set(ids)), f"{name}: an id stands twice"
    assert marked.of("figcaption") and texts[f"{name}-finding"].endswith(".")
    drawings = [e for e in marked.of("svg") if e["attrs"].get("role") == "img"]
    assert drawings, f"{name} draws nothing"
    for drawing in drawings:
        for key in ("aria-labelledby", "aria-describedby"):
            assert texts[drawing["attrs"][key]], f"{name}: a drawing without {key}"
    assert all(e["attrs"].get("aria-hidden") == "true" for e in marked.of("svg") if e not in drawings)
    assert len(marked.of("table")) == 1 and marked.of("caption")[0]["text"].strip()
    assert all(e["attrs"].get("scope") for e in marked.of("th"))


def test_numbers_are_those_of_the_claims(still):
    name, marked = still
    claims = _page_of(name).table.claims
    checked = 0
    for element in marked.all:
        if element["tag"] not in ("text", "td", "span") or element["claim"] is None:
            continue
        said = _said(claims[element["claim"]]) | {100.0}
        for number in _numbers(element["text"]):
            assert number in said, f"{name}: {number:g} is not said by the claim '{element['claim']}'"
            checked += 1
    assert checked >= 2, f"{name} shows no number of a claim"


def test_the_finding_says_no_number_that_no_claim_of_the_figure_says(still):
    name, marked = still
    claims = _page_of(name).table.claims
    used = {e["attrs"]["data-claim"] for e in marked.all if "data-claim" in e["attrs"]}
    said = {n for key in used for n in _said(claims[key])}
    caption = marked.of("figcaption")[0]["text"]
    for number in set(_numbers(caption)) - {100.0, 95.0}:
        near = any(number == n or number == round(n) for n in said)
        assert near, f"{name}: {number:g} in the caption is said by no claim of the figure"


def test_as_many_squares_are_filled_as_there_are_people(still):
    name, marked = still
    claims = _page_of(name).table.claims
    for crowd in (e for e in marked.all if "data-filled" in e["attrs"]):
        said = {round(n) for n in _said(claims[crowd["claim"]])}
        assert int(crowd["attrs"]["data-filled"]) in said, name
    filled = sum(e["attrs"].get("class", "").split()[-1:] == ["seen"] for e in marked.of("rect") if e["claim"])
    told = sum(int(e["attrs"]["data-filled"]) for e in marked.all if "data-filled" in e["attrs"])
    points = sum("point" in e["attrs"].get("class", "") for e in marked.of("rect"))
    assert points or filled == told, f"{name}: {filled} squares are filled, {told} are told"


def test_lengths_are_in_proportion(still):
    """A stem, or the far end of a bar, is as long as its number."""
    name, marked = still
    shares = []
    for group in (e for e in marked.of("g") if e["claim"]):
        at = marked.all.index(group)
        inside = marked.all[at + 1 : next((i for i, e in enumerate(marked.all) if i > at and e["tag"] == "g"), None)]
        points = [float(e["attrs"]["x"].rstrip("%")) for e in inside if "point" in e["attrs"].get("class", "")]
        words = [e["text"] for e in inside if e["tag"] == "text"][-1]
        shares += [x / n for x, n in zip(points, _numbers(words), strict=True)]
    assert not shares or max(shares) - min(shares) < 0.02 * max(shares), name


def test_colours_and_sizes_come_from_the_style_sheet(still):
    name, marked = still
    for element in marked.all:
        assert not {"style", "fill", "stroke"} & set(element["attrs"]), f"{name}: a look outside the style sheet"


def test_numbers_of_sources_show_where_the_page_gives_them():
    class Shown:
        numbers = {"wait-axi-cel": 3, "wait-liso-cel": 3, "wait-tisa-cel": 4}

    html = render("stills/waiting-days.html", article=Shown())
    assert 'href="#source-3"' in html and 'href="#source-4"' in html and "Sources:" in html
    assert "#source-" not in render("stills/waiting-days.html")
