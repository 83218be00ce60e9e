"""Alemtuzumab: an antibody that kills lymphocytes with CD52, the host's, and donor cells that still carry it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Adds, Entry, Flow, Module, Param, Publishes, Reads, State
from livingdrug.model.math import exp, hill, log


class Alemtuzumab(Module):
    """Two compartments with saturable elimination that rises with the leucocyte count, which are its target
    [mould2007]; it kills in an Emax law.

    Of CAR-T only those with CD52 are killed; the share that is left of these is followed from the first cell on, and a
    later infusion counts as like those that are left. Volumes and elimination do not scale with weight, as published.
    Leaves out: antibodies against it, B cells, monocytes and a leukaemia with CD52, which it kills too.
    """

    role = "drug.alemtuzumab"

    most_elimination = Param("mg/day", "Vmax: largest elimination at the reference leucocyte count")
    half_elimination = Param("mg/L", "Km: concentration at half of it")
    volume = Param("L", "central volume")
    exchange = Param("L/day", "clearance between the compartments")
    tissue_volume = Param("L", "peripheral volume")
    leucocytes_reference = Param("cell/uL", "leucocytes for which the elimination holds")
    leucocytes_power = Param("1", "power of the leucocyte count on elimination")
    kill = Param("1/day", "Emax: largest loss of lymphocytes with CD52")
    half_kill = Param("mg/L", "EC50 of that loss")
    half_seen = Param("cell", "CAR-T in the body below which none are there to be killed")

    leucocytes = Reads("leucocytes.wbc", "cell/uL", absent=10000.0)
    car_t = Reads("kinetics.total", "cell", absent=0.0)
    cd52 = Reads("edits.cd52", "1", absent=1.0)
    host = Adds("lymphocytes.loss", "1/day")
    cells = Adds("kinetics.removal", "1/day")

    drug = State("mg", "antibody in the central compartment")
    tissue = State("mg", "antibody in the peripheral compartment")
    survival = State("1", "survival of the antibody by a CAR-T cell with CD52", start=1.0)
    exposure = State("mg*day/L", "area under the concentration so far")
    dose = Entry("mg", "antibody, into a vein", into={"drug": 1.0})

    concentration = Publishes("mg/L", "antibody in serum")

    def flows(self, v: Any) -> Iterator[Flow]:
        relative = (v.leucocytes + 1e-3 * v.leucocytes_reference) / v.leucocytes_reference
        by_leucocytes = exp(v.leucocytes_power * log(relative))
        eliminated = v.most_elimination * by_leucocytes * v.concentration / (v.half_elimination + v.concentration)
        yield Flow("elimination", out_of="drug", rate=eliminated)
        yield Flow("into tissue", out_of="drug", into="tissue", rate=v.exchange / v.volume * v.drug)
        yield Flow("out of tissue", out_of="tissue", into="drug", rate=v.exchange / v.tissue_volume * v.tissue)
        yield Flow("exposure", into="exposure", rate=v.concentration)
        there = hill(v.car_t, v.half_seen)
        yield Flow("loss of CAR-T with CD52", out_of="survival", rate=there * self._rate(v) * v.survival)

    def published(self, v: Any) -> dict[str, Any]:
        return {"concentration": v.drug / v.volume}

    def contributes(self, v: Any) -> dict[str, Any]:
        left = v.cd52 * v.survival
        return {"host": self._rate(v), "cells": self._rate(v) * left / (1 - v.cd52 + left + 1e-12)}

    @staticmethod
    def _rate(v: Any) -> Any:
        return v.kill * v.concentration / (v.half_kill + v.concentration)
