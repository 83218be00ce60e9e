"""A process's own folder, with a lock that lasts as long as the process: whoever finds it free knows that it died.

A number of a process may be given to another one; a lock cannot be mistaken.
"""

from __future__ import annotations

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from livingdrug.files import locked

PROCESSES = "processes"
LOCK = "lock"


@dataclass(frozen=True)
class Own:
    """The folder of this process. name: by which its jobs name it; folder: empty, and its own."""

    name: str
    folder: Path
    lock: IO[bytes]


def own(home: Path, name: str | None = None) -> Own:
    """A folder for this process, locked until it ends."""
    name = name or uuid.uuid4().hex[:12]
    folder, begun = home / PROCESSES / name, home / PROCESSES / f".{name}"
    begun.mkdir(parents=True)
    lock = (begun / LOCK).open("wb")
    locked(lock)
    begun.rename(folder)  # seen from now on, and locked already
    return Own(name, folder, lock)


def alive(home: Path, name: str) -> bool:
    """Whether the process of that name still lives."""
    try:
        with (home / PROCESSES / name / LOCK).open("r+b") as lock:
            return not locked(lock)
    except OSError:
        return False


def clear_dead(home: Path) -> None:
    """Clears the folders of processes that died."""
    for folder in (home / PROCESSES).glob("[!.]*"):
        if (folder / LOCK).exists() and not alive(home, folder.name):
            shutil.rmtree(folder, ignore_errors=True)
