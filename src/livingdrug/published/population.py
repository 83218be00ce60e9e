"""Many virtual patients of one published model, on the compiled engine.

Spreads are as published, whole parameter sets stay whole, and tumour cells are counted one by one where chance decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from livingdrug import rng
from livingdrug.engine.plan import Outcome, Patients, Plan
from livingdrug.errors import ScenarioError
from livingdrug.published.course import Run, horizon
from livingdrug.published.entry import Published
from livingdrug.published.integrate import Dose

Floats = NDArray[np.float64]
MOST = 100_000
CLONE_STEP = 0.25  # [day] between two moves of cells counted one by one


@dataclass(frozen=True)
class Population:
    """Courses of the patients that could be simulated; how many could not; the share of tumours that died out.

    cured is None where the model counts no tumour cells one by one.
    """

    run: Run
    failed: int
    cured: float | None


def values(model: Published, ids: NDArray[np.int64], seed: int) -> dict[str, float | Floats]:
    """Parameters of patients by path: drawn from the published variability; whole sets with equal chance."""
    found: dict[str, float | Floats] = dict(model.values)
    if model.sets:
        rows = list(model.sets.values())
        chosen = np.minimum((rng.uniform(seed, ids, "parameter set") * len(rows)).astype(int), len(rows) - 1)
        found.update({p: np.array([row[p] for row in rows])[chosen] for p in rows[0]})
    for path, parameter in model.parameters.items():
        variability = parameter.in_unit(model.model.unit(path)).variability
        if variability is not None:
            if variability.distribution != "log-normal":
                raise ScenarioError(
                    f"the variability of {path} between patients is {variability.distribution}",
                    where=parameter.place,
                    allowed="log-normal",
                )
            found[path] = model.values[path] * np.exp(variability.sd * rng.normal(seed, ids, path))
    return found


def population(
    model: Published,
    patients: int,
    seed: int = 1,
    dose: str | float | None = None,
    conditioning: str | float | None = None,
    days: float | None = None,
) -> Population:
    """Courses of many patients; the same seed gives the same patients at every dose (common random numbers)."""
    if not 1 <= patients <= MOST:
        raise ScenarioError(f"{patients} patients are not possible here", where="--patients", allowed=f"1 to {MOST:,}")
    if not (model.sets or model.model.clones or any(p.variability for p in model.parameters.values())):
        raise ScenarioError(
            f"{model.label} has no published variability between patients",
            where="--patients",
            mend="leave --patients out, or choose a variant with whole parameter sets",
        )
    ids = np.arange(patients)
    drawn = {**values(model, ids, seed), **model.adjusted(dose, conditioning)}
    found = on_engine(model, drawn, ids, seed, model.doses(dose), horizon(model, days))
    return replace(found, run=replace(found.run, dose=model.asked(dose)))


def on_engine(
    model: Published,
    drawn: Mapping[str, float | Floats],
    ids: NDArray[np.int64],
    seed: int,
    given: Sequence[Dose],
    end: float,
) -> Population:
    """These patients, with these parameters and doses, on the compiled engine until day `end`."""
    from livingdrug.engine.run import simulate

    clocked = np.arange(0.0, end, CLONE_STEP) if model.model.clones else np.zeros(0)
    shown = np.linspace(0.0, end, 366)
    ticks = np.unique([*shown, *clocked, end])
    rows = sorted([d.time, model.model.inputs.index(d.into), d.amount, d.duration] for d in given)
    doses = np.array(rows).reshape(1, -1, 4)
    paths = [o.path for o in model.observations.values()]
    plan = Plan(
        start=0.0,
        end=end,
        ticks=ticks,
        marks=np.zeros(len(ticks), np.int64),
        output=np.isin(ticks, shown),
        clone_ticks=np.isin(ticks, clocked),
        observables=tuple(paths),
        written=len(paths),
    )
    people = Patients(
        ids=ids,
        values=dict(drawn),
        extras=np.zeros((len(ids), 0)),
        doses=np.repeat(doses, len(ids), axis=0),
        thresholds=np.zeros((len(ids), 0)),
        seed=seed,
    )
    out = simulate(model.model, plan, people)
    well = out.outcome < Outcome.STEP_BUDGET
    seen = {n: out.observables[well, :, i] for i, n in enumerate(model.observations)}
    cured = float(np.mean(np.isfinite(out.extinct[well, 0]))) if model.model.clones and well.any() else None
    found = Run(model, ticks[np.isin(ticks, shown)], seen, tuple(f"patient {i}" for i in ids[well]))
    return Population(found, int((~well).sum()), cured)
