"""EU CTIS and ISRCTN: what is asked of them, and in which order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records import ctis, isrctn
from livingdrug.registry.records.dates import partial_date
from livingdrug.registry.records.text import as_text, at, items
from livingdrug.registry.sync.client import Client, NotFound

if TYPE_CHECKING:
    from livingdrug.registry.sync.sync import Progress, Run

MISSES = 2
"""Lists in which a trial must be missing, and unknown when asked for, before it counts as removed."""


class Ctis:
    """EU CTIS: the list of trials by search, then each new or updated trial by retrieve.

    The register gives at most 10,000 trials a search, newest first, without saying so; beyond that the list is read
    from its other end as well, and status by status.
    """

    BASE_URL = "https://euclinicaltrials.eu/ctis-public-api"
    PAGE = 100
    CAP = 10_000

    @classmethod
    def follow(cls, store: Store, client: Client, run: Run, page_size: int, progress: Progress) -> bool:
        """Lists, then retrieves; a run that was cut off goes on with what is still to retrieve."""
        if run.stage == "start":
            listed = list(cls._listed(client, json.loads(cls.criteria(run.query)), progress))
            with store.transaction():
                for number, entry in listed:
                    cls._note(store, run, number, entry)
                note_unlisted(store, run)
                run.stage = "retrieve"
                run.save(store)
        total = done = 0
        db = store.connect()
        (total,) = db.execute("SELECT count(*) FROM todo WHERE run = ?", (run.id,)).fetchone()
        while row := db.execute(
            "SELECT study, why FROM todo WHERE run = ? ORDER BY study LIMIT 1", (run.id,)
        ).fetchone():
            cls._retrieve(store, client, run, *row)
            done += 1
            progress("trials", done, total)
        return True

    @staticmethod
    def criteria(query: str) -> str:
        """The register's search criteria as JSON; plain words mean: contains all of them."""
        return query if query.startswith("{") else json.dumps({"containAll": query} if query else {})

    @classmethod
    def _listed(
        cls, client: Client, criteria: dict[str, Any], progress: Progress
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """(number with resubmission, entry) of every trial of a search, each with its highest resubmission only."""
        total = cls._total(client, criteria)
        slices = [criteria]
        if total > cls.CAP and "status" not in criteria:
            slices = [{**criteria, "status": [code]} for code in ctis.STATUS]
        found: dict[str, dict[str, Any]] = {}
        for one in slices:
            count = total if one is criteria else cls._total(client, one)
            for direction in ("DESC", "ASC") if count > cls.CAP else ("DESC",):
                for page in range(1, -(-min(count, cls.CAP) // cls.PAGE) + 1):  # pages are counted from 1
                    answer = cls._search(client, one, page, cls.PAGE, direction)
                    found |= {n: e for e in items(answer, "data") if (n := at(e, "ctNumber", str))}
                    progress("list", len(found), total)
            if count > 2 * cls.CAP:
                raise RegistryError(
                    f"CTIS holds {count:,} trials of this search and gives at most {2 * cls.CAP:,}",
                    mend="narrow the search with --query",
                )
        highest = {parts[0]: n for n in sorted(found) if (parts := ctis.split_number(n))}
        yield from ((n, found[n]) for n in highest.values())

    @staticmethod
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

    @classmethod
    def _total(cls, client: Client, criteria: dict[str, Any]) -> int:
        return cls._search(client, criteria, 1, 1, "DESC")["pagination"]["totalRecords"]

    @staticmethod
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

    @staticmethod
    def _retrieve(store: Store, client: Client, run: Run, study: str, why: str) -> None:
        """One trial: what retrieve says, and the fields that only the list has."""
        listed = json.loads(why) if why.startswith("{") else {}
        row = store.connect().execute("SELECT url FROM study WHERE id = ?", (study,)).fetchone()
        number = listed.get("number") or (row and row[0].rpartition("/")[2]) or study.removeprefix("CTIS") + "-00"
        try:
            record = client.get(f"/retrieve/{number}").data
        except NotFound:
            record = None
        with store.transaction() as db:
            if isinstance(record, dict):
                text = as_text({**listed.get("entry", {}), **record})
                run.count(store.take(text, "ctis retrieve", run.started, newest=True))
            else:
                bury_unlisted(store, run, study, "CTIS")
            db.execute("DELETE FROM todo WHERE run = ? AND study = ?", (run.id, study))
            run.save(store)


class Isrctn:
    """ISRCTN: all trials of a query in one XML answer; its interface has no pages and any limit."""

    BASE_URL = "https://www.isrctn.com/api"

    @classmethod
    def follow(cls, store: Store, client: Client, run: Run, page_size: int, progress: Progress) -> bool:
        """Asks how many, then for all of them."""
        total = cls._total(cls._ask(client, run.query, 0), client)
        xml = cls._ask(client, run.query, total) if total else ""
        records = isrctn.records(xml) if xml else []
        if len(records) < total:
            raise RegistryError(
                f"ISRCTN announced {total:,} trials and gave {len(records):,}", where=client.base_url,
                mend="run the same command again later",
            )  # fmt: skip
        with store.transaction() as db:
            for i, record in enumerate(records, 1):
                text = as_text(record)
                run.count(store.take(text, "isrctn query", run.started, newest=True))
                progress("trials", i, total)
                if number := isrctn.number(record):
                    note_listed(store, run, f"ISRCTN{number}")
            note_unlisted(store, run)
            for (study,) in db.execute("SELECT study FROM todo WHERE run = ?", (run.id,)).fetchall():
                bury_unlisted(store, run, study, "ISRCTN")
            run.save(store)
        return True

    @staticmethod
    def _ask(client: Client, query: str, limit: int) -> str:
        return client.get("/query/format/default", {"q": query, "limit": str(limit)}, json=False).text

    @staticmethod
    def _total(xml: str, client: Client) -> int:
        try:
            return int(ElementTree.fromstring(xml).get("totalCount", ""))
        except (ElementTree.ParseError, ValueError):
            raise RegistryError("this is not the interface of ISRCTN", where=client.base_url) from None


def note_listed(store: Store, run: Run, study: str) -> None:
    """Marks a study as listed by the run's query."""
    store.connect().execute(
        "INSERT INTO listed (query, study, run) VALUES (?, ?, ?)"
        " ON CONFLICT (query, study) DO UPDATE SET run = excluded.run, missed = 0",
        (run.list_name, study, run.id),
    )


def note_unlisted(store: Store, run: Run) -> None:
    """After a whole list: what it no longer has is asked for once more."""
    key = run.list_name
    db = store.connect()
    db.execute("UPDATE listed SET missed = missed + 1 WHERE query = ? AND run <> ?", (key, run.id))
    db.execute(
        "INSERT OR IGNORE INTO todo SELECT ?, study, 'unlisted' FROM listed WHERE query = ? AND run <> ?",
        (run.id, key, run.id),
    )


def bury_unlisted(store: Store, run: Run, study: str, register: str) -> None:
    """A study that is neither listed nor found counts as removed when that has happened often enough."""
    key = run.list_name
    db = store.connect()
    row = db.execute("SELECT missed FROM listed WHERE query = ? AND study = ?", (key, study)).fetchone()
    if row and row[0] >= MISSES:
        store.bury(study, f"no longer listed by {register}", run.started)
        run.count("removed")
        db.execute("DELETE FROM listed WHERE query = ? AND study = ?", (key, study))
