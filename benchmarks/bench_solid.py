"""CPU time of a solid tumour in 40 shells, beside a tumour in one pool, with the same CAR-T in blood, in one run.

    python benchmarks/bench_solid.py [--patients 64] [--repeats 5]

Both are followed for a year after one dose, on one thread; turns alternate, the fastest counts. The shells are followed
to 3e-4, since 40 of them are an error of a thousandth anyway (`largest_error` is against 1e-7), the others to 1e-6.
Printed: CPU time for a patient-year of each, their ratio, and the ratio of cold compiles (equations to machine code, in
an empty cache folder). The third model is the whole therapy model of ELIANA, without care rules.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time

import numpy as np
from numpy.typing import NDArray

RTOL = 3e-4
SEEN = ("tumour.alive", "tumour.radius", "tumour.car_t", "tumour.mean_oxygen")
TYPICAL = {"weight": 70.0, "bsa": 1.8, "egfr": 100.0, "age": 40.0, "fitness": 0.0}
LEAN = 0.15 * 365 / 360  # [CPU-s] for a year of an earlier prototype with 4 classes and no cycle, as noted then
FITTED = 0.08 * 365 / 30  # the same at the resolution that was fitted: 10 classes, 6 stages, steps of 0.01 d


def main() -> None:
    """Prints one JSON object."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--patients", type=int, default=64)
    asked.add_argument("--repeats", type=int, default=5)
    asked.add_argument("--rtol", type=float, default=RTOL, help="of the shells; 1e-6 for the others")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as cold:
        os.environ["LIVINGDRUG_CACHE"] = cold
        print(json.dumps(measured(given.patients, given.repeats, given.rtol), indent=1))


def measured(patients: int, repeats: int, rtol: float) -> dict[str, object]:
    """Figures by name; times in CPU seconds."""
    from livingdrug import biology
    from livingdrug.engine import cache
    from livingdrug.model import assemble
    from livingdrug.published.entry import published
    from livingdrug.scenario import resolve

    lesion = published("solid_lesion")
    eliana = resolve("eliana")
    models = {
        "shells": lesion.model,
        "pool": assemble(*(biology.find(x) for x in ("leukaemia", "encounters", "renewing_effectors"))),
        "therapy": eliana.model(),
    }
    numbers = eliana.arms[0].parameters
    typical = {m: {**TYPICAL, **of(model, numbers)} for m, model in models.items() if m != "shells"}
    typical["shells"] = lesion.values
    cold: dict[str, float] = {}
    for name, model in models.items():
        begun = time.process_time()
        cache.load(model)
        cold[name] = time.process_time() - begun
    best = dict.fromkeys(models, np.inf)
    steps: dict[str, float] = {}
    for _ in range(repeats):
        for name, model in models.items():
            seconds, steps[name], _ = year(model, typical[name], patients, rtol if name == "shells" else 1e-6)
            best[name] = min(best[name], seconds / patients)
    seen = [year(models["shells"], typical["shells"], 8, x)[2] for x in (rtol, 1e-7)]
    error = np.abs(seen[0] - seen[1]) / (np.abs(seen[1]) + 1e-3 * np.abs(seen[1]).max(axis=1, keepdims=True))
    return {
        "patients": patients,
        "largest_error": float(error.max()),
        "rtol": rtol,
        "cpu_s_per_patient_year": best,
        "steps_per_patient_year": steps,
        "shells_over_pool": best["shells"] / best["pool"],
        "shells_over_therapy_model": best["shells"] / best["therapy"],
        "lean_prototype_over_shells": LEAN / best["shells"],
        "fitted_prototype_over_shells": FITTED / best["shells"],
        "cold_compile_cpu_s": cold,
        "cold_shells_over_therapy_model": cold["shells"] / cold["therapy"],
    }


def of(model: object, numbers: object) -> dict[str, float]:
    """The model's parameters from a trial's, in the model's units."""
    paths = model.parameters  # type: ignore[attr-defined]
    return {p: numbers[p].in_unit(model.unit(p)).value for p in paths}  # type: ignore[attr-defined, index]


def year(
    model: object, values: dict[str, float], patients: int, rtol: float
) -> tuple[float, float, NDArray[np.float64]]:
    """CPU time and mean number of steps of a year of these patients, who differ in their dose; what is seen weekly."""
    from livingdrug.engine.plan import Patients, Plan
    from livingdrug.engine.run import simulate

    weeks = np.arange(0.0, 366.0, 7.0)
    none = np.zeros(len(weeks), np.int64)
    seen = ("kinetics.blood", *(p for p in SEEN if p in model.quantities))  # type: ignore[attr-defined]
    every = np.ones(len(weeks), bool)
    plan = Plan(0.0, 365.0, weeks, none, every, none.astype(bool), seen, len(seen), rtol=rtol)
    dose = 2.5e8 * np.exp(0.5 * np.linspace(-1.0, 1.0, patients))
    entry = model.inputs.index(model.infusion)  # type: ignore[attr-defined]
    doses = np.array([[[0.0, entry, x, 0.0]] for x in dose])
    never = np.full((patients, len(model.hazards)), np.inf)  # type: ignore[attr-defined]
    known = {p: 1.0 for p in model.covariates}  # type: ignore[attr-defined]
    known |= {p: x for p, x in values.items() if p in model.declared}  # type: ignore[attr-defined]
    people = Patients(np.arange(patients), known, np.zeros((patients, 0)), doses, never)
    begun = time.process_time()
    out = simulate(model, plan, people, threads=1)  # type: ignore[arg-type]
    assert (out.outcome < 10).all(), out.outcome
    return time.process_time() - begun, float(out.steps.sum(axis=1).mean()), out.observables


if __name__ == "__main__":
    main()
