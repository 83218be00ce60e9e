"""CAR-T in mice: effectors become memory, and tumour cells call memory back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Entry, Flow, Module, Param, Publishes, State


class Barros2021(Module):
    """Effector and memory CAR-T against a human lymphoma line in mice [barros2021].

    Leaves out: people (no scaling from mice is given), host immunity, cytokines, extinction of the tumour.
    """

    role = "therapy"

    effector = State("cell", "effector CAR-T (E)")
    memory = State("cell", "memory CAR-T (M)")
    tumour = State("cell", "tumour cells (T)", start=lambda v: v.tumour_at_start)

    tumour_at_start = Param("cell", "tumour cells injected on day 0")
    expansion = Param("1/day", "proliferation of effectors (phi)")
    effector_lost = Param("1/day", "effectors dying or becoming memory (rho)")
    to_memory = Param("1/day", "memory made by an effector (epsilon)")
    recall = Param("1/cell/day", "memory recalled by a tumour cell (theta)")
    inhibition = Param("1/cell/day", "effectors lost to a tumour cell (alpha)")
    memory_death = Param("1/day", "death of memory cells (mu)")
    growth = Param("1/day", "growth of the tumour (r)")
    crowding = Param("1/cell", "inverse of the largest tumour (b)")
    kill = Param("1/cell/day", "killing by an effector (gamma)")

    infusion = Entry("cell", "CAR-T infusion", into={"effector": 1.0}, product=True)
    challenge = Entry("cell", "tumour cells injected again", into={"tumour": 1.0})

    total = Publishes("cell", "CAR-T in the mouse")
    tumour_left = Publishes("1", "tumour relative to that injected")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("proliferation", into="effector", rate=v.expansion * v.effector)
        yield Flow("death and differentiation", out_of="effector", rate=v.effector_lost * v.effector)
        yield Flow("inhibition", out_of="effector", rate=v.inhibition * v.tumour * v.effector)
        yield Flow("recall", "memory", "effector", v.recall * v.tumour * v.memory)
        yield Flow("making memory", into="memory", rate=v.to_memory * v.effector)
        yield Flow("death of memory", out_of="memory", rate=v.memory_death * v.memory)
        yield Flow("growth", into="tumour", rate=v.growth * v.tumour)
        yield Flow("logistic loss", out_of="tumour", rate=v.growth * v.crowding * v.tumour * v.tumour)
        yield Flow("killing", out_of="tumour", rate=v.kill * v.effector * v.tumour)

    def published(self, v: Any) -> dict[str, object]:
        return {"total": v.effector + v.memory, "tumour_left": v.tumour / v.tumour_at_start}
