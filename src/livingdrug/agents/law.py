"""How cells push and hold one another, and move: the force law of PhysiCell [ghaffarizadeh2018], from its equation.

Cells i and j at distance d have radii that add up to R, and reach S = reach * R. The velocity that j gives i is, along
the line away from j, repulsion (1 - d/R)^2 where d < R, less adhesion (1 - d/S)^2 where d < S; coefficients of two
kinds of cells are the geometric means of theirs.
"""

from __future__ import annotations

import math

from livingdrug.agents.compiled import compiled, inlined, reassociated

TUMOUR, CAR_T = 0, 1  # kinds of cells
ALIVE, APOPTOTIC, SWELLING, LYSED = 0, 1, 2, 3  # states of cells
CLOSEST = 1e-5  # um; cells in one place are taken to be so far apart


@inlined
def pair(d, both, reach, repulsion, adhesion):  # type: ignore[no-untyped-def]
    """Velocity [um/min] that one of two cells has from the other at distance d, away from it; both: R [um]."""
    v = 0.0
    if d < both:
        v = repulsion * (1.0 - d / both) * (1.0 - d / both)
    far = reach * both
    if d < far:
        v -= adhesion * (1.0 - d / far) * (1.0 - d / far)
    return v


@compiled
def velocity(d, both, reach, repulsion, adhesion):  # type: ignore[no-untyped-def]
    """`pair`, for whoever asks from Python."""
    return pair(d, both, reach, repulsion, adhesion)


@reassociated
def step(first, last, dt, c, other, many, skin, n):  # type: ignore[no-untyped-def]
    """Moves cells first to last by one step of Adams and Bashforth; whether the table of neighbours is still whole.

    c: Columns, of which `place` is read, `moved` and `old` are written; other: the table (cells, width), of which the
    first `many` count; skin: how far each kind may go before it is made anew [um]; n: Numbers. The law is written
    without branches, with one root and one division, as `pair` is not; a test compares the two.
    """
    place, kind, moved, old, start = c.place, c.kind, c.moved, c.old, c.start
    whole = True
    mixed = math.sqrt(n.repulsion * n.car_t_repulsion)
    half, reach, back = 0.5 * n.side, n.reach, 1.0 / n.reach
    for i in range(first, last):
        x, y, z, r = place[i, 0], place[i, 1], place[i, 2], place[i, 3]
        car_t = kind[i] == CAR_T
        push = (mixed, n.car_t_repulsion) if car_t else (n.repulsion, mixed)
        hold = 0.0 if car_t else n.adhesion
        vx = vy = vz = 0.0
        if not car_t:
            for k in range(many[i]):
                j = other[i, k]
                dx, dy, dz, both = x - place[j, 0], y - place[j, 1], z - place[j, 2], r + place[j, 3]
                d = math.sqrt(dx * dx + dy * dy + dz * dz + CLOSEST * CLOSEST)
                over = 1.0 / (both * d)
                inside, near = max(both - d, 0.0) * d * over, max(reach * both - d, 0.0) * back * d * over
                mine = kind[j] == TUMOUR
                v = (push[0] if mine else push[1]) * inside * inside - (hold if mine else 0.0) * near * near
                v *= both * over
                vx += v * dx
                vy += v * dy
                vz += v * dz
        elif c.state[i] == ALIVE:
            for k in range(many[i]):
                j = other[i, k]
                dx, dy, dz, both = x - place[j, 0], y - place[j, 1], z - place[j, 2], r + place[j, 3]
                d = math.sqrt(dx * dx + dy * dy + dz * dz + CLOSEST * CLOSEST)
                v = pair(d, both, reach, push[0] if kind[j] == TUMOUR else push[1], 0.0) / d
                if kind[j] == TUMOUR and n.pull_from < d < n.pull_to:
                    v -= n.pull
                vx += v * dx
                vy += v * dy
                vz += v * dz
            if c.partner[i] < 0:
                vx += c.heading[i, 0]
                vy += c.heading[i, 1]
                vz += c.heading[i, 2]
        x += dt * (1.5 * vx - 0.5 * old[i, 0])
        y += dt * (1.5 * vy - 0.5 * old[i, 1])
        z += dt * (1.5 * vz - 0.5 * old[i, 2])
        old[i, 0], old[i, 1], old[i, 2] = vx, vy, vz
        gone2 = (x - start[i, 0]) ** 2 + (y - start[i, 1]) ** 2 + (z - start[i, 2]) ** 2
        may = skin[kind[i]]
        whole = whole and gone2 <= may * may
        moved[i, 0] = x - n.side * math.floor((x + half) / n.side)
        moved[i, 1] = y - n.side * math.floor((y + half) / n.side)
        moved[i, 2] = z - n.side * math.floor((z + half) / n.side)
        moved[i, 3] = r
    return whole
