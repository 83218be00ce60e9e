"""Who is near whom: cells in boxes at least as wide as they reach, and from them a table of neighbours that stays whole
until a cell has gone farther than its skin."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from livingdrug.agents.compiled import compiled

Integers = NDArray[np.int64]


class Boxes(NamedTuple):
    """box of each cell (cells,); where each begins among `held` (boxes + 1,), cells box by box; boxes on an edge."""

    box: Integers
    begin: Integers
    held: Integers
    across: int


@compiled
def into_boxes(count, place, side, edge, across, box, begin, held):  # type: ignore[no-untyped-def]
    """Sorts cells into boxes: box of each cell (cells,), where each box begins (boxes + 1,), cells box by box."""
    begin[:] = 0
    half = 0.5 * side
    for i in range(count):
        a = min(max(int((place[i, 0] + half) / edge), 0), across - 1)
        b = min(max(int((place[i, 1] + half) / edge), 0), across - 1)
        c = min(max(int((place[i, 2] + half) / edge), 0), across - 1)
        box[i] = (c * across + b) * across + a
        begin[box[i] + 1] += 1
    for k in range(begin.shape[0] - 1):
        begin[k + 1] += begin[k]
    for i in range(count - 1, -1, -1):  # backwards, from the end of each box: the beginnings are right afterwards
        begin[box[i] + 1] -= 1
        held[begin[box[i] + 1]] = i
    for k in range(begin.shape[0] - 1):
        begin[k] = begin[k + 1]
    begin[begin.shape[0] - 1] = count


@compiled
def neighbours(first, last, c, reach, skin, sorted_in, other, many):  # type: ignore[no-untyped-def]
    """Writes the table of cells first to last, and how many each has; what the most crowded has.

    A pair is in it when it is nearer than reach times its radii and both skins. More than the table's width: not
    written. sorted_in: Boxes.
    """
    box, begin, held, across = sorted_in.box, sorted_in.begin, sorted_in.held, sorted_in.across
    place, kind, start = c.place, c.kind, c.start
    most, width = 0, other.shape[1]
    for i in range(first, last):
        x, y, z, r = place[i, 0], place[i, 1], place[i, 2], place[i, 3]
        start[i, 0], start[i, 1], start[i, 2] = x, y, z
        p, q, s = box[i] % across, box[i] // across % across, box[i] // (across * across)
        own = skin[kind[i]]
        found = 0
        for ss in range(max(s - 1, 0), min(s + 2, across)):
            for qq in range(max(q - 1, 0), min(q + 2, across)):
                row = (ss * across + qq) * across
                for k in range(begin[row + max(p - 1, 0)], begin[row + min(p + 1, across - 1) + 1]):
                    j = held[k]
                    dx, dy, dz = x - place[j, 0], y - place[j, 1], z - place[j, 2]
                    far = reach * (r + place[j, 3]) + own + skin[kind[j]]
                    if dx * dx + dy * dy + dz * dz < far * far and j != i:
                        if found < width:
                            other[i, found] = j
                        found += 1
        many[i] = min(found, width)
        most = max(most, found)
    return most


def edge_of(reach: float, widest: float, skin: float, side: float) -> tuple[float, int]:
    """Edge of a box [um] and how many lie along the cube; widest: the largest radius, skin: the largest skin [um]."""
    across = max(int(math.floor(side / (2.0 * reach * widest + 2.0 * skin))), 1)
    return side / across, across
