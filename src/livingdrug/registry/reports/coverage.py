"""What a mirror holds and as of when, to be said beside everything that is shown of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from livingdrug.registry.mirror.store import Store
from livingdrug.registry.reports.demo import day_of
from livingdrug.registry.reports.in_words import REGISTRIES
from livingdrug.registry.reports.overview import NOT_COVERED


@dataclass(frozen=True)
class Registry:
    """One registry in the mirror."""

    name: str
    studies: int
    newest: str
    """newest update, as the registry dates it"""
    seen: str
    """when the mirror last saw a record of it"""


@dataclass(frozen=True)
class Coverage:
    """What the mirror holds."""

    studies: int
    registries: tuple[Registry, ...]
    demo: str
    """day of the demonstration set, which holds facts and no texts; empty for a mirror of records"""
    not_covered: tuple[str, ...] = NOT_COVERED
    labels: int = 0
    """products whose labels are held beside the studies"""

    @property
    def day(self) -> str:
        """Day of the data: of the demonstration set, or on which a record was last seen; empty for an empty mirror."""
        return self.demo or max((r.seen for r in self.registries), default="")

    def as_json(self) -> dict[str, Any]:
        """The same for machines."""
        return asdict(self)


def coverage(store: Store) -> Coverage:
    """Counts the records of a mirror by registry; one pass over its studies."""
    rows = store.connect().execute(
        "SELECT registry, count(*), max(updated), max(last_seen) FROM study GROUP BY registry ORDER BY 2 DESC"
    )
    found = tuple(Registry(REGISTRIES.get(r, r), n, newest or "", (seen or "")[:10]) for r, n, newest, seen in rows)
    tables = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'label'"
    kept = store.connect().execute(tables).fetchone()[0]  # a file that cannot be written may be older than its labels
    labels = store.connect().execute("SELECT count(DISTINCT product) FROM label").fetchone()[0] if kept else 0
    return Coverage(sum(r.studies for r in found), found, day_of(store), labels=labels)
