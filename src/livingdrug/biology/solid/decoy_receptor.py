"""An armoured CAR-T: a dominant-negative receptor takes TGF-beta and says nothing."""

from __future__ import annotations

from typing import Any

from livingdrug.model import Adds, Module, Param


class DecoyReceptor(Module):
    """The decoy competes with the receptor that signals, so that a share of TGF-beta is not heard.

    Leaves out: TGF-beta taken up by it, what TGF-beta does for persistence, uncontrolled growth.
    """

    role = "armour.tgf"

    taken = Param("1", "share of the TGF-beta signal that the decoy takes", most=1)
    deaf = Adds("tumour.deaf_tgf")

    def contributes(self, v: Any) -> dict[str, Any]:
        return {"deaf": v.taken}
