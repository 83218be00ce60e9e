"""An armoured CAR-T: a receptor that binds PD-L1 outside and costimulates inside."""

from __future__ import annotations

from typing import Any

from livingdrug.model import Adds, Module, Param


class CheckpointSwitch(Module):
    """A share of PD-L1 no longer stops killing and division; what it binds adds to division of CAR-T that hold a cell.

    Leaves out: competition for PD-L1 in numbers of molecules, PD-L2, T cells beside the CAR-T.
    """

    role = "armour.pd1"

    taken = Param("1", "share of the PD-L1 signal that the switch takes", most=1)
    costimulation = Param("1", "division that it adds where PD-L1 is full, relative to that without")
    deaf = Adds("tumour.deaf_pd_l1")
    turned = Adds("tumour.turned")

    def contributes(self, v: Any) -> dict[str, Any]:
        return {"deaf": v.taken, "turned": v.costimulation}
