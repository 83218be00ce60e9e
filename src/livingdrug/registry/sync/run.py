"""One run of one registry's sync: what it asks, how far it is, what it counted; its place is kept in the mirror."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store, now

Progress = Callable[[str, int, int | None], None]
"""Called with (stage, done, of how many or None)."""


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


def resume(store: Store, registry: str, query: str, base_url: str, started: str) -> tuple[Run, bool]:
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
def locked(store: Store) -> Iterator[None]:
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
