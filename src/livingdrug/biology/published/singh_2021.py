"""From receptor to patient: complexes of CAR and BCMA drive expansion and kill in marrow; M-protein follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from livingdrug.model import Change, Derived, Entry, Flow, Module, Param, Publishes, State


class Singh2021(Module):
    """Receptor-level kinetics of a BCMA CAR-T in myeloma [singh2021].

    Leaves out: relapse (hardly any regrowth, no resistance), a memory that matters, host immunity, cytokines.
    """

    role = "therapy"

    blood_effector = State("cell", "effector CAR-T in blood (eB)")
    blood_memory = State("cell", "memory CAR-T in blood (mB)")
    marrow_effector = State("cell", "effector CAR-T in marrow (eT)", start=lambda v: v.seed * v.marrow_volume)
    marrow_memory = State("cell", "memory CAR-T in marrow (mT)")
    complexes = State("molecule/L", "complexes of CAR and BCMA in marrow (Q)")
    tumour = State("cell/L", "myeloma cells in marrow (U)", start=lambda v: v.tumour_at_infusion)
    m_protein = State(
        "g/L", "M-protein (Mp)", start=lambda v: v.m_protein_made * v.tumour_at_infusion / v.m_protein_lost
    )
    soluble_bcma = State("ng/mL", "soluble BCMA (Sb)", start=lambda v: v.bcma_made * v.tumour_at_infusion / v.bcma_lost)

    expansion = Param("1/day", "largest expansion rate (Kexp)")
    half_expansion = Param("molecule/cell", "complexes per CAR-T at half expansion (EC50)")
    to_memory = Param("1/day", "effectors becoming memory (Rm)")
    effector_lost = Param("1/day", "loss of effectors from blood (KelE)")
    memory_lost = Param("1/day", "loss of memory cells from blood (KelM)")
    to_marrow = Param("1/day", "blood to marrow (K12)")
    to_blood = Param("1/day", "marrow to blood (K21)")
    kill = Param("1/day", "largest kill rate (Kkill)")
    half_kill = Param("molecule/cell", "complexes per tumour cell at half kill (KC50)")
    m_protein_power = Param("1", "power of the tumour in M-protein (gm)")
    bcma_power = Param("1", "power of the tumour in soluble BCMA (gb)")
    tumour_growth = Param("1/day", "growth of the tumour (kg)")
    binding = Param("L/mol/day", "binding of CAR to BCMA (kon)")
    unbinding = Param("1/day", "unbinding (koff)")
    car_per_cell = Param("molecule/cell", "CAR on a CAR-T cell (RCAR)")
    bcma_per_cell = Param("molecule/cell", "BCMA on a tumour cell (RTAA)")
    molecules = Param("molecule/mol", "molecules in a mole")
    blood_volume = Param("L", "blood (Vb)")
    marrow_volume = Param("L", "marrow (Vm)")
    tumour_at_infusion = Param("cell/L", "tumour cells in marrow at infusion (U0)")
    m_protein_lost = Param("1/day", "loss of M-protein (Km)")
    m_protein_made = Param("g/cell/day", "M-protein made by a tumour cell (Pm)")
    bcma_lost = Param("1/day", "loss of soluble BCMA (Kb)")
    bcma_made = Param("ng/mL*L/cell/day", "soluble BCMA made by a tumour cell (Pb)")
    copies = Param("copy/ug*L/cell", "copies per ug for a cell per litre of blood")
    seed = Param("cell/L", "marrow CAR-T before infusion, a numerical seed")

    meeting = Derived("L/molecule/day", "binding per pair of molecules", lambda v: v.binding / v.molecules)
    infusion = Entry("cell", "CAR-T infusion", into={"blood_effector": 1.0}, product=True)

    transgene = Publishes("copy/ug", "transgene in blood")
    m_protein_left = Publishes("1", "M-protein relative to that at infusion")
    tumour_left = Publishes("1", "tumour relative to that at infusion")

    def flows(self, v: Any) -> Iterator[Flow | Change]:
        density = (v.marrow_effector + v.marrow_memory) / v.marrow_volume
        per_car_t, per_tumour = v.complexes / density, v.complexes / v.tumour
        expansion = v.expansion * per_car_t / (v.half_expansion + per_car_t)
        kill = v.kill * per_tumour / (v.half_kill + per_tumour)
        free = (density * v.car_per_cell - v.complexes) * (v.tumour * v.bcma_per_cell - v.complexes)
        relative = v.tumour / v.tumour_at_infusion

        for cells in ("effector", "memory"):
            yield Flow(
                f"to marrow, {cells}", f"blood_{cells}", f"marrow_{cells}", v.to_marrow * getattr(v, f"blood_{cells}")
            )
            yield Flow(
                f"to blood, {cells}", f"marrow_{cells}", f"blood_{cells}", v.to_blood * getattr(v, f"marrow_{cells}")
            )
        yield Flow("loss of effectors", out_of="blood_effector", rate=v.effector_lost * v.blood_effector)
        yield Flow("loss of memory", out_of="blood_memory", rate=v.memory_lost * v.blood_memory)
        yield Flow("expansion", into="marrow_effector", rate=expansion * v.marrow_effector)
        yield Flow("becoming memory", "marrow_effector", "marrow_memory", v.to_memory * v.marrow_effector)
        yield Change("complexes", v.meeting * free - v.unbinding * v.complexes, "binding and unbinding")
        yield Flow("growth", into="tumour", rate=v.tumour_growth * v.tumour)
        yield Flow("killing", out_of="tumour", rate=kill * v.tumour)
        yield Flow(
            "M-protein made",
            into="m_protein",
            rate=v.m_protein_made * v.tumour_at_infusion * relative**v.m_protein_power,
        )
        yield Flow("M-protein lost", out_of="m_protein", rate=v.m_protein_lost * v.m_protein)
        yield Flow("BCMA shed", into="soluble_bcma", rate=v.bcma_made * v.tumour_at_infusion * relative**v.bcma_power)
        yield Flow("BCMA lost", out_of="soluble_bcma", rate=v.bcma_lost * v.soluble_bcma)

    def published(self, v: Any) -> dict[str, object]:
        start = v.m_protein_made * v.tumour_at_infusion / v.m_protein_lost
        return {
            "transgene": v.copies * (v.blood_effector + v.blood_memory) / v.blood_volume,
            "m_protein_left": v.m_protein / start,
            "tumour_left": v.tumour / v.tumour_at_infusion,
        }
