"""The simplest CAR-T model there is: predator and prey."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Entry, Flow, Module, Param, Publishes, State


class Chaudhury2020Predator(Module):
    """CAR-T and tumour as predator and prey (Lotka-Volterra) [chaudhury2020].

    Leaves out: everything but expansion on tumour and killing; values are illustrative.
    """

    role = "therapy"

    car_t = State("cell/uL", "CAR-T cells (E)")
    tumour = State("cell/uL", "tumour cells (U)", start=lambda v: v.tumour_at_infusion)

    tumour_at_infusion = Param("cell/uL", "tumour cells at infusion")
    expansion = Param("uL/cell/day", "expansion on a tumour cell")
    death = Param("1/day", "death of CAR-T")
    growth = Param("1/day", "growth of the tumour")
    kill = Param("uL/cell/day", "killing by a CAR-T cell")
    blood = Param("uL", "blood that cells are counted in")

    infusion = Entry("cell", "CAR-T infusion", into={"car_t": lambda v: 1.0 / v.blood}, product=True)

    tumour_left = Publishes("1", "tumour relative to that at infusion")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("expansion", into="car_t", rate=v.expansion * v.car_t * v.tumour)
        yield Flow("death", out_of="car_t", rate=v.death * v.car_t)
        yield Flow("growth", into="tumour", rate=v.growth * v.tumour)
        yield Flow("killing", out_of="tumour", rate=v.kill * v.car_t * v.tumour)

    def published(self, v: Any) -> dict[str, object]:
        return {"tumour_left": v.tumour / v.tumour_at_infusion}
