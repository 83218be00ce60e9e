"""What a search engine is asked and what it answers: the one face of tantivy and SQLite FTS5."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from livingdrug.registry.search.document import Document
from livingdrug.registry.search.query import Query


@dataclass(frozen=True)
class Wanted:
    """A search, in terms of the index."""

    query: Query = Query()
    exact: dict[str, tuple[str | tuple[str, ...], ...]] = field(default_factory=dict)
    """facet -> values, any of which will do; a tuple asks for all of its values at once"""
    within: dict[str, Query] = field(default_factory=dict)
    """text field -> query"""
    ranges: dict[str, tuple[float | None, float | None]] = field(default_factory=dict)
    """number -> (at least, at most)"""
    ids: frozenset[str] | None = None
    """only these studies"""
    sort: str = "relevance"
    """relevance, or a number: largest first"""

    @property
    def everything(self) -> bool:
        """Whether every study is wanted."""
        return not (self.query or self.exact or self.within or self.ranges) and self.ids is None


@dataclass(frozen=True)
class Hits:
    """What the index found."""

    total: int
    ids: tuple[str, ...]
    facets: dict[str, dict[str, int]]


class Engine(Protocol):
    """What an index engine can do."""

    name: str

    def add(self, documents: Iterable[Document]) -> None:
        """Takes documents; those of the same id are replaced."""

    def remove(self, ids: Iterable[str]) -> None:
        """Forgets studies."""

    def save(self) -> None:
        """Makes what was added and removed visible and lasting."""

    def search(self, wanted: Wanted, limit: int, offset: int, facets: tuple[str, ...]) -> Hits:
        """Finds studies; `facets` are counted over all hits."""

    def close(self) -> None:
        """Lets go of the files."""
