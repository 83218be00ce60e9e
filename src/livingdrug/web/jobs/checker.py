"""Questions are looked at by a process of its own: slow or broken ones hold up no page, and one that never ends is
ended."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from livingdrug.errors import LivingDrugError
from livingdrug.web.jobs.question import Answer, Question
from livingdrug.web.refused import Refused

LONGEST = 600.0  # seconds after which nobody waits any more; of the processor a question has AT_MOST
AT_MOST = 60.0  # seconds of the processor that one question may take, however busy the machine
TOO_LONG = {int(s) for s in (getattr(signal, "SIGPROF", None), getattr(signal, "SIGXCPU", None)) if s}
QUEUE = 16  # visitors who may wait for an answer


class Checker:
    """Asks one process, one question at a time. start: starts that process."""

    def __init__(self, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self._start = start
        self._process: subprocess.Popen[bytes] | None = None
        self._alone, self._room = threading.Lock(), threading.BoundedSemaphore(QUEUE)
        self._closed = False

    def ready(self) -> None:
        """Starts the process, so that the first question need not wait."""
        with self._alone:
            self._living()

    def ask(self, question: Question) -> Answer:
        """What a run of it would be. LivingDrugError, Refused as the process would raise them itself."""
        found = self._told({"question": asdict(question)})
        return Answer(**{**found, "notes": tuple(found["notes"])})

    def explain(self, question: Question, path: str, arm: str | None) -> dict[str, Any]:
        """Why a number of it has its value, as `livingdrug explain --json` says it. Errors as in `ask`."""
        return self._told({"question": asdict(question), "path": path, "arm": arm})

    def _told(self, asked: dict[str, Any]) -> dict[str, Any]:
        if not self._room.acquire(blocking=False):
            raise Refused(429, "too many ask at once", mend="ask again in a moment")
        try:
            with self._alone:
                reply = self._asked(json.dumps(asked).encode() + b"\n")
        finally:
            self._room.release()
        if "error" in reply:
            raise problem(reply["error"])
        answer: dict[str, Any] = reply["answer"]
        return answer

    def close(self) -> None:
        """Ends the process."""
        self._closed = True
        if self._process:
            _end(self._process)

    def _living(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            if self._closed:
                raise Refused(503, "the server is about to stop", mend="ask again when it is back")
            self._process = self._start()
        return self._process

    def _asked(self, line: bytes) -> dict[str, Any]:
        process = self._living()
        assert process.stdin and process.stdout
        waited = threading.Event()

        def give_up() -> None:
            waited.set()
            process.kill()

        late = threading.Timer(LONGEST, give_up)
        late.start()
        try:
            process.stdin.write(line)
            process.stdin.flush()
            said = process.stdout.readline()
        except OSError:  # it died before it was asked
            said = b""
        finally:
            late.cancel()
        if not said:
            _end(process)
            if self._closed:
                raise Refused(503, "the server is about to stop", mend="ask again when it is back")
            raise _ended(process.returncode, waited.is_set())
        reply: dict[str, Any] = json.loads(said)
        return reply


def _ended(code: int, waited: bool) -> Refused:
    """Why a process gave no answer. code: with which it ended; waited: whether it was ended for want of one."""
    if waited:
        said = f"no answer within {LONGEST / 60:.0f} minutes: this machine is busy, or the scenario is very large"
        return Refused(503, said, mend="ask again later, or make it smaller")
    if -code in TOO_LONG:
        said = "this scenario takes too long to read"
        return Refused(422, said, allowed=f"{AT_MOST:.0f} seconds of the processor", mend="make it smaller")
    return Refused(
        503, "the process that reads scenarios ended before it answered", mend="ask again, or make it smaller"
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            try:
                pipe.close()
            except OSError:  # what was still to be written finds nobody
                pass


def problem(shape: dict[str, Any]) -> LivingDrugError:
    """The error of which `faults.shape` made this object."""
    parts = {k: shape.get(k) for k in ("where", "allowed", "nearest", "mend")}
    return Refused(int(shape.get("status", 422)), str(shape["error"]), **parts)
