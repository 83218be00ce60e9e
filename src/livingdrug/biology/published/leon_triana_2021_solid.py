"""A solid tumour that starves its CAR-T, and a second target, healthy B cells, that keeps feeding them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Entry, Flow, Module, Param, Publishes, State


class LeonTriana2021Solid(Module):
    """CAR-T at the tumour and on B cells, with immune suppression by the tumour [leontriana2021a].

    Leaves out: space, antigen loss, memory, conditioning, extinction of the tumour.
    """

    role = "therapy"

    on_tumour = State("cell", "CAR-T at the tumour (C)")
    off_tumour = State("cell", "CAR-T stimulated by B cells (Cb)")
    tumour = State("cell", "tumour cells (T)", start=lambda v: v.tumour_at_infusion)
    b_cells = State("cell", "B cells (B)", start=lambda v: v.b_cells_at_infusion)

    tumour_at_infusion = Param("cell", "tumour cells at infusion")
    b_cells_at_infusion = Param("cell", "B cells at infusion; 0 for a single-target product")
    expansion = Param("1/day", "largest expansion at the tumour (rC)")
    expansion_off = Param("1/day", "largest expansion on B cells (rCb)")
    half_tumour = Param("cell", "tumour cells at half expansion (gT)")
    half_b_cells = Param("cell", "B cells at half expansion (gB)")
    suppression = Param("1/day", "CAR-T lost per tumour cell when few (a1 times gC per gC)")
    half_suppression = Param("cell", "CAR-T at half suppression (gC)")
    car_t_life = Param("day", "life of a CAR-T cell (tC)")
    growth = Param("1/day", "growth of the tumour (rT)")
    kill = Param("1/cell/day", "killing of tumour cells (a2)")
    homing = Param("1/day", "passage to the tumour (k)")
    kill_off = Param("1/cell/day", "killing of B cells (aB)")
    b_cell_life = Param("day", "life of a B cell (tB)")

    at_tumour = Entry("cell", "single-target CAR-T, at the tumour", into={"on_tumour": 1.0})
    infusion = Entry("cell", "dual-target CAR-T, into blood", into={"off_tumour": 1.0}, product=True)

    total = Publishes("cell", "CAR-T in the body")
    tumour_left = Publishes("1", "tumour relative to that at infusion")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow(
            "expansion", into="on_tumour", rate=v.expansion * v.on_tumour * v.tumour / (v.half_tumour + v.tumour)
        )
        yield Flow(
            "suppression",
            out_of="on_tumour",
            rate=v.suppression * v.on_tumour * v.tumour / (v.half_suppression + v.on_tumour),
        )
        yield Flow("death at the tumour", out_of="on_tumour", rate=v.on_tumour / v.car_t_life)
        yield Flow(
            "expansion on B cells",
            into="off_tumour",
            rate=v.expansion_off * v.off_tumour * v.b_cells / (v.half_b_cells + v.b_cells),
        )
        yield Flow("homing", "off_tumour", "on_tumour", v.homing * v.off_tumour)
        yield Flow("death off the tumour", out_of="off_tumour", rate=v.off_tumour / v.car_t_life)
        yield Flow("growth", into="tumour", rate=v.growth * v.tumour)
        yield Flow("killing", out_of="tumour", rate=v.kill * v.tumour * v.on_tumour)
        yield Flow("killing of B cells", out_of="b_cells", rate=v.kill_off * v.b_cells * v.off_tumour)
        yield Flow("death of B cells", out_of="b_cells", rate=v.b_cells / v.b_cell_life)

    def published(self, v: Any) -> dict[str, object]:
        return {"total": v.on_tumour + v.off_tumour, "tumour_left": v.tumour / v.tumour_at_infusion}
