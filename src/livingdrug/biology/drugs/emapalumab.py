"""Emapalumab: an antibody that binds interferon gamma."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.biology.drugs import Antibody
from livingdrug.model import Flow, Param, Reads


class Emapalumab(Antibody):
    """Two compartments [gamifant2018]; free interferon is bound for good, in proportion to antibody and cytokine.

    Macrophages lose the drive that comes from interferon, in cytokine release and in what may follow it.
    Leaves out: faster clearance where much interferon is made, killing by CAR-T that needs interferon.
    """

    role = "drug.emapalumab"

    binding = Param("L/mg/day", "binding of interferon by antibody")
    ifn_gamma = Reads("cytokines.ifn_gamma", "pg/mL", absent=0.0)

    def flows(self, v: Any) -> Iterator[Flow]:
        yield from super().flows(v)
        yield Flow("interferon bound", out_of="cytokines.ifn_gamma", rate=v.binding * v.drug / v.volume * v.ifn_gamma)
