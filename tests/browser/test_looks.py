"""What axe does not ask, on every page: figures have a name, a description and a table; every control is reached by
keyboard; colours have contrast; text and targets are large enough; nothing runs out at the side at any width."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from browser_pages import LOOKED_AT
from thoroughness import some_of

WIDTHS = (320, 390, 820, 1440, 2200) if os.environ.get("LIVINGDRUG_THOROUGH") else (320, 1440)
SMALLEST = 12.0  # [px] of any text
TARGET = 24.0  # [px] of anything that is pressed, unless it stands in a line of text
TOKENS = Path(__file__).resolve().parents[2] / "src" / "livingdrug" / "web" / "static" / "tokens.css"
GROUNDS = ("--paper", "--sheet", "--wash")
CONTRAST = {"--ink": 7.0, "--soft": 4.5, "--model": 4.5, "--people": 4.5, "--third": 4.5, "--fourth": 4.5,
            "--fifth": 4.5, "--edge": 3.0, "--focus": 3.0}  # fmt: skip
"""Token -> least contrast on each of the grounds: text 4.5, borders of controls 3 (WCAG 2.2)."""


FIGURES = """() => [...document.querySelectorAll("figure")].map(f => {
    const said = id => document.getElementById(id)?.textContent.trim() || "";
    const text = ids => (ids || "").split(" ").map(said).join(" ").trim();
    const images = [...f.querySelectorAll("[role=img]")];
    const named = e => e.getAttribute("aria-label")?.trim() || text(e.getAttribute("aria-labelledby"))
        || e.querySelector(":scope > title")?.textContent.trim();
    return {
        html: f.outerHTML.slice(0, 160),
        caption: f.querySelector("figcaption")?.textContent.trim() || text(f.getAttribute("aria-labelledby")),
        described: images.every(e => e.getAttribute("aria-label")?.length > 20
            || text(e.getAttribute("aria-describedby")).length > 20) ,
        named: images.length > 0 && images.every(named),
        table: Boolean(f.querySelector("table")) || Boolean(f.parentElement.querySelector("table"))
            || Boolean(document.getElementById(f.getAttribute("aria-details"))?.querySelector("li")),
        drawings: f.querySelectorAll("svg").length,
    };
}).filter(f => f.drawings)"""


def figures_have_name_description_and_table(page: Any) -> None:
    for figure in page.evaluate(FIGURES):
        assert figure["caption"], figure
        assert figure["named"] and figure["described"], figure
        assert figure["table"], figure
    loose = page.evaluate(
        """() => [...document.querySelectorAll("main svg")].filter(e =>
            !e.closest("[aria-hidden=true], [role=img]") && e.getAttribute("role") !== "img"
            && !e.querySelector("title") && !e.matches(".sample")).map(e => e.outerHTML.slice(0, 160))"""
    )
    assert loose == [], "a drawing that is neither named nor hidden"


CONTROLS = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
    .filter(e => e.checkVisibility({visibilityProperty: true}) && !e.disabled && e.tabIndex >= 0 && e.type !== "hidden")
    .filter(e => !(e.type === "radio" && !e.checked && [...document.querySelectorAll("[type=radio]:checked")]
        .some(r => r.name === e.name && r.form === e.form)))  // arrows, not Tab, go to the others of a group
    .map((e, i) => { e.dataset.control = i; return [i, e.outerHTML.slice(0, 120)]; })"""


def the_keyboard_reaches_every_control(page: Any) -> None:
    wanted = {str(i): shown for i, shown in page.evaluate(CONTROLS)}
    page.evaluate(FOLLOW)
    for _ in range(len(wanted) + 5):
        page.keyboard.press("Tab")
    walked = page.evaluate("seen")
    places = [int(i) for i, *_ in walked]
    assert sum(b < a for a, b in zip(places, places[1:], strict=False)) <= 1, (
        "not in the order of the page"
    )  # round once
    assert [wanted[i] for i, _, there in walked if not there] == [], "focus is where nobody sees it"
    seen = {i: outlined for i, outlined, _ in walked}
    assert [shown for i, shown in wanted.items() if i not in seen] == []
    assert [wanted[i] for i, outlined in seen.items() if not outlined] == [], "focus is not seen"


