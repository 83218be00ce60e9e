"""The feed tells what changed, all of it, and nothing else."""

import copy
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from emulator.studies import lapsed, study, updated
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.changes import KINDS, Change, compare
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.reports.feed import ATOM, as_rows, atom, events, sentence

BASE = study(4001, status="RECRUITING", start="2021-03-15", updated="2025-01-01")


def changed(path: str, value: Any, day: str | None = "2025-02-01") -> list[Change]:
    """The changes after one place of the base record was overwritten (value ... removes it)."""
    record = updated(BASE, day) if day else copy.deepcopy(BASE)
    place: Any = record
    *parents, leaf = path.split(".")
    for key in parents:
        place = place.setdefault(key, {}) if isinstance(place, dict) else place[int(key)]
    if value is ...:
        place.pop(leaf)
    elif isinstance(place, list):
        place[int(leaf)] = value
    else:
        place[leaf] = value
    return compare(BASE, record)


def only(changes: list[Change]) -> Change:
    assert len(changes) == 1, changes
    return changes[0]


@pytest.mark.parametrize(
    ("path", "value", "kind", "before", "after"),
    [
        ("protocolSection.statusModule.overallStatus", "COMPLETED", "status", "RECRUITING", "COMPLETED"),
        ("protocolSection.designModule.phases", ["PHASE3"], "phase", ..., "PHASE3"),
        (
            "protocolSection.designModule.enrollmentInfo",
            {"count": 7, "type": "ACTUAL"},
            "enrollment",
            ...,
            "7 (ACTUAL)",
        ),
        ("protocolSection.statusModule.startDateStruct.date", "2021-04", "dates", "2021-03-15", "2021-04"),
        ("protocolSection.identificationModule.briefTitle", "New", "title", ..., "New"),
        ("protocolSection.sponsorCollaboratorsModule.leadSponsor.name", "Acme", "sponsor", ..., "Acme, lead, OTHER"),
        ("protocolSection.conditionsModule.conditions", ["Myeloma"], "conditions", ..., "Myeloma"),
        ("protocolSection.eligibilityModule.minimumAge", "1 Year", "eligibility", "18 Years", "1 Year"),
        ("protocolSection.descriptionModule.briefSummary", "Short.", "description", ..., "Short."),
        (
            "protocolSection.outcomesModule.primaryOutcomes.0.measure",
            "ORR",
            "outcomes",
            "Dose-limiting toxicity",
            "ORR",
        ),
        ("protocolSection.referencesModule", {"references": [{"pmid": "1"}]}, "references", None, None),
        ("protocolSection.ipdSharingStatementModule", {"ipdSharing": "NO"}, "sharing", None, None),
        ("resultsSection", {"baselineCharacteristicsModule": {}}, "results", None, None),
        ("hasResults", True, "results", "no", "yes"),
        ("protocolSection.armsInterventionsModule.interventions.0.description", "IV", "interventions", None, None),
        ("derivedSection.neverSeenBefore", [1], "record", None, None),
        ("aWhollyNewSection", {"x": 1}, "record", None, None),
    ],
)
def test_each_field_has_its_kind(path: str, value: Any, kind: str, before: Any, after: Any) -> None:
    change = only(changed(path, value))
    assert (change.kind, change.after, change.silent) == (kind, after, False)
    if before is not ...:
        assert change.before == before


def test_the_daily_stamp_key_order_and_list_order_are_no_change(tmp_path: Path) -> None:
    store = Store(tmp_path / "t.sqlite")
    record = study(4002)
    record["protocolSection"]["conditionsModule"]["conditions"] = ["A", "B"]
    store.upsert(record, seen="2026-01-01")
    for day in range(2, 9):
        record["derivedSection"]["miscInfoModule"]["versionHolder"] = f"2026-01-0{day}"
        record["protocolSection"] = dict(reversed(record["protocolSection"].items()))
        assert store.upsert(record, seen=f"2026-01-0{day}") == "unchanged"
    assert store.connect().execute("SELECT count(*) FROM event WHERE kind <> 'new'").fetchone() == (0,)
    record["protocolSection"]["conditionsModule"]["conditions"] = ["B", "A"]
    assert store.upsert(record, seen="2026-01-09") == "changed"
    assert events(store, kinds=["conditions"]) == []


