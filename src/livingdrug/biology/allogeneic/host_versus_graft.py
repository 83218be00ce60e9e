"""Host versus graft: the patient's own T and NK cells reject the cells of a donor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Adds, Flow, Module, Param, Publishes, Reads, State
from livingdrug.model.math import hill


class HostVersusGraft(Module):
    """T cells that see foreign HLA multiply while donor cells are there, kill them, and leave memory; NK cells kill
    what lacks HLA class I. Both fall with conditioning and come back with the host.

    Alloreactive T cells are counted for each host lymphocyte: with the share of lymphocytes that is the balance
    dH/dt = regrowth - conditioning + activation * H * C / (C + K) that was written for donor cells [derippe2022], in
    words there; the limit of activation, memory and NK cells are our own. The difference in HLA counts for little once
    there is some: a few foreign molecules are enough.
    Leaves out: donor cells that kill the host's T cells, antibodies against HLA, macrophages, minor antigens of cells
    with the same HLA, edits that only a part of the cells has as an advantage of that part.
    """

    role = "host_versus_graft"
    between_two = True

    mismatch = Param("1", "share of HLA molecules that differ between donor and patient", most=1)
    half_mismatch = Param("1", "EC50: share of differing HLA molecules that gives half of the T cells' answer")
    sensitised = Param(
        "1", "alloreactive T cells for each lymphocyte at the start, relative to who never met foreign cells"
    )
    activation = Param("1/day", "multiplication of alloreactive T cells at full contact with donor cells")
    half_contact = Param("cell", "EC50: donor cells that give half of that multiplication")
    most = Param("1", "largest number of alloreactive T cells for each lymphocyte, relative to naive")
    contraction = Param("1/day", "loss of those above memory")
    formation = Param("1/day", "passage of alloreactive T cells into memory")
    t_kill = Param("1/day", "loss of donor cells to a whole host's alloreactive T cells before they multiply")
    class_two = Param("1", "part of the T cells' answer that is to HLA class II")
    nk_regrowth = Param("1/day", "logistic regrowth of NK cells")
    nk_sensitivity = Param("1", "kill of NK cells by conditioning and drugs, relative to lymphocytes")
    nk_kill = Param("1/day", "loss of cells without HLA class I to a whole host's NK cells")
    nk_unlicensed = Param("1", "NK cells that class I of the donor does not hold back, as a share of all")
    cd47_shield = Param("1", "fall of the NK cells' kill at full CD47")

    host = Reads("lymphocytes.share", "1", absent=1.0)
    conditioning = Reads("lymphocytes.kill", "1/day", absent=0.0)
    drugs = Reads("lymphocytes.loss", "1/day", absent=0.0)
    graft = Reads("kinetics.total", "cell", absent=0.0)
    class_one = Reads("edits.class_one", "1", absent=1.0)
    cd47 = Reads("edits.cd47", "1", absent=0.0)
    cells = Adds("kinetics.removal", "1/day")

    clones = State(
        "1", "alloreactive T cells for each host lymphocyte, relative to naive", start=lambda v: v.sensitised
    )
    memory = State("1", "to which of that number they fall back", start=lambda v: v.sensitised)
    nk = State("1", "NK cells as a share of normal", start=1.0)

    difference = Publishes("1", "strength of the T cells' answer to the difference in HLA, 1 where all differ")
    t_cells = Publishes("1", "alloreactive T cells, relative to a whole host that met no donor")
    by_t_cells = Publishes("1/day", "loss of donor cells to T cells")
    by_nk_cells = Publishes("1/day", "loss of donor cells to NK cells")

    def flows(self, v: Any) -> Iterator[Flow]:
        woken = v.activation * hill(v.graft, v.half_contact) * v.difference * self._seen(v) * v.clones
        yield Flow("multiplication", into="clones", rate=woken)
        yield Flow("limit of multiplication", out_of="clones", rate=woken * v.clones / v.most)
        yield Flow("contraction", out_of="clones", rate=v.contraction * v.clones)
        yield Flow("upkeep of memory", into="clones", rate=v.contraction * v.memory)
        yield Flow("memory formation", into="memory", rate=v.formation * v.clones)
        yield Flow("memory turnover", out_of="memory", rate=v.formation * v.memory)
        yield Flow("NK regrowth", into="nk", rate=v.nk_regrowth * v.nk)
        yield Flow("NK logistic loss", out_of="nk", rate=v.nk_regrowth * v.nk**2)
        yield Flow("NK kill", out_of="nk", rate=v.nk_sensitivity * (v.conditioning + v.drugs) * v.nk)

    def published(self, v: Any) -> dict[str, Any]:
        t_cells = v.host * v.clones
        missing = 1 - v.class_one * (1 - v.nk_unlicensed)
        difference = hill(v.mismatch, v.half_mismatch) * (1 + v.half_mismatch)
        return {
            "difference": difference,
            "t_cells": t_cells,
            "by_t_cells": v.t_kill * difference * self._seen(v) * t_cells,
            "by_nk_cells": v.nk_kill * v.nk * missing * (1 - v.cd47_shield * v.cd47),
        }

    def contributes(self, v: Any) -> dict[str, Any]:
        return {"cells": v.by_t_cells + v.by_nk_cells}

    @staticmethod
    def _seen(v: Any) -> Any:
        """What of the T cells' answer is left where class I is missing."""
        return v.class_two + (1 - v.class_two) * v.class_one
