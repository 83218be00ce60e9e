"""What diffuses around the cells, on voxels of a cube: solved by successive over-relaxation from the last solution.

The balance of a voxel: spread times the Laplacian of u, less decay u, less use u, plus given; `still` [1/min] is one
over the time step where a field takes time (implicit Euler), 0 where it is in balance at each moment.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from livingdrug.agents.compiled import compiled

Floats = NDArray[np.float64]


class Medium(NamedTuple):
    """spread [um^2/min], decay [1/min] of a field; voxel [um]; held: whether the outermost voxels keep their value."""

    spread: float
    decay: float
    voxel: float
    held: bool


class Terms(NamedTuple):
    """use [1/min], what is given [1/min], and the field before the step, all like the field; still [1/min]."""

    use: Floats
    given: Floats
    before: Floats
    still: float


@compiled
def sweep(colour, first, last, u, terms, medium, omega):  # type: ignore[no-untyped-def]
    """Over-relaxes the voxels of one colour of planes first to last; the largest change. Faces: held, or closed."""
    use, given, before, still = terms.use, terms.given, terms.before, terms.still
    across = u.shape[0]
    d = medium.spread / (medium.voxel * medium.voxel)
    edge = 1 if medium.held else 0
    largest = 0.0
    for i in range(max(first, edge), min(last, across - edge)):
        for j in range(edge, across - edge):
            for k in range(edge + (i + j + edge + colour) % 2, across - edge, 2):
                if medium.held or (0 < i < across - 1 and 0 < j < across - 1 and 0 < k < across - 1):
                    around = (
                        u[i - 1, j, k]
                        + u[i + 1, j, k]
                        + u[i, j - 1, k]
                        + u[i, j + 1, k]
                        + u[i, j, k - 1]
                        + u[i, j, k + 1]
                    )
                    sides = 6.0
                else:
                    around, sides = 0.0, 0.0
                    if i > 0:
                        around, sides = around + u[i - 1, j, k], sides + 1.0
                    if i < across - 1:
                        around, sides = around + u[i + 1, j, k], sides + 1.0
                    if j > 0:
                        around, sides = around + u[i, j - 1, k], sides + 1.0
                    if j < across - 1:
                        around, sides = around + u[i, j + 1, k], sides + 1.0
                    if k > 0:
                        around, sides = around + u[i, j, k - 1], sides + 1.0
                    if k < across - 1:
                        around, sides = around + u[i, j, k + 1], sides + 1.0
                new = (d * around + given[i, j, k] + still * before[i, j, k]) / (
                    d * sides + medium.decay + use[i, j, k] + still
                )
                change = omega * (new - u[i, j, k])
                u[i, j, k] += change
                largest = max(largest, abs(change))
    return largest


@compiled
def deposit(count, place, amount, side, voxel, into):  # type: ignore[no-untyped-def]
    """Adds each cell's amount (cells,) to the voxel in which it lies."""
    across = into.shape[0]
    for c in range(count):
        i = min(max(int((place[c, 0] + 0.5 * side) / voxel), 0), across - 1)
        j = min(max(int((place[c, 1] + 0.5 * side) / voxel), 0), across - 1)
        k = min(max(int((place[c, 2] + 0.5 * side) / voxel), 0), across - 1)
        into[i, j, k] += amount[c]


@compiled
def at(count, place, side, voxel, u, found):  # type: ignore[no-untyped-def]
    """The field where each cell lies (cells,)."""
    across = u.shape[0]
    for c in range(count):
        i = min(max(int((place[c, 0] + 0.5 * side) / voxel), 0), across - 1)
        j = min(max(int((place[c, 1] + 0.5 * side) / voxel), 0), across - 1)
        k = min(max(int((place[c, 2] + 0.5 * side) / voxel), 0), across - 1)
        found[c] = u[i, j, k]


@compiled
def split(u, left, dt, face, medium, into, back):  # type: ignore[no-untyped-def]
    """One step of a field with held faces as published codes take it: implicit along x, along y, along z, then cells
    take up what leaves the share `left` in each voxel.

    Not the balance: what is left right after the uptake, with the error of splitting, of the order of dt. into, back:
    room for a line's elimination (voxels,).
    """
    n = u.shape[0]
    a = medium.spread * dt / (medium.voxel * medium.voxel)
    own = 1.0 + 2.0 * a + dt * medium.decay / 3.0
    into[0] = own - a
    for i in range(1, n):
        into[i] = (own - a if i == n - 1 else own) - a * a / into[i - 1]
    for i in range(n):
        back[i], into[i] = a / into[i], 1.0 / into[i]
    hold(u, face)
    first_axis(u.reshape(n, n * n), a, into, back)
    hold(u, face)
    for i in range(n):
        first_axis(u[i], a, into, back)
    hold(u, face)
    for i in range(n):
        for j in range(n):
            last_axis(u[i, j], a, into, back)
    hold(u, face)
    for i in range(n):
        for j in range(n):
            for k in range(n):
                u[i, j, k] *= left[i, j, k]


@compiled
def first_axis(u, a, into, back):  # type: ignore[no-untyped-def]
    """Solves the lines along the first of two axes, side by side."""
    n, lines = u.shape
    for k in range(lines):
        u[0, k] *= into[0]
    for i in range(1, n):
        for k in range(lines):
            u[i, k] = (u[i, k] + a * u[i - 1, k]) * into[i]
    for i in range(n - 2, -1, -1):
        for k in range(lines):
            u[i, k] += back[i] * u[i + 1, k]


@compiled
def last_axis(line, a, into, back):  # type: ignore[no-untyped-def]
    """Solves one line."""
    line[0] *= into[0]
    for k in range(1, line.shape[0]):
        line[k] = (line[k] + a * line[k - 1]) * into[k]
    for k in range(line.shape[0] - 2, -1, -1):
        line[k] += back[k] * line[k + 1]


@compiled
def hold(u, face):  # type: ignore[no-untyped-def]
    """The outermost voxels have this value."""
    end = u.shape[0] - 1
    for i in range(end + 1):
        for j in range(end + 1):
            u[0, i, j] = u[end, i, j] = u[i, 0, j] = u[i, end, j] = u[i, j, 0] = u[i, j, end] = face


def voxels(side: float, voxel: float, value: float) -> Floats:
    """A field of one value over the cube, (voxels, voxels, voxels)."""
    across = round(side / voxel)
    return np.full((across, across, across), value)
