"""CAR-T against tumour cells and against their stem cells, and TGF-beta that holds both back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Entry, Flow, Module, Param, Publishes, State


class Swanson2022(Module):
    """Cancer stem cells and tumour cells in mice, a CAR-T for each, TGF-beta, regulatory T cells [swanson2022].

    Leaves out: people, space, other suppressing cells, CAR-T that exhaust, extinction.
    """

    role = "therapy"

    stem_cells = State("cell", "cancer stem cells (S)", start=lambda v: v.stem_share * v.tumour_at_start)
    bulk = State("cell", "other tumour cells (T)", start=lambda v: v.tumour_at_start)
    cart_bulk = State("cell", "CAR-T against tumour cells (E)")
    cart_stem = State("cell", "CAR-T against stem cells (C)")
    tgf = State("ng/mL", "TGF-beta (B)", start=lambda v: v.tgf_at_start)
    regulatory = State("cell", "regulatory T cells (R)", start=lambda v: v.regulatory_at_start)

    tumour_at_start = Param("cell", "tumour cells at the start (T0)")
    stem_share = Param("1", "stem cells for each of these")
    tgf_at_start = Param("ng/mL", "TGF-beta at the start (B0)")
    regulatory_at_start = Param("cell", "regulatory T cells at the start (R0)")
    renewal = Param("1", "probability that a division of a stem cell makes a stem cell (p)")
    division = Param("1/day", "division of stem cells (v0)")
    capacity = Param("cell", "largest tumour (K)")
    kill_stem = Param("1/cell/day", "killing of stem cells (muCS)")
    growth = Param("1/day", "growth of tumour cells (eta)")
    kill_bulk = Param("1/cell/day", "killing of tumour cells without TGF-beta (muET)")
    shield = Param("mL/ng", "TGF-beta against killing (c1)")
    basal = Param("1/day", "growth of CAR-T without antigen (b)")
    expansion = Param("1/cell/day", "expansion of CAR-T by a target cell (f)")
    brake = Param("mL/ng/cell", "TGF-beta and tumour against expansion (c3)")
    regulation_bulk = Param("1/cell/day", "loss of CAR-T against tumour cells to a regulatory T cell (muRE)")
    regulation_stem = Param("1/cell/day", "loss of CAR-T against stem cells to a regulatory T cell (muRC)")
    death_bulk = Param("1/day", "death of CAR-T against tumour cells (deltaE)")
    death_stem = Param("1/day", "death of CAR-T against stem cells (deltaCT)")
    conversion = Param("1/day", "CAR-T becoming regulatory (r)")
    tgf_made = Param("ng/mL/day", "TGF-beta made by a large tumour (a)")
    half_tgf = Param("cell**2", "square of the tumour that makes half of it (c2)")
    tgf_by_regulatory = Param("ng/mL/cell/day", "TGF-beta made by a regulatory T cell (alphaRB)")
    tgf_lost = Param("1/day", "loss of TGF-beta (deltaB)")
    regulatory_death = Param("1/day", "death of regulatory T cells (deltaR)")

    infusion = Entry("cell", "CAR-T against tumour cells", into={"cart_bulk": 1.0}, product=True)
    against_stem = Entry("cell", "CAR-T against stem cells", into={"cart_stem": 1.0})

    tumour = Publishes("cell", "tumour with its stem cells (T + S)")
    total = Publishes("cell", "CAR-T (E + C)")
    tumour_left = Publishes("1", "tumour relative to that at the start")

    def flows(self, v: Any) -> Iterator[Flow]:
        full = (v.bulk + v.stem_cells) / v.capacity
        expansion = v.expansion / (1.0 + v.brake * v.bulk * v.tgf)
        yield Flow("renewal", into="stem_cells", rate=v.renewal * v.division * v.stem_cells)
        yield Flow("crowding of renewal", out_of="stem_cells", rate=v.renewal * v.division * full * v.stem_cells)
        yield Flow("killing of stem cells", out_of="stem_cells", rate=v.kill_stem * v.cart_stem * v.stem_cells)
        yield Flow("growth", into="bulk", rate=v.growth * v.bulk)
        yield Flow("crowding", out_of="bulk", rate=v.growth * full * v.bulk)
        yield Flow("differentiation", into="bulk", rate=(1.0 - v.renewal) * v.division * v.stem_cells)
        yield Flow(
            "crowding of differentiation", out_of="bulk", rate=(1.0 - v.renewal) * v.division * full * v.stem_cells
        )
        yield Flow("killing", out_of="bulk", rate=v.kill_bulk * v.bulk * v.cart_bulk / (1.0 + v.shield * v.tgf))
        yield Flow("basal growth", into="cart_bulk", rate=v.basal * v.cart_bulk)
        yield Flow("expansion", into="cart_bulk", rate=expansion * v.cart_bulk * v.bulk)
        yield Flow("regulation", out_of="cart_bulk", rate=v.regulation_bulk * v.regulatory * v.cart_bulk)
        yield Flow("death", out_of="cart_bulk", rate=v.death_bulk * v.cart_bulk)
        yield Flow("conversion", "cart_bulk", "regulatory", v.conversion * v.cart_bulk)
        yield Flow("basal growth against stem cells", into="cart_stem", rate=v.basal * v.cart_stem)
        yield Flow("expansion on stem cells", into="cart_stem", rate=expansion * v.cart_stem * v.stem_cells)
        yield Flow("regulation against stem cells", "cart_stem", rate=v.regulation_stem * v.regulatory * v.cart_stem)
        yield Flow("death against stem cells", out_of="cart_stem", rate=v.death_stem * v.cart_stem)
        yield Flow("TGF-beta made by the tumour", into="tgf", rate=v.tgf_made * v.bulk**2 / (v.half_tgf + v.bulk**2))
        yield Flow("TGF-beta made by regulatory cells", into="tgf", rate=v.tgf_by_regulatory * v.regulatory)
        yield Flow("loss of TGF-beta", out_of="tgf", rate=v.tgf_lost * v.tgf)
        yield Flow("death of regulatory cells", out_of="regulatory", rate=v.regulatory_death * v.regulatory)

    def published(self, v: Any) -> dict[str, Any]:
        tumour = v.bulk + v.stem_cells
        left = tumour / v.tumour_at_start / (1.0 + v.stem_share)
        return {"tumour": tumour, "total": v.cart_bulk + v.cart_stem, "tumour_left": left}
