"""Two receptors, either of which suffices: an OR gate over the antigen classes of a solid tumour."""

from __future__ import annotations

from typing import Any

from livingdrug.biology.solid import CLASSES, named
from livingdrug.model import Adds, Module, Param


class OrGate(Module):
    """A class of tumour cells is held by its own antigen or by the second one, independently.

    Leaves out: weaker signals of two receptors in one cell, a second antigen lost anew, healthy cells that bear it.
    """

    role = "gate"

    for k in CLASSES:
        vars()[f"second_{k}"] = Param("1", f"what the second receptor sees of class {k}, relative to full antigen")
        vars()[f"also_{k}"] = Adds(f"tumour.also_{k}")
    del k

    def contributes(self, v: Any) -> dict[str, Any]:
        return {f"also_{k}": named(v, "second", k) for k in CLASSES}
