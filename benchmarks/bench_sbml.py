"""SBML files beside libroadrunner alone: the whole SBML test suite, and CPU seconds for loading and running.

    python benchmarks/bench_sbml.py suite FOLDER [TOOL ...]  # FOLDER: cases/semantic of sbmlteam/sbml-test-suite
    python benchmarks/bench_sbml.py speed FILE:END ... # fresh processes, tools take turns, the least of three each
    python benchmarks/bench_sbml.py population FILE:END N NAME=LAW ...  # N patients on one core, beside a loop

Nothing is shipped: fetch the suite and the files first. libroadrunner runs at the same relative tolerance. TOOL:
libroadrunner and livingdrug (both when none is named), or population: each case as a population of one, by the engine.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np

LIMIT = 60  # [s] for one case
RTOL = 1e-9


def alone(file, times, symbols, amounts, concentrations):
    """The columns by libroadrunner as anyone would ask it."""
    import roadrunner

    roadrunner.Logger.setLevel(roadrunner.Logger.LOG_FATAL)
    runner = roadrunner.RoadRunner(str(file))
    runner.integrator.relative_tolerance = RTOL
    if symbols:
        species = {*runner.model.getFloatingSpeciesIds(), *runner.model.getBoundarySpeciesIds()}
        runner.timeCourseSelections = [f"[{s}]" if s in species & set(concentrations) else s for s in symbols]
    return np.array(runner.simulate(times[0], times[-1], len(times)))


def ours(file, times, symbols, amounts, concentrations):
    """The columns by livingdrug."""
    from livingdrug import sbml

    found = sbml.load(file).run(times, symbols=symbols, rtol=RTOL, amounts=amounts, concentrations=concentrations)
    return np.column_stack([found[s] for s in symbols or found.columns])


def population_of_one(file, times, symbols, amounts, concentrations):
    """The columns by the engine; a species asked for as other than its symbol means is turned by its compartment."""
    from livingdrug import sbml
    from livingdrug.errors import EngineError

    known = sbml.load(file)._compiled.document.symbols
    species = {n: known[n] for n in symbols if n in known and known[n].kind == "species"}
    other = {n: s.compartment for n, s in species.items() if n in (concentrations if s.amount else amounts)}
    asked = tuple(dict.fromkeys([*symbols, *other.values()]))
    found = sbml.population(file, {}, 1, times, symbols=asked, rtol=1e-8).courses
    if not found or not len(next(iter(found.values()))):
        raise EngineError("left out")
    size = {n: found[c][0] ** (-1 if species[n].amount else 1) for n, c in other.items()}
    return np.column_stack([found[n][0] * size.get(n, 1.0) for n in symbols])


TOOLS = {"libroadrunner": alone, "livingdrug": ours, "population": population_of_one}
SINGLE = ("libroadrunner", "livingdrug")  # tools that run one course


def judge(tool: str, folder: Path) -> str:
    """pass, wrong, refused: WHY or traceback: WHY."""
    from livingdrug.errors import LivingDrugError
    from livingdrug.sbml.table import settings

    try:
        said = settings(folder / f"{folder.name}-settings.txt")
        file = sorted(folder.glob("*-sbml-l*v*.xml"))[-1]
        found = TOOLS[tool](file, said.times, said.variables, said.amount, said.concentration)
    except LivingDrugError as problem:
        return f"refused: {problem.what}"
    except RuntimeError as problem:
        return f"{'refused' if tool == 'libroadrunner' else 'traceback'}: {problem}"
    except Exception as problem:  # noqa: BLE001 (counted, that is what this is for)
        return f"traceback: {problem!r}"
    rows = list(csv.reader((folder / f"{folder.name}-results.csv").open(encoding="utf-8")))
    wanted = np.array([[float(x.strip() or "nan") for x in r] for r in rows[1:] if r])
    wanted = wanted[:, [[h.strip() for h in rows[0]].index(s, 1) for s in said.variables]]  # the first is the clock
    with np.errstate(all="ignore"):
        close = np.abs(wanted - found) <= said.absolute + said.relative * np.abs(wanted)
    good = close | (wanted == found) | (np.isnan(wanted) & np.isnan(found))
    return "pass" if good.all() else "wrong"


def suite(folder: Path, tools: list[str]) -> None:
    """Every case by each tool, in a process that is begun anew after a case without an answer."""
    cases = sorted(d for d in folder.iterdir() if d.is_dir() and d.name.isdigit())
    for tool in tools or SINGLE:
        answers: dict[str, str] = {}
        begun = time.perf_counter()
        while todo := [c for c in cases if c.name not in answers]:
            worker = subprocess.Popen(
                [sys.executable, __file__, "judge", tool, *map(str, todo[:200])], stdout=subprocess.PIPE, text=True
            )
            for case in todo[:200]:
                answer = _line(worker)
                if answer is None:
                    answers[case.name] = f"no answer in {LIMIT} s"
                    worker.kill()
                    break
                answers[case.name] = answer
            worker.wait()
        counts = Counter(a.partition(":")[0] for a in answers.values())
        print(f"{tool}: {dict(counts)} of {len(cases)} in {time.perf_counter() - begun:.0f} s", flush=True)
        for name, answer in answers.items():
            if answer.partition(":")[0] not in ("pass", "refused"):
                print(f"  {name}: {answer}")


def _line(worker) -> str | None:
    import threading

    found: list[str] = []

    def read() -> None:  # CVODE writes lines of its own
        while (line := worker.stdout.readline()) and not line.startswith('"'):
            pass
        found.append(line)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    reader.join(LIMIT)
    return json.loads(found[0]) if found and found[0] else None


def timed(tool: str, file: str, end: float) -> list[float]:
    """CPU seconds of load and run, the first time and the second, without the interpreter's start."""
    import roadrunner  # noqa: F401 (its import is no part of loading a file)

    import livingdrug.sbml.simulate  # noqa: F401

    found = []
    for _ in range(2):
        begun = time.process_time()
        TOOLS[tool](file, np.linspace(0.0, end, 101), (), (), ())
        found.append(time.process_time() - begun)
    return found


