"""What the report and the tables of a run cost, beside the simulation, and beside another checkout in the same run.

    python benchmarks/bench_report.py [--trial NAME] [--patients N] [--turns K] [--beside CHECKOUT] [--json]

Each turn is a process of its own that runs the trial and saves it once: CPU seconds of the run, of the tables and the
report together, and of the report alone. Checkouts take turns and the smallest time of each counts, so that other work
on the machine hits all alike.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

SEED = 1
HERE = Path(__file__).resolve().parents[1]
ONCE = """
import json, sys, tempfile, time
import livingdrug
trial, patients, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
begun = time.process_time()
result = livingdrug.Trial(trial).run(patients=patients, seed=seed)
run = time.process_time()
with tempfile.TemporaryDirectory() as folder:
    result.save(folder)
    saved = time.process_time()
    result.report(result, folder)
print(json.dumps({"run": run - begun, "save": saved - run, "report_again": time.process_time() - saved}))
"""


def once(checkout: Path, trial: str, patients: int) -> dict[str, float]:
    """CPU seconds in a fresh process that imports the program from a checkout."""
    called = [sys.executable, "-c", ONCE, trial, str(patients), str(SEED)]
    path = {**os.environ, "PYTHONPATH": str(checkout / "src")}
    told = subprocess.run(called, env=path, check=True, stdout=subprocess.PIPE, text=True).stdout
    found: dict[str, float] = json.loads(told)
    return found


def in_turns(checkouts: list[Path], trial: str, patients: int, turns: int) -> list[dict[str, float]]:
    """The smallest of each number, for each checkout."""
    best: list[dict[str, float]] = [{} for _ in checkouts]
    for _ in range(turns):
        for own, checkout in zip(best, checkouts, strict=True):
            for name, spent in once(checkout, trial, patients).items():
                own[name] = min(own.get(name, float("inf")), spent)
    return best


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--trial", default="eliana")
    asked.add_argument("--patients", type=int, default=500)
    asked.add_argument("--turns", type=int, default=3)
    asked.add_argument("--beside", type=Path, help="another checkout of the program, with its src folder")
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    checkouts = [HERE, *([given.beside.resolve()] if given.beside else [])]
    found = in_turns(checkouts, given.trial, given.patients, given.turns)
    if given.json:
        print(json.dumps(dict(zip(("here", "beside"), found, strict=False))))
        return
    print(f"{given.trial}, {given.patients:,} patients enrolled, load {os.getloadavg()[0]:.1f}\n")
    for name, own in zip(("here", "beside"), found, strict=False):
        print(
            "{0:8} run {run:.2f} CPU-s, tables and report {save:.2f}, report once more {report_again:.2f}".format(
                name, **own
            )
        )
    if given.beside:
        print(f"\ntables and report: {found[0]['save'] / found[1]['save']:.2f} of the other checkout")


if __name__ == "__main__":
    main()
