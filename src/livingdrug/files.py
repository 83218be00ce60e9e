"""A file appears whole or not at all: written beside its place, then renamed. Errors name the path.

A lock of a file lasts as long as the process that took it, however that ends.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from livingdrug.errors import ScenarioError


@contextmanager
def whole_file(path: str | Path, where: str | None = None, new: bool = False) -> Iterator[Path]:
    """A path to write to, with the same ending; what was written there takes its place at the end, and vanishes when
    anything went wrong. ScenarioError when the disk refuses.

    new: a file that is there already is an error and stays as it is. A device or pipe is written to as it stands.
    """
    path = Path(path)
    if path.exists() and not path.is_file() and not path.is_dir():
        with disk(path, where):
            yield path
        return
    with disk(path, where):
        if path.is_dir():
            raise IsADirectoryError(21, "this is a folder")
        if new and os.path.lexists(path):
            raise _taken(path, where)
        place = path.resolve()  # through links
        handle, name = tempfile.mkstemp(prefix=f".{place.stem[:100]}.", suffix=f".part{place.suffix}", dir=place.parent)
        os.close(handle)
        part = Path(name)
        try:
            yield part
            part.chmod(place.stat().st_mode & 0o7777 if place.exists() else 0o666 & ~mask())
            if new:
                _settle(part, path, where)
            else:
                os.replace(part, place)
        finally:
            part.unlink(missing_ok=True)


def write_text(path: str | Path, text: str, where: str | None = None, new: bool = False) -> None:
    """Write a UTF-8 text whole or not at all; as `whole_file`."""
    with whole_file(path, where, new) as part:
        part.write_text(text, encoding="utf-8", newline="")


def locked(file: IO[bytes]) -> bool:
    """Takes the lock of an open file; False where another process has it, or nothing can be locked."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def alone(path: Path, longest: float = 300.0) -> Iterator[None]:
    """The making of a file, one process at a time. After so long [s], and where nothing can be locked, all the same:
    what is written whole may be written twice."""
    with disk(path):
        file = path.with_name(f".{path.name}.lock").open("wb")
    with file:
        end = time.monotonic() + longest
        while not locked(file) and time.monotonic() < end:
            time.sleep(0.1)
        yield


@contextmanager
def disk(path: str | Path, where: str | None = None) -> Iterator[None]:
    """Turns what the disk refuses into a ScenarioError that names the path."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as problem:
        raise ScenarioError(
            f"'{path}' cannot be written: {problem.strerror or problem}",
            where=where,
            mend="make room, or choose a place you may write to; nothing half-written was left",
        ) from problem


def mask() -> int:
    """The bits of permission that new files do not get."""
    bits = os.umask(0)
    os.umask(bits)
    return bits


def _settle(part: Path, path: Path, where: str | None) -> None:
    """Give a finished file its name unless somebody else took it meanwhile."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise _taken(path, where) from None
    except OSError:  # a disk without links
        if path.exists():
            raise _taken(path, where) from None
        os.replace(part, path)


def _taken(path: Path, where: str | None) -> ScenarioError:
    return ScenarioError(
        f"'{path}' is there already; it was not changed", where=where, mend="choose another name or move the file"
    )
