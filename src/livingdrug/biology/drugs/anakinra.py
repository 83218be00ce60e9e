"""Anakinra: the natural antagonist of interleukin 1 at its receptor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Covariate, Derived, Entry, Flow, Module, Multiplies, Param, Publishes, State


class Anakinra(Module):
    """First-order absorption from under the skin and one compartment [urien2013]; the free share of the IL-1 receptor
    falls as 1 / (1 + concentration / IC50).

    Macrophages excite each other less, so that what drives fever, leak and the barrier of the brain falls.
    Leaves out: infusion into a vein, kidney function, passage into the brain.
    """

    role = "drug.anakinra"

    weight = Covariate("kg", "body weight")
    absorption = Param("1/day", "absorption from under the skin")
    clearance_reference = Param("L/day", "apparent clearance at the reference weight")
    clearance_power = Param("1", "power of weight on clearance")
    volume_reference = Param("L", "apparent volume at the reference weight")
    volume_power = Param("1", "power of weight on volume")
    reference_weight = Param("kg", "weight for which the values hold")
    half_blocked = Param("mg/L", "IC50: concentration that halves what IL-1 does")

    relative = Derived("1", "weight relative to the reference", lambda v: v.weight / v.reference_weight)
    clearance = Derived("L/day", "apparent clearance", lambda v: v.clearance_reference * v.relative**v.clearance_power)
    volume = Derived("L", "apparent volume", lambda v: v.volume_reference * v.relative**v.volume_power)
    receptor = Multiplies("cytokines.il1_receptor")

    depot = State("mg", "anakinra under the skin")
    drug = State("mg", "anakinra in the body")
    dose = Entry("mg", "anakinra, under the skin", into={"depot": 1.0})

    concentration = Publishes("mg/L", "anakinra in blood")
    free_receptor = Publishes("1", "share of the IL-1 receptor that anakinra leaves free")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("absorption", out_of="depot", into="drug", rate=v.absorption * v.depot)
        yield Flow("elimination", out_of="drug", rate=v.clearance / v.volume * v.drug)

    def published(self, v: Any) -> dict[str, Any]:
        return {"concentration": v.drug / v.volume, "free_receptor": self._free(v)}

    def contributes(self, v: Any) -> dict[str, Any]:
        return {"receptor": self._free(v)}

    @staticmethod
    def _free(v: Any) -> Any:
        return v.half_blocked / (v.half_blocked + v.drug / v.volume)
