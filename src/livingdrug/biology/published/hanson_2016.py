"""Inflammation gives leave to expand, expansion makes inflammation: the loop that late immunosuppression can cut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Entry, Flow, Module, Param, Publishes, State
from livingdrug.model.math import maximum


class Hanson2016(Module):
    """Killer and helper CAR-T, B-ALL, inflammation, an immunosuppressant; illustrative, not fitted [hanson2016].

    Inflammation has no unit (it is like CRP). Leaves out: named cytokines and drugs, conditioning, antigen loss.
    """

    role = "therapy"

    killer_memory = State("cell/uL", "killer memory CAR-T (Cm)")
    killer = State("cell/uL", "killer effector CAR-T (Ce)")
    helper_memory = State("cell/uL", "helper memory CAR-T (Hm)")
    helper = State("cell/uL", "helper effector CAR-T (He)")
    lymphocytes = State("cell/uL", "other lymphocytes (L)", start=lambda v: v.lymphocytes_at_infusion)
    inflammation = State("1", "inflammation (I)", start=lambda v: v.inflammation_at_infusion)
    tumour = State("cell/uL", "leukaemic B cells (B)", start=lambda v: v.tumour_at_infusion)

    lymphocytes_at_infusion = Param("cell/uL", "other lymphocytes at infusion")
    inflammation_at_infusion = Param("1", "inflammation at infusion")
    tumour_at_infusion = Param("cell/uL", "leukaemic B cells at infusion")
    room = Param("cell/uL", "carrying capacity of lymphocytes (l0)")
    half_inflammation = Param("1", "EC50 of inflammation on expansion (b)")
    divisions = Param("1", "divisions of an activated memory cell (n)")
    tumour_growth = Param("1/day", "growth of the leukaemia (r1)")
    killer_growth = Param("1/day", "homeostatic growth of killer memory (r2)")
    helper_growth = Param("1/day", "homeostatic growth of helper memory (r3)")
    lymphocyte_growth = Param("1/day", "homeostatic growth of other lymphocytes (r4)")
    kill = Param("uL/cell/day", "killing (d1)")
    inflammation_lost = Param("1/day", "loss of inflammation (d2)")
    killer_death = Param("1/day", "death of killers (d3)")
    helper_death = Param("1/day", "death of helpers (d4)")
    lymphocyte_death = Param("1/day", "death of other lymphocytes (d5)")
    inflammation_made = Param("1/day", "inflammation without CAR-T (p0)")
    inflammation_by_meeting = Param("uL**2/cell**2/day", "inflammation made by a meeting (p1)")
    lymphocytes_made = Param("cell/uL/day", "lymphocytes from marrow (p2)")
    killer_activation = Param("uL/cell/day", "activation of killer memory (a1)")
    aid = Param("uL/cell", "how much helpers help (a2)")
    helper_activation = Param("uL/cell/day", "activation of helper memory (a3)")
    capacity = Param("cell/uL", "largest leukaemia (k)")
    blood = Param("uL", "blood that cells are counted in")

    infusion = Entry(
        "cell",
        "CAR-T infusion, a quarter of each kind",
        into=dict.fromkeys(("killer_memory", "killer", "helper_memory", "helper"), lambda v: 0.25 / v.blood),
        product=True,
    )
    suppression = Entry("1", "immunosuppressant: inflammation taken away (D)", into={"inflammation": -1.0})

    blood_count = Publishes("cell/uL", "CAR-T in blood")
    tumour_left = Publishes("1", "tumour relative to that at infusion")

    def flows(self, v: Any) -> Iterator[Flow]:
        car_t = v.killer + v.killer_memory + v.helper + v.helper_memory
        left = maximum(1.0 - (v.tumour + car_t + v.lymphocytes) / v.room, 0.0)
        leave = v.inflammation**2 / (v.inflammation**2 + v.half_inflammation**2)
        aided = v.killer_activation * v.tumour * v.killer_memory * (1.0 + v.aid * v.helper) * leave
        burst = 2.0**v.divisions
        yield Flow("homeostasis, killer memory", into="killer_memory", rate=v.killer_growth * v.killer_memory * left)
        yield Flow("activation of killers", "killer_memory", "killer", aided, yields=burst)
        yield Flow("death of killers", out_of="killer", rate=v.killer_death * v.killer)
        yield Flow("homeostasis, helper memory", into="helper_memory", rate=v.helper_growth * v.helper_memory * left)
        yield Flow(
            "activation of helpers",
            "helper_memory",
            "helper",
            v.helper_activation * v.tumour * v.helper_memory * leave,
            yields=burst,
        )
        yield Flow("death of helpers", out_of="helper", rate=v.helper_death * v.helper)
        yield Flow("from marrow", into="lymphocytes", rate=v.lymphocytes_made)
        yield Flow("homeostasis", into="lymphocytes", rate=v.lymphocyte_growth * v.lymphocytes * left)
        yield Flow("death of lymphocytes", out_of="lymphocytes", rate=v.lymphocyte_death * v.lymphocytes)
        yield Flow("growth", into="tumour", rate=v.tumour_growth * v.tumour)
        yield Flow("logistic loss", out_of="tumour", rate=v.tumour_growth * v.tumour * v.tumour / v.capacity)
        yield Flow("killing", out_of="tumour", rate=v.kill * v.tumour * v.killer)
        yield Flow("inflammation at rest", into="inflammation", rate=v.inflammation_made)
        yield Flow(
            "inflammation by meetings",
            into="inflammation",
            rate=v.inflammation_by_meeting * v.tumour * (v.killer + v.helper),
        )
        yield Flow("inflammation fading", out_of="inflammation", rate=v.inflammation_lost * v.inflammation)

    def published(self, v: Any) -> dict[str, object]:
        return {
            "blood_count": v.killer + v.killer_memory + v.helper + v.helper_memory,
            "tumour_left": v.tumour / v.tumour_at_infusion,
        }
