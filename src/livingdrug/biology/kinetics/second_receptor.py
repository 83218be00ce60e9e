"""A second binder of the same product, for another antigen: what a tandem or bicistronic receptor has besides."""

from __future__ import annotations

from livingdrug.model import Module, Param


class SecondReceptor(Module):
    """A second binding domain, in the same receptor (tandem) or in one of its own (bicistronic): either antigen is
    enough to be killed (an OR gate). A tumour whose cells are told apart by two antigens reads it; others do not.

    Leaves out: competition of the two binders for room on the cell, both at once binding more strongly, signals that
    add up, two products mixed, healthy cells that bear the second antigen alone.
    """

    role = "second_receptor"

    half_density = Param("molecule/cell", "EC50: density of the second antigen giving half the kill")
    density_power = Param("1", "Hill coefficient of that kill in density")
