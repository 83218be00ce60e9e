"""Serum markers as the laboratory reports them."""

from __future__ import annotations

from typing import Any

from livingdrug.model import Module, Param, Publishes, Reads


class Serum(Module):
    """IL-6, CRP and ferritin, with the floor and ceiling of the assay.
    Leaves out: differences between laboratories.
    """

    role = "assay.serum"

    il6_floor = Param("pg/mL", "smallest IL-6 reported")
    il6_ceiling = Param("pg/mL", "largest IL-6 reported")
    noise = Param("1", "log-SD of a measurement")
    il6_true = Reads("cytokines.il6", "pg/mL")
    crp_true = Reads("cytokines.crp", "mg/L")
    ferritin_true = Reads("cytokines.ferritin", "ug/L")

    il6 = Publishes("pg/mL", "IL-6 in serum")
    crp = Publishes("mg/L", "CRP in serum")
    ferritin = Publishes("ug/L", "ferritin in serum")

    def published(self, v: Any) -> dict[str, Any]:
        return {"il6": v.il6_true, "crp": v.crp_true, "ferritin": v.ferritin_true}
