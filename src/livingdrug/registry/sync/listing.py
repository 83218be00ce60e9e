"""Which studies a question lists, from run to run; one that stays unlisted counts as removed."""

from __future__ import annotations

from livingdrug.registry.mirror.store import Store
from livingdrug.registry.sync.run import Run

MISSES = 2
"""Lists in which a study must be missing, and unknown when asked for, before it counts as removed."""


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


def tombstone_unlisted(store: Store, run: Run, study: str, registry: str) -> None:
    """A study that is neither listed nor found counts as removed when that has happened often enough."""
    key = run.list_name
    db = store.connect()
    row = db.execute("SELECT missed FROM listed WHERE query = ? AND study = ?", (key, study)).fetchone()
    if row and row[0] >= MISSES:
        store.tombstone(study, f"no longer listed by {registry}", run.started)
        run.count("removed")
        db.execute("DELETE FROM listed WHERE query = ? AND study = ?", (key, study))
