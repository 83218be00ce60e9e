"""Chemotherapy before CAR-T: fewer tumour cells, and room among the patient's own effectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Change, Derived, Entry, Flow, Module, Param, Publishes, State
from livingdrug.model.math import exp, hill, log, maximum


class Owens2021(Module):
    """Tumour, own effectors and CAR-T that share one room, and a drug that kills all three [owens2021].

    Killing saturates with the number of killers for each tumour cell; below a billionth of the tumour at the start that
    number stands still, so that what is gone stays gone. Leaves out: cytokines, space, antigen loss, extinction.
    """

    role = "therapy"

    tumour = State("cell", "tumour cells (T)", start=lambda v: v.tumour_at_start)
    effector = State("cell", "the patient's own effector cells (E)", start=lambda v: v.effector_at_start)
    cart = State("cell", "CAR-T in blood (C)")
    drug = State("uM", "chemotherapy (M)")

    tumour_at_start = Param("cell", "tumour cells when chemotherapy begins")
    effector_at_start = Param("cell", "own effector cells when chemotherapy begins")
    growth = Param("1/day", "growth of the tumour (a)")
    capacity = Param("cell", "largest tumour (1/b)")
    kill_effector = Param("1/day", "largest killing by own effectors (dE)")
    kill_cart = Param("1/day", "largest killing by CAR-T (dC)")
    production = Param("cell/day", "own effectors made without a tumour (g)")
    recruit_effector = Param("1/day", "largest recruitment of own effectors by lysis (jE)")
    recruit_cart = Param("1/day", "largest recruitment of CAR-T by lysis (jC)")
    room = Param("cell", "effectors and CAR-T that there is room for (K)")
    half_lysis = Param("cell**2/day**2", "square of the lysis at half recruitment (k)")
    exponent = Param("1", "exponent of killing (l)")
    steepness = Param("1", "steepness of killing (s)")
    effector_death = Param("1/day", "death of own effectors (mE)")
    cart_death = Param("1/day", "death of CAR-T (mC)")
    effector_spent = Param("1/cell/day", "own effectors inactivated by a tumour cell (qE)")
    cart_spent = Param("1/cell/day", "CAR-T inactivated by a tumour cell (qC)")
    drug_on_tumour = Param("1/day", "largest loss of tumour cells to the drug (KT)")
    drug_on_cells = Param("1/day", "largest loss of effectors and CAR-T to the drug (KE, KC)")
    drug_decay = Param("1/day", "decay of the drug (gamma)")
    drug_scale = Param("uM", "the concentration that counts as 1 in its effect")
    strength = Param("uM/day", "dose strength of an infusion of chemotherapy (S)")
    infusion_time = Param("day", "how long an infusion of chemotherapy takes")
    circulating = Param("1", "share of the infused CAR-T that stays in blood")

    half_ratio = Derived("1", "killers for a tumour cell at half killing", lambda v: v.steepness ** (1.0 / v.exponent))

    infusion = Entry("cell", "CAR-T infusion", into={"cart": lambda v: v.circulating}, product=True)
    chemotherapy = Entry("1", "infusions of chemotherapy", into={"drug": lambda v: v.strength * v.infusion_time})

    tumour_left = Publishes("1", "tumour relative to that when chemotherapy begins")

    def flows(self, v: Any) -> Iterator[Change | Flow]:
        prey = maximum(v.tumour, 1e-9 * v.tumour_at_start)
        by_effector = v.kill_effector * hill(v.effector / prey, v.half_ratio, v.exponent) * v.tumour
        by_cart = v.kill_cart * hill(v.cart / prey, v.half_ratio, v.exponent) * v.tumour
        left = -log((v.effector + v.cart) / v.room)  # below zero when there are more than there is room for
        drug = 1.0 - exp(-v.drug / v.drug_scale)
        yield Flow("growth", into="tumour", rate=v.growth * v.tumour)
        yield Flow("crowding", out_of="tumour", rate=v.growth * v.tumour**2 / v.capacity)
        yield Flow("killing by own effectors", out_of="tumour", rate=by_effector)
        yield Flow("killing by CAR-T", out_of="tumour", rate=by_cart)
        yield Flow("chemotherapy on the tumour", out_of="tumour", rate=v.drug_on_tumour * drug * v.tumour)
        yield Flow("production", into="effector", rate=v.production)
        for cells, lysis, most, death, spent in (
            ("effector", by_effector, v.recruit_effector, v.effector_death, v.effector_spent),
            ("cart", by_cart, v.recruit_cart, v.cart_death, v.cart_spent),
        ):
            x = v.effector if cells == "effector" else v.cart
            yield Change(cells, most * left * lysis**2 / (v.half_lysis + lysis**2) * x, "recruitment by lysis")
            yield Flow(f"death of {cells}", out_of=cells, rate=death * x)
            yield Flow(f"inactivation of {cells}", out_of=cells, rate=spent * v.tumour * x)
            yield Flow(f"chemotherapy on {cells}", out_of=cells, rate=v.drug_on_cells * drug * x)
        yield Flow("decay of the drug", out_of="drug", rate=v.drug_decay * v.drug)

    def published(self, v: Any) -> dict[str, Any]:
        return {"tumour_left": v.tumour / v.tumour_at_start}
