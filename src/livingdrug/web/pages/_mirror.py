"""The mirror of the registries as pages read it: opened once, its index lent out, counts kept until it changes.

The file is the one of the settings, else the user's own; where there is none, the small demonstration set is made
beside the jobs. Nothing is written to a mirror here.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from contextlib import closing, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from livingdrug.errors import LivingDrugError
from livingdrug.registry.mirror.file import trouble
from livingdrug.registry.mirror.own import path_of
from livingdrug.registry.mirror.store import Store, default_path
from livingdrug.registry.reports import demo
from livingdrug.registry.reports.coverage import Coverage, coverage
from livingdrug.registry.reports.overview import Overview, overview
from livingdrug.registry.search.index import Index, fresh
from livingdrug.web.paper import page
from livingdrug.web.refused import Refused

if TYPE_CHECKING:
    from livingdrug.web.settings import Settings

T = TypeVar("T")
Stamp = tuple[Any, ...]

PATIENCE = 20.0
"""How long a reader waits for an index that is being made [s]"""

LOOK = 3.0
"""How long the files are taken to be unchanged after a look at them [s]"""

IDLE = 8
"""Indexes kept open"""


class Preparing(Refused):
    """The index is still being made."""

    def __init__(self, done: int, every: int) -> None:
        far = f": {done:,} of {every:,} studies" if every else ""
        super().__init__(503, f"the trials are being made ready to search{far}", mend="ask again in a moment")
        self.done, self.every = done, every


@contextmanager
def damage_told(path: Path | None) -> Iterator[None]:
    """While a mirror is read: raises RegistryError, with its path, where the file turns out to be damaged."""
    try:
        yield
    except (sqlite3.Error, zlib.error) as problem:
        raise trouble(problem, path or default_path()) from problem


class MirrorRoute(APIRoute):
    """What is answered from a mirror; a damaged one is told."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The own handler, with the telling around it."""
        inner = super().get_route_handler()

        async def telling(request: Request) -> Response:
            try:
                return await inner(request)
            except (sqlite3.Error, zlib.error):
                kept: Mirror | None = getattr(request.app.state, "mirror", None)
                with damage_told(kept.store.path if kept else None):
                    raise

        return telling


class PatientRoute(MirrorRoute):
    """A page that, while the index is being made, says how far that is and asks again by itself."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The page's own handler, with a waiting page around it."""
        inner = super().get_route_handler()

        async def patient(request: Request) -> Response:
            try:
                return await inner(request)
            except Preparing as wait:
                said = {"said": wait.what, "done": wait.done, "every": wait.every}
                answer = page(request.scope, "trials_wait.html", status=503, title="One moment", **said)
                answer.headers["Refresh"] = answer.headers["Retry-After"] = "5"
                return answer

        return patient


