"""Drug labels: which is in force for each product, from DailyMed and from openFDA.

DailyMed: the label's number by brand (or by the number known), its history, then the document itself.
openFDA: the copy of the same label. Each product is one step; what failed is left for the next run.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from livingdrug.registry.errors import RecordError, RegistryError
from livingdrug.registry.mirror.labels import kept_label, miss_label, note_versions, take_label
from livingdrug.registry.mirror.store import Store, now
from livingdrug.registry.records import labels
from livingdrug.registry.records.labels import Label, Wanted, names
from livingdrug.registry.records.text import as_text, at, content_hash, parse_json
from livingdrug.registry.sync.client import Answer, Client, NotFound
from livingdrug.registry.sync.run import Progress, Run, locked, resume

T = TypeVar("T")

DAILYMED_URL = "https://dailymed.nlm.nih.gov/dailymed/services/v2"
OPENFDA_URL = "https://api.fda.gov/drug"

PAGE = 100
"""Labels asked for in one request: the most that either service gives"""

MOST_PAGES = 20
"""A list of more pages is no answer to a brand name"""

GIVEN_UP = 2
"""Products in a row without a usable answer after which a service is left alone"""

STALE = timedelta(days=1)
"""A run that was cut off longer ago begins anew: labels may have moved"""


@dataclass
class _Found:
    """What a service says of one product."""

    label: Label | None = None
    raw: str = ""
    digest: str = ""
    versions: dict[int, str | None] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    unreadable: list[_Unreadable] = field(default_factory=list)


class _Unreadable(RecordError):
    """An answer in another shape than expected; kept in quarantine as received."""

    def __init__(self, reason: str, raw: str, place: str) -> None:
        super().__init__(reason, where=place)
        self.raw, self.reason, self.place = raw, reason, place


def sync_labels(
    store: Store,
    wanted: list[Wanted],
    *,
    service: str,
    base_url: str | None = None,
    started: str | None = None,
    progress: Progress = lambda stage, done, total: None,
    **client_options: Any,
) -> dict[str, Any]:
    """Brings the labels of one service up to date; takes up what a run of the last day left.

    Returns what was done: new, changed, unchanged, quarantined, not_found, failed (counts of products), resumed, told
    (what a reader should know), failures (what the same command asks again), data_timestamp.
    """
    if service not in _SERVICES:
        raise RegistryError(f"unknown label service '{service}'", allowed=SERVICES)
    own_url, ask = _SERVICES[service]
    base_url = (base_url or own_url).rstrip("/")
    told: list[str] = []
    failures: list[str] = []
    with locked(store), Client(base_url, **client_options) as client:
        run, resumed = _begin(store, service, base_url, started or now(), wanted)
        asked = _left(store, run, wanted)
        in_a_row = 0
        for number, one in enumerate(asked, 1):
            if in_a_row == GIVEN_UP:
                failures.append(
                    f"{service} gave no usable answer {GIVEN_UP} times in a row: the rest was not asked for"
                )
                break
            try:
                told += _step(store, client, run, one, ask)
                in_a_row = 0
            except RegistryError as error:
                failures.append(f"{one.name}: {error}")
                in_a_row += 1
            progress("labels", number, len(asked))
        failed = len(_left(store, run, wanted))
        if not failures:
            run.finish(store)
    counts = {k: run.counts.get(k, 0) for k in ("new", "changed", "unchanged", "quarantined", "not_found")}
    return {
        "registry": service, "query": "labels", **counts, "removed": 0, "failed": failed, "resumed": resumed,
        "up_to_date": False, "data_timestamp": run.data_timestamp, "told": told, "failures": failures,
    }  # fmt: skip


def _begin(store: Store, service: str, base_url: str, started: str, wanted: list[Wanted]) -> tuple[Run, bool]:
    """The run of the last day that was cut off, or a new one that asks for every product."""
    run, resumed = resume(store, service, "labels", base_url, started)
    if resumed and datetime.fromisoformat(started) - datetime.fromisoformat(run.started) < STALE:
        return run, True
    with store.transaction() as db:
        db.execute("DELETE FROM todo WHERE run = ?", (run.id,))
        db.executemany("INSERT INTO todo VALUES (?, ?, 'label')", [(run.id, w.product) for w in wanted])
        run.started, run.counts, run.stage = started, {}, "labels"
        run.save(store)
    return run, False


def _left(store: Store, run: Run, wanted: list[Wanted]) -> list[Wanted]:
    """What the run has still to ask for."""
    left = {p for (p,) in store.connect().execute("SELECT study FROM todo WHERE run = ?", (run.id,))}
    return [w for w in wanted if w.product in left]


Ask = Callable[[Store, Client, Run, Wanted], _Found]
"""What one service says of one product"""


def _step(store: Store, client: Client, run: Run, wanted: Wanted, ask: Ask) -> list[str]:
    """Asks for one product and keeps the answer together with the place reached; what there is to tell."""
    unreadable: list[_Unreadable] = []
    found = _Found()
    try:
        found = ask(store, client, run, wanted)
    except _Unreadable as error:
        unreadable.append(error)
    unreadable += found.unreadable
    told = [f"{wanted.name}: {note}" for note in found.notes]
    with store.transaction() as db:
        for one in unreadable:
            store.quarantine(one.raw, one.reason, one.place, run.today)
            told.append(f"{wanted.name}: {one.reason} ({one.place}); set aside, what was kept before stays")
            run.count("quarantined")
        if found.label is not None:
            before = kept_label(store, wanted.product, run.registry)
            note_versions(store, found.label.set_id, found.versions)
            run.count(take_label(store, wanted.product, found.label, found.raw, found.digest, run.today))
            if before and found.label.version < before.label.version:
                told.append(
                    f"{wanted.name}: {run.registry} now gives version {found.label.version},"
                    f" it gave {before.label.version} before"
                )
        elif not unreadable:
            if kept_label(store, wanted.product, run.registry):
                miss_label(store, wanted.product, run.registry, run.today)
                told.append(f"{wanted.name}: {run.registry} no longer gives its label; the last one is kept")
            run.count("not_found")
        db.execute("DELETE FROM todo WHERE run = ? AND study = ?", (run.id, wanted.product))
        run.save(store)
    return told


def _readable(answer: Answer, place: str, reader: Callable[[Any], T]) -> T:
    """What a reader makes of an answer; _Unreadable for whatever it cannot read."""
    try:
        return reader(answer.text if answer.data is None else answer.data)
    except (sqlite3.Error, OSError, MemoryError):
        raise
    except RecordError as error:
        raise _Unreadable(error.what, answer.text, place) from None
    except Exception as error:  # whatever a broken answer can cause: the others go on
        raise _Unreadable(f"{type(error).__name__}: {error}"[:200], answer.text, place) from None


# DailyMed


def _dailymed(store: Store, client: Client, run: Run, wanted: Wanted) -> _Found:
    kept = kept_label(store, wanted.product, "dailymed")
    known = wanted.set_id or (kept.label.set_id if kept else None)
    found = _document(client, wanted, known) if known else None
    if found is None:  # a label may have been issued anew under another number
        listed = _listed(client, wanted)
        found = _document(client, wanted, listed) if listed and listed != known else None
        if found and known:
            found.notes.append(f"its label has another number now: {listed}, it was {known}")
    return found or _Found()


def _listed(client: Client, wanted: Wanted) -> str | None:
    """The set id of the one label that names a product."""
    place, page, pages = "/spls.json", 1, 1
    entries: list[labels.Listed] = []
    while page <= pages:
        asked = {"drug_name": wanted.name, "name_type": "brand" if wanted.brand else "generic",
                 "pagesize": str(PAGE), "page": str(page)}  # fmt: skip
        try:
            answer = client.get(place, asked)
        except NotFound:
            raise RegistryError("this is not the interface of DailyMed", where=f"{client.base_url}{place}") from None
        more, pages = _readable(answer, f"dailymed list of {wanted.name}", labels.listed)
        if pages > MOST_PAGES:
            raise _Unreadable(f"{pages} pages of labels for one name", answer.text, "dailymed list")
        entries, page = entries + more, page + 1
    named = {e.set_id: e for e in entries if names(e.title, wanted.name)}
    exact = {i: e for i, e in named.items() if names(e.title, wanted.product)} or named
    if len(exact) > 1:
        several = ", ".join(f"{e.title[:60]} ({i})" for i, e in sorted(exact.items())[:4])
        raise RegistryError(
            f"several labels go by this name: {several}", mend="state the one that is meant in the table of approvals"
        )
    return next(iter(exact), None)


def _document(client: Client, wanted: Wanted, set_id: str) -> _Found | None:
    """A label with its history; None where DailyMed knows no such number."""
    place = f"/spls/{set_id}.xml"
    try:
        answer = client.get(place, json=False)
    except NotFound:
        return None
    label = _readable(answer, f"dailymed {place}", labels.read_spl)
    if label.set_id != set_id or not names(label.title, wanted.name, wanted.product):
        raise _Unreadable(
            f"asked for the label {set_id} of {wanted.name}, got {label.set_id}: '{label.title[:80]}'",
            answer.text,
            place,
        )
    found = _Found(
        label, answer.text, hashlib.blake2b(answer.text.encode("utf-8", "replace"), digest_size=16).hexdigest()
    )
    try:
        found.versions = _history(client, set_id)
    except NotFound:
        found.notes.append("DailyMed has the label and no history of it")
    except _Unreadable as error:
        found.unreadable.append(error)
    newest = max(found.versions, default=label.version)
    if newest != label.version:
        found.notes.append(f"DailyMed's history goes to version {newest}, the document it gives is {label.version}")
    return found


def _history(client: Client, set_id: str) -> dict[int, str | None]:
    place, page, pages = f"/spls/{set_id}/history.json", 1, 1
    versions: dict[int, str | None] = {}
    while page <= min(pages, MOST_PAGES):
        answer = client.get(place, {"pagesize": str(PAGE), "page": str(page)})
        more, pages = _readable(answer, f"dailymed {place}", labels.history)
        versions, page = versions | more, page + 1
    return versions


# openFDA


def _openfda(store: Store, client: Client, run: Run, wanted: Wanted) -> _Found:
    kept = kept_label(store, wanted.product, "dailymed") or kept_label(store, wanted.product, "openfda")
    known = wanted.set_id or (kept.label.set_id if kept else None)
    questions = [f'set_id:"{known}"'] if known else []
    name = wanted.name.replace('"', " ")
    questions.append(f'openfda.{"brand_name" if wanted.brand else "generic_name"}:"{name}"')
    questions.append(f'spl_product_data_elements:"{name}"')  # of some copies the part `openfda` is empty
    for question in questions:
        copies = _copies(client, run, wanted, question)
        if copies:
            label, record = max(copies, key=lambda copy: copy[0].version)
            found = _Found(label, as_text(record), content_hash(record))
            if known and label.set_id != known:
                found.notes.append(f"openFDA gives the label under another number: {label.set_id}, not {known}")
            return found
    return _Found()


def _copies(client: Client, run: Run, wanted: Wanted, question: str) -> list[tuple[Label, dict[str, Any]]]:
    """The labels of a product that openFDA finds by one question."""
    found: list[tuple[Label, dict[str, Any]]] = []
    read = total = 0
    while read == 0 or read < min(total, MOST_PAGES * PAGE):
        try:
            answer = client.get("/label.json", {"search": question, "limit": str(PAGE), "skip": str(read)})
        except NotFound as error:
            if _says_no_match(error.said):
                break
            raise RegistryError("this is not the interface of openFDA", where=client.base_url) from None
        place = f"openfda {question}"
        rows, total = _readable(answer, place, labels.openfda_records)
        run.data_timestamp = at(answer.data, "meta.last_updated", str) or run.data_timestamp
        if not rows:
            break
        for row in rows:
            label = _readable(Answer(as_text(row), row), place, labels.read_openfda)
            if label.set_id in question or names(label.title, wanted.name, wanted.product):
                found.append((label, row))
        read += len(rows)
    if len({label.set_id for label, _ in found}) > 1:
        several = ", ".join(sorted({f"{label.title[:60]} ({label.set_id})" for label, _ in found})[:4])
        raise RegistryError(f"several labels go by this name: {several}")
    return found


def _says_no_match(text: str) -> bool:
    """Whether a 404 is openFDA's own word for an empty list."""
    try:
        return at(parse_json(text), "error.code", str) == "NOT_FOUND"
    except ValueError:
        return False


_SERVICES: dict[str, tuple[str, Ask]] = {"dailymed": (DAILYMED_URL, _dailymed), "openfda": (OPENFDA_URL, _openfda)}
"""Service -> address of its interface, and how a product is asked for"""

SERVICES = tuple(_SERVICES)
"""DailyMed first: the number it gives finds the copy at openFDA"""
