"""Graft versus host: donor cells that still carry a T-cell receptor attack the patient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Covariate, Flow, Hazard, Module, Param, Publishes, Reads


class GraftVersusHost(Module):
    """A hazard in proportion to the donor cells with a T-cell receptor for each kilogram, to how far the two differ,
    and to what drugs leave of the production of cytokines.

    Cells with a receptor expand and are rejected as the others do.
    Leaves out: grade and organs, treatment of it, the death that severe disease may bring, NK cells of the donor.
    """

    role = "graft_versus_host"
    between_two = True

    weight = Covariate("kg", "body weight")
    rate = Param("kg/cell/day", "hazard for each cell with a T-cell receptor for each kilogram, where all HLA differ")
    total = Reads("kinetics.total", "cell", absent=0.0)
    tcr = Reads("edits.tcr", "1", absent=1.0)
    difference = Reads("host_versus_graft.difference", "1", absent=1.0)
    production = Reads("cytokines.production", "1", absent=1.0)

    gvhd = Hazard("graft-versus-host disease")

    per_kg = Publishes("cell/kg", "donor cells with a T-cell receptor for each kilogram")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("disease", into="gvhd", rate=v.rate * v.per_kg * v.difference * v.production)

    def published(self, v: Any) -> dict[str, Any]:
        return {"per_kg": v.total * v.tcr / v.weight}
