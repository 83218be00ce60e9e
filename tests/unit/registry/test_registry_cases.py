"""Small records on which a mirror once failed, each answered as a reader would; also the shared ones."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from emulator.shared import REGISTRY
from emulator.studies import study
from livingdrug.cli.trials import app
from livingdrug.registry.classify.classify import Classification
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.reports.overview import evidence
from livingdrug.registry.sync.import_files import import_files
from thoroughness import some_of

CASES = REGISTRY.parent / "cases" / "registry"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="the shared cases are not on this machine")


def said(folder: Path, name: str) -> Classification:
    store = Store(folder / "t.sqlite")
    assert import_files(store, [CASES / f"{name}.json"]).new == 1
    return evidence(store, next(i for i, _ in store.studies()))


def diseases(seen: Classification) -> set[str]:
    return {p.name for p in seen.diseases.places} if seen.diseases else set()


EXPECTED: dict[str, Callable[[Classification], bool]] = {
    "cls_novocart": lambda c: c.kind.value == "no CAR" and c.kind.confidence != "high",
    "cls_famcar": lambda c: c.kind.value == "no CAR" and c.kind.confidence != "high",
    "cls_tcr_murine": lambda c: c.kind.value == "TCR-T",
    "cls_diet_tcr": lambda c: c.kind.value == "no CAR",
    "cls_caart": lambda c: c.is_car,
    "cls_lcar": lambda c: c.is_car,
    "cls_invivo_lv": lambda c: c.is_car and c.source.value == "in vivo",
    "cls_allo_named_auto": lambda c: c.source.value == "allogeneic" and not c.products,
    "cls_invivo_phrase": lambda c: c.is_car and c.source.value != "in vivo",
    "cls_cordblood": lambda c: c.source.value == "allogeneic",
    "cls_baff_ligand": lambda c: c.target == "BAFF-R/CD19",
    "crash_NCT04817774": lambda c: c.is_car and c.target == "HLA-A2",
    "dis_aids": lambda c: diseases(c) == {"Lupus"},
    "dis_t1d": lambda c: diseases(c) == {"Type 1 diabetes"},
    "dis_spellings": lambda c: (
        diseases(c) == {"Myasthenia gravis", "Sjogren disease", "Myositis", "IgG4-related disease", "NMOSD"}
    ),
}


@needs_cases
@pytest.mark.parametrize("name", EXPECTED)
def test_a_shared_case_is_read_rightly(tmp_path: Path, name: str) -> None:
    assert EXPECTED[name](said(tmp_path, name))


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == code, result.output
    return result.output


@needs_cases
def test_no_shared_case_stops_a_command(tmp_path: Path) -> None:
    db = str(tmp_path / "t.sqlite")
    files = sorted(f for f in CASES.glob("*.json") if f.name != "no_id.json")
    run("import", *map(str, files), "--db", db)
    for command in (["search", "anything"], ["search"], ["overview"], ["statistics"], ["changes", "--since", "2020"]):
        assert "could not be read" not in run(*command, "--db", db)
    for number in (i for i, _ in Store(db).studies()):
        run("show", number, "--db", db)
        run("draft", number, "--db", db)


FIELDS = {
    "phase_old_spelling": ("phases", ("PHASE1", "PHASE2")),
    "phase_new_enum": ("phases", ("PHASE0",)),
    "phase_na": ("phases", ("NA",)),
    "phase_absent": ("phases", ()),
    "enrol_string": ("enrollment", 25),
    "enrol_sentinel": ("enrollment", None),
    "status_new_enum": ("status", "PAUSED_BY_REGISTRY"),
}


@needs_cases
@pytest.mark.parametrize("name", FIELDS)
def test_a_field_of_a_shared_case(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path / "t.sqlite")
    import_files(store, [CASES / f"{name}.json"])
    field, value = FIELDS[name]
    assert getattr(next(store.readings()), field) == value


@needs_cases
def test_dates_and_search_of_shared_cases(tmp_path: Path) -> None:
    db = str(tmp_path / "t.sqlite")
    run(
        "import", *(str(CASES / f"{n}.json") for n in ("date_month_name", "phrase_crs", "site_closed_near")), "--db", db
    )
    assert "2014-10-07" in run("show", "NCT99000001", "--db", db)
    assert "0 studies" in run("search", '"cytokine release syndrome"', "--db", db)
    near = ["search", "--near", "48.14,11.58,50", "--db", db]
    assert "1 study" in run(*near) and "0 studies" in run(*near, "--status", "recruiting")


@needs_cases
def test_the_shared_rename_is_told_as_one(tmp_path: Path) -> None:
    db = str(tmp_path / "t.sqlite")
    run("import", str(CASES / "country_rename.jsonl"), "--db", db)
    told = run("changes", "--since", "2020", "--db", db)
    assert "countries renamed: Korea, Republic of -> South Korea; Turkey -> Turkey (Türkiye)" in told
    assert "sites:" not in told and "countries:" not in told and "1 added (PHASE0)" in told


# the same kinds, from records of our own


def sites(*places: tuple[str, str, str]) -> dict[str, Any]:
    record = study(7)
    record["protocolSection"]["contactsLocationsModule"] = {
        "locations": [{"facility": f, "city": c, "country": n, "status": "RECRUITING"} for f, c, n in places]
    }
    return record


@pytest.mark.parametrize(
    "before, after, told",
    [
        ([("A", "Brno", "Czech Republic")], [("A", "Brno", "Czechia")], "renamed: Czech Republic -> Czechia"),
        ([("A", "Moscow", "Russian Federation")], [("A", "Moscow", "Russia")], "countries renamed: Russian Fed"),
        ([("St. Mary's", "York", "France")], [("St Mary’s", "York", "France")], "sites respelt: St. Mary's, York"),
        ([("A", "Paris", "France")], [("A", "Paris", "France"), ("B", "Nice", "France")], "sites: 1 added (B, Nice"),
        ([("A", "Paris", "France")], [("A", "Paris", "Spain")], "countries: 1 gone (France); 1 added (Spain)"),
    ],
)  # fmt: skip
def test_a_rename_is_no_move(tmp_path: Path, before: list, after: list, told: str) -> None:
    store = Store(tmp_path / "t.sqlite")
    store.upsert(sites(*before), "2026-01-01")
    store.upsert(sites(*after), "2026-01-02")
    changes = run("changes", "--since", "2020", "--db", str(tmp_path / "t.sqlite"))
    assert told in changes
    assert ("renamed" in told or "respelt" in told) == ("gone" not in changes and "added" not in changes)


@pytest.mark.parametrize("name", ["UK", "gb", "England", "United Kingdom", "great britain"])
def test_a_country_by_any_name(tmp_path: Path, name: str) -> None:
    db = str(tmp_path / "t.sqlite")
    Store(db).upsert(sites(("A", "York", "United Kingdom")))
    assert "1 study" in run("search", "--country", name, "--db", db)
    assert "unknown country 'Atlantis'" in run("search", "--country", "Atlantis", "--db", db, code=2)


BROKEN: list[object] = [{}, [], None, "x", 5, ["PHASE1", None, {}], {"count": {}}, True]
MODULES = (
    "designModule", "statusModule", "eligibilityModule", "conditionsModule", "armsInterventionsModule",
    "contactsLocationsModule", "outcomesModule",
)  # fmt: skip


@pytest.mark.parametrize(("place", "broken"), some_of(product(MODULES, BROKEN), one_in=9))
def test_no_module_of_any_kind_stops_a_command(tmp_path: Path, place: str, broken: object) -> None:
    record = copy.deepcopy(study(3))
    record["protocolSection"][place] = broken
    (tmp_path / "r.json").write_text(json.dumps([record, study(4)]))
    db = str(tmp_path / "t.sqlite")
    run("import", str(tmp_path / "r.json"), "--db", db)
    assert "2 studies" in run("search", "--db", db)
    run("show", "NCT00000003", "--db", db)
    run("draft", "NCT00000003", "--db", db)
