"""The demonstration set: facts only, found by the same words, and gone when records come."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from emulator.studies import studies, study
from livingdrug.cli.trials import app
from livingdrug.registry.classify.disease import tree
from livingdrug.registry.classify.targets import antigens
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.study import STATUSES
from livingdrug.registry.records.study import phases as read_phases
from livingdrug.registry.reports import demo
from livingdrug.registry.search.document import document

DAY, ROWS = demo.facts()


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, str]]]:
    """The set cut to its first trials, so that tests are quick."""
    monkeypatch.setattr(demo, "facts", lambda: (DAY, ROWS[:60]))
    yield ROWS[:60]


def test_the_set_holds_facts_and_no_sentences() -> None:
    names = {p.name for p in tree()}
    assert DAY and len(ROWS) > 2000 and set(ROWS[0]) == set(demo.COLUMNS)
    assert len({r["number"] for r in ROWS}) == len(ROWS)
    for row in ROWS:
        assert re.fullmatch(r"NCT\d{8}", row["number"]) and row["status"] in STATUSES
        assert "/".join(read_phases([row["phase"]])) == row["phase"]
        assert set(filter(None, row["target"].split("|"))) <= set(antigens())
        assert set(filter(None, row["disease"].split("|"))) <= names
        assert all(re.fullmatch(r"(\d{4}-\d\d-\d\d)?", row[date]) for date in ("start", "updated"))
        assert len(row["countries"]) < 400 and row["sponsor"] in ("industry", "academic", "government")


def test_it_is_found_by_the_same_words(few: list[dict[str, str]], tmp_path: Path) -> None:
    store = Store(tmp_path / "t.sqlite")
    demo.load(store)
    agree = 0
    for row, reading in zip(few, store.readings(), strict=True):
        labels = document(reading).labels
        assert (row["number"], row["cells"]) == (reading.id, labels.kind)
        agree += {*row["target"].split("|")} - {""} == {*labels.targets}
        agree += {*row["disease"].split("|")} - {""} <= {*labels.diseases}
    assert agree >= 0.97 * 2 * len(few)


def test_search_overview_and_note(few: list[dict[str, str]], tmp_path: Path) -> None:
    db = str(tmp_path / "t.sqlite")
    assert f"60 CAR-T trials of ClinicalTrials.gov as of {DAY}" in run("demo", "--db", db)
    assert f"the demonstration set of {DAY}" in run("search", "--target", "CD19", "--db", db)
    assert "60 trials of CAR cell therapy" in run("overview", "--db", db)
    assert "changes since" in run("changes", "--since", "2020", "--db", db) and "0 changes" in run(
        "changes", "--db", db
    )
    run("demo", "--db", db)  # again does no harm
    assert "whole" not in run("show", few[0]["number"], "--db", db)


def test_what_the_set_does_not_hold_is_not_stated_anywhere(few: list[dict[str, str]], tmp_path: Path) -> None:
    db = ("--db", str(tmp_path / "t.sqlite"))
    run("demo", *db)
    for asked in ("--results posted", "--results none", "--age 35", "--age-group child", "--sex female",
                  "--study-type interventional", "--completion 2000..", "--sponsor academic"):  # fmt: skip
        assert json.loads(CliRunner().invoke(app, ["search", *asked.split(), "--json", *db]).stdout)["total"] == 0, (
            asked
        )
    assert "left out: 60 studies that do not say who may join" in run("search", "--age", "35", *db)
    found = json.loads(CliRunner().invoke(app, ["search", "--results", "not stated", "--json", *db]).stdout)
    assert found["total"] == 60
    for one in found["studies"]:
        assert one["results"] is None and one["sponsor"] == one["completion"] == "" and one["sponsor_type"]
    page = run("show", few[1]["number"], *db)
    for line in ("Sponsor +not named \\(academic\\)", "People +sex not stated, ages not stated", "Results +not stated"):
        assert re.search(f"^{line}$", page, re.MULTILINE), page
    table = list(csv.DictReader(io.StringIO(CliRunner().invoke(app, ["search", "--csv", *db]).stdout)))
    assert {row["results"] for row in table} == {"not stated"} and {row["sponsor"] for row in table} == {""}
    assert re.search("results +not stated +not stated", run("compare", few[0]["number"], few[1]["number"], *db))
    assert "overdue 0, not yet due 0, no completion date 0, not stated" in run("statistics", *db)
    assert "60 trials name no sponsor" in run("portfolio", *db)
    assert "academic: " in run("portfolio", "--by", "sponsor type", *db)


def test_sites_are_counted_as_the_registry_lists_them() -> None:
    said = demo.sites()
    assert any(site not in listed[:n] for listed in said.values() for n, site in enumerate(listed) if n)
    assert any(site in listed[:n] for listed in said.values() for n, site in enumerate(listed)), "two in one town"


def whole(number: str, updated: str) -> dict[str, Any]:
    return study(int(number[3:]), updated=updated)


def test_records_replace_it(few: list[dict[str, str]], tmp_path: Path) -> None:
    db = str(tmp_path / "t.sqlite")
    run("demo", "--db", db)
    run("search", "--db", db)
    older = whole(few[0]["number"], "2001-01-01")  # a whole record is never too old to replace facts
    (tmp_path / "r.json").write_text(json.dumps([*studies(3), older]))
    run("import", str(tmp_path / "r.json"), "--db", db)
    store = Store(db)
    assert [i for i, _ in store.studies()] == sorted([few[0]["number"], *(f"NCT0000100{n}" for n in (1, 2, 3))])
    assert store.record(few[0]["number"]) == older and demo.day_of(store) == ""
    found = run("search", "--db", db)
    assert "4 studies" in found and "demonstration" not in found


def test_what_brings_no_record_leaves_it(few: list[dict[str, str]], tmp_path: Path) -> None:
    db = str(tmp_path / "t.sqlite")
    run("demo", "--db", db)
    (tmp_path / "r.json").write_text('{"broken": ')
    run("import", str(tmp_path / "r.json"), "--db", db, code=2)
    assert len(Store(db)) == 60 and demo.day_of(Store(db)) == DAY


def test_it_is_not_mixed_into_records(tmp_path: Path) -> None:
    db = tmp_path / "t.sqlite"
    Store(db).upsert(study(1))
    assert "already holds 1 studies" in run("demo", "--db", str(db), code=2)


@pytest.mark.parametrize("name", sorted({d for r in ROWS for d in r["disease"].split("|") if d}))
def test_an_abbreviated_disease_is_spelt_out_where_people_spell_it(name: str) -> None:
    """`lymphoma` finds what a label calls DLBCL: its record says the words."""
    told = demo._written()[name]
    abbreviated = not re.search("[a-z]{4}", name)
    assert not abbreviated or re.search("[a-z]{4}", told), told
