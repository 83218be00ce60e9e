"""Transduction: how many cells bear the receptor, in how many copies, and how densely."""

from __future__ import annotations

from typing import Any

from livingdrug.biology.manufacture import Step
from livingdrug.model import Derived, Param
from livingdrug.model.math import exp, log


def untouched(v: Any) -> Any:
    """Susceptible cells without an integration [1]: the zero of a negative binomial distribution."""
    return exp(-v.dispersion * log(1 + v.integrations * v.lot_titre / v.dispersion))


class Transduction(Step):
    """Integrations are over-dispersed between cells (negative binomial), for some are more easily infected: at the same
    share of cells with the receptor there are more copies in them than by Poisson. The receptor stands as densely on a
    cell as it has copies; where it is sparser, a target needs more antigen for the same kill.

    Leaves out: loss of cells to the vector, silencing, place of integration, density within one lot.
    """

    role = "transduction"
    each_lot = ("lot_titre",)
    columns = {"car_positive": "car_share", "copies_per_cell": "copies"}
    carries = {"tumour.half_density": "sparseness"}

    susceptible = Param("1", "share of the cells that can be transduced", most=1)
    integrations = Param("1", "mean integrations in a susceptible cell")
    lot_titre = Param("1", "integrations in this lot relative to the usual")
    dispersion = Param("1", "shape of the negative binomial distribution: the smaller, the more cells differ")
    usual_copies = Param("1", "copies in a cell with the receptor, in a usual lot of this product")
    density_power = Param("1", "power of the receptor's density on the antigen that gives half the kill")

    car_share = Derived("1", "share of cells with the receptor (CAR+)", lambda v: v.susceptible * (1 - untouched(v)))
    copies = Derived(
        "1",
        "copies in a cell with the receptor (VCN of CAR+ cells)",
        lambda v: v.integrations * v.lot_titre / (1 - untouched(v)),
    )
    density = Derived("1", "receptors on a cell relative to a usual lot", lambda v: v.copies / v.usual_copies)
    sparseness = Derived(
        "1",
        "antigen that gives half the kill, relative to a usual lot",
        lambda v: exp(-v.density_power * log(v.density)),
    )
