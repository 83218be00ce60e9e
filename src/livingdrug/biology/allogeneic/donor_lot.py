"""The lot: cells of one donor grow faster or more slowly than those of another, in every patient who is given them."""

from __future__ import annotations

from typing import Any

from livingdrug.model import Covariate, Derived, Module, Multiplies, Param, Publishes
from livingdrug.model.math import exp


class DonorLot(Module):
    """The quality of a lot moves the growth of its cells, on a logarithmic scale. Patients of a trial share few lots,
    so that they are no independent draws of it: the population says who shares one.

    Leaves out: donors who differ in anything but growth, changes of a lot in the freezer, doses that differ by lot.
    """

    role = "lot"

    lot = Covariate("1", "quality of the donor's lot, standard normal between lots")
    effect = Param("1", "log of the growth of cells of a lot one standard deviation above the usual")

    relative = Derived("1", "growth of this lot relative to the usual", lambda v: exp(v.effect * v.lot))
    pace = Multiplies("kinetics.pace")

    growth = Publishes("1", "growth of this lot relative to the usual one")

    def published(self, v: Any) -> dict[str, Any]:
        return {"growth": v.relative}

    def contributes(self, v: Any) -> dict[str, Any]:
        return {"pace": v.relative}
