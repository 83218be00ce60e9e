"""What a new equation set costs: the whole command with an empty cache and with a full one, by each compiler in turns.

    python benchmarks/bench_cold.py [--trial NAME] [--turns K] [--patients N] [--before SRC] [--json]

CPU seconds and peak memory of `livingdrug run NAME --patients 1 --json` in processes of their own; the warm engine's
CPU seconds on N patients; and whether both gave the same numbers. --before: the `src` of another version, measured in
the same turns. The least of each counts, so that other work on the machine hits all alike.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

SRC = Path(__file__).resolve().parents[1] / "src"
TIMES = ("wall_s", "patients_per_s")  # what a command says of its own run: of no interest here


@dataclass
class Entrant:
    """One way to compile: where the program lies, by which compiler, and the least that it took."""

    name: str
    source: Path
    compiler: str
    least: dict[str, float] = field(default_factory=dict)
    said: str = ""

    def turn(self, trial: str, patients: int) -> None:
        """A cold command, a warm one, and the warm engine."""
        with tempfile.TemporaryDirectory() as folder:
            environment = {
                **os.environ,
                "PYTHONPATH": str(self.source),
                "LIVINGDRUG_CACHE": folder,
                "NUMBA_CACHE_DIR": f"{folder}/numba",
                "LIVINGDRUG_COMPILER": self.compiler,
            }
            command = [sys.executable, "-m", "livingdrug", "run", trial, "--patients", "1", "--json"]
            for state in ("cold", "warm"):
                self.said = self._process(command, environment, state)
            engine = [sys.executable, __file__, "--engine", "--trial", trial, "--patients", str(patients)]
            self._keep("engine_s", float(self._process(engine, environment, "engine_process")))

    def _process(self, command: list[str], environment: dict[str, str], state: str) -> str:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert process.stdout
        said = process.stdout.read()
        _, code, used = os.wait4(process.pid, 0)
        if code:
            raise SystemExit(f"{' '.join(command)} ended with {code}")
        self._keep(f"{state}_cpu_s", used.ru_utime + used.ru_stime)
        self._keep(f"{state}_mb", used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3))
        return said

    def _keep(self, what: str, value: float) -> None:
        self.least[what] = min(value, self.least.get(what, value))

    @property
    def numbers(self) -> object:
        """What the command gave, without its times."""
        return {k: v for k, v in json.loads(self.said).items() if k not in TIMES}


def engine(trial: str, patients: int) -> float:
    """CPU seconds of the warm engine on one thread, the least of five."""
    import numpy as np

    from livingdrug import Trial
    from livingdrug.engine.run import simulate
    from livingdrug.trial.enrolment import enrol

    made = Trial(trial)
    arm = made.resolved.arms[0]
    plan = made.design(arm)
    people = enrol(arm, plan, np.arange(patients), 1).patients
    spent = []
    for _ in range(6):
        begun = time.process_time()
        simulate(plan.model, plan.plan, people, threads=1)
        spent.append(time.process_time() - begun)
    return min(spent[1:])


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--trial", default="eliana")
    asked.add_argument("--turns", type=int, default=3)
    asked.add_argument("--patients", type=int, default=512)
    asked.add_argument("--before", type=Path, help="the src folder of another version")
    asked.add_argument("--engine", action="store_true", help="print the warm engine's CPU seconds only")
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    if given.engine:
        print(engine(given.trial, given.patients))
        return
    entrants = [Entrant("native", SRC, "native"), Entrant("numba", SRC, "numba")]
    if given.before:
        entrants.append(Entrant("before", given.before.resolve(), "numba"))
    for _ in range(given.turns):
        for entrant in entrants:
            entrant.turn(given.trial, given.patients)
    native = entrants[0]
    rows = {e.name: {**e.least, "same": e.numbers == native.numbers} for e in entrants}
    ratios = {e.name: {k: native.least[k] / e.least[k] for k in native.least} for e in entrants[1:]}
    if given.json:
        print(json.dumps({"rows": rows, "native_over": ratios, "load": os.getloadavg()[0]}))
        return
    print(f"{given.trial}, {given.turns} turns, load {os.getloadavg()[0]:.1f}\n")
    for name, row in rows.items():
        print(
            f"{name:7} cold {{cold_cpu_s:5.1f}} CPU-s, {{cold_mb:.0f}} MB; warm {{warm_cpu_s:.2f}} CPU-s, ".format(
                **row
            ),
            end="",
        )
        print("{warm_mb:.0f} MB; engine {engine_s:.3f} CPU-s; same numbers: {same}".format(**row))
    for name, row in ratios.items():
        print(f"\nnative over {name}: cold {{cold_cpu_s:.2f}} of the CPU time, ".format(**row), end="")
        print("{cold_mb:.2f} of the memory; warm {warm_cpu_s:.2f}; engine {engine_s:.2f}".format(**row))


if __name__ == "__main__":
    main()
