"""Lymphoma in masses, in three bins of antigen density; each clone may die out by chance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.biology.tumour import kill_at, resistance_below, vulnerable
from livingdrug.model import Covariate, Derived, Flow, Module, Param, Publishes, Reads, State, Switch
from livingdrug.model.math import exp, hill, log


class Lymphoma(Module):
    """Cells with much, little and no antigen, in masses that CAR-T reach only in part: the larger the mass, the smaller
    the share that they meet, so that a shrinking mass opens up.

    Our own structure: the reached share falls as the cube root of the mass (surface to volume). Kill by density,
    primary resistance and chance extinction as in the leukaemia.
    Leaves out: single masses apart, marrow and blood, necrosis, antigen lost during treatment (loss is there from the
    start), suppressive cells in the mass.
    """

    role = "tumour"

    fitness = Covariate("1", "fitness of the patient's T cells, standard normal at the reference age")
    burden = Param("cell", "lymphoma cells when conditioning begins")
    sparse_share = Param("1", "cells with little antigen at the start, as a share of the burden")
    negative_share = Param("1", "antigen-negative cells at the start, as a share of the burden")
    growth = Param("1/day", "net growth far below carrying capacity")
    capacity = Param("cell", "carrying capacity: burden at which growth stops")
    turnover = Param("1/day", "death of lymphoma cells without treatment")
    kill = Param("1/day", "largest kill rate by CAR-T")
    half_killers = Param("cell", "EC50: CAR-T in reach giving half the largest kill")
    crowd = Param("1", "CAR-T that each antigen-positive cell keeps busy")
    nodule = Param("cell", "mass of which CAR-T reach half")
    recirculation = Param("1", "power of the reached share on the stimulation of CAR-T, which pass in and out")
    packing = Param("1", "antigen met in a mass for each cell in reach, relative to marrow")
    density = Param("molecule/cell", "antigen on an antigen-positive cell")
    density_sparse = Param("molecule/cell", "antigen on a cell with little of it")
    density_negative = Param("molecule/cell", "antigen on an antigen-negative cell")
    half_density = Param("molecule/cell", "EC50: antigen density giving half the kill")
    density_power = Param("1", "Hill coefficient of the kill in density")
    sparse_signal = Param("1", "antigen signal of a cell with little antigen relative to an antigen-positive one")
    resistant_share = Param("1", "patients with primary resistance, were their T cells as fit as at the reference age")
    resistant_kill = Param("1", "kill in primary resistance relative to others")
    conditioning_kill = Param("1", "kill by conditioning relative to lymphocytes")
    salvage_kill = Param("1/day", "kill of all lymphoma by a therapy that works after progression")
    load_half = Param("cell", "burden at half of the load that the hazard of death sees")
    killers = Reads("kinetics.killers", "cell", absent=0.0)
    chemotherapy = Reads("lymphocytes.kill", "1/day", absent=0.0)
    salvaged = Switch("1 once a therapy after progression has worked")

    resistance_below = Derived("1", "fitness below which the lymphoma resists", resistance_below)
    vulnerable = Derived("1", "kill in this patient relative to a fully vulnerable lymphoma", vulnerable)
    kill_positive = Derived("1/day", "largest kill of antigen-positive cells", lambda v: kill_at(v, v.density))
    kill_sparse = Derived("1/day", "largest kill of cells with little antigen", lambda v: kill_at(v, v.density_sparse))
    kill_negative = Derived("1/day", "largest kill of antigen-negative cells", lambda v: kill_at(v, v.density_negative))

    positive = State("cell", "antigen-positive lymphoma", start=lambda v: v.burden * (1 - v.sparse_share), clone=True)
    sparse = State("cell", "lymphoma with little antigen", start=lambda v: v.sparse_share * v.burden, clone=True)
    negative = State("cell", "antigen-negative lymphoma", start=lambda v: v.negative_share * v.burden, clone=True)

    cells = Publishes("cell", "lymphoma cells of all clones", name="burden")
    antigen = Publishes("cell", "lymphoma cells in reach, as antigen-positive ones in marrow")
    reach = Publishes("1", "share of CAR-T that masses can stimulate")
    load = Publishes("1", "how far the disease has come, as the hazard of death sees it")

    def flows(self, v: Any) -> Iterator[Flow]:
        reached = self._reached(v)
        near = reached * v.killers
        engaged = near / (near + v.half_killers + v.crowd * reached * v.positive)
        logistic = v.growth * self._burden(v) / v.capacity
        other = v.conditioning_kill * v.chemotherapy + v.salvage_kill * v.salvaged
        for clone, kill in (("positive", v.kill_positive), ("sparse", v.kill_sparse), ("negative", v.kill_negative)):
            yield Flow(f"{clone} division", into=clone, per=clone, rate=v.growth + v.turnover)
            yield Flow(f"{clone} death", out_of=clone, per=clone, rate=v.turnover + logistic + other)
            yield Flow(f"{clone} kill", out_of=clone, per=clone, rate=kill * engaged)

    def published(self, v: Any) -> dict[str, Any]:
        burden, reached = self._burden(v), self._reached(v)
        return {
            "burden": burden,
            "antigen": reached * v.packing * (v.positive + v.sparse_signal * v.sparse),
            "reach": exp(v.recirculation * log(reached + 1e-9)),
            "load": burden / (burden + v.load_half),
        }

    @staticmethod
    def _burden(v: Any) -> Any:
        return v.positive + v.sparse + v.negative

    @staticmethod
    def _reached(v: Any) -> Any:
        return 1 - hill(Lymphoma._burden(v), v.nodule, 1.0 / 3.0)
