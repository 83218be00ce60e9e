"""The antigen toggle switch: antigen turns memory cells into effectors, effectors kill, tire, and return to memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Entry, Flow, Module, Param, Publishes, State
from livingdrug.model.math import hill


class Kirouac2023(Module):
    """Memory, effector and exhausted CAR-T against a CD19 tumour [kirouac2023].

    Leaves out: CD19-negative relapse, lymphodepletion, cytokines, healthy B cells apart from the tumour, cure (the
    tumour never reaches zero).
    """

    role = "therapy"

    infused = State("cell", "cells just infused (D)")
    engrafting = State("cell", "cells that survived infusion (P)")
    memory = State("cell", "memory CAR-T (M)")
    dividing = State("cell", "proliferating effectors (E1)")
    effector = State("cell", "mature effectors (E2)")
    exhausted = State("cell", "exhausted CAR-T (X)")
    tumour = State("cell", "tumour and B cells (B)", start=lambda v: v.tumour_at_infusion)
    antigen = State("cell", "antigen, in cells that bear it (A)", start=lambda v: v.tumour_at_infusion)

    tumour_at_infusion = Param("cell", "tumour and antigen at infusion")
    half_antigen = Param("cell", "EC50 of antigen (B50)")
    tumour_growth = Param("1/day", "growth of the tumour (muB)")
    kill = Param("1/day", "largest kill rate (kkill)")
    lost = Param("1/day", "loss of infused cells (floss)")
    engraftment = Param("1/day", "passage of infused cells to engraftment; fixes the unit of floss")
    half_kill = Param("cell", "EC50 of effectors on the kill (TK50)")
    kill_slope = Param("1", "Hill coefficient of the kill (kt)")
    antigen_made = Param("1/day", "antigen per tumour cell (kB1)")
    antigen_lost = Param("1/day", "loss of antigen (kB2)")
    renewal_rate = Param("1/day", "division of memory cells (muM)")
    renewal_slope = Param("1", "Hill coefficient of antigen on self-renewal (km)")
    renewal_top = Param("1", "largest probability of self-renewal (fmax)")
    maturing_slope = Param("1", "Hill coefficient of antigen on maturation (ke)")
    maturing = Param("1/day", "largest rate of maturation (muE)")
    divisions = Param("1", "divisions at maturation (N)")
    tiring = Param("1/day", "largest rate of exhaustion (kex)")
    memory_death = Param("1/day", "death of memory cells (dM)")
    dividing_death = Param("1/day", "death of proliferating effectors (dE1)")
    effector_death = Param("1/day", "death of mature effectors (dE2)")
    exhausted_death = Param("1/day", "death of exhausted cells (dX)")
    capacity = Param("cell", "largest tumour (Bmax)")
    tiring_slope = Param("1", "Hill coefficient of antigen on exhaustion (kx)")
    return_rate = Param("1/day", "largest return of effectors to memory (rm)")
    return_slope = Param("1", "Hill coefficient of antigen on the return (kr)")
    to_memory = Param("1/day", "product share: memory (fM)")
    to_dividing = Param("1/day", "product share: proliferating effectors (fE1)")
    to_effector = Param("1/day", "product share: mature effectors (fE2)")
    to_exhausted = Param("1/day", "product share: exhausted (fX)")
    blood = Param("uL", "volume that cells are counted in")

    infusion = Entry("cell", "CAR-T infusion", into={"infused": 1.0}, product=True)

    total = Publishes("cell", "CAR-T in the body")
    blood_count = Publishes("cell/uL", "CAR-T in blood")
    tumour_left = Publishes("1", "tumour relative to that at infusion")

    def flows(self, v: Any) -> Iterator[Flow]:
        renew = v.renewal_top * (1.0 - hill(v.antigen, v.half_antigen, v.renewal_slope))
        mature = v.maturing * hill(v.antigen, v.half_antigen, v.maturing_slope)
        tire = v.tiring * hill(v.antigen, v.half_antigen, v.tiring_slope)
        back = v.return_rate * (1.0 - hill(v.antigen, v.half_antigen, v.return_slope))

        yield Flow("loss at infusion", out_of="infused", rate=v.lost * v.infused)
        yield Flow("survival of infusion", out_of="infused", into="engrafting", rate=v.engraftment * v.infused)
        for cells, share in (
            ("memory", v.to_memory),
            ("dividing", v.to_dividing),
            ("effector", v.to_effector),
            ("exhausted", v.to_exhausted),
        ):
            yield Flow(f"engraftment, {cells}", out_of="engrafting", into=cells, rate=share * v.engrafting)
        yield Flow("self-renewal", into="memory", rate=v.renewal_rate * v.memory * renew)
        yield Flow("differentiation", "memory", "dividing", v.renewal_rate * v.memory * (1.0 - renew), yields=2)
        yield Flow("maturation", "dividing", "effector", mature * v.dividing, yields=2.0**v.divisions)
        yield Flow("exhaustion", "effector", "exhausted", tire * v.effector)
        yield Flow("return to memory", "effector", "memory", back * v.effector)
        yield Flow("death of memory", out_of="memory", rate=v.memory_death * v.memory)
        yield Flow("death of dividing", out_of="dividing", rate=v.dividing_death * v.dividing)
        yield Flow("death of effectors", out_of="effector", rate=v.effector_death * v.effector)
        yield Flow("death of exhausted", out_of="exhausted", rate=v.exhausted_death * v.exhausted)
        yield Flow("growth", into="tumour", rate=v.tumour_growth * v.tumour)
        yield Flow("logistic loss", out_of="tumour", rate=v.tumour_growth * v.tumour * v.tumour / v.capacity)
        yield Flow("killing", out_of="tumour", rate=v.kill * v.tumour * hill(v.effector, v.half_kill, v.kill_slope))
        yield Flow("antigen shown", into="antigen", rate=v.antigen_made * v.tumour)
        yield Flow("antigen lost", out_of="antigen", rate=v.antigen_lost * v.antigen)

    def published(self, v: Any) -> dict[str, object]:
        total = v.memory + v.dividing + v.effector + v.exhausted
        return {"total": total, "blood_count": total / v.blood, "tumour_left": v.tumour / v.tumour_at_infusion}
