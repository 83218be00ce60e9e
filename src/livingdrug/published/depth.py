"""What is in a tissue from its middle to its surface, at a few moments of a course."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.published.compiled import observed
from livingdrug.published.entry import Published
from livingdrug.published.integrate import Dose

if TYPE_CHECKING:
    from livingdrug.plot.marks import Panel

Floats = NDArray[np.float64]
PER_MM3 = 1e9  # um^3 in a mm^3


@dataclass(frozen=True)
class Depth:
    """days (D,); radius (D,) of the tissue [um]; density: cells of each layer [cell/mm^3] (D, shells), from the middle
    outwards; of: what each layer is, in words."""

    days: Floats
    radius: Floats
    density: dict[str, Floats]
    of: dict[str, str]

    def middles(self, moment: int) -> Floats:
        """Distance of the middle of each shell from that of the tissue [um]."""
        shells = next(iter(self.density.values())).shape[1]
        return self.radius[moment] * (np.arange(shells) + 0.5) / shells

    def panels(self) -> list[Panel]:
        """A panel for each layer, with a line for each moment."""
        from livingdrug.plot import ticks
        from livingdrug.plot.marks import DASHES, Line, Panel

        x = replace(ticks.linear(0.0, float(self.radius.max())), label="µm from the middle")
        found = []
        for name, density in self.density.items():
            most = 2.0 * max(float(density.max()), 1.0)
            y = ticks.decades(most / 1e5, most, least="fewer", label="cells/mm³")
            lines = [
                Line(self.middles(i), density[i], dash=DASHES[i % len(DASHES)], name=f"day {day:.3g}")
                for i, day in enumerate(self.days)
            ]
            found.append(Panel(x, y, tuple(lines), self.of[name]))
        return found


def by_depth(model: Published, constants: Mapping[str, Any], doses: Sequence[Dose], days: Floats) -> Depth:
    """The layers that the model's file names, at these days."""
    said, tissue = model.said.by_depth, model.model.tissue
    assert said is not None
    shells = range(model.model.declared[tissue].shells)  # type: ignore[attr-defined, index]
    inside = [p for layer in said.layers.values() for p in layer.fields]
    found = observed(model.model, constants, doses, days, [said.radius, *(f"{p}[{s}]" for p in inside for s in shells)])
    radius = found[said.radius]
    share = (3 * np.arange(len(shells)) ** 2 + 3 * np.arange(len(shells)) + 1) / len(shells) ** 3
    volume = 4 / 3 * np.pi * radius[:, None] ** 3 * share
    density = {
        name: sum(np.stack([found[f"{p}[{s}]"] for s in shells], axis=1) for p in layer.fields) / volume * PER_MM3
        for name, layer in said.layers.items()
    }
    return Depth(days, radius, density, {name: layer.of for name, layer in said.layers.items()})
