"""The search index by tantivy: one folder, memory-mapped; facets are counted from columns beside the ranking."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from livingdrug.registry.search.document import FACETS, NUMBERS, TEXTS, Document
from livingdrug.registry.search.engine import Hits, Wanted
from livingdrug.registry.search.query import Clause, Phrase, Query

_Bucket = tuple[str, str, int]
"""column, word, studies"""

_BOOST = {"title": 4.0, "intervention": 2.5, "condition": 2.0}
"""How much more a word counts in these fields"""

_RANKED = 3
"""So many ways of saying a thing, the typed one first, count more in these fields"""

_LABEL = 2.0
"""The same for a label that says it"""

_HEAP = 256_000_000
"""Memory of the writer [byte]"""

_FEW = ("status", "phase", "kind", "target", "sponsor_type")
"""Facets with few values, which a study has in few combinations: kept as one word a study and counted in one pass"""

_SHORT = 4
"""So many disease names of a study are kept as one word; studies with more are counted name by name"""

_MOST = 9_000
"""Different words counted in a column; were there more, the facets themselves would be counted"""


class Tantivy:
    """An index folder written and read by tantivy."""

    name = "tantivy"

    def __init__(self, folder: Path) -> None:
        import tantivy

        self._t = tantivy
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
        for name in TEXTS:
            builder.add_text_field(name, stored=False, tokenizer_name="default", index_option="position")
        for name in FACETS:
            builder.add_text_field(name, stored=False, fast=True, tokenizer_name="raw", index_option="basic")
        for name in _packed({}):
            builder.add_text_field(name, stored=False, fast=True, tokenizer_name="raw", index_option="basic")
        for name in NUMBERS:
            builder.add_float_field(name, indexed=False, fast=True)
        self._schema = builder.build()
        folder.mkdir(parents=True, exist_ok=True)
        self._index = tantivy.Index(self._schema, path=str(folder))
        self._writer: Any = None
        self._beside = ThreadPoolExecutor(1, "facets")  # tantivy counts without holding Python's lock

    def _write(self) -> Any:
        if self._writer is None:
            self._writer = self._index.writer(heap_size=_HEAP)
        return self._writer

    def add(self, documents: Iterable[Document]) -> None:
        """Takes documents; the caller removes older ones of the same id first."""
        writer = self._write()
        for e in documents:
            document = self._t.Document(id=[e.id])
            for name, text in e.texts.items():
                document.add_text(name, text)
            for name, values in (*e.facets.items(), *_packed(e.facets).items()):
                for value in values:
                    document.add_text(name, value)
            for name, number in e.numbers.items():
                document.add_float(name, number)
            writer.add_document(document)

    def remove(self, ids: Iterable[str]) -> None:
        """Forgets studies."""
        writer = self._write()
        for study in ids:
            writer.delete_documents_by_term("id", study)

    def save(self) -> None:
        """Commits."""
        if self._writer is not None:
            self._writer.commit()
            self._writer.wait_merging_threads()
            self._writer = None
        self._index.reload()

    def close(self) -> None:
        """Gives up what was not saved."""
        if self._writer is not None:
            self._writer.rollback()
            self._writer = None
        self._beside.shutdown()

    def search(self, wanted: Wanted, limit: int, offset: int, facets: tuple[str, ...]) -> Hits:
        """Finds studies; `facets` are counted over all hits."""
        searcher = self._index.searcher()
        most = max(searcher.num_docs, 1)  # it takes memory for as many as are asked for and passed over
        room, offset = min(max(limit, 1), most), min(offset, most)
        must = self._must(wanted)
        bare = self._all(must)
        columns = _columns(facets)
        counting = self._beside.submit(self._count, searcher, bare, columns) if columns else None
        if wanted.sort == "relevance" and wanted.query:
            found = searcher.search(self._all(must + self._should(wanted.query)), limit=room, offset=offset)
        else:
            field = "updated" if wanted.sort == "relevance" else wanted.sort
            found = searcher.search(bare, limit=room, offset=offset, order_by_field=field)
        found = cast(Any, found)
        ids = tuple(searcher.doc(address).to_dict()["id"][0] for _, address in found.hits[:limit])
        buckets = counting.result() if counting else []
        if buckets is None:  # far more combinations than any registry has
            buckets = self._count(searcher, bare, list(facets))
        return Hits(found.count, ids, _sorted_out(buckets or [], facets))

    def _count(self, searcher: Any, query: Any, columns: list[str]) -> list[_Bucket] | None:
        """How many studies have each word of the columns; None where a packed column has too many words."""
        counted = searcher.aggregate(query, {c: {"terms": {"field": c, "size": _MOST}} for c in columns})
        if any(counted[c].get("sum_other_doc_count") for c in columns if c not in FACETS):
            return None
        return [(c, b["key"], int(b["doc_count"])) for c in columns for b in counted[c]["buckets"]]

    def _all(self, clauses: list[tuple[Any, Any]]) -> Any:
        q = self._t.Query
        if not clauses:
            return q.all_query()
        if all(occur == self._t.Occur.MustNot for occur, _ in clauses):
            clauses = [(self._t.Occur.Must, q.all_query()), *clauses]
        return q.boolean_query(clauses)

    def _must(self, wanted: Wanted) -> list[tuple[Any, Any]]:
        q, occur = self._t.Query, self._t.Occur
        clauses = []
        for field, query in (("everything", wanted.query), *wanted.within.items()):
            for clause in query.clauses:
                clauses.append((occur.MustNot if clause.exclude else occur.Must, self._clause(clause, field)))
        filters = [self._any(name, values) for name, values in wanted.exact.items()]
        for name, (low, high) in wanted.ranges.items():
            if low is not None or high is not None:
                filters.append(q.range_query(self._schema, name, self._t.FieldType.Float, low, high))
        if wanted.ids is not None:
            filters.append(q.term_set_query(self._schema, "id", sorted(wanted.ids)) if wanted.ids else q.empty_query())
        return clauses + [(occur.Must, q.const_score_query(f, 0.0)) for f in filters]

    def _any(self, name: str, values: tuple[str | tuple[str, ...], ...]) -> Any:
        """Studies that have any of a facet's values, or all of those that stand together."""
        q, occur = self._t.Query, self._t.Occur
        single = [v for v in values if isinstance(v, str)]
        ways = [q.term_set_query(self._schema, name, single)] if single else []
        for together in (v for v in values if not isinstance(v, str)):
            ways.append(q.boolean_query([(occur.Must, q.term_query(self._schema, name, v)) for v in together]))
        return ways[0] if len(ways) == 1 else q.boolean_query([(occur.Should, way) for way in ways])

    def _should(self, query: Query) -> list[tuple[Any, Any]]:
        q, occur = self._t.Query, self._t.Occur
        said = [clause for clause in query.wanted if clause.ways]
        first = [replace(clause, ways=clause.ways[:_RANKED]) for clause in said]
        boosted = [(self._clause(clause, field), boost) for clause in first for field, boost in _BOOST.items()]
        boosted += [
            (self._way((key,), "keys"), _LABEL) for clause in said for key in clause.keys if key.startswith("of")
        ]
        return [(occur.Should, q.boost_query(way, boost)) for way, boost in boosted]

    def _clause(self, clause: Clause, field: str) -> Any:
        q = self._t.Query
        every = field == "everything"
        ways = [self._way(way, field) for way in (clause.in_everything if every else clause.ways)]
        if every:
            ways += [self._way((key,), "keys") for key in clause.keys]
        for pieces in clause.parts:
            ways.append(self._all([(self._t.Occur.Must, self._clause(piece, field)) for piece in pieces]))
        if not ways:
            return q.empty_query()
        return ways[0] if len(ways) == 1 else q.disjunction_max_query(ways, tie_breaker=0.1)

    def _way(self, way: Phrase, field: str) -> Any:
        q = self._t.Query
        *before, last = way
        if last.endswith("*"):
            if before:
                return q.phrase_prefix_query(self._schema, field, [*before, last[:-1]])
            return q.regex_query(self._schema, field, f"{last[:-1]}.*")
        if before:
            return q.phrase_query(self._schema, field, list(way))
        return q.term_query(self._schema, field, last)


