"""A virtual trial, run: draw patients, follow each arm block by block, keep rows and counts, compare."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

import livingdrug
from livingdrug.engine.plan import Floats, Ints
from livingdrug.parallel import TOGETHER, in_order, spans
from livingdrug.results.columns import Columns
from livingdrug.results.courses import Courses
from livingdrug.results.lazy import OnDemand
from livingdrug.results.result import ArmResult, Result, TimeToEvent
from livingdrug.scenario import Arm, Resolved, resolve, schema
from livingdrug.trial.cluster import Crew, crew
from livingdrug.trial.compare import beside
from livingdrug.trial.design import Design, design
from livingdrug.trial.enrolment import Enrolled, enrol
from livingdrug.trial.measures import Table, endpoints, units
from livingdrug.trial.patient_table import rows

FEWEST = 128  # patients that one thread takes at a time towards the end
USUAL = 500
WIDTH = 24  # characters of a text column kept in the patients' table

Progress = Callable[[int, int], None]


class Trial:
    """A virtual trial: a library trial by name, or a scenario file. `sets`: dotted path -> value, laid on top."""

    def __init__(self, name_or_file: str | Path, sets: Mapping[str, Any] | None = None) -> None:
        self.resolved: Resolved = resolve(name_or_file, dict(sets or {}))
        self.designs: dict[str, Design] = {}

    @property
    def title(self) -> str:
        """What people call the trial."""
        return self.resolved.title

    def run(
        self,
        patients: int | None = None,
        seed: int | None = None,
        threads: int | None = None,
        out: str | Path | None = None,
        progress: Progress | None = None,
        block: int = TOGETHER,
        workers: int | None = None,
        cluster: str | None = None,
        device: str = "cpu",
    ) -> Result:
        """Simulate every arm with the same enrolled patients; `out`: folder to save to. Same seed, same result.

        workers: processes here that share the patients; cluster: address of a Dask scheduler that does; device: "cpu",
        or "cuda" for an NVIDIA card.
        """
        begun = time.perf_counter()
        many = self.resolved.patients or USUAL if patients is None else patients
        luck = self.resolved.seed if seed is None else seed
        schema.check({"patients": many, "seed": luck}, lambda word: word)
        arms = self.resolved.arms
        for arm in arms:
            rehearse(arm, self.design(arm))
        total = many * len(arms)
        with crew(workers, cluster) if workers or cluster else nullcontext() as hands:
            done = {
                a.name: follow(
                    a, self.design(a), many, luck, threads, block, _told(progress, i * many, total), hands, device
                )
                for i, a in enumerate(arms)
            }
        result = Result(
            trial=self.resolved.name,
            title=self.title,
            product=self.resolved.names.get("product", ""),
            seed=luck,
            arms=done,
            wall_s=time.perf_counter() - begun,
            resolved=self.resolved,
            provenance=self._provenance(many, luck),
            report=_report,
        )
        if out is not None:
            result.save(out)
        return result

    def design(self, arm: Arm) -> Design:
        """The engine's plan for an arm, worked out once."""
        if arm.name not in self.designs:
            self.designs[arm.name] = design(arm)
        return self.designs[arm.name]

    def rules(self) -> list[str]:
        """The care rules of the first arm, as sentences."""
        return [r.sentence() for r in self.design(self.resolved.arms[0]).rules]

    def _provenance(self, patients: int, seed: int) -> dict[str, Any]:
        return {
            "livingdrug": livingdrug.__version__,
            "scenario_hash": self.resolved.hash,
            "patients": patients,
            "seed": seed,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "machine": platform.machine(),
            "system": platform.system(),
            "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "note": "Simulated patients. Not medical advice.",
        }

    def __repr__(self) -> str:
        return "\n".join([repr(self.resolved), *(f"  - {r}" for r in self.rules())])


def _report(result: Result, folder: Path) -> Path:
    from importlib import import_module  # the report stands above the trial; a run is told where to find it

    written: Path = import_module("livingdrug.report.html").write(result, folder)
    return written


def follow(
    arm: Arm,
    plan: Design,
    patients: int,
    seed: int,
    threads: int | None = None,
    block: int = TOGETHER,
    progress: Callable[[int], None] | None = None,
    hands: Crew | None = None,
    device: str = "cpu",
) -> ArmResult:
    """One arm from enrolment to the end of follow-up."""
    if hands:
        found, courses = hands.gather(arm, plan, patients, seed, block, progress)
    else:
        found, courses = gather(
            arm, plan, patients, seed, threads=threads, block=block, progress=progress, device=device
        )
    trial = arm.resolved.trial
    return ArmResult(
        arm.name, arm.title, found, partial(_timed, trial), courses, beside(trial, found, seed, name=arm.name)
    )


