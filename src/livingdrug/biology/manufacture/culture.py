"""Activation and growth of the collected T cells in culture."""

from __future__ import annotations

from typing import Any

from livingdrug.biology.manufacture import Step
from livingdrug.model import Derived, Param, Reads
from livingdrug.model.math import exp, log, maximum, minimum, where


def grown(v: Any) -> Any:
    """T cells at the end of culture: logistic growth in the time that the fading drive leaves."""
    return v.capacity / (1 + (v.capacity / v.seeded - 1) * exp(-v.push))


class Culture(Step):
    """Activated cells divide after a lag, at a rate that fades as the stimulus wears off and stops as the medium fills:
    dA/dt = growth x drive x exp(-(t - lag) / fading) x A x (1 - A / capacity), solved in closed form.

    Bendamustine in the last months before collection slows them. Each lot differs from the next of the same patient.
    Leaves out: death in culture (net growth), feeding as steps of the capacity, sorting into CD4 and CD8, beads.
    """

    role = "culture"
    each_lot = ("lot_growth",)
    columns = {"activation": "activation", "after_bendamustine": "after_bendamustine"}

    days = Param("day", "days in culture, from activation to harvest")
    most_seeded = Param("cell", "most T cells put in culture")
    selected = Param("1", "share of the collected T cells that can be put in culture", most=1)
    lag = Param("day", "days from activation to the first division")
    growth = Param("1/day", "net growth just after the lag, in the patient's cells")
    lot_growth = Param("1", "growth of this lot relative to the patient's usual one")
    drive = Param("1", "growth in this culture's cytokines relative to that in plenty of them")
    fading = Param("day", "days after which the stimulus has faded to 1/e")
    capacity = Param("cell", "T cells that the medium carries")
    bendamustine = Param("1", "share of patients who had bendamustine within six months before collection", most=1)
    bendamustine_draw = Param("1", "uniform draw by which a patient is one of them")
    bendamustine_growth = Param("1", "growth of such patients' cells relative to others")
    collected = Reads("leukapheresis.collected", "cell", absent=2.6e9)

    after_bendamustine = Derived(
        "1",
        "1: bendamustine within six months before collection",
        lambda v: where(v.bendamustine_draw < v.bendamustine, 1.0, 0.0),
    )
    seeded = Derived(
        "cell",
        "T cells put in culture",
        lambda v: minimum(minimum(v.selected * v.collected, v.most_seeded), v.capacity),
    )
    dividing = Derived("day", "days after the lag", lambda v: maximum(v.days - v.lag, 0 * v.lag))
    push = Derived(
        "1",
        "growth in an endless medium, in e-folds",
        lambda v: (
            v.growth
            * v.lot_growth
            * (1 - (1 - v.bendamustine_growth) * v.after_bendamustine)
            * v.drive
            * v.fading
            * (1 - exp(-v.dividing / v.fading))
        ),
    )
    cells = Derived("cell", "T cells at harvest", grown)
    divided = Derived("1", "growth by harvest, in e-folds", lambda v: log(v.cells / v.seeded))
    activation = Derived("1", "share of the stimulus that is left at harvest", lambda v: exp(-v.dividing / v.fading))
