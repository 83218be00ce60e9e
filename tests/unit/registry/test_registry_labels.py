"""Labels of approved products: every fault of the two services is told, nothing kept is lost, DailyMed counts."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.labels import LabelStores, MadeLabel, openfda_record, spl
from livingdrug.registry.errors import RecordError, RegistryError
from livingdrug.registry.mirror import schema
from livingdrug.registry.mirror.labels import kept_labels, label_changes, label_text, versions_of
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records import labels as records
from livingdrug.registry.records.labels import Wanted
from livingdrug.registry.sync import labels as flow
from livingdrug.registry.sync.client import Answer
from livingdrug.registry.sync.labels import SERVICES, sync_labels
from thoroughness import some_of

ALPHA = MadeLabel("Alphacel", "alphacabtagene autoleucel")
BETA = MadeLabel("Betacel", "betacabtagene ciloleucel", version=7, effective="2026-05-01")
GAMMA = MadeLabel("Gammacel", "gammacabtagene vicleucel", version=1, effective="2026-09-09", earlier=())
WANTED = [Wanted(x.generic, x.brand) for x in (ALPHA, BETA, GAMMA)] + [Wanted("deltacabtagene autoleucel")]
FAULTS = ("429", "limit", "500", "503", "html", "truncated", "not-json", "empty")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "t.sqlite")


def fetch(store: Store, stores: LabelStores, service: str, wanted: list[Wanted] | None = None, day: int = 1) -> Any:
    return sync_labels(
        store, wanted or WANTED, service=service, base_url=stores.urls[service],
        started=f"2026-12-{day:02d}T06:00:00Z", sleep=lambda s: None,
    )  # fmt: skip


def both(store: Store, stores: LabelStores, day: int = 1) -> list[dict[str, Any]]:
    return [fetch(store, stores, service, day=day) for service in SERVICES]


def counts(done: dict[str, Any]) -> tuple[int, ...]:
    return tuple(done[k] for k in ("new", "changed", "unchanged", "quarantined", "not_found", "failed"))


def same(store: Store, *made: MadeLabel) -> bool:
    """Whether the mirror has of each service exactly these labels, as received."""
    kept = kept_labels(store)
    return {k[0] for k in kept} == {m.generic for m in made} and all(
        (found := kept[m.generic, service].label).version == m.version
        and found.effective == m.effective
        and found.boxed_title == m.heading
        and (label_text(store, m.generic, service) == spl(m) or service == "openfda")
        for m in made
        for service in SERVICES
    )


@pytest.mark.parametrize("old_forms", [False, True])
def test_fetched_then_nothing_new_then_a_new_version(store: Store, old_forms: bool) -> None:
    with LabelStores(ALPHA, BETA, GAMMA, old_forms=old_forms) as stores:
        assert [counts(done) for done in both(store, stores)] == [(3, 0, 0, 0, 1, 0)] * 2
        assert same(store, ALPHA, BETA, GAMMA)
        assert [counts(done) for done in both(store, stores, 2)] == [(0, 0, 3, 0, 1, 0)] * 2
        newer = BETA.next("2026-11-15", heading="WARNING: CYTOKINE RELEASE SYNDROME")
        stores.put(newer)
        assert [counts(done) for done in both(store, stores, 3)] == [(0, 1, 2, 0, 1, 0)] * 2
        assert same(store, ALPHA, newer, GAMMA)
        assert versions_of(store, BETA.number) == {
            8: "2026-11-15", 7: "2026-05-01", 2: "2025-11-03", 1: "2024-02-29",
        }  # fmt: skip
        told = {(c.source, c.field): (c.before, c.after) for c in label_changes(store, BETA.generic)}
        assert told["dailymed", "version"] == told["openfda", "version"] == ("7", "8")
        assert set(told) == {(s, f) for s in SERVICES for f in ("version", "effective", "boxed_title")}
        assert store.connect().execute("SELECT count(*) FROM label_record").fetchone() == (8,)


@pytest.mark.parametrize(  # text before a document makes it unreadable; it is no failure of the request
    "service, fault", [(s, f) for s in SERVICES for f in FAULTS if (s, f) != ("dailymed", "not-json")]
)
@pytest.mark.parametrize("odd", [0, 1])
def test_a_fault_that_passes_costs_nothing(store: Store, service: str, fault: str, odd: int) -> None:
    with LabelStores(ALPHA, BETA, GAMMA, faults={2 * n + odd: fault for n in range(40)}) as stores:
        done = fetch(store, stores, service)
        assert counts(done) == (3, 0, 0, 0, 1, 0) and not done["failures"] and not done["told"]


@pytest.mark.parametrize("fault", some_of(FAULTS))
@pytest.mark.parametrize("where", [f"/spls/{BETA.number}.xml", f"{BETA.number}/history", "drug_name=Betacel"])
def test_a_fault_that_stays_costs_one_product_and_is_asked_again(store: Store, fault: str, where: str) -> None:
    with LabelStores(ALPHA, BETA, GAMMA, faults={where: fault}) as stores:
        done = fetch(store, stores, "dailymed")
        if fault == "not-json" and where.endswith("xml"):  # an answer, but no label
            assert counts(done) == (2, 0, 0, 1, 1, 0) and "Betacel: this is no label" in done["told"][0]
            return
        assert counts(done) == (2, 0, 0, 0, 1, 1)
        assert len(done["failures"]) == 1 and done["failures"][0].startswith("Betacel: the registry gives no usable")
        stores.faults.clear()
        asked = len(stores.requests)
        done = fetch(store, stores, "dailymed")
        assert done["resumed"] and counts(done) == (3, 0, 0, 0, 1, 0)
        assert not any(x.number in r for x in (ALPHA, GAMMA) for r in stores.requests[asked:])
        assert not fetch(store, stores, "dailymed")["resumed"]


@pytest.mark.parametrize("service", SERVICES)
def test_an_answer_in_another_shape_is_set_aside_and_what_was_kept_stays(store: Store, service: str) -> None:
    with LabelStores(ALPHA, BETA, GAMMA) as stores:
        both(store, stores)
        kept = kept_labels(store)
        stores.faults = {BETA.number: "other-shape"}
        done = fetch(store, stores, service, day=2)
        assert counts(done)[:4] == (0, 0, 2, 2 if service == "dailymed" else 1)[:2] + (2,) + (1,)
        assert not done["failures"] and any("set aside, what was kept before stays" in t for t in done["told"])
        assert kept_labels(store)[BETA.generic, service] == kept[BETA.generic, service]
        (number,) = store.connect().execute("SELECT count(*) FROM quarantine").fetchone()
        fetch(store, stores, service, day=3)
        assert store.connect().execute("SELECT count(*) FROM quarantine").fetchone() == (number,)


def test_a_history_that_cannot_be_read_does_not_cost_the_label(store: Store) -> None:
    with LabelStores(ALPHA, faults={"/history": "other-shape"}) as stores:
        done = fetch(store, stores, "dailymed", WANTED[:1])
        assert counts(done)[:4] == (1, 0, 0, 1) and "no history" in done["told"][0]
        assert versions_of(store, ALPHA.number) == {}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_is_down_is_left_alone_and_taken_up_later(store: Store, service: str) -> None:
    with LabelStores(ALPHA, BETA, GAMMA, faults={"/": "503"}) as stores:
        done = fetch(store, stores, service)
        assert done["failed"] == 4 and "the rest was not asked for" in done["failures"][-1]
        assert len({r for r in stores.requests}) == 2  # asked for two products, eight times each
        stores.faults.clear()
        assert counts(fetch(store, stores, service)) == (3, 0, 0, 0, 1, 0)


def test_nobody_there(store: Store) -> None:
    with LabelStores() as stores:
        pass
    done = fetch(store, stores, "dailymed")
    assert done["failed"] == 4 and "no usable answer" in done["failures"][0]


@pytest.mark.parametrize("service", SERVICES)
def test_another_address_is_not_taken_for_an_empty_store(store: Store, service: str) -> None:
    with LabelStores(ALPHA, faults={"/": "html404"}) as stores:
        done = fetch(store, stores, service)
        assert done["not_found"] == 0 and "this is not the interface of" in done["failures"][0]


def test_a_run_that_was_cut_off_goes_on_the_same_day_and_begins_anew_later(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LabelStores(ALPHA, BETA, GAMMA) as stores:
        step = flow._step
        for day, resumed in ((1, True), (3, False)):
            calls = iter(range(9))

            def cut_off(*given: Any, calls: Any = calls) -> list[str]:
                if next(calls) == 2:
                    raise KeyboardInterrupt
                return step(*given)

            monkeypatch.setattr(flow, "_step", cut_off)
            with pytest.raises(KeyboardInterrupt):
                fetch(store, stores, "dailymed", day=1)
            monkeypatch.setattr(flow, "_step", step)
            asked = len(stores.requests)
            done = fetch(store, stores, "dailymed", day=day)
            assert done["resumed"] == resumed
            again = [r for r in stores.requests[asked:] if ALPHA.number in r]
            assert bool(again) != resumed
        assert len(kept_labels(store)) == 3


def test_names_that_only_begin_alike_are_not_taken(store: Store) -> None:
    with LabelStores(ALPHA) as stores:
        other = {"spl_version": 9, "published_date": "Jan 13, 2025", "setid": "00000000-0000-0000-0000-000000000009"}
        stores.more = [{**other, "title": "ALPHACELLUS (HERB) SOLUTION [LABS]"}]
        stores.page = 1  # and the list has pages
        done = fetch(store, stores, "dailymed", WANTED[:1])
        assert counts(done)[0] == 1 and kept_labels(store)[ALPHA.generic, "dailymed"].label.set_id == ALPHA.number


def test_several_labels_of_one_name_are_told_and_none_is_guessed(store: Store) -> None:
    twin = MadeLabel("Alphacel", "alphacabtagene autoleucel", set_id="00000000-0000-0000-0000-000000000001")
    with LabelStores(ALPHA, twin) as stores:
        for service in SERVICES:
            done = fetch(store, stores, service, WANTED[:1])
            assert done["failed"] == 1 and "several labels go by this name" in done["failures"][0]
        stated = [Wanted(ALPHA.generic, ALPHA.brand, twin.number)]
        for service in SERVICES:
            assert counts(fetch(store, stores, service, stated, day=4))[0] == 1
        assert {x.label.set_id for x in kept_labels(store).values()} == {twin.number}


def test_a_number_that_belongs_to_another_label_is_told(store: Store) -> None:
    with LabelStores(ALPHA, BETA) as stores:
        done = fetch(store, stores, "dailymed", [Wanted(ALPHA.generic, ALPHA.brand, BETA.number)])
        assert done["quarantined"] == 1 and f"asked for the label {BETA.number} of Alphacel" in done["told"][0]
        assert kept_labels(store) == {}


def test_a_stated_number_that_no_label_has_any_more_is_told(store: Store) -> None:
    old = "00000000-0000-0000-0000-00000000000b"
    with LabelStores(ALPHA) as stores:
        for service in SERVICES:
            done = fetch(store, stores, service, [Wanted(ALPHA.generic, ALPHA.brand, old)])
            assert counts(done)[0] == 1 and any(ALPHA.number in t and old in t for t in done["told"])


def test_a_label_under_a_new_number_and_one_that_is_gone(store: Store) -> None:
    with LabelStores(ALPHA, BETA) as stores:
        both(store, stores)
        del stores.dailymed[ALPHA.number], stores.dailymed[BETA.number]
        stores.put(MadeLabel("Alphacel", ALPHA.generic, set_id="00000000-0000-0000-0000-00000000000a"), copied=False)
        done = fetch(store, stores, "dailymed", day=2)
        assert any("has another number now" in t for t in done["told"])
        assert any("Betacel: dailymed no longer gives its label; the last one is kept" in t for t in done["told"])
        kept = kept_labels(store)
        assert kept[ALPHA.generic, "dailymed"].label.set_id.endswith("0a")
        assert kept[BETA.generic, "dailymed"].missing_since == "2026-12-02T06:00:00Z"
        copy = fetch(store, stores, "openfda", day=2)
        assert any("gives the label under another number" in t for t in copy["told"])
        stores.put(BETA)
        fetch(store, stores, "dailymed", day=3)
        assert kept_labels(store)[BETA.generic, "dailymed"].missing_since is None


def test_a_document_beside_its_history_and_an_older_version_are_told(store: Store) -> None:
    with LabelStores(BETA) as stores:
        fetch(store, stores, "dailymed", WANTED[1:2])
        stores.put(MadeLabel(BETA.brand, BETA.generic, version=6, earlier=((9, "2026-11-01"),)))
        told = "\n".join(fetch(store, stores, "dailymed", WANTED[1:2], day=2)["told"])
        assert "history goes to version 9, the document it gives is 6" in told
        assert "now gives version 6, it gave 7 before" in told


def test_the_copy_is_asked_by_number_and_by_brand_when_that_finds_nothing(store: Store) -> None:
    with LabelStores(ALPHA) as stores:
        fetch(store, stores, "dailymed", WANTED[:1])
        fetch(store, stores, "openfda", WANTED[:1])
        assert [r for r in stores.requests if r.startswith("/openfda")] == [
            f"/openfda/label.json?search=set_id%3A%22{ALPHA.number}%22&limit=100&skip=0"
        ]
        for n in range(3):  # a page at a time
            stores.openfda[f"other{n}"] = openfda_record(
                MadeLabel(f"Alphacel Plus{n}", "x", set_id=f"{n:08d}-0000-0000-0000-000000000000")
            )
        stores.page = 1
        fetch(Store(store.path.with_name("u.sqlite")), stores, "openfda", [Wanted("", "Betacel")])
        assert "openfda.brand_name%3A%22Betacel%22" in stores.requests[-2]


def test_a_copy_without_names_of_its_own_is_found_by_what_the_document_calls_it(store: Store) -> None:
    with LabelStores(ALPHA, GAMMA) as stores:
        for record in stores.openfda.values():
            record["openfda"] = {}  # as of many real copies
        assert counts(fetch(store, stores, "openfda", [*WANTED[:2], Wanted(GAMMA.generic)])) == (2, 0, 0, 0, 1, 0)
        assert kept_labels(store)[ALPHA.generic, "openfda"].label.set_id == ALPHA.number


def test_numbers_in_capitals_and_a_mark_before_the_document(store: Store) -> None:
    with LabelStores(replace(ALPHA, set_id=ALPHA.number.upper())) as stores:
        stores.dailymed[ALPHA.number] = next(iter(stores.dailymed.values()))
        stores.begin = "\ufeff"
        assert [counts(fetch(store, stores, service, WANTED[:1])) for service in SERVICES] == [(1, 0, 0, 0, 0, 0)] * 2
        assert {found.label.set_id for found in kept_labels(store).values()} == {ALPHA.number}


def test_a_limit_of_use_is_told_in_the_words_of_the_service(store: Store) -> None:
    with LabelStores(ALPHA, faults={"/": "limit"}) as stores:
        done = fetch(store, stores, "openfda")
    assert "status 429: You have exceeded your rate limit" in done["failures"][0] and done["failed"] == 4


# reading


def test_what_a_document_says() -> None:
    label = records.read_spl(spl(ALPHA))
    assert label.title.endswith("ALPHACEL®(alphacabtagene autoleucel) suspension for intravenous infusion") or (
        "ALPHACEL" in label.title
    )
    assert label.boxed_text == "\n".join(ALPHA.box)
    assert label.indications is not None and "highlights" not in label.boxed_text
    assert label.indications.splitlines()[0] == "ALPHACEL is indicated for the treatment of:"
    assert "at least 2 prior lines of therapy" in label.indications.splitlines()[1]
    copy = records.read_openfda(openfda_record(ALPHA))
    assert (copy.set_id, copy.version, copy.effective) == (label.set_id, label.version, label.effective)
    assert copy.boxed_title == label.boxed_title == ALPHA.heading


TITLES = {
    "WARNING: CYTOKINE RELEASE SYNDROME Cytokine release": "WARNING: CYTOKINE RELEASE SYNDROME",
    "WARNING: CYTOKINE RELEASE SYNDROME and NEUROLOGIC TOXICITIES A case": (
        "WARNING: CYTOKINE RELEASE SYNDROME and NEUROLOGIC TOXICITIES"
    ),
    "BOXED WARNING: HLH/MAS, PROLONGED AND RECURRENT CYTOPENIA Do not": (
        "BOXED WARNING: HLH/MAS, PROLONGED AND RECURRENT CYTOPENIA"
    ),
    "WARNING: T-CELL MALIGNANCIES and See more": "WARNING: T-CELL MALIGNANCIES",
    "Do not give to anybody. WARNING: X": None,
    "": None,
}


@pytest.mark.parametrize("text", TITLES)
def test_the_heading_of_a_box_that_runs_into_its_text(text: str) -> None:
    record = {**openfda_record(ALPHA), "boxed_warning": [text]}
    assert records.read_openfda(record).boxed_title == TITLES[text]


def test_a_box_without_a_heading_of_its_own() -> None:
    text = spl(ALPHA).replace(ALPHA.heading, "BOXED WARNING").replace(ALPHA.box[0], "WARNING: FEVER Fever came.")
    assert records.read_spl(text).boxed_title == "WARNING: FEVER"
    without = spl(ALPHA).replace("34066-1", "34068-7")
    assert records.read_spl(without).boxed_title is None and records.read_spl(without).boxed_text is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html></html>",
        "<document/>",
        spl(ALPHA).replace("versionNumber", "version"),
        spl(ALPHA).replace(ALPHA.number, "not-a-number"),
        spl(ALPHA)[:900],
        '<!DOCTYPE d [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><document>&c;</document>',
        spl(ALPHA).replace("<document ", "<!-- x --><document2 ").replace("</document>", "</document2>"),
        "\ud800",
    ],
    ids=range(9),
)
def test_what_is_no_label_is_refused(text: str) -> None:
    with pytest.raises(RecordError, match="label"):
        records.read_spl(text)


@pytest.mark.parametrize(
    "text, iso",
    [("20260721", "2026-07-21"), ("20260721103000", "2026-07-21"), ("Jul 21, 2026", "2026-07-21"),
     ("July 29, 2011", "2011-07-29"), ("2026-07-21", "2026-07-21"), ("20261340", None), ("202607", None),
     ("Jul 2026", None), (None, None), (20260721, None), ("", None)],
)  # fmt: skip
def test_days(text: object, iso: str | None) -> None:
    assert records.day(text) == iso


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**18) | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["data", "history", "results", "metadata", "total_pages", "setid", "set_id", "version",
                         "spl_version", "published_date", "title", "openfda", "brand_name", "boxed_warning"])
        | st.text(max_size=4),
        inner, max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip
READERS = (
    records.listed,
    records.history,
    records.openfda_records,
    lambda data: records.read_openfda(data if isinstance(data, dict) else {}),
)


@given(JSON, st.sampled_from(READERS))
def test_no_answer_ends_in_a_traceback(data: Any, reader: Any) -> None:
    try:
        flow._readable(Answer(json.dumps(data, default=str), data if data is not None else {}), "here", reader)
    except flow._Unreadable as error:
        assert error.place == "here" and error.reason


@given(st.integers(0, len(spl(ALPHA))), st.integers(0, 60), st.text(max_size=12))
def test_no_damaged_document_ends_in_a_traceback(begin: int, length: int, instead: str) -> None:
    whole = spl(ALPHA)
    try:
        label = flow._readable(Answer(whole[:begin] + instead + whole[begin + length :], None), "x", records.read_spl)
        assert records.SET_ID.fullmatch(label.set_id) and label.version > 0
    except flow._Unreadable as error:
        assert error.reason


def test_a_document_nested_beyond_reason_is_unreadable() -> None:
    deep = spl(ALPHA).replace(ALPHA.box[0], "<list>" * 20_000 + "</list>" * 20_000)
    deep = deep.replace("&lt;", "<").replace("&gt;", ">")
    with pytest.raises(flow._Unreadable):
        flow._readable(Answer(deep.replace(ALPHA.box[0], ""), None), "x", records.read_spl)
        raise AssertionError("read")


# the mirror


def test_a_mirror_from_before_labels_is_read_where_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "old.sqlite"
    with monkeypatch.context() as older:
        older.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        older.setattr(schema, "VERSION", 1)
        Store(path).close()

    def read_only(where: str, **options: Any) -> sqlite3.Connection:
        return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)

    with monkeypatch.context() as mount:
        mount.setattr("livingdrug.registry.mirror.file._connected", read_only)
        assert kept_labels(Store(path, create=False)) == {}
        with pytest.raises(RegistryError, match="cannot be written here"):
            Store(path)
    assert kept_labels(Store(path)) == {}
    assert Store(path).connect().execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
