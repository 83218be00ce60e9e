"""What a tumour cell does by itself: it swells and shrinks, divides when its timer has run, dies of want of oxygen."""

from __future__ import annotations

import math

from livingdrug.agents.chance import ANOXIA, AXIS, CYCLE, direction, normal, uniforms
from livingdrug.agents.compiled import compiled, inlined
from livingdrug.agents.law import ALIVE, APOPTOTIC, CAR_T, LYSED, SWELLING, TUMOUR

STAYS, DIVIDES, DIES, GOES = 0, 1, 2, 3  # what becomes of a cell in a tick


@inlined
def radius_of(volume):  # type: ignore[no-untyped-def]
    """Of a sphere [um] of a volume [um^3]."""
    return (0.75 / math.pi * volume) ** (1.0 / 3.0)


@inlined
def change(c, i, watery, nucleus, body, fluid_rate, nucleus_rate, body_rate, dt):  # type: ignore[no-untyped-def]
    """A cell's volumes relax for a tick: fluid to a share of the whole, solids to volumes [um^3]; rates [1/min]."""
    total = c.fluid[i] + c.nuclear[i] + c.cytoplasm[i]
    c.fluid[i] = max(c.fluid[i] + dt * fluid_rate * (watery * total - c.fluid[i]), 0.0)
    c.nuclear[i] = nucleus + (c.nuclear[i] - nucleus) * math.exp(-nucleus_rate * dt)
    c.cytoplasm[i] = body + (c.cytoplasm[i] - body) * math.exp(-body_rate * dt)


@compiled
def tick(first, last, dt, key, moment, clock, oxygen, c, n):  # type: ignore[no-untyped-def]
    """One tick of the cells' own clocks, for cells first to last; `becomes` says what is to be done with each.

    dt, clock: length of the tick and the run's time [min]; oxygen: where each cell lies [mmHg]; c: Columns; n: Numbers.
    A tumour cell's clock stands while a CAR-T holds it, as does everything else in it.
    """
    solid = n.nucleus * (1.0 - n.fluid)
    body = (n.volume - n.nucleus) * (1.0 - n.fluid)
    for i in range(first, last):
        c.becomes[i] = STAYS
        if c.kind[i] == CAR_T and c.state[i] == ALIVE:
            if clock >= c.due[i]:
                c.becomes[i] = DIES
            continue
        if c.kind[i] == TUMOUR and c.partner[i] >= 0:
            continue
        c.timer[i] += dt
        if c.state[i] == ALIVE:
            want = min(max((n.anoxia_from - oxygen[i]) / (n.anoxia_from - n.anoxia_full), 0.0), 1.0)
            if want > 0.0 and uniforms(key, c.number[i], moment, ANOXIA)[0] < dt * n.anoxia * want:
                c.state[i], c.timer[i] = SWELLING, 0.0
                continue
            change(c, i, n.fluid, solid, body, n.fluid_rate, n.nucleus_rate, n.cytoplasm_rate, dt)
            pace = c.antigen[i] * min(max((oxygen[i] - n.oxygen_low) / (n.oxygen_full - n.oxygen_low), 0.0), 1.0)
            if c.timer[i] * pace > c.due[i]:
                c.becomes[i] = DIVIDES
        elif c.state[i] == APOPTOTIC:
            change(c, i, 0.0, 0.0, 0.0, n.apoptotic_fluid, n.apoptotic_nucleus, n.apoptotic_cytoplasm, dt)
            if c.timer[i] > n.apoptosis:
                c.becomes[i] = GOES
        elif c.state[i] == SWELLING:
            change(c, i, 1.0, 0.0, 0.0, n.swelling_fluid, n.swelling_nucleus, n.swelling_cytoplasm, dt)
            if c.fluid[i] + c.nuclear[i] + c.cytoplasm[i] >= n.burst * n.volume:
                c.state[i], c.timer[i] = LYSED, 0.0
        else:
            change(c, i, 0.0, 0.0, 0.0, n.lysed_fluid, n.lysed_nucleus, n.lysed_cytoplasm, dt)
            if c.timer[i] > n.lysis:
                c.becomes[i] = GOES
        c.place[i, 3] = radius_of(max(c.fluid[i] + c.nuclear[i] + c.cytoplasm[i], 1.0))


@compiled
def divide(mothers, first, key, moment, c, n):  # type: ignore[no-untyped-def]
    """Each mother (their places in the columns) becomes two halves; daughters stand in the columns from `first` on.

    They lie on an axis drawn for the mother, half her radius on each side of where she was.
    """
    for k in range(mothers.shape[0]):
        i, j = mothers[k], first + k
        x, y, z = direction(key, c.number[i], moment, AXIS)
        away = 0.5 * c.place[i, 3]
        c.fluid[i] *= 0.5
        c.nuclear[i] *= 0.5
        c.cytoplasm[i] *= 0.5
        c.place[i, 3] = radius_of(c.fluid[i] + c.nuclear[i] + c.cytoplasm[i])
        c.kind[j], c.state[j], c.antigen[j] = c.kind[i], c.state[i], c.antigen[i]
        c.fluid[j], c.nuclear[j], c.cytoplasm[j] = c.fluid[i], c.nuclear[i], c.cytoplasm[i]
        c.old[j] = c.old[i]
        c.place[j] = c.place[i]
        for a, t in enumerate((x, y, z)):
            c.place[i, a] += away * t
            c.place[j, a] -= away * t
        for a in (i, j):
            c.timer[a] = 0.0
            c.due[a] = cycle(key, c.number[a], moment, n)


@compiled
def cycle(key, number, moment, n):  # type: ignore[no-untyped-def]
    """Minutes that a cell's cycle takes at full oxygen and antigen 1."""
    return max(n.cycle + n.cycle_sd * normal(key, number, moment, CYCLE), 1e-3)
