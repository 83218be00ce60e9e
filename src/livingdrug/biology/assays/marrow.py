"""Marrow at a visit: blasts under the microscope, residual disease by flow cytometry."""

from __future__ import annotations

from typing import Any

from livingdrug.model import Module, Param, Publishes, Reads


class Marrow(Module):
    """Leukaemic share of marrow cells; residual disease is the same share, seen down to a limit.

    Leaves out: patchy disease, recovery of counts, normal blasts, sampling noise. Limits are applied at visits.
    """

    role = "assay.marrow"

    mrd_limit = Param("1", "smallest leukaemic share that flow cytometry sees")
    remission_below = Param("1", "leukaemic share below which a marrow counts as in remission")
    relapse_above = Param("1", "leukaemic share above which a marrow counts as relapsed")
    share = Reads("tumour.blasts", "1")

    blasts = Publishes("1", "blasts among marrow cells, under the microscope")
    mrd = Publishes("1", "residual disease among marrow cells, by flow cytometry")

    def published(self, v: Any) -> dict[str, Any]:
        return {"blasts": v.share, "mrd": v.share}