def test_a_lapse_to_unknown_is_silent_and_one_event() -> None:
    change = only(compare(BASE, lapsed(BASE)))
    assert (change.kind, change.before, change.after, change.silent) == ("status", "RECRUITING", "UNKNOWN", True)
    assert change.doubt is None


def test_only_a_new_check_date_is_a_quiet_event(tmp_path: Path) -> None:
    store = Store(tmp_path / "t.sqlite")
    store.upsert(BASE, seen="2026-01-01")
    store.upsert(updated(BASE, "2026-01-02"), seen="2026-01-03")
    assert [e.kind for e in events(store) if e.kind != "new"] == []
    assert [e.kind for e in events(store, kinds=["verified"])] == ["verified"]


def test_sites_come_go_and_change_status() -> None:
    here = {"facility": "A", "city": "Oslo", "country": "Norway", "status": "NOT_YET_RECRUITING"}
    there = {"facility": "B", "city": "Bergen", "country": "Norway"}
    before, after = copy.deepcopy(BASE), updated(BASE, "2025-02-01")
    before["protocolSection"]["contactsLocationsModule"]["locations"] = [here, there]
    after["protocolSection"]["contactsLocationsModule"]["locations"] = [
        {"facility": "C", "city": "Lyon", "country": "France"},
        {**here, "status": "RECRUITING"},
    ]
    found = {c.field: (c.before, c.after) for c in compare(before, after)}
    assert found == {
        "sites": ("B, Bergen, Norway", "C, Lyon, France"),
        "countries": (None, "France"),
        "site status": ("A, Oslo, Norway (NOT_YET_RECRUITING)", "A, Oslo, Norway (RECRUITING)"),
    }


def test_contact_persons_are_told_to_have_changed_but_not_named() -> None:
    central = only(changed("protocolSection.contactsLocationsModule.centralContacts.0.name", "Nina Newname"))
    official = only(changed("protocolSection.contactsLocationsModule.overallOfficials", [{"name": "Nina Newname"}]))
    for change in (central, official):
        assert (change.kind, change.before, change.after) == ("contacts", None, None)
    record = updated(BASE, "2025-02-01")
    sites = record["protocolSection"]["contactsLocationsModule"].get("locations")
    if sites:
        sites[0]["contacts"] = [{"name": "Nina Newname"}]
        assert only(compare(BASE, record)).kind == "contacts"


def test_long_texts_are_told_by_what_differs() -> None:
    long = "\n".join(f"* criterion {i}" for i in range(200))
    before, after = copy.deepcopy(BASE), updated(BASE, "2025-02-01")
    before["protocolSection"]["eligibilityModule"]["eligibilityCriteria"] = long
    after["protocolSection"]["eligibilityModule"]["eligibilityCriteria"] = long.replace(
        "criterion 100", "no CNS disease"
    )
    change = only(compare(before, after))
    assert change.after is not None and "no CNS disease" in change.after and len(change.after) < 200


def test_a_date_that_vanishes_and_comes_back_is_doubted_and_left_out(tmp_path: Path) -> None:
    store = Store(tmp_path / "t.sqlite")
    without = copy.deepcopy(BASE)
    del without["protocolSection"]["statusModule"]["startDateStruct"]
    moved = updated(BASE, "2026-01-04", startDateStruct={"date": "2022-01"})
    for day, record in enumerate((BASE, without, BASE, without, moved), 1):
        store.upsert(record, seen=f"2026-01-0{day}", newest=True)
    assert [(e.field, e.before, e.after) for e in events(store, kinds=["dates"])] == [
        ("start", "2021-03-15", "2022-01")
    ]
    doubted = events(store, kinds=["dates"], doubtful=True)
    assert len(doubted) == 4 and all("vanish" in (e.doubt or "") for e in doubted[1:])


