"""Drugs given against toxicity, and to protect from it; what two compartments, and antibodies, share stands here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Covariate, Derived, Entry, Flow, Module, Param, Publishes, State


class TwoCompartments(Module):
    """A drug in blood and tissue: lost from blood by `clearance`, passing to and fro by `exchange`."""

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("elimination", out_of="drug", rate=v.clearance / v.volume * v.drug)
        yield Flow("into tissue", out_of="drug", into="tissue", rate=v.exchange / v.volume * v.drug)
        yield Flow("out of tissue", out_of="tissue", into="drug", rate=v.exchange / v.tissue_volume * v.tissue)

    def published(self, v: Any) -> dict[str, Any]:
        return {"concentration": v.drug / v.volume}


class Antibody(TwoCompartments):
    """An antibody in two compartments with linear loss, scaled by body weight. What it does, the drug's file says."""

    weight = Covariate("kg", "body weight")
    clearance_reference = Param("L/day", "clearance at the reference weight")
    central_reference = Param("L", "central volume at the reference weight")
    peripheral_reference = Param("L", "peripheral volume at the reference weight")
    exchange_reference = Param("L/day", "clearance between the compartments at the reference weight")
    reference_weight = Param("kg", "weight for which the values hold")

    size = Derived(
        "1", "clearances relative to the reference weight", lambda v: (v.weight / v.reference_weight) ** 0.75
    )
    clearance = Derived("L/day", "clearance", lambda v: v.clearance_reference * v.size)
    exchange = Derived("L/day", "clearance between the compartments", lambda v: v.exchange_reference * v.size)
    volume = Derived("L", "central volume", lambda v: v.central_reference * v.weight / v.reference_weight)
    tissue_volume = Derived("L", "peripheral volume", lambda v: v.peripheral_reference * v.weight / v.reference_weight)

    drug = State("mg", "antibody in the central compartment")
    tissue = State("mg", "antibody in the peripheral compartment")
    dose = Entry("mg", "antibody, into a vein", into={"drug": 1.0})
    concentration = Publishes("mg/L", "antibody in serum")
