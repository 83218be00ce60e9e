"""IL-7 and IL-15: they rise when no lymphocytes are left to consume them, and support the infused cells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Derived, Flow, Module, Param, Publishes, Reads, State
from livingdrug.model.math import hill


class HomeostaticCytokines(Module):
    """IL-7 and IL-15, made steadily and consumed by lymphocytes; together they set how much CAR-T proliferate.

    Structure of the consumption balance in [hirayama2019] and [kochenderfer2017] in words; the numbers are assumed.
    Leaves out: production after tissue damage, consumption by CAR-T themselves, NK cells.
    """

    role = "homeostasis"

    il7_normal = Param("pg/mL", "IL-7 at normal lymphocytes")
    il7_depleted = Param("pg/mL", "IL-7 without lymphocytes")
    il7_clearance = Param("1/day", "loss of IL-7 without lymphocytes")
    il15_normal = Param("pg/mL", "IL-15 at normal lymphocytes")
    il15_depleted = Param("pg/mL", "IL-15 without lymphocytes")
    il15_clearance = Param("1/day", "loss of IL-15 without lymphocytes")
    half = Param("pg/mL", "EC50 of either on proliferation")
    steepness = Param("1", "Hill coefficient of the effect on proliferation")
    strength = Param("1", "Emax: proliferation added by either, relative to that without")
    lymphocytes = Reads("lymphocytes.share", "1", absent=1.0)

    fullest = Derived(
        "1",
        "support without lymphocytes, before scaling",
        lambda v: (
            1 + v.strength * (hill(v.il7_depleted, v.half, v.steepness) + hill(v.il15_depleted, v.half, v.steepness))
        ),
    )
    il7 = State("pg/mL", "interleukin 7", start=lambda v: v.il7_normal)
    il15 = State("pg/mL", "interleukin 15", start=lambda v: v.il15_normal)

    help = Publishes("1", "proliferation that IL-7 and IL-15 allow, relative to a host without lymphocytes")

    def flows(self, v: Any) -> Iterator[Flow]:
        for name, cytokine, normal, depleted, clearance in (
            ("il7", v.il7, v.il7_normal, v.il7_depleted, v.il7_clearance),
            ("il15", v.il15, v.il15_normal, v.il15_depleted, v.il15_clearance),
        ):
            uptake = clearance * (depleted / normal - 1) * v.lymphocytes
            yield Flow(f"{name} production", into=name, rate=clearance * depleted)
            yield Flow(f"{name} loss", out_of=name, rate=clearance * cytokine)
            yield Flow(f"{name} uptake", out_of=name, rate=uptake * cytokine)

    def published(self, v: Any) -> dict[str, Any]:
        both = hill(v.il7, v.half, v.steepness) + hill(v.il15, v.half, v.steepness)
        return {"help": (1 + v.strength * both) / v.fullest}
