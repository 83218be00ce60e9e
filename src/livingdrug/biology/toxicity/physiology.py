"""Vital signs: temperature, and the vascular leak behind hypotension and hypoxia."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Covariate, Derived, Flow, Module, Param, Publishes, Reads, State
from livingdrug.model.math import hill


class Physiology(Module):
    """The cytokine signal causes fever and vascular leak; a leak beyond the patient's thresholds needs
    support. Children need oxygen at less of a leak than adults: they use more of it for what their lungs hold.

    Our own structure; each index says that a measure is needed when it is 1 or more, and grading scales are
    functions of them.
    Leaves out: infection as a cause of fever, heart, kidney, coagulation, effect of support on the leak.
    """

    role = "physiology"

    age = Covariate("year", "age")
    fever_most = Param("delta_degC", "Emax: rise of temperature at full signal")
    fever_half = Param("pg/mL", "EC50 of the signal on temperature")
    fever_power = Param("1", "Hill coefficient of fever in the signal")
    fever_rate = Param("1/day", "rate at which temperature follows")
    leak_most = Param("1", "Emax: leak at full signal, in units of that which needs fluids")
    leak_half = Param("pg/mL", "EC50 of the signal on the leak")
    leak_power = Param("1", "Hill coefficient of the leak in the signal")
    leak_rate = Param("1/day", "rate at which the leak follows")
    boluses_at = Param("1", "leak that needs repeated fluid boluses")
    pressor_at = Param("1", "leak that needs a vasopressor")
    high_pressor_at = Param("1", "leak that needs a high-dose vasopressor")
    second_pressor_at = Param("1", "leak that needs several vasopressors")
    oxygen_at = Param("1", "leak that needs oxygen at the reference age")
    reference_age = Param("year", "age for which that holds")
    oxygen_age_power = Param("1", "power of age on the leak that needs oxygen")
    high_flow_ratio = Param("1", "leak that needs high-flow oxygen, relative to oxygen")
    ventilation_ratio = Param("1", "leak that needs ventilation, relative to oxygen")
    signal = Reads("cytokines.signal", "pg/mL", absent=0.0)
    oxygen_need = Derived(
        "1",
        "leak that needs oxygen in this patient",
        lambda v: v.oxygen_at * (v.age / v.reference_age) ** v.oxygen_age_power,
    )

    temperature = State("delta_degC", "body temperature", zero="37 degC")
    leak = State("1", "vascular leak, 1 needs fluids")

    fluids_index = Publishes("1", "need of fluids, 1 where they are given")
    boluses_index = Publishes("1", "need of repeated fluid boluses, 1 where they are given")
    pressor_index = Publishes("1", "need of a vasopressor, 1 where one is given")
    high_pressor_index = Publishes("1", "need of a high-dose vasopressor, 1 where it is given")
    second_pressor_index = Publishes("1", "need of several vasopressors, 1 where they are given")
    oxygen_index = Publishes("1", "need of oxygen, 1 where it is given")
    high_flow_index = Publishes("1", "need of high-flow oxygen, 1 where it is given")
    ventilation_index = Publishes("1", "need of ventilation, 1 where it is given")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow(
            "heating",
            into="temperature",
            rate=v.fever_rate * v.fever_most * hill(v.signal, v.fever_half, v.fever_power),
        )
        yield Flow("cooling", out_of="temperature", rate=v.fever_rate * v.temperature)
        yield Flow("leaking", into="leak", rate=v.leak_rate * v.leak_most * hill(v.signal, v.leak_half, v.leak_power))
        yield Flow("sealing", out_of="leak", rate=v.leak_rate * v.leak)

    def published(self, v: Any) -> dict[str, Any]:
        return {
            "fluids_index": v.leak,
            "boluses_index": v.leak / v.boluses_at,
            "pressor_index": v.leak / v.pressor_at,
            "high_pressor_index": v.leak / v.high_pressor_at,
            "second_pressor_index": v.leak / v.second_pressor_at,
            "oxygen_index": v.leak / v.oxygen_need,
            "high_flow_index": v.leak / (v.oxygen_need * v.high_flow_ratio),
            "ventilation_index": v.leak / (v.oxygen_need * v.ventilation_ratio),
        }
