"""How fast the engine is, beside other integrators that are installed, on the same model, outputs and tolerance.

Speed is patients per CPU-second of one core (a patient is a year), so that other work on the machine counts little.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.bench.model import study_model, study_patients, study_plan
from livingdrug.engine.plan import Patients, Plan
from livingdrug.units import DAYS

if TYPE_CHECKING:
    from livingdrug.model import Model

Floats = NDArray[np.float64]
JUDGED = 64  # patients whose error is measured against a run at 1e-11
TURN = 0.6  # CPU seconds of a tool's turn; a run that has begun is finished


def bench(
    peers: bool = False,
    therapy: tuple[Model, Plan, Patients] | None = None,
    patients: int = 512,
    rtol: float = 1e-6,
    repeats: int = 5,
    told: Callable[[str], None] = lambda tool: None,
) -> dict[str, Any]:
    """Speed and error on the 29-state study model, and the speed of a therapy model when one is given.

    peers: time other integrators too, in the same run; therapy: (model, plan, patients), its speed is in patient-years;
    told: hears which tool is at work.
    """
    from livingdrug.engine.run import simulate
    from livingdrug.version import __version__

    model, plan, crowd = study_model(), study_plan(rtol), study_patients(patients)
    judged = study_patients(min(JUDGED, patients))
    exact = simulate(model, study_plan(1e-11), judged).observables
    entrants = [_Entrant("livingdrug", __version__, lambda: simulate(model, plan, crowd, threads=1).observables)]
    if peers:
        entrants += _peers(model, plan, judged, told)
    rows = _race(entrants, repeats, exact, plan, judged, told)
    for row in rows:
        if "error" not in row:
            row["ratio"] = rows[0]["patients_per_s_core"] / row["patients_per_s_core"]
    told("therapy model")
    return {
        "model": "study model: CAR-T, tumour, cytokines, drugs",
        "states": len(model.states),
        "rtol": rtol,
        "rows": rows,
        "therapy_model": _therapy(therapy, repeats),
    }


@dataclass
class _Entrant:
    """A tool in the race: what it does when it is its turn, or why it cannot; its fastest run so far."""

    tool: str
    version: str | None
    work: Callable[[], Floats] | None = None
    error: str = ""
    seconds: float = np.inf
    found: Floats | None = None

    def turn(self) -> None:
        """Runs in a row for a while, in CPU seconds; a failure is a finding, whatever is raised."""
        assert self.work
        ends = time.process_time() + TURN
        try:
            with _printed_aside():
                while (begun := time.process_time()) < ends:
                    self.found = self.work()
                    self.seconds = min(self.seconds, _since(begun))
        except Exception as problem:
            self.work, self.error = None, _why(problem)


def _since(begun: float) -> float:
    """CPU seconds since then; at least what the clock can tell, since what takes less reads as 0."""
    return max(time.process_time() - begun, 1e-6, time.get_clock_info("process_time").resolution)


def _peers(model: Model, plan: Plan, patients: Patients, told: Callable[[str], None]) -> list[_Entrant]:
    """Every peer, set up and compiled; one that is missing or fails says why."""
    from livingdrug.bench.peers import PEERS
    from livingdrug.bench.peers.task import Task

    task, entrants = Task(model, plan, patients), []
    for peer in PEERS:
        told(f"{peer.tool}, compiling")
        entrant = _Entrant(peer.tool, _version(peer.package))
        many = min(peer.patients, len(patients.ids))
        try:
            with _printed_aside():
                solve = peer.solver(task)
                solve(many)
            entrant.work = partial(solve, many)
        except Exception as problem:
            entrant.error = _why(problem)
        entrants.append(entrant)
    return entrants


def _why(problem: Exception) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0][:200]


def _race(
    entrants: list[_Entrant], repeats: int, exact: Floats, plan: Plan, patients: Patients, told: Callable[[str], None]
) -> list[dict[str, Any]]:
    """A row for each. They take turns, so that what else the machine does hits all alike; the fastest run counts."""
    for _ in range(repeats):
        for entrant in entrants:
            if entrant.work:
                told(entrant.tool)
                entrant.turn()
    rows = []
    for e in entrants:
        row: dict[str, Any] = {"tool": e.tool, "version": e.version}
        if not e.error:
            assert e.found is not None
            worst = _errors(e.found, exact, plan, patients)
            row |= {"patients": len(e.found), "patients_per_s_core": len(e.found) / e.seconds}
            row |= {"max_error": float(worst.max()), "median_error": float(np.median(worst))}
            if not np.isfinite(worst).all():
                e.error = "the result is not a number everywhere"
        rows.append({"tool": e.tool, "version": e.version, "error": e.error} if e.error else row)
    return rows


def _errors(found: Floats, exact: Floats, plan: Plan, patients: Patients) -> Floats:
    """Each patient's largest scaled error; outputs at a bolus are left out, as tools differ in which comes first."""
    n = min(len(found), len(exact))
    size = np.abs(exact[:n])
    error = np.abs(found[:n] - exact[:n]) / (size + 1e-3 * size.max(axis=1, keepdims=True))
    doses = patients.doses[0]
    return error[:, ~np.isin(plan.ticks, doses[doses[:, 3] == 0, 0])].max(axis=(1, 2))


@contextmanager
def _printed_aside() -> Iterator[None]:
    """What a tool, or a compiler that it calls, prints goes to standard error: standard output is the table's."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _therapy(therapy: tuple[Model, Plan, Patients] | None, repeats: int) -> dict[str, Any] | None:
    from livingdrug.engine.run import simulate

    if therapy is None:
        return None
    model, plan, patients = therapy
    seconds = np.inf
    for _ in range(repeats):
        begun = time.process_time()
        out = simulate(model, plan, patients, threads=1)
        seconds = min(seconds, _since(begun))
    years = float((out.ended - plan.start).sum() / DAYS["year"])
    return {
        "states": len(model.states),
        "patients": len(patients.ids),
        "patients_per_s_core": years / seconds,
        "steps_per_patient": float(out.steps[:, 0].mean()),
        "years_per_patient": years / len(patients.ids),
    }
