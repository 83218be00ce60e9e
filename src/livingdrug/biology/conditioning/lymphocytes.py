"""Host lymphocytes: killed by conditioning, regrowing in competition with CAR-T."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Change, Flow, Module, Param, Publishes, Reads, State
from livingdrug.model.math import log


class Lymphocytes(Module):
    """Lymphocytes of the host as a share of normal; Gompertz regrowth towards the room that CAR-T leave free.

    Follows [kimmel2021] for regrowth; the killing by fludarabine and cyclophosphamide is our own (no published law
    was found).
    Leaves out: subsets, thymus, NK cells apart; regrowth is the same at every age.
    """

    role = "lymphocytes"

    start = Param("1", "lymphocytes before conditioning, as a share of normal")
    regrowth = Param("1/day", "Gompertz rate of regrowth")
    normal = Param("cell", "lymphocytes of the body at which regrowth stops")
    normal_per_uL = Param("cell/uL", "lymphocytes in blood when the share is 1")
    kill_fludarabine = Param("L/mg/day", "loss for each mg/L of F-ara-A")
    kill_cyclophosphamide = Param("L/mg/day", "loss for each mg/L of cyclophosphamide")
    sensitivity = Param("1", "how strongly conditioning kills in this patient")
    fludarabine = Reads("conditioning.fludarabine.concentration", "mg/L", absent=0.0)
    cyclophosphamide = Reads("conditioning.cyclophosphamide.active", "mg/L", absent=0.0)
    car_t = Reads("kinetics.total", "cell", absent=0.0)

    share = State("1", "host lymphocytes as a share of normal", start=lambda v: v.start)

    per_uL = Publishes("cell/uL", "host lymphocytes in blood")
    kill = Publishes("1/day", "kill of host lymphocytes by conditioning")

    def flows(self, v: Any) -> Iterator[Flow | Change]:
        occupied = v.share + v.car_t / v.normal + 1e-9
        yield Change("share", -v.regrowth * v.share * log(occupied), why="regrowth into free room")
        yield Flow("conditioning", out_of="share", rate=self._kill(v) * v.share)

    def published(self, v: Any) -> dict[str, Any]:
        return {"per_uL": v.share * v.normal_per_uL, "kill": self._kill(v)}

    @staticmethod
    def _kill(v: Any) -> Any:
        return v.sensitivity * (v.kill_fludarabine * v.fludarabine + v.kill_cyclophosphamide * v.cyclophosphamide)
