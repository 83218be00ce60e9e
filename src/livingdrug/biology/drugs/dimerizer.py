"""A dimerizer: a small molecule that does nothing but join proteins that were built to be joined by it."""

from __future__ import annotations

from typing import Any

from livingdrug.biology.drugs import TwoCompartments
from livingdrug.model import Adds, Covariate, Derived, Entry, Param, Publishes, State


class Dimerizer(TwoCompartments):
    """Two compartments with linear loss, in proportion to body weight [iuliucci2001]. It acts on cells that carry a
    death switch, and on nothing where there is none.

    Leaves out: binding to the body's own proteins, metabolites, the patient's liver.
    """

    role = "drug.dimerizer"

    weight = Covariate("kg", "body weight")
    clearance_per_kg = Param("L/day/kg", "clearance for each kg of body weight")
    volume_per_kg = Param("L/kg", "central volume for each kg of body weight")
    exchange_per_kg = Param("L/day/kg", "clearance between the compartments for each kg of body weight")
    tissue_per_kg = Param("L/kg", "peripheral volume for each kg of body weight")

    clearance = Derived("L/day", "clearance", lambda v: v.clearance_per_kg * v.weight)
    volume = Derived("L", "central volume", lambda v: v.volume_per_kg * v.weight)
    exchange = Derived("L/day", "clearance between the compartments", lambda v: v.exchange_per_kg * v.weight)
    tissue_volume = Derived("L", "peripheral volume", lambda v: v.tissue_per_kg * v.weight)
    switch = Adds("safety.caspase.dimerizer", "mg/L")

    drug = State("mg", "dimerizer in the central compartment")
    tissue = State("mg", "dimerizer in the peripheral compartment")
    dose = Entry("mg", "dimerizer, into a vein", into={"drug": 1.0})

    concentration = Publishes("mg/L", "dimerizer in blood")

    def contributes(self, v: Any) -> dict[str, Any]:
        return {"switch": v.concentration}
