"""Where a virtual trial spends its time and memory, and how it grows.

    python benchmarks/bench_trial.py [--trial NAME] [--patients N] [--turns K] [--sizes 1000,10000,...] [--json]

Four tables: seconds of each stage on one thread; one thread beside two; what care rules and reductions add to the
engine's time; time and peak memory of the whole command by number of patients (with --sizes). Runs that are compared
take turns and the fastest of each counts, so that other work on the machine hits all alike.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from livingdrug import Trial
from livingdrug.engine.counting import count
from livingdrug.engine.run import simulate, simulate_blocks
from livingdrug.parallel import TOGETHER
from livingdrug.results.columns import Columns
from livingdrug.results.courses import Courses
from livingdrug.trial.compare import compare
from livingdrug.trial.enrolment import enrol
from livingdrug.trial.patient_table import rows
from livingdrug.trial.simulate import _table

SEED = 1


def stages(trial: Trial, patients: int) -> dict[str, float]:
    """CPU seconds of each stage of the first arm, on this thread."""
    arm = trial.resolved.arms[0]
    plan = trial.design(arm)
    spent: dict[str, float] = {}

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        begun = time.thread_time()
        found = work()
        spent[stage] = spent.get(stage, 0.0) + time.thread_time() - begun
        return found

    found, courses = Columns(), Courses.empty(plan.times, plan.shown, plan.programs.observables)
    for first in range(0, patients, TOGETHER):
        ids = np.arange(first, min(first + TOGETHER, patients))
        enrolled = timed("enrolment", lambda ids=ids: enrol(arm, plan, ids, SEED))
        blocks, parts = simulate_blocks(plan.model, plan.plan, enrolled.patients, 1, TOGETHER), []
        while (got := timed("engine", lambda blocks=blocks: next(blocks, None))) is not None:
            part, out = got
            parts.append(timed("rows", lambda e=enrolled, p=part, o=out: rows(arm, plan, e, p, o)))
            timed("courses", lambda e=enrolled, p=part, o=out: courses.add(e.cohort.ids[p], o.observables, count))
        timed("table", lambda e=enrolled, x=parts: found.append(_table(e, x)))
    timed("measures", lambda: compare(arm.resolved.trial, found, SEED))
    return spent


def in_turns(turns: int, **works: Callable[[], Any]) -> dict[str, float]:
    """The shortest wall time [s] of each."""
    best = dict.fromkeys(works, float("inf"))
    for _ in range(turns):
        for name, work in works.items():
            begun = time.perf_counter()
            work()
            best[name] = min(best[name], time.perf_counter() - begun)
    return best


def rules(trial: Trial, patients: int, turns: int) -> dict[str, float]:
    """The engine with all watches, and without any watch or tick of theirs while the doses that they gave are given by
    schedule; wall time [s] and steps of one thread.
    """
    arm = trial.resolved.arms[0]
    plan = trial.design(arm)
    people = enrol(arm, plan, np.arange(patients), SEED).patients
    watched = simulate(plan.model, plan.plan, people, 1, TOGETHER)
    doses = np.concatenate([people.doses, watched.given], axis=1)
    order = np.argsort(doses[..., 0], axis=1, kind="stable")
    scheduled = replace(people, doses=np.take_along_axis(doses, order[..., None], axis=1))
    kept = plan.plan.output | plan.plan.clone_ticks
    clock = {f: getattr(plan.plan, f)[kept] for f in ("ticks", "marks", "output", "clone_ticks")}
    bare = replace(plan.plan, watches=(), **clock)
    best = in_turns(
        turns,
        watched=lambda: simulate(plan.model, plan.plan, people, 1, TOGETHER),
        bare=lambda: simulate(plan.model, bare, scheduled, 1, TOGETHER),
    )
    alone = simulate(plan.model, bare, scheduled, 1, TOGETHER)
    return {**best, "watched_steps": int(watched.steps.sum()), "bare_steps": int(alone.steps.sum())}


def command(trial: str, patients: int) -> dict[str, float]:
    """Wall time [s], and peak memory [GB], of the whole command."""
    begun = time.perf_counter()
    called = f"-m livingdrug run {trial} --patients {patients} --seed {SEED} --json"
    process = subprocess.Popen([sys.executable, *called.split()], stdout=subprocess.PIPE)
    assert process.stdout is not None
    told = json.load(process.stdout)
    _, _, used = os.wait4(process.pid, 0)
    return {
        "patients": patients,
        "simulation_s": told["wall_s"],
        "command_s": round(time.perf_counter() - begun, 1),
        "peak_gb": round(used.ru_maxrss / 1e6, 2),
        "cpu_s": round(used.ru_utime + used.ru_stime, 1),
    }


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--trial", default="eliana")
    asked.add_argument("--patients", type=int, default=6_000)
    asked.add_argument("--turns", type=int, default=3)
    asked.add_argument("--sizes", default="", help="numbers of patients, with commas")
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    # While this process is small: a child's peak counts from the size of its parent.
    sizes = [command(given.trial, int(n)) for n in given.sizes.split(",") if n]
    trial = Trial(given.trial)
    trial.run(patients=100, seed=SEED)  # compiled and loaded
    spent = stages(trial, given.patients)
    threads = in_turns(
        given.turns,
        one=lambda: trial.run(patients=given.patients, seed=SEED, threads=1),
        two=lambda: trial.run(patients=given.patients, seed=SEED, threads=2),
    )
    watched = rules(trial, min(given.patients, 1_000), given.turns)
    if given.json:
        print(json.dumps({"stages": spent, "threads": threads, "rules": watched, "sizes": sizes}))
        return
    print(f"{given.trial}, {given.patients:,} patients enrolled, load {os.getloadavg()[0]:.1f}\n")
    for stage, seconds in spent.items():
        print(f"{stage:10} {seconds:7.2f} CPU-s {100 * seconds / spent['engine']:6.1f} % of the engine")
    one, two = threads["one"], threads["two"]
    print(f"\none thread {one:.2f} s, two {two:.2f} s: {one / two:.2f} times\n")
    print("engine with care rules {watched:.2f} s ({watched_steps:,} steps), ".format(**watched), end="")
    print("without {bare:.2f} s ({bare_steps:,} steps, same doses by schedule): ".format(**watched), end="")
    print(f"{100 * (watched['watched'] / watched['bare'] - 1):+.0f} %\n")
    for row in sizes:
        print("{patients:>9,} patients: {simulation_s:.1f} s, command {command_s:.1f} s, ".format(**row), end="")
        print("{cpu_s:.0f} CPU-s, {peak_gb:.2f} GB".format(**row))


if __name__ == "__main__":
    main()
