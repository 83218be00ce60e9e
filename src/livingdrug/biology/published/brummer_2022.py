"""CAR-T against glioma cells in a dish: predator and prey with a limit to growth (CARRGO), and what a steroid does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Change, Entry, Module, Param, Publishes, State
from livingdrug.model.math import exp


class Brummer2022(Module):
    """Tumour and CAR-T as cell index of an impedance assay; dexamethasone fades with its half-life [brummer2022].

    Without dexamethasone it is the CARRGO model of Sahoo 2020. Leaves out: people, space, exhaustion that lasts.
    """

    role = "therapy"

    tumour = State("1", "tumour cells, as cell index (X)", start=lambda v: v.tumour_at_infusion)
    cart = State("1", "CAR-T, as cell index (Y)")

    tumour_at_infusion = Param("1", "cell index when CAR-T are added")
    growth = Param("1/day", "growth of the tumour (rho)")
    crowding = Param("1", "inverse of the largest cell index (1/K)")
    kill = Param("1/day", "killing by CAR-T of cell index 1 (kappa1)")
    expansion = Param("1/day", "expansion on a tumour of cell index 1 (kappa2); below zero: exhaustion")
    death = Param("1/day", "death of CAR-T (theta)")
    steroid_on_tumour = Param("1/day", "tumour lost to dexamethasone at first (c0); below zero: it grows faster")
    steroid_on_cart = Param("1/day", "CAR-T lost to dexamethasone at first (c3)")
    steroid_half_life = Param("day", "half-life of dexamethasone")

    infusion = Entry("1", "CAR-T added", into={"cart": 1.0}, product=True)

    tumour_left = Publishes("1", "tumour relative to that when CAR-T were added")

    def flows(self, v: Any) -> Iterator[Change]:
        left = exp(-0.6931471805599453 * v.time / v.steroid_half_life)
        growth = v.growth * (1.0 - v.crowding * v.tumour)
        yield Change("tumour", (growth - v.kill * v.cart - v.steroid_on_tumour * left) * v.tumour, "growth and loss")
        yield Change("cart", (v.expansion * v.tumour - v.death - v.steroid_on_cart * left) * v.cart, "expansion, loss")

    def published(self, v: Any) -> dict[str, Any]:
        return {"tumour_left": v.tumour / v.tumour_at_infusion}
