"""CAR-T for days: messenger RNA in nanoparticles, taken up by T cells, which bear the receptor for a while."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Covariate, Derived, Entry, Flow, Module, Param, Port, Publishes, Reads, State
from livingdrug.model.math import hill, minimum


class MessengerTCells(Module):
    """Nanoparticles leave the blood within hours, most into the liver, some into CD8 T cells; messenger RNA in these is
    translated and decays, the receptor on the surface is turned over, taken in where it meets its target, and halved by
    each division. Cells are positive above a threshold; nothing is integrated, and nobody is conditioned.

    Our own structure. Decay and turnover are derived from two published times [hn2025]; the rest are orders of size,
    stated with their uncertainty.
    Leaves out: the reaction to the particles themselves, antibodies against them, other cells that take them up, growth
    of the number of T cells, CD4 T cells, differences between the cells of one patient but for the threshold.
    """

    role = "kinetics"

    clearance = Param("1/day", "loss of particles from blood to the liver and elsewhere")
    uptake = Param("1/day", "uptake of particles by CD8 T cells")
    reference = Param("mg", "dose to which levels of messenger and receptor are relative")
    decay = Param("1/day", "decay of messenger in T cells")
    translation = Param("1/day", "receptor made from the messenger of the reference dose, in thresholds of detection")
    turnover = Param("1/day", "loss of receptor that meets nothing")
    internalisation = Param("1/day", "further loss of receptor that is engaged")
    division = Param("1/day", "divisions of engaged cells, each of which halves messenger and receptor")
    steepness = Param("1", "Hill coefficient of the share of positive cells in the receptor: how alike the cells are")
    reachable = Param("1", "share of the CD8 T cells that particles reach", most=1)
    cd8_share = Param("1", "CD8 T cells among lymphocytes")
    cd8_cells = Param("cell", "CD8 T cells of the body at normal lymphocytes")
    potency = Param("1", "kill by a positive cell relative to an expanded effector")
    secretion = Param("1", "cytokine of a positive cell relative to an expanded effector")
    blood_per_kg = Param("uL/kg", "blood volume for each kilogram of body weight")

    engaged = Reads("encounters.engaged", "1", absent=1.0)
    host = Reads("lymphocytes.share", "1", absent=1.0)
    host_per_uL = Reads("lymphocytes.per_uL", "cell/uL", absent=1500.0)
    pace = Port("1", "division relative to that without drugs")
    signalling = Port("1", "signalling through the receptor relative to that without drugs", exact=True)
    loss = Port("1/day", "loss of effectors to drugs", combine="add")
    removal = Port("1/day", "loss of CAR-T of every kind to drugs", combine="add", exact=True)
    weight = Covariate("kg", "body weight")
    blood_volume = Derived("uL", "blood volume", lambda v: v.blood_per_kg * v.weight)

    particles = State("mg", "messenger RNA in particles in blood")
    messenger = State("1", "messenger in a T cell that is reached, relative to the reference dose all taken up")
    receptor = State("1", "receptor on such a cell, in thresholds of detection")
    infusion = Entry("mg", "messenger RNA in particles", into={"particles": 1.0}, product=True)

    positive_share = Publishes("1", "CD8 T cells that bear the receptor")
    positive = Publishes("cell", "CD8 T cells of the body that bear the receptor")
    mature = Publishes("cell", "the same, as encounters share antigen out among them")
    effector = Publishes("cell", "the same, in expanded effectors that secrete as much")
    blood = Publishes("cell/uL", "CAR-T in blood")
    killers = Publishes("cell", "the same, in expanded effectors that kill as much")

    def flows(self, v: Any) -> Iterator[Flow]:
        engaged = minimum(v.engaged, 1.0)
        diluted = v.division * v.pace * v.signalling * engaged
        yield Flow("clearance of particles", out_of="particles", rate=v.clearance * v.particles)
        yield Flow("uptake by T cells", out_of="particles", rate=v.uptake * v.particles)
        share = (v.clearance + v.uptake) / v.reference
        yield Flow("messenger arrives", into="messenger", rate=share * v.particles)
        yield Flow("messenger decays", out_of="messenger", rate=v.decay * v.messenger)
        yield Flow("messenger halved by division", out_of="messenger", rate=diluted * v.messenger)
        yield Flow("translation", into="receptor", rate=v.translation * v.messenger)
        yield Flow("receptor turned over", out_of="receptor", rate=v.turnover * v.receptor)
        yield Flow("engaged receptor taken in", out_of="receptor", rate=v.internalisation * engaged * v.receptor)
        yield Flow("receptor halved by division", out_of="receptor", rate=diluted * v.receptor)
        yield Flow("positive cells lost to drugs", out_of="receptor", rate=(v.loss + v.removal) * v.receptor)

    def published(self, v: Any) -> dict[str, Any]:
        share = v.reachable * hill(v.receptor, 1.0, v.steepness)
        positive = share * v.cd8_cells * v.host
        return {
            "positive_share": share,
            "positive": positive,
            "mature": positive,
            "effector": v.secretion * positive,
            "blood": share * v.cd8_share * v.host_per_uL,
            "killers": v.signalling * v.potency * positive,
        }
