"""An antibody against a tag that the cells carry, which calls the host's own killers to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Adds, Covariate, Derived, Entry, Flow, Module, Param, Publishes, State


class TagAntibody(Module):
    """One compartment with linear loss, in proportion to body surface [erbitux_smpc]. It acts on cells that carry the
    tag, and on nothing where there is none.

    Leaves out: saturable loss to the natural receptor, what the antibody does to skin, gut and magnesium.
    """

    role = "drug.tag_antibody"

    bsa = Covariate("m**2", "body surface area")
    clearance_per_m2 = Param("L/day/m**2", "clearance for each square metre of body surface")
    volume_per_m2 = Param("L/m**2", "volume for each square metre of body surface")

    clearance = Derived("L/day", "clearance", lambda v: v.clearance_per_m2 * v.bsa)
    volume = Derived("L", "volume", lambda v: v.volume_per_m2 * v.bsa)
    tag = Adds("safety.tag.antibody", "mg/L")

    drug = State("mg", "antibody in the body")
    dose = Entry("mg", "antibody, into a vein", into={"drug": 1.0})

    concentration = Publishes("mg/L", "antibody in serum")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("elimination", out_of="drug", rate=v.clearance / v.volume * v.drug)

    def published(self, v: Any) -> dict[str, Any]:
        return {"concentration": v.drug / v.volume}

    def contributes(self, v: Any) -> dict[str, Any]:
        return {"tag": v.concentration}
