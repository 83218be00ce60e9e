"""The same with real records: 1,455 studies, 120 successive versions, 100 days of the CAR-T field.

The days are those of one monitor (oncology): 26 of its 137 changes of status are silent lapses to UNKNOWN. The study
behind it counted 31 of 185 together with a second monitor, whose days are not among the shared files.
"""

import csv
import gzip
import io
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from emulator.ctgov import Ctgov
from emulator.shared import DATA, V2, lines, needs_shared, rows
from emulator.studies import number
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.read import is_whole, read
from livingdrug.registry.records.text import content_hash
from livingdrug.registry.reports.feed import events
from livingdrug.registry.sync.import_files import import_files
from livingdrug.registry.sync.sync import sync

pytestmark = needs_shared


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = Store(tmp_path_factory.mktemp("shared") / "t.sqlite")
    tally = import_files(store, [DATA / name for name in V2])
    assert (tally.new, tally.quarantined, tally.changed) == (1455, 0, 0)
    return store


def test_1455_studies_come_back_as_they_went_in(mirror: Store) -> None:
    received: dict[str, str] = {}
    for name in V2:
        whole = gzip.open(DATA / name).read().decode()
        for text in [whole] if name.endswith(".json.gz") else whole.strip().split("\n"):
            received[json.loads(text)["protocolSection"]["identificationModule"]["nctId"]] = text.strip()
    assert len(received) == 1455
    assert dict(mirror.texts()) == received


def test_1455_studies_can_be_read(mirror: Store) -> None:
    months = 0
    for nct, record in mirror.studies():
        study = read(record)
        assert study.id == nct and study.title and study.status and is_whole(record)
        stated = record["protocolSection"]["statusModule"].get("startDateStruct", {}).get("date")
        assert (study.start.text if study.start else None) == stated
        if study.start and study.start.precision == "month":
            months += 1
            assert study.start.first[8:] == "01" and study.start.last[8:] >= "28"
    assert months > 300


def test_the_120_versions_are_67_steps_and_9_of_them_silent(tmp_path: Path) -> None:
    store = Store(tmp_path / "t.sqlite")
    counts: dict[str, int] = defaultdict(int)
    with store.transaction():
        for version in rows("ctgov_v2_versions.jsonl.gz"):
            counts[store.upsert(version["study"], seen=version["seen_at"])] += 1
            before = content_hash(version["study"])
            version["study"]["derivedSection"]["miscInfoModule"]["versionHolder"] = "2027-01-01"
            assert content_hash(version["study"]) == before
    assert dict(counts) == {"new": 53, "changed": 67}
    db = store.connect()
    steps = {(s, v) for s, v in db.execute("SELECT study, version FROM event WHERE kind <> 'new'")}
    silent = {(s, v) for s, v in db.execute("SELECT study, version FROM event WHERE silent")}
    assert len(steps) == 67 and len(silent) == 9
    shown = {k for (k,) in db.execute("SELECT kind FROM event WHERE silent AND kind <> 'dates'")}
    assert shown == {"status", "references", "results", "sites"}
    assert db.execute("SELECT count(*) FROM event WHERE doubt IS NOT NULL").fetchone() == (0,)


def test_the_versions_are_the_same_67_steps_beside_newer_and_older_files(tmp_path: Path) -> None:
    store = Store(tmp_path / "t.sqlite")
    versions = list(rows("ctgov_v2_versions.jsonl.gz"))
    with store.transaction():
        for version in sorted(versions, key=lambda v: v["seen_at"], reverse=True):
            store.upsert(version["study"], seen=version["seen_at"])
    steps = set(store.connect().execute("SELECT study, version FROM event WHERE kind <> 'new'"))
    assert len(steps) == 67 and store.connect().execute("SELECT count(*) FROM version").fetchone() == (120,)


def day_record(row: dict[str, str]) -> dict[str, Any]:
    """A row of the CAR-T snapshots as a v2 record; an empty cell is an absent field."""
    status: dict[str, Any] = {"overallStatus": row["OverallStatus"]}
    for column, field in (("StartDate", "startDateStruct"), ("LastUpdatePostDate", "lastUpdatePostDateStruct")):
        if row[column]:
            status[field] = {"date": row[column]}
    count = {"enrollmentInfo": {"count": int(float(row["EnrollmentCount"]))}} if row["EnrollmentCount"] else {}
    design = {"studyType": "INTERVENTIONAL", "phases": [p for p in row["Phase"].split("|") if p], **count}
    return {
        "protocolSection": {
            "identificationModule": {"nctId": row["NCTId"], "briefTitle": row["BriefTitle"]},
            "statusModule": status,
            "sponsorCollaboratorsModule": {"leadSponsor": {"name": row["LeadSponsor"]}},
            "designModule": design,
        },
        "derivedSection": {},
    }


