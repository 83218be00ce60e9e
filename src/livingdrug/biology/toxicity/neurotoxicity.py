"""Neurotoxicity (ICANS): inflammation opens the blood-brain barrier, and days later the brain suffers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Covariate, Derived, Flow, Module, Param, Port, Publishes, Reads, State
from livingdrug.model.math import hill


class Neurotoxicity(Module):
    """What macrophages release opens the barrier, and what passes it injures the brain with a further delay, so that
    neurotoxicity follows cytokine release. The driver is the release itself, not the signal through the IL-6
    receptor: a steroid lowers it, tocilizumab does not. The barrier of older patients opens more easily.

    Our own structure; the ICE score and the other signs are functions of one state, and scales are functions of them.
    Leaves out: oedema of the brain, stroke and haemorrhage, late movement disorder, delirium of other causes.
    """

    role = "neurotoxicity"

    age = Covariate("year", "age")
    barrier_half = Param("pg/mL", "release that opens the barrier by one at the reference age")
    reference_age = Param("year", "age for which that holds")
    age_power = Param("1", "power of age on how easily the barrier opens")
    barrier_rate = Param("1/day", "rate at which the barrier opens and closes")
    brain_rate = Param("1/day", "rate at which injury of the brain follows and heals")
    mild_at = Param("1", "injury with a first sign: headache, tremor, some confusion")
    ice_half = Param("1", "EC50: injury that takes half of the ICE score")
    ice_power = Param("1", "Hill coefficient of the ICE score in the injury")
    seizure_at = Param("1", "injury with seizures")
    stupor_at = Param("1", "injury in which the patient cannot be roused")
    release = Reads("cytokines.release", "pg/mL", absent=0.0)
    frailty = Derived(
        "1", "opening of the barrier relative to the reference age", lambda v: (v.age / v.reference_age) ** v.age_power
    )

    seizures = Port("1", "readiness for seizures relative to no drug")

    barrier = State("1", "opening of the blood-brain barrier")
    brain = State("1", "injury of the brain")

    ice = Publishes("1", "ICE score, 10 is normal")
    signs_index = Publishes("1", "neurologic signs of any kind, 1 where there are some")
    seizure_index = Publishes("1", "readiness for seizures, 1 where there are some")
    stupor_index = Publishes("1", "stupor, 1 where the patient cannot be roused")

    def flows(self, v: Any) -> Iterator[Flow]:
        opening = v.frailty * v.release / v.barrier_half
        yield Flow("opening of the barrier", into="barrier", rate=v.barrier_rate * opening)
        yield Flow("closing of the barrier", out_of="barrier", rate=v.barrier_rate * v.barrier)
        yield Flow("injury", into="brain", rate=v.brain_rate * v.barrier)
        yield Flow("healing", out_of="brain", rate=v.brain_rate * v.brain)

    def published(self, v: Any) -> dict[str, Any]:
        return {
            "ice": 10 * (1 - hill(v.brain, v.ice_half, v.ice_power)),
            "signs_index": v.brain / v.mild_at,
            "seizure_index": v.brain / v.seizure_at * v.seizures,
            "stupor_index": v.brain / v.stupor_at,
        }
