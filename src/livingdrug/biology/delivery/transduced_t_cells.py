"""CAR-T that stay: a lentivirus that binds T cells of the body and brings the gene into their genome."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.biology.kinetics.renewing_effectors import RenewingEffectors
from livingdrug.model import Entry, Flow, Param, State


class TransducedTCells(RenewingEffectors):
    """Vector in blood is cleared, or bound by T cells; some of what is bound ends as a gene in a T cell, which is then
    a CAR-T cell like any other: it wakes, divides while it sees antigen, contracts, and leaves memory.
    Antibodies against the vector rise within weeks and clear a later dose.

    The cells follow `renewing_effectors` with all its numbers. Far fewer vectors than T cells: each counts once.
    Leaves out: genes in cells other than T cells, more than one gene in a cell, the acute reaction to the vector,
    who had such antibodies before, activation of T cells by the vector itself, subsets that it prefers.
    """

    clearance = Param("1/day", "loss of vector from blood other than to T cells")
    binding = Param("1/day", "binding of vector by T cells at normal lymphocytes")
    integration = Param("cell/TU", "T cells that become CAR-T for each transducing unit bound")
    immunity_rate = Param("1/day", "rise of antibodies against the vector after a dose that counts in full")
    immunity_delay = Param("1/day", "rate through the stage between vector and antibodies")
    immunity_loss = Param("1/day", "loss of antibodies against the vector")
    immunity_half = Param("TU", "EC50: vector in blood that gives half of the strongest stimulus")
    neutralisation = Param("1", "times antibodies raise the clearance of vector, at their fullest")

    vector = State("TU", "vector in blood")
    stimulus = State("1", "immune response to the vector on its way, relative to the fullest")
    antibody = State("1", "antibodies against the vector, relative to the fullest")
    infusion = Entry("TU", "vector", into={"vector": 1.0}, product=True)

    def flows(self, v: Any) -> Iterator[Flow]:
        yield from super().flows(v)
        cleared = v.clearance * (1 + v.neutralisation * v.antibody)
        bound = v.binding * v.vector
        yield Flow("vector cleared", out_of="vector", rate=cleared * v.vector)
        yield Flow("vector bound by T cells", out_of="vector", rate=bound)
        yield Flow("integration", into="settling", rate=v.integration * bound)
        seen = v.vector / (v.vector + v.immunity_half)
        yield Flow("stimulus", into="stimulus", rate=v.immunity_rate * seen)
        yield Flow("fullest stimulus", out_of="stimulus", rate=v.immunity_rate * seen * v.stimulus)
        yield Flow("response", out_of="stimulus", into="antibody", rate=v.immunity_delay * v.stimulus)
        yield Flow("antibodies lost", out_of="antibody", rate=v.immunity_loss * v.antibody)
