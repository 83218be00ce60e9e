"""An inhibitor of the kinases behind the receptor: CAR-T stop working while it is there, and go on when it is gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Covariate, Derived, Entry, Flow, Module, Multiplies, Param, Publishes, State
from livingdrug.model.math import hill


class SignallingInhibitor(Module):
    """First-order absorption and one compartment [christopher2008]; signalling through the receptor falls by a
    sigmoid law: kill, secretion of cytokines, division, recall of memory and exhaustion with it, and none of the cells
    dies of it [mestermann2019].

    Every receptor that signals through the same kinases is paused: no gene has to be built in.
    Leaves out: the drug's own effect on a leukaemia, on platelets and on the host's lymphocytes; metabolites;
    a lower dose of those who take what slows its loss.
    """

    role = "drug.signalling_inhibitor"

    weight = Covariate("kg", "body weight")
    absorption = Param("1/day", "absorption from the gut")
    clearance_reference = Param("L/day", "apparent clearance at the reference weight")
    volume_reference = Param("L", "apparent volume at the reference weight")
    reference_weight = Param("kg", "weight for which the values hold")
    half_inhibited = Param("mg/L", "IC50: concentration that halves signalling through the receptor")
    power = Param("1", "Hill coefficient of that inhibition")

    relative = Derived("1", "weight relative to the reference", lambda v: v.weight / v.reference_weight)
    clearance = Derived("L/day", "apparent clearance", lambda v: v.clearance_reference * v.relative**0.75)
    volume = Derived("L", "apparent volume", lambda v: v.volume_reference * v.relative)
    pace = Multiplies("kinetics.pace")
    signalling = Multiplies("kinetics.signalling")

    depot = State("mg", "drug in the gut")
    drug = State("mg", "drug in the body")
    dose = Entry("mg", "drug, by mouth", into={"depot": 1.0})

    concentration = Publishes("mg/L", "drug in blood")
    inhibition = Publishes("1", "share of the receptor's signalling that is inhibited")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("absorption", out_of="depot", into="drug", rate=v.absorption * v.depot)
        yield Flow("elimination", out_of="drug", rate=v.clearance / v.volume * v.drug)

    def published(self, v: Any) -> dict[str, Any]:
        concentration = v.drug / v.volume
        return {"concentration": concentration, "inhibition": hill(concentration, v.half_inhibited, v.power)}

    def contributes(self, v: Any) -> dict[str, Any]:
        return {"pace": 1 - v.inhibition, "signalling": 1 - v.inhibition}