def speed(asked: list[str]) -> None:
    print(f"{'file':40} {'libroadrunner':>22} {'livingdrug':>22} {'ratio':>13}")
    for text in asked:
        file, _, end = text.rpartition(":")
        runs: dict[str, list[list[float]]] = {t: [] for t in TOOLS}
        for _ in range(3):
            for tool in TOOLS:
                command = [sys.executable, __file__, "timed", tool, file, end]
                said = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
                numbers = [line for line in said if line[:2].strip("[")[:1].isdigit()]  # CVODE writes lines of its own
                if numbers:
                    runs[tool].append(json.loads(numbers[-1]))
        best = {t: np.min(r, axis=0) if r else np.full(2, np.nan) for t, r in runs.items()}
        ratio = best["livingdrug"] / best["libroadrunner"]
        shown = [f"{a:10.4f} {b:10.4f}" for a, b in best.values()]
        print(f"{Path(file).stem[:40]:40} {shown[0]:>22} {shown[1]:>22} {ratio[0]:6.2f} {ratio[1]:6.2f}", flush=True)


def population(text: str, patients: int, laws: list[str]) -> None:
    """CPU seconds a patient: the compiled engine beside libroadrunner in a loop, one thread each, in one process.

    Both at rtol 1e-6, and the error of each beside libroadrunner at 1e-11 (share of each symbol's peak, worst symbol).
    Made ready apart: reading and compiling with nothing kept; what `sbml population` checks before and after, too.
    """
    import tempfile

    import roadrunner

    from livingdrug.engine.run import simulate
    from livingdrug.sbml import virtual as ours
    from livingdrug.sbml.simulate import load
    from livingdrug.sbml.vary import variability

    file, _, end = text.rpartition(":")
    times = np.linspace(0.0, float(end), 101)
    spent = {"engine": 0.0, "steps": 0}

    def alone(model, plan, people, program):
        begun = time.process_time()
        out = simulate(model, plan, people, threads=1, program=program)
        if len(people.ids) > 1:
            spent["engine"] += time.process_time() - begun
            spent["steps"] = int(out.steps.sum()) // len(people.ids)
        return out

    ours.simulate = alone
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LIVINGDRUG_CACHE"] = folder
        begun = time.process_time()
        ours.population(file, variability(laws), 1, times)
        ready = time.process_time() - begun
        spent["engine"] = 0.0
        begun = time.process_time()
        found = ours.population(file, variability(laws), patients, times)
        whole = time.process_time() - begun
    if found.failed:
        print(f"left out: {found.failed}")
    runner = roadrunner.RoadRunner(str(file))
    species = {*runner.model.getFloatingSpeciesIds(), *runner.model.getBoundarySpeciesIds()}
    amount = {n for n, s in load(file)._compiled.document.symbols.items() if s.amount}
    names = list(found.courses)
    runner.timeCourseSelections = [f"[{n}]" if n in species - amount else n for n in names]
    few = min(patients, 20)

    def loop(rtol, many):
        runner.integrator.relative_tolerance = rtol
        rows, begun = [], time.process_time()
        for i in range(many):
            runner.resetToOrigin()
            for name, values in found.drawn.items():
                runner.setValue(name, float(values[i]))
            rows.append(np.array(runner.simulate(times=times)))
        return (time.process_time() - begun) / many, np.array(rows[:few])

    loop(1e-6, 3)
    each, theirs = loop(1e-6, min(patients, 500))
    runner.integrator.absolute_tolerance = 1e-16
    _, exact = loop(1e-11, few)
    mine = np.stack([found.courses[n][:few] for n in names], axis=2)
    peak = np.abs(exact).max(axis=1, keepdims=True)
    off = [np.median(np.abs(x - exact).max(axis=1, keepdims=True) / peak, axis=0).max() for x in (mine, theirs)]
    engine = spent["engine"] / patients
    print(f"{Path(file).stem}: {patients} patients, {len(names)} symbols, {spent['steps']} steps each")
    print(f"  made ready (read, compiled, checked once): {ready:.2f} CPU s")
    print(f"  engine           {1e3 * engine:8.3f} CPU ms a patient, error {off[0]:.1e}")
    print(f"  with its checks  {1e3 * whole / patients:8.3f} CPU ms a patient")
    print(f"  libroadrunner    {1e3 * each:8.3f} CPU ms a patient, error {off[1]:.1e}")
    print(f"  ratio {each / engine:.1f}, with checks {each * patients / whole:.1f}")


def main(arguments: list[str]) -> None:
    match arguments:
        case ["suite", folder, *tools] if set(tools) <= set(TOOLS):
            suite(Path(folder), tools)
        case ["speed", *files] if files:
            speed(files)
        case ["population", file, patients, *laws] if laws:
            population(file, int(patients), laws)
        case ["judge", tool, *folders]:
            for folder in folders:
                print(json.dumps(judge(tool, Path(folder))), flush=True)
        case ["timed", tool, file, end]:
            print(json.dumps(timed(tool, file, float(end))))
        case _:
            print(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
