"""Healthy plasma cells: they bear the antigen, make immunoglobulin, and come back from B cells that do not bear it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Flow, Module, Param, Publishes, Reads, State
from livingdrug.model.math import hill


class PlasmaCells(Module):
    """Healthy plasma cells, which CAR-T kill and B cells replace; immunoglobulin follows them.

    Kill as of B cells by receptors for their antigen. B cells themselves are spared.
    Leaves out: short-lived and long-lived plasma cells apart, B cells, suppression by the tumour as it grows,
    immunoglobulin given as treatment.
    """

    role = "b_cells"

    start = Param("1", "plasma cells before conditioning, as a share of normal")
    normal = Param("cell", "plasma cells of the body at rest")
    turnover = Param("1/day", "loss and replacement of plasma cells at rest")
    kill = Param("1/day", "largest kill rate by CAR-T")
    half_killers = Param("cell", "EC50: CAR-T giving half the largest kill")
    power = Param("1", "Hill coefficient of the kill in CAR-T")
    visibility = Param("1", "antigen signal of a plasma cell relative to a leukaemic cell")
    igg_normal = Param("g/L", "immunoglobulin G that all plasma cells sustain")
    igg_loss = Param("1/day", "loss of immunoglobulin G")
    killers = Reads("kinetics.killers", "cell", absent=0.0)

    share = State("1", "plasma cells, as a share of normal", start=lambda v: v.start)
    igg = State("g/L", "immunoglobulin G, the myeloma's apart", start=lambda v: v.start * v.igg_normal)

    antigen = Publishes("cell", "antigen on healthy plasma cells, in leukaemic cells that bear as much")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("replacement", into="share", rate=v.turnover * v.start)
        yield Flow("loss", out_of="share", rate=v.turnover * v.share)
        yield Flow("kill", out_of="share", rate=v.kill * hill(v.killers, v.half_killers, v.power) * v.share)
        yield Flow("immunoglobulin production", into="igg", rate=v.igg_loss * v.igg_normal * v.share)
        yield Flow("immunoglobulin catabolism", out_of="igg", rate=v.igg_loss * v.igg)

    def published(self, v: Any) -> dict[str, Any]:
        return {"antigen": v.visibility * v.normal * v.share}
