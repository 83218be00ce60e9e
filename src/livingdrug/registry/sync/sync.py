"""Keeping the mirror like the registries: nothing missed, nothing doubled, whatever interrupts.

ClinicalTrials.gov, as far as the registry's data version moved since the last run:
  load     the first time, every full record of the query, page by page; afterwards instead
  delta    full records updated in the last days before the last run and since (30 days of overlap)
  sweep    id, status, sponsor and dates of every study of the query: finds what changed without a new date,
           what is new, and what is no longer listed
  reread   full records of all that differ, of a rolling slice (each study at least every 14 runs), and of the unlisted
  check    if the data version moved meanwhile, delta, sweep and reread once more
Each page is one transaction together with the place reached, so that a run goes on after any interruption.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote_plus

from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store, now

REGISTRIES = ("ctgov", "ctis", "isrctn")

Progress = Callable[[str, int, int | None], None]
"""Told (stage, done, of how many or None)."""


@dataclass
class Run:
    """One run of one registry's sync; its place is kept in the store."""

    id: int
    registry: str
    query: str
    base_url: str
    started: str
    data_timestamp: str | None
    stage: str
    token: str | None
    since: str | None
    counts: dict[str, int] = field(default_factory=dict)
    today: str = ""
    """now, also when the run was started earlier; not kept"""

    @property
    def list_name(self) -> str:
        """Under which table `listed` keeps the studies of this question."""
        return f"{self.registry} {self.query}"

    def count(self, outcome: str, number: int = 1) -> None:
        """Counts what became of records."""
        self.counts[outcome] = self.counts.get(outcome, 0) + number

    def save(self, store: Store) -> None:
        """Writes the place reached; called inside the transaction that did the work."""
        store.connect().execute(
            "UPDATE run SET started = ?, data_timestamp = ?, stage = ?, token = ?, since = ?, counts = ? WHERE id = ?",
            (self.started, self.data_timestamp, self.stage, self.token, self.since,
             json.dumps(self.counts, sort_keys=True), self.id),
        )  # fmt: skip

    def finish(self, store: Store) -> None:
        """Closes the run."""
        with store.transaction() as db:
            self.stage, self.token = "done", None
            self.save(store)
            db.execute("UPDATE run SET finished = ? WHERE id = ?", (now(), self.id))
            db.execute("DELETE FROM todo WHERE run = ?", (self.id,))
            store.set_setting(f"synced:{self.registry}", self.started)


def sync(
    store: Store,
    query: str,
    *,
    registry: str = "ctgov",
    base_url: str | None = None,
    page_size: int = 1000,
    started: str | None = None,
    progress: Progress = lambda stage, done, total: None,
    **client_options: Any,
) -> dict[str, Any]:
    """Brings one registry's studies of one query up to date; takes up an unfinished run of the same query.

    query: an expression of the registry, or "" for every study. Returns what was done, by name:
    new, changed, unchanged, quarantined, removed, resumed, up_to_date, data_timestamp.
    """
    from livingdrug.registry.sync import ctgov, registers
    from livingdrug.registry.sync.client import Client

    flows: dict[str, Any] = {"ctgov": ctgov, "ctis": registers.Ctis, "isrctn": registers.Isrctn}
    if registry not in flows:
        raise RegistryError(f"unknown registry '{registry}'", allowed=REGISTRIES)
    flow = flows[registry]
    base_url = (base_url or flow.BASE_URL).rstrip("/")
    with _alone(store), Client(base_url, **client_options) as client:
        run, resumed = _take_up(store, registry, query, base_url, started or now())
        done = flow.follow(store, client, run, page_size, progress)
        run.finish(store)
    outcomes = {k: run.counts.get(k, 0) for k in ("new", "changed", "unchanged", "quarantined", "removed")}
    return {
        "registry": registry, "query": query, **outcomes, "resumed": resumed, "up_to_date": not done,
        "data_timestamp": run.data_timestamp,
    }  # fmt: skip


