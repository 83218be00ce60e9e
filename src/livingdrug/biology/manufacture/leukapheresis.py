"""Collection of the patient's T cells from blood."""

from __future__ import annotations

from livingdrug.biology.manufacture import Step
from livingdrug.model import Derived, Param, Reads
from livingdrug.model.math import minimum, where


class Leukapheresis(Step):
    """T cells collected = efficiency x processed volume x T cells in blood, of which some re-enter blood on the way.

    A day that gives too few is followed by a second. The T-cell count before collection predicts the yield.
    Leaves out: circulating blasts that crowd the collection, CD4 and CD8 apart, a wash-out of steroids before it,
    freezing.
    """

    role = "leukapheresis"
    columns = {"t_cells_collected": "collected"}

    lymphocytes = Param("cell/uL", "lymphocytes in blood before collection (ALC)")
    t_cell_share = Param("1", "T cells (CD3+) of the lymphocytes")
    volumes = Param("1", "blood processed in a day, in blood volumes of the patient")
    most = Param("uL", "largest volume processed in a day")
    efficiency = Param("1", "share of the T cells passing by that is collected", most=1)
    recruited = Param("1", "T cells that re-enter blood during the run, relative to those there")
    enough = Param("cell", "T cells below which a second day is collected")
    blood_volume = Reads("kinetics.blood_volume", "uL", absent=5e6)

    t_cells = Derived("cell/uL", "T cells in blood before collection", lambda v: v.lymphocytes * v.t_cell_share)
    processed = Derived("uL", "blood processed in a day", lambda v: minimum(v.volumes * v.blood_volume, v.most))
    first_day = Derived(
        "cell",
        "T cells collected on the first day",
        lambda v: v.efficiency * v.processed * v.t_cells * (1 + v.recruited),
    )
    days = Derived("1", "days of collection", lambda v: where(v.first_day / v.enough >= 1, 1.0, 2.0))
    collected = Derived("cell", "T cells collected", lambda v: v.first_day * v.days)