FOLLOW = """() => {
    window.seen = [];
    document.activeElement.blur();
    addEventListener("focusin", ({target: e}) => {
        const style = getComputedStyle(e), box = e.getBoundingClientRect();
        if ("control" in e.dataset)
            seen.push([e.dataset.control, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
                e.checkVisibility({visibilityProperty: true, opacityProperty: true}) && box.width >= 1
                && box.height >= 1 && box.right > 0 && box.left < innerWidth]);
    });
}"""


SMALL = """least => {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walk.nextNode()) {
        const e = walk.currentNode.parentElement;
        if (!walk.currentNode.data.trim() || e.closest(".unseen, math")) continue;
        if (!e.checkVisibility({visibilityProperty: true})) continue;
        let scale = 1;
        const drawing = e.closest("svg[viewBox]");
        const wide = drawing?.viewBox.baseVal.width;
        if (wide) scale = drawing.getBoundingClientRect().width / wide;
        const size = parseFloat(getComputedStyle(e).fontSize) * scale;
        if (size < least - 0.05) found.push([size, e.outerHTML.slice(0, 120)]);
    }
    return found;
}"""

TIGHT = """least => [...document.querySelectorAll("a[href], button, input, select, summary")]
    .filter(e => e.checkVisibility({visibilityProperty: true}) && e.type !== "hidden" && !e.closest(".skip"))
    .filter(e => {
        const box = e.getBoundingClientRect();
        if (Math.min(box.width, box.height) >= least - 0.5) return false;
        const label = e.labels?.[0]?.getBoundingClientRect();
        if (label && Math.min(label.width, label.height) >= least - 0.5) return false;
        return !inText(e) && !spaced(e, box);
        function inText(x) {  // a link in a line of text may be as high as the line
            const home = x.closest("p, li, td, th, dd, dt, figcaption, h1, h2, h3, text");
            const more = home && home.textContent.trim().length > x.textContent.trim().length;
            return more && x.tagName.toLowerCase() === "a";
        }
        function spaced(x, box) {  // or a circle of that size around it meets no other (WCAG 2.5.8)
            const [cx, cy] = [box.x + box.width / 2, box.y + box.height / 2], r = least / 2;
            return [...document.querySelectorAll("a[href], button, input, select, summary")].every(y => {
                if (y === x || !y.checkVisibility()) return true;
                const b = y.getBoundingClientRect();
                const dx = Math.max(b.left - cx, 0, cx - b.right), dy = Math.max(b.top - cy, 0, cy - b.bottom);
                return dx * dx + dy * dy >= r * r;
            });
        }
    }).map(e => e.outerHTML.slice(0, 140))"""

OUTSIDE = """wide => [...document.querySelectorAll("main *")].filter(e => {
        if (!e.checkVisibility() || e.closest(".unseen, .scroll, .math, pre, svg, .skip, [hidden]")) return false;
        const box = e.getBoundingClientRect();
        return box.width > 1 && (box.right > wide + 1 || box.left < -1);
    }).map(e => e.outerHTML.slice(0, 140)).slice(0, 5)"""


def text_targets_and_edges_are_right(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, page.evaluate(OUTSIDE, width))
    assert page.evaluate(OUTSIDE, width) == [], width
    assert page.evaluate(SMALL, SMALLEST) == [], width
    assert page.evaluate(TIGHT, TARGET) == [], width


