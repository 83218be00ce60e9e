"""The pages of the package stand today: every claim backed or said to be only reported, nothing stated without a mark.

They fail when a claim falls due: then it is read again, and its day of reading set anew.
"""

from __future__ import annotations

import json
from datetime import date

import pytest

from livingdrug.cli import main
from livingdrug.explainers import page
from livingdrug.explainers.check import STATUSES, check


@pytest.mark.parametrize("name", page.names())
def test_every_page_stands(name: str) -> None:
    report = check(page.find(name))
    wrong = [f"{c.status} {c.id}: {c.why} [{c.where}]" for c in report.claims if c.fails]
    assert wrong == [] and [u.text for u in report.unmarked] == []
    assert len(report.claims) >= 10


@pytest.mark.parametrize("name", page.names())
def test_every_page_shows_trials_and_ends_its_text_with_them(name: str) -> None:
    found = page.find(name)
    assert found.table.trials and found.text.uses["trials"]
    assert found.text.heads[0][0] == "short", "a page begins with its short version"


def test_no_source_and_no_word_is_left_over() -> None:
    used = {w for n in page.names() for w in page.find(n).text.words}
    assert used <= set(page.words())
    for name in page.names():
        table = page.find(name).table
        assert set(table.sources) == {c.source for c in table.claims.values() if c.source}, name


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as left:
        main(["explainers", "check", *words])
    return int(left.value.code or 0), capsys.readouterr().out


def test_the_command_tells_the_same_to_people_and_machines(
    capsys: pytest.CaptureFixture[str], tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livingdrug.registry.mirror.store.default_path", lambda: tmp_path / "none.sqlite")
    code, out = run(capsys, "--json")
    told = json.loads(out)
    assert code == 0 and told["ok"] and [p["page"] for p in told["pages"]] == page.names()
    assert set(told["counts"]) == {*STATUSES, "unmarked"}
    first = told["pages"][0]["claims"][0]
    assert {"id", "says", "status", "evidence", "source", "read", "due"} <= set(first)
    assert date.fromisoformat(first["due"]) > date.fromisoformat(first["read"])
    code, out = run(capsys, "car-t", "--all")
    assert code == 0 and "every page stands" in out and "No clinician has reviewed these pages." in out
    assert "no copy of the registries here" in out


def test_the_command_fails_when_a_claim_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    monkeypatch.setattr("livingdrug.registry.mirror.store.default_path", lambda: tmp_path / "none.sqlite")
    monkeypatch.setattr("livingdrug.explainers.check.today", lambda: date(2031, 1, 1))
    code, out = run(capsys)
    assert code == 1 and "stale" in out and "pages fail" in out
    code, out = run(capsys, "--json")
    assert code == 1 and not json.loads(out)["ok"]


def test_a_mirror_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str], tmp_path) -> None:
    with pytest.raises(SystemExit) as left:
        main(["explainers", "check", "--db", str(tmp_path / "gone.sqlite")])
    assert left.value.code == 0 and "gone.sqlite" in capsys.readouterr().err


def test_an_unknown_page_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["explainers", "check", "cart"])
    assert left.value.code == 2 and "did you mean 'car-t'" in capsys.readouterr().err
