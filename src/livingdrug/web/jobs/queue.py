"""Which run is next: huey's queue in a file of SQLite, which every process of the folder shares."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.web.jobs.records import unkept

if TYPE_CHECKING:
    from huey import SqliteHuey

FILE = "queue.sqlite"


class Queue:
    """The keys of jobs, first in, first out. work: what a process does with one; only workers need it.

    A key that comes twice does no harm: a job is claimed in its record by one worker alone. Refused (503) where the
    file cannot be read or written.
    """

    def __init__(self, home: Path, work: Callable[[str], None] | None = None) -> None:
        from huey import SqliteHuey

        file = home / FILE
        how: dict[str, Any] = {"results": False, "cache_mb": 1, "serializer": _as_json()}
        try:
            self.huey: SqliteHuey = SqliteHuey("trials", filename=str(file), **how)
        except sqlite3.Error as problem:
            raise unkept("queue of runs", problem, file) from None

        def run(key: str) -> None:  # known to every process by this name
            if work is None:
                raise RuntimeError("only a worker runs jobs")
            work(key)

        self._task: Any = self.huey.task()(run)

    def put(self, key: str) -> None:
        """One more at the end."""
        self._task(key)

    def work(self) -> bool:
        """Does what is first in the queue; False where nothing is."""
        task = self.huey.dequeue()
        if task is None:
            return False
        self.huey.execute(task)
        return True

    def __len__(self) -> int:
        return int(self.huey.pending_count())

    def close(self) -> None:
        """Lets go of the file."""
        self.huey.storage.close()


def _as_json() -> Any:
    """Words in the queue are JSON: huey's own way, Python's pickles, would run whatever somebody put into the file."""
    from huey.registry import Message
    from huey.serializer import Serializer

    class Json(Serializer):  # type: ignore[misc,unused-ignore]
        def _serialize(self, data: Any) -> bytes:
            return json.dumps(data).encode()

        def _deserialize(self, data: bytes) -> Any:
            return Message(*json.loads(bytes(data)))

    return Json()
