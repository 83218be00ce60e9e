"""The pages under load: fifty readers while a run goes on, and a run of 200 patients from asking to its result.

    python benchmarks/web.py [--trial NAME] [--readers 50]

Starts `livingdrug serve` on a folder of its own, and ends it. The bars: 95 % of answers within 300 ms on two
processors; a run of 200 patients, once its model is compiled, within 2 s.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx

PAGES = ("/", "/api", "/static/page.css", "/api/list")
TIMES = 5


@dataclass(frozen=True)
class Taken:
    """Answers: how many, how many of them wrong, and within which time [s] 50 and 95 of 100 came."""

    many: int
    wrong: int
    p50: float
    p95: float


def readers(address: str, pages: list[str], many: int = 50, times: int = 20) -> Taken:
    """So many readers at once, each of whom asks for a page, reads a while, and asks for the next."""

    def one(number: int) -> list[tuple[float, int]]:
        found = []
        with httpx.Client(base_url=address, timeout=60) as client:
            client.get(pages[0])  # the connection stands before the clock does
            for i in range(times):
                time.sleep(0.2 + 0.1 * (number % 7))
                begun = time.perf_counter()
                status = client.get(pages[(number + i) % len(pages)]).status_code
                found.append((time.perf_counter() - begun, status))
        return found

    with ThreadPoolExecutor(many) as pool:
        answers = [x for found in pool.map(one, range(many)) for x in found]
    ordered = sorted(taken for taken, _ in answers)
    wrong = sum(status != 200 for _, status in answers)
    return Taken(len(ordered), wrong, ordered[len(ordered) // 2], ordered[int(0.95 * len(ordered))])


def ask(address: str, **asked: object) -> dict[str, object]:
    """Asks for a run."""
    found = httpx.post(f"{address}/api/run", json=asked, timeout=60)
    found.raise_for_status()
    return dict(found.json())


def finished(address: str, key: object) -> float:
    """Follows a run to its end; the time [s] since this was called."""
    begun = time.perf_counter()
    with httpx.stream("GET", f"{address}/api/jobs/{key}/events", timeout=600) as told:
        last = [line for line in told.iter_lines() if line.startswith("data: ")][-1]
    assert '"state":"done"' in last, last
    return time.perf_counter() - begun


def main() -> None:
    """Starts a server, measures, and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trial", default="eliana")
    parser.add_argument("--readers", type=int, default=50)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "livingdrug", "serve", "--port", "0", "--folder", str(Path(folder) / "web")]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found
            measure(found[0].rstrip("/"), given.trial, given.readers)
        finally:
            server.terminate()
            server.wait(20)


def measure(address: str, trial: str, many: int) -> None:
    """Runs from asking to result, then readers without and with a run."""
    finished(address, ask(address, trial=trial, patients=2, seed=99)["key"])  # compiled, if it was not
    for arms, said in (([], "one arm"), ([{"name": "a"}, {"name": "b", "set": {"dose.factor": 0.5}}], "two arms")):
        taken = []
        for seed in range(TIMES):
            begun = time.perf_counter()
            finished(address, ask(address, trial=trial, patients=200, seed=seed, arms=arms)["key"])
            taken.append(time.perf_counter() - begun)
        print(f"200 patients, {said}, from asking to the result: median {sorted(taken)[TIMES // 2]:.2f} s of {TIMES}")
    begun = time.perf_counter()
    ask(address, trial=trial, patients=200, seed=0)
    print(f"the same question again: {(time.perf_counter() - begun) * 1000:.0f} ms")
    alone = readers(address, list(PAGES), many)
    print(f"{many} readers alone: p50 {alone.p50 * 1000:.0f} ms, p95 {alone.p95 * 1000:.0f} ms of {alone.many} answers")
    key = ask(address, trial=trial, patients=20_000, seed=1)["key"]
    busy = readers(address, list(PAGES), many)
    state = httpx.get(f"{address}/api/jobs/{key}").json()["state"]
    httpx.post(f"{address}/api/jobs/{key}/cancel")
    print(f"{many} readers while a run goes on ({state}): p50 {busy.p50 * 1000:.0f} ms, p95 {busy.p95 * 1000:.0f} ms")


if __name__ == "__main__":
    main()
