"""Opening the mirror's file, also where nothing can be written, and what its faults mean to a person."""

from __future__ import annotations

import os
import shutil
import sqlite3
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from livingdrug.registry.errors import RegistryError

_TROUBLES = (
    (
        ("not a database", "file is encrypted"),
        "this file is no mirror of the registries, or it is damaged from its beginning",
        "name the mirror with --db; a damaged one: put back a copy, or move it away and fetch or import anew",
    ),
    (
        ("malformed", "no such table", "no such column"),
        "the mirror's file is damaged",
        "put back a copy, or move it away and fetch or import anew; `sqlite3 FILE .recover` saves what is left",
    ),
    (
        ("disk is full", "no space left"),
        "the disk is full; what was not finished is undone, what was kept before is whole",
        "make room, then give the same command again: it goes on where it stopped",
    ),
    (
        ("readonly", "read-only", "unable to open", "permission denied", "disk i/o error"),
        "the mirror cannot be written here",
        "give a file that you may write to with --db; searching and showing need no writing",
    ),
    (
        ("locked", "busy"),
        "another program is writing to the mirror",
        "wait until it has finished, then give the same command again",
    ),
)
"""(words of the database, what they mean, how to mend it)"""


def trouble(error: Exception, path: str | Path) -> RegistryError:
    """A fault of the database as one message with the path and the mend."""
    said = str(error) or type(error).__name__
    for signs, meaning, mend in _TROUBLES:
        if any(sign in said.lower() for sign in signs):
            return RegistryError(f"{meaning} ({said})", where=str(path), mend=mend)
    return RegistryError(
        f"the mirror cannot be read: {said}", where=str(path), mend="is this the file that `livingdrug trials` made?"
    )


def identity(path: Path) -> tuple[int, int] | None:
    """Which file a path names now; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def removed(path: Path) -> RegistryError:
    """The fault of a file that was taken away while it was written to."""
    return RegistryError(
        "the mirror's file was removed or replaced while it was written to; what was written since is lost",
        where=str(path),
        mend="put the file back if it was moved, then give the same command again",
    )


def connection(path: Path, *, reading: bool) -> sqlite3.Connection:
    """A connection with explicit transactions; for reading also on a file or a mount that cannot be written."""
    try:
        opened = _connected(str(path), uri=False)
        opened.execute("PRAGMA journal_mode = WAL")
        opened.execute("PRAGMA synchronous = NORMAL")
        return opened
    except sqlite3.OperationalError as error:
        if not reading or "locked" in str(error):
            raise
        first = error
    for option in ("mode=ro", "immutable=1"):  # beside a writer; where not even the files of its log can be made
        try:
            if option == "immutable=1" and (log := _log(path)):  # it would hide what stands in the log alone
                return _connected(str(_copy(path, path.stat().st_mtime_ns, log) / path.name), uri=False)
            opened = _connected(f"{path.absolute().as_uri()}?{option}", uri=True)
            opened.execute("SELECT count(*) FROM sqlite_master").fetchone()
            opened.execute("PRAGMA temp_store = MEMORY")
            return opened
        except sqlite3.OperationalError:
            continue
    raise first


def _log(path: Path) -> int:
    """Size of the log of what is not in the file itself yet [bytes]; 0 without one."""
    log = Path(f"{path}-wal")
    return log.stat().st_size if log.exists() else 0


@cache
def _copies() -> TemporaryDirectory[str]:
    """Where copies lie; removed when the program ends."""
    return TemporaryDirectory(prefix="livingdrug-")


@cache
def _copy(path: Path, changed: int, log: int) -> Path:
    """The folder of a copy of a mirror and its log, one for each state of the file."""
    folder = Path(_copies().name) / f"{abs(hash((path, changed, log)))}"
    folder.mkdir()
    for name in (path.name, f"{path.name}-wal"):
        shutil.copyfile(path.parent / name, folder / name)
    return folder


def _connected(where: str, *, uri: bool) -> sqlite3.Connection:
    return sqlite3.connect(where, timeout=30, isolation_level=None, uri=uri)


def can_write(folder: Path) -> bool:
    """Whether files can be made in a folder; tried, as permissions alone do not tell of a read-only mount."""
    probe = folder / f".livingdrug-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError:
        return False
    return True
