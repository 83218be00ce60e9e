"""Virtual trials asked for, followed and cancelled: what pages and the JSON interface use."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from livingdrug.web.jobs import alive, kept
from livingdrug.web.jobs.checker import Checker
from livingdrug.web.jobs.job import Job
from livingdrug.web.jobs.pool import Pool, start
from livingdrug.web.jobs.question import Answer, Question
from livingdrug.web.jobs.queue import Queue
from livingdrug.web.jobs.records import ROOM, Records, unkept
from livingdrug.web.refused import Refused
from livingdrug.web.settings import Settings

LOOK = 0.1  # seconds between two looks at a job that is followed
BEAT = 15.0  # seconds after which a job is told again though nothing changed


class Jobs:
    """The runs of one folder. Nothing is started before it is needed; `start` does so at once.

    Every call is safe from any thread; all but `events` may wait for the disk, and `submit` for a look at the scenario.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings, self.home = settings, settings.home.absolute()
        self._alone = threading.Lock()
        self._records: Records | None = None
        self._queue: Queue | None = None
        self._pool: Pool | None = None
        self._closed = False
        self._checker = Checker(lambda: start(self.home, "checker", settings.limits).process)

    def usable(self) -> None:
        """Refused (503), with the file and what to do, where the folder cannot keep table, queue and processes."""
        _ = self.records
        Queue(self.home).close()
        try:
            mine = alive.own(self.home)
            mine.lock.close()
            shutil.rmtree(mine.folder)
        except OSError as problem:
            raise unkept("folder of processes", problem, self.home / alive.PROCESSES) from None

    def start(self) -> None:
        """Starts the processes, and takes up what an earlier server left unfinished."""
        records = self.records
        with self._alone:
            if self._pool is None and not self._closed:
                self._queue = self._queue or Queue(self.home)
                self._pool = Pool(self.home, self.settings, records, self._queue)
                self._pool.start()
        self._checker.ready()

    def take_up(self) -> None:
        """Starts the processes where an earlier server left something unfinished."""
        if (self.home / "jobs.sqlite").exists() and (self.records.waiting() or self.records.owned()):
            self.start()

    def close(self) -> None:
        """Ends the processes; what they were doing is taken up at the next start."""
        with self._alone:
            self._closed = True
            self._checker.close()
            if self._pool:
                self._pool.close()
            if self._queue:
                self._queue.close()

    @property
    def records(self) -> Records:
        """The table of jobs; its folder, for this user alone, is made where it is not there."""
        with self._alone:
            if self._records is None:
                try:
                    self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
                except OSError as problem:
                    said = f"the folder of runs cannot be made: {problem.strerror or problem}"
                    raise Refused(503, said, where=str(self.home), mend=ROOM) from None
                self._records = Records(self.home)
            return self._records

    def submit(
        self,
        text: str,
        patients: int | None = None,
        seed: int | None = None,
        folder_files: Mapping[str, str] | None = None,
        sets: Mapping[str, Any] | None = None,
    ) -> Job:
        """Asks for a run, or finds that it was asked for already: the same question has the same job.

        text: a scenario as TOML, or the name of a library trial; patients, seed: as the scenario says where they are
        None; folder_files: name -> text of files that the scenario names; sets: path -> value, laid on top.
        LivingDrugError as the command line would say it, the place as `scenario.toml:LINE`. Refused (422) for more than
        one visitor may ask, (429) where too many jobs wait.
        """
        self.start()
        question = Question(text, patients, seed, dict(sets or {}), dict(folder_files or {})).folded()
        answer = self._checker.ask(question)
        job = self.records.get(answer.key)
        if job is None or job.state in ("failed", "cancelled"):
            job = self._enter(question, answer)
        return job

    def check(self, text: str, patients: int | None = None, seed: int | None = None) -> Answer:
        """Looks at a scenario as `submit` would, and asks for nothing: its key, title and size. Errors as there."""
        self.start()
        return self._checker.ask(Question(text, patients, seed))

    def explain(self, question: Question, path: str, arm: str | None = None) -> dict[str, Any]:
        """Why a number of a scenario has its value: every layer that spoke. Errors as in `submit`."""
        self.start()
        return self._checker.explain(question, path, arm)

    def _enter(self, question: Question, answer: Answer) -> Job:
        if self._pool and self._pool.broken:
            raise Refused(503, "the processes that run trials do not stay alive", mend="see the server's log")
        waiting = len(self.records.waiting())
        if waiting >= self.settings.limits.waiting:
            said = f"{waiting} runs wait already"
            raise Refused(429, said, mend="ask again when some are done, or cancel one")
        if self.records.enter(question, answer) and self._queue:
            self._queue.put(answer.key)
        job = self.records.get(answer.key)
        if job is None:
            raise Refused(503, "the run was cleared away as soon as it was asked for", mend="ask again")
        return job

    def get(self, key: str) -> Job | None:
        """A job by its key; None where there is none, or where its result was cleared away."""
        job = self.records.get(key)
        if job and job.folder and not job.folder.is_dir():
            self.records.forget([key])
            return None
        return job

    def all(self) -> list[Job]:
        """The newest jobs first, 200 at most."""
        return self.records.all()

    def cancel(self, key: str) -> Job | None:
        """Ends a job that waits or runs; one at its end stays as it is. None where there is none of that key."""
        self.records.cancel(key)
        return self.get(key)

    def remove(self, key: str) -> bool:
        """Cancels a job, and removes its record and result. False where there is none of that key."""
        job = self.cancel(key)
        if job is None:
            return False
        self.records.forget([key])
        kept.remove(self.home, job.key)
        return True

    async def events(self, key: str) -> AsyncIterator[Job]:
        """A job as it stands, and again after each change until its end; the same again every 15 s without one."""
        last, told = None, time.monotonic()
        while job := await asyncio.to_thread(self.get, key):
            if job != last or time.monotonic() - told >= BEAT:
                last, told = job, time.monotonic()
                yield job
            if job.final:
                return
            await asyncio.sleep(LOOK)
