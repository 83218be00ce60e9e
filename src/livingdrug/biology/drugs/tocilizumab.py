"""Tocilizumab: an antibody that blocks the IL-6 receptor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Covariate, Derived, Entry, Flow, Module, Multiplies, Param, Publishes, State


class Tocilizumab(Module):
    """One compartment, linear and Michaelis-Menten elimination; the free receptor falls as
    1 / (1 + concentration / affinity).

    Follows [moes2022]; no effect on expansion of CAR-T [stein2019].
    Leaves out: receptor as a state, bound soluble receptor.
    """

    role = "drug.tocilizumab"

    weight = Covariate("kg", "body weight")
    clearance_reference = Param("L/day", "linear clearance at the reference weight")
    volume_reference = Param("L", "volume at the reference weight")
    saturable = Param("mg/day", "Vmax of saturable elimination at the reference weight")
    half_saturation = Param("mg/L", "Km of saturable elimination")
    reference_weight = Param("kg", "weight for which the values hold")
    affinity = Param("mg/L", "IC50: concentration that blocks half the receptor")
    pace_factor = Param("1", "proliferation of CAR-T under full blockade relative to none")

    size = Derived("1", "clearance relative to the reference weight", lambda v: (v.weight / v.reference_weight) ** 0.75)
    clearance = Derived("L/day", "linear clearance", lambda v: v.clearance_reference * v.size)
    largest = Derived("mg/day", "Vmax of saturable elimination", lambda v: v.saturable * v.size)
    volume = Derived("L", "volume", lambda v: v.volume_reference * v.weight / v.reference_weight)
    receptor = Multiplies("cytokines.receptor")
    pace = Multiplies("kinetics.pace")

    drug = State("mg", "tocilizumab in the body")
    dose = Entry("mg", "tocilizumab", into={"drug": 1.0})

    concentration = Publishes("mg/L", "tocilizumab in blood")
    free_receptor = Publishes("1", "share of the IL-6 receptor that tocilizumab leaves free")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("linear elimination", out_of="drug", rate=v.clearance / v.volume * v.drug)
        yield Flow(
            "saturable elimination", out_of="drug", rate=v.largest * v.drug / (v.drug + v.half_saturation * v.volume)
        )

    def published(self, v: Any) -> dict[str, Any]:
        return {"concentration": v.drug / v.volume, "free_receptor": self._free(v)}

    def contributes(self, v: Any) -> dict[str, Any]:
        return {"receptor": self._free(v), "pace": 1 + (v.pace_factor - 1) * (1 - self._free(v))}

    @staticmethod
    def _free(v: Any) -> Any:
        return v.affinity / (v.affinity + v.drug / v.volume)
