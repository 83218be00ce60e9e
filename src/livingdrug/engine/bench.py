"""How fast the engine is, beside other integrators that are installed, on the same model, outputs and tolerance.

Speed is patients per CPU-second of one core (a patient is a year), so that other work on the machine counts little.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.bench_model import study_model, study_patients, study_plan
from livingdrug.engine.plan import Patients, Plan

if TYPE_CHECKING:
    from livingdrug.model import Model

Floats = NDArray[np.float64]
JUDGED = 64  # patients whose error is measured against a run at 1e-11
ENOUGH = 20.0  # CPU seconds after which a slow tool is not run again


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
    told: hears which tool is being timed.
    """
    from livingdrug import __version__
    from livingdrug.engine.run import simulate

    model, plan, crowd = study_model(), study_plan(rtol), study_patients(patients)
    judged = study_patients(min(JUDGED, patients))
    exact = simulate(model, study_plan(1e-11), judged).observables
    told("livingdrug")
    out, seconds = _fastest(lambda: simulate(model, plan, crowd, threads=1).observables, repeats)
    rows = [_row("livingdrug", __version__, seconds, out, exact, plan, crowd)]
    if peers:
        rows += _peers(model, plan, judged, exact, repeats, told)
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


def _peers(
    model: Model, plan: Plan, patients: Patients, exact: Floats, repeats: int, told: Callable[[str], None]
) -> list[dict[str, Any]]:
    """A row for each peer; one that is missing or fails says why."""
    from livingdrug.engine.peers import PEERS
    from livingdrug.engine.peers.task import Task

    task, rows = Task(model, plan, patients), []
    for peer in PEERS:
        told(peer.tool)
        many = min(peer.patients, len(patients.ids))
        try:
            with _printed_aside():
                solve = peer.solver(task)
                solve(many)  # compiles what it compiles
                out, seconds = _fastest(partial(solve, many), repeats)
            rows.append(_row(peer.tool, _version(peer.package), seconds, out, exact, plan, patients))
        except Exception as problem:  # a peer's failure is a finding, whatever it raises
            why = str(problem).strip().splitlines() or [type(problem).__name__]
            rows.append({"tool": peer.tool, "version": _version(peer.package), "error": why[0][:200]})
    return rows


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


def _row(
    tool: str, package: str | None, seconds: float, observed: Floats, exact: Floats, plan: Plan, patients: Patients
) -> dict[str, Any]:
    """Speed and error; an output at a bolus is left out, as tools differ in which comes first."""
    n = min(len(observed), len(exact))
    size = np.abs(exact[:n])
    error = np.abs(observed[:n] - exact[:n]) / (size + 1e-3 * size.max(axis=1, keepdims=True))
    doses = patients.doses[0]
    error = error[:, ~np.isin(plan.ticks, doses[doses[:, 3] == 0, 0])]
    if not np.isfinite(error).all():
        raise ValueError("the result is not a number everywhere")
    return {
        "tool": tool,
        "version": package,
        "patients": len(observed),
        "patients_per_s_core": len(observed) / seconds,
        "max_error": float(error.max()),
        "median_error": float(np.median(error.max(axis=(1, 2)))),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _fastest(work: Callable[[], Any], repeats: int) -> tuple[Any, float]:
    """What the work gives, and the CPU seconds of its fastest run."""
    best, spent, found = np.inf, 0.0, None
    for _ in range(repeats):
        begun = time.process_time()
        found = work()
        took = time.process_time() - begun
        best, spent = min(best, took), spent + took
        if spent > ENOUGH:
            break
    return found, float(best)


def _therapy(therapy: tuple[Model, Plan, Patients] | None, repeats: int) -> dict[str, Any] | None:
    from livingdrug.engine.run import simulate

    if therapy is None:
        return None
    model, plan, patients = therapy
    out, seconds = _fastest(lambda: simulate(model, plan, patients, threads=1), repeats)
    years = float((out.ended - plan.start).sum() / 365.25)
    return {
        "states": len(model.states),
        "patients": len(patients.ids),
        "patients_per_s_core": years / seconds,
        "steps_per_patient": float(out.steps[:, 0].mean()),
        "years_per_patient": years / len(patients.ids),
    }
