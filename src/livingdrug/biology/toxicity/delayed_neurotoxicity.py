"""Delayed neurotoxicity: weeks after the peak of CAR-T, nerve palsies and disorders of movement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Flow, Hazard, Module, Param, Publishes, Reads, State
from livingdrug.model.math import hill


class DelayedNeurotoxicity(Module):
    """CAR-T that enter nerves and basal ganglia follow those in blood with a lag; the hazard rises steeply with them,
    and so is nearly all in patients with a high peak [lim2025].

    For receptors of antigens that the nervous system bears; a product chooses it. Palsies come at the first stage of
    the lag, disorders of movement at the second [lin2025].
    Leaves out: recovery, severity, the antigen in the brain, CAR-T of blood and of cerebrospinal fluid apart.
    """

    role = "delayed_neurotoxicity"

    entry = Param("1/day", "rate at which CAR-T in nerves follow those in blood")
    lag = Param("1/day", "rate at which injury of the basal ganglia follows")
    palsy_rate = Param("1/day", "largest hazard of a nerve palsy")
    palsy_half = Param("cell/uL", "EC50: CAR-T in nerves, as the blood count they follow, that give half that hazard")
    movement_rate = Param("1/day", "largest hazard of a disorder of movement")
    movement_half = Param("cell/uL", "EC50: CAR-T behind injury of the basal ganglia that give half that hazard")
    power = Param("1", "Hill coefficient of both hazards")
    blood = Reads("kinetics.blood", "cell/uL", absent=0.0)

    nerves = State("cell/uL", "CAR-T in nerves, as the blood count they follow")
    ganglia = State("cell/uL", "injury of the basal ganglia, as the blood count behind it")
    nerve_palsy = Hazard("nerve palsy")
    movement_disorder = Hazard("disorder of movement, as in parkinsonism")

    expected = Publishes("1", "delayed neurologic events expected so far")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("entry into nerves", into="nerves", rate=v.entry * v.blood)
        yield Flow("loss from nerves", out_of="nerves", rate=v.entry * v.nerves)
        yield Flow("injury of the ganglia", into="ganglia", rate=v.lag * v.nerves)
        yield Flow("healing of the ganglia", out_of="ganglia", rate=v.lag * v.ganglia)
        yield Flow("palsy", into="nerve_palsy", rate=v.palsy_rate * hill(v.nerves, v.palsy_half, v.power))
        movement = v.movement_rate * hill(v.ganglia, v.movement_half, v.power)
        yield Flow("disorder of movement", into="movement_disorder", rate=movement)

    def published(self, v: Any) -> dict[str, Any]:
        return {"expected": v.nerve_palsy + v.movement_disorder}
