"""The file keeps every record as received, and says in columns what it says."""

import copy
import json
import sqlite3
import threading
from itertools import permutations
from pathlib import Path

import pytest

from emulator.studies import lapsed, number, studies, study, updated
from livingdrug.registry.errors import RecordError, RegistryError
from livingdrug.registry.mirror import schema
from livingdrug.registry.mirror.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "trials.sqlite")


def row(store: Store, nct: str) -> sqlite3.Row:
    db = store.connect()
    db.row_factory = sqlite3.Row
    try:
        return db.execute("SELECT * FROM study WHERE id = ?", (nct,)).fetchone()
    finally:
        db.row_factory = None


def test_stored_text_is_the_received_text(store: Store) -> None:
    text = (
        '{"protocolSection":{"identificationModule": {"nctId":"NCT00000123"}}, "novel":[1.50, 2e3, "\\u00e9 \\ud800"]}'
    )
    assert store.take(text, "a test", "2026-01-01") == "new"
    assert dict(store.texts()) == {"NCT00000123": text}
    assert store.record("NCT00000123") == json.loads(text)


def test_every_generated_record_comes_back_whole(store: Store) -> None:
    records = studies(60)
    for record in records:
        store.upsert(record, seen="2026-01-01")
    assert dict(store.studies()) == {number(r): r for r in records}
    assert len(store) == 60


def test_typed_columns_keep_the_precision_of_dates(store: Store) -> None:
    store.upsert(study(1, start="2021-03"), seen="2026-01-01")
    store.upsert(study(2, start="2021-03-15"), seen="2026-01-01")
    month, day = row(store, "NCT00000001"), row(store, "NCT00000002")
    assert (month["start"], month["start_precision"]) == ("2021-03", "month")
    assert (month["start_first"], month["start_last"], month["start_type"]) == ("2021-03-01", "2021-03-31", None)
    assert (day["start"], day["start_precision"], day["start_first"]) == ("2021-03-15", "day", "2021-03-15")
    within = "SELECT id FROM study WHERE start_first >= '2021-03-10' OR start_last < '2021-03-31'"
    assert [i for (i,) in store.connect().execute(within)] == ["NCT00000002"]


def test_placeholder_enrollment_is_no_number_but_kept(store: Store) -> None:
    record = study(3)
    record["protocolSection"]["designModule"]["enrollmentInfo"]["count"] = 188814085
    store.upsert(record)
    assert (row(store, "NCT00000003")["enrollment"], row(store, "NCT00000003")["enrollment_stated"]) == (
        None,
        "188814085",
    )


def test_phase_absent_not_applicable_and_double_are_three_things(store: Store) -> None:
    for nct, phases in ((4, None), (5, ["NA"]), (6, ["PHASE1", "PHASE2"])):
        record = study(nct)
        record["protocolSection"]["designModule"].pop("phases")
        if phases:
            record["protocolSection"]["designModule"]["phases"] = phases
        store.upsert(record)
    found = store.connect().execute("SELECT study, name FROM phase ORDER BY 1, 2").fetchall()
    assert found == [("NCT00000005", "NA"), ("NCT00000006", "PHASE1"), ("NCT00000006", "PHASE2")]


def test_texts_are_unescaped_for_reading(store: Store) -> None:
    store.upsert(study(7))
    eligibility = store.reading("NCT00000007").eligibility
    assert eligibility == "Inclusion Criteria:\n\n* age >= 18\n* ECOG < 2\n* [measurable] disease"


def test_unchanged_changed_and_versions(store: Store) -> None:
    first = study(8, status="RECRUITING")
    assert store.upsert(first, seen="2026-01-01") == "new"
    revision = store.revision()
    again = copy.deepcopy(first)
    again["derivedSection"]["miscInfoModule"]["versionHolder"] = "2026-02-01"
    assert store.upsert(again, seen="2026-02-01") == "unchanged"
    assert store.revision() == revision and store.changed_since(revision) == []
    second = updated(again, "2026-02-02", overallStatus="COMPLETED")
    assert store.upsert(second, seen="2026-02-03") == "changed"
    assert store.changed_since(revision) == ["NCT00000008"]
    assert [(n, seen, r) for n, seen, r in store.versions("NCT00000008")] == [
        (1, "2026-01-01", first),
        (2, "2026-02-03", second),
    ]
    assert store.record("NCT00000008") == second
    assert row(store, "NCT00000008")["first_seen"] == "2026-01-01"


