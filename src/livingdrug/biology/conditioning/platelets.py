"""Platelets: conditioning, a marrow full of blasts and inflammation suppress their precursors; counts follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.biology.conditioning import renewal
from livingdrug.model import Flow, Module, Param, Port, Reads, State


class Platelets(Module):
    """Megakaryocyte precursors, one maturing stage and platelets in blood, with feedback from the count.

    Structure of the chain of [friberg2002] with fewer stages.
    Leaves out: transfusion, consumption in coagulopathy, pooling in the spleen, growth factors.
    """

    role = "platelets"

    start = Param("cell/uL", "platelets before conditioning in a marrow free of tumour")
    normal = Param("cell/uL", "platelets at rest")
    maturation = Param("1/day", "transit rate; two stages before the blood make the maturation time")
    turnover = Param("1/day", "loss of platelets from blood")
    feedback = Param("1", "power of the feedback from the blood count on the marrow")
    sensitivity = Param("1", "kill of precursors by conditioning relative to lymphocytes")
    crowding = Param("1", "fall of production in a marrow full of blasts, as a share of it")
    inflammation = Param("1", "fall of production for each unit of active macrophages, relative to what is left")
    kill = Reads("lymphocytes.kill", "1/day", absent=0.0)
    blasts = Reads("tumour.blasts", "1", absent=0.0)
    macrophages = Reads("cytokines.macrophages", "1", absent=0.0)
    support = Port("1", "renewal under drugs and later inflammation, relative to none")

    marrow = State("cell/uL", "precursors, as the blood count they would sustain", start=lambda v: v.start)
    maturing = State("cell/uL", "maturing cells, likewise", start=lambda v: v.start)
    count = State("cell/uL", "platelets in blood", start=lambda v: v.start)

    def flows(self, v: Any) -> Iterator[Flow]:
        yield Flow("renewal", into="marrow", rate=v.maturation * renewal(v, v.count) * v.support * v.marrow)
        yield Flow("conditioning", out_of="marrow", rate=v.sensitivity * v.kill * v.marrow)
        yield Flow("commitment", out_of="marrow", into="maturing", rate=v.maturation * v.marrow)
        yield Flow("ripening", out_of="maturing", rate=v.maturation * v.maturing)
        yield Flow("release", into="count", rate=v.turnover * v.maturing)
        yield Flow("loss", out_of="count", rate=v.turnover * v.count)
