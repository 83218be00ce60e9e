"""EU CTIS: the list of trials by search, then each new or updated trial by retrieve.

The register gives at most 10,000 trials a search, newest first, without saying so; beyond that the list is read from
its other end as well, and status by status.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.ctis import STATUS, split_number
from livingdrug.registry.records.dates import partial_date
from livingdrug.registry.records.text import as_text, at, items
from livingdrug.registry.sync.client import Client, NotFound
from livingdrug.registry.sync.listing import note_listed, note_unlisted, tombstone_unlisted
from livingdrug.registry.sync.run import Progress, Run

BASE_URL = "https://euclinicaltrials.eu/ctis-public-api"

PAGE = 100
"""Trials on one page of a search."""

CAP = 10_000
"""Trials that one search gives at most."""


def follow(store: Store, client: Client, run: Run, page_size: int, progress: Progress) -> bool:
    """Lists, then retrieves; a run that was cut off goes on with what is still to retrieve."""
    if run.stage == "start":
        listed = list(_listed(client, json.loads(criteria(run.query)), progress))
        with store.transaction():
            for number, entry in listed:
                _note(store, run, number, entry)
            note_unlisted(store, run)
            run.stage = "retrieve"
            run.save(store)
    total = done = 0
    db = store.connect()
    (total,) = db.execute("SELECT count(*) FROM todo WHERE run = ?", (run.id,)).fetchone()
    while row := db.execute("SELECT study, why FROM todo WHERE run = ? ORDER BY study LIMIT 1", (run.id,)).fetchone():
        _retrieve(store, client, run, *row)
        done += 1
        progress("trials", done, total)
    return True


def criteria(query: str) -> str:
    """The register's search criteria as JSON; plain words mean: contains all of them."""
    return query if query.startswith("{") else json.dumps({"containAll": query} if query else {})


def _listed(client: Client, criteria: dict[str, Any], progress: Progress) -> Iterator[tuple[str, dict[str, Any]]]:
    """(number with resubmission, entry) of every trial of a search, each with its highest resubmission only."""
    total = _total(client, criteria)
    slices = [criteria]
    if total > CAP and "status" not in criteria:
        slices = [{**criteria, "status": [code]} for code in STATUS]
    found: dict[str, dict[str, Any]] = {}
    for one in slices:
        count = total if one is criteria else _total(client, one)
        for direction in ("DESC", "ASC") if count > CAP else ("DESC",):
            for page in range(1, -(-min(count, CAP) // PAGE) + 1):  # pages are counted from 1
                answer = _search(client, one, page, PAGE, direction)
                found |= {n: e for e in items(answer, "data") if (n := at(e, "ctNumber", str))}
                progress("list", len(found), total)
        if count > 2 * CAP:
            raise RegistryError(
                f"CTIS holds {count:,} trials of this search and gives at most {2 * CAP:,}",
                mend="narrow the search with --query",
            )
    highest = {parts[0]: n for n in sorted(found) if (parts := split_number(n))}
    yield from ((n, found[n]) for n in highest.values())


def _search(client: Client, criteria: dict[str, Any], page: int, size: int, direction: str) -> dict[str, Any]:
    body = {
        "pagination": {"page": page, "size": size},
        "sort": {"property": "decisionDate", "direction": direction},
        "searchCriteria": criteria,
    }
    answer = client.post("/search", body).data
    if not isinstance(at(answer, "pagination.totalRecords", int), int):
        raise RegistryError("this is not the search of CTIS", where=f"{client.base_url}/search")
    return answer


def _total(client: Client, criteria: dict[str, Any]) -> int:
    return _search(client, criteria, 1, 1, "DESC")["pagination"]["totalRecords"]


def _note(store: Store, run: Run, number: str, entry: dict[str, Any]) -> None:
    """Marks a trial as listed; it is retrieved when it is new or its date of last update is not the one kept."""
    study = f"CTIS{number.rpartition('-')[0]}"
    note_listed(store, run, study)
    db = store.connect()
    kept = db.execute("SELECT updated, url FROM study WHERE id = ?", (study,)).fetchone()
    updated = partial_date(entry.get("lastUpdated"))
    if kept is None or updated is None or kept[0] != updated.text or not kept[1].endswith(number):
        why = json.dumps({"number": number, "entry": entry})
        db.execute("INSERT OR REPLACE INTO todo VALUES (?, ?, ?)", (run.id, study, why))


def _retrieve(store: Store, client: Client, run: Run, study: str, why: str) -> None:
    """One trial: what retrieve says, and the fields that only the list has."""
    listed = json.loads(why) if why.startswith("{") else {}
    row = store.connect().execute("SELECT url FROM study WHERE id = ?", (study,)).fetchone()
    number = listed.get("number") or (row and row[0].rpartition("/")[2]) or study.removeprefix("CTIS") + "-00"
    try:
        answer = client.get(f"/retrieve/{number}")
    except NotFound:
        answer = None
    with store.transaction() as db:
        if answer is None:
            tombstone_unlisted(store, run, study, "CTIS")
        elif f"CTIS{(split_number(at(answer.data, 'ctNumber', str) or '') or ('',))[0]}" == study:
            text = as_text({**listed.get("entry", {}), **answer.data})
            run.count(store.take(text, "ctis retrieve", run.started, newest=True))
        else:  # the next run asks again, as what is kept is not of the day that the list says
            store.quarantine(
                answer.text, f"no record of {number}, for which CTIS was asked", "ctis retrieve", run.started
            )
            run.count("quarantined")
        db.execute("DELETE FROM todo WHERE run = ? AND study = ?", (run.id, study))
        run.save(store)
