"""The evidence as a reader meets it: numbers found and followed, equations that render, charts with their tables; and
the first page within its budget."""

from __future__ import annotations

import gzip
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import expect

FIRST_PAGE_BYTES = 80_000  # page, styles and scripts, compressed


def test_a_number_is_found_by_keyboard_and_has_its_own_page(visit: Any) -> None:
    page = visit()
    page.goto("/evidence/parameters")
    page.get_by_label("Search").focus()
    page.keyboard.type("largest kill")
    page.keyboard.press("Enter")
    page.wait_for_url("**/evidence/parameters?**")
    assert page.locator("#found").inner_text().endswith(("number", "numbers"))
    link = page.get_by_role("link", name="tumour.kill", exact=True)
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/evidence/parameters/tumour.kill")
    assert page.locator("ol.layers li.holds").count() >= 1
    assert page.locator(".kind").first.inner_text() in {"measured", "fitted", "derived", "assumed"}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_filters_narrow_the_list(visit: Any, scripts: bool) -> None:
    page = visit(scripts=scripts)
    page.goto("/evidence/parameters?show=all")
    every = page.locator("table.list tbody tr").count()
    page.goto("/evidence/parameters")
    page.get_by_label("Kind").select_option("measured")
    with page.expect_navigation():
        page.get_by_role("button", name="Show").click()
    kinds = set(page.locator("table.list .kind").all_inner_texts())
    assert kinds == {"measured"} and 0 < page.locator("table.list tbody tr").count() < every


def test_a_choice_that_is_not_offered_is_told_with_the_nearest(visit: Any) -> None:
    page = visit()
    assert page.goto("/evidence/approvals?country=Chine").status == 422
    assert "did you mean “China”" in page.locator("[role=alert]").inner_text()
    visit.visits[-1].faults.clear()  # the browser itself logs the 422


def test_equations_are_laid_out_as_mathematics(visit: Any) -> None:
    page = visit()
    page.goto("/evidence/equations/leukaemia")
    found = page.evaluate(
        """() => [...document.querySelectorAll("math")].map(m => {
            const box = m.getBoundingClientRect(), part = m.querySelector("mfrac");
            const [above, below] = part ? [...part.children].map(x => x.getBoundingClientRect()) : [];
            return {wide: box.width, high: box.height, text: m.getAttribute("alttext"),
                    stacked: !part || (above.bottom <= below.top + 1 && below.height > 4)};
        })"""
    )
    assert len(found) > 10
    assert all(m["wide"] > 4 and m["high"] > 8 and m["text"] and m["stacked"] for m in found)
    page.get_by_text("The equations as text").click()
    expect(page.locator(".as-text dd").first).to_be_visible()
    shown = page.locator(".as-text dd").all_inner_texts()
    assert shown == [m["text"] for m in found]
    page.set_viewport_size({"width": 390, "height": 844})  # sums go on in the next line, what cannot is seen to go on
    faded = page.locator(".math.goes-on.to-right")
    expect(faded).not_to_have_count(0)
    beyond = page.locator(".math").evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => [!!e.querySelector('mfrac'), e.className])"
    )
    assert beyond and all(bar and "to-right" in classes for bar, classes in beyond)
    faded.first.evaluate("e => { e.scrollLeft = e.scrollWidth; }")
    expect(page.locator(".math.to-left")).not_to_have_count(0)


def test_links_of_a_mechanism_lead_to_its_numbers(visit: Any) -> None:
    page = visit()
    page.goto("/evidence/equations/leukaemia")
    page.locator("#numbers + ul a").first.click()
    expect(page.locator("h1")).to_have_text("tumour.burden")


def test_the_table_of_a_chart_has_the_numbers_of_the_chart(visit: Any) -> None:
    page = visit()
    page.goto("/evidence/scoreboard")
    figure = page.locator("figure").first
    figure.get_by_text("The same as a table").click()
    expect(figure.locator("tbody tr").first).to_be_visible()
    rows = [r.split("\t") for r in figure.locator("tbody tr").all_inner_texts()]
    drawn = dict(
        zip(
            figure.locator(".lane .name").all_inner_texts(),
            figure.locator(".lane .numbers").all_inner_texts(),
            strict=True,
        )
    )
    assert len(rows) == len(drawn) > 3
    for name, middle, worst, best, of in rows:
        said = drawn[name].replace("\N{NO-BREAK SPACE}", " ")
        assert said.startswith(middle) and said.endswith(f"of {of}")
        assert worst == best or f"({worst} to {best})" in said


def test_the_theme_can_be_asked_for(visit: Any) -> None:
    for asked, dark in (("light", True), ("dark", False)):
        page = visit(dark=dark)
        page.goto(f"/evidence?theme={asked}")
        paper = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert paper == {"light": "rgb(248, 250, 248)", "dark": "rgb(17, 23, 22)"}[asked]


def test_charts_of_the_server_follow_the_theme(visit: Any) -> None:
    inks = []
    for asked in ("light", "dark"):
        page = visit(dark=asked == "light")
        page.goto(f"/evidence/scoreboard?theme={asked}")
        ask = "e => getComputedStyle(e).color"
        inks.append(page.locator(".chart circle.i-simulated").first.evaluate(ask))
    assert inks == ["rgb(0, 103, 163)", "rgb(100, 181, 234)"]


def test_the_first_page_is_light(visit: Any, server: Any) -> None:
    page = visit()
    page.goto("/", wait_until="load")
    loaded = page.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
    assert loaded, "styles and scripts are part of the page"
    size = 0
    for address in {server.address + "/", *loaded}:
        asked_for = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(asked_for) as answer:
            body = answer.read()
            size += len(body) if answer.headers.get("Content-Encoding") == "gzip" else len(gzip.compress(body))
    assert size < FIRST_PAGE_BYTES
