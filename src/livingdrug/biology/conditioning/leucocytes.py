"""Leucocytes: conditioning, a marrow full of blasts and inflammation suppress the marrow; counts fall and recover."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.biology.conditioning import renewal
from livingdrug.model import Flow, Module, Param, Port, Publishes, Reads, State


class Leucocytes(Module):
    """Marrow precursors, two maturing stages and circulating myeloid cells in a chain, with feedback from the blood
    count. Blasts take the marrow's room, and inflammation slows renewal while it lasts.

    Structure of the chain of [friberg2002] with fewer stages.
    Leaves out: the patient's own growth factor, loss of stem cells in earlier treatment other than by a low start, red
    cells.
    """

    role = "leucocytes"

    start = Param("cell/uL", "myeloid leucocytes before conditioning in a marrow free of tumour")
    normal = Param("cell/uL", "myeloid leucocytes at rest")
    maturation = Param("1/day", "transit rate; four stages make the maturation time")
    feedback = Param("1", "power of the feedback from the blood count on the marrow")
    sensitivity = Param("1", "kill of marrow precursors relative to lymphocytes")
    crowding = Param("1", "fall of renewal in a marrow full of blasts, as a share of it")
    inflammation = Param("1", "fall of renewal for each unit of active macrophages, relative to what is left")
    neutrophil_share = Param("1", "neutrophils among myeloid leucocytes")
    kill = Reads("lymphocytes.kill", "1/day", absent=0.0)
    lymphocytes = Reads("lymphocytes.per_uL", "cell/uL", absent=0.0)
    blasts = Reads("tumour.blasts", "1", absent=0.0)
    macrophages = Reads("cytokines.macrophages", "1", absent=0.0)
    support = Port("1", "renewal under drugs and later inflammation, relative to none")

    marrow = State("cell/uL", "precursors, as the blood count they would sustain", start=lambda v: v.start)
    maturing = State("cell/uL", "maturing cells, likewise", start=lambda v: v.start)
    ripe = State("cell/uL", "nearly mature cells, likewise", start=lambda v: v.start)
    myeloid = State("cell/uL", "myeloid leucocytes in blood", start=lambda v: v.start)

    wbc = Publishes("cell/uL", "leucocytes in blood, lymphocytes among them")
    neutrophils = Publishes("cell/uL", "neutrophils in blood")

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("renewal", into="marrow", rate=v.maturation * renewal(v, v.myeloid) * v.support * v.marrow)
        yield Flow("conditioning", out_of="marrow", rate=v.sensitivity * v.kill * v.marrow)
        yield Flow("commitment", out_of="marrow", into="maturing", rate=v.maturation * v.marrow)
        yield Flow("ripening", out_of="maturing", into="ripe", rate=v.maturation * v.maturing)
        yield Flow("release", out_of="ripe", into="myeloid", rate=v.maturation * v.ripe)
        yield Flow("death", out_of="myeloid", rate=v.maturation * v.myeloid)

    def published(self, v: Any) -> dict[str, Any]:
        return {"wbc": v.myeloid + v.lymphocytes, "neutrophils": v.neutrophil_share * v.myeloid}
