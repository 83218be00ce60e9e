"""A ball of tissue in concentric shells: what a mechanism declares that differs from place to place in it.

A mechanism says what happens in one place, in ordinary arithmetic; the engine repeats it in every shell and moves cells
and substances between them. Evaluated outside the engine, the tissue is one shell: well mixed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from livingdrug.model.declare import Declared, Formula, State
from livingdrug.model.math import maximum

SHELLS = 40
LEAST = 1000.0  # volume below which a tissue is not followed, about that of one cell [um^3]


class Tissue(Declared):
    """A ball of tissue, as large as its cells need, in shells of equal thickness. `v.NAME` is a `Place` in it."""

    def __init__(self, doc: str, shells: int = SHELLS) -> None:
        if shells < 1:
            raise ValueError("a tissue has one shell or more")
        self.unit, self.doc, self.shells = "um^3", doc, shells


class Field(State):
    """Cells that are in every shell of the module's tissue, at first spread evenly; its value is that of one shell.

    takes: tissue that each cell takes up [um^3/cell], a formula of patient constants; 0: it fits between the others.
    Growth pushes all fields outwards. drift: own speed outwards [um/day]; spread: diffusion [um^2/day]; room: share of
    what moves on its own that a place lets in [1]; all formulas of the place.
    """

    def __init__(
        self,
        unit: str,
        doc: str,
        start: float | Formula = 0.0,
        takes: Formula | None = None,
        drift: Formula | None = None,
        spread: Formula | None = None,
        room: Formula | None = None,
    ) -> None:
        super().__init__(unit, doc, start)
        self.takes, self.drift, self.spread, self.room = takes, drift, spread, room

    @property
    def formulas(self) -> dict[str, Formula]:
        """What is given of `takes`, `drift`, `spread` and `room`."""
        return _given(self, "takes", "drift", "spread", "room")

    @property
    def moves(self) -> bool:
        """Whether it moves on its own, beside being pushed."""
        return self.drift is not None or self.spread is not None


class Substance(Declared):
    """What diffuses so fast that in every shell as much comes as goes: 0 = D lap(c) + gain - loss c.

    spread: D [um^2/day], a formula of patient constants; gain [unit/day] and loss [1/day]: formulas of the place;
    outside [unit]: far outside; resistance [um]: of what lies between surface and outside, as a layer of the tissue.
    """

    def __init__(
        self,
        unit: str,
        doc: str,
        spread: Formula,
        loss: Formula,
        gain: Formula | None = None,
        outside: Formula | None = None,
        resistance: Formula | None = None,
    ) -> None:
        self.unit, self.doc = unit, doc
        self.spread, self.loss, self.gain, self.outside, self.resistance = spread, loss, gain, outside, resistance

    @property
    def formulas(self) -> dict[str, Formula]:
        """What is given of `spread`, `gain`, `loss`, `outside` and `resistance`."""
        return _given(self, "spread", "gain", "loss", "outside", "resistance")


class Total(Declared):
    """A quantity of the whole tissue: the sum over its shells of a formula of the place. It is published."""

    def __init__(self, unit: str, doc: str, of: Formula) -> None:
        self.unit, self.doc, self.of = unit, doc, of

    @property
    def formulas(self) -> dict[str, Formula]:
        """The summand."""
        return {"of": self.of}


@dataclass(frozen=True)
class Place:
    """A shell. volume: its own [um^3]; share: of the tissue's volume [1]; depth: of its middle below the surface [um];
    radius: of the tissue [um]; surface: 1 in the outermost shell, else 0."""

    volume: Any
    share: Any
    depth: Any
    radius: Any
    surface: Any


PLACE = tuple(Place.__dataclass_fields__)


def well_mixed(volume: Any) -> Place:
    """The only shell of a tissue of one."""
    volume = maximum(volume, LEAST)
    radius = (0.75 / math.pi * volume) ** (1.0 / 3.0)
    return Place(volume, 1.0, 0.5 * radius, radius, 1.0)


def balanced(place: Place, spread: Any, gain: Any, loss: Any, outside: Any, resistance: Any) -> Any:
    """The level of a substance in the only shell of a tissue: what comes through the surface and arises is lost."""
    exchange = 4.0 * math.pi * place.radius**2 * spread / (0.5 * place.radius + resistance) / place.volume
    return (gain + exchange * outside) / (loss + exchange)


def _given(d: Declared, *names: str) -> dict[str, Formula]:
    return {n: getattr(d, n) for n in names if getattr(d, n) is not None}
