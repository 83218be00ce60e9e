"""Simulated minutes per CPU second of a tumour of agents, one thread, beside PhysiCell and pyphysicell in the same run.

    python benchmarks/bench_agents.py [--physicell FOLDER] [--pyphysicell PYTHON] [--radius 250] [--minutes 60]

FOLDER: PhysiCell with its cancer-immune sample built in it (`make cancer-immune-sample && make`); PYTHON: an
interpreter that has pyphysicell. Without them only livingdrug is measured. Each has oxygen and the factor on voxels of
20 um, the same force law and a tumour of about as many cells (`--radius` um; 250: 18,300 in 75^3 voxels, 150: 4,000 in
50^3). Turns alternate, the fastest counts. Time to set up is taken out: two lengths of a run are told apart. The others
move in steps of 0.1 min, as livingdrug, but solve fields every 0.01 min; livingdrug solves them every 6 min.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PACKED = 0.949  # pyphysicell packs cells closer: a radius so many times as large gives as many
PEER = """
import sys, time, json
import pyphysicell as pc
folder, short, long, radius, half = sys.argv[1], *map(float, sys.argv[2:])
model = pc.load(folder)
model.user_parameters["tumor_radius"] = radius
for a in "xyz":
    setattr(model.domain, a + "_min", -half)
    setattr(model.domain, a + "_max", half)
sim = pc.Simulation(model, seed=1)
pc.ports.install(sim, "cancer_immune")
took = []
for t in (short, long):
    sim.run(until=t)
    took.append(time.process_time())
print(json.dumps({"cells": int(sim.cells.n), "cpu_s": took[1] - took[0]}))
"""


def main() -> None:
    """Prints one JSON object."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--physicell", type=Path)
    asked.add_argument("--pyphysicell", type=Path)
    asked.add_argument("--radius", type=float, default=250.0)
    asked.add_argument("--minutes", type=float, default=60.0, help="of livingdrug; the others get a twentieth")
    asked.add_argument("--repeats", type=int, default=3)
    given = asked.parse_args()
    half = 750.0 if given.radius > 200 else 500.0
    turns = {
        "livingdrug": lambda: ours(given.radius, 2 * half, given.minutes, {}),
        "livingdrug as published": lambda: ours(given.radius, 2 * half, given.minutes, published()),
    }
    if given.physicell:
        turns["PhysiCell"] = lambda: physicell(given.physicell, given.radius, half, given.minutes / 20)
        if given.pyphysicell:
            turns["pyphysicell"] = lambda: python_peer(given, half, given.minutes / 20)
    best: dict[str, dict[str, float]] = {}
    for _ in range(given.repeats):
        for name, turn in turns.items():
            found = turn()
            if name not in best or found["min_per_cpu_s"] > best[name]["min_per_cpu_s"]:
                best[name] = found
    mine = best["livingdrug"]["min_per_cpu_s"]
    print(json.dumps({**best, "times": {n: mine / x["min_per_cpu_s"] for n, x in best.items()}}, indent=1))


def published() -> dict[str, str]:
    """The numbers of the published codes."""
    from livingdrug.agents.numbers import AS_PUBLISHED

    return AS_PUBLISHED


def ours(radius: float, side: float, minutes: float, changed: dict[str, str]) -> dict[str, float]:
    """Cells and simulated minutes per CPU second, after an hour for the fields to settle."""
    from livingdrug.agents.numbers import given
    from livingdrug.agents.simulation import Simulation

    sizes = {"cell.tumour_radius": f"{radius}", "kinetics.side": f"{side}"}
    sim = Simulation(given("organoid:control", {**sizes, **changed}).numbers)
    sim.run(60.0)
    begun = time.process_time()
    sim.run(60.0 + minutes)
    return {"cells": sim.cells.count, "min_per_cpu_s": minutes / (time.process_time() - begun)}


def physicell(folder: Path, radius: float, half: float, minutes: float) -> dict[str, float]:
    """The same of the sample, without its output, as the difference of two lengths."""
    said = (folder / "sample_projects/cancer_immune/config/PhysiCell_settings.xml").read_text(encoding="utf-8")
    took, cells = [], 0
    for length in (1.0, 1.0 + minutes):
        with tempfile.TemporaryDirectory() as place:
            (Path(place) / "output").mkdir()
            shutil.copytree(folder / "config", Path(place) / "config", dirs_exist_ok=True)
            text = re.sub(r"<max_time[^>]*>[^<]*", f'<max_time units="min">{length}', said)
            text = re.sub(r"<omp_num_threads>\d+", "<omp_num_threads>1", text)
            text = re.sub(r"<enable>true", "<enable>false", text)
            text = re.sub(r"(<tumor_radius[^>]*>)[^<]*", rf"\g<1>{radius}", text)
            for axis in "xyz":
                text = re.sub(rf"<{axis}_min>[^<]*", f"<{axis}_min>{-half}", text)
                text = re.sub(rf"<{axis}_max>[^<]*", f"<{axis}_max>{half}", text)
            (Path(place) / "config" / "timed.xml").write_text(text, encoding="utf-8")
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            env = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
            ran = subprocess.run(
                [str((folder / "cancer_immune_3D").resolve()), "config/timed.xml"],
                cwd=place, env=env, capture_output=True, text=True, check=True,
            )  # fmt: skip
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
            counted = re.findall(r"total agents: (\d+)", ran.stdout)
            cells = int(counted[-1]) if counted else cells
    return {"cells": cells, "min_per_cpu_s": minutes / (took[1] - took[0])}


def python_peer(given: argparse.Namespace, half: float, minutes: float) -> dict[str, float]:
    """The same of pyphysicell's port of that sample."""
    sample = given.physicell / "sample_projects/cancer_immune"
    words = [str(sample), "1.0", f"{1 + minutes}", f"{given.radius * PACKED}", f"{half}"]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    ran = subprocess.run(
        [str(given.pyphysicell), "-c", PEER, *words], env=env, capture_output=True, text=True, check=True
    )
    found = json.loads(ran.stdout.splitlines()[-1])
    return {"cells": found["cells"], "min_per_cpu_s": minutes / found["cpu_s"]}


if __name__ == "__main__":
    sys.exit(main())
