"""Bounds that cut off much of a distribution: how many patients are drawn exactly at one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from livingdrug.cohort import covariates
from livingdrug.cohort.draw import Floats, draw
from livingdrug.scenario import Resolved

DRAWN = 1000  # patients that are looked at
MANY = 0.05  # share of them at one bound that is worth a note
BOUNDED = ("normal", "log-normal")  # distributions whose draws are moved to a bound


def at_bounds(resolved: Resolved) -> list[str]:
    """A note for each property or number of which more than 5 % of patients have exactly its low or high."""
    found = []
    for path, x, ends, unit in _bounded(resolved):
        for word, end in zip(("low", "high"), ends, strict=True):
            share = float(np.mean(x == end)) if end is not None else 0.0
            if share > MANY:
                said = f"{share:.0%} of patients are drawn at the bound {word} = {end:g} {unit} of {path}"
                found.append(f"{said}: look at its value, sd and bounds")
    return found


def _bounded(resolved: Resolved) -> Iterator[tuple[str, Floats, tuple[float | None, float | None], str]]:
    """Path, values (n,), bounds and unit of what has any."""
    who = np.arange(DRAWN)
    properties = covariates.draw(resolved, who, 1)
    for name, c in resolved.covariates.items():
        if c.distribution in BOUNDED and (c.low, c.high) != (None, None):
            yield f"covariates.{name}", properties[name], (c.low, c.high), c.unit
    numbers = [(p, p.variability) for p in resolved.parameters.values()]
    wanted = [(p, v) for p, v in numbers if v and v.distribution in BOUNDED and (v.low, v.high) != (None, None)]
    cohort = draw(resolved, who, 1) if wanted else None
    for p, v in wanted:
        if cohort is not None:
            yield p.path, cohort.of(p.path), (v.low, v.high), p.unit
