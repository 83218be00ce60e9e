"""The scoreboard that the package keeps: the same scores as the docs quote, and told when the library has changed."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from livingdrug import library
from livingdrug.report.limits import limits
from livingdrug.results.comparison import Row
from livingdrug.results.score import Naive, Scored, TrialScore
from livingdrug.results.scoreboard import Scoreboard
from livingdrug.results.stored import as_stored, from_stored
from livingdrug.scenario import resolve
from livingdrug.trial.beside import published
from livingdrug.trial.remembered import values
from livingdrug.trial.stored import changed_since, stored

ROOT = Path(__file__).resolve().parents[3]
BOARD = stored().board


def test_the_docs_quote_the_scores_that_the_package_keeps() -> None:
    sys.path.insert(0, str(ROOT / "verification"))
    try:
        from scoreboard import figures, section
    finally:
        sys.path.pop(0)
    told = BOARD.json()
    assert figures(told) == json.loads((ROOT / "docs" / "verification" / "scores.json").read_text("utf-8"))
    page = (ROOT / "docs" / "validation.md").read_text("utf-8")
    assert page.partition("<!-- scores -->\n")[2].partition("\n<!-- end scores -->")[0] == section(told).strip()


def test_the_tables_of_outlook_are_read_off_it() -> None:
    sys.path.insert(0, str(ROOT / "verification"))
    try:
        from outlook import KEPT, PAGES, section
    finally:
        sys.path.pop(0)
    kept = json.loads(KEPT.read_text("utf-8"))
    for path, trials in PAGES.items():
        page = path.read_text("utf-8")
        assert page.partition("<!-- outlook -->\n")[2].partition("\n<!-- end outlook -->")[0] == section(kept, trials)


def test_it_says_what_it_was_run_with() -> None:
    assert BOARD.seeds == tuple(range(1, 11)) and {t.patients for t in BOARD.trials} == {500}
    assert set(stored().values) == {t.trial for t in BOARD.trials} | {"naive_transfer.toml", "wrong_truths.toml"}
    assert stored().version and stored().finished.endswith("Z")
    assert {t.trial for t in BOARD.trials} == set(published())


def test_nothing_is_lost_on_the_way_to_the_file_and_back() -> None:
    again = from_stored(json.loads(json.dumps(as_stored(BOARD))), BOARD.page)
    assert as_stored(again) == as_stored(BOARD)
    assert again.json()["criteria"] == BOARD.json()["criteria"]
    assert again.frame().verdict.tolist() == BOARD.frame().verdict.tolist()


def test_what_json_has_no_word_for_comes_back() -> None:
    row = Row("peak", "Peak", "d", 3.14159265, 2.0, math.inf, math.nan, 40, 3.0, published_range=(1.0, 9.0))
    other = replace(row, simulated=4.0, verdict="outside", reason="late")
    scored = Scored("t", "kinetics", (row, other), Naive("inside"))
    told = TrialScore("t", "T", "validation", 9, (scored,), ({"n": 1}, {"n": 2}))
    board = Scoreboard((told,), (1, 2), (), (), 0.0, {}, BOARD.page)
    (trial,) = from_stored(json.loads(json.dumps(as_stored(board))), BOARD.page).trials
    first, second = trial.rows[0].rows
    assert first.simulated == 3.142 and math.isnan(first.whole) and math.isnan(first.high)
    assert first.published_range == (1.0, 9.0) and first.published_low is None
    assert (second.simulated, second.verdict, second.reason, second.low) == (4.0, "outside", "late", 2.0)
    assert trial.rows[0].naive == Naive("inside") and trial.counts == ({"n": 1}, {"n": 2})


@pytest.mark.parametrize("told", [{}, {"seeds": [1], "trials": [{}]}, {"seeds": 3}])
def test_what_is_no_scoreboard_is_an_error(told: dict) -> None:
    with pytest.raises((KeyError, TypeError)):
        from_stored(told, BOARD.page)


def test_a_changed_number_of_the_library_is_told(tmp_path: Path) -> None:
    before = changed_since(stored())
    entry = library.find("products", resolve("eliana").names["product"])
    folder = tmp_path / "products"
    folder.mkdir()
    line = next(x for x in entry.text.splitlines() if x.startswith("value = "))
    (folder / f"{entry.name}.toml").write_text(entry.text.replace(line, f"{line}1", 1), encoding="utf-8")
    with library.also(tmp_path):
        found = changed_since(stored())
    assert "eliana" in found and "eliana" not in before
    assert changed_since(stored()) == before


def test_a_changed_published_row_is_told() -> None:
    trial = resolve("eliana")
    words = trial.raw["trial"]
    other = replace(trial, raw={**trial.raw, "trial": {**words, "published": list(words["published"])[1:]}})
    assert values(other) != values(trial) == values(resolve("eliana"))


def test_every_limit_is_still_one() -> None:
    inside = [(x.title, r.trial, r.middle.measure) for x in limits(BOARD) for r in x.rows if r not in x.over]
    assert limits(BOARD) and inside == [], "these came to lie inside: take them off library/limits.toml"