def test_an_older_file_does_not_turn_the_clock_back(store: Store) -> None:
    new = study(9, version="2026-03-01", status="COMPLETED")
    old = study(9, version="2026-01-01", status="RECRUITING")
    store.upsert(new, seen="2026-03-02")
    assert store.upsert(old, seen="2026-03-03") == "unchanged"
    assert store.record("NCT00000009") == new
    assert store.upsert(old, seen="2026-03-03", newest=True) == "changed"


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_archived_versions_make_the_same_history_in_any_order(tmp_path: Path, order: tuple[int, ...]) -> None:
    first = study(9, status="RECRUITING", version="2026-01-01")
    second = updated(study(9, version="2026-01-02"), "2026-01-01", overallStatus="COMPLETED")
    third = updated(study(9, version="2026-01-03"), "2026-01-02", overallStatus="UNKNOWN")
    again = updated(study(9, version="2026-01-04"), "2026-01-02", overallStatus="UNKNOWN")
    store = Store(tmp_path / "t.sqlite")
    for i in order:
        store.upsert((first, second, third, again)[i], seen=f"2026-01-0{i + 1}")
    assert list(store.versions("NCT00000009")) == [
        (n, f"2026-01-0{n}", (first, second, third)[n - 1]) for n in (1, 2, 3)
    ]
    steps = (
        store.connect().execute("SELECT seen, before, after FROM event WHERE field = 'status' ORDER BY seen").fetchall()
    )
    assert steps == [("2026-01-02", "RECRUITING", "COMPLETED"), ("2026-01-03", "COMPLETED", "UNKNOWN")]
    kept = row(store, "NCT00000009")
    assert (kept["status"], kept["version"], kept["first_seen"]) == ("UNKNOWN", 3, "2026-01-01")


def test_a_cut_of_a_record_never_replaces_the_whole_one(store: Store) -> None:
    whole = study(10)
    cut = {"protocolSection": {"identificationModule": {"nctId": "NCT00000010"}, "statusModule": {}}}
    store.upsert(cut)
    assert store.upsert(whole) == "changed"
    assert store.connect().execute("SELECT count(*) FROM event WHERE kind <> 'new'").fetchone() == (0,)
    with pytest.raises(RecordError, match="only a part of NCT00000010"):
        store.upsert(cut, newest=True)
    assert store.record("NCT00000010") == whole
    withheld = copy.deepcopy(cut)
    withheld["protocolSection"]["statusModule"]["overallStatus"] = "WITHHELD"
    assert store.upsert(withheld, newest=True) == "changed"


def test_ids_resolve_by_alias_case_and_short_form(store: Store) -> None:
    record = study(11)
    record["protocolSection"]["identificationModule"]["nctIdAliases"] = ["NCT00000012"]
    store.upsert(study(12))
    store.upsert(record)
    assert {store.resolve(i) for i in ("NCT00000011", "nct11", " NCT00000011 ")} == {"NCT00000011"}
    assert store.resolve("NCT00000012") == "NCT00000012"
    reason = store.connect().execute("SELECT reason FROM tombstone WHERE study = 'NCT00000012'").fetchone()
    assert reason == ("now listed as NCT00000011",)
    with pytest.raises(RegistryError, match="no study 'NCT99'"):
        store.resolve("NCT99")


def test_a_former_id_leads_to_the_present_study(store: Store) -> None:
    for now, former in ((11, ["NCT00000012", "NCT00000013"]), (14, ["NCT00000011"])):
        record = study(now)
        record["protocolSection"]["identificationModule"]["nctIdAliases"] = former
        store.upsert(study(12))
        store.upsert(record)
    for former in ("NCT00000011", "nct12", "NCT00000013"):  # kept, kept, never held; two steps from the last two
        assert store.present(former) == ("NCT00000014", f"NCT000000{former[-2:]}")
    assert store.present("nct14") == ("NCT00000014", None)
    with pytest.raises(RegistryError, match="no study 'NCT99'"):
        store.present("NCT99")


def test_former_ids_in_a_circle_end(store: Store) -> None:
    store.upsert(study(1))
    store.upsert(study(2))
    store.add_alias("NCT00000001", "NCT00000002")
    store.add_alias("NCT00000002", "NCT00000001")
    assert store.present("NCT00000001")[0] in ("NCT00000001", "NCT00000002")


def test_an_id_that_is_listed_again_is_no_former_id(store: Store) -> None:
    store.upsert(study(1))
    store.upsert(study(2))
    store.add_alias("NCT00000001", "NCT00000002")
    assert store.present("NCT00000001") == ("NCT00000002", "NCT00000001")
    store.upsert(study(1), newest=True)
    assert store.present("NCT00000001") == ("NCT00000001", None)


def test_removed_and_listed_again(store: Store) -> None:
    store.upsert(study(13), seen="2026-01-01")
    store.tombstone("NCT00000013", "gone", "2026-01-02")
    store.tombstone("NCT00000013", "gone", "2026-01-03")
    assert store.record("NCT00000013") == study(13)
    store.upsert(study(13), seen="2026-01-04")  # an old file does not raise the dead
    assert store.connect().execute("SELECT count(*) FROM tombstone").fetchone() == (1,)
    store.upsert(study(13), seen="2026-01-05", newest=True)
    kinds = [k for (k,) in store.connect().execute("SELECT kind FROM event ORDER BY id") if k != "new"]
    assert kinds == ["removed", "returned"]
    assert store.connect().execute("SELECT count(*) FROM tombstone").fetchone() == (0,)


