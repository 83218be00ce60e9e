"""One course of a published model on the compiled engine: of a model with a tissue, whose shells only it knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.engine.plan import Outcome, Patients, Plan
from livingdrug.engine.run import simulate
from livingdrug.errors import EngineError
from livingdrug.model import Model
from livingdrug.published.integrate import Dose

Floats = NDArray[np.float64]
RTOL = 1e-6  # the shells themselves are an error of a thousandth
STEPS = 100_000


def observed(
    model: Model, values: Mapping[str, Any], doses: Sequence[Dose], times: Floats, paths: Sequence[str]
) -> dict[str, Floats]:
    """Quantities by path at each of the sorted times [day]; a state of the tissue as "role.state[shell]".

    What is below a millionth of its peak is 0: no more is known of it.
    EngineError where the course cannot be followed to its end.
    """
    given = sorted(doses, key=lambda d: d.time)
    rows = [[d.time, model.inputs.index(d.into), d.amount, d.duration] for d in given]
    wanted = tuple(dict.fromkeys(paths))
    none = np.zeros(len(times), np.int64)
    plan = Plan(
        start=0.0,
        end=float(times[-1]),
        ticks=times,
        marks=none,
        output=np.ones(len(times), bool),
        clone_ticks=none.astype(bool),
        observables=wanted,
        written=len(wanted),
        rtol=RTOL,
        max_steps=STEPS,
    )
    patients = Patients(
        ids=np.zeros(1, np.int64),
        values=dict(values),
        extras=np.zeros((1, 0)),
        doses=np.array(rows, float).reshape(1, -1, 4),
        thresholds=np.full((1, len(model.hazards)), np.inf),
    )
    out = simulate(model, plan, patients, threads=1)
    if out.outcome[0] != Outcome.COMPLETED:
        raise EngineError(
            f"the course stops on day {out.ended[0]:g} ({Outcome(out.outcome[0]).name.lower()})",
            mend="look at the model's values; a quantity may grow without limit",
        )
    found = {p: out.observables[0, :, i] for i, p in enumerate(wanted)}
    return {p: np.where(np.abs(x) < RTOL * np.abs(x).max(), 0.0, x) for p, x in found.items()}
