"""Transgene copies in blood by qPCR."""

from __future__ import annotations

from typing import Any

from livingdrug.model import Module, Param, Publishes, Reads
from livingdrug.model.math import maximum


class Qpcr(Module):
    """Copies per microgram of DNA: copies per CAR-T cell, diluted by the other nucleated cells of the blood.

    So copies also move when leucocytes do, and level off when CAR-T outnumber them.
    Leaves out: blasts in blood, variation of the vector copy number between cells. Noise and limit are applied at
    visits.
    """

    role = "assay.qpcr"

    genomes = Param("cell/ug", "cells whose DNA weighs a microgram")
    vector_copies = Param("copy/cell", "vector copies in a CAR-T cell")
    limit = Param("copy/ug", "limit of quantification")
    noise = Param("1", "log-SD of the measurement")
    car_t = Reads("kinetics.blood", "cell/uL")
    leucocytes = Reads("leucocytes.wbc", "cell/uL")

    copies = Publishes("copy/ug", "transgene copies in a microgram of blood DNA")

    def published(self, v: Any) -> dict[str, Any]:
        # Blood without any cell shows none of them, not 0/0.
        return {"copies": v.genomes * v.vector_copies * v.car_t / (v.car_t + maximum(v.leucocytes, 1e-300))}
