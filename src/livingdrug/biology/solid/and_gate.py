"""Two antigens, both of which are needed: an AND gate over the antigen classes of a solid tumour."""

from __future__ import annotations

from typing import Any

from livingdrug.biology.solid import CLASSES, named
from livingdrug.model import Module, Multiplies, Param


class AndGate(Module):
    """A class of tumour cells is held by as much of its antigen as the share of its cells with the second one allows.

    Leaves out: how long a synthetic receptor takes to call the second, healthy cells that are spared by it.
    """

    role = "gate"

    for k in CLASSES:
        vars()[f"second_{k}"] = Param("1", f"share of class {k} with the second antigen", most=1)
        vars()[f"only_{k}"] = Multiplies(f"tumour.only_{k}")
    del k

    def contributes(self, v: Any) -> dict[str, Any]:
        return {f"only_{k}": named(v, "second", k) for k in CLASSES}