def _timed(trial: Mapping[str, Any], columns: Mapping[str, Any]) -> Mapping[str, TimeToEvent]:
    """Every endpoint of a trial in patients with these columns, by name."""
    found = endpoints(trial, Table(columns, units(trial)))

    def told(name: str) -> TimeToEvent:
        end = found[name]
        return TimeToEvent(end.name, end.title, end.time, end.event, end.what)

    return OnDemand(found, told)


def rehearse(arm: Arm, plan: Design) -> None:
    """Go through the trial with nobody in it, so that a misspelt word is found before anybody is simulated."""
    from livingdrug.engine.run import simulate_blocks

    nobody = enrol(arm, plan, np.zeros(0, np.int64), 0)
    found = [
        rows(arm, plan, nobody, part, out) for part, out in simulate_blocks(plan.model, plan.plan, nobody.patients)
    ]
    beside(arm.resolved.trial, _table(nobody, found))


def lots(
    arm: Arm,
    plan: Design,
    patients: int,
    seed: int,
    threads: int | None = None,
    block: int = TOGETHER,
    progress: Callable[[int], None] | None = None,
    seen: Callable[[Ints, Floats], Any] | None = None,
    first: int = 0,
    device: str = "cpu",
) -> Iterator[tuple[Enrolled, dict[str, Any], list[Any]]]:
    """Lots of enrolled patients [first, patients) with their columns, in order. A thread takes a lot all the way from
    enrolment to columns, so that none waits for another and memory stays flat.

    seen: what it makes of (ids, courses (n, times, shown)) of the infused patients is given back too, block by block.
    """
    from livingdrug.engine import cache
    from livingdrug.engine.run import simulate_blocks

    threads = threads or os.cpu_count() or 1
    if device == "cuda":
        from livingdrug.engine import cuda

        program, together = cuda.load(plan.model), cuda.together(plan.plan, threads)
        fewest, block = min(cuda.FEWEST, together), together
    else:
        program, together, fewest = cache.load(plan.model), TOGETHER, FEWEST

    def lot(span: tuple[int, int]) -> tuple[Enrolled, dict[str, Any], list[Any]]:
        enrolled = enrol(arm, plan, np.arange(*span, dtype=np.int64), seed)
        size = _even(len(enrolled.infused), block)
        found, made = [], []
        for part, output in simulate_blocks(plan.model, plan.plan, enrolled.patients, 1, size, progress, program):
            found.append(rows(arm, plan, enrolled, part, output))
            if seen:
                made.append(seen(enrolled.cohort.ids[part], output.observables))
        if progress:
            progress(len(enrolled.ids) - len(enrolled.infused))
        return enrolled, _table(enrolled, found), made

    yield from in_order(lot, spans(first, patients, together, fewest, threads), threads)


def _even(patients: int, block: int) -> int:
    """The size of blocks of patients, no larger than asked for, that leaves no small block over."""
    return -(-patients // -(-patients // block)) if patients and block > 0 else block


def gather(arm: Arm, plan: Design, patients: int, seed: int, **how: Any) -> tuple[Columns, Courses]:
    """The columns of all enrolled patients, and their courses; `how` as in `lots`."""
    courses, alone = plan.courses(), Lock()

    def count(ids: Ints, values: Floats) -> None:
        with alone:
            courses.add(ids, values)

    return columns(arm, plan, patients, seed, **how, seen=count), courses


def columns(arm: Arm, plan: Design, patients: int, seed: int, **how: Any) -> Columns:
    """The columns of all enrolled patients; `how` as in `lots`."""
    found = Columns()
    for _, table, _ in lots(arm, plan, patients, seed, **how):
        found.append(table)
    return found


def blocks(
    arm: Arm, plan: Design, patients: int, seed: int, threads: int | None = None
) -> Iterator[tuple[Enrolled, dict[str, Any], Floats]]:
    """Lots of enrolled patients: who they are, their columns, and every course of those infused (n, times, shown)."""
    for enrolled, table, courses in lots(arm, plan, patients, seed, threads, seen=lambda _, x: x):
        yield enrolled, table, np.concatenate(courses)


def _table(enrolled: Enrolled, found: list[dict[str, Any]]) -> dict[str, Any]:
    """Columns over all enrolled patients: nan (or an empty text) for those not infused."""
    n = len(enrolled.ids)
    table: dict[str, Any] = {
        "patient": enrolled.ids,
        "status": np.array(enrolled.status, f"U{2 * WIDTH}"),
        "infused": np.zeros(n),
    }
    table["infused"][enrolled.infused] = 1.0
    for name in found[0]:
        if name == "patient":
            continue
        values = np.concatenate([f[name] for f in found])
        if values.dtype.kind in "OU":
            table[name] = np.full(n, "", f"U{WIDTH}")
        else:
            table[name] = np.full(n, np.nan)
        table[name][enrolled.infused] = values
    return table


def _told(progress: Progress | None, before: int, total: int) -> Callable[[int], None] | None:
    if progress is None:
        return None
    done, alone = before, Lock()

    def tell(more: int) -> None:
        nonlocal done
        with alone:
            done += more
            progress(done, total)

    return tell