@lru_cache(maxsize=20_000)
def _as_one(values: tuple[tuple[str, ...], ...]) -> str:
    """Several facet values as one word."""
    return json.dumps(values)


@lru_cache(maxsize=20_000)
def _as_many(word: str) -> list[list[str]]:
    """The facet values that stand as one word."""
    values: list[list[str]] = json.loads(word)
    return values


def _packed(facets: dict[str, tuple[str, ...]]) -> dict[str, list[str]]:
    """The columns in which several facet values of a study stand as one word."""
    diseases = facets.get("disease", ())
    short = len(diseases) <= _SHORT
    return {
        "few": [_as_one(tuple(facets.get(name, ()) for name in _FEW))],
        "disease_set": [_as_one((diseases if short else (),))],
        "disease_more": [] if short else list(diseases),
    }


def _columns(facets: tuple[str, ...]) -> list[str]:
    """The columns that facets are counted from."""
    few = [name for name in facets if name in _FEW]
    others = [name for name in facets if name not in (*_FEW, "disease")]
    diseases = ["disease_set", "disease_more"] if "disease" in facets else []
    return (["few"] if len(few) > 1 else few) + others + diseases


def _sorted_out(buckets: Iterable[_Bucket], facets: tuple[str, ...]) -> dict[str, dict[str, int]]:
    """The counts of the columns' words as counts of facet values, most frequent first."""
    counts: dict[str, Counter[str]] = {name: Counter() for name in facets}
    for column, word, n in buckets:
        if column == "few":
            sets = dict(zip(_FEW, _as_many(word), strict=True))
        elif column == "disease_set":
            sets = {"disease": _as_many(word)[0]}
        else:
            sets = {column.removesuffix("_more"): [word]}
        for name in sets.keys() & counts.keys():
            for value in sets[name]:
                counts[name][value] += n
    return {name: dict(sorted(count.items(), key=lambda pair: (-pair[1], pair[0]))) for name, count in counts.items()}
