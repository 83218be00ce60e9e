"""The trials in a browser: search, facets, suggestions, map, could it be for me, side by side, no script."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from playwright.sync_api import expect

from browser.conftest import Server, Windows, opener

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "web"))

from trials_mirror import fill


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on a mirror of records with texts."""
    folder = tmp_path_factory.mktemp("texts")
    fill(folder / "trials.sqlite")
    command = [sys.executable, "-m", "livingdrug", "trials", "overview", "--db", str(folder / "trials.sqlite")]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    made = Server(folder / "web", folder / "trials.sqlite")
    yield made
    made.stop()


@pytest.fixture
def reader(windows: Windows, texts: Server) -> Iterator[Any]:
    """Opens tabs on that server, as `visit` does on the other."""
    yield from opener(windows, texts)


def test_a_search_and_its_facets(reader: Any) -> None:
    page = reader()
    page.goto("/trials")
    page.get_by_label("Illness, target, drug or number").fill("leukemia")
    with page.expect_navigation():
        page.get_by_role("button", name="Search").click()
    assert "2 trials" in page.locator(".found").inner_text()
    page.get_by_role("checkbox", name="Finished").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Narrow the list").click()
    assert "1 trial" in page.locator(".found").inner_text()
    assert "status=COMPLETED" in page.url and "q=leukemia" in page.url
    assert page.get_by_role("checkbox", name="Not yet open").count() == 1, "the other choices stay"
    with page.expect_navigation():
        page.get_by_role("link", name="Leave out Can people join: Finished").click()
    assert "2 trials" in page.locator(".found").inner_text()


def test_suggestions_by_keyboard(reader: Any) -> None:
    page = reader()
    page.goto("/trials")
    box = page.get_by_role("combobox", name="Illness, target, drug or number")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.focus()
    page.keyboard.insert_text("lymp")  # at once: of letters one by one a second list may come after the first
    page.wait_for_selector("[role=option]")
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("[role=option][aria-selected=true]")
    expect(chosen).to_have_count(1)
    expect(box).to_have_attribute("aria-activedescendant", chosen.get_attribute("id"))
    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    assert box.input_value() == "lymp"
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("[role=option]")
    page.keyboard.press("ArrowUp")
    last = page.locator("[role=option]").last
    expect(last).to_have_attribute("aria-selected", "true")
    words = last.locator("span").first.inner_text()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("#words").input_value() == words


def test_a_number_goes_to_its_trial(reader: Any) -> None:
    page = reader()
    page.goto("/trials")
    page.get_by_role("combobox", name="Illness, target, drug or number").focus()
    page.keyboard.insert_text("NCT040000")
    page.wait_for_selector("[role=option]")
    page.keyboard.press("ArrowDown")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/trials/NCT04000001")


def test_a_misspelt_word(reader: Any) -> None:
    page = reader()
    page.goto("/trials?q=lymfoma")
    with page.expect_navigation():
        page.get_by_role("link", name="lymphoma", exact=True).click()
    assert "25 trials" in page.locator(".found").inner_text()


def test_could_it_be_for_me(reader: Any) -> None:
    page = reader(width=390)
    page.goto("/trials/NCT04000001")
    form = page.locator("#me").locator("xpath=..").locator("form")
    form.get_by_label("Age, years").fill("80")
    form.get_by_label("Earlier treatments").fill("3")
    form.get_by_label("Near a town").fill("Munich")
    with page.expect_navigation():
        form.get_by_role("button", name="Answer").click()
    answers = page.locator(".verdicts li").all_inner_texts()
    assert [a.split()[0] for a in answers] == ["Yes", "No", "Yes", "Yes"]
    assert "maximum age: 75 Years" in answers[1] and "At least 2 prior lines of therapy" in answers[2]
    assert "University Hospital, Munich" in answers[3]
    assert "nothing is stored" in page.locator("main").inner_text()


def test_the_map_by_keyboard(visit: Any) -> None:
    page = visit()
    page.goto("/trials/map")
    walk = page.get_by_label("Go from town to town")
    walk.focus()
    first = page.locator("[data-part=town]").inner_text()
    page.keyboard.press("ArrowRight")
    second = page.locator("[data-part=town]").inner_text()
    assert first != second
    expect(walk).to_have_attribute("aria-valuetext", second)
    assert float(page.locator("[data-part=here]").get_attribute("r")) > 5
    town = second.split(",")[0]
    country = page.locator(".countries details").filter(has_text=second.split(", ")[-2].split(":")[0]).first
    country.locator("summary").click()
    expect(country.get_by_role("link", name=town, exact=True).first).to_be_visible()


