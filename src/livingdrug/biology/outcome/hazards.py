"""What ends a course: the disease, conditioning, cytokine release, infection, or a transplant in remission."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Flow, Hazard, Module, Param, Reads, Switch
from livingdrug.model.math import hill


class Hazards(Module):
    """Hazards that rise with the load of disease, with conditioning, with vascular leak, and with neutropenia and low
    immunoglobulin.

    Rates are fitted or assumed. In remission nobody dies of the disease before its return is known: it makes itself
    felt first. A therapy that works after relapse takes the disease away, and with it the hazard.
    Leaves out: age, organ disease, the risk of the transplant itself, other causes of death apart.
    """

    role = "outcome"

    disease_rate = Param("1/day", "hazard of death at the fullest load of disease")
    load_half = Param("1", "EC50: load of disease that gives half that hazard")
    load_power = Param("1", "Hill coefficient of that hazard in the load")
    conditioning_toxicity = Param("day", "hazard of death by conditioning for each square of its kill of lymphocytes")
    toxic_rate = Param("1/day", "hazard of death at the largest leak")
    toxic_leak = Param("1", "EC50: leak that gives half that hazard")
    infection_rate = Param("1/day", "hazard of death by infection with normal defences")
    neutropenia = Param("1", "times that hazard is raised without neutrophils")
    neutrophils_half = Param("cell/uL", "EC50: neutrophils that give half of that rise")
    low_igg = Param("1", "times that hazard is raised without immunoglobulin")
    igg_half = Param("g/L", "EC50: immunoglobulin that gives half of that rise")
    transplant_rate = Param("1/day", "hazard of a transplant in remission")
    load = Reads("tumour.load", "1", absent=0.0)
    conditioning = Reads("lymphocytes.kill", "1/day", absent=0.0)
    leak = Reads("physiology.leak", "1", absent=0.0)
    neutrophil_count = Reads("leucocytes.neutrophils", "cell/uL", absent=2000.0)
    igg = Reads("b_cells.igg", "g/L", absent=10.0)
    remission = Switch("1 once a remission has been found")
    relapsed = Switch("1 once relapse is known")

    disease_death = Hazard("death of the disease", ends=True)
    conditioning_death = Hazard("death of conditioning", ends=True)
    treatment_death = Hazard("death of cytokine release", ends=True)
    infection_death = Hazard("death of infection", ends=True)
    transplant = Hazard("transplant in remission")

    def flows(self, v: Any) -> Iterator[Flow]:
        diseased = hill(v.load, v.load_half, v.load_power)
        felt = 1 - v.remission * (1 - v.relapsed)
        yield Flow("disease", into="disease_death", rate=v.disease_rate * diseased * felt)
        yield Flow("conditioning", into="conditioning_death", rate=v.conditioning_toxicity * v.conditioning**2)
        yield Flow("cytokine release", into="treatment_death", rate=v.toxic_rate * hill(v.leak, v.toxic_leak, 4.0))
        undefended = (1 + v.neutropenia * v.neutrophils_half / (v.neutrophils_half + v.neutrophil_count)) * (
            1 + v.low_igg * v.igg_half / (v.igg_half + v.igg)
        )
        yield Flow("infection", into="infection_death", rate=v.infection_rate * undefended)
        yield Flow("transplant", into="transplant", rate=v.transplant_rate * v.remission * (1 - v.relapsed))
