"""A ward in miniature: a drug with two ways in, a fever that the drug lowers, a switch, two hazards, a clone."""

import numpy as np

from livingdrug.engine.plan import Patients, Plan
from livingdrug.model import Entry, Flow, Hazard, Module, Param, Publishes, Reads, State, Switch, assemble
from livingdrug.model.math import hill


class Drug(Module):
    """One compartment and a depot."""

    role = "drug"
    amount = State("mg", "in the body")
    depot = State("mg", "not yet absorbed")
    loss = Param("1/day", "elimination")
    uptake = Param("1/day", "absorption")
    vein = Entry("mg", "into the vein", into={"amount": 1.0})
    mouth = Entry("mg", "by mouth", into={"depot": lambda v: v.available})
    available = Param("1", "share that is absorbed")

    def flows(self, v):
        yield Flow("loss", out_of="amount", rate=v.loss * v.amount)
        yield Flow("uptake", out_of="depot", into="amount", rate=v.uptake * v.depot)

    block = Publishes("1", "what the drug blocks")

    def published(self, v):
        return {"block": hill(v.amount, 10.0, 1.5)}


class Illness(Module):
    """Heat that the drug lowers; relapse and death as hazards; a clone that divides and dies."""

    role = "illness"
    heat = State("1", "fever score", start=1.0)
    relapse = Hazard("relapse")
    death = Hazard("death", ends=True)
    clone = State("cell", "clone", start=lambda v: v.founders, clone=True)
    founders = Param("cell", "cells at the start")
    rise = Param("1/day", "heating")
    risk = Param("1/day", "hazard of relapse")
    danger = Param("1/day", "hazard of death")
    birth = Param("1/day", "division")
    decay = Param("1/day", "death of a cell")
    salvage = Switch("salvage has begun")
    block = Reads("drug.block", "1")

    def flows(self, v):
        yield Flow("heating", into="heat", rate=v.rise * (1 - v.block))
        yield Flow("cooling", out_of="heat", rate=0.5 * v.heat)
        yield Flow("relapse", into="relapse", rate=v.risk * (1 - v.salvage))
        yield Flow("death", into="death", rate=v.danger * v.heat)
        yield Flow("division", into="clone", rate=v.birth, per="clone")
        yield Flow("dying", out_of="clone", rate=v.decay, per="clone")

    fever = Publishes("1", "fever")

    def published(self, v):
        return {"fever": 2 * v.heat}


MODEL = assemble(Drug, Illness)
VALUES = {
    "drug.loss": 0.3,
    "drug.uptake": 2.0,
    "drug.available": 0.8,
    "illness.founders": 1e6,
    "illness.rise": 1.0,
    "illness.risk": 0.0,
    "illness.danger": 0.0,
    "illness.birth": 0.3,
    "illness.decay": 0.3,
}
SEEN = ("drug.amount", "illness.fever", "illness.heat", "drug.block", "illness.clone", "drug.depot")


def plan(end=10.0, step=0.25, watches=(), seen=SEEN, start=0.0, **options):
    """Ticks every `step`, all written and all looked at."""
    ticks = np.arange(start, end + 1e-9, step)
    t = len(ticks)
    given = {"output": np.ones(t, bool), "clone_ticks": np.ones(t, bool), "marks": np.ones(t, np.int64), **options}
    marks, output, clones = given.pop("marks"), given.pop("output"), given.pop("clone_ticks")
    return Plan(start, end, ticks, marks, output, clones, seen, len(seen), tuple(watches), **given)


def patients(n=1, doses=(), thresholds=None, seed=1, ids=None, **values):
    """n patients with the same doses; values by the last part of their path."""
    path = {p.rpartition(".")[2]: p for p in VALUES}
    table = np.full((n, len(doses), 4), np.inf)
    if doses:
        table[:] = sorted(doses)
    return Patients(
        np.arange(n) if ids is None else ids,
        {**VALUES, **{path[k]: x for k, x in values.items()}},
        np.zeros((n, 1)),
        table,
        np.full((n, 2), np.inf) if thresholds is None else thresholds,
        seed,
    )
