"""Healthy B cells: they bear the antigen; aplasia while CAR-T persist, recovery from their progenitors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Flow, Module, Param, Publishes, Reads, State
from livingdrug.model.math import hill


class BCells(Module):
    """Antigen-negative progenitors recover from conditioning and feed B cells, which CAR-T kill, young ones among them
    before they reach the blood; immunoglobulin follows.

    Follows the steady influx of [serrano2024]; kill and loss of the young are steep and saturate in CAR-T, so that B
    cells are either deeply gone or back.
    Leaves out: stages of maturation, subsets, plasma cells as cells of their own (their long-lived part is a share
    of production), immunoglobulin given as treatment.
    """

    role = "b_cells"

    start = Param("1", "B cells before conditioning, as a share of normal")
    normal = Param("cell", "B cells of the body at rest")
    normal_per_uL = Param("cell/uL", "B cells in blood at rest")
    turnover = Param("1/day", "loss and replacement of B cells at rest")
    kill = Param("1/day", "largest kill rate by CAR-T")
    half_killers = Param("cell", "EC50: CAR-T giving half the largest kill")
    power = Param("1", "Hill coefficient of the kill in CAR-T")
    visibility = Param("1", "antigen signal of a B cell relative to a leukaemic cell")
    conditioning_kill = Param("1", "kill of B cells by conditioning relative to lymphocytes")
    progenitor_kill = Param("1", "kill of progenitors by conditioning relative to lymphocytes")
    progenitor_regrowth = Param("1/day", "logistic regrowth of progenitors")
    igg_start = Param("g/L", "immunoglobulin G before treatment")
    igg_loss = Param("1/day", "loss of immunoglobulin G")
    long_lived = Param("1", "immunoglobulin made by long-lived plasma cells, as a share of all at rest")
    killers = Reads("kinetics.killers", "cell", absent=0.0)
    chemotherapy = Reads("lymphocytes.kill", "1/day", absent=0.0)

    progenitors = State("1", "CD19-negative progenitors, as a share of normal", start=1.0)
    b_cells = State("cell", "B cells", start=lambda v: v.start * v.normal)
    igg = State("g/L", "immunoglobulin G", start=lambda v: v.igg_start)

    antigen = Publishes("cell", "antigen on healthy B cells, in leukaemic cells that bear as much")
    per_uL = Publishes("cell/uL", "B cells in blood")

    def flows(self, v: Any) -> Iterator[Flow]:
        killed = hill(v.killers, v.half_killers, v.power)
        yield Flow("progenitor regrowth", into="progenitors", rate=v.progenitor_regrowth * v.progenitors)
        yield Flow("progenitor logistic loss", out_of="progenitors", rate=v.progenitor_regrowth * v.progenitors**2)
        yield Flow("progenitor kill", out_of="progenitors", rate=v.progenitor_kill * v.chemotherapy * v.progenitors)
        yield Flow("production", into="b_cells", rate=v.turnover * v.normal * v.progenitors * (1 - killed))
        yield Flow("loss", out_of="b_cells", rate=v.turnover * v.b_cells)
        yield Flow("chemotherapy", out_of="b_cells", rate=v.conditioning_kill * v.chemotherapy * v.b_cells)
        yield Flow("kill", out_of="b_cells", rate=v.kill * killed * v.b_cells)
        making = v.long_lived + (1 - v.long_lived) * v.b_cells / v.normal
        yield Flow("immunoglobulin production", into="igg", rate=v.igg_loss * v.igg_start * making)
        yield Flow("immunoglobulin catabolism", out_of="igg", rate=v.igg_loss * v.igg)

    def published(self, v: Any) -> dict[str, Any]:
        return {"antigen": v.visibility * v.b_cells, "per_uL": v.normal_per_uL * v.b_cells / v.normal}
