"""ClinicalTrials.gov: what is asked of the API v2, and in which order.

As far as the registry's data version moved since the last run:
  load     the first time, every full record of the query, page by page; afterwards instead
  delta    full records updated in the last days before the last run and since (30 days of overlap)
  sweep    id, status, sponsor and dates of every study of the query: finds what changed without a new date,
           what is new, and what is no longer listed
  reread   full records of all that differ, of a rolling slice (each study at least every 14 runs), and of the unlisted
  check    if the data version moved meanwhile, delta, sweep and reread once more
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.dates import partial_date
from livingdrug.registry.records.identifiers import nct_id
from livingdrug.registry.records.text import at, words
from livingdrug.registry.sync.client import Client, Moved, NotFound, Refused
from livingdrug.registry.sync.listing import note_listed, note_unlisted, tombstone_unlisted
from livingdrug.registry.sync.run import Progress, Run

BASE_URL = "https://clinicaltrials.gov/api/v2"

OVERLAP = 30
"""Days before the last run from which updated records are asked again [day]: dates appear up to 21 days late."""

ROLLING = 14
"""Every study is read again in full at least once in so many runs."""

MOVES = 5
"""How often the registry's data may move during one run."""

TOGETHER = 100
"""Ids asked for in one request."""

SWEPT = "NCTId|OverallStatus|LastKnownStatus|LeadSponsorName|LastUpdatePostDate|HasResults"

_ONLY_IDS = re.compile(r"\s*NCT\d+(?:[\s,|]+(?:OR\s+)?NCT\d+)*\s*", re.IGNORECASE)


def follow(store: Store, client: Client, run: Run, page_size: int, progress: Progress) -> bool:
    """Does every stage that a run still has to do; False when the registry's data version is the one kept."""
    if run.stage == "start":
        last = _last(store, run)
        run.data_timestamp = _data_timestamp(client)
        if last and last["data_timestamp"] == run.data_timestamp:
            return False
        run.stage = "delta" if last else "load"
        run.since = _days_before(last["started"], OVERLAP) if last else None
        run.save(store)
    elif run.data_timestamp != (moved := _data_timestamp(client)):  # the pages of a run that was cut off are gone
        _begin_again(store, run, moved)
    for _ in range(MOVES):
        while run.stage != "check":
            _STAGES[run.stage](store, client, run, page_size, progress)
        moved = _data_timestamp(client)
        if moved == run.data_timestamp:
            return True
        _begin_again(store, run, moved)
    raise RegistryError("the registry's data moved again and again", mend="run the same command again later")


def _begin_again(store: Store, run: Run, moved: str) -> None:
    """The registry's data moved: what was not loaded yet is loaded, the rest asked again, and seen today."""
    if run.stage != "load":
        run.stage = "delta"
        run.since = run.since or _days_before(run.started, OVERLAP)
    run.data_timestamp, run.token, run.started = moved, None, run.today
    run.save(store)


def _last(store: Store, run: Run) -> dict[str, str] | None:
    """The newest finished run of the same question."""
    row = store.connect().execute(
        "SELECT started, data_timestamp FROM run WHERE source = ? AND query = ? AND base_url = ?"
        " AND finished IS NOT NULL ORDER BY id DESC LIMIT 1",
        (run.registry, run.query, run.base_url),
    ).fetchone()  # fmt: skip
    return {"started": row[0], "data_timestamp": row[1]} if row else None


def _data_timestamp(client: Client) -> str:
    data = client.get("/version").data
    stamp = at(data, "dataTimestamp", str)
    if stamp is None:
        raise RegistryError("this is not the API v2 of ClinicalTrials.gov", where=f"{client.base_url}/version")
    return stamp


def _question(query: str) -> dict[str, str]:
    """The parameters of a question; a list of NCT numbers goes where it does not switch other filters off."""
    if not query:
        return {}
    if _ONLY_IDS.fullmatch(query):
        return {"filter.ids": "|".join(i for t in re.findall(r"NCT\d+", query, re.IGNORECASE) if (i := nct_id(t)))}
    return {"query.term": query}


