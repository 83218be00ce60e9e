"""A steroid: it suppresses cytokine production, and at high exposure it kills lymphocytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Adds, Covariate, Derived, Entry, Flow, Module, Multiplies, Param, Publishes, State
from livingdrug.model.math import hill


class Steroid(Module):
    """One compartment and an effect compartment; an Emax effect on the production of cytokines.

    The default is dexamethasone with the kinetics of [krzyzanski2021] (the small second compartment is left in the
    first); another steroid is a drug file with other numbers. No slowing of CAR-T expansion at usual doses
    [stein2019]; above them CAR-T and host lymphocytes die.
    Leaves out: effects on infection, tapering withdrawal.
    """

    role = "drug.steroid"

    weight = Covariate("kg", "body weight")
    clearance_reference = Param("L/day", "clearance at the reference weight")
    volume_reference = Param("L", "volume at the reference weight")
    reference_weight = Param("kg", "weight for which the values hold")
    effect_rate = Param("1/day", "equilibration rate of the effect compartment (ke0)")
    half_effect = Param("mg/L", "EC50 in the effect compartment")
    calming = Param("1", "Imax: largest fall of cytokine production")
    pace_factor = Param("1", "proliferation of CAR-T under full effect relative to none")
    lymphocyte_kill = Param("1/day", "Emax: loss of lymphocytes, CAR-T among them")
    half_kill = Param("mg/L", "EC50 of that loss in the effect compartment")
    kill_power = Param("1", "Hill coefficient of that loss")

    clearance = Derived("L/day", "clearance", lambda v: v.clearance_reference * (v.weight / v.reference_weight) ** 0.75)
    volume = Derived("L", "volume", lambda v: v.volume_reference * v.weight / v.reference_weight)
    production = Multiplies("cytokines.production")
    pace = Multiplies("kinetics.pace")
    car_t = Adds("kinetics.loss", "1/day")
    host = Adds("lymphocytes.loss", "1/day")

    drug = State("mg", "steroid in the body")
    effect = State("mg/L", "concentration in the effect compartment")
    dose = Entry("mg", "steroid", into={"drug": 1.0})

    concentration = Publishes("mg/L", "steroid in blood")
    action = Publishes("1", "effect of the steroid, as a share of the largest")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("elimination", out_of="drug", rate=v.clearance / v.volume * v.drug)
        yield Flow("into the effect compartment", into="effect", rate=v.effect_rate * v.drug / v.volume)
        yield Flow("out of the effect compartment", out_of="effect", rate=v.effect_rate * v.effect)

    def published(self, v: Any) -> dict[str, Any]:
        return {"concentration": v.drug / v.volume, "action": v.effect / (v.effect + v.half_effect)}

    def contributes(self, v: Any) -> dict[str, Any]:
        action = v.effect / (v.effect + v.half_effect)
        killed = v.lymphocyte_kill * hill(v.effect, v.half_kill, v.kill_power)
        return {
            "production": 1 - v.calming * action,
            "pace": 1 + (v.pace_factor - 1) * action,
            "car_t": killed,
            "host": killed,
        }
