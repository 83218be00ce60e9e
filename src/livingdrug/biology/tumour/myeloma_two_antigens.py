"""Multiple myeloma whose plasma cells are told apart by two antigens, of which only the first is shed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.biology.tumour import TwoAntigens, second_kill
from livingdrug.biology.tumour.myeloma import Myeloma
from livingdrug.model import Derived, Flow, Publishes, State
from livingdrug.model.math import hill


class MyelomaTwoAntigens(TwoAntigens, Myeloma):
    """The myeloma with clones by joint positivity; cells in their niche have both antigens. Each is lost independently
    of the other, and goes on being lost at divisions, at the rate at which growth from one cell made the shares of the
    start. Soluble antigen holds the first receptor only.

    A product with one receptor sees the first antigen alone, and this is the myeloma of one antigen.
    Leaves out: what the myeloma leaves out but new losses; antigens that are lost together; cells in their niche
    without an antigen; healthy cells that bear the second antigen.
    """

    seen_lost = Derived(
        "1",
        "kill through the second receptor where its antigen is lost, as a share of the largest",
        lambda v: second_kill(v, v.density_second_lost),
    )

    positive = State(
        "cell",
        "plasma cells in reach with both antigens",
        start=lambda v: v.burden * (1 - v.niche_share) * (1 - v.second_lost_share),
        clone=True,
    )
    negative = State(
        "cell",
        "plasma cells without the first antigen",
        start=lambda v: v.negative_share * v.burden * (1 - v.second_lost_share),
        clone=True,
    )
    second_lost = State(
        "cell",
        "plasma cells in reach that have lost the second",
        start=lambda v: v.second_lost_share * v.burden * (1 - v.niche_share),
        clone=True,
    )
    neither = State(
        "cell",
        "plasma cells without either",
        start=lambda v: v.negative_share * v.second_lost_share * v.burden,
        clone=True,
    )

    antigen = Publishes("cell", "plasma cells that bear an antigen of the product, as leukaemic cells")

    def flows(self, v: Any) -> Iterator[Flow]:
        logistic = v.growth * self._all(v) / v.capacity
        other = v.conditioning_kill * v.chemotherapy + v.salvage_kill * v.salvaged
        division = v.growth + v.turnover
        busy = v.crowd * (v.positive + v.second_lost + v.seen_second * v.negative)
        for clone, first, second, near in (
            ("positive", v.density, v.seen_second, v.killers),
            ("niche", v.density, v.seen_second, v.access * v.killers),
            ("negative", v.density_negative, v.seen_second, v.killers),
            ("second_lost", v.density, v.seen_lost, v.killers),
            ("neither", v.density_negative, v.seen_lost, v.killers),
        ):
            spared = (1 - hill(v.on_cell * first * self._unheld(v), v.half_density, v.density_power)) * (1 - second)
            kill = v.kill * (1 - spared) * near / (near + v.half_killers + busy)
            yield Flow(f"{clone} division", into=clone, per=clone, rate=division)
            yield Flow(f"{clone} death", out_of=clone, per=clone, rate=v.turnover + logistic + other)
            yield Flow(f"{clone} kill", out_of=clone, per=clone, rate=kill)
        yield from self.losses(v)
        made = v.shedding * (v.soluble_healthy + v.shed * self._all(v))
        yield Flow("shedding of antigen", into="soluble", rate=v.soluble_loss * made)
        yield Flow("clearance of soluble antigen", out_of="soluble", rate=v.soluble_loss * v.soluble)
        yield Flow("M-protein secretion", into="protein", rate=v.protein_loss * v.secretion * self._all(v))
        yield Flow("M-protein catabolism", out_of="protein", rate=v.protein_loss * v.protein)

    def published(self, v: Any) -> dict[str, Any]:
        burden, free = self._all(v), self._unheld(v)
        met = v.on_cell * free
        second = v.second_signal * v.seen_second
        both = (met + second * (1 - free)) * (v.positive + v.access * v.niche)
        return {
            "burden": burden,
            "antigen": v.visibility * (both + met * v.second_lost + second * v.negative),
            "plasma_cells": burden / (burden + v.marrow_cells),
            "free": free,
            "load": burden / (burden + v.load_half),
        }

    @staticmethod
    def _all(v: Any) -> Any:
        return v.positive + v.niche + v.negative + v.second_lost + v.neither

    @staticmethod
    def _unheld(v: Any) -> Any:
        return v.soluble_half / (v.soluble_half + v.soluble)
