"""Infections, bacterial, viral and fungal: each rises with the defence that is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Flow, Hazard, Module, Param, Publishes, Reads
from livingdrug.model.math import maximum


class Infections(Module):
    """Hazards of a first infection of each kind, and of a serious one of any kind: bacteria where neutrophils are few,
    viruses where lymphocytes and immunoglobulin are low, fungi where neutrophils are few.

    Each cumulative hazard is also the number of infections expected so far, so that any period has its incidence. Death
    of infection stays with the outcome. Drugs act by what they suppress: cytokine production, the receptors of IL-6 and
    IL-1, signalling.
    Leaves out: prophylaxis, vaccination, season, mucosa, catheters, B and T cells apart among lymphocytes.
    """

    role = "infections"

    bacterial_rate = Param("1/day", "hazard of a bacterial infection with normal defences")
    viral_rate = Param("1/day", "hazard of a viral infection with normal defences")
    fungal_rate = Param("1/day", "hazard of a fungal infection with normal defences")
    serious_share = Param("1", "share of infections that need a hospital or drugs into a vein", most=1)
    neutropenia = Param("1", "times the hazard of bacteria and fungi is raised without neutrophils")
    neutrophils_half = Param("cell/uL", "EC50: neutrophils that give half of that rise")
    lymphopenia = Param("1", "times the hazard of viruses is raised without lymphocytes")
    lymphocytes_half = Param("cell/uL", "EC50: lymphocytes that give half of that rise")
    low_igg = Param("1", "times the hazard of bacteria and viruses is raised without immunoglobulin")
    igg_half = Param("g/L", "EC50: immunoglobulin that gives half of that rise")
    calmed = Param("1", "times the hazard is raised without cytokine production")
    blocked = Param("1", "times the hazard is raised without a receptor of IL-6 or IL-1, or without signalling")
    neutrophils = Reads("leucocytes.neutrophils", "cell/uL", absent=2000.0)
    lymphocytes = Reads("lymphocytes.per_uL", "cell/uL", absent=1000.0)
    igg = Reads("b_cells.igg", "g/L", absent=10.0)
    production = Reads("cytokines.production", "1", absent=1.0)
    il6_receptor = Reads("cytokines.receptor", "1", absent=1.0)
    il1_receptor = Reads("cytokines.il1_receptor", "1", absent=1.0)
    signalling = Reads("cytokines.signalling", "1", absent=1.0)

    bacterial = Hazard("bacterial infection")
    viral = Hazard("viral infection")
    fungal = Hazard("fungal infection")
    serious = Hazard("serious infection of any kind")

    expected = Publishes("1", "infections of any kind expected so far")

    def flows(self, v: Any) -> Iterator[Flow]:
        few_neutrophils = 1 + v.neutropenia * v.neutrophils_half / (v.neutrophils_half + v.neutrophils)
        few_lymphocytes = 1 + v.lymphopenia * v.lymphocytes_half / (v.lymphocytes_half + v.lymphocytes)
        little_igg = 1 + v.low_igg * v.igg_half / (v.igg_half + v.igg)
        shut = maximum(3 - v.il6_receptor - v.il1_receptor - v.signalling, 0.0)
        risk = (1 + v.calmed * maximum(1 - v.production, 0.0)) * (1 + v.blocked * shut)
        bacterial = v.bacterial_rate * few_neutrophils * little_igg * risk
        viral = v.viral_rate * few_lymphocytes * little_igg * risk
        fungal = v.fungal_rate * few_neutrophils * risk
        yield Flow("bacteria", into="bacterial", rate=bacterial)
        yield Flow("viruses", into="viral", rate=viral)
        yield Flow("fungi", into="fungal", rate=fungal)
        yield Flow("serious infection", into="serious", rate=v.serious_share * (bacterial + viral + fungal))

    def published(self, v: Any) -> dict[str, Any]:
        return {"expected": v.bacterial + v.viral + v.fungal}
