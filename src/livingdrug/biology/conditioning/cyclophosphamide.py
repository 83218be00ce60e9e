"""Cyclophosphamide before the cells: one compartment, its active metabolite in proportion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Adds, Covariate, Derived, Entry, Flow, Module, Param, Publishes, State


class Cyclophosphamide(Module):
    """Cyclophosphamide in one volume; the metabolite that kills follows the parent, since making it is the slow step.

    Follows [ahmed2020]; the kill of lymphocytes in proportion to the metabolite is our own (no published law was
    found).
    Leaves out: induction of its own clearance, the metabolite as a compartment of its own.
    """

    role = "conditioning.cyclophosphamide"

    bsa = Covariate("m**2", "body surface area")
    clearance_reference = Param("L/day", "clearance at the reference surface")
    volume_reference = Param("L", "volume at the reference surface")
    reference_surface = Param("m**2", "body surface area for which the values hold")
    size_power = Param("1", "power of body surface on clearance and volume")
    metabolite_clearance = Param("L/day", "clearance of the active metabolite at the reference surface")
    lymphocyte_kill = Param("L/mg/day", "kill of lymphocytes for each mg/L of active metabolite")

    size = Derived(
        "1", "clearance and volume relative to the reference", lambda v: (v.bsa / v.reference_surface) ** v.size_power
    )
    clearance = Derived("L/day", "clearance", lambda v: v.clearance_reference * v.size)
    volume = Derived("L", "volume", lambda v: v.volume_reference * v.size)

    drug = State("mg", "cyclophosphamide in the body")
    dose = Entry("mg", "cyclophosphamide", into={"drug": 1.0})

    lymphocytes = Adds("lymphocytes.kill", "1/day")
    active = Publishes("mg/L", "active metabolite of cyclophosphamide in blood")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("elimination", out_of="drug", rate=v.clearance / v.volume * v.drug)

    def published(self, v: Any) -> dict[str, Any]:
        return {"active": v.clearance / v.volume * v.drug / (v.metabolite_clearance * v.size)}

    def contributes(self, v: Any) -> dict[str, Any]:
        return {"lymphocytes": v.lymphocyte_kill * v.active}
