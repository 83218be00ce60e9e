"""The samples as the laboratory reports them, one row each: with the assay's error, and its limit of quantification."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from livingdrug.engine.plan import Floats, Output
from livingdrug.errors import unknown
from livingdrug.results.columns import Texts
from livingdrug.spec.trial import Samples
from livingdrug.trial import assays
from livingdrug.trial.design import Design
from livingdrug.trial.enrolment import Enrolled


def observations(
    samples: Samples | None, design: Design, enrolled: Enrolled, part: slice, output: Output
) -> Mapping[str, Any]:
    """The samples of the infused patients of one block, by patient and day, up to the end of follow-up.

    A value below the limit is missing, and `below_limit` is 1.
    """
    values, times, limit = np.zeros((len(output.ended), 0)), np.zeros(0), np.zeros(len(output.ended))
    observable, unit = "", ""
    if samples and samples.observable in design.shown:
        observable, unit = samples.observable, design.model.quantities[samples.observable].unit
        values, times = sampled(samples, design, enrolled, part, output), design.visits[samples.visits]
        limit = np.broadcast_to(of(samples, "limit", enrolled, part), len(values))
    who, visit = np.nonzero(~np.isnan(values))
    taken = values[who, visit]
    below = (taken <= 0.0) & (limit[who] > 0.0)
    return {
        "patient": enrolled.cohort.ids[part][who],
        "day": times[visit],
        "observable": Texts([observable], np.zeros(len(who), np.int64)),
        "value": np.where(below, np.nan, taken),
        "unit": Texts([unit], np.zeros(len(who), np.int64)),
        "below_limit": below.astype(np.int64),
        "limit": limit[who],
    }


def sampled(samples: Samples, design: Design, enrolled: Enrolled, part: slice, output: Output) -> Floats:
    """The samples (n, visits): 0 below the limit of quantification, nan after the end of follow-up."""
    course = output.observables[:, :, design.shown.index(samples.observable)][:, design.at[samples.visits]]
    ids, seed = enrolled.cohort.ids[part], enrolled.patients.seed
    noise, limit = (of(samples, key, enrolled, part) for key in ("noise", "limit"))
    return assays.sampled(course, design.visits[samples.visits], ids, seed, samples.observable, noise, limit)


def of(samples: Samples, key: str, enrolled: Enrolled, part: slice) -> Any:
    """The assay's noise or limit in each patient (n,); 0 where the trial names none."""
    path = getattr(samples, key)
    if path is None:
        return 0.0
    if path not in enrolled.values:
        raise unknown("number of a patient", path, enrolled.values, samples.place(key))
    return np.asarray(enrolled.values[path])[part]
