"""A tumour cell by cell: drawn as Python draws it, turned, played, and whole without its recording."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from browser.conftest import after
from livingdrug.web import figures, living, moments

NAME = "tumour-cells"


@pytest.fixture(scope="module", autouse=True)
def made() -> None:
    """The drawing of this figure stands in the cache folder that the server shares."""
    figures.make()


@pytest.fixture
def page(visit: Any) -> Any:
    return lambda **asked: at(visit(**asked))


def at(page: Any) -> Any:
    page.goto(f"/gallery/{NAME}")
    page.wait_for_selector(f"#{NAME}[data-ready]")
    return page


def drawn(page: Any) -> list[list[str]]:
    """The `d` of the cells of each slice and kind."""
    return page.evaluate(
        "[...document.querySelectorAll('.ball > g')].map("
        "g => [...g.querySelectorAll('.cell')].map(p => p.getAttribute('d') || ''))"
    )


def test_the_first_frame_is_that_of_python(page: Any, visit: Any) -> None:
    spec = figures.spec(NAME)
    expected = moments.still(spec, figures.first(spec))
    plain = visit(scripts=False)
    plain.goto(f"/gallery/{NAME}")
    live = page()
    for seen in (plain, live):
        assert drawn(seen) == expected["slices"]
        counts = [seen.locator(f"[data-part=count-{k}]").inner_text() for k in range(4)]
        assert counts == expected["counts"]
    live.locator("[data-part=walk-box]").fill("5")
    live.locator("[data-part=within-box]").fill("120")
    after(live)
    expected = moments.still(spec, {"moment": 5, "within": 120})
    assert (
        drawn(live) == expected["slices"] and expected["slices"] != moments.still(spec, figures.first(spec))["slices"]
    )
    told = live.locator("[data-part=finding]").inner_text().replace("\N{NO-BREAK SPACE}", " ")  # read without its ties
    assert told == expected["finding"]


def test_it_is_turned_by_keys_and_set_back(page: Any) -> None:
    seen = page()
    first = drawn(seen)
    seen.locator(".ball").focus()
    for key in ("ArrowLeft", "ArrowUp"):
        seen.keyboard.press(key)
    after(seen)
    turned = drawn(seen)
    assert turned != first
    assert sum(d.count("M") for row in turned for d in row) == sum(d.count("M") for row in first for d in row)
    seen.locator("[data-part=reset]").click()
    after(seen)
    assert drawn(seen) == first


def test_it_plays_to_the_end_and_stops(page: Any) -> None:
    seen = page()
    press, last = seen.locator("[data-part=press]"), figures.spec(NAME)["walk"]["high"]
    press.click()
    expect(press).to_have_text("Stop")
    expect(seen.locator("[data-part=walk-box]")).to_have_value(str(last))
    expect(press).to_have_text("Play")
    press.click()
    expect(press).to_have_text("Stop")
    press.click()
    expect(press).to_have_text("Play")
    assert int(seen.locator("[data-part=walk-box]").input_value()) < last, "it begins again"


def test_where_motion_is_to_be_reduced_a_press_is_one_moment(page: Any) -> None:
    seen = page()
    seen.emulate_media(reduced_motion="reduce")
    seen.locator("[data-part=press]").click()
    after(seen, 1500)
    expect(seen.locator("[data-part=walk-box]")).to_have_value(str(figures.spec(NAME)["walk"]["first"] + 1))
    expect(seen.locator("[data-part=press]")).to_have_text("Play")


def test_recording_and_model_are_asked_for_when_their_figure_comes_near(visit: Any) -> None:
    page, asked = visit(), []
    page.on("request", lambda r: asked.append(r.url))
    page.goto("/explained/solid-tumours")
    after(page, 500)
    assert not any("tumour-cells.json" in url or "models/solid.js" in url for url in asked)
    assert page.locator(f"#{NAME} .ball > g").count() == moments.SLICES  # drawn already
    page.locator(f"#{NAME}").scroll_into_view_if_needed()
    page.wait_for_selector(f"#{NAME}[data-ready]")
    assert any("tumour-cells.json" in url for url in asked)
    page.locator("#solid-lump input").first.focus()  # by key, too
    page.wait_for_selector("#solid-lump[data-ready]")
    assert living.kept(living.STILLS).exists()


def test_without_its_recording_the_drawing_stays_and_nothing_is_to_be_pressed(visit: Any) -> None:
    page = visit()
    page.route("**/tumour-cells.json", lambda route: route.fulfill(body="{"))
    page.goto(f"/gallery/{NAME}")
    page.wait_for_function("name => !document.querySelector(`#${name} [data-live]:not([hidden])`)", arg=NAME)
    spec = figures.spec(NAME)
    assert drawn(page) == moments.still(spec, figures.first(spec))["slices"]
    page.unroute_all()
