"""Rejection of CAR-T by the host lymphocytes that conditioning spared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Flow, Module, Param, Publishes, Reads, State
from livingdrug.model.math import hill


class Rejection(Module):
    """A host whose own clones outlive conditioning rejects the infused cells once its lymphocytes are back: the more
    of them outlived it, the stronger, up to a limit.

    Our own structure, after the finding that a low exposure to fludarabine goes with early loss of CAR-T and relapse
    [dekker2022]; steep in the survivors and saturating, since a host left alone rejects no faster than it can.
    Leaves out: which clones see the receptor, antibodies against it, rejection of cells from a donor.
    """

    role = "rejection"

    half_survivors = Param("1", "EC50: surviving share of host clones that gives half the strongest rejection")
    power = Param("1", "Hill coefficient of rejection in the surviving share")
    kill = Reads("lymphocytes.kill", "1/day", absent=0.0)
    share = Reads("lymphocytes.share", "1", absent=0.0)

    survivors = State("1", "share of the host's clones that outlive conditioning", start=1.0)

    strength = Publishes("1", "rejection, relative to that by a full host that was never conditioned")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("loss of clones to conditioning", out_of="survivors", rate=v.kill * v.survivors)

    def published(self, v: Any) -> dict[str, Any]:
        return {"strength": v.share * hill(v.survivors, v.half_survivors, v.power)}
