"""Explainers in a real browser: the page whole, words explained on focus, questions, no scripts, print."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import expect

from browser.conftest import until
from livingdrug.explainers import page as pages
from livingdrug.plot.typeset import typeset
from livingdrug.web import assets, figures
from thoroughness import some_of

NAMES = pages.names()


def test_the_list_leads_to_every_page(visit: Any) -> None:
    page = visit()
    page.goto("/explained")
    links = [a.get_attribute("href") for a in page.locator(".explainers h2 a").all()]
    assert links == [f"/explained/{name}" for name in NAMES]
    with page.expect_navigation():
        page.locator(".explainers h2 a").first.click()
    assert page.url.partition("?")[0].endswith(links[0])  # a figure may have written its state behind it
    assert page.locator("nav[aria-label=Main] a[aria-current]").count() == 1


@pytest.mark.parametrize("name", some_of(NAMES, one_in=3))
def test_a_page_is_whole(visit: Any, name: str) -> None:
    found, page = pages.find(name), visit()
    page.goto(f"/explained/{name}")
    assert page.locator("h1").inner_text() == found.table.title
    wanted = [*(key for key, _ in found.text.heads), "questions", "checks", "words"]
    assert [a.get_attribute("href") for a in page.locator(".contents a").all()] == [f"#{key}" for key in wanted]
    for address in page.locator("main a[href^='#']").evaluate_all("all => all.map(a => a.hash.slice(1))"):
        assert page.locator(f"[id='{address}']").count() == 1, f"#{address} leads nowhere"
    marks = page.locator(".text sup a[href^='#source-']")
    assert marks.count() >= len(found.text.claims)
    assert page.locator(".stages > li").count() == 3
    assert "No clinician has reviewed this page" in page.locator(".stages").inner_text()
    assert page.locator(".now .strip a, .now .box p").count() > 0
    assert page.locator("nav.pager a").count() == 2
    assert "ask the doctors who treat you" in page.locator("main").inner_text()


@pytest.mark.parametrize("name", some_of(NAMES, one_in=3))
def test_a_word_is_explained_on_focus_and_escape_closes_it(visit: Any, name: str) -> None:
    page = visit()
    page.goto(f"/explained/{name}")
    word = page.locator("a.word").first
    key = word.get_attribute("href").removeprefix("#word-")
    word.focus()
    expect(page.locator("#hint")).to_have_text(pages.words()[key].means)
    expect(word).to_have_attribute("aria-describedby", "hint")
    page.keyboard.press("Escape")
    expect(page.locator("#hint")).to_be_hidden()


def test_trials_of_the_mirror_are_linked_with_their_day(visit: Any) -> None:
    page = visit()

    def listed() -> bool:
        page.goto("/explained/car-t")
        return page.locator(".now .strip").count() > 0

    until(listed)
    assert page.locator(".now .strip a[href^='/trials/NCT']").count() == 3
    assert "with data of" in page.locator(".now").inner_text() and "Open" in page.locator(".now").inner_text()


def test_the_contents_follow_the_reader(visit: Any) -> None:
    page = visit()
    page.goto("/explained/car-t")
    page.locator(".contents a[href='#risks']").click()
    page.wait_for_selector(".contents a[href='#risks'][aria-current]")


def test_questions_open_by_keyboard_and_name_the_right_answer(visit: Any) -> None:
    page = visit()
    page.goto("/explained/car-t")
    for question, asked in zip(page.locator(".questions > li").all(), pages.find("car-t").table.questions, strict=True):
        answer = question.locator("details")
        expect(answer).not_to_have_attribute("open", "")
        question.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(answer).to_have_attribute("open", "")
        assert answer.locator("p").inner_text().startswith(f"{'ABCDE'[asked.right]}. {typeset(asked.why)[:20]}")


@pytest.mark.parametrize("name", some_of(NAMES, one_in=3))
def test_icons_show_a_hundred_people_and_say_of_how_many(visit: Any, name: str) -> None:
    page = visit()
    page.goto(f"/explained/{name}")
    for row in page.locator("figure.icons").all():
        squares = row.locator(".hundred > svg rect")
        assert squares.count() == 100
        counts = [int(b.inner_text()) for b in row.locator("li b").all()]
        assert sum(counts) == 100
        shown = [row.locator(f".hundred > svg rect.{kind}").count() for kind in ("worst", "some", "rest")]
        assert [n for n in shown if n] == [n for n in counts if n]
        assert "Seen in" in row.inner_text() and "told as parts of 100" in row.inner_text()
        assert row.locator("svg[role=img]").get_attribute("aria-labelledby")


def test_without_scripts_words_and_answers_are_there(visit: Any) -> None:
    page = visit(scripts=False)
    page.goto("/explained/car-t")
    page.locator("a.word").first.click()
    expect(page).to_have_url(re.compile("#word-"))
    assert page.locator(".questions details").count() >= 5
    assert page.locator("figure.icons svg").first.is_visible()


def test_on_paper_the_text_stands_alone_with_its_sources(visit: Any) -> None:
    page = visit()
    page.goto("/explained/car-t")
    page.emulate_media(media="print")
    for gone in (".contents", ".pager", ".masthead nav", ".now"):
        assert not page.locator(gone).first.is_visible(), gone
    for there in ("h1", ".sources", ".stages", "figure.icons svg", ".words dt"):
        assert page.locator(there).first.is_visible(), there
    headings = page.locator("h2:visible").evaluate_all(
        "all => all.filter(h => h.nextElementSibling?.checkVisibility() === false).map(h => h.textContent)"
    )
    assert headings == [], "a heading stands alone on paper"
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf()[:4] == b"%PDF"


def test_an_unknown_page_names_the_nearest(visit: Any) -> None:
    page = visit()
    assert page.goto("/explained/cart").status == 404
    assert "did you mean “car-t”" in page.locator("main").inner_text()
    visit.visits[-1].faults.clear()  # the browser itself logs the 404


def test_claims_as_json(server: Any) -> None:
    with urllib.request.urlopen(f"{server.address}/api/explainers") as answer:
        told = json.load(answer)
    assert told["ok"] and [p["page"] for p in told["pages"]] == NAMES


@pytest.mark.parametrize("name", some_of(NAMES, one_in=3))
def test_the_first_page_is_light(visit: Any, name: str) -> None:
    """All that a page asks for until somebody scrolls, packed: styles, scripts, models of its figures."""
    import gzip

    figures.make()  # with its drawings
    page, asked = visit(), list[str]()
    page.on("request", lambda r: asked.append(r.url.partition("/static/")[2].partition("?")[0]))
    text = page.goto(f"/explained/{name}", wait_until="networkidle").body()
    sizes = {f: len(assets.asset(f).packed) for f in {*asked} - {""}} | {"html": len(gzip.compress(text, 6))}
    print(f"{name}: {sum(sizes.values()) / 1000:.1f} kB packed: {sizes}")
    assert "page.js" in sizes and sum(sizes.values()) < 80_000
