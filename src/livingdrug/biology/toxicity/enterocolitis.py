"""Enterocolitis weeks to months after the peak of CAR-T, where these have settled in the gut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Flow, Hazard, Module, Param, Publishes, Reads, State
from livingdrug.model.math import hill


class Enterocolitis(Module):
    """CAR-T that settle in the gut follow those in blood slowly, in two stages; the hazard rises steeply with them
    [galarza2024]. A share of episodes is fatal.

    For receptors of antigens on plasma cells of the gut; a product chooses it.
    Leaves out: infection as a trigger, clones that grow on their own, treatment, recovery.
    """

    role = "enterocolitis"

    settling = Param("1/day", "rate of each of the two stages by which CAR-T in the gut follow those in blood")
    rate = Param("1/day", "largest hazard of enterocolitis")
    half = Param("cell/uL", "EC50: CAR-T in the gut, as the blood count they follow, that give half that hazard")
    power = Param("1", "Hill coefficient of that hazard")
    fatal = Param("1", "share of episodes that end in death", most=1)
    blood = Reads("kinetics.blood", "cell/uL", absent=0.0)

    arriving = State("cell/uL", "CAR-T on the way into the gut, as the blood count they follow")
    gut = State("cell/uL", "CAR-T in the gut, likewise")
    colitis = Hazard("enterocolitis that is survived")
    colitis_death = Hazard("death of enterocolitis", ends=True)

    expected = Publishes("1", "episodes of enterocolitis expected so far, fatal ones among them")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("arrival", into="arriving", rate=v.settling * v.blood)
        yield Flow("passage", out_of="arriving", into="gut", rate=v.settling * v.arriving)
        yield Flow("loss from the gut", out_of="gut", rate=v.settling * v.gut)
        hazard = v.rate * hill(v.gut, v.half, v.power)
        yield Flow("enterocolitis", into="colitis", rate=(1 - v.fatal) * hazard)
        yield Flow("fatal enterocolitis", into="colitis_death", rate=v.fatal * hazard)

    def published(self, v: Any) -> dict[str, Any]:
        return {"expected": v.colitis + v.colitis_death}
