"""CAR-T counted in blood by flow cytometry."""

from __future__ import annotations

from typing import Any

from livingdrug.model import Module, Param, Publishes, Reads
from livingdrug.model.math import maximum


class FlowCytometry(Module):
    """CAR-T per microlitre and as a share of lymphocytes.
    Leaves out: gating, viability, receptor lost from the surface.
    """

    role = "assay.flow"

    limit = Param("cell/uL", "limit of quantification")
    noise = Param("1", "log-SD of the measurement")
    blood = Reads("kinetics.blood", "cell/uL")
    lymphocytes = Reads("lymphocytes.per_uL", "cell/uL")

    car_t = Publishes("cell/uL", "CAR-T in blood")
    car_share = Publishes("1", "CAR-T among lymphocytes in blood")

    def published(self, v: Any) -> dict[str, Any]:
        # Blood without any cell shows none of them, not 0/0.
        return {"car_t": v.blood, "car_share": v.blood / (v.blood + maximum(v.lymphocytes, 1e-300))}
