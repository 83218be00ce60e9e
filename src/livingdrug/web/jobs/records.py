"""The table of runs: one row a job, in a file of SQLite that every process of the folder reads and writes.

Each change says from which state it leads, and a row tells whether it was made: two processes never both do it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from livingdrug.web.jobs.job import Job, now
from livingdrug.web.jobs.question import Answer, Question
from livingdrug.web.refused import Refused

FILE = "jobs.sqlite"
RESULTS = "results"
TABLE = """
CREATE TABLE IF NOT EXISTS job (
    key TEXT PRIMARY KEY, title TEXT, text TEXT, sets TEXT, files TEXT, notes TEXT, patients INT, seed INT, arms INT,
    state TEXT, step TEXT, arm TEXT, done INT, total INT, error TEXT, created TEXT, started TEXT, finished TEXT,
    owner TEXT, run INT DEFAULT 0, deaths INT DEFAULT 0, bytes INT DEFAULT 0);
CREATE INDEX IF NOT EXISTS job_state ON job (state);
"""
ROOM = "make room in the folder of runs, or start the server with a --folder that may be written"
AWAY = "move the file away: an empty one is made"
PATIENCE = 10  # seconds for another process's change


class Records:
    """The table of one folder. Every call opens the file anew, so that any thread of any process may make it.

    Refused (503) from each of them where the disk is full, or does not let it be read or written.
    """

    def __init__(self, home: Path) -> None:
        self.home, self.file = home, home / FILE
        with self._open() as table:
            table.execute("PRAGMA journal_mode = WAL")
            table.executescript(TABLE)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.file, timeout=PATIENCE, isolation_level=None)) as table:
                table.row_factory = sqlite3.Row
                table.execute("PRAGMA synchronous = NORMAL")
                yield table
        except sqlite3.Error as problem:
            raise unkept("table of runs", problem, self.file) from None

    def _job(self, row: sqlite3.Row) -> Job:
        return Job(
            **{k: row[k] for k in ("key", "title", "text", "patients", "seed", "state", "step", "done", "total")},
            **{k: row[k] for k in ("created", "finished", "arm", "arms")},
            error=row["error"] and json.loads(row["error"]),
            folder=self.home / RESULTS / row["key"] if row["state"] == "done" else None,
            sets=json.loads(row["sets"]),
            files=json.loads(row["files"]),
            notes=tuple(json.loads(row["notes"])),
        )

    def get(self, key: str) -> Job | None:
        """One job; None where there is none of that key."""
        with self._open() as table:
            row = table.execute("SELECT * FROM job WHERE key = ?", (key,)).fetchone()
        return row and self._job(row)

    def all(self, most: int = 200) -> list[Job]:
        """The newest jobs first."""
        with self._open() as table:
            rows = table.execute("SELECT * FROM job ORDER BY created DESC, rowid DESC LIMIT ?", (most,)).fetchall()
        return [self._job(row) for row in rows]

    def waiting(self) -> list[str]:
        """Keys of the jobs that wait, the first first."""
        with self._open() as table:
            return [k for (k,) in table.execute("SELECT key FROM job WHERE state = 'waiting' ORDER BY created, rowid")]

    def enter(self, question: Question, answer: Answer) -> bool:
        """A job that waits from now on; False where it waits, runs or is done already."""
        fresh = {
            "title": answer.title,
            "text": question.text,
            "sets": json.dumps(dict(question.sets)),
            "files": json.dumps(dict(question.files)),
            "notes": json.dumps(answer.notes),
            "patients": answer.patients,
            "seed": answer.seed,
            "arms": answer.arms,
            "total": answer.patients * answer.arms,
            "created": now(),
            "state": "waiting",
            "step": "waiting",
            "done": 0,
            "deaths": 0,
            **dict.fromkeys(("error", "arm", "started", "finished", "owner")),
        }
        names, marks = ", ".join(fresh), ", ".join("?" * len(fresh))
        again = ", ".join(f"{name} = excluded.{name}" for name in fresh)
        return self._changed(
            f"INSERT INTO job (key, {names}) VALUES (?, {marks}) ON CONFLICT (key) DO UPDATE SET {again}, "
            "run = run + 1 WHERE state IN ('failed', 'cancelled')",
            (answer.key, *fresh.values()),
        )

    def claim(self, key: str, owner: str) -> int | None:
        """Begins a job that waits; the number of the attempt, or None where somebody else has it."""
        with self._open() as table:
            row = table.execute(
                "UPDATE job SET state = 'running', step = 'running', owner = ?, started = ?, done = 0, run = run + 1 "
                "WHERE key = ? AND state = 'waiting' RETURNING run",
                (owner, now(), key),
            ).fetchone()
        return row and int(row["run"])

    def tell(self, key: str, run: int, step: str, done: int, arm: str | None) -> bool:
        """How far an attempt is; False where it is no longer wanted."""
        said = "UPDATE job SET step = ?, done = ?, arm = ? WHERE key = ? AND run = ? AND state = 'running'"
        return self._changed(said, (step, done, arm, key, run))

    def finish(self, key: str, run: int, size: int = 0, error: Mapping[str, Any] | None = None) -> bool:
        """An attempt came to its end: its result [byte] is in its place, or it met an error."""
        state, text = ("failed", json.dumps(error)) if error else ("done", None)
        return self._changed(
            "UPDATE job SET state = ?, error = ?, finished = ?, bytes = ?, owner = NULL, "
            "done = CASE ? WHEN 'done' THEN total ELSE done END WHERE key = ? AND run = ? AND state = 'running'",
            (state, text, now(), size, state, key, run),
        )

    def cancel(self, key: str) -> bool:
        """Ends a job that waits or runs; who runs it hears of it by `tell`."""
        said = "UPDATE job SET state = 'cancelled', finished = ? WHERE key = ? AND state IN ('waiting', 'running')"
        return self._changed(said, (now(), key))

    def left(self, owner: str) -> None:
        """A worker let go of what was cancelled."""
        self._changed("UPDATE job SET owner = NULL WHERE owner = ? AND state != 'running'", (owner,))

    def again(self, key: str, owner: str, died: bool) -> bool:
        """A job whose worker is gone waits once more; died: whether the worker died of itself."""
        return self._changed(
            "UPDATE job SET state = 'waiting', step = 'waiting', done = 0, arm = NULL, owner = NULL, "
            "deaths = deaths + ? WHERE key = ? AND owner = ? AND state = 'running'",
            (int(died), key, owner),
        )

    def owned(self) -> list[sqlite3.Row]:
        """key, owner, state, started, finished, run and deaths of every job that a worker holds."""
        with self._open() as table:
            return table.execute(
                "SELECT key, owner, state, started, finished, run, deaths FROM job WHERE owner IS NOT NULL"
            ).fetchall()

    def ended(self) -> list[tuple[str, str, int]]:
        """Key, state and size of the result [byte] of every job at its end, the oldest first."""
        with self._open() as table:
            return [
                tuple(row)
                for row in table.execute(
                    "SELECT key, state, bytes FROM job WHERE state IN ('done', 'failed', 'cancelled') "
                    "AND owner IS NULL ORDER BY finished, rowid"
                )
            ]

    def forget(self, keys: Sequence[str]) -> None:
        """Removes jobs that are at their end."""
        with self._open() as table:
            table.executemany(
                "DELETE FROM job WHERE key = ? AND state NOT IN ('waiting', 'running')", [(k,) for k in keys]
            )

    def _changed(self, said: str, values: Sequence[Any]) -> bool:
        with self._open() as table:
            return table.execute(said, values).rowcount > 0


def unkept(what: str, problem: sqlite3.Error | OSError, file: Path) -> Refused:
    """That something in the folder of runs cannot be kept, and what to do: (503)."""
    whole = isinstance(problem, (sqlite3.OperationalError, OSError))  # else the file is none of SQLite's, or damaged
    said = problem.strerror if isinstance(problem, OSError) else problem
    return Refused(503, f"the {what} cannot be kept: {said}", where=str(file), mend=ROOM if whole else AWAY)
