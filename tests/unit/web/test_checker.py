"""A question without an answer says why: too much work, a busy machine, or a process that ended."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from livingdrug.web.jobs import checker
from livingdrug.web.jobs.question import Question
from livingdrug.web.refused import Refused

unix = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system counts no time of the processor")


def told(then: str) -> Refused:
    """What is said where the process reads the question and then does this."""
    start = ["sh", "-c", f"read question; {then}"]
    asks = checker.Checker(lambda: subprocess.Popen(start, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
    with pytest.raises(Refused) as refused:
        asks.ask(Question("eliana"))
    asks.close()
    return refused.value


@unix
def test_too_much_work_is_told_as_such() -> None:
    said = told("kill -PROF $$; sleep 60")
    assert said.status == 422 and "too long to read" in said.what and "of the processor" in str(said.allowed)


@unix
def test_a_process_that_ends_is_not_the_scenarios_fault() -> None:
    said = told("exit 3")
    assert said.status == 503 and "ended before" in said.what


@unix
def test_a_busy_machine_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checker, "LONGEST", 0.1)
    said = told("exec sleep 60")
    assert said.status == 503 and "busy" in said.what


@unix
def test_what_is_counted_is_work_and_not_waiting() -> None:
    said = """
import time
from livingdrug.web.jobs.worker import _at_most
_at_most(0.2)
time.sleep(0.5)
_at_most(0)
sum(range(2 * 10**7))
print("here", flush=True)
_at_most(0.1)
while True:
    pass
"""
    done = subprocess.run([sys.executable, "-c", said], check=False, capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("here\n", -signal.SIGPROF)
