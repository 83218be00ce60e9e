"""Immunoglobulin given into a vein, which replaces what B cells and plasma cells no longer make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Covariate, Derived, Entry, Flow, Module, Param, Publishes, Reads, State


class Immunoglobulin(Module):
    """What is given spreads from the blood into the volume of the patient's own immunoglobulin G and is lost with it
    [thurmann1995].

    Leaves out: faster loss where there is much, subclasses and specificities, reactions to the infusion.
    """

    role = "drug.immunoglobulin"

    weight = Covariate("kg", "body weight")
    volume_reference = Param("L", "volume of distribution at the reference weight")
    reference_weight = Param("kg", "weight for which it holds")
    spreading = Param("1/day", "rate at which it spreads")

    volume = Derived("L", "volume of distribution", lambda v: v.volume_reference * v.weight / v.reference_weight)
    igg = Reads("b_cells.igg", "g/L", absent=0.0)

    infused = State("g", "immunoglobulin that has not spread yet")
    dose = Entry("g", "immunoglobulin, into a vein", into={"infused": 1.0})

    unspread = Publishes("g/L", "immunoglobulin that has not spread yet, as the rise it will make")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("spreading", out_of="infused", rate=v.spreading * v.infused)
        yield Flow("rise of immunoglobulin", into="b_cells.igg", rate=v.spreading * v.infused / v.volume)

    def published(self, v: Any) -> dict[str, Any]:
        return {"unspread": v.infused / v.volume}