@pytest.mark.thorough
def test_the_car_t_days_give_the_silent_lapses_and_no_start_date_noise(tmp_path: Path) -> None:
    text = gzip.open(DATA / "cart_onc_trials_2026-05-15.csv.gz", "rt", encoding="utf-8").read()
    state = {row["NCTId"]: row for row in csv.DictReader(io.StringIO(text))}
    days: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    lapses, statuses, moved, updates = set(), set(), set(), set()
    for event in rows("cart_onc_changes.jsonl.gz"):
        nct, day = event["nct"], event["date"]
        if day > "2026-05-15" and event["event"] == "changed" and nct in state:
            days[day][nct][event["field"]] = event["new"]
            if event["field"] == "OverallStatus":
                statuses.add((day, nct))
                if event["new"] == "UNKNOWN":
                    lapses.add((day, nct))
            if event["field"] == "LastUpdatePostDate":
                updates.add((day, nct))
            if event["field"] == "StartDate" and event["old"] and event["new"]:
                moved.add((day, nct))
    store = Store(tmp_path / "t.sqlite")
    with store.transaction():
        for row in state.values():
            store.upsert(day_record(row), seen="2026-05-15")
        for day in sorted(days):
            for nct, fields in days[day].items():
                state[nct].update(fields)
                store.upsert(day_record(state[nct]), seen=day, newest=True)
    status = events(store, "2026-05-16", kinds=["status"])
    assert {(e.seen, e.study) for e in status} == statuses and len(statuses) == 137
    silent = [e for e in status if e.silent]
    assert {(e.seen, e.study) for e in silent} == lapses and len(silent) == 26
    assert {e.after for e in silent} == {"UNKNOWN"}
    starts = events(store, "2026-05-16", kinds=["dates"])
    assert {(e.seen, e.study) for e in starts} <= updates
    assert {(e.seen, e.study) for e in starts} >= moved and len(starts) < 1.2 * len(moved)
    assert all(e.after and e.before != e.after for e in starts)
    doubted = [e for e in events(store, "2026-05-16", kinds=["dates"], doubtful=True) if e.doubt]
    assert len(doubted) > 17_000


def test_a_sync_of_real_records(tmp_path: Path) -> None:
    records = list(rows("ctgov_v2_nsclc.jsonl.gz"))
    store = Store(tmp_path / "t.sqlite")
    with Ctgov(records, faults={1: "truncated", 4: "429", 6: "empty"}) as registry:
        assert sync(store, "", base_url=registry.base_url, page_size=30)["new"] == 100
        assert [r for _, r in store.studies()] == sorted(records, key=number)
        registry.next_day()
        assert sync(store, "", base_url=registry.base_url, page_size=30)["changed"] == 0


def test_registers(tmp_path: Path) -> None:
    store = Store(tmp_path / "t.sqlite")
    names = [f"registers_{r}.jsonl.gz" for r in ("ctis", "isrctn", "euctr")]
    tally = import_files(store, [DATA / n for n in names])
    assert (tally.read, tally.new) == (17, 17)
    for name in names:
        for text in lines(name):
            record = json.loads(text)
            assert record in [r for _, r in store.studies()]
    kept = {r.id: r for r in store.readings()}
    assert sorted({r.registry for r in kept.values()}) == ["ctis", "euctr", "isrctn"]
    assert all(r.title and r.status and r.phases and r.enrollment and r.conditions for r in kept.values())
    assert kept["CTIS2023-505613-24"].status == "RECRUITING" and kept["ISRCTN12949496"].status == "TERMINATED"


def test_api_answers_and_classic_records(tmp_path: Path) -> None:
    store = Store(tmp_path / "t.sqlite")
    tally = import_files(store, [DATA / "api_captures"])
    assert tally.quarantined == 0 and tally.read == 25 and len(store) == 20
    classic = import_files(store, [DATA / "registers_ctgov.jsonl.gz"])
    assert (classic.read, classic.quarantined) == (3, 3)