def _pages(
    client: Client, run: Run, question: dict[str, str], page_size: int
) -> Iterator[tuple[list[str], str | None, int | None]]:
    """(records as texts, token of the next page, total) of each page from the run's token on.

    A page may be empty and still have a follower. A token that the registry no longer takes begins the list again.
    """
    again = 0
    while True:
        asked = {**question, "pageSize": str(page_size)} | (
            {"pageToken": run.token} if run.token else {"countTotal": "true"}
        )
        try:
            answer = client.get("/studies", asked)
        except Refused:
            again += 1
            if not run.token or again > 3:
                raise
            run.token = None
            continue
        token = at(answer.data, "nextPageToken", str) or None
        studies = at(answer.data, "studies", list)
        if studies is None:
            raise RegistryError("an answer without a list of studies", where=f"{client.base_url}/studies")
        yield _texts(answer.text, studies), token, at(answer.data, "totalCount", int)
        if token is None:
            return
        run.token = token


def _texts(text: str, studies: list[Any]) -> list[str]:
    """The exact text of each study of an answer."""
    opening = re.search(r'"studies"\s*:\s*\[', text)
    decoder, texts, place = json.JSONDecoder(), [], opening.end() if opening else 0
    for _ in studies:
        place = re.compile(r"[\s,]*").match(text, place).end()  # type: ignore[union-attr]
        _, end = decoder.raw_decode(text, place)
        texts.append(text[place:end])
        place = end
    return texts


def _read_all(store: Store, client: Client, run: Run, page_size: int, progress: Progress) -> None:
    """Stages load and delta: full records into the store."""
    question = _question(run.query)
    if run.stage == "delta":
        question["filter.advanced"] = f"AREA[LastUpdatePostDate]RANGE[{run.since},MAX]"
    done, total = 0, None
    for texts, token, counted in _pages(client, run, question, page_size):
        done, total = done + len(texts), counted or total
        with store.transaction():
            for text in texts:
                run.count(store.take(text, f"{run.registry} {run.stage}", run.started, newest=True))
                if nct := _id(json.loads(text)):  # the sweep will miss it should it go before
                    store.connect().execute(
                        "INSERT OR IGNORE INTO listed (query, study, run) VALUES (?, ?, 0)", (run.list_name, nct)
                    )
            run.token = token
            if token is None:
                run.stage = "sweep"
            run.save(store)
        progress("records", done, total)


def _sweep(store: Store, client: Client, run: Run, page_size: int, progress: Progress) -> None:
    """Stage sweep: notes every id of the query, and what must be read again."""
    done, total = 0, None
    for texts, token, counted in _pages(client, run, {**_question(run.query), "fields": SWEPT}, page_size):
        done, total = done + len(texts), counted or total
        with store.transaction():
            for text in texts:
                _note(store, run, json.loads(text))
            run.token = token
            if token is None:
                _plan(store, run)
                run.stage = "reread"
            run.save(store)
        progress("sweep", done, total)


def _note(store: Store, run: Run, swept: dict[str, Any]) -> None:
    """Marks one study as listed; it is to be read again when its swept fields are not those kept."""
    protocol = at(swept, "protocolSection", dict) or {}
    nct = nct_id(at(protocol, "identificationModule.nctId", str))
    if nct is None:
        return
    note_listed(store, run, nct)
    db = store.connect()
    kept = db.execute(
        "SELECT status, last_known_status, sponsor, updated, coalesce(has_results, 0) FROM study"
        " WHERE id = ? AND id NOT IN (SELECT study FROM tombstone)",
        (nct,),
    ).fetchone()  # fmt: skip
    updated = partial_date(at(protocol, "statusModule.lastUpdatePostDateStruct.date", str))
    now = (
        words(protocol, "statusModule.overallStatus"),
        words(protocol, "statusModule.lastKnownStatus"),
        words(protocol, "sponsorCollaboratorsModule.leadSponsor.name"),
        updated and updated.text,
        int(swept.get("hasResults") is True),
    )
    if kept != now:
        db.execute("INSERT OR IGNORE INTO todo VALUES (?, ?, 'differs')", (run.id, nct))


