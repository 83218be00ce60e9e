"""What ends a patient's course: leukaemia, cytokine release, infection, or a transplant in remission."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Flow, Hazard, Module, Param, Reads, Switch
from livingdrug.model.math import hill


class Hazards(Module):
    """Four hazards that rise with blasts, vascular leak, and with neutropenia and low immunoglobulin.

    Rates are fitted or assumed; a patient salvaged after relapse no longer dies of leukaemia.
    Leaves out: age, organ disease, the risk of the transplant itself, other causes of death apart.
    """

    role = "outcome"

    leukaemic_rate = Param("1/day", "hazard of death with a marrow full of blasts")
    blasts_half = Param("1", "EC50: share of blasts that gives half that hazard")
    toxic_rate = Param("1/day", "hazard of death at the largest leak")
    toxic_leak = Param("1", "EC50: leak that gives half that hazard")
    infection_rate = Param("1/day", "hazard of death by infection with normal defences")
    neutropenia = Param("1", "times that hazard is raised without neutrophils")
    neutrophils_half = Param("cell/uL", "EC50: neutrophils that give half of that rise")
    low_igg = Param("1", "times that hazard is raised without immunoglobulin")
    igg_half = Param("g/L", "EC50: immunoglobulin that gives half of that rise")
    transplant_rate = Param("1/day", "hazard of a transplant in remission once CAR-T have contracted")
    memory_half = Param("cell", "EC50: memory CAR-T that mark the time after contraction")
    blasts = Reads("tumour.blasts", "1", absent=0.0)
    leak = Reads("physiology.leak", "1", absent=0.0)
    neutrophil_count = Reads("leucocytes.neutrophils", "cell/uL", absent=2000.0)
    igg = Reads("b_cells.igg", "g/L", absent=10.0)
    memory = Reads("kinetics.memory", "cell", absent=0.0)
    salvaged = Switch("1 once a therapy after relapse has worked")
    relapsed = Switch("1 once relapse is known")

    leukaemic_death = Hazard("death of leukaemia", ends=True)
    treatment_death = Hazard("death of cytokine release", ends=True)
    infection_death = Hazard("death of infection", ends=True)
    transplant = Hazard("transplant in remission")

    def flows(self, v: Any) -> Iterator[Flow]:
        diseased = hill(v.blasts, v.blasts_half)
        yield Flow("leukaemia", into="leukaemic_death", rate=v.leukaemic_rate * diseased * (1 - v.salvaged))
        yield Flow("cytokine release", into="treatment_death", rate=v.toxic_rate * hill(v.leak, v.toxic_leak, 4.0))
        undefended = (1 + v.neutropenia * v.neutrophils_half / (v.neutrophils_half + v.neutrophil_count)) * (
            1 + v.low_igg * v.igg_half / (v.igg_half + v.igg)
        )
        yield Flow("infection", into="infection_death", rate=v.infection_rate * undefended)
        fit = hill(v.memory, v.memory_half) * (1 - diseased) * (1 - v.relapsed)
        yield Flow("transplant", into="transplant", rate=v.transplant_rate * fit)
