"""A transplant of a donor's stem cells in remission (consolidation): what it takes away, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Adds, Derived, Flow, Hazard, Module, Param, State, Switch
from livingdrug.model.math import exp, log


class Transplant(Module):
    """A care rule says on which day, and in whom: conditioning then removes CAR-T and the host's lymphocytes within
    days, and for a year there is a hazard of dying of the transplant that falls as time goes on [peters2021].

    Whether the disease is gone with it is a chance of the protocol, and told to the tumour as of any therapy that
    works.
    Leaves out: counts and immunoglobulin after conditioning, graft-versus-host disease but for its deaths, how
    remission, age and donor change the risk, the graft's own action on what returns.
    """

    role = "transplant"

    deaths = Param("1", "patients who die of the transplant and of nothing else", most=0.99)
    fading = Param("day", "days after which that hazard has fallen to 1/e")
    removal = Param("1/day", "loss of CAR-T as conditioning begins")
    lymphocyte_loss = Param("1/day", "loss of the host's lymphocytes as conditioning begins")
    conditioning = Param("day", "days after which conditioning has faded to 1/e")
    done = Switch("1 from the transplant on")

    early = Derived(
        "1/day",
        "hazard of dying of the transplant on its day",
        lambda v: -log(1 - v.deaths) / v.fading,
    )

    since = State("day", "time since the transplant")
    transplant_death = Hazard("death of the transplant", ends=True)
    cells = Adds("kinetics.removal", "1/day")
    host = Adds("lymphocytes.loss", "1/day")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("time goes by", into="since", rate=v.done)
        yield Flow("death of the transplant", into="transplant_death", rate=v.done * v.early * exp(-v.since / v.fading))

    def contributes(self, v: Any) -> dict[str, Any]:
        left = v.done * exp(-v.since / v.conditioning)
        return {"cells": v.removal * left, "host": v.lymphocyte_loss * left}
