"""Filgrastim: granulocyte colony-stimulating factor, which hastens the return of neutrophils."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Covariate, Derived, Entry, Flow, Module, Multiplies, Param, Publishes, State
from livingdrug.model.math import hill


class Filgrastim(Module):
    """First-order absorption from under the skin, bioavailability and linear loss; renewal of marrow precursors rises
    by a sigmoid Emax law with the EC50 and Hill coefficient of healthy volunteers [wang2001].

    It needs precursors: a marrow without them is not helped.
    Leaves out: loss by neutrophils themselves, release of the marrow's reserve, effect on CAR-T and cytokines.
    """

    role = "drug.filgrastim"

    weight = Covariate("kg", "body weight")
    absorption = Param("1/day", "absorption from under the skin")
    bioavailability = Param("1", "share of a dose that reaches the blood", most=1)
    clearance_per_kg = Param("L/day/kg", "clearance for each kg of body weight")
    volume_per_kg = Param("L/kg", "volume for each kg of body weight")
    most = Param("1", "Emax: rise of marrow renewal, relative to none")
    half = Param("ug/L", "EC50 on marrow renewal")
    power = Param("1", "Hill coefficient of that effect")

    volume = Derived("L", "volume", lambda v: v.volume_per_kg * v.weight)
    clearance = Derived("L/day", "clearance", lambda v: v.clearance_per_kg * v.weight)
    white_cells = Multiplies("leucocytes.support")

    depot = State("ug", "filgrastim under the skin")
    drug = State("ug", "filgrastim in the body")
    dose = Entry("ug", "filgrastim, under the skin", into={"depot": lambda v: v.bioavailability})

    concentration = Publishes("ug/L", "filgrastim in serum")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("absorption", out_of="depot", into="drug", rate=v.absorption * v.depot)
        yield Flow("elimination", out_of="drug", rate=v.clearance / v.volume * v.drug)

    def published(self, v: Any) -> dict[str, Any]:
        return {"concentration": v.drug / v.volume}

    def contributes(self, v: Any) -> dict[str, Any]:
        return {"white_cells": 1 + v.most * hill(v.drug / v.volume, v.half, v.power)}
