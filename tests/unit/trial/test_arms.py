"""Arms side by side: what differs is shown with its difference, what does not is only counted."""

from __future__ import annotations

import math

from livingdrug.results.arms import Arms

TABLE = Arms(
    ("as it was", "half <b>", "none"),
    (
        ("crs", "CRS", "%", (40.0, 30.0, 10.0)),
        ("cmax", "Peak", "copy/ug", (200.0, 100.0, math.nan)),
        ("same", "Response", "%", (80.0, 80.0, 80.0)),
        ("never", "Median", "day", (math.inf, math.inf, math.inf)),
    ),
)


def test_differences_in_points_and_ratios() -> None:
    cells = {c[0]: c for c in TABLE.cells()}
    assert cells["CRS"][2:] == ("40", "30 (-10.0)", "10 (-30.0)")
    assert cells["Peak"][2:] == ("200", "100 (x 0.50)", "-")
    assert cells["Median"][2:] == ("not reached",) * 3


def test_what_does_not_differ_is_counted() -> None:
    text = repr(TABLE)
    assert "CRS" in text and "Response" not in text and "The same in every arm: 2 further measures." in text
    assert [r[0] for r in TABLE.changed.rows] == ["crs", "cmax"]
    assert repr(Arms(("a", "b"), ())) == ""


def test_names_are_escaped_in_html_and_kept_in_dictionaries() -> None:
    assert "half &lt;b&gt;" in TABLE._repr_html_() and "<b>" not in TABLE._repr_html_()
    assert TABLE.to_dicts()[0] == {
        "measure": "crs", "title": "CRS", "unit": "%", "arms": {"as it was": 40.0, "half <b>": 30.0, "none": 10.0},
    }  # fmt: skip
