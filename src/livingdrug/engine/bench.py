"""How fast the engine is, beside other integrators that are installed, on the same model, outputs and tolerance.

Speed is patients per CPU-second of one core (a patient is a year), so that other work on the machine counts little.
"""

from __future__ import annotations

import time
from collections.abc import Callable
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


def bench(
    peers: bool = False,
    therapy: tuple[Model, Plan, Patients] | None = None,
    patients: int = 512,
    rtol: float = 1e-6,
    repeats: int = 5,
) -> dict[str, Any]:
    """Speed and error on the 29-state study model, and the speed of a therapy model when one is given.

    peers: time other installed integrators in the same run; therapy: (model, plan, patients), its speed is in
    patient-years.
    """
    from livingdrug import __version__
    from livingdrug.engine.run import simulate

    model, plan, crowd = study_model(), study_plan(rtol), study_patients(patients)
    exact = simulate(model, study_plan(1e-11), study_patients(min(JUDGED, patients))).observables
    out = simulate(model, plan, crowd, threads=1)
    rows = [
        _row(
            "livingdrug",
            __version__,
            patients,
            _fastest(lambda: simulate(model, plan, crowd, threads=1), repeats) / patients,
            out.observables,
            exact,
        )
    ]
    if peers:
        from livingdrug.engine.bench_peers import found_peers

        for name, package, many, solve in found_peers(model, plan, rtol):
            some = study_patients(many)
            solve(study_patients(1))
            begun = time.process_time()
            observed = solve(some)
            rows.append(_row(name, package, many, (time.process_time() - begun) / many, observed, exact))
    for row in rows:
        row["ratio"] = rows[0]["patients_per_s_core"] / row["patients_per_s_core"]
    return {
        "model": "study model: CAR-T, tumour, cytokines, drugs",
        "states": len(model.states),
        "rtol": rtol,
        "rows": rows,
        "therapy_model": _therapy(therapy, repeats),
    }


def _row(tool: str, package: str, patients: int, seconds: float, observed: Floats, exact: Floats) -> dict[str, Any]:
    n = min(len(observed), len(exact))
    error = np.abs(observed[:n] - exact[:n]) / (np.abs(exact[:n]) + 1e-3 * np.abs(exact[:n]).max(axis=1, keepdims=True))
    return {
        "tool": tool,
        "version": package if tool == "livingdrug" else _version(package),
        "patients": patients,
        "patients_per_s_core": 1 / seconds,
        "max_error": float(error.max()),
        "median_error": float(np.median(error.max(axis=(1, 2)))),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _fastest(work: Callable[[], Any], repeats: int) -> float:
    """CPU seconds of the fastest of several runs."""
    best = np.inf
    for _ in range(repeats):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return float(best)


def _therapy(therapy: tuple[Model, Plan, Patients] | None, repeats: int) -> dict[str, Any] | None:
    from livingdrug.engine.run import simulate

    if therapy is None:
        return None
    model, plan, patients = therapy
    out = simulate(model, plan, patients, threads=1)
    years = float((out.ended - plan.start).sum() / 365.25)
    seconds = _fastest(lambda: simulate(model, plan, patients, threads=1), repeats)
    return {
        "states": len(model.states),
        "patients": len(patients.ids),
        "patients_per_s_core": years / seconds,
        "steps_per_patient": float(out.steps[:, 0].mean()),
        "years_per_patient": years / len(patients.ids),
    }