def _plan(store: Store, run: Run) -> None:
    """After a whole sweep: the unlisted, and the slice whose turn it is."""
    db = store.connect()
    note_unlisted(store, run)
    first = _last(store, run) is None
    if first:  # all has just been read
        db.execute("UPDATE listed SET reread = ? WHERE query = ?", (run.started, run.list_name))
        return
    (count,) = db.execute("SELECT count(*) FROM listed WHERE query = ?", (run.list_name,)).fetchone()
    db.execute(
        "INSERT OR IGNORE INTO todo SELECT ?, study, 'rolling' FROM"
        " (SELECT study FROM listed WHERE query = ? AND run = ? ORDER BY coalesce(reread, ''), study LIMIT ?)",
        (run.id, run.list_name, run.id, math.ceil(count / ROLLING)),
    )


def _reread(store: Store, client: Client, run: Run, page_size: int, progress: Progress) -> None:
    """Stage reread: full records of all that is to be read again, a hundred at a time."""
    db = store.connect()
    (left,) = db.execute("SELECT count(*) FROM todo WHERE run = ?", (run.id,)).fetchone()
    total = left
    while batch := [
        i for (i,) in db.execute("SELECT study FROM todo WHERE run = ? ORDER BY study LIMIT ?", (run.id, TOGETHER))
    ]:
        answer = client.get("/studies", {"filter.ids": "|".join(batch), "pageSize": str(TOGETHER)})
        studies = at(answer.data, "studies", list) or []
        texts = dict(zip((_id(s) for s in studies), _texts(answer.text, studies), strict=True))
        singles = {i: _single(client, i) for i in batch if i not in texts}
        with store.transaction():
            for nct in batch:
                if nct in texts:
                    run.count(store.take(texts[nct], "ctgov reread", run.started, newest=True))
                else:
                    _absent(store, run, nct, singles[nct])
                db.execute(
                    "UPDATE listed SET reread = ? WHERE query = ? AND study = ?", (run.started, run.list_name, nct)
                )
                if nct in texts or singles[nct][0] != "unknown":  # alive, or moved: no longer of this query
                    db.execute(
                        "DELETE FROM listed WHERE query = ? AND study = ? AND run <> ?", (run.list_name, nct, run.id)
                    )
                db.execute("DELETE FROM todo WHERE run = ? AND study = ?", (run.id, nct))
            run.save(store)
        left -= len(batch)
        progress("read again", total - left, total)
    with store.transaction():
        run.stage = "check"
        run.save(store)


def _id(study: Any) -> str | None:
    return nct_id(at(study, "protocolSection.identificationModule.nctId", str))


def _single(client: Client, nct: str) -> tuple[str, str]:
    """What the registry says when asked for one study: (`record`, text), (`moved`, id) or (`unknown`, "")."""
    try:
        answer = client.get(f"/studies/{nct}")
        found = _id(answer.data)
        return ("moved", found) if found and found != nct else ("record", answer.text)
    except NotFound:
        return "unknown", ""
    except Moved as moved:
        ids = re.findall(r"NCT\d{8}", moved.location, re.IGNORECASE)
        return ("moved", ids[-1].upper()) if ids else ("unknown", "")


def _absent(store: Store, run: Run, nct: str, single: tuple[str, str]) -> None:
    """A study that the list of ids did not give: alive after all, moved to another id, or unknown to the registry."""
    what, found = single
    if what == "record":
        run.count(store.take(found, "ctgov single", run.started, newest=True))
    elif what == "moved":
        store.add_alias(nct, found, run.started)
    else:
        tombstone_unlisted(store, run, nct, "ClinicalTrials.gov")


def _days_before(day: str, days: int) -> str:
    """The ISO day so many days before another."""
    return (date.fromisoformat(day[:10]) - timedelta(days=days)).isoformat()


_STAGES = {"load": _read_all, "delta": _read_all, "sweep": _sweep, "reread": _reread}
