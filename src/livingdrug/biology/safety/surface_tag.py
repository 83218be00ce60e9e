"""A tag on the cells: a cut-down receptor that does nothing but be seen by an antibody."""

from __future__ import annotations

from typing import Any

from livingdrug.model import Adds, Module, Param, Port, Publishes, Reads
from livingdrug.model.math import hill


class SurfaceTag(Module):
    """Cells to which the antibody is bound are lost to the host's own killers, slowly, and the slower the fewer of
    these conditioning has left.

    Our own structure; in mice the antibody removed the cells early and late [paszkiewicz2016], no rate was read.
    Leaves out: natural killer cells and macrophages apart from other lymphocytes, complement, loss of the tag.
    """

    role = "safety.tag"

    removal = Param("1/day", "loss of tagged cells at full antibody with normal lymphocytes")
    half_bound = Param("mg/L", "EC50 of the antibody on that loss")
    host = Reads("lymphocytes.share", "1", absent=1.0)

    antibody = Port("mg/L", "antibody against the tag in serum", combine="add")
    cells = Adds("kinetics.removal", "1/day")

    death = Publishes("1/day", "loss of CAR-T to the antibody")

    def published(self, v: Any) -> dict[str, Any]:
        return {"death": v.removal * hill(v.antibody, v.half_bound) * v.host}

    def contributes(self, v: Any) -> dict[str, Any]:
        return {"cells": v.death}
