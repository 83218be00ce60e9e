"""ISRCTN: all trials of a query in one XML answer; its interface has no pages and any limit."""

from __future__ import annotations

from xml.etree import ElementTree

from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records import isrctn
from livingdrug.registry.records.text import as_text
from livingdrug.registry.sync.client import Client
from livingdrug.registry.sync.listing import note_listed, note_unlisted, tombstone_unlisted
from livingdrug.registry.sync.run import Progress, Run

BASE_URL = "https://www.isrctn.com/api"


def follow(store: Store, client: Client, run: Run, page_size: int, progress: Progress) -> bool:
    """Asks how many, then for all of them."""
    total = _total(_ask(client, run.query, 0), client)
    xml = _ask(client, run.query, total) if total else ""
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
            tombstone_unlisted(store, run, study, "ISRCTN")
        run.save(store)
    return True


def _ask(client: Client, query: str, limit: int) -> str:
    return client.get("/query/format/default", {"q": query, "limit": str(limit)}, json=False).text


def _total(xml: str, client: Client) -> int:
    try:
        return int(ElementTree.fromstring(xml).get("totalCount", ""))
    except (ElementTree.ParseError, ValueError):
        raise RegistryError("this is not the interface of ISRCTN", where=client.base_url) from None
