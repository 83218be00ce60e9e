"""Leucocytes: conditioning suppresses the marrow, counts reach their nadir days later and recover."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Flow, Module, Param, Publishes, Reads, State
from livingdrug.model.math import exp, log


class Leucocytes(Module):
    """Marrow precursors, maturing cells and circulating myeloid cells in a chain, with feedback from the blood count.

    Structure of the chain of [friberg2002] with fewer stages.
    Leaves out: growth factor, the second dip after weeks, suppression of the marrow by inflammation or leukaemia,
    platelets and red cells.
    """

    role = "leucocytes"

    start = Param("cell/uL", "myeloid leucocytes before conditioning")
    normal = Param("cell/uL", "myeloid leucocytes at rest")
    maturation = Param("1/day", "transit rate; three stages make the maturation time")
    feedback = Param("1", "power of the feedback from the blood count on the marrow")
    sensitivity = Param("1", "kill of marrow precursors relative to lymphocytes")
    neutrophil_share = Param("1", "neutrophils among myeloid leucocytes")
    kill = Reads("lymphocytes.kill", "1/day", absent=0.0)
    lymphocytes = Reads("lymphocytes.per_uL", "cell/uL", absent=0.0)

    marrow = State("cell/uL", "precursors, as the blood count they would sustain", start=lambda v: v.start)
    maturing = State("cell/uL", "maturing cells, likewise", start=lambda v: v.start)
    myeloid = State("cell/uL", "myeloid leucocytes in blood", start=lambda v: v.start)

    wbc = Publishes("cell/uL", "leucocytes in blood, lymphocytes among them")
    neutrophils = Publishes("cell/uL", "neutrophils in blood")

    def flows(self, v: Any) -> Iterator[Flow]:
        feedback = exp(v.feedback * log(v.normal / (v.myeloid + 0.001 * v.normal)))
        yield Flow("renewal", into="marrow", rate=v.maturation * feedback * v.marrow)
        yield Flow("conditioning", out_of="marrow", rate=v.sensitivity * v.kill * v.marrow)
        yield Flow("commitment", out_of="marrow", into="maturing", rate=v.maturation * v.marrow)
        yield Flow("release", out_of="maturing", into="myeloid", rate=v.maturation * v.maturing)
        yield Flow("death", out_of="myeloid", rate=v.maturation * v.myeloid)

    def published(self, v: Any) -> dict[str, Any]:
        return {"wbc": v.myeloid + v.lymphocytes, "neutrophils": v.neutrophil_share * v.myeloid}
