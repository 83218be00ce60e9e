"""`livingdrug serve` as a process: ended in the middle of a run and started again, shared, asked by many at once."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from browser.conftest import PATIENCE, Server, until

LONG = 3_000  # patients of a run that is still going on when the server is ended
READERS = 50


@pytest.fixture
def own(tmp_path: Path, mirror: Path) -> Iterator[Server]:
    """A server of one test alone."""
    made = Server(tmp_path / "web", mirror)
    yield made
    if made.process.poll() is None:
        made.stop()


def job(server: Server, key: str) -> dict[str, Any]:
    return dict(httpx.get(f"{server.address}/api/jobs/{key}", timeout=PATIENCE).json())


def run(server: Server, **asked: Any) -> dict[str, Any]:
    found = httpx.post(f"{server.address}/api/run", json={"trial": "eliana", **asked}, timeout=PATIENCE)
    assert found.status_code in {200, 202}, found.text
    return dict(found.json())


def working(home: Path) -> list[int]:
    """Processes of jobs in a folder, by number."""
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid,args"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [int(line.split()[0]) for line in listed if "livingdrug.web.jobs.worker" in line and f'"{home}"' in line]


def test_killed_in_the_middle_of_a_run(own: Server) -> None:
    """Nothing of it goes on without the server; the next one takes the run up, under the same key, to the same end."""
    many = LONG // 2
    key = run(own, patients=many, seed=1)["key"]
    until(lambda: job(own, key)["done"] > 0)
    assert working(own.folder)
    own.stop(kill=True)
    until(lambda: not working(own.folder))
    own.start()
    until(lambda: job(own, key)["state"] != "waiting")
    done = until(lambda: (found := job(own, key))["state"] in {"done", "failed"} and found)
    assert done["state"] == "done" and done["done"] == many and done["error"] is None
    result = httpx.get(f"{own.address}{done['links']['result']}", timeout=PATIENCE).json()
    assert result["patients"]["enrolled"] == many
    assert run(own, patients=many, seed=1)["state"] == "done"


@pytest.mark.thorough
def test_stopped_by_ctrl_c_ends_its_processes(own: Server) -> None:
    key = run(own, patients=LONG, seed=2)["key"]
    until(lambda: job(own, key)["state"] == "running")
    assert working(own.folder)
    own.stop()
    until(lambda: not working(own.folder))
    assert "Traceback" not in Path(own.log.name).read_text()
    own.start()
    until(lambda: job(own, key)["done"] > 0)
    httpx.post(f"{own.address}/api/jobs/{key}/cancel").raise_for_status()


@pytest.mark.thorough
def test_a_cancelled_run_lets_go_of_its_processor(own: Server) -> None:
    key = run(own, patients=20_000, seed=3)["key"]
    until(lambda: job(own, key)["done"] > 0)
    said = httpx.post(f"{own.address}/api/jobs/{key}/cancel", timeout=PATIENCE).json()
    assert said["state"] == "cancelled" and said["done"] < said["total"]
    next_ = run(own, patients=20, seed=4)["key"]
    until(lambda: job(own, next_)["state"] == "done")
    assert job(own, key)["state"] == "cancelled"


@pytest.mark.thorough
def test_two_servers_on_one_folder(own: Server, mirror: Path) -> None:
    """Both know every run; one is run once; when one server is killed the other finishes what it left."""
    second = Server(own.folder, mirror)
    try:
        key = run(own, patients=LONG, seed=5)["key"]
        assert run(second, patients=LONG, seed=5)["key"] == key
        until(lambda: job(own, key)["done"] > 0)
        own.stop(kill=True)
        assert until(lambda: (found := job(second, key))["state"] in {"done", "failed"} and found)["state"] == "done"
    finally:
        second.stop()


@pytest.mark.thorough
def test_progress_as_it_happens(own: Server) -> None:
    """Events come one by one while the run goes on, go forward, and end with it; leaving in the middle harms nobody."""
    key = run(own, patients=4000, seed=6)["key"]
    with httpx.stream("GET", f"{own.address}/api/jobs/{key}/events", timeout=PATIENCE) as left:
        next(left.iter_lines())
    came = []
    with httpx.stream("GET", f"{own.address}/api/jobs/{key}/events", timeout=PATIENCE) as told:
        for line in told.iter_lines():
            if line.startswith("data: "):
                came.append((time.monotonic(), json.loads(line[6:])))
    done = [said["done"] for _, said in came]
    assert done == sorted(done) and done[-1] == 4000 and len(set(done)) > 3
    assert came[-1][1]["state"] == "done" and came[-1][0] > came[0][0]
    assert "Traceback" not in Path(own.log.name).read_text()


@pytest.mark.thorough
def test_many_readers_while_a_run_goes_on(own: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """Fifty people read pages while a run takes the processors: all are answered. How soon is measured by
    benchmarks/web.py, on a quiet machine; here it is printed, and only what hangs fails."""
    from web import readers

    key = run(own, patients=LONG, seed=7)["key"]
    until(lambda: job(own, key)["state"] == "running")
    taken = readers(own.address, ["/", "/api", "/static/page.css", "/api/list"], READERS, 4)
    with capsys.disabled():
        print(f"\n{READERS} readers while a run goes on: p95 {taken.p95 * 1000:.0f} ms of {taken.many} answers")
    assert taken.many == READERS * 4 and taken.wrong == 0 and taken.p95 < 20
    assert threading.active_count() < READERS, "the readers have left"
    httpx.post(f"{own.address}/api/jobs/{key}/cancel").raise_for_status()
