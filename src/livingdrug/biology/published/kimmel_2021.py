"""CAR-T grow into the room that lymphodepletion made, and compete with returning T cells; cure is chance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Change, Entry, Flow, Module, Param, Publishes, State
from livingdrug.model.math import log


class Kimmel2021(Module):
    """Competition of CAR-T with normal T cells, and chance extinction of the tumour [kimmel2021].

    Leaves out: expansion on antigen (CAR-T grow without any tumour), memory, B cells, cytokines, antigen loss;
    persistence beyond half a year.
    """

    role = "therapy"

    normal = State("cell/uL", "normal T cells (N)", start=lambda v: v.normal_at_infusion)
    car_t = State("cell/uL", "CAR-T cells (C)")
    tumour = State("cell", "tumour cells (B)", start=lambda v: v.tumour_at_infusion * v.density, clone=True)

    normal_at_infusion = Param("cell/uL", "normal T cells left by lymphodepletion (N0)")
    tumour_at_infusion = Param("mL", "tumour volume at infusion (B0)")
    density = Param("cell/mL", "cells in a millilitre of tumour")
    normal_room = Param("cell/uL", "normal T cells of a healthy person (KN)")
    car_t_room = Param("cell/uL", "CAR-T cells that homeostasis would carry (KC)")
    normal_growth = Param("1/day", "growth of normal T cells (rN)")
    car_t_growth = Param("1/day", "growth of CAR-T among a full set of T cells (rhoC)")
    depletion_shape = Param("1", "how much emptiness counts (a)")
    depletion_growth = Param("1/day", "growth that emptiness adds (b)")
    tumour_growth = Param("1/day", "net growth of the tumour (rB)")
    tumour_turnover = Param("1/day", "death rate of tumour cells without CAR-T")
    kill = Param("1/day", "largest kill rate (gB)")
    half_kill = Param("cell/uL", "CAR-T at half kill (kB)")
    body = Param("uL", "body as a multiple of blood counts")

    infusion = Entry("cell", "CAR-T infusion", into={"car_t": lambda v: 1.0 / v.body}, product=True)

    lymphocytes = Publishes("cell/uL", "lymphocytes in blood, CAR-T among them")
    tumour_volume = Publishes("mL", "volume of the tumour")
    tumour_left = Publishes("1", "tumour relative to that at infusion")

    def flows(self, v: Any) -> Iterator[Flow | Change]:
        total = v.normal + v.car_t
        gap = (total - v.normal_room) ** 2
        growth = v.car_t_growth + v.depletion_growth * gap / (v.depletion_shape * total**2 + gap)
        yield Change("normal", -v.normal_growth * v.normal * log(total / v.normal_room), "Gompertz competition")
        yield Change("car_t", -growth * v.car_t * log(total / v.car_t_room), "Gompertz competition")
        yield Flow("division", into="tumour", per="tumour", rate=v.tumour_growth + v.tumour_turnover)
        yield Flow("death", out_of="tumour", per="tumour", rate=v.tumour_turnover)
        yield Flow("killing", out_of="tumour", per="tumour", rate=v.kill * v.car_t / (v.half_kill + v.car_t))

    def published(self, v: Any) -> dict[str, object]:
        volume = v.tumour / v.density
        return {
            "lymphocytes": v.normal + v.car_t,
            "tumour_volume": volume,
            "tumour_left": volume / v.tumour_at_infusion,
        }
