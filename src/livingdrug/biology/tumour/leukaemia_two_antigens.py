"""B-cell leukaemia whose cells are told apart by two antigens: with both, without the first, the second, or either."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.biology.tumour import TwoAntigens, kill_either
from livingdrug.biology.tumour.leukaemia import Leukaemia
from livingdrug.model import Derived, Flow, Publishes, State


class LeukaemiaTwoAntigens(TwoAntigens, Leukaemia):
    """The leukaemia with clones by joint positivity. Cells without the first antigen were there from the start, as in
    the leukaemia; cells with little of the second are far commoner. Each is lost independently of the other, and goes
    on being lost at divisions, at the rate at which growth from one cell made the shares of the start.

    A product with one receptor sees the first antigen alone, and this is the leukaemia of one antigen.
    Leaves out: what the leukaemia leaves out but new losses; densities between with and without; antigens that are lost
    together; sheltered cells without an antigen.
    """

    kill_positive = Derived(
        "1/day", "largest kill of cells with both antigens", lambda v: kill_either(v, v.density, v.density_second)
    )
    kill_negative = Derived(
        "1/day",
        "largest kill of cells without the first",
        lambda v: kill_either(v, v.density_negative, v.density_second),
    )
    kill_second_lost = Derived(
        "1/day",
        "largest kill of cells that have lost the second",
        lambda v: kill_either(v, v.density, v.density_second_lost),
    )
    kill_neither = Derived(
        "1/day",
        "largest kill of cells without either",
        lambda v: kill_either(v, v.density_negative, v.density_second_lost),
    )

    positive = State(
        "cell", "leukaemia with both antigens", start=lambda v: v.burden * (1 - v.second_lost_share), clone=True
    )
    negative = State(
        "cell",
        "leukaemia without the first antigen",
        start=lambda v: v.negative_share * v.burden * (1 - v.second_lost_share),
        clone=True,
    )
    second_lost = State(
        "cell", "leukaemia that has lost the second", start=lambda v: v.second_lost_share * v.burden, clone=True
    )
    neither = State(
        "cell",
        "leukaemia without either",
        start=lambda v: v.negative_share * v.second_lost_share * v.burden,
        clone=True,
    )

    antigen = Publishes("cell", "leukaemic cells that bear an antigen of the product where CAR-T reach them")

    def flows(self, v: Any) -> Iterator[Flow]:
        engaged = v.killers / (v.killers + v.half_killers + v.crowd * self._seen(v))
        logistic = v.growth * (self._burden(v) - v.sheltered) / v.capacity
        salvage = v.salvage_kill * v.salvaged
        chemotherapy = v.conditioning_kill * v.chemotherapy + salvage
        division = v.growth + v.turnover
        for clone in ("positive", "negative", "second_lost", "neither"):
            yield Flow(f"{clone} division", into=clone, per=clone, rate=division)
            yield Flow(f"{clone} death", out_of=clone, per=clone, rate=v.turnover + logistic + chemotherapy)
            yield Flow(f"{clone} kill", out_of=clone, per=clone, rate=getattr(v, f"kill_{clone}") * engaged)
        yield from self.losses(v)
        yield Flow("salvage in shelter", out_of="sheltered", per="sheltered", rate=salvage)
        yield Flow("egress from shelter", out_of="sheltered", into="positive", per="sheltered", rate=v.exit)

    def published(self, v: Any) -> dict[str, Any]:
        burden = self._burden(v)
        blasts = burden / (burden + v.marrow_cells)
        antigen = v.positive + v.second_lost + v.second_signal * v.seen_second * v.negative
        return {"burden": burden, "antigen": antigen, "blasts": blasts, "load": blasts}

    @staticmethod
    def _burden(v: Any) -> Any:
        return v.positive + v.negative + v.second_lost + v.neither + v.sheltered

    @staticmethod
    def _seen(v: Any) -> Any:
        return v.positive + v.second_lost + v.seen_second * v.negative
