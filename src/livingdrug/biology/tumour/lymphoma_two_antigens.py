"""Lymphoma in masses, told apart by two antigens: how much of the first a cell has, and whether the second."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.biology.tumour import TwoAntigens, kill_either
from livingdrug.biology.tumour.lymphoma import Lymphoma
from livingdrug.model import Derived, Flow, Publishes, State
from livingdrug.model.math import exp, hill, log

CLONES = ("positive", "sparse", "negative", "second_lost", "neither")


class LymphomaTwoAntigens(TwoAntigens, Lymphoma):
    """The lymphoma with clones by joint positivity: much, little or none of the first antigen and the second kept; the
    second lost beside much of the first, and beside little of it. Each is lost independently of the other, and goes on
    being lost at divisions, at the rate at which growth from one cell made the shares of the start.

    A product with one receptor sees the first antigen alone, and this is the lymphoma of one antigen.
    Leaves out: what the lymphoma leaves out but new losses; antigens that are lost together; cells with no trace of
    either (they have a little of the first).
    """

    kill_positive = Derived(
        "1/day", "largest kill of cells with both antigens", lambda v: kill_either(v, v.density, v.density_second)
    )
    kill_sparse = Derived(
        "1/day",
        "largest kill of cells with little of the first",
        lambda v: kill_either(v, v.density_sparse, v.density_second),
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
        "largest kill of cells with little of the first that have lost the second",
        lambda v: kill_either(v, v.density_sparse, v.density_second_lost),
    )

    positive = State(
        "cell",
        "lymphoma with both antigens",
        start=lambda v: v.burden * (1 - v.sparse_share) * (1 - v.second_lost_share),
        clone=True,
    )
    sparse = State(
        "cell",
        "lymphoma with little of the first antigen",
        start=lambda v: v.sparse_share * v.burden * (1 - v.second_lost_share),
        clone=True,
    )
    negative = State(
        "cell",
        "lymphoma without the first antigen",
        start=lambda v: v.negative_share * v.burden * (1 - v.second_lost_share),
        clone=True,
    )
    second_lost = State(
        "cell",
        "lymphoma that has lost the second",
        start=lambda v: v.second_lost_share * v.burden * (1 - v.sparse_share),
        clone=True,
    )
    neither = State(
        "cell",
        "lymphoma with little of the first that has lost the second",
        start=lambda v: v.second_lost_share * (v.sparse_share + v.negative_share) * v.burden,
        clone=True,
    )

    antigen = Publishes("cell", "lymphoma cells in reach that bear an antigen of the product, as in marrow")

    def flows(self, v: Any) -> Iterator[Flow]:
        reached = self._reach(v)
        near = reached * v.killers
        busy = v.positive + v.second_lost + v.seen_second * (v.sparse + v.negative)
        engaged = near / (near + v.half_killers + v.crowd * reached * busy)
        logistic = v.growth * self._all(v) / v.capacity
        other = v.conditioning_kill * v.chemotherapy + v.salvage_kill * v.salvaged
        division = v.growth + v.turnover
        for clone in CLONES:
            yield Flow(f"{clone} division", into=clone, per=clone, rate=division)
            yield Flow(f"{clone} death", out_of=clone, per=clone, rate=v.turnover + logistic + other)
            yield Flow(f"{clone} kill", out_of=clone, per=clone, rate=getattr(v, f"kill_{clone}") * engaged)
        yield from self.losses(v)
        yield Flow("sparse to neither", out_of="sparse", into="neither", per="sparse", rate=division * v.losing_second)

    def published(self, v: Any) -> dict[str, Any]:
        burden, reached = self._all(v), self._reach(v)
        first = v.positive + v.second_lost + v.sparse_signal * (v.sparse + v.neither)
        second = v.second_signal * v.seen_second * ((1 - v.sparse_signal) * v.sparse + v.negative)
        return {
            "burden": burden,
            "antigen": reached * v.packing * (first + second),
            "reach": exp(v.recirculation * log(reached + 1e-9)),
            "load": burden / (burden + v.load_half),
        }

    @staticmethod
    def _all(v: Any) -> Any:
        return v.positive + v.sparse + v.negative + v.second_lost + v.neither

    @staticmethod
    def _reach(v: Any) -> Any:
        return 1 - hill(LymphomaTwoAntigens._all(v), v.nodule, 1.0 / 3.0)
