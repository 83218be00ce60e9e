"""Many patients over Dask workers on this machine, with workers, scheduler and the run itself killed on the way.

    python benchmarks/bench_scale.py --patients 10000000 [--trial NAME] [--set PATH=VALUE ...] [--workers N]
        [--folder DIR] [--alone] [--again K] [--json]

A scheduler and N workers are started on this machine; the run keeps its blocks in DIR. At a tenth of the patients a
worker is killed (kill -9), at two tenths the scheduler, at three tenths the run itself; whoever is dead is started
again, and the run takes up its blocks. Reported: patients a second and a CPU second, memory of every process and how it
grows with the patients done, bytes on disk, and a digest of every number of the result. --alone runs the same patients
in one process without Dask or blocks, too: the digests must be equal. --again K simulates K blocks anew in one process
without Dask, those under way at each death and others spread evenly: their bytes must be equal.

10,000,000 patients of ELIANA need about 13 GB in DIR, as much for temporary files, and an hour and a half of two cores.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

HERE = str(Path(__file__).resolve())
KILLS = ((0.1, "worker"), (0.2, "scheduler"), (0.3, "run"))
QUIET = 0.45  # share of the patients from which on memory is looked at: nobody is killed any more
LOOK = 0.5  # [s] between two looks at memory and blocks
PLAIN = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"
}  # a worker keeps 1,000 s of its own call stacks otherwise


def digest(result) -> str:
    """Of every number of every patient, of the counted courses and grades, and of the measures."""
    h = hashlib.blake2b(digest_size=16)
    for arm in result.arms.values():
        for table in (arm.columns, *arm.tables.values()):
            for part in table.parts():
                for name, x in part.items():
                    h.update(name.encode())
                    h.update(
                        "\0".join(map(str, x)).encode() if x.dtype.kind in "OU" else np.ascontiguousarray(x).tobytes()
                    )
        h.update(arm.courses.counts.tobytes() + arm.grades.counts.tobytes())
        h.update(b"".join(np.ascontiguousarray(x).tobytes() for x in arm.courses.samples.values()))
    h.update(json.dumps(result.json()["measures"], sort_keys=True).encode())
    return h.hexdigest()


def run(asked) -> None:
    """One run, in this process; its result in one line."""
    from livingdrug.trial import Trial

    sets = dict(text.split("=", 1) for text in asked.set)
    begun = time.perf_counter()
    result = Trial(asked.trial, sets).run(
        patients=asked.patients, seed=asked.seed, cluster=asked.cluster, blocks=asked.blocks
    )
    wall = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps({"digest": digest(result), "wall_s": wall, "peak_mb": peak, "cpu_s": time.process_time()}),
        flush=True,
    )


def again(asked) -> None:
    """Some blocks simulated anew in this process: how many of them have the very bytes of their files, in one line."""
    from livingdrug.results.packed import pack
    from livingdrug.trial import Trial
    from livingdrug.trial.simulate import gather

    trial = Trial(asked.trial, dict(text.split("=", 1) for text in asked.set))
    (arm,) = trial.resolved.arms
    paths = sorted(Path(asked.blocks).glob("*/[0-9]*.zip"))
    same = 0
    for first in asked.again_at:
        (path,) = (p for p in paths if int(p.stem.split("-")[0]) == first)
        last = first + _many(path)
        same += path.read_bytes() == pack(gather(arm, trial.design(arm), last, asked.seed, (), first=first, threads=1))
    print(json.dumps({"blocks": len(asked.again_at), "same": same}), flush=True)


class Cluster:
    """A scheduler and workers of this machine, each a process of its own."""

    def __init__(self, workers: int, scratch: str) -> None:
        self.workers, self.scratch, self.started = workers, scratch, []
        self.begin()

    def begin(self) -> None:
        self.scheduler = self._start("dask_scheduler", "--host", "127.0.0.1", "--port", "0")
        found = (re.search(r"Scheduler at:\s+(tcp://\S+)", line) for line in self.scheduler.stderr)
        self.address = next(m[1] for m in found if m)
        self._heard(self.scheduler)
        self.nannies = [
            self._start("dask_worker", self.address, "--nthreads", "1", "--local-directory", self.scratch)
            for _ in range(self.workers)
        ]
        for process in self.nannies:
            self._heard(process)

    def _start(self, what: str, *words: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.{what}", *words, "--no-dashboard"]
        self.started.append(
            subprocess.Popen(
                command, stderr=subprocess.PIPE, text=True, start_new_session=True, env={**os.environ, **PLAIN}
            )
        )
        return self.started[-1]

    def _heard(self, process: subprocess.Popen) -> None:
        threading.Thread(target=lambda: [None for _ in process.stderr], daemon=True).start()

    def kill_worker(self) -> None:
        """The process that simulates, without a word to the one that looks after it."""
        import psutil

        for child in psutil.Process(self.nannies[0].pid).children(recursive=True):
            if "spawn" in " ".join(child.cmdline()):
                os.kill(child.pid, signal.SIGKILL)
                return

    def end(self) -> None:
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def memory(self) -> dict[str, float]:
        """MB of the scheduler and of the largest worker; CPU seconds of the workers so far."""
        import psutil

        found = {"scheduler": _mb(self.scheduler.pid), "worker": 0.0}
        for nanny in self.nannies:
            try:
                for child in psutil.Process(nanny.pid).children(recursive=True):
                    found["worker"] = max(found["worker"], _mb(child.pid))
            except psutil.Error:
                pass
        return found


def _mb(pid: int) -> float:
    import psutil

    try:
        return psutil.Process(pid).memory_info().rss / 2**20
    except psutil.Error:
        return 0.0


def soak(asked) -> dict:
    """The run with its deaths, watched from outside."""
    folder = Path(asked.folder)
    blocks = folder / "blocks"
    if blocks.exists() and any(blocks.glob("*/[0-9]*.zip")):
        raise SystemExit(f"{blocks} holds blocks already: name an empty folder")
    begun, kills, looks, deaths = time.perf_counter(), list(KILLS), [], []
    cluster = Cluster(asked.workers, str(folder))
    try:
        client = _client(asked, cluster, blocks)
        while client.poll() is None:
            time.sleep(LOOK)
            done = sum(_many(p) for p in blocks.glob("*/[0-9]*.zip"))
            looks.append({"s": time.perf_counter() - begun, "done": done, "run": _mb(client.pid), **cluster.memory()})
            if kills and done >= kills[0][0] * asked.patients:
                what = kills.pop(0)[1]
                deaths.append({"what": what, "at": done, "s": round(time.perf_counter() - begun, 1)})
                if what == "worker":
                    cluster.kill_worker()
                    continue
                os.kill(cluster.scheduler.pid if what == "scheduler" else client.pid, signal.SIGKILL)
                said = client.communicate(timeout=300)
                deaths[-1]["run ended with"] = [client.returncode, said[1].strip().splitlines()[:1]]
                if what == "scheduler":
                    cluster.end()
                    cluster.begin()
                client = _client(asked, cluster, blocks)
        out, err = client.communicate()
        if client.returncode:
            raise SystemExit(f"the run ended with {client.returncode}: {err[-2000:]}")
    finally:
        cluster.end()
    wall = time.perf_counter() - begun
    last = json.loads(out.splitlines()[-1])
    return {
        "patients": asked.patients,
        "wall_s": round(wall, 1),
        "patients_per_s": round(asked.patients / wall, 1),
        "deaths": deaths,
        "memory_mb": {n: memory(looks, n) for n in ("run", "worker", "scheduler")},
        "courses": courses(looks, asked.patients),
        "peak_of_the_last_run_mb": round(last["peak_mb"], 1),
        "bytes_a_patient": round(sum(p.stat().st_size for p in blocks.glob("*/[0-9]*.zip")) / asked.patients),
        "digest": last["digest"],
    }


def _many(path: Path) -> int:
    first, last = path.stem.split("-")
    return int(last) - int(first)


def _client(asked, cluster: Cluster, blocks: Path) -> subprocess.Popen:
    command = [sys.executable, HERE, "--one", "--cluster", cluster.address, "--blocks", str(blocks), *_same(asked)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _same(asked) -> list[str]:
    sets = [word for text in asked.set for word in ("--set", text)]
    return ["--patients", str(asked.patients), "--trial", asked.trial, "--seed", str(asked.seed), *sets]


def memory(looks: list[dict], name: str) -> dict[str, float]:
    """The largest size, and how it grows in the quiet part, in MB for each million patients."""
    done, size = (np.array([look[n] for look in looks], float) for n in ("done", name))
    known = (size > 0) & (done >= QUIET * done.max()) & (done < done.max())
    slope = float(np.polyfit(done[known] / 1e6, size[known], 1)[0]) if len(set(done[known])) > 2 else float("nan")
    return {"largest": round(float(size.max(initial=0.0)), 1), "per_million": round(slope, 1)}


def courses(looks: list[dict], patients: int) -> list[dict[str, float]]:
    """Time and memory when each twentieth of the patients was done."""
    found = (next((look for look in looks if look["done"] >= i * patients / 20), None) for i in range(1, 21))
    return [{name: round(x) for name, x in look.items()} for look in found if look]


def anew(asked, deaths: list[dict]) -> dict:
    """Blocks simulated anew in one process: those begun about each death, and others spread evenly."""
    paths = (Path(asked.folder) / "blocks").glob("*/[0-9]*.zip")
    firsts = sorted(int(p.stem.split("-")[0]) for p in paths)
    chosen = {max(f for f in firsts if f <= death["at"]) for death in deaths}
    chosen |= {firsts[i] for i in np.linspace(0, len(firsts) - 1, max(2, asked.again - len(chosen))).astype(int)}
    places = [word for first in sorted(chosen) for word in ("--again-at", str(first))]
    command = [sys.executable, HERE, "--blocks", str(Path(asked.folder) / "blocks"), *_same(asked), *places]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])


def alone(asked) -> dict:
    """The same patients in one process."""
    found = subprocess.run([sys.executable, HERE, "--one", *_same(asked)], capture_output=True, text=True, check=True)
    return json.loads(found.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=10_000_000)
    parser.add_argument("--trial", default="eliana")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--folder", help="for blocks and workers' files (a temporary one)")
    parser.add_argument("--alone", action="store_true", help="the same without Dask, too; the digests are compared")
    parser.add_argument("--again", type=int, default=0, metavar="K", help="so many blocks anew, without Dask")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--again-at", type=int, action="append", default=[], help=argparse.SUPPRESS)
    parser.add_argument("--cluster", help=argparse.SUPPRESS)
    parser.add_argument("--blocks", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        run(asked)
        return
    if asked.again_at:
        again(asked)
        return
    with tempfile.TemporaryDirectory(prefix="livingdrug-scale-") as temporary:
        asked.folder = asked.folder or temporary
        found = soak(asked)
        if asked.again:
            found["again"] = anew(asked, found["deaths"])
    if asked.alone:
        found["alone"] = alone(asked)
        found["same"] = found["alone"]["digest"] == found["digest"]
    print(json.dumps(found) if asked.json else "\n".join(f"{key}: {value}" for key, value in found.items()))
    redone = found.get("again", {"blocks": 0, "same": 0})
    raise SystemExit(0 if found.get("same", True) and redone["blocks"] == redone["same"] else 1)


if __name__ == "__main__":
    main()
