"""CAR-T expand on B cells, and every meeting of the two makes cytokines: why a large burden means a violent release."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Entry, Flow, Module, Param, Publishes, State


class Hardiansyah2019(Module):
    """Effector and memory CAR-T in blood and tissue, CLL B cells, and three cytokines [hardiansyah2019].

    Memory is made from effectors (aE e), not from memory as printed. Leaves out: myeloid cells as the source of IL-6,
    CRP, tocilizumab, grades, differences in timing; the product B e over-predicts at a high burden.
    """

    role = "therapy"

    b_cells = State("Gcell", "CLL B cells (B)", start=lambda v: v.b_cells_at_infusion)
    effector = State("Gcell", "effector CAR-T in blood (e)")
    tissue_effector = State("Gcell", "effector CAR-T in tissue (eT)")
    memory = State("Gcell", "memory CAR-T in blood (m)")
    tissue_memory = State("Gcell", "memory CAR-T in tissue (mT)")
    il6 = State("pg/mL", "interleukin-6", start=lambda v: v.il6_before)
    il10 = State("pg/mL", "interleukin-10", start=lambda v: v.il10_before)
    ifn_gamma = State("pg/mL", "interferon gamma", start=lambda v: v.ifn_before)

    b_cells_at_infusion = Param("Gcell", "CLL B cells at infusion (B0)")
    growth = Param("1/day", "birth of B cells (rB)")
    death = Param("1/day", "death of B cells (dB)")
    kill = Param("1/day/Gcell", "killing by effectors (K)")
    expansion = Param("1/day/Gcell", "expansion of effectors on B cells (rE)")
    effector_death = Param("1/day", "death of effectors (dE)")
    to_memory = Param("1/day", "effectors becoming memory without B cells (aE)")
    to_effector = Param("1/day", "memory becoming effectors with B cells (aM)")
    half_b_cells = Param("Gcell", "B cells at half switch (h)")
    memory_growth = Param("1/day", "birth of memory cells (rM)")
    memory_death = Param("1/day", "death of memory cells (dM)")
    into_tissue = Param("1/day", "blood to tissue (kin)")
    out_of_tissue = Param("1/day", "tissue to blood (kout)")
    il6_made = Param("pg/mL/day/Gcell**2", "IL-6 made by a meeting (P6)")
    il10_made = Param("pg/mL/day/Gcell**2", "IL-10 made by a meeting (P10)")
    ifn_made = Param("pg/mL/day/Gcell**2", "IFN-gamma made by a meeting (Pg)")
    il6_lost = Param("1/day", "loss of IL-6 (d6)")
    il10_lost = Param("1/day", "loss of IL-10 (d10)")
    ifn_lost = Param("1/day", "loss of IFN-gamma (dg)")
    il6_before = Param("pg/mL", "IL-6 without CAR-T (b6)")
    il10_before = Param("pg/mL", "IL-10 without CAR-T (b10)")
    ifn_before = Param("pg/mL", "IFN-gamma without CAR-T (bg)")
    ifn_floor = Param("1", "share of IFN-gamma that IL-10 cannot stop (aG)")
    half_il10 = Param("pg/mL", "IL-10 at half its effect on IFN-gamma (bG)")

    infusion = Entry("Gcell", "CAR-T infusion", into={"effector": 1.0}, product=True)

    blood_total = Publishes("Gcell", "CAR-T in blood")
    total = Publishes("Gcell", "CAR-T in the body")
    tumour_left = Publishes("1", "B cells relative to those at infusion")

    def flows(self, v: Any) -> Iterator[Flow]:
        met = v.b_cells / (v.b_cells + v.half_b_cells)
        damped = v.ifn_floor + (1.0 - v.ifn_floor) * v.half_il10 / (v.il10 + v.half_il10)
        meetings = v.b_cells * v.effector
        yield Flow("growth", into="b_cells", rate=v.growth * v.b_cells)
        yield Flow("death", out_of="b_cells", rate=v.death * v.b_cells)
        yield Flow("killing", out_of="b_cells", rate=v.kill * meetings)
        yield Flow("expansion", into="effector", rate=v.expansion * meetings)
        yield Flow("death of effectors", out_of="effector", rate=v.effector_death * v.effector)
        yield Flow("becoming memory", "effector", "memory", v.to_memory * v.effector * (1.0 - met))
        yield Flow("recall", "memory", "effector", v.to_effector * v.memory * met)
        yield Flow("division of memory", into="memory", rate=v.memory_growth * v.memory)
        yield Flow("death of memory", out_of="memory", rate=v.memory_death * v.memory)
        for cells in ("effector", "memory"):
            yield Flow(f"to tissue, {cells}", cells, f"tissue_{cells}", v.into_tissue * getattr(v, cells))
            yield Flow(f"to blood, {cells}", f"tissue_{cells}", cells, v.out_of_tissue * getattr(v, f"tissue_{cells}"))
        for name, made, lost, before in (
            ("il6", v.il6_made, v.il6_lost, v.il6_before),
            ("il10", v.il10_made, v.il10_lost, v.il10_before),
            ("ifn_gamma", v.ifn_made * damped, v.ifn_lost, v.ifn_before),
        ):
            yield Flow(f"{name} made", into=name, rate=lost * before + made * meetings)
            yield Flow(f"{name} lost", out_of=name, rate=lost * getattr(v, name))

    def published(self, v: Any) -> dict[str, object]:
        return {
            "blood_total": v.effector + v.memory,
            "total": v.effector + v.memory + v.tissue_effector + v.tissue_memory,
            "tumour_left": v.b_cells / v.b_cells_at_infusion,
        }
