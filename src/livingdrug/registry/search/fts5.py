"""The search index by SQLite FTS5: nothing to install, one file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from livingdrug.registry.search.document import NUMBERS, TEXTS, Document
from livingdrug.registry.search.engine import Hits, Wanted
from livingdrug.registry.search.query import Clause, Phrase, Query

_WEIGHTS = {"title": 8.0, "condition": 3.0, "intervention": 4.0, "sponsor": 1.0, "everything": 1.0, "keys": 4.0}
"""How much a word counts by field (bm25 column weights)"""

_TABLES = f"""
CREATE TABLE IF NOT EXISTS doc (doc INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
  {", ".join(f"{n} REAL" for n in NUMBERS)});
CREATE TABLE IF NOT EXISTS facet (name TEXT NOT NULL, value TEXT NOT NULL, doc INTEGER NOT NULL,
  PRIMARY KEY (name, value, doc)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS facet_doc ON facet (doc);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 ({", ".join(TEXTS)},
  tokenize = "unicode61 remove_diacritics 2");
"""


class Fts5:
    """An index file written and read by SQLite."""

    name = "fts5"

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_TABLES)

    def _begin(self) -> None:
        if not self._db.in_transaction:
            self._db.execute("BEGIN")

    def add(self, documents: Iterable[Document]) -> None:
        """Takes documents; the caller removes older ones of the same id first."""
        self._begin()
        for e in documents:
            marks = ", ".join("?" * (len(NUMBERS) + 1))
            doc = self._db.execute(
                f"INSERT INTO doc (id, {', '.join(NUMBERS)}) VALUES ({marks})", (e.id, *(e.numbers[n] for n in NUMBERS))
            ).lastrowid
            columns, marks = ", ".join(TEXTS), ", ".join("?" * (len(TEXTS) + 1))
            self._db.execute(
                f"INSERT INTO words (rowid, {columns}) VALUES ({marks})", (doc, *(e.texts[t] for t in TEXTS))
            )
            rows = [(name, value, doc) for name, values in e.facets.items() for value in values]
            self._db.executemany("INSERT OR IGNORE INTO facet VALUES (?, ?, ?)", rows)

    def remove(self, ids: Iterable[str]) -> None:
        """Forgets studies."""
        self._begin()
        for study in ids:
            for (doc,) in self._db.execute("SELECT doc FROM doc WHERE id = ?", (study,)).fetchall():
                for table, column in (("words", "rowid"), ("facet", "doc"), ("doc", "doc")):
                    self._db.execute(f"DELETE FROM {table} WHERE {column} = ?", (doc,))

    def save(self) -> None:
        """Commits."""
        if self._db.in_transaction:
            self._db.execute("COMMIT")

    def close(self) -> None:
        """Gives up what was not saved."""
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        self._db.close()

    def search(self, wanted: Wanted, limit: int, offset: int, facets: tuple[str, ...]) -> Hits:
        """Finds studies; `facets` are counted over all hits."""
        db = self._db
        where, values = self._where(wanted)
        said = _match(wanted.query, None)
        for field, query in wanted.within.items():
            said = " AND ".join(f"({part})" for part in (said, _match(query, field)) if part)
        unsaid = [m for f, q in ((None, wanted.query), *wanted.within.items()) for m in _matches(q, f, exclude=True)]
        for match in unsaid:
            where.append("doc.doc NOT IN (SELECT rowid FROM words WHERE words MATCH ?)")
            values.append(match)
        score = "0.0"
        source = "doc"
        if said:
            score = f"bm25(words, {', '.join(str(_WEIGHTS[t]) for t in TEXTS)})"
            source = "words JOIN doc ON doc.doc = words.rowid"
            where.insert(0, "words MATCH ?")
            values.insert(0, said)
        db.execute("DROP TABLE IF EXISTS temp.hit")
        db.execute(
            f"CREATE TEMP TABLE hit AS SELECT doc.doc AS doc, {score} AS score FROM {source}"
            + (" WHERE " + " AND ".join(where) if where else ""),
            values,
        )
        (total,) = db.execute("SELECT count(*) FROM hit").fetchone()
        order = "hit.score, doc.updated DESC" if wanted.sort == "relevance" else f"doc.{wanted.sort} DESC"
        rows = db.execute(
            f"SELECT doc.id FROM hit JOIN doc ON doc.doc = hit.doc ORDER BY {order}, doc.id LIMIT ? OFFSET ?",
            (limit, offset),
        )
        ids = tuple(i for (i,) in rows)
        counted: dict[str, dict[str, int]] = {name: {} for name in facets}
        marks = ", ".join("?" * len(facets))
        for name, value, n in db.execute(
            f"SELECT name, value, count(*) AS n FROM facet JOIN hit ON hit.doc = facet.doc WHERE name IN ({marks})"
            " GROUP BY name, value ORDER BY n DESC, value",
            facets,
        ):
            counted[name][value] = n
        return Hits(total, ids, counted)

    def _where(self, wanted: Wanted) -> tuple[list[str], list[object]]:
        where: list[str] = []
        values: list[object] = []
        for name, chosen in wanted.exact.items():
            ways = []
            for wanted_values in chosen:
                all_of = (wanted_values,) if isinstance(wanted_values, str) else wanted_values
                ways.append(" AND ".join([_HAS] * len(all_of)))
                values += [word for value in all_of for word in (name, value)]
            where.append("(" + " OR ".join(f"({way})" for way in ways) + ")")
        for name, (low, high) in wanted.ranges.items():
            for sign, bound in ((">=", low), ("<=", high)):
                if bound is not None:
                    where.append(f"doc.{name} {sign} ?")
                    values.append(bound)
        if wanted.ids is not None:
            self._db.execute("CREATE TEMP TABLE IF NOT EXISTS chosen (id TEXT PRIMARY KEY)")
            self._db.execute("DELETE FROM chosen")
            self._db.executemany("INSERT INTO chosen VALUES (?)", [(i,) for i in wanted.ids])
            where.append("doc.id IN (SELECT id FROM temp.chosen)")
        return where, values


_HAS = "doc.doc IN (SELECT doc FROM facet WHERE name = ? AND value = ?)"

_WORDS = "{" + " ".join(t for t in TEXTS if t != "keys") + "}"
"""The columns that hold words of the record"""


def _matches(query: Query, field: str | None, exclude: bool = False) -> list[str]:
    """Each clause in FTS5's language; words are always quoted, so that nothing typed is read as an operator."""
    return [_clause(clause, field) for clause in query.clauses if clause.exclude == exclude]


def _clause(clause: Clause, field: str | None) -> str:
    ways = clause.ways if field else clause.in_everything
    said = [f"{field or _WORDS} : ({' OR '.join(map(_quoted, ways))})"] if ways else []
    if clause.keys and field is None:
        said.append(f"keys : ({' OR '.join(_quoted((k,)) for k in clause.keys)})")
    for pieces in clause.parts:
        said.append(f"({' AND '.join(_clause(piece, field) for piece in pieces)})")
    return f"({' OR '.join(said)})" if said else '"nothing0"'


def _quoted(way: Phrase) -> str:
    phrase = " ".join(way)
    return f'"{phrase[:-1]}" *' if phrase.endswith("*") else f'"{phrase}"'


def _match(query: Query, field: str | None) -> str:
    return " AND ".join(_matches(query, field))
