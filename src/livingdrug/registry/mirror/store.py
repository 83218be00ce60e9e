"""The mirror: one SQLite file that keeps every record as received, and what it says in typed columns.

Reading:
    store = Store(path)                  opens or makes the file (WAL: readers never wait for a sync)
    store.studies(ids)                   (id, raw record) of each study, newest version
    store.readings(ids)                  Study objects: the same words for every registry, no contact persons
    store.record(id), store.reading(id)  one of them; store.resolve("nct2435849") finds ids, aliases and lower case
    store.connect()                      this thread's sqlite3 connection; tables are described in `schema`
    store.revision()                     a number that grows with every change of content; table study has the
                                         revision of each row, so `changed_since(n)` is what an index must re-read
Writing:
    store.take(text, place, seen)        one record as received; what cannot be read goes to quarantine
    store.upsert(record, seen)           one parsed record; raises RecordError
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from livingdrug.registry.errors import RecordError, RegistryError, reading
from livingdrug.registry.mirror import file, schema
from livingdrug.registry.mirror.changes import compare
from livingdrug.registry.mirror.crosslinks import own_number, relink
from livingdrug.registry.mirror.file import trouble
from livingdrug.registry.mirror.history import ordered
from livingdrug.registry.records.identifiers import written
from livingdrug.registry.records.read import is_whole, read
from livingdrug.registry.records.study import DATES, PHASES, STATUSES, Record, Study
from livingdrug.registry.records.text import as_text, content_hash, parse_json

NEWS = 60
"""A study is news when it was first posted at most so long before it was seen [day]"""

_DATE_PARTS = (("", "text"), ("_precision", "precision"), ("_first", "first"), ("_last", "last"), ("_type", "type"))
_PLAIN = (
    "id registry url title official_title acronym status status_stated last_known_status why_stopped study_type"
    " enrollment enrollment_type enrollment_stated sex minimum_age maximum_age minimum_age_years maximum_age_years"
    " healthy_volunteers has_results"
).split()
_COLUMNS = [
    *_PLAIN, "sponsor", "sponsor_category", "trial", "hash", "version", "revision", "as_of",
    "first_seen", "last_seen", "changed_seen", *(f"{d}{suffix}" for d in DATES for suffix, _ in _DATE_PARTS),
]  # fmt: skip
_REPLACE = f"INSERT OR REPLACE INTO study ({', '.join(_COLUMNS)}) VALUES ({', '.join(':' + c for c in _COLUMNS)})"
_LINKED = ("condition", "intervention", "country", "site", "phase", "sponsor", "identifier")


def default_path() -> Path:
    """The mirror in the user's data folder."""
    from platformdirs import user_data_path

    return user_data_path("livingdrug", appauthor=False) / "trials.sqlite"


