"""Multiple myeloma in the marrow: plasma cells, the M-protein that they make, and the antigen that they shed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Flow, Module, Param, Port, Publishes, Reads, State, Switch
from livingdrug.model.math import hill


class Myeloma(Module):
    """Plasma cells that CAR-T reach freely, plasma cells in their niche, which few CAR-T reach, and cells without the
    antigen; M-protein and soluble antigen made by all of them and cleared.

    Our own structure. Where few CAR-T come, kill is in proportion to how many there are: so how deep a response goes
    follows from how far they expand and how long they stay, and resistance is a matter of degree. Soluble antigen
    holds receptors by its level and their affinity: the rest meets less antigen on cells, and kill and stimulation
    follow what is met. M-protein and soluble antigen are made and cleared as in [singh2021], in proportion to the
    cells. Birth and death are separate, so that the last cells can die out by chance.
    Leaves out: plasmacytomas, light chains, bone, kidney, cells that leave the niche, antigen lost during treatment
    (loss is there from the start), how long antigen takes to gather on a cell once it is not cleaved (hours).
    """

    role = "tumour"

    burden = Param("cell", "plasma cells of the myeloma when conditioning begins")
    niche_share = Param("1", "cells in their niche at the start, as a share of the burden")
    access = Param("1", "share of CAR-T that reach the niche, and of its cells that they meet", most=1)
    negative_share = Param("1", "antigen-negative cells at the start, as a share of the burden")
    growth = Param("1/day", "net growth far below carrying capacity")
    capacity = Param("cell", "carrying capacity: burden at which growth stops")
    turnover = Param("1/day", "death of plasma cells without treatment")
    kill = Param("1/day", "largest kill rate by CAR-T")
    half_killers = Param("cell", "EC50: CAR-T giving half the largest kill")
    crowd = Param("1", "CAR-T that each antigen-positive cell keeps busy")
    density = Param("molecule/cell", "antigen on an antigen-positive cell")
    density_negative = Param("molecule/cell", "antigen on an antigen-negative cell")
    half_density = Param("molecule/cell", "EC50: antigen density giving half the kill")
    density_power = Param("1", "Hill coefficient of the kill in density")
    visibility = Param("1", "antigen signal of a plasma cell relative to a leukaemic cell, no receptor being held")
    conditioning_kill = Param("1", "kill by conditioning relative to lymphocytes")
    salvage_kill = Param("1/day", "kill of all myeloma by a therapy that works after progression")
    marrow_cells = Param("cell", "nucleated cells of a marrow free of myeloma")
    load_half = Param("cell", "burden at half of the load that the hazard of death sees")
    secretion = Param("g/L/cell", "M-protein at rest for each plasma cell")
    protein_loss = Param("1/day", "catabolism of M-protein")
    shed = Param("ng/mL/cell", "soluble antigen at rest for each plasma cell")
    soluble_healthy = Param("ng/mL", "soluble antigen without myeloma")
    soluble_loss = Param("1/day", "clearance of soluble antigen")
    soluble_half = Param("ng/mL", "KD: soluble antigen that holds half of the receptors")
    killers = Reads("kinetics.killers", "cell", absent=0.0)
    chemotherapy = Reads("lymphocytes.kill", "1/day", absent=0.0)
    salvaged = Switch("1 once a therapy after progression has worked")
    shedding = Port("1", "antigen cleaved off the cells relative to that without drugs", exact=True)
    on_cell = Port("1", "antigen on a cell relative to that without drugs", exact=True)

    positive = State("cell", "plasma cells in reach", start=lambda v: v.burden * (1 - v.niche_share), clone=True)
    niche = State("cell", "plasma cells in their niche", start=lambda v: v.burden * v.niche_share, clone=True)
    negative = State("cell", "antigen-negative plasma cells", start=lambda v: v.negative_share * v.burden, clone=True)
    protein = State("g/L", "M-protein in serum", start=lambda v: v.secretion * v.burden)

    soluble = State("ng/mL", "soluble antigen in serum", start=lambda v: v.soluble_healthy + v.shed * v.burden)

    cells = Publishes("cell", "plasma cells of the myeloma, all clones", name="burden")
    antigen = Publishes("cell", "plasma cells that bear the antigen, as leukaemic cells whose receptors are free")
    plasma_cells = Publishes("1", "myeloma's share of the marrow cells")
    free = Publishes("1", "receptors that no soluble antigen holds")
    load = Publishes("1", "how far the disease has come, as the hazard of death sees it")

    def flows(self, v: Any) -> Iterator[Flow]:
        logistic = v.growth * self._burden(v) / v.capacity
        other = v.conditioning_kill * v.chemotherapy + v.salvage_kill * v.salvaged
        with_antigen, without = (self._kill(v, d) for d in (v.density, v.density_negative))
        for clone, kill, near in (
            ("positive", with_antigen, v.killers),
            ("niche", with_antigen, v.access * v.killers),
            ("negative", without, v.killers),
        ):
            engaged = near / (near + v.half_killers + v.crowd * v.positive)
            yield Flow(f"{clone} division", into=clone, per=clone, rate=v.growth + v.turnover)
            yield Flow(f"{clone} death", out_of=clone, per=clone, rate=v.turnover + logistic + other)
            yield Flow(f"{clone} kill", out_of=clone, per=clone, rate=kill * engaged)
        made = v.shedding * (v.soluble_healthy + v.shed * self._burden(v))
        yield Flow("shedding of antigen", into="soluble", rate=v.soluble_loss * made)
        yield Flow("clearance of soluble antigen", out_of="soluble", rate=v.soluble_loss * v.soluble)
        yield Flow("M-protein secretion", into="protein", rate=v.protein_loss * v.secretion * self._burden(v))
        yield Flow("M-protein catabolism", out_of="protein", rate=v.protein_loss * v.protein)

    def published(self, v: Any) -> dict[str, Any]:
        burden = self._burden(v)
        return {
            "burden": burden,
            "antigen": v.on_cell * v.visibility * self._free(v) * (v.positive + v.access * v.niche),
            "plasma_cells": burden / (burden + v.marrow_cells),
            "free": self._free(v),
            "load": burden / (burden + v.load_half),
        }

    @staticmethod
    def _burden(v: Any) -> Any:
        return v.positive + v.niche + v.negative

    @staticmethod
    def _kill(v: Any, density: Any) -> Any:
        return v.kill * hill(v.on_cell * density * Myeloma._free(v), v.half_density, v.density_power)

    @staticmethod
    def _free(v: Any) -> Any:
        return v.soluble_half / (v.soluble_half + v.soluble)
