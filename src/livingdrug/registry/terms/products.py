"""Named CAR products: which antigen, whose cells, which costimulation, and where that was read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from livingdrug.registry.terms.synonyms import Finder, library


@dataclass(frozen=True)
class Product:
    """One named CAR product of the library; empty means not stated."""

    name: str
    also: tuple[str, ...]
    targets: tuple[str, ...]
    cells: str
    """autologous T, allogeneic NK, in vivo, ..."""
    costimulation: str
    generation: str
    recalled: tuple[str, ...]
    """the entries of the row that were not read at a source: target, cells, name X"""
    source: str
    structure_source: str

    def row(self, entry: str) -> str:
        """The row as evidence for one of its entries (target, cells, structure)."""
        said = {
            "target": " and ".join(self.targets),
            "cells": self.cells,
            "structure": f"{self.costimulation}, generation {self.generation}",
        }[entry]
        source = self.structure_source if entry == "structure" else self.source
        return f"product table: {self.name}, {said} ({'recalled, not read' if entry in self.recalled else source})"

    def confidence(self, entry: str) -> str:
        """How firmly an entry stands: high where it was read at a source."""
        return "medium" if entry in self.recalled else "high"


@lru_cache
def products() -> dict[str, Product]:
    """The product table by name."""
    return {
        row["name"]: Product(
            row["name"], tuple(row["also"]), tuple(row["target"]), row["cells"], row.get("costimulation", ""),
            str(row.get("generation", "")), tuple(row.get("recalled", ())), row.get("source", ""),
            row.get("structure_source", ""),
        )
        for row in library("products")["product"]
    }  # fmt: skip


@lru_cache
def _finder() -> Finder:
    return Finder((form, p.name) for p in products().values() for form in (p.name, *p.also))


def named_in(text: str) -> list[tuple[Product, int, int]]:
    """The products a text names, with the place of each name."""
    return [(products()[name], begin, end) for name, begin, end in _finder().find(text)]
