"""Levetiracetam: an anti-seizure drug given as prophylaxis or at the first neurologic sign."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Covariate, Derived, Entry, Flow, Module, Multiplies, Param, Publishes, State


class Levetiracetam(Module):
    """One compartment [patsalos2004]; readiness for seizures falls by an Emax law, the injury of the brain does not.

    By construction the ICE score is as without it: prophylaxis did not lower neurotoxicity as a whole [galli2025].
    Leaves out: absorption (all of it, within the hour), kidney function, sedation, effect on blood counts.
    """

    role = "drug.levetiracetam"

    weight = Covariate("kg", "body weight")
    clearance_per_kg = Param("L/day/kg", "clearance for each kg of body weight")
    volume_per_kg = Param("L/kg", "volume for each kg of body weight")
    most = Param("1", "Imax: largest fall of the readiness for seizures, as a share of it")
    half = Param("mg/L", "IC50 on the readiness for seizures")

    volume = Derived("L", "volume", lambda v: v.volume_per_kg * v.weight)
    clearance = Derived("L/day", "clearance", lambda v: v.clearance_per_kg * v.weight)
    seizures = Multiplies("neurotoxicity.seizures")

    drug = State("mg", "levetiracetam in the body")
    dose = Entry("mg", "levetiracetam", into={"drug": 1.0})

    concentration = Publishes("mg/L", "levetiracetam in blood")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("elimination", out_of="drug", rate=v.clearance / v.volume * v.drug)

    def published(self, v: Any) -> dict[str, Any]:
        return {"concentration": v.drug / v.volume}

    def contributes(self, v: Any) -> dict[str, Any]:
        concentration = v.drug / v.volume
        return {"seizures": 1 - v.most * concentration / (concentration + v.half)}
