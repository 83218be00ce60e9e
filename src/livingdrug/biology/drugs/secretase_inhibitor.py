"""An inhibitor of gamma-secretase: plasma cells keep the antigen that they would shed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Derived, Entry, Flow, Module, Multiplies, Param, Publishes, State
from livingdrug.model.math import hill


class SecretaseInhibitor(Module):
    """First-order absorption and one compartment [yuen2018]. The enzyme cleaves BCMA off plasma cells: while it is
    inhibited, more antigen stands on each cell and less of it is in serum, where it would hold receptors [pont2019].

    Antigen on the cell follows at once: in a dish it is near its maximum after four hours [chen2022].
    Leaves out: other targets of the enzyme (Notch: gut, lymphocytes), a direct effect on CAR-T or myeloma, metabolites,
    body weight, binding to protein.
    """

    role = "drug.secretase_inhibitor"

    absorption = Param("1/day", "absorption from the gut")
    bioavailability = Param("1", "share of the dose that reaches blood", most=1)
    half_life = Param("day", "half-life in blood")
    volume = Param("L", "volume of distribution")
    half_inhibited = Param("mg/L", "IC50: concentration that halves the enzyme's work")
    power = Param("1", "Hill coefficient of that inhibition")
    most = Param("1", "antigen on a cell without the enzyme's work, relative to that with it")

    loss = Derived("1/day", "elimination", lambda v: 0.6931471805599453 / v.half_life)
    shedding = Multiplies("tumour.shedding", if_open=True)
    on_cell = Multiplies("tumour.on_cell", if_open=True)

    depot = State("mg", "drug in the gut")
    drug = State("mg", "drug in the body")
    dose = Entry("mg", "drug, by mouth", into={"depot": 1.0})

    concentration = Publishes("mg/L", "drug in blood")
    inhibition = Publishes("1", "share of the enzyme's work that is inhibited")

    def flows(self, v: Any) -> Iterator[Flow]:
        absorbed = v.absorption * v.depot
        yield Flow("absorption", out_of="depot", into="drug", rate=v.bioavailability * absorbed)
        yield Flow("first pass", out_of="depot", rate=(1 - v.bioavailability) * absorbed)
        yield Flow("elimination", out_of="drug", rate=v.loss * v.drug)

    def published(self, v: Any) -> dict[str, Any]:
        concentration = v.drug / v.volume
        return {"concentration": concentration, "inhibition": hill(concentration, v.half_inhibited, v.power)}

    def contributes(self, v: Any) -> dict[str, Any]:
        return {"shedding": 1 - v.inhibition, "on_cell": 1 + (v.most - 1) * v.inhibition}