@pytest.mark.parametrize("width", [390, 820, 1440])
def test_words_of_the_map_can_be_read(visit: Any, width: int) -> None:
    page = visit(width=width)
    page.goto("/trials/map")
    sizes = page.evaluate(
        "[...document.querySelectorAll('.atlas-map text')].filter(t => t.getClientRects().length && "
        "getComputedStyle(t).display !== 'none').map(t => t.getBoundingClientRect())"
        ".map(r => [r.height, r.left, r.right])"
    )
    box = page.locator(".atlas-map").bounding_box()
    assert 3 <= len(sizes) <= 20
    assert all(height >= 11 for height, _, _ in sizes), "no word shrinks with the map"
    assert all(left >= box["x"] - 1 and right <= box["x"] + box["width"] + 1 for _, left, right in sizes)


def test_every_chart_has_its_name_and_table(visit: Any) -> None:
    page = visit()
    page.goto("/trials/overview")
    figures = page.locator("figure.count").all()
    assert len(figures) >= 8
    for figure in figures:
        assert figure.get_attribute("aria-labelledby") and figure.locator(".chart[role=img][aria-label]").count() == 1
        figure.locator("summary").press("Enter")
        expect(figure.locator("table tbody tr").first).to_be_visible()


def test_a_row_of_a_chart_leads_to_its_trials(visit: Any) -> None:
    page = visit()
    page.goto("/trials/overview")
    figure = page.locator("#targets")
    figure.locator("summary").click()
    row = figure.locator("tbody tr").first
    expect(row).to_be_visible()
    count = row.locator("td").first.inner_text().replace(",", "")
    with page.expect_navigation():
        row.locator("a").click()
    assert page.locator(".found strong").inner_text().replace(",", "").split()[0] == count


def test_side_by_side(reader: Any) -> None:
    page = reader(width=390)
    page.goto("/trials/compare")
    page.get_by_label("First trial").fill("nct4000001")
    page.get_by_label("Second trial").fill("NCT04000004")
    page.get_by_label("Only where they differ").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Compare").click()
    assert page.locator("tbody tr").count() == page.locator("tbody tr.differs").count() > 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    both = [page.locator("tbody tr.differs").first.locator("td").nth(i).bounding_box() for i in (0, 1)]
    assert both[0]["y"] == both[1]["y"] and both[0]["x"] + both[0]["width"] <= both[1]["x"] < 390 - 100
    assert both[1]["x"] + both[1]["width"] <= 390  # the second trial is in view, too


def test_the_feed_is_valid(reader: Any) -> None:
    page = reader()
    page.goto("/trials/changes?since=2026-08-01")
    link = page.get_by_role("link", name="The same as an Atom feed").get_attribute("href")
    answer = page.request.get(link)
    root = ElementTree.fromstring(answer.text())
    assert answer.headers["content-type"].startswith("application/atom+xml")
    entries = root.findall("{*}entry")
    assert len(entries) >= 25 and len({e.find("{*}id").text for e in entries}) == len(entries)


def test_without_scripts_everything_is_there(reader: Any) -> None:
    page = reader(scripts=False)
    page.goto("/trials?q=leukemia")
    page.get_by_label("Finished").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Narrow the list").click()
    assert "1 trial" in page.locator(".found").inner_text()
    with page.expect_navigation():
        page.locator("article.trial h2 a").click()
    assert "leukapheresis" in page.locator("main").inner_text()
    page.goto("/trials/map")
    assert page.locator(".atlas-map circle.open").count() >= 1 and page.locator(".walk:visible").count() == 0


def test_by_keyboard_alone(reader: Any) -> None:
    page = reader()
    page.goto("/trials?q=leukemia")
    page.locator("#words").focus()
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.textContent.trim().slice(0, 60)"))
        if page.evaluate("document.activeElement.closest('article.trial h2') !== null"):
            break
    assert "leukemia" in seen[-1].lower(), seen
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("h1").count() == 1


def test_the_list_as_a_file(reader: Any) -> None:
    page = reader()
    page.goto("/trials?q=leukemia")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "trials.csv"
    assert "NCT04000003" in Path(download.value.path()).read_text("utf-8")
