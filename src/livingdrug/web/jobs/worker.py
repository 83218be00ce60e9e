"""A process of the server: `checker` looks at questions, `runner` runs them. It ends when the server does, however.

Started as `python -m livingdrug.web.jobs.worker SETTINGS`; SETTINGS is JSON: {home, role, name, cluster, limits}.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from livingdrug.errors import LivingDrugError
from livingdrug.web.faults import shape
from livingdrug.web.jobs import kept
from livingdrug.web.jobs.alive import Own, own
from livingdrug.web.jobs.checker import AT_MOST
from livingdrug.web.jobs.question import Question, answer, explanation, laid, retold
from livingdrug.web.jobs.queue import Queue
from livingdrug.web.jobs.records import ROOM, Records
from livingdrug.web.refused import Refused
from livingdrug.web.settings import Limits

QUIET = 10  # how much the runs give way to whoever reads pages, as `nice` counts
LOOK = 0.03  # seconds between two looks at an empty queue
OFTEN = 0.1  # seconds between two words on how far a run is
BLOCK = 256  # patients that are simulated together: fewer tell more often how far a run is
FAULT = "this run met a fault of the program; it was written to the server's log"


def main(settings: str) -> None:
    """Works until the server is gone."""
    asked = json.loads(settings)
    home, limits = Path(asked["home"]), Limits(**asked["limits"])
    mine = own(home, asked["name"])
    with suppress(OSError):  # where memory runs short, this process goes and not the server
        Path("/proc/self/oom_score_adj").write_text("500")
    if asked["role"] == "checker":
        check(mine, limits)
        return
    threading.Thread(target=_leave_with_the_server, daemon=True).start()
    with suppress(AttributeError, OSError):
        os.nice(QUIET)
    warm(runs=True)
    runner = Runner(home, mine, limits, asked["cluster"])
    queue = Queue(home, runner.run)
    while True:
        try:
            idle = runner.owes() or not queue.work()
        except Exception:  # the disk, or a word in the queue that is none of ours
            traceback.print_exc()
            idle = True
        if idle:
            time.sleep(LOOK)


def _leave_with_the_server() -> None:
    """The server holds the other end of this pipe: it is closed when the server ends, be it killed."""
    while os.read(0, 65_536):
        pass
    os._exit(0)


def check(mine: Own, limits: Limits) -> None:
    """Answers questions line by line until there are no more: {answer} or {error}, both as JSON."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else prints, prints to the log
    warm(runs=False)
    folder = mine.folder / "question"  # always the same: what was read from a folder is kept under its name
    for line in _lines():
        _at_most(AT_MOST)
        shutil.rmtree(folder, ignore_errors=True)
        try:
            reply: dict[str, Any] = {"answer": _looked_at(json.loads(line), folder, limits)}
        except LivingDrugError as problem:
            reply = {"error": shape(getattr(problem, "status", 422), retold(problem, limits))}
        except Exception:
            traceback.print_exc()
            reply = {
                "error": shape(500, "this question met a fault of the program; it was written to the server's log")
            }
        shutil.rmtree(folder, ignore_errors=True)
        _at_most(0)
        print(json.dumps(reply, default=str), file=replies, flush=True)


