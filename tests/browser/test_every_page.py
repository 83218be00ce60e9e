"""Every page of the site, on a phone and at a desk, light and dark: whole, quiet, accessible, without a side scroll.

A page of each kind is opened on a dark phone or at a light desk, by turns; LIVINGDRUG_THOROUGH=1 opens each in
all four ways.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from browser_pages import LOOKED_AT, ONE_OF_EACH_KIND, PAGES
from thoroughness import some_of

EVERY = bool(os.environ.get("LIVINGDRUG_THOROUGH"))
WAYS = [(390, True), (1440, False), (390, False), (1440, True)]
SEEN = PAGES if EVERY else [p for p in PAGES if p in ONE_OF_EACH_KIND]
LOOKS = [(page, *way) for i, page in enumerate(SEEN) for way in (WAYS if EVERY else [WAYS[i % 2]])]


@pytest.mark.parametrize(("address", "width", "dark"), some_of(LOOKS, one_in=2))
def test_page(visit: Any, address: str, width: int, dark: bool) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = visit(width=width, dark=dark)
    response = page.goto(address)
    assert response.status == 200
    assert page.locator("h1").count() == 1
    assert page.locator("a.skip").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls to the side"
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids)), sorted(i for i in ids if ids.count(i) > 1)
    page.locator("details").evaluate_all("all => all.forEach(e => { e.open = true; })")
    found = Axe().run(page).response["violations"]
    serious = [v for v in found if v["impact"] in {"serious", "critical"}]
    assert serious == [], "\n".join(f"{v['id']}: {[n['html'][:200] for n in v['nodes'][:3]]}" for v in serious)


@pytest.mark.parametrize("address", some_of(LOOKED_AT))
def test_page_is_a_document_without_scripts(visit: Any, address: str) -> None:
    page = visit(scripts=False)
    assert page.goto(address).status == 200
    assert len(page.locator("main").inner_text()) > 200
    assert page.locator("[data-live]:visible").count() == 0, "a control that nothing answers is shown"


def test_unknown_page_says_so(visit: Any) -> None:
    page = visit()
    visit.visits[-1].faults.clear()
    assert page.goto("/no-such-page").status == 404
    assert "no such page" in page.locator("main").inner_text().lower()
    visit.visits[-1].faults.clear()  # the browser itself logs the 404
