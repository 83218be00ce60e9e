"""Ruxolitinib: an inhibitor of the kinases JAK1 and JAK2, behind the receptors of many cytokines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Covariate, Derived, Entry, Flow, Module, Multiplies, Param, Publishes, State


class Ruxolitinib(Module):
    """First-order absorption and one compartment [appeldoorn2023]; signalling of interferon, GM-CSF and IL-6 falls by
    an Emax law with the IC50 of whole blood [quintascardama2010].

    The same kinases carry IL-7, IL-15 and thrombopoietin: CAR-T divide more slowly and marrow renews less.
    Leaves out: active metabolites, fluconazole and other drugs that slow its clearance, sex.
    """

    role = "drug.ruxolitinib"

    weight = Covariate("kg", "body weight")
    absorption = Param("1/day", "absorption from the gut")
    clearance_reference = Param("L/day", "apparent clearance at the reference weight")
    volume_reference = Param("L", "apparent volume at the reference weight")
    reference_weight = Param("kg", "weight for which the values hold")
    half_inhibited = Param("mg/L", "IC50: concentration that halves signalling")
    pace_fall = Param("1", "fall of CAR-T proliferation at full inhibition, as a share of it")
    marrow_fall = Param("1", "fall of marrow renewal at full inhibition, as a share of it")

    relative = Derived("1", "weight relative to the reference", lambda v: v.weight / v.reference_weight)
    clearance = Derived("L/day", "apparent clearance", lambda v: v.clearance_reference * v.relative**0.75)
    volume = Derived("L", "apparent volume", lambda v: v.volume_reference * v.relative)
    signalling = Multiplies("cytokines.signalling")
    pace = Multiplies("kinetics.pace")
    white_cells = Multiplies("leucocytes.support")
    platelets = Multiplies("platelets.support")

    depot = State("mg", "ruxolitinib in the gut")
    drug = State("mg", "ruxolitinib in the body")
    dose = Entry("mg", "ruxolitinib, by mouth", into={"depot": 1.0})

    concentration = Publishes("mg/L", "ruxolitinib in blood")
    inhibition = Publishes("1", "share of JAK signalling that is inhibited")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("absorption", out_of="depot", into="drug", rate=v.absorption * v.depot)
        yield Flow("elimination", out_of="drug", rate=v.clearance / v.volume * v.drug)

    def published(self, v: Any) -> dict[str, Any]:
        return {"concentration": v.drug / v.volume, "inhibition": self._inhibited(v)}

    def contributes(self, v: Any) -> dict[str, Any]:
        inhibited = self._inhibited(v)
        marrow = 1 - v.marrow_fall * inhibited
        return {
            "signalling": 1 - inhibited,
            "pace": 1 - v.pace_fall * inhibited,
            "white_cells": marrow,
            "platelets": marrow,
        }

    @staticmethod
    def _inhibited(v: Any) -> Any:
        concentration = v.drug / v.volume
        return concentration / (concentration + v.half_inhibited)
