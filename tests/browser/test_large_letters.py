"""Letters made twice as large, as a reader may set them: nothing runs out at the side."""

from __future__ import annotations

from typing import Any

import pytest

from browser.test_looks import OUTSIDE

LARGE = [(1280, "200%"), (640, "200%"), (390, "150%")]


@pytest.mark.parametrize(
    "address",
    [
        "/gallery/hundred",
        pytest.param("/explained/release-and-neurotoxicity", marks=pytest.mark.thorough),
        pytest.param("/explained/solid-tumours", marks=pytest.mark.thorough),
        pytest.param("/virtual/new?trial=eliana", marks=pytest.mark.thorough),
    ],
)
def test_nothing_runs_out_at_the_side(visit: Any, address: str) -> None:
    page = visit()
    page.goto(address)
    page.locator("details").evaluate_all("all => all.forEach(e => { e.open = true; })")
    for width, size in LARGE:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("size => { document.documentElement.style.fontSize = size; }", size)
        assert page.evaluate(OUTSIDE, width) == [], (width, size)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, size)
