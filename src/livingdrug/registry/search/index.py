"""The search index beside the mirror: built from it, brought up to date by what changed, thrown away at will.

Two engines with one face: tantivy (extra `search`) and SQLite FTS5, which is always there. The index is never the
source of truth: when it is missing, stale, broken or of another format it is made again from the mirror.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from multiprocessing import current_process
from pathlib import Path

from livingdrug.parallel import in_order
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.file import can_write, trouble
from livingdrug.registry.mirror.own import OwnLabel
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.search.document import COUNTED, Document, Labels, bare, document
from livingdrug.registry.search.engine import Engine, Hits, Wanted
from livingdrug.registry.search.fts5 import Fts5
from livingdrug.registry.search.own_labels import corrected, digests, own_labels
from livingdrug.registry.search.tantivy import Tantivy

FORMAT = 10
"""Changes when documents or fields change; an index of another format is rebuilt."""

Progress = Callable[[int, int], None]
"""Called with (studies done, all) while the index is built."""

_NAMED = ("title", "condition", "intervention", "sponsor")
"""The fields whose words a misspelt one is compared with"""

_APART = dict.fromkeys(map(ord, ",;:.()[]/-'\""), " ")
"""What stands between words of a title"""

_AT_ONCE = 500
"""Studies asked for in one question"""

_LOCK = "lock.sqlite"
"""Held by who makes or mends the index"""

_IN_ONE_PROCESS = 800
_CHUNK = 250


class Index:
    """The index of one mirror."""

    def __init__(self, folder: Path, engine: Engine, labels: sqlite3.Connection) -> None:
        self.folder, self.engine, self._labels = folder, engine, labels
        counts = _state(folder).get("counts")
        self._counts: dict[str, dict[str, int]] = counts if isinstance(counts, dict) else {}
        self._said: Counter[str] = Counter()  # words of the documents taken since the last save

    def search(self, wanted: Wanted, limit: int = 20, offset: int = 0, facets: tuple[str, ...] = ()) -> Hits:
        """Finds studies; the counts over every study are kept ready."""
        if wanted.everything and set(facets) <= set(self._counts):
            hits = self.engine.search(wanted, limit, offset, ())
            return replace(hits, facets={name: self._counts[name] for name in facets})
        return self.engine.search(wanted, limit, offset, facets)

    def labels(self, ids: Iterable[str] | None = None) -> Iterator[tuple[str, Labels]]:
        """(id, what the classifier says): of the studies named, or of every study with a word about CAR cells."""
        if ids is None:
            rows: Iterable[tuple[str, str]] = self._labels.execute(
                "SELECT study, said FROM label WHERE car ORDER BY study"
            )
        else:
            rows = self._labels_of(list(ids))
        for study, said in rows:
            yield study, Labels._make(tuple(v) if isinstance(v, list) else v for v in json.loads(said))

    def _labels_of(self, ids: list[str]) -> Iterator[tuple[str, str]]:
        for begin in range(0, len(ids), _AT_ONCE):
            part = ids[begin : begin + _AT_ONCE]
            marks = ", ".join("?" * len(part))
            yield from self._labels.execute(f"SELECT study, said FROM label WHERE study IN ({marks})", part)

    def faults(self) -> dict[str, str]:
        """Study -> why it could not be read whole; such a study is found by what could be read of it."""
        return dict(self._labels.execute("SELECT study, reason FROM fault ORDER BY study"))

    def frequency(self, word: str) -> int:
        """How many studies say a word in title, condition, intervention or sponsor.

        A study that changed counts twice until the index is made anew.
        """
        row = self._labels.execute("SELECT n FROM word WHERE word = ?", (word,)).fetchone()
        return row[0] if row else 0

    def words(self, shortest: int, longest: int) -> dict[str, int]:
        """The words of such a length -> how many studies say them."""
        return dict(self._labels.execute("SELECT word, n FROM word WHERE length BETWEEN ? AND ?", (shortest, longest)))

    def beginning(self, start: str, most: int) -> list[str]:
        """The words that begin so, those that most studies say first."""
        rows = self._labels.execute(
            "SELECT word FROM word WHERE word >= ? AND word < ? AND n > 2 ORDER BY n DESC, word LIMIT ?",
            (start, start + "\U0010ffff", most),
        )
        return [word for (word,) in rows]

    def add(self, documents: list[Document]) -> None:
        """Takes documents into engine and labels."""
        self.engine.add(documents)
        for e in documents:
            said = set(" ".join(map(e.texts.__getitem__, _NAMED)).translate(_APART).split())
            self._said.update(word for word in said if word.isalpha() and 4 <= len(word) <= 30)
        faults = [(e.id, e.fault) for e in documents if e.fault]
        self._labels.executemany("INSERT OR REPLACE INTO fault VALUES (?, ?)", faults)
        rows = [(e.id, e.labels.kind != "no CAR", json.dumps(e.labels)) for e in documents]
        self._labels.executemany("INSERT OR REPLACE INTO label VALUES (?, ?, ?)", rows)

    def remove(self, ids: list[str]) -> None:
        """Forgets studies."""
        self.engine.remove(ids)
        for table in ("label", "fault"):
            self._labels.executemany(f"DELETE FROM {table} WHERE study = ?", [(i,) for i in ids])

    def save(self, state: dict[str, object]) -> None:
        """Makes changes lasting; the state is written last, so a half-made index counts as stale."""
        self._labels.executemany(
            "INSERT INTO word VALUES (?, ?, ?) ON CONFLICT (word) DO UPDATE SET n = n + excluded.n",
            ((word, len(word), n) for word, n in self._said.items()),
        )
        self._said.clear()
        self._labels.commit()
        self.engine.save()
        self._counts = self.engine.search(Wanted(), 0, 0, COUNTED).facets
        state = {**state, "counts": self._counts}
        new = self.folder / "state.new"
        new.write_text(json.dumps(state), "utf-8")
        os.replace(new, self.folder / "state.json")

    def close(self) -> None:
        """Lets go of the files."""
        self.engine.close()
        self._labels.close()


def folder_of(store: Store) -> Path:
    """Where the index of a mirror lies: beside it; in the user's cache folder where nothing can be written there."""
    beside = store.path.with_name(store.path.name + ".search")
    if can_write(beside if beside.exists() else beside.parent):
        return beside
    from platformdirs import user_cache_path

    mark = hashlib.blake2b(str(store.path.absolute()).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
    cached = user_cache_path("livingdrug", appauthor=False) / "search" / mark
    if not can_write(cached.parent):
        raise RegistryError(
            "the search index can be written neither beside the mirror nor in the cache folder",
            where=f"{beside}, {cached}",
            mend="name a cache folder that can be written: XDG_CACHE_HOME=FOLDER",
        )
    if beside.exists() and _state(beside) != _state(cached):
        shutil.rmtree(cached, ignore_errors=True)
        with suppress(OSError):
            shutil.copytree(beside, cached, copy_function=shutil.copyfile)
    return cached


@lru_cache
def engines() -> tuple[str, ...]:
    """The engines that are installed, the fastest first."""
    return ("tantivy", "fts5") if find_spec("tantivy") else ("fts5",)


@lru_cache
def _library_digest() -> str:
    """A mark of the tables the labels depend on."""
    folder = files("livingdrug.library").joinpath("registry")
    digest = hashlib.blake2b(digest_size=8)
    for table in sorted(folder.iterdir(), key=lambda f: f.name):
        if table.name.endswith(".toml"):
            digest.update(table.read_bytes())
    return digest.hexdigest()


def _engine(name: str, folder: Path) -> Engine:
    return Tantivy(folder / "tantivy") if name == "tantivy" else Fts5(folder / "fts5.sqlite")


def _open(folder: Path, name: str) -> Index:
    folder.mkdir(parents=True, exist_ok=True)
    labels = sqlite3.connect(folder / "labels.sqlite", check_same_thread=False)
    labels.execute(
        "CREATE TABLE IF NOT EXISTS label (study TEXT PRIMARY KEY, car INTEGER NOT NULL, said TEXT NOT NULL)"
    )
    labels.execute("CREATE TABLE IF NOT EXISTS fault (study TEXT PRIMARY KEY, reason TEXT NOT NULL)")
    labels.execute(
        "CREATE TABLE IF NOT EXISTS word (word TEXT PRIMARY KEY, length INTEGER NOT NULL, n INTEGER NOT NULL)"
        " WITHOUT ROWID"
    )
    labels.execute("CREATE INDEX IF NOT EXISTS label_car ON label (study) WHERE car")
    return Index(folder, _engine(name, folder), labels)


def _state(folder: Path) -> dict[str, object]:
    try:
        state = json.loads((folder / "state.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def fresh(store: Store, engine: str | None = None, progress: Progress | None = None) -> Index:
    """The index of a mirror, up to date: made, mended or rebuilt as needed.

    engine: tantivy or fts5; the fastest installed when not named. Raises RegistryError for one that is not there.
    """
    name = engine or engines()[0]
    if name not in engines():
        raise RegistryError(
            f"the search engine '{name}' is not installed",
            allowed=engines(),
            mend="pip install 'livingdrug[search]'" if name == "tantivy" else None,
        )
    folder = folder_of(store)
    if index := _ready(folder, store, name):
        return index
    with _one_at_a_time(folder):
        return _ready(folder, store, name) or _brought_up(folder, store, name, progress)


def _mark(name: str) -> dict[str, object]:
    """What an index must be made by to be of use."""
    return {"format": FORMAT, "engine": name, "knowledge": _library_digest()}


def _ready(folder: Path, store: Store, name: str) -> Index | None:
    """The index as it lies there, where nothing changed since it was made."""
    state = {**_mark(name), "revision": store.revision(), "own": digests(own_labels(store))}
    said = _state(folder)
    if any(said.get(k) != v for k, v in state.items()):
        return None
    try:
        return _open(folder, name)
    except Exception:  # a broken index is no loss: it is made again
        return None


def _brought_up(folder: Path, store: Store, name: str, progress: Progress | None) -> Index:
    """The index with what changed since, or a new one."""
    state = _state(folder)
    revision = store.revision()
    own = digests(own_labels(store))
    relabelled = sorted(i for i, _ in set(own.items()) ^ set(_dict(state.get("own")).items()))
    usable = all(state.get(k) == v for k, v in _mark(name).items()) and isinstance(state.get("revision"), int)
    index = None
    if usable and state["revision"] <= revision:  # type: ignore[operator]
        try:
            index = _open(folder, name)
            _catch_up(index, store, int(state["revision"]), relabelled, progress)  # type: ignore[call-overload]
        except Exception:
            if index is not None:
                index.close()
            index = None
    if index is None:
        index = _made(folder, name, store, progress)
    index.save({**_mark(name), "revision": revision, "own": own})
    return index


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Waits until no other program makes or mends this index; one that is killed lets go of it."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = None
    try:
        while (lock := _locked(folder)) is None:
            if getattr(current_process(), "_inheriting", False):  # started by the holder, which waits for us
                raise RuntimeError("a script that makes an index needs `if __name__ == '__main__':`")
        yield
    finally:
        if lock is not None:
            lock.close()


def _locked(folder: Path) -> sqlite3.Connection | None:
    """The lock of an index's folder, held; None where another program holds it, which is asked for half a second."""
    lock = sqlite3.connect(folder / _LOCK, timeout=0.5, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
        return lock
    except sqlite3.DatabaseError as error:
        lock.close()
        if "locked" in str(error):
            return None
        if isinstance(error, sqlite3.OperationalError):
            raise trouble(error, folder) from None
        (folder / _LOCK).unlink(missing_ok=True)  # no lock any more, but a broken file
        return None


def _empty(folder: Path) -> None:
    """Takes everything out of an index's folder but the lock."""
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        elif not entry.name.startswith("lock."):
            with suppress(OSError):
                entry.unlink()


def _made(folder: Path, name: str, store: Store, progress: Progress | None) -> Index:
    """A new index of every study that is searched; what fails leaves none behind."""
    _empty(folder)
    index = None
    try:
        index = _open(folder, name)
        index.add([])
        _fill(index, store, _shown(store), progress)
        return index
    except Exception as error:
        if index is not None:
            with suppress(Exception):
                index.close()
        _empty(folder)
        if isinstance(error, (sqlite3.Error, OSError)) or "o space left" in str(error):
            raise trouble(error, folder) from None
        raise


def _shown(store: Store) -> list[str]:
    """The studies that are searched: listed ones, and of a trial in several registries the record that leads it."""
    return [
        i
        for (i,) in store.connect().execute(
            "SELECT id FROM study WHERE trial = id"
            " AND NOT EXISTS (SELECT 1 FROM tombstone t WHERE t.study = id) ORDER BY id"
        )
    ]


def _dict(value: object) -> dict[str, str]:
    return value if isinstance(value, dict) else {}


def _catch_up(index: Index, store: Store, revision: int, relabelled: list[str], progress: Progress | None) -> None:
    changed = sorted({*store.changed_since(revision), *relabelled})
    if not changed:
        return
    db = store.connect()
    leading = {
        i: row[0] for i in changed if (row := db.execute("SELECT trial FROM study WHERE id = ?", (i,)).fetchone())
    }
    again = sorted({*changed, *leading.values()})
    index.remove(again)
    removed = {i for i in again if db.execute("SELECT 1 FROM tombstone WHERE study = ?", (i,)).fetchone()}
    _fill(index, store, [i for i in sorted(set(leading.values())) if i not in removed], progress)


def _fill(index: Index, store: Store, ids: list[str], progress: Progress | None) -> None:
    done = 0
    for documents in _documents(store, ids):
        index.add(documents)
        done += len(documents)
        if progress:
            progress(done, len(ids))


def _documents(store: Store, ids: list[str]) -> Iterator[list[Document]]:
    """The documents of the studies, in chunks; many are read by several processes, where those can be started."""
    from concurrent.futures.process import BrokenProcessPool

    chunks = [ids[i : i + _CHUNK] for i in range(0, len(ids), _CHUNK)]
    processes = min(os.cpu_count() or 1, 8)
    done = 0
    if len(ids) >= _IN_ONE_PROCESS and processes > 1:
        try:
            for documents in _by_processes(store, chunks, processes):
                yield documents
                done += 1
        except BrokenProcessPool:  # a script without a main guard, a machine short of memory: go on alone
            pass
    for chunk in chunks[done:]:
        yield _read(store, chunk)


def _by_processes(store: Store, chunks: list[list[str]], processes: int) -> Iterator[list[Document]]:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    spawn = get_context("spawn")
    with ProcessPoolExecutor(processes, spawn, initializer=_open_store, initargs=(str(store.path),)) as pool:
        yield from in_order(_read_in_process, chunks, processes, pool)


_store_of_process: Store | None = None


def _open_store(path: str) -> None:
    """What a process does first: opens the mirror it reads chunks from."""
    global _store_of_process
    _store_of_process = Store(path, create=False)


def _read_in_process(ids: list[str]) -> list[Document]:
    assert _store_of_process is not None
    return _read(_store_of_process, ids)


def _read(store: Store, ids: list[str]) -> list[Document]:
    own = own_labels(store)
    return [_document(store, study, own.get(study)) for study in ids]


def _document(store: Store, study: str, own: Mapping[str, OwnLabel] | None = None) -> Document:
    """The document of one study; one that cannot be read is no reason to stop."""
    try:
        return document(store.reading(study), (lambda said: corrected(said, own)) if own else None)
    except sqlite3.Error as error:
        raise trouble(error, store.path) from None
    except (OSError, MemoryError):
        raise
    except Exception as error:
        return bare(study, str(error).splitlines()[0])
