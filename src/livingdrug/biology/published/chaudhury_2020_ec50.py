"""Expansion and killing that saturate, on a clock: growth to the peak day, then contraction to a small pool."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Break, Change, Entry, Flow, Module, Param, Publishes, State
from livingdrug.model.math import hill, log, maximum, where


class Chaudhury2020EC50(Module):
    """CAR-T expanding on tumour until a fixed day, and a tumour that may be cured [chaudhury2020].

    A tumour far below `cure_below` stops growing, which stands for cure. Leaves out: dose effects of conditioning, B
    cells, cytokines; values are illustrative.
    """

    role = "therapy"

    growing = State("cell/uL", "expanding CAR-T (E)")
    lasting = State("cell/uL", "persisting CAR-T (P)")
    tumour = State("cell/uL", "tumour cells (U)", start=lambda v: v.tumour_at_infusion)

    tumour_at_infusion = Param("cell/uL", "tumour cells at infusion")
    peak_day = Param("day", "day on which expansion ends")
    expansion = Param("1/day", "largest expansion rate")
    half_expansion = Param("cell/uL", "cells at half expansion")
    contraction = Param("1/day", "decline after the peak")
    settling = Param("1/day", "passage to the persisting cells")
    fading = Param("1/day", "decline of the persisting cells")
    growth = Param("1/day", "growth of the tumour")
    capacity = Param("cell/uL", "largest tumour")
    one = Param("cell/uL", "tumour at which its logarithm is zero")
    kill = Param("1/day", "largest kill rate")
    half_kill = Param("cell/uL", "cells at half kill")
    cure_below = Param("cell/uL", "tumour below which growth stops")
    cure_slope = Param("1", "how sharply it stops")
    blood = Param("uL", "blood that cells are counted in")

    infusion = Entry("cell", "CAR-T infusion", into={"growing": lambda v: 1.0 / v.blood}, product=True)
    turn = Break("peak_day")

    blood_count = Publishes("cell/uL", "CAR-T in blood")
    tumour_left = Publishes("1", "tumour relative to that at infusion")

    def flows(self, v: Any) -> Iterator[Flow | Change]:
        before = where(v.time <= v.peak_day, 1.0, 0.0)
        after = 1.0 - before
        size = log(maximum(v.tumour / v.one, 1e-300))
        met = v.growing * v.tumour
        yield Flow(
            "expansion", into="growing", rate=v.expansion * met / (v.half_expansion + v.growing + v.tumour) * before
        )
        yield Flow("contraction", out_of="growing", rate=v.contraction * v.growing * after)
        yield Flow("settling", out_of="growing", into="lasting", rate=v.settling * v.growing * after)
        yield Flow("fading", out_of="lasting", rate=v.fading * v.lasting * after)
        limit = log(v.capacity / v.one)
        yield Change(
            "tumour",
            hill(v.tumour, v.cure_below, v.cure_slope) * v.growth * v.tumour * (limit - size) / limit,
            "logarithmic growth to a limit, stopped by cure",
        )
        yield Flow("killing", out_of="tumour", rate=v.kill * met / (v.half_kill + v.growing + v.tumour))

    def published(self, v: Any) -> dict[str, object]:
        return {"blood_count": v.growing + v.lasting, "tumour_left": v.tumour / v.tumour_at_infusion}
