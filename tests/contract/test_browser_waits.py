"""Browser tests wait for what a press does: what is read at once may be that of the page before.

A press may lead to another page, and how soon, nobody knows. So between a press and the next thing that is read there
stands what waits: `with page.expect_navigation():` around the press, or `expect(...)`, `wait_for_...`, `until(...)`
after it. Tests are followed as Python carries them out, into functions of their own file.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

FILES = sorted((Path(__file__).parents[1] / "browser").glob("*.py"))
PRESS = {"click", "dblclick", "tap"}
KEYS = {"Enter", "Space"}  # which press what has the focus
READ = {"all", "all_inner_texts", "all_text_contents", "bounding_box", "content", "count", "evaluate", "evaluate_all",
        "get_attribute", "inner_html", "inner_text", "input_value", "is_checked", "is_enabled", "is_hidden",
        "is_visible", "text_content", "title"}  # fmt: skip
WAIT = {"after", "goto", "reload", "until"}
WAITS = ("expect_", "not_to_", "to_", "wait_for_")


def at_once(text: str) -> list[int]:
    """Lines that read what a press before them may yet change."""
    module = ast.parse(text)
    own = {f.name: f for f in ast.walk(module) if isinstance(f, ast.FunctionDef)}
    found = set()
    for test in (f for f in module.body if isinstance(f, ast.FunctionDef)):
        pressed = False
        for step, line in steps(test.body, own, frozenset({test.name})):
            if step == "read" and pressed:
                found.add(line)
            pressed = step == "press" or (pressed and step != "wait")
    return sorted(found)


def steps(node: object, own: dict[str, ast.FunctionDef], inside: frozenset[str]) -> Iterator[tuple[str, int]]:
    """What presses, waits and reads, in the order in which it is done; a loop is gone through twice."""
    if isinstance(node, list):
        for part in node:
            yield from steps(part, own, inside)
    elif isinstance(node, ast.With):
        yield from steps([item.context_expr for item in node.items], own, inside)
        yield from steps(node.body, own, inside)
        if any(waits(call_name(item.context_expr)) for item in node.items):
            yield "wait", node.lineno
    elif isinstance(node, ast.For | ast.While):
        for _ in range(2):
            yield from steps([node.iter if isinstance(node, ast.For) else node.test, *node.body], own, inside)
    elif isinstance(node, ast.FunctionDef | ast.Lambda) or not isinstance(node, ast.AST):
        return  # done when it is called
    else:
        for _, part in ast.iter_fields(node):
            yield from steps(part, own, inside)
        yield from step_of(node, own, inside)


def step_of(node: ast.AST, own: dict[str, ast.FunctionDef], inside: frozenset[str]) -> Iterator[tuple[str, int]]:
    """What a node does when its parts are done."""
    name = call_name(node)
    if isinstance(node, ast.Attribute) and node.attr == "url":
        yield "read", node.lineno
    elif not isinstance(node, ast.Call):
        return
    elif waits(name):
        yield "wait", node.lineno
    elif name in PRESS or name == "press" and any(isinstance(a, ast.Constant) and a.value in KEYS for a in node.args):
        yield "press", node.lineno
    elif name in READ:
        yield "read", node.lineno
    elif name in own and name not in inside:
        yield from ((step, node.lineno) for step, _ in steps(own[name].body, own, inside | {name}))


def waits(name: str) -> bool:
    return name in WAIT or name.startswith(WAITS)


def call_name(node: ast.AST) -> str:
    """The last word of what is called: `click` of `page.locator("a").click()`."""
    called = getattr(node, "func", None)
    return str(getattr(called, "attr", getattr(called, "id", "")))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_what_a_press_changes_is_waited_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    assert [f"{path.name}:{n}: {lines[n - 1].strip()}" for n in at_once(text)] == []


BUTTON = "page.get_by_role('button').click()"


@pytest.mark.parametrize(
    "body",
    [
        [BUTTON, "assert page.locator('h1').count() == 1"],
        [BUTTON, "seed = 5", "assert 'a' in said(page)"],
        ["page.keyboard.press('Enter')", "assert page.url == address"],
        ["while not page.locator('#take').count():", f"    {BUTTON}"],
        ["if asked:", f"    {BUTTON}", "assert page.locator('h1').is_visible()"],
        [BUTTON, "expect(box).to_have_value(page.locator('p').inner_text())"],
        ["for b in buttons:", "    b.click()", "    assert b.inner_text() == 'Stop'", "    page.goto('/')"],
    ],
)
def test_a_read_that_does_not_wait_is_found(body: list[str]) -> None:
    assert at_once(a_test(body))


@pytest.mark.parametrize(
    "body",
    [
        ["with page.expect_navigation():", f"    {BUTTON}", "assert page.locator('h1').count() == 1"],
        [BUTTON, "expect(page.locator('h1')).to_have_count(1)", "assert 'a' in said(page)"],
        [BUTTON, "page.wait_for_selector('#take')", "assert page.url == address"],
        [BUTTON, "until(lambda: page.locator('#take').count())"],
        [BUTTON, "assert said_at_last(page) == 'a'"],
        ["page.keyboard.press('Tab')", "assert page.locator('h1').count() == 1"],
        ["assert page.locator('h1').count() == 1", BUTTON],
    ],
)
def test_a_read_that_waits_is_not(body: list[str]) -> None:
    assert at_once(a_test(body)) == []


def a_test(body: list[str]) -> str:
    """A test with these lines, and two ways to read a page."""
    return "\n".join(
        [
            "def said(page):\n    return page.locator('main').inner_text()",
            "def said_at_last(page):\n    page.wait_for_load_state()\n    return said(page)",
            "def test_it(page):",
            *(f"    {line}" for line in body),
        ]
    )
