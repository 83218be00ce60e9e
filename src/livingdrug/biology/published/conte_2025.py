"""CAR-T and an oncolytic virus against glioma cells in a dish: it bursts tumour cells, and takes CAR-T as well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Change, Entry, Flow, Module, Param, Publishes, State
from livingdrug.model.math import maximum


class Conte2025(Module):
    """Tumour cells, infected tumour cells and CAR-T as cell index of an impedance assay, and virus [conte2025].

    Only what is there grows: rounding below nothing does not. Leaves out: people, space, the time from a cell's
    infection to its bursting, immunity against the virus.
    """

    role = "therapy"

    healthy = State("1", "tumour cells without virus, as cell index (T)", start=lambda v: v.tumour_at_start)
    infected = State("1", "infected tumour cells, as cell index (I)")
    virus = State("1", "virus, for each tumour cell (V)")
    cart = State("1", "CAR-T, as cell index (C)")

    tumour_at_start = Param("1", "cell index at the first row that is fitted")
    growth = Param("1/day", "growth of the tumour (alpha)")
    capacity = Param("1", "largest cell index (K)")
    infection = Param("1/day", "infection by virus (beta)")
    kill = Param("1/day", "killing of tumour cells by CAR-T of cell index 1 (theta1)")
    burst = Param("1/day", "bursting of infected cells (gamma)")
    kill_infected = Param("1/day", "killing of infected cells by CAR-T of cell index 1 (theta2)")
    burst_size = Param("1", "virus that a bursting cell sets free (b)")
    virus_on_cart = Param("1/day", "CAR-T lost to virus (theta3)")
    virus_decay = Param("1/day", "decay of virus (omega)")
    death = Param("1/day", "death of CAR-T (delta)")
    expansion = Param("1/day", "expansion on a tumour of cell index 1 (theta4); below zero: exhaustion")

    infusion = Entry("1", "CAR-T added", into={"cart": 1.0}, product=True)
    virus_added = Entry("1", "virus added, for each tumour cell", into={"virus": 1.0})

    tumour = Publishes("1", "tumour cells, infected or not (T + I)")
    tumour_left = Publishes("1", "tumour relative to that at the start")

    def flows(self, v: Any) -> Iterator[Change | Flow]:
        tumour = v.healthy + v.infected
        there = maximum(v.healthy, 0.0 * v.healthy)
        yield Flow("growth", into="healthy", rate=v.growth * there)
        yield Flow("crowding", out_of="healthy", rate=v.growth * there * tumour / v.capacity)
        yield Flow("infection", "healthy", "infected", v.infection * v.healthy * v.virus)
        yield Flow("killing", out_of="healthy", rate=v.kill * v.cart * v.healthy)
        yield Flow("killing of infected", out_of="infected", rate=v.kill_infected * v.cart * v.infected)
        yield Flow("bursting", "infected", "virus", v.burst * v.infected, yields=v.burst_size)
        yield Flow("decay of virus", out_of="virus", rate=v.virus_decay * v.virus)
        yield Change("cart", v.expansion * v.cart * tumour, "expansion or exhaustion")
        yield Flow("death", out_of="cart", rate=v.death * v.cart)
        yield Flow("infection of CAR-T", out_of="cart", rate=v.virus_on_cart * v.cart * v.virus)

    def published(self, v: Any) -> dict[str, Any]:
        tumour = v.healthy + v.infected
        return {"tumour": tumour, "tumour_left": tumour / v.tumour_at_start}