@pytest.mark.parametrize("address", some_of(LOOKED_AT, one_in=5))
def test_page(visit: Any, address: str) -> None:
    """Opened once, with all that folds open, and looked at at every width."""
    page = visit()
    page.goto(address)
    page.locator("details").evaluate_all("all => all.forEach(e => { e.open = true; })")
    figures_have_name_description_and_table(page)
    the_keyboard_reaches_every_control(page)
    for width in WIDTHS:
        text_targets_and_edges_are_right(page, width)


def luminance(colour: str) -> float:
    """Relative luminance of `rgb(...)` or `#rrggbb` (WCAG 2.2)."""
    if colour.startswith("#"):
        parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    else:
        parts = [int(float(x)) for x in re.findall(r"[\d.]+", colour)[:3]]
    linear = [c / 12.92 if (c := p / 255) <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a: str, b: str) -> float:
    lighter, darker = sorted((luminance(a), luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_counted_as_it_should_be() -> None:
    assert contrast("#000000", "rgb(255, 255, 255)") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_colours_of_the_tokens_have_contrast(visit: Any, dark: bool) -> None:
    page = visit(dark=dark)
    page.goto("/evidence")
    worn = page.evaluate(
        """names => {
            const e = document.createElement("i");
            document.body.append(e);
            const worn = n => { e.style.color = `var(${n})`; return getComputedStyle(e).color; };
            return Object.fromEntries(names.map(n => [n, worn(n)]));
        }""",
        [*GROUNDS, *CONTRAST],
    )
    low = {
        (token, ground): round(contrast(worn[token], worn[ground]), 2)
        for token, least in CONTRAST.items()
        for ground in GROUNDS
        if contrast(worn[token], worn[ground]) < least
    }
    assert low == {}
    assert len(set(worn.values())) >= 10, "the theme did not reach the tokens"


def test_no_colour_stands_outside_the_tokens() -> None:
    own = {
        path.name: found
        for path in sorted(TOKENS.parent.glob("*.css"))
        if path != TOKENS
        and (found := re.findall(r"#[0-9a-fA-F]{3,8}\b|\b(?:hsl|oklch|lab)\(", path.read_text("utf-8")))
    }
    assert own == {}


def test_every_token_that_is_used_is_there_and_every_one_there_is_used() -> None:
    sheets = {p.name: p.read_text("utf-8") for p in TOKENS.parent.glob("*.css")}
    charts = (TOKENS.parents[2] / "plot" / "chart.css").read_text("utf-8")
    scripts = "".join(p.read_text("utf-8") for p in TOKENS.parent.rglob("*.js"))
    defined = {m for text in sheets.values() for m in re.findall(r"(--[\w-]+)\s*:", text)}
    used = {m for text in [*sheets.values(), charts, scripts] for m in re.findall(r"var\((--[\w-]+)", text)}
    assert used - defined == set()
    for_pairs = {"--dash-model", "--people-wash"}  # the other half of a pair may have no use yet
    assert defined - used - for_pairs == set()


@pytest.mark.parametrize("address", ["/", "/evidence/scoreboard"])
def test_print_shows_the_page_and_not_its_controls(visit: Any, address: str) -> None:
    page = visit(dark=True)
    page.goto(address)
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("nav:visible").count() == 0 and page.locator("figure:visible").count() >= 1


def test_forced_colours_keep_the_evidence(visit: Any) -> None:
    page = visit()
    page.emulate_media(forced_colors="active")
    page.goto("/evidence")
    dots = page.evaluate(
        """() => [...document.querySelectorAll(".kind")].map(e => {
            const s = getComputedStyle(e, "::before");
            return s.borderStyle + "/" + s.backgroundColor + s.backgroundImage;
        })"""
    )
    assert len(set(dots)) == len(dots) == 4, dots


def test_reduced_motion_moves_nothing(visit: Any) -> None:
    page = visit()
    page.emulate_media(reduced_motion="reduce")
    page.goto("/evidence/parameters")
    assert page.locator("button").first.evaluate("e => getComputedStyle(e).transitionDuration") == "0s"
