"""A death switch in the cells: caspase 9 that a small molecule joins in pairs, upon which the cell dies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Adds, Flow, Module, Param, Port, Publishes, State
from livingdrug.model.math import hill


class CaspaseSwitch(Module):
    """Most cells carry enough of the switch to die when the dimerizer is there; the few that carry too little live on
    and grow back, so that a second dose finds less to kill [zhou2016].

    Both kinds are alike in all else and in every subset, so one share tells them apart: it falls as the survival of
    those that carry enough, and division of both changes nothing in it.
    Leaves out: expression that rises with activation, slow death of cells that carry little, a later infusion of cells
    (it counts as like those that are left), cells of a tumour in space.
    """

    role = "safety.caspase"

    sensitive_share = Param("1", "share of the infused cells that carry enough of the switch", most=1)
    kill = Param("1/day", "death of such cells at full dimerizer")
    half_kill = Param("mg/L", "EC50 of the dimerizer on that death")

    dimerizer = Port("mg/L", "dimerizer in blood", combine="add")
    cells = Adds("kinetics.removal", "1/day")

    survival = State("1", "survival of the death switch by a cell that carries enough of it", start=1.0)

    sensitive = Publishes("1", "share of the CAR-T that carry enough of the switch")
    death = Publishes("1/day", "death of CAR-T by the switch, over all of them")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("death by the switch", out_of="survival", rate=self._rate(v) * v.survival)

    def published(self, v: Any) -> dict[str, Any]:
        left = v.sensitive_share * v.survival
        sensitive = left / (1 - v.sensitive_share + left + 1e-12)
        return {"sensitive": sensitive, "death": self._rate(v) * sensitive}

    def contributes(self, v: Any) -> dict[str, Any]:
        return {"cells": v.death}

    @staticmethod
    def _rate(v: Any) -> Any:
        return v.kill * hill(v.dimerizer, v.half_kill)