def test_bad_records_are_set_aside_once_with_the_reason(store: Store) -> None:
    for _ in range(2):
        assert store.take('{"protocolSection": {}}', "a.json") == "quarantined"
        assert store.take("{", "b.json") == "quarantined"
        assert store.take("[" * 100_000, "c.json") == "quarantined"
        assert store.take('"word"', "d.json") == "quarantined"
    rows = dict(store.connect().execute("SELECT place, reason FROM quarantine").fetchall())
    assert set(rows) == {"a.json", "b.json", "c.json", "d.json"}
    assert "without an NCT number" in rows["a.json"] and "nested too deep" in rows["c.json"]


def test_a_trouble_inside_one_record_leaves_nothing_half_written(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("unforeseen")

    store.upsert(study(14), seen="2026-01-01")
    before = list(store.connect().iterdump())
    with monkeypatch.context() as patch:
        patch.setattr(Store, "_write", broken)
        assert store.take(json.dumps(lapsed(study(14))), "x", "2026-01-02", newest=True) == "quarantined"
    after = [line for line in store.connect().iterdump() if 'INTO "quarantine"' not in line]
    assert after == before


def test_readers_in_other_threads_do_not_wait_for_a_writer(store: Store) -> None:
    store.upsert(study(15))
    counts: list[int] = []
    with store.transaction():
        store.upsert(study(16))
        reader = threading.Thread(target=lambda: counts.append(len(store)))
        reader.start()
        reader.join()
    assert counts == [1] and len(store) == 2


def test_schema_version_is_kept_and_a_newer_file_refused(tmp_path: Path) -> None:
    path = tmp_path / "trials.sqlite"
    store = Store(path)
    assert store.connect().execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
    assert store.connect().execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.connect().execute("PRAGMA user_version = 99")
    with pytest.raises(RegistryError, match="schema version 99"):
        Store(path)


def test_migration_steps_run_once_and_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "trials.sqlite"
    Store(path).upsert(study(17))
    later = (*schema.MIGRATIONS, "ALTER TABLE study ADD COLUMN novel TEXT;\n", "UPDATE study SET novel = 'yes';\n")
    monkeypatch.setattr(schema, "MIGRATIONS", later)
    monkeypatch.setattr(schema, "VERSION", len(later))
    for _ in range(2):
        assert Store(path).connect().execute("SELECT id, novel FROM study").fetchall() == [("NCT00000017", "yes")]


def test_a_mirror_that_knew_no_silence_about_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "trials.sqlite"
    with monkeypatch.context() as older:
        older.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:3])
        older.setattr(schema, "VERSION", 3)
        store = Store(path)
        for number, results in ((1, True), (2, False), (3, False)):
            store.upsert(study(number) | {"hasResults": results})
        store.connect().execute("UPDATE study SET registry = 'isrctn' WHERE id = 'NCT00000003'")
        columns = store.connect().execute("SELECT * FROM study WHERE id = 'NCT00000001'").fetchone()
        store.close()
    db = Store(path).connect()
    assert [r for (r,) in db.execute("SELECT has_results FROM study ORDER BY id")] == [1, 0, None]
    assert db.execute("SELECT * FROM study WHERE id = 'NCT00000001'").fetchone() == columns
    indexes = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
    assert {"study_trial", "study_revision"} <= indexes


@pytest.mark.parametrize("instead", [False, True])
def test_a_file_that_is_taken_away_while_it_is_written_to_is_told(tmp_path: Path, instead: bool) -> None:
    store = Store(tmp_path / "trials.sqlite")
    store.upsert(study(18))
    (tmp_path / "trials.sqlite").rename(tmp_path / "moved.sqlite")
    if instead:
        (tmp_path / "trials.sqlite").touch()
    with pytest.raises(RegistryError, match="removed or replaced while it was written to"):
        store.upsert(study(19))


def test_a_file_that_is_no_mirror_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("this is no database, " * 100)
    with pytest.raises(RegistryError, match="no mirror of the registries"):
        Store(path)
    with pytest.raises(RegistryError, match="no mirror of the registries yet"):
        Store(tmp_path / "none.sqlite", create=False)


@pytest.mark.parametrize("version", [0, 1, 3])
@pytest.mark.parametrize("create", [True, False])
def test_another_programs_database_is_refused_and_left_as_it_is(tmp_path: Path, version: int, create: bool) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")
        other.execute(f"PRAGMA user_version = {version}")
    other.close()
    before = path.read_bytes()
    with pytest.raises(RegistryError, match="of another program.*bookmarks") as problem:
        Store(path, create=create)
    assert problem.value.where == str(path) and "--db" in str(problem.value.mend)
    tables = sqlite3.connect(path).execute("SELECT name FROM sqlite_master").fetchall()
    assert tables == [("bookmarks",)] and (create or len(path.read_bytes()) == len(before))
