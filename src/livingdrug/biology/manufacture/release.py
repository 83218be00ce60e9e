"""The tests that a lot must pass, and what is then in the bags."""

from __future__ import annotations

from typing import Any

from livingdrug.biology.manufacture import Step
from livingdrug.model import Covariate, Derived, Param, Reads
from livingdrug.model.math import minimum, where


def passing(v: Any) -> Any:
    """1 where the lot meets every limit of its specification."""
    enough, alive = where(v.ready / v.least >= 1, 1.0, 0.0), where(v.viability >= v.viability_least, 1.0, 0.0)
    bearing, few_copies = where(v.car_share >= v.car_least, 1.0, 0.0), where(v.copies <= v.copies_most, 1.0, 0.0)
    return v.clean * enough * alive * bearing * few_copies


def usable(v: Any) -> Any:
    """1 where a lot is infused: in specification, or out of it but clean, alive enough, and accepted by the doctor."""
    near = where(v.ready / v.least >= v.near, 1.0, 0.0) * where(v.viability >= v.viability_floor, 1.0, 0.0)
    accepted = where(v.accepting_draw < v.accepting, 1.0, 0.0)
    return v.in_specification + (1 - v.in_specification) * v.clean * near * accepted


class Release(Step):
    """A lot is in specification when it has enough living CAR+ cells, and when viability, CAR+ share, copies and purity
    are within their limits. Out of it, it may still be infused where doctor and sponsor agree; else it has failed and
    is made again. The bags are filled up to a largest dose.

    Leaves out: potency assays, residual beads, endotoxin and sterility apart (one chance stands for them), cells taken
    for the tests.
    """

    role = "release"
    columns = {"cells_made": "made", "viability": "viability", "in_specification": "in_specification"}
    means = {x: x for x in ("usable", "in_specification", "lots", "ready", "as_made")}
    each_lot = ("lot_viability", "clean_draw", "accepting_draw")

    lots = Param("1", "lots begun for a patient at most")
    viability_of_patient = Param("1", "living cells after thawing, in a usual lot of this patient", most=1)
    lot_viability = Param("1", "dead cells in this lot relative to the patient's usual one")
    recovery = Param("1", "cells left after washing, freezing and thawing", most=1)
    fewest_per_kg = Param("cell/kg", "fewest living CAR+ cells for each kg of body weight")
    fewest = Param("cell", "fewest living CAR+ cells that are ever asked for")
    fill_per_kg = Param("cell/kg", "most living CAR+ cells filled for each kg of body weight")
    fill = Param("cell", "most living CAR+ cells filled")
    as_made = Param("1", "1: the whole lot is the dose; 0: the protocol's dose is taken from it", most=1)
    viability_least = Param("1", "viability asked for", most=1)
    viability_floor = Param("1", "viability below which nobody infuses a lot", most=1)
    near = Param("1", "share of the fewest cells that a lot out of specification must have", most=1)
    car_least = Param("1", "CAR+ share asked for", most=1)
    copies_most = Param("1", "most copies in a CAR+ cell")
    unclean = Param("1", "chance that a lot fails for another reason (sterility, purity, equipment)", most=1)
    clean_draw = Param("1", "uniform draw of that chance")
    accepting = Param("1", "share of the lots out of specification that are infused", most=1)
    accepting_draw = Param("1", "uniform draw of that share")
    weight = Covariate("kg", "body weight")
    cells = Reads("culture.cells", "cell", absent=2e9)
    car_share = Reads("transduction.car_share", "1", absent=0.2)
    copies = Reads("transduction.copies", "1", absent=1.2)

    viability = Derived(
        "1",
        "share of cells that live after thawing",
        lambda v: 1 - minimum((1 - v.viability_of_patient) * v.lot_viability, 1.0),
    )
    made = Derived("cell", "living CAR+ cells made", lambda v: v.cells * v.recovery * v.viability * v.car_share)
    least = Derived(
        "cell", "fewest living CAR+ cells for this patient", lambda v: minimum(v.fewest_per_kg * v.weight, v.fewest)
    )
    ready = Derived(
        "cell",
        "living CAR+ cells in the bags",
        lambda v: minimum(v.made, minimum(v.fill_per_kg * v.weight, v.fill)),
    )
    clean = Derived("1", "1: fails for no other reason", lambda v: where(v.clean_draw < v.unclean, 0.0, 1.0))
    in_specification = Derived("1", "1: within every limit", passing)
    usable = Derived("1", "1: can be infused", usable)