def _at_most(seconds: float) -> None:
    """From now on this process is ended after so many seconds of the processor; 0: never. Where the system counts
    none, the server's own patience is the only end."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _looked_at(asked: dict[str, Any], folder: Path, limits: Limits) -> dict[str, Any]:
    from livingdrug.library import held

    question = Question(**asked["question"])
    with held():
        if "path" not in asked:
            return asdict(answer(question, folder, limits))
        return explanation(question, folder, asked["path"], asked["arm"])


def _lines() -> Iterator[bytes]:
    """What the server asks; the process ends with the server, also in the middle of an answer."""
    asked: SimpleQueue[bytes] = SimpleQueue()

    def read() -> None:
        begun = b""
        while more := os.read(0, 65_536):
            *lines, begun = (begun + more).split(b"\n")
            for line in lines:
                asked.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    while True:
        yield asked.get()


def warm(*, runs: bool) -> None:
    """Makes the first question quick: the library's own choice of a trial is read and, by a process that runs trials,
    run with two patients where its compiled model is kept. Nothing is compiled for it."""
    from livingdrug.cli.run import timed
    from livingdrug.trial import Trial

    with suppress(Exception):  # a library of the user's that is not whole is told when it is asked
        trial = Trial(timed(None))
        trial.check()
        if runs:
            from livingdrug.engine.cache import compiler, fingerprint, folder
            from livingdrug.web.pages import _results  # noqa: F401  imported here, so that the first page need not wait

            model = trial.resolved.arms[0].resolved.model()
            if (folder() / f"{fingerprint(model)}.{compiler()}.txt").exists():
                trial.run(patients=2, seed=1).json()


class Unwanted(BaseException):
    """Nobody waits for this run any more."""


@dataclass
class Runner:
    """Runs the jobs of a queue, one after the other."""

    home: Path
    mine: Own
    limits: Limits
    cluster: str | None
    records: Records = field(init=False)
    owed: tuple[str, int, int, dict[str, Any] | None] | None = None  # an end that could not be written down yet

    def __post_init__(self) -> None:
        self.records = Records(self.home)

    def run(self, key: str) -> None:
        """One job from waiting to its end, whatever that is."""
        attempt = self.records.claim(key, self.mine.name)
        job = self.records.get(key)
        if attempt is None or job is None:
            return
        folder = self.mine.folder / "run"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        question = Question(job.text, job.patients, job.seed, job.sets, job.files)
        try:
            size = self._run(key, question, folder, Progress(self.records, key, attempt, job.patients))
            self._ended(key, attempt, size)
            kept.clear(self.home, self.records, self.limits.kept)
        except Unwanted:
            pass
        except LivingDrugError as problem:
            self._ended(key, attempt, error=shape(getattr(problem, "status", 422), retold(problem, self.limits)))
        except MemoryError:
            said = shape(422, "this run needs more memory than there is", mend="ask for fewer patients or days")
            self._ended(key, attempt, error=said)
        except OSError as problem:
            traceback.print_exc()
            said = shape(503, f"the result cannot be written: {problem.strerror or problem}", mend=ROOM)
            self._ended(key, attempt, error=said)
        except Exception:
            traceback.print_exc()
            self._ended(key, attempt, error=shape(500, FAULT))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if self.owed is None:
                self.records.left(self.mine.name)

    def _ended(self, key: str, attempt: int, size: int = 0, error: dict[str, Any] | None = None) -> None:
        """Writes down how an attempt ended; where the disk refuses, it is owed."""
        self.owed = key, attempt, size, error
        self.owes()

    def owes(self) -> bool:
        """Whether an end still cannot be written down; it is tried once more."""
        if self.owed is not None:
            with suppress(Refused):
                self.records.finish(*self.owed)
                self.owed = None
                self.records.left(self.mine.name)
        return self.owed is not None

    def _run(self, key: str, question: Question, folder: Path, progress: Progress) -> int:
        """Runs a question and puts its result in its place; the result's size [byte]."""
        from livingdrug.cli.terminal import dump
        from livingdrug.engine.cache import telling
        from livingdrug.library import held
        from livingdrug.web.pages import _results

        with held(), laid(question, folder / "asked") as trial, telling(progress.compiling):
            progress.arms = [arm.name for arm in trial.resolved.arms]
            progress.tell("running", 0)
            result = trial.run(
                question.patients, question.seed, progress=progress.counted, block=BLOCK, cluster=self.cluster
            )
            progress.tell("report", progress.done)
            result.save(folder / "made", report=False)  # drawn when somebody asks for it
            _results.keep(result, folder / kept.PAGE, key)
            progress.tell("report", progress.done)
        return kept.settle(self.home, key, folder / "made", dump(result.json()) + "\n")


@dataclass
class Progress:
    """Tells the record how far a run is, and stops the run when nobody wants it any more."""

    records: Records
    key: str
    attempt: int
    each: int  # patients of one arm
    arms: list[str] = field(default_factory=list)
    done: int = 0
    said: float = 0.0
    step: str = ""

    def counted(self, done: int, total: int) -> None:
        """So many patients are done."""
        self.done = done
        if done == total or time.monotonic() - self.said >= OFTEN:
            self.tell("running", done)

    def compiling(self, done: int, total: int) -> None:
        """So many stages of compiling are done."""
        self.tell("compiling" if done < total else "running", self.done)

    def tell(self, step: str, done: int) -> None:
        """Writes it down; raises Unwanted where the job was cancelled or given to another."""
        self.said, self.step = time.monotonic(), step
        arm = self.arms[min(done // self.each, len(self.arms) - 1)] if self.arms else None
        if not self.records.tell(self.key, self.attempt, step, done, arm):
            raise Unwanted


if __name__ == "__main__":
    main(sys.argv[1])