def _take_up(store: Store, registry: str, query: str, base_url: str, started: str) -> tuple[Run, bool]:
    """The unfinished run of this question, or a new one; and whether it was unfinished."""
    question = (registry, query, base_url)
    select = (
        "SELECT id, source AS registry, query, base_url, started, data_timestamp, stage, token, since, counts"
        " FROM run WHERE source = ? AND query = ? AND base_url = ? AND finished IS NULL"
    )
    with store.transaction() as db:
        resumed = db.execute(select, question).fetchone() is not None
        if not resumed:
            db.execute(
                "INSERT INTO run (source, query, base_url, started, stage, counts) VALUES (?, ?, ?, ?, 'start', '{}')",
                (*question, started),
            )
        found = db.execute(select, question)
        named = dict(zip((c[0] for c in found.description), found.fetchone(), strict=True))
    return Run(**{**named, "counts": json.loads(named["counts"])}, today=started), resumed


@contextmanager
def _alone(store: Store) -> Iterator[None]:
    """Keeps a second sync of the same file out; the lock goes when the process goes."""
    lock = sqlite3.connect(f"{store.path}.lock", timeout=0, isolation_level=None)
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            raise RegistryError(
                "another sync of this mirror is running", where=str(store.path), mend="wait for it, or stop it"
            ) from None
        yield
    finally:
        with suppress(sqlite3.Error):
            lock.close()


EVERY = {"hour": 3600, "day": 86_400, "week": 604_800}
"""How often `--every` runs [s]"""


def repeat(
    work: Callable[[], None],
    every: str,
    told: Callable[[str], None],
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    rounds: int | None = None,
) -> None:
    """Does the work at an interval, for ever or so many rounds; a failed round is told and the next one tried."""
    if every not in EVERY:
        raise RegistryError(f"unknown interval '{every}'", where="--every", allowed=tuple(EVERY))
    done = 0
    while rounds is None or done < rounds:
        began = clock()
        try:
            work()
        except RegistryError as error:
            told(str(error))
        done += 1
        if rounds is None or done < rounds:
            sleep(max(0.0, EVERY[every] - (clock() - began)))


LONGEST_QUERY = 2500
"""The longest expression sent in an address, as it stands there [character]"""


def cart_queries(registry: str) -> list[str]:
    """The expressions that together find the CAR trials of a registry: the field's words and every product name known.

    Product names matter: ELIANA says CTL019 and never CAR-T.
    """
    if registry == "ctis":
        return [json.dumps({"containAny": ", ".join(cart_names())})]
    queries: list[str] = []
    for name in cart_names():
        longer = f'{queries[-1]} OR "{name}"' if queries else ""
        if longer and len(quote_plus(longer)) <= LONGEST_QUERY:
            queries[-1] = longer
        else:
            queries.append(f'"{name}"')
    return queries


def cart_names() -> list[str]:
    """The words and product names that mark a CAR trial, without those that only lengthen another one."""
    from livingdrug.registry.terms.products import products
    from livingdrug.registry.terms.synonyms import library

    field = {
        w for row in library("words")["word"] if row["name"] in ("CAR T", "CAR NK") for w in (row["name"], *row["also"])
    }
    field |= {
        "CAR-T",
        "CAR-NK",
        "chimeric antigen receptor",
        "chimeric receptor",
        "CAR macrophage",
        "CAR Treg",
        "CAAR-T",
    }
    names = field | {n for p in products().values() for n in (p.name, *p.also)}
    split = {n: re.split(r"[ /-]", n.lower()) for n in names if re.fullmatch(r"[\w .,/+()-]{4,80}", n)}
    starts = {tuple(words) for words in split.values()}
    kept = [n for n, words in split.items() if not any(tuple(words[:k]) in starts for k in range(1, len(words)))]
    return sorted(kept, key=str.lower)


def days_before(day: str, days: int) -> str:
    """The ISO day so many days before another."""
    return (date.fromisoformat(day[:10]) - timedelta(days=days)).isoformat()