class Mirror:
    """One mirror, for many readers at once."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._counting = threading.RLock()
        self._idle: list[tuple[Stamp, Index]] = []
        self._maker = ThreadPoolExecutor(1, "index")
        self._pending: Future[None] | None = None
        self._progress = (0, 0)
        self._kept: dict[str, tuple[Stamp, Any]] = {}
        self._looked: tuple[float, Stamp] = (float("-inf"), ())
        self._file = _file(store.path)

    def current(self, path: Path) -> bool:
        """Whether the mirror to read is this one still: another file may have been put in its place."""
        return self.store.path == path and self._file == _file(path)

    def stamp(self) -> Stamp:
        """A mark of the files; another one when the mirror or the user's labels changed."""
        then, found = self._looked
        if time.monotonic() - then > LOOK:
            path = self.store.path
            found = tuple(map(_mark, (path, path.with_name(f"{path.name}-wal"), path_of(self.store))))
            self._looked = (time.monotonic(), found)
        return found

    @contextmanager
    def index(self) -> Iterator[Index]:
        """The search index, for one reader alone; raises Refused (503) while it takes long to make."""
        stamp = self.stamp()
        lent = self._take(stamp)
        try:
            yield lent
        finally:
            with self._lock:
                if len(self._idle) < IDLE:
                    self._idle.append((stamp, lent))
                    lent = None  # type: ignore[assignment]
            if lent is not None:
                lent.close()

    def _take(self, stamp: Stamp) -> Index:
        late = time.monotonic() + PATIENCE
        while True:
            with self._lock:
                for old in [one for one in self._idle if one[0] != stamp]:
                    self._idle.remove(old)
                    old[1].close()
                if self._idle:
                    return self._idle.pop()[1]
                pending = self._pending
                if pending is None:
                    pending = self._pending = self._maker.submit(self._make, stamp)
            try:
                pending.result(max(0.0, late - time.monotonic()))
            except Late:
                done, every = self._progress
                raise Preparing(done, every) from None

    def _make(self, stamp: Stamp) -> None:
        try:
            made = fresh(self.store, progress=self._tell)
            with self._lock:
                self._idle.append((stamp, made))
        finally:
            with self._lock:
                self._pending = None

    def _tell(self, done: int, every: int) -> None:
        self._progress = (done, every)

    def kept(self, name: str, make: Callable[[], T]) -> T:
        """What was counted under a name, made anew when the mirror changed."""
        stamp = self.stamp()
        with self._counting:
            found = self._kept.get(name)
            if found is None or found[0] != stamp:
                found = self._kept[name] = (stamp, make())
        return cast(T, found[1])

    def coverage(self) -> Coverage:
        """What the mirror holds."""
        return self.kept("coverage", lambda: coverage(self.store))

    def overview(self) -> Overview:
        """The field, counted."""

        def count() -> Overview:
            with self.index() as index:
                return overview(self.store, index)

        return self.kept("overview", count)


def _mark(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size) if found.st_size else None


def _file(path: Path) -> tuple[int, int] | None:
    """Which file of the disk it is."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


_opening = threading.Lock()


def opened(request: Request) -> Mirror:
    """The mirror of this server; raises RegistryError or OSError where none can be had."""
    state = request.app.state
    path = _path(state.settings)
    with _opening:
        kept: Mirror | None = getattr(state, "mirror", None)
        if kept is None or not kept.current(path):
            kept = state.mirror = Mirror(Store(path, create=False))
    return kept


def mirror(request: Request) -> Mirror | None:
    """The mirror of this server for a page that stands without one, too; None where none can be read."""
    try:
        found = opened(request)
        found.coverage()
    except (LivingDrugError, sqlite3.Error, zlib.error, OSError):
        return None
    return found


def _path(settings: Settings) -> Path:
    """The file to read: the one of the settings, the user's own where it holds studies, or the demonstration set."""
    if settings.mirror is not None and settings.mirror.exists():
        return settings.mirror
    own = default_path()
    if own.exists() and _has_studies(own, (_mark(own), _mark(own.with_name(f"{own.name}-wal")))):
        return own
    path = settings.home / "trials-demo.sqlite"
    with _opening:
        if not path.exists():
            try:
                _make_demo(path)
            except OSError as problem:
                said = f"the small set of trials cannot be made: {problem.strerror or problem}"
                raise Refused(503, said, where=str(path), mend="make room, or name a mirror with --db") from None
    return path


@lru_cache(maxsize=4)
def _has_studies(path: Path, mark: Stamp) -> bool:
    """Whether a mirror holds more than labels; one that cannot be read counts, so that it is told."""
    try:
        store = Store(path, create=False)
        with closing(store):
            return store.connect().execute("SELECT EXISTS (SELECT 1 FROM study)").fetchone()[0] == 1
    except (LivingDrugError, sqlite3.Error, OSError):
        return True


def _make_demo(path: Path) -> None:
    """The demonstration set as one whole file, or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        store = Store(new)
        demo.load(store)
        store.connect().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        store.close()
        os.replace(new, path)
    finally:
        for left in (new, *(new.with_name(f"{new.name}-{end}") for end in ("wal", "shm"))):
            with suppress(OSError):
                left.unlink()
