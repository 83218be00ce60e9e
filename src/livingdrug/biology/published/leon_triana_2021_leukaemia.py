"""CAR-T and CD19 cells as predator and prey: leukaemia and healthy B cells feed the expansion that kills them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Derived, Entry, Flow, Module, Param, Publishes, State


class LeonTriana2021Leukaemia(Module):
    """CAR-T, leukaemia and healthy B cells by mass action, with or without B-cell progenitors [leontriana2021b].

    Leaves out: memory, saturation, extinction (the leukaemia falls below one cell and returns), CD19-negative relapse.
    """

    role = "therapy"

    car_t = State("cell", "CAR-T cells (C)")
    leukaemia = State("cell", "leukaemic cells (L)", start=lambda v: v.leukaemia_at_infusion)
    b_cells = State("cell", "healthy B cells (B)", start=lambda v: v.b_cells_at_infusion)

    leukaemia_at_infusion = Param("cell", "leukaemic cells at infusion")
    b_cells_at_infusion = Param("cell", "healthy B cells at infusion")
    kill = Param("1/cell/day", "killing by a CAR-T cell (alpha)")
    offspring = Param("1", "CAR-T cells gained by a kill (k)")
    car_t_life = Param("day", "life of a CAR-T cell (tC)")
    b_cell_life = Param("day", "life of a B cell (tB)")
    growth = Param("1/day", "growth of the leukaemia (rL)")
    progenitors = Param("cell", "CD19-negative B-cell progenitors (I0); 0 leaves them out")
    progenitor_life = Param("day", "time from progenitor to B cell (tI)")
    progenitor_feed = Param("1", "how much a progenitor feeds expansion (beta)")
    half_shut = Param("cell", "CAR-T at which the influx of B cells is halved (C50)")
    one = Param("cell", "one cell: gives the feeding by progenitors its unit, which the paper leaves open")

    expansion = Derived("1/cell/day", "expansion on a CD19 cell (rC)", lambda v: v.offspring * v.kill)
    infusion = Entry("cell", "CAR-T infusion", into={"car_t": 1.0}, product=True)

    tumour_left = Publishes("1", "leukaemia relative to that at infusion")

    def flows(self, v: Any) -> Iterator[Flow]:
        open_ = v.progenitors / (1.0 + v.car_t / v.half_shut)
        yield Flow("expansion", into="car_t", rate=v.expansion * (v.leukaemia + v.b_cells) * v.car_t)
        yield Flow("feeding by progenitors", into="car_t", rate=v.expansion * v.progenitor_feed * open_ * v.one)
        yield Flow("death of CAR-T", out_of="car_t", rate=v.car_t / v.car_t_life)
        yield Flow("growth", into="leukaemia", rate=v.growth * v.leukaemia)
        yield Flow("killing", out_of="leukaemia", rate=v.kill * v.leukaemia * v.car_t)
        yield Flow("maturation", into="b_cells", rate=open_ / v.progenitor_life)
        yield Flow("killing of B cells", out_of="b_cells", rate=v.kill * v.b_cells * v.car_t)
        yield Flow("death of B cells", out_of="b_cells", rate=v.b_cells / v.b_cell_life)

    def published(self, v: Any) -> dict[str, object]:
        return {"tumour_left": v.leukaemia / v.leukaemia_at_infusion}
