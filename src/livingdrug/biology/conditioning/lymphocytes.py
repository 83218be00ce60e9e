"""Host lymphocytes: killed by conditioning, regrowing in competition with CAR-T."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Change, Flow, Module, Param, Port, Publishes, Reads, State
from livingdrug.model.math import log


class Lymphocytes(Module):
    """Lymphocytes of the host as a share of normal; Gompertz regrowth to a carrying capacity shared with CAR-T.

    Follows [kimmel2021] for regrowth. Each conditioning drug adds its own kill to the port `kill`.
    Leaves out: subsets, thymus, NK cells apart; regrowth is the same at every age.
    """

    role = "lymphocytes"

    start = Param("1", "lymphocytes before conditioning, as a share of normal")
    regrowth = Param("1/day", "Gompertz rate of regrowth")
    normal = Param("cell", "carrying capacity: lymphocytes of the body at which regrowth stops")
    normal_per_uL = Param("cell/uL", "lymphocytes in blood when the share is 1")
    sensitivity = Param("1", "how strongly conditioning kills in this patient")
    car_t = Reads("kinetics.total", "cell", absent=0.0)

    kill = Port("1/day", "kill of host lymphocytes by conditioning drugs", combine="add", scale=lambda v: v.sensitivity)
    loss = Port("1/day", "loss of host lymphocytes to other drugs", combine="add")

    share = State("1", "host lymphocytes as a share of normal", start=lambda v: v.start)

    per_uL = Publishes("cell/uL", "host lymphocytes in blood")

    def flows(self, v: Any) -> Iterator[Flow | Change]:
        occupied = v.share + v.car_t / v.normal + 1e-9
        yield Change("share", -v.regrowth * v.share * log(occupied), why="Gompertz regrowth")
        yield Flow("conditioning", out_of="share", rate=v.kill * v.share)
        yield Flow("loss to other drugs", out_of="share", rate=v.loss * v.share)

    def published(self, v: Any) -> dict[str, Any]:
        return {"per_uL": v.share * v.normal_per_uL}
