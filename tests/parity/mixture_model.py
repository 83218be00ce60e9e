"""A small model with a bit of everything that a back end must print: functions, doses, a switch, a break, the time."""

from __future__ import annotations

import numpy as np

from livingdrug.model import Break, Change, Derived, Entry, Flow, Module, Param, Publishes, State, Switch, assemble
from livingdrug.model.math import exp, hill, log, maximum, minimum, smooth_step, sqrt, where


class Mixture(Module):
    """Nothing in nature; everything in the language."""

    role = "mix"
    drug = State("mg", "drug in the body")
    bound = State("mg", "bound drug")
    cells = State("cell", "cells", start=lambda v: v.founders)
    score = State("1", "a score", start=0.5)
    slow = State("1", "what grows from a day on")
    vein = Entry("mg", "into the vein", into={"drug": lambda v: v.share, "bound": 0.1})
    aid = Switch("help has begun")
    founders = Param("cell", "cells at the start")
    size = Param("kg", "size of the body")
    share = Derived("1", "share of the dose", lambda v: 1 / (1 + exp(-(v.size - 50) / 10)))
    on, off, loss = Param("1/day", "binding"), Param("1/day", "unbinding"), Param("1/day", "loss")
    half, power = Param("mg", "half effect"), Param("1", "steepness")
    late = Param("day", "when something begins")
    begins = Break(at="late")

    effect, logarithm, aided = (Publishes("1", "shown") for _ in range(3))
    either = Publishes("1/day", "shown")

    def flows(self, v):  # type: ignore[no-untyped-def]
        effect = hill(v.drug, v.half, v.power) + hill(v.bound, v.half, 2.0)
        yield Flow("binding", out_of="drug", into="bound", rate=v.on * v.drug)
        yield Flow("unbinding", out_of="bound", into="drug", rate=v.off * v.bound)
        yield Flow("loss", out_of="drug", rate=v.loss * v.drug * sqrt(v.size / 70))
        yield Flow("growth", into="cells", rate=0.3 * v.cells * maximum(1 - v.cells / 1e9, 0.0))
        yield Flow("kill", out_of="cells", rate=(effect + 0.2 * v.aid) * v.cells)
        yield Change("score", minimum(log(1 + v.drug), 3.0) - v.score**1.5 + 0.1 * exp(-v.score), "relaxation")
        yield Change("slow", where(v.time >= v.late, 1.0, 0.0) * smooth_step(v.score, 1.0, 0.1) - 0.1 * v.slow, "late")

    def published(self, v):  # type: ignore[no-untyped-def]
        return {
            "effect": hill(v.drug, v.half, v.power),
            "logarithm": log(v.cells + 1),
            "aided": v.aid * v.score,
            "either": where((v.score > 1) & (v.drug > 1), v.slow, -v.slow),
        }


MODEL = assemble(Mixture)
VALUES = {
    "mix.founders": 1e6,
    "mix.size": 62.0,
    "mix.on": 40.0,
    "mix.off": 15.0,
    "mix.loss": 0.7,
    "mix.half": 3.0,
    "mix.power": 1.7,
    "mix.late": 3.3,
}
DOSES = [(0.0, 0, 20.0, 0.0), (2.0, 0, 30.0, 0.25), (2.0, 0, 5.0, 0.0), (4.0, 1, 1.0, 0.0), (6.5, 0, 10.0, 0.0)]
TIMES = np.arange(0.0, 12.001, 0.5)
SEEN = (*MODEL.states, "mix.effect", "mix.logarithm", "mix.aided", "mix.either")