def now() -> str:
    """The present moment, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str | None) -> str:
    """A time stamp of any zone as UTC; a day stays a day; no stamp, or an unreadable one, is now."""
    try:
        stamp = datetime.fromisoformat(text or "")
    except ValueError:
        return now()
    if len(text or "") == 10:
        return stamp.date().isoformat()
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Store:
    """The mirror in one file: the one named, the one that LIVINGDRUG_TRIALS names, or the one in the data folder.

    >>> from livingdrug.registry.mirror.store import Store
    >>> store = Store("trials.sqlite")
    >>> [study.title for study in store.readings()]
    []
    """

    def __init__(self, path: str | Path | None = None, *, create: bool = True) -> None:
        path = path if path is not None else os.environ.get("LIVINGDRUG_TRIALS")
        self.path = Path(path) if path else default_path()
        self._local = threading.local()
        if not create and not self.path.exists():
            raise RegistryError(
                "there is no mirror of the registries yet",
                where=str(self.path),
                mend="fetch one with `livingdrug trials sync --cart`, import files with `livingdrug trials import`,"
                " look around with `livingdrug trials demo`, or name the file of one with --db",
            )
        self._reading = not create
        try:
            if create:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            schema.migrate(self.connect(), reading=self._reading)
        except (sqlite3.Error, OSError) as error:
            raise trouble(error, self.path) from None
        except RegistryError as problem:
            self.close()
            raise RegistryError(problem.what, where=str(self.path), mend=problem.mend) from None

    def __repr__(self) -> str:
        (count,) = self.connect().execute("SELECT count(*) FROM study").fetchone()
        return f"<mirror of {count:,} studies in {self.path}>"

    def connect(self) -> sqlite3.Connection:
        """This thread's connection to the file; transactions are explicit (autocommit otherwise)."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = file.connection(self.path, reading=self._reading)
            self._local.opened = file.identity(self.path)
        return connection

    def close(self) -> None:
        """Closes this thread's connection."""
        if connection := getattr(self._local, "connection", None):
            connection.close()
            self._local.connection = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; may be nested. RegistryError when the file was removed meanwhile."""
        connection = self.connect()
        if connection.in_transaction:
            yield connection
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
            if (
                file.identity(self.path) != self._local.opened
            ):  # the database itself writes on, to a file without a name
                raise file.removed(self.path)
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    # reading

    def __len__(self) -> int:
        return self.connect().execute("SELECT count(*) FROM study").fetchone()[0]

    def revision(self) -> int:
        """A number that grows whenever the content changes."""
        return int(self.setting("revision") or 0)

    def changed_since(self, revision: int) -> list[str]:
        """Ids of the studies that changed, came or went after a revision."""
        return [
            i for (i,) in self.connect().execute("SELECT id FROM study WHERE revision > ? ORDER BY id", (revision,))
        ]

    def setting(self, name: str) -> str | None:
        """A remembered word, such as the date the mirror was last filled."""
        row = self.connect().execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def set_setting(self, name: str, value: object) -> None:
        """Remembers a word under a name."""
        self.connect().execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, str(value)))

    def texts(self, ids: Iterable[str] | None = None) -> Iterator[tuple[str, str]]:
        """(id, text exactly as received) of each study, newest version, by id."""
        select = "SELECT id, raw FROM study JOIN version ON version.study = id AND version.number = study.version"
        if ids is None:
            rows: Iterable[tuple[str, bytes]] = self.connect().execute(f"{select} ORDER BY id")
        else:
            rows = (r for i in ids for r in self.connect().execute(f"{select} WHERE id = ?", (i,)))
        for study, raw in rows:
            with reading(study):
                text = unpack(raw)
            yield study, text

    def studies(self, ids: Iterable[str] | None = None) -> Iterator[tuple[str, Record]]:
        """(id, raw record) of each study, newest version, by id (or in the order of the ids given)."""
        for study, text in self.texts(ids):
            with reading(study):
                record = parse_json(text)
            yield study, record

    def readings(self, ids: Iterable[str] | None = None) -> Iterator[Study]:
        """Each study in the same words for every registry."""
        for study, record in self.studies(ids):
            with reading(study):
                said = read(record)
            yield said

    def unknown_words(self) -> dict[tuple[str, str], int]:
        """(field, word) -> studies, for words of the registries that this program does not know; they are kept."""
        db = self.connect()
        found: dict[tuple[str, str], int] = {}
        for name, known, counts in (
            ("phase", PHASES, "SELECT name, count(*) FROM phase GROUP BY name"),
            ("status", STATUSES, "SELECT status, count(*) FROM study WHERE status IS NOT NULL GROUP BY status"),
        ):
            found |= {(name, word): n for word, n in db.execute(counts) if word not in known}
        return found

    def record(self, study: str) -> Record:
        """The newest raw record of one study."""
        return next(self.studies([self.resolve(study)]))[1]

    def reading(self, study: str) -> Study:
        """One study, read."""
        return next(self.readings([self.resolve(study)]))

    def versions(self, study: str) -> Iterator[tuple[int, str, Record]]:
        """(number, when seen, raw record) of each version of one study, oldest first."""
        rows = self.connect().execute("SELECT number, seen, raw FROM version WHERE study = ? ORDER BY number", (study,))
        for number, seen, raw in rows:
            yield number, seen, parse_json(unpack(raw))

    def resolve(self, given: str) -> str:
        """The id of the study meant by an id, a former id, or another registry's number for it.

        A record kept under its former id is found by that id; `present` gives the study it became.
        """
        for query in (
            "SELECT id FROM study WHERE id = ?",
            "SELECT study FROM alias WHERE alias = ? ORDER BY study",
            "SELECT s.trial FROM identifier i JOIN study s ON s.id = i.study WHERE i.value = ? ORDER BY s.trial",
        ):
            for wanted in written(given):
                if row := self.connect().execute(query, (wanted,)).fetchone():
                    return row[0]
        raise RegistryError(
            f"no study '{given}' in the mirror",
            where=str(self.path),
            mend="sync or import it first, or look for it with `livingdrug trials search`",
        )

    def present(self, given: str) -> tuple[str, str | None]:
        """(id of the study as it is listed now, the former id it was asked by, None where it was asked by no such)."""
        for asked in written(given):
            found = asked
            for _ in range(10):  # a former id of a former id; a circle ends
                row = (
                    self.connect()
                    .execute(
                        "SELECT a.study FROM alias a JOIN study s ON s.id = a.study WHERE a.alias = ? AND (a.alias IN"
                        " (SELECT study FROM tombstone) OR NOT EXISTS (SELECT 1 FROM study o WHERE o.id = a.alias))",
                        (found,),
                    )
                    .fetchone()
                )
                if row is None:
                    break
                found = row[0]
            if found != asked:
                return found, asked
        return self.resolve(given), None

    def same_trial(self, study: str) -> list[str]:
        """Ids of all records of the trial that a study belongs to, in all registries."""
        return [
            i
            for (i,) in self.connect().execute(
                "SELECT id FROM study WHERE trial = (SELECT trial FROM study WHERE id = ?) ORDER BY id", (study,)
            )
        ]

    # writing

    def take(self, text: str, place: str, seen: str | None = None, *, newest: bool = False) -> str:
        """Keeps one record as received: `new`, `changed`, `unchanged`, or `quarantined` when it cannot be read."""
        try:
            with self._savepoint():
                return self.upsert(parse_json(text), seen=seen, text=text, newest=newest)
        except (sqlite3.OperationalError, MemoryError):  # the disk, not the record
            raise
        except sqlite3.DatabaseError as error:
            if type(error) is sqlite3.DatabaseError:  # the file is damaged
                raise
            reason = f"{type(error).__name__}: {error}"
        except RecordError as error:
            reason = str(error)
        except Exception as error:  # whatever a broken record can cause: the others go on
            reason = f"{type(error).__name__}: {error}"
        self.quarantine(text, reason, place, seen)
        return "quarantined"

    def upsert(self, record: Record, seen: str | None = None, text: str | None = None, *, newest: bool = False) -> str:
        """Keeps one record: `new`, `changed` or `unchanged`.

        text: the record exactly as received. newest: the record comes from the registry now, so it is believed even
        when its data version is older than the one kept; otherwise an older record counts as unchanged, unless it is
        known to have been seen earlier: then it takes its place in the study's history.
        Raises RecordError when the record has no usable id, or is a cut of a record that is kept whole.
        """
        study = read(record)
        seen = moment(seen)
        digest = content_hash(record)
        text = as_text(record) if text is None else text
        with self.transaction() as db:
            kept = db.execute(
                "SELECT study.hash, number, as_of, first_seen, trial, seen FROM study"
                " JOIN version ON version.study = id AND number = version WHERE id = ?",
                (study.id,),
            ).fetchone()
            if kept and not newest and seen < kept[5]:
                return self._backfill(study.id, seen, text)
            if kept and (kept[0] == digest or (not newest and self._older(study, record, kept[2]))):
                db.execute(
                    "UPDATE study SET last_seen = max(last_seen, ?), as_of = max(as_of, ?) WHERE id = ?",
                    (seen, study.as_of, study.id),
                )
                if newest or study.as_of > kept[2]:
                    self._relist(study.id, seen)
                return "unchanged"
            before = self._kept(study.id) if kept else None
            if before and is_whole(before) and not is_whole(record):
                raise RecordError(f"only a part of {study.id}; the whole record that is there is kept")
            number = kept[1] + 1 if kept else 1
            self._step(study, record, text, digest, number, seen, before)
            self._write(study, digest, number, seen, kept)
            self._relist(study.id, seen)
            for other, trial in relink(db, study.id).items():
                db.execute("UPDATE study SET trial = ?, revision = ? WHERE id = ?", (trial, self.revision(), other))
            return "changed" if kept else "new"

    def _older(self, study: Study, record: Record, as_of: str) -> bool:
        """Whether a record is older than the one kept; a whole one is never too old to take the place of a cut."""
        if study.as_of >= as_of:
            return False
        held = self._kept(study.id) if is_whole(record) else None
        return held is None or is_whole(held)

    def _kept(self, study: str) -> Record | None:
        """The record that is there; None when it is damaged, so that a whole one can take its place."""
        try:
            return self.record(study)
        except RecordError:
            return None

    def _backfill(self, study: str, seen: str, text: str) -> str:
        """Writes a study's history anew with one more version: `changed` when that adds a step, else `unchanged`."""
        db = self.connect()
        rows = db.execute("SELECT hash, seen, raw FROM version WHERE study = ? ORDER BY number", (study,)).fetchall()
        versions = ordered([*((s, unpack(raw)) for _, s, raw in rows), (seen, text)])
        if [(v.digest, v.seen) for v in versions] == [row[:2] for row in rows]:
            return "unchanged"
        kept = db.execute("SELECT hash, version, as_of, first_seen, trial FROM study WHERE id = ?", (study,)).fetchone()
        db.execute("DELETE FROM version WHERE study = ?", (study,))
        db.execute("DELETE FROM event WHERE study = ? AND kind NOT IN ('removed', 'returned')", (study,))
        before = None
        for number, v in enumerate(versions, 1):
            self._step(read(v.record), v.record, v.text, v.digest, number, v.seen, before)
            before = v.record
        last = versions[-1]
        self._write(read(last.record), last.digest, len(versions), last.seen, kept)
        db.execute(
            "UPDATE study SET first_seen = ?, as_of = max(as_of, ?) WHERE id = ?", (versions[0].seen, kept[2], study)
        )
        return "changed" if [v.digest for v in versions] != [row[0] for row in rows] else "unchanged"

    def _step(
        self, study: Study, record: Record, text: str, digest: str, number: int, seen: str, before: Record | None
    ) -> None:  # fmt: skip
        """One version of a study, and what it says that the version before did not."""
        registry_date = study.updated.first if study.updated else None
        version = (study.id, number, digest, seen, registry_date, pack(text))
        self.connect().execute("INSERT INTO version VALUES (?, ?, ?, ?, ?, ?)", version)
        if before is None:
            if number == 1 and study.first_posted and _days_between(study.first_posted.first, seen[:10]) <= NEWS:
                self._event(study.id, number, "new", "study", None, study.title, seen, registry_date)
        elif is_whole(before):
            for c in compare(before, record, lambda field: self._last_stated(study.id, field), now=study):
                self._event(study.id, number, c.kind, c.field, c.before, c.after, seen, registry_date,
                           silent=c.silent, doubt=c.doubt)  # fmt: skip

    def _write(self, study: Study, digest: str, number: int, seen: str, kept: tuple | None) -> None:
        """The typed row and the link rows of one study; kept: what upsert found of it."""
        db = self.connect()
        lead = next((s for s in study.sponsors if s.role == "lead"), None)
        row = {c: getattr(study, c) for c in _PLAIN}
        row |= {"sponsor": study.sponsor, "sponsor_category": lead and lead.category}
        row |= {"trial": kept[4] if kept else study.id, "hash": digest, "version": number, "as_of": study.as_of}
        row |= {"revision": self._next_revision(), "first_seen": kept[3] if kept else seen}
        row |= {"last_seen": seen, "changed_seen": seen}
        for name in DATES:
            value = getattr(study, name)
            row |= {f"{name}{suffix}": value and getattr(value, part) for suffix, part in _DATE_PARTS}
        db.execute(_REPLACE, row)
        if kept:
            for table in _LINKED:
                db.execute(f"DELETE FROM {table} WHERE study = ?", (study.id,))
        link: dict[str, list[tuple[Any, ...]]] = {
            "condition": [
                (i, n, kind)
                for kind, names in (("stated", study.conditions), ("keyword", study.keywords), ("mesh", study.mesh))
                for i, n in enumerate(names)
            ],
            "intervention": [
                (i, x.name, x.type, x.description, "\n".join(x.other_names)) for i, x in enumerate(study.interventions)
            ],
            "country": [(c,) for c in study.countries],
            "site": [
                (i, s.facility, s.city, s.state, s.country, s.status, s.latitude, s.longitude)
                for i, s in enumerate(study.sites)
            ],
            "phase": [(p,) for p in study.phases],
            "sponsor": [(i, s.name, s.role, s.category) for i, s in enumerate(study.sponsors)],
            "identifier": [own_number(study.id, study.registry), *((i.kind, i.value) for i in study.identifiers)],
        }
        for table, rows in link.items():
            if rows:
                marks = ", ".join("?" * (len(rows[0]) + 1))
                db.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", [(study.id, *r) for r in rows])
        for alias in study.aliases:
            self.add_alias(alias, study.id, seen)

    def _last_stated(self, study: str, field: str) -> str | None:
        """What a date said before it vanished, if that is the last that happened to it and is in doubt."""
        row = self.connect().execute(
            "SELECT before, after, doubt FROM event WHERE study = ? AND field = ? ORDER BY id DESC LIMIT 1",
            (study, field),
        ).fetchone()  # fmt: skip
        return row[0] if row and row[1] is None and row[2] else None

    def add_alias(self, alias: str, study: str, seen: str | None = None) -> None:
        """Remembers a former id; a record kept under it is marked as moved."""
        self.connect().execute("INSERT OR REPLACE INTO alias VALUES (?, ?)", (alias, study))
        self.tombstone(alias, f"now listed as {study}", seen)

    def tombstone(self, study: str, reason: str, seen: str | None = None) -> None:
        """Marks a study that the registry no longer lists; its record stays."""
        seen = moment(seen)
        with self.transaction() as db:
            kept = db.execute("SELECT version FROM study WHERE id = ?", (study,)).fetchone()
            if not kept or db.execute("SELECT 1 FROM tombstone WHERE study = ?", (study,)).fetchone():
                return
            db.execute("INSERT INTO tombstone VALUES (?, ?, ?)", (study, seen, reason))
            db.execute("UPDATE study SET revision = ? WHERE id = ?", (self._next_revision(), study))
            self._event(study, kept[0], "removed", "study", None, reason, seen, None)

    def _relist(self, study: str, seen: str) -> None:
        """A study that had a tombstone is listed again."""
        db = self.connect()
        if db.execute("DELETE FROM tombstone WHERE study = ?", (study,)).rowcount:
            (version,) = db.execute("SELECT version FROM study WHERE id = ?", (study,)).fetchone()
            db.execute("UPDATE study SET revision = ? WHERE id = ?", (self._next_revision(), study))
            self._event(study, version, "returned", "study", None, None, seen, None)

    def _event(
        self, study: str, version: int, kind: str, field: str, before: str | None, after: str | None, seen: str,
        registry_date: str | None, *, silent: bool = False, doubt: str | None = None,
    ) -> None:  # fmt: skip
        """Notes one change."""
        self.connect().execute(
            "INSERT INTO event (study, version, kind, field, before, after, seen, registry_date, silent, doubt)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (study, version, kind, field, before, after, seen, registry_date, int(silent), doubt),
        )

    def quarantine(self, raw: str | bytes, reason: str, place: str, seen: str | None = None) -> None:
        """Sets aside what could not be read, once however often it comes."""
        data, digest = _digest(raw)
        self.connect().execute(
            "INSERT OR IGNORE INTO quarantine (seen, place, reason, raw, digest) VALUES (?, ?, ?, ?, ?)",
            (moment(seen), place, reason.encode("utf-8", "replace").decode(), zlib.compress(data), digest),
        )

    def why_quarantined(self, raw: str | bytes) -> str:
        """The reason for which a text was set aside; empty when it was not."""
        found = self.connect().execute("SELECT reason FROM quarantine WHERE digest = ?", (_digest(raw)[1],)).fetchone()
        return found[0] if found else ""

    def _next_revision(self) -> int:
        revision = self.revision() + 1
        self.set_setting("revision", revision)
        return revision

    @contextmanager
    def _savepoint(self) -> Iterator[None]:
        with self.transaction() as db:
            db.execute("SAVEPOINT record")
            try:
                yield
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK TO record")
                    db.execute("RELEASE record")
                raise
            db.execute("RELEASE record")


def _digest(raw: str | bytes) -> tuple[bytes, str]:
    """A text as it is kept in quarantine, and its mark there."""
    data = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
    return data, hashlib.blake2b(data, digest_size=16).hexdigest()


def pack(text: str) -> bytes:
    """Text to its compressed form."""
    return zlib.compress(text.encode("utf-8"), 6)


def unpack(raw: bytes) -> str:
    """Compressed form to text."""
    return zlib.decompress(raw).decode("utf-8")


def _days_between(first: str, last: str) -> int:
    try:
        return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).days
    except ValueError:
        return 10**6
