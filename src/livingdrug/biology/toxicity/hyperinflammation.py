"""Hyperinflammation after cytokine release (IEC-HS): macrophages and T cells that keep each other active."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Flow, Hazard, Module, Multiplies, Param, Reads, State
from livingdrug.model.math import hill


class Hyperinflammation(Module):
    """Interferon above a patient's threshold activates haemophagocytic macrophages; these make bystander T cells
    secrete interferon, which keeps them active when CAR-T are idle. Ferritin rises again, and marrow is suppressed.

    Our own structure, after the loop of haemophagocytic lymphohistiocytosis: cytokines that stay high where they fall
    in others, in patients with more CAR-T and few NK cells [lichtenstein2021]. A drug against interferon, JAK kinases,
    IL-1 or cytokine production breaks the loop.
    Leaves out: NK cells and T cells as states, IL-18, liver, fibrinogen, triglycerides, spleen, haemophagocytosis as
    a finding.
    """

    role = "hyperinflammation"

    threshold = Param("pg/mL", "EC50: interferon that activates haemophagocytic macrophages by half")
    steepness = Param("1", "Hill coefficient of that activation")
    rate = Param("1/day", "activation and deactivation rate of haemophagocytic macrophages")
    il1_share = Param("1", "share of their activation that needs IL-1", most=1)
    loop = Param("1", "interferon that fully active haemophagocytic macrophages sustain, relative to the threshold")
    interferon_loss = Param("1/day", "loss of interferon")
    ferritin_made = Param("ug/L/day", "ferritin released by fully active haemophagocytic macrophages")
    suppression = Param("1", "fall of marrow renewal when they are fully active, as a share of it")
    death_rate = Param("1/day", "hazard of death when they are fully active")
    death_half = Param("1", "EC50: activity that gives half that hazard")
    ifn_gamma = Reads("cytokines.ifn_gamma", "pg/mL", absent=0.0)
    ferritin = Reads("cytokines.ferritin", "ug/L", absent=0.0)
    signalling = Reads("cytokines.signalling", "1", absent=1.0)
    production = Reads("cytokines.production", "1", absent=1.0)
    il1_receptor = Reads("cytokines.il1_receptor", "1", absent=1.0)
    white_cells = Multiplies("leucocytes.support")
    platelets = Multiplies("platelets.support")

    activity = State("1", "haemophagocytic macrophages, 1 when fully active")
    hyperinflammation_death = Hazard("death of hyperinflammation", ends=True)

    def flows(self, v: Any) -> Iterator[Flow]:
        driven = hill(v.ifn_gamma, v.threshold, v.steepness) * v.signalling
        helped = 1 - v.il1_share * (1 - v.il1_receptor)
        yield Flow("activation", into="activity", rate=v.rate * driven * helped)
        yield Flow("deactivation", out_of="activity", rate=v.rate * v.activity)
        bystanders = v.interferon_loss * v.loop * v.threshold * v.activity * v.production
        yield Flow("interferon of bystander T cells", into="cytokines.ifn_gamma", rate=bystanders)
        yield Flow("ferritin release", into="cytokines.ferritin", rate=v.ferritin_made * v.activity)
        yield Flow("death", into="hyperinflammation_death", rate=v.death_rate * hill(v.activity, v.death_half, 4.0))

    def contributes(self, v: Any) -> dict[str, Any]:
        left = 1 - v.suppression * v.activity / (1 + v.activity)
        return {"white_cells": left, "platelets": left}
