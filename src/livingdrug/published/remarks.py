"""Where a run of a published model leaves the ground that its equations stand on, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from livingdrug.units import factor, quantity

if TYPE_CHECKING:
    from livingdrug.published.course import Run

HUMAN = 70.0  # [kg]
CELLS = 1e12  # cells in a kilogram of tissue; assumed: the rule of thumb of 1e9 cells in a gram
APART = 3.0  # a dose further from the paper's than this factor, where the paper does not say which doses were given


def remarks(found: Run) -> list[str]:
    """Less than one cell, more cells than a body holds, a dose beyond those of the study."""
    return [*_dose(found), *(text for name in found.seen for text in _cells(found, name))]


def _dose(found: Run) -> list[str]:
    usual, said = found.published.usual_dose, found.published.said.dose
    if found.dose is None or usual is None or not usual.value > 0.0:
        return []
    low, high = said.studied or (usual.value / APART, usual.value * APART)
    if low <= found.dose <= high:
        return []
    given = f"{low:g} to {high:g}" if said.studied else f"{usual.value:g}"
    return [f"a dose of {found.dose:g} {usual.unit} is beyond those of the study ({given}): the model is extrapolated"]


def _cells(found: Run, name: str) -> list[str]:
    unit = found.published.observations[name].unit
    if unit not in ("cell", "Gcell"):
        return []
    y = np.median(found.seen[name], axis=0) * factor(unit, "cell", name)
    texts = []
    gone = np.flatnonzero((y < 1.0) & (np.maximum.accumulate(y) >= 1.0))
    if len(gone) and not found.published.model.clones:
        texts.append(
            f"{name} falls below one cell on day {found.times[gone[0]]:.3g} (to {y[gone[0] :].min():.2g}): what comes "
            "after that is no forecast, a real one is gone by chance or is not"
        )
    body = found.published.said.body
    weight = quantity(body, "kg", "body") if body else HUMAN
    over = np.flatnonzero(y > CELLS * weight)
    if len(over):
        texts.append(
            f"{name} passes {CELLS * weight:.2g} cells on day {found.times[over[0]]:.3g} (up to {y.max():.2g}), more "
            f"than a body of {weight:g} kg holds"
        )
    return texts
