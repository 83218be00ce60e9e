"""B-cell leukaemia in three clones: with antigen, without, and sheltered; each may die out by chance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.biology.tumour import kill_at, resistance_below, vulnerable
from livingdrug.model import Covariate, Derived, Flow, Module, Param, Publishes, Reads, State, Switch


class Leukaemia(Module):
    """Antigen-positive, antigen-negative and sheltered leukaemic cells; kill saturates in CAR-T and follows antigen
    density.

    Our own structure; kill by density with its EC50 near the cut of [majzner2018]. Birth and death are separate,
    so that the last cells can die out by chance; their split is an assumption. In a minority of patients the
    leukaemia is hardly killed (primary resistance), most often where the T cells are unfit. Each leukaemic cell keeps
    some CAR-T busy, so a high burden is harder to kill. A therapy that works after relapse kills every clone.
    Leaves out: disease outside the marrow, marrow and blood apart, antigen stripped off by CAR-T, lineage switch,
    new mutation during treatment (loss is there from the start), death of sheltered cells.
    """

    role = "tumour"

    fitness = Covariate("1", "fitness of the patient's T cells, standard normal")
    burden = Param("cell", "leukaemic cells when conditioning begins")
    negative_share = Param("1", "antigen-negative cells at the start, as a share of the burden")
    sheltered_share = Param("1", "sheltered cells at the start, as a share of the burden")
    growth = Param("1/day", "net growth far below carrying capacity")
    capacity = Param("cell", "carrying capacity: burden at which growth stops")
    turnover = Param("1/day", "death of leukaemic cells without treatment")
    kill = Param("1/day", "largest kill rate by CAR-T")
    half_killers = Param("cell", "EC50: CAR-T giving half the largest kill")
    crowd = Param("1", "CAR-T that each antigen-positive cell keeps busy")
    density = Param("molecule/cell", "antigen on an antigen-positive cell")
    density_negative = Param("molecule/cell", "antigen on an antigen-negative cell")
    half_density = Param("molecule/cell", "EC50: antigen density giving half the kill")
    density_power = Param("1", "Hill coefficient of the kill in density")
    resistant_share = Param("1", "patients with primary resistance")
    resistant_kill = Param("1", "kill in primary resistance relative to others")
    exit = Param("1/day", "egress of sheltered cells (sanctuary sites)")
    conditioning_kill = Param("1", "kill by conditioning relative to lymphocytes")
    salvage_kill = Param("1/day", "kill of all leukaemia by a therapy that works after relapse")
    marrow_cells = Param("cell", "nucleated cells of a marrow free of leukaemia")
    killers = Reads("kinetics.killers", "cell", absent=0.0)
    chemotherapy = Reads("lymphocytes.kill", "1/day", absent=0.0)
    salvaged = Switch("1 once a therapy after relapse has worked")

    resistance_below = Derived("1", "fitness below which the leukaemia resists", resistance_below)
    vulnerable = Derived("1", "kill in this patient relative to a fully vulnerable leukaemia", vulnerable)
    kill_positive = Derived("1/day", "largest kill of antigen-positive cells", lambda v: kill_at(v, v.density))
    kill_negative = Derived("1/day", "largest kill of antigen-negative cells", lambda v: kill_at(v, v.density_negative))

    positive = State("cell", "antigen-positive leukaemia", start=lambda v: v.burden, clone=True)
    negative = State("cell", "antigen-negative leukaemia", start=lambda v: v.negative_share * v.burden, clone=True)
    sheltered = State("cell", "sheltered leukaemia", start=lambda v: v.sheltered_share * v.burden, clone=True)

    cells = Publishes("cell", "leukaemic cells of all clones", name="burden")
    antigen = Publishes("cell", "leukaemic cells that bear the antigen where CAR-T reach them")
    blasts = Publishes("1", "leukaemic share of the marrow cells")
    load = Publishes("1", "how far the disease has come, as the hazard of death sees it: the share of blasts")

    def flows(self, v: Any) -> Iterator[Flow]:
        engaged = v.killers / (v.killers + v.half_killers + v.crowd * v.positive)
        logistic = v.growth * (v.positive + v.negative) / v.capacity
        salvage = v.salvage_kill * v.salvaged
        chemotherapy = v.conditioning_kill * v.chemotherapy + salvage
        for clone, kill in (("positive", v.kill_positive), ("negative", v.kill_negative)):
            yield Flow(f"{clone} division", into=clone, per=clone, rate=v.growth + v.turnover)
            yield Flow(f"{clone} death", out_of=clone, per=clone, rate=v.turnover + logistic + chemotherapy)
            yield Flow(f"{clone} kill", out_of=clone, per=clone, rate=kill * engaged)
        yield Flow("salvage in shelter", out_of="sheltered", per="sheltered", rate=salvage)
        yield Flow("egress from shelter", out_of="sheltered", into="positive", per="sheltered", rate=v.exit)

    def published(self, v: Any) -> dict[str, Any]:
        burden = v.positive + v.negative + v.sheltered
        blasts = burden / (burden + v.marrow_cells)
        return {"burden": burden, "antigen": v.positive, "blasts": blasts, "load": blasts}
