"""The cells as columns (a structure of arrays): who they are, where, in what state, and whom a CAR-T holds."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


class Columns(NamedTuple):
    """One array for each thing that is known of a cell; (cells,) unless said otherwise."""

    number: Integers  # never given twice: what random numbers hang on
    kind: NDArray[np.int8]  # law.TUMOUR, law.CAR_T
    state: NDArray[np.int8]  # law.ALIVE, ...
    place: Floats  # x, y, z, radius [um] (cells, 4)
    moved: Floats  # the same after the step that is being made
    start: Floats  # x, y, z when the table of neighbours was made [um] (cells, 3)
    old: Floats  # velocity of the step before [um/min] (cells, 3)
    heading: Floats  # own velocity of a CAR-T [um/min] (cells, 3)
    partner: NDArray[np.int32]  # where in the columns the cell stands that it is bound to, or -1
    timer: Floats  # minutes in this state, by the cell's own clock
    fluid: Floats  # volume of fluid [um^3]
    nuclear: Floats  # solid volume of the nucleus [um^3]
    cytoplasm: Floats  # solid volume of the cytoplasm [um^3]
    antigen: Floats  # level, 1 on average
    due: Floats  # minutes: a cycle at full oxygen and antigen 1; of a CAR-T the end of its life, on the run's clock
    becomes: NDArray[np.int8]  # what the last tick says is to be done with it


WIDE = {"place": 4, "moved": 4, "start": 3, "old": 3, "heading": 3}
TYPES = {"number": np.int64, "kind": np.int8, "state": np.int8, "partner": np.int32, "becomes": np.int8}


class Cells:
    """Columns of `count` cells; room is doubled when it is used up."""

    def __init__(self, room: int = 1024) -> None:
        self.count, self.given = 0, 0  # cells now; numbers given so far
        self.columns = Columns(*(_empty(name, room) for name in Columns._fields))

    def added(self, more: int) -> slice:
        """Room for more cells, numbered, bound to nobody; where they stand in the columns."""
        first, self.count = self.count, self.count + more
        room = len(self.columns.kind)
        if self.count > room:
            now = Columns(*(_empty(name, max(2 * room, self.count)) for name in Columns._fields))
            for name in Columns._fields:
                getattr(now, name)[:first] = getattr(self.columns, name)[:first]
            self.columns = now
        new = slice(first, self.count)
        for column in self.columns:
            column[new] = 0
        self.columns.number[new] = np.arange(self.given, self.given + more)
        self.columns.partner[new] = -1
        self.given += more
        return new

    def arrange(self, order: NDArray[np.intp]) -> None:
        """Keeps the cells at these places, in this order; the others are gone, and nobody is bound to them."""
        left = len(order)
        now_at = np.full(self.count + 1, -1, np.int32)
        now_at[order] = np.arange(left, dtype=np.int32)
        for column in self.columns:
            column[:left] = column[order]
        self.count = left
        partner = self.columns.partner[:left]
        partner[:] = now_at[partner]  # -1 asks for the last entry, which is -1

    def move(self) -> None:
        """The places after the step become the places."""
        c = self.columns
        self.columns = c._replace(place=c.moved, moved=c.place)

    def of(self, name: str) -> NDArray[Any]:
        """A column of the cells that there are."""
        column: NDArray[Any] = getattr(self.columns, name)[: self.count]
        return column


def _empty(name: str, room: int) -> NDArray[Any]:
    return np.zeros((room, WIDE[name]) if name in WIDE else room, TYPES.get(name, np.float64))
