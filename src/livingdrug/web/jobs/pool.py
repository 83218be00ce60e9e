"""The processes that run jobs: started, watched, and started again when one dies. What it held is run once more."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from livingdrug.web.faults import shape
from livingdrug.web.jobs import alive
from livingdrug.web.jobs.queue import Queue
from livingdrug.web.jobs.records import Records
from livingdrug.web.refused import Refused
from livingdrug.web.settings import Limits, Settings

LOOK = 0.25  # seconds between two looks at the processes
GRACE = 2.0  # seconds that a cancelled run may take to notice
DEATHS = 2  # processes that may die over one job
RESTLESS = 5  # processes that die one after the other, each within BRIEF seconds, before no more is started
BRIEF = 10.0
log = logging.getLogger(__name__)


def workers(settings: Settings) -> int:
    """How many jobs run at a time: as the settings say, else a half of the processors, two at least, four at most."""
    return settings.workers or min(4, max(2, (os.cpu_count() or 1) // 2))


@dataclass
class Process:
    """One that runs. name: by which its jobs name it."""

    name: str
    process: subprocess.Popen[bytes]
    begun: float = field(default_factory=time.monotonic)


def start(home: Path, role: str, limits: Limits, cluster: str | None = None) -> Process:
    """A new process. It ends by itself when this one does, since it reads from a pipe that this one holds."""
    name = uuid.uuid4().hex[:12]
    said = {"home": str(home), "role": role, "name": name, "cluster": cluster, "limits": asdict(limits)}
    command = [sys.executable, "-P", "-m", "livingdrug.web.jobs.worker", json.dumps(said)]
    out = subprocess.PIPE if role == "checker" else subprocess.DEVNULL
    # a session of its own: Ctrl-C is for the server alone, which ends its processes itself
    return Process(name, subprocess.Popen(command, stdin=subprocess.PIPE, stdout=out, start_new_session=True))


class Pool:
    """Runners of one server. Several servers may share a folder: each looks after its own processes, and whoever finds
    a job whose process died lets it wait again."""

    def __init__(self, home: Path, settings: Settings, records: Records, queue: Queue) -> None:
        self.home, self.settings, self.records, self.queue = home, settings, records, queue
        self._stop = threading.Event()
        self._running: list[Process] = []
        self._short, self.broken = 0, False  # broken: whether they die as soon as they are started
        self._watch = threading.Thread(target=self._watching, name="jobs", daemon=True)

    def start(self) -> None:
        """Starts the processes and whoever watches them; takes up what was left unfinished."""
        self._take_up()
        self._fill()
        self._watch.start()

    def close(self) -> None:
        """Ends the processes at once; what they were doing is taken up at the next start."""
        self._stop.set()
        if self._watch.is_alive():
            self._watch.join(10)
        for one in self._running:
            one.process.kill()
        for one in self._running:
            one.process.wait()
            assert one.process.stdin
            one.process.stdin.close()
        alive.clear_dead(self.home)

    def _watching(self) -> None:
        told = ""
        while not self._stop.wait(LOOK):
            try:
                self._look()
                told = ""
            except Refused as problem:  # the disk: said once, until it lets itself be written again
                if told != problem.message:
                    log.error(problem.message)
                told = problem.message
            except Exception:
                log.exception("the watch over the runs met a fault")

    def _look(self) -> None:
        self._orphans()
        self._late()
        self._fill()
        if not len(self.queue):
            for key in self.records.waiting():
                self.queue.put(key)  # its word was lost with a process that died between queue and record

    def _take_up(self) -> None:
        """What waited or ran when the last server ended waits from now on."""
        alive.clear_dead(self.home)
        self._orphans()
        for key in self.records.waiting():
            self.queue.put(key)

    def _orphans(self) -> None:
        """Jobs whose process died: each waits once more, or failed where it is the second death over it."""
        for row in self.records.owned():
            if alive.alive(self.home, row["owner"]):
                continue
            if row["state"] != "running":
                self.records.left(row["owner"])
            elif row["deaths"] + 1 >= DEATHS and not self._stop.is_set() and self._died(row["owner"]):
                said = "the process that ran this ended twice in the middle"
                self.records.finish(row["key"], row["run"], error=shape(500, said, mend="ask for fewer patients"))
            elif self.records.again(row["key"], row["owner"], self._died(row["owner"])):
                self.queue.put(row["key"])

    def _died(self, owner: str) -> bool:
        """Whether it is a process of this server: then the run ended it, and not the end of another server."""
        return any(one.name == owner for one in self._running)

    def _late(self) -> None:
        """Ends processes that do not notice that their job was cancelled, or whose job takes longer than is allowed."""
        now = datetime.now(UTC)
        for row in self.records.owned():
            mine = next((one for one in self._running if one.name == row["owner"]), None)
            if mine is None:
                continue
            if row["state"] == "cancelled" and _since(row["finished"], now) > GRACE:
                mine.process.kill()
            elif row["state"] == "running" and _since(row["started"], now) > self.settings.limits.seconds:
                said = f"this run took longer than {self.settings.limits.seconds / 60:g} minutes"
                mend = "ask for fewer patients or arms"
                self.records.finish(row["key"], row["run"], error=shape(422, said, mend=mend))
                mine.process.kill()

    def _fill(self) -> None:
        """As many processes as there should be; none any more where they die as soon as they are started."""
        for one in [x for x in self._running if x.process.poll() is not None]:
            self._running.remove(one)
            self._short = self._short + 1 if time.monotonic() - one.begun < BRIEF else 0
            if one.process.stdin:
                one.process.stdin.close()
            alive.clear_dead(self.home)
        if self._short >= RESTLESS and not self.broken:
            log.error("the processes of runs end as soon as they are started; none is started any more")
            self.broken = True
        while not self.broken and len(self._running) < workers(self.settings):
            self._running.append(start(self.home, "runner", self.settings.limits, self.settings.cluster))


def _since(text: str, now: datetime) -> float:
    return (now - datetime.fromisoformat(text)).total_seconds()
