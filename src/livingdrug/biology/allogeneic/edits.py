"""Edits of donor cells: which of the molecules that matter between two people the infused cells still carry."""

from __future__ import annotations

from typing import Any

from livingdrug.model import Module, Param, Publishes


class Edits(Module):
    """Facts of a product: the share of its cells that still carry the T-cell receptor, HLA class I and CD52, and how
    much CD47 was added. Unedited cells carry all of the first three and none of the last.

    The facts are shares of all cells, so that a cell may carry any of them or none, independently.
    Leaves out: edits of HLA class II, HLA-E and other shields, off-target cuts, translocations, slower growth after
    editing, selection of the cells that the host does not see.
    """

    role = "edits"

    tcr_left = Param("1", "share of the infused cells that still carry a T-cell receptor", most=1)
    class_one_left = Param("1", "share of the infused cells that still carry HLA class I", most=1)
    cd52_left = Param("1", "share of the infused cells that still carry CD52", most=1)
    cd47_added = Param("1", "CD47 added, from 0 (as it is by nature) to 1 (as much as protects best)")

    tcr = Publishes("1", "share of the cells with a T-cell receptor")
    class_one = Publishes("1", "share of the cells with HLA class I")
    cd52 = Publishes("1", "share of the infused cells with CD52")
    cd47 = Publishes("1", "CD47 added, as a share of what protects best")

    def published(self, v: Any) -> dict[str, Any]:
        return {"tcr": v.tcr_left, "class_one": v.class_one_left, "cd52": v.cd52_left, "cd47": v.cd47_added}