def test_a_completion_date_that_is_withdrawn_with_an_update_is_news(tmp_path: Path) -> None:
    store = Store(tmp_path / "t.sqlite")
    store.upsert(BASE, seen="2026-01-01")
    for day, dates in (("02", {}), ("03", {"primaryCompletionDateStruct": {"date": "2028-05", "type": "ESTIMATED"}})):
        record = updated(BASE, f"2026-01-{day}")
        record["protocolSection"]["statusModule"].pop("primaryCompletionDateStruct")
        record["protocolSection"]["statusModule"].update(dates)
        store.upsert(record, seen=f"2026-01-{day}", newest=True)
    stated = "2028-05 (ESTIMATED)"
    found = [(e.before, e.after) for e in events(store, kinds=["dates"])]
    assert found == [(None, stated), (stated, None)]


def test_a_start_date_that_first_comes_with_an_update_is_news() -> None:
    without = copy.deepcopy(BASE)
    del without["protocolSection"]["statusModule"]["startDateStruct"]
    assert only(compare(without, updated(BASE, "2025-03-01"))).doubt is None
    assert "without a new date" in (only(compare(without, BASE)).doubt or "")


@pytest.fixture
def replayed(tmp_path: Path) -> Store:
    store = Store(tmp_path / "t.sqlite")
    store.upsert(study(4001, status="RECRUITING", title="BCMA CAR-T", updated="2025-01-01"), seen="2026-01-01")
    store.upsert(study(4002, status="RECRUITING", title="CD19 CAR-T", updated="2025-01-01"), seen="2026-01-01")
    for nct in (4001, 4002):
        record = study(nct, title=("BCMA CAR-T", "CD19 CAR-T")[nct - 4001], status="COMPLETED", updated="2026-01-04")
        store.upsert(record, seen="2026-01-05T06:00:00Z")
    store.tombstone("NCT00004002", "gone", "2026-01-07")
    return store


def test_feed_filters(replayed: Store) -> None:
    assert {e.kind for e in events(replayed, "2026-01-02")} == {"status", "removed"}
    assert [e.study for e in events(replayed, "2026-01-02", kinds=["status"])] == ["NCT00004001", "NCT00004002"]
    assert [e.kind for e in events(replayed, "2026-01-06")] == ["removed"]
    assert events(replayed, "2026-01-02", until="2026-01-04") == []
    assert len(events(replayed, "2026-01-02", until="2026-01-05")) == 2
    assert [e.study for e in events(replayed, study="nct4001", kinds=["status"])] == ["NCT00004001"]
    assert len(events(replayed, "2026", limit=1)) == 1
    assert [e.study for e in events(replayed, "2026-01-02", target="TNFRSF17")] == ["NCT00004001"]
    event = events(replayed, "2026-01-02", kinds=["status"])[0]
    assert (event.before, event.after, event.registry_date) == ("RECRUITING", "COMPLETED", "2026-01-04")
    assert json.loads(json.dumps(as_rows([event])))[0]["kind"] == "status"
    assert sentence(event) == "status: RECRUITING -> COMPLETED"


def test_feed_says_what_it_does_not_know(replayed: Store) -> None:
    with pytest.raises(RegistryError, match="did you mean 'status'"):
        events(replayed, kinds=["statsu"])
    with pytest.raises(RegistryError, match="'yesterday' is no date"):
        events(replayed, "yesterday")
    with pytest.raises(RegistryError, match="unknown target 'CD1999'"):
        events(replayed, target="CD1999")


def test_atom_is_well_formed_whatever_the_titles_hold(replayed: Store) -> None:
    evil = "<script>alert(1)</script> ]]> & \x1b[31m \ufffe \ud800"
    replayed.upsert(study(4001, title=evil, status="COMPLETED", updated="2026-01-08"), seen="2026-01-09")
    feed = ElementTree.fromstring(atom(events(replayed, "2026-01-02")))
    entries = feed.findall(f"{{{ATOM}}}entry")
    assert len(entries) == 4 and len({e.findtext(f"{{{ATOM}}}id") for e in entries}) == 4
    assert not feed.findall(".//script") and "<script>" in (entries[0].findtext(f"{{{ATOM}}}title") or "")
    assert feed.findtext(f"{{{ATOM}}}updated") == "2026-01-09T00:00:00Z"
    assert ElementTree.fromstring(atom([])).tag == f"{{{ATOM}}}feed"


def test_every_kind_is_known() -> None:
    from livingdrug.registry.mirror import changes

    assert set(changes._FIELDS) | {k for k in changes._PLACES.values() if k} <= set(KINDS)
