"""Fludarabine before the cells: three compartments, cleared partly by the kidney."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Adds, Covariate, Derived, Entry, Flow, Module, Param, Publishes, State


class Fludarabine(Module):
    """F-ara-A after fludarabine phosphate: clearance grows with kidney function and size; exposure is an output.

    Follows [langenhorst2019]; the kill of lymphocytes in proportion to the concentration is our own (no published law
    was found).
    Leaves out: variation from course to course, activation inside the cells, and the cap of kidney function by age
    (the population gives the kidney function to be used).
    """

    role = "conditioning.fludarabine"

    weight = Covariate("kg", "body weight")
    egfr = Covariate("mL/min", "kidney function, per 1.73 m2")
    non_renal = Param("L/day", "clearance not by the kidney, at the reference weight")
    renal = Param("L/day/(mL/min)", "clearance for each unit of kidney function, at the reference weight")
    reference_weight = Param("kg", "weight for which the values hold")
    volume_central = Param("L", "central volume at the reference weight")
    volume_near = Param("L", "first peripheral volume at the reference weight")
    volume_far = Param("L", "second peripheral volume at the reference weight")
    exchange_near = Param("L/day", "intercompartmental clearance to the first peripheral volume")
    exchange_far = Param("L/day", "intercompartmental clearance to the second peripheral volume")
    active_share = Param("1", "mass of F-ara-A in a mass of fludarabine phosphate")
    individual = Param("1", "clearance of this patient relative to others of the same weight and kidney function")
    hours = Param("hour/day", "hours in a day, because exposure is read in hours")
    lymphocyte_kill = Param("L/mg/day", "kill of lymphocytes for each mg/L of F-ara-A")

    size = Derived("1", "clearance relative to the reference weight", lambda v: (v.weight / v.reference_weight) ** 0.75)
    clearance = Derived("L/day", "clearance", lambda v: v.individual * (v.non_renal + v.renal * v.egfr) * v.size)
    v1 = Derived("L", "central volume", lambda v: v.volume_central * v.weight / v.reference_weight)
    v2 = Derived("L", "first peripheral volume", lambda v: v.volume_near * v.weight / v.reference_weight)
    v3 = Derived("L", "second peripheral volume", lambda v: v.volume_far * v.weight / v.reference_weight)

    central = State("mg", "F-ara-A in the central volume")
    near = State("mg", "F-ara-A in the first peripheral volume")
    far = State("mg", "F-ara-A in the second peripheral volume")
    exposure = State("mg*hour/L", "area under the concentration of F-ara-A so far")
    dose = Entry("mg", "fludarabine phosphate", into={"central": lambda v: v.active_share})

    lymphocytes = Adds("lymphocytes.kill", "1/day")
    concentration = Publishes("mg/L", "F-ara-A in blood")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("elimination", out_of="central", rate=v.clearance / v.v1 * v.central)
        yield Flow(
            "to shallow peripheral compartment",
            out_of="central",
            into="near",
            rate=v.exchange_near * v.size / v.v1 * v.central,
        )
        yield Flow(
            "from shallow peripheral compartment",
            out_of="near",
            into="central",
            rate=v.exchange_near * v.size / v.v2 * v.near,
        )
        yield Flow(
            "to deep peripheral compartment",
            out_of="central",
            into="far",
            rate=v.exchange_far * v.size / v.v1 * v.central,
        )
        yield Flow(
            "from deep peripheral compartment",
            out_of="far",
            into="central",
            rate=v.exchange_far * v.size / v.v3 * v.far,
        )
        yield Flow("exposure", into="exposure", rate=v.hours * v.central / v.v1)

    def published(self, v: Any) -> dict[str, Any]:
        return {"concentration": v.central / v.v1}

    def contributes(self, v: Any) -> dict[str, Any]:
        return {"lymphocytes": v.lymphocyte_kill * v.concentration}
