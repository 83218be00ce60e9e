"""A patient's solid tumour: lesions alike, cells without antigen among them, and CAR-T that need the host's help."""

from __future__ import annotations

from functools import partial
from typing import Any

from livingdrug.biology.solid import CLASSES, named, vessels
from livingdrug.biology.solid.solid_tumour import SolidTumour, bearing
from livingdrug.model import Field, Param, Publishes, Reads, Total


def at_start(v: Any, k: int) -> Any:
    """Cells of a class in a lesion at the start [cell]; those without antigen are the patient's own share."""
    if k == 0:
        return v.negative_share * v.burden
    return (1 - v.negative_share) * named(v, "share", k) / (1 - v.share_0) * v.burden


class Lesions(SolidTumour):
    """Every lesion is the same ball: one is followed, and counts as many times as there are. CAR-T inside divide as far
    as interleukins let those in blood divide, which fades as host lymphocytes come back after conditioning.

    Leaves out: lesions that differ, new ones, CAR-T that go back to blood, tumour killed by conditioning, ascites.
    """

    role = "tumour"

    lesions = Param("1", "lesions in the patient, alike", least=1)
    negative_share = Param("1", "share of tumour cells without antigen at the start", most=1)
    share_0 = Param("1", "share of class 0 among the cells at the start", most=0.99, part="share")
    load_half = Param("cell", "tumour cells at half of the load that the hazard of death sees")
    help = Reads("homeostasis.help", "1", absent=1.0)

    for k in CLASSES:
        vars()[f"cells_{k}"] = Field(
            "cell", f"tumour cells of antigen class {k}", partial(at_start, k=k), takes=lambda v: v.cell_room
        )
    del k
    antigen = Total("cell", "tumour cells near vessels, by antigen", of=lambda v: v.lesions * vessels(v) * bearing(v))
    diameters = Publishes("um", "sum of the lesions' diameters")
    tumour_cells = Publishes("cell", "living tumour cells in all lesions")
    negative_now = Publishes("1", "share of living tumour cells without antigen")
    lesions_alike = Publishes("1", "lesions, all alike")
    load = Publishes("1", "how far the disease has come, as the hazard of death sees it")
    without = Total("cell", "living cells without antigen in a lesion", of=lambda v: v.cells_0)

    def dividing(self, v: Any, shut: Any, bound: Any) -> Any:
        """As in a lesion, with the host's help [1/day]."""
        return super().dividing(v, shut, bound) * v.help

    def published(self, v: Any) -> dict[str, Any]:
        all_ = v.lesions * v.alive
        return {
            **super().published(v),
            "diameters": v.lesions * 2 * v.tissue.radius,
            "tumour_cells": all_,
            "lesions_alike": v.lesions,
            "negative_now": v.without / (v.alive + v.one_cell),
            "load": all_ / (all_ + v.load_half),
        }
