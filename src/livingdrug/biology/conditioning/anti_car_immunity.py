"""Immunity of the host against the receptor: raised by a first infusion, it removes the cells of a second."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Adds, Flow, Module, Param, Publishes, Reads, State
from livingdrug.model.math import hill


class AntiCarImmunity(Module):
    """Host T cells that see the receptor are primed while CAR-T and host lymphocytes meet, and stay as memory:
    conditioning spares enough of them that the cells of a second infusion do not expand.

    Our own structure, after a patient in whom cells of a second infusion of the same product failed to expand and T
    cells against the receptor were found, while cells with another receptor expanded [muller2025]. A cell with
    another receptor starts with `start` at nothing.
    Leaves out: antibodies against the receptor, tolerance, who of the patients has peptides that fit.
    """

    role = "immunity"

    start = Param("1", "immunity against this receptor before the first infusion, relative to the fullest")
    priming = Param("1/day", "priming by the strongest encounter at normal host lymphocytes")
    recall = Param("1/day", "growth of primed cells by the strongest encounter at normal host lymphocytes")
    half_seen = Param("cell", "EC50: CAR-T that give half of the strongest encounter")
    conditioning_kill = Param("1", "kill of primed cells by conditioning, relative to lymphocytes")
    removal = Param("1/day", "loss of CAR-T at the fullest immunity")
    car_t = Reads("kinetics.total", "cell", absent=0.0)
    host = Reads("lymphocytes.share", "1", absent=1.0)
    chemotherapy = Reads("lymphocytes.kill", "1/day", absent=0.0)
    cells = Adds("kinetics.removal", "1/day")

    primed = State("1", "host T cells primed against the receptor, relative to the fullest", start=lambda v: v.start)

    loss = Publishes("1/day", "loss of CAR-T to immunity against their receptor")

    def flows(self, v: Any) -> Iterator[Flow]:
        rising = (v.priming + v.recall * v.primed) * v.host * hill(v.car_t, v.half_seen)
        yield Flow("priming and recall", into="primed", rate=rising)
        yield Flow("no more than the fullest", out_of="primed", rate=rising * v.primed)
        yield Flow("conditioning", out_of="primed", rate=v.conditioning_kill * v.chemotherapy * v.primed)

    def published(self, v: Any) -> dict[str, Any]:
        return {"loss": v.removal * v.primed}

    def contributes(self, v: Any) -> dict[str, Any]:
        return {"cells": v.loss}
