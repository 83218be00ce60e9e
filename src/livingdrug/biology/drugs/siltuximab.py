"""Siltuximab: an antibody that binds interleukin 6 itself, not its receptor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.biology.drugs import Antibody
from livingdrug.model import Flow, Param, Reads


class Siltuximab(Antibody):
    """Two compartments [nikanjam2019]; free IL-6 is bound for good, in proportion to antibody and cytokine.

    What passes around the IL-6 receptor, and with it the barrier of the brain, goes on.
    Leaves out: albumin as a covariate, antibody used up by binding, bound IL-6 that an assay may still see.
    """

    role = "drug.siltuximab"

    binding = Param("L/mg/day", "binding of IL-6 by antibody")
    il6 = Reads("cytokines.il6", "pg/mL", absent=0.0)

    def flows(self, v: Any) -> Iterator[Flow]:
        yield from super().flows(v)
        yield Flow("IL-6 bound", out_of="cytokines.il6", rate=v.binding * v.drug / v.volume * v.il6)
