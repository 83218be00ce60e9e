"""Random numbers of one cell at one moment for one purpose: a pure function of these, so that neither threads nor the
order of cells can change them. The generator is that of `livingdrug.rng`, compiled."""

from __future__ import annotations

import math

import numpy as np

from livingdrug.agents.compiled import compiled

STREAM = "agents"
TURN, HEADING, BINDING, FATE, ANOXIA, AXIS, CYCLE, PLACE, ANTIGEN, LIFE = range(10)  # purposes
PURPOSES = 16

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _HALF, _UP, _DOWN = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(20), np.uint64(12)


@compiled
def uniforms(key, cell, moment, purpose):  # type: ignore[no-untyped-def]
    """Two numbers in (0, 1) for a cell (by its number), a moment (a count of beats) and a purpose."""
    who, when = np.uint64(cell), np.uint64(moment * PURPOSES + purpose)
    c0, c1, c2, c3 = who & _LOW, who >> _HALF, when & _LOW, when >> _HALF
    k0, k1 = np.uint64(key) & _LOW, np.uint64(key) >> _HALF
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ k0, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ k1, p0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    first = (float((c0 << _UP) | (c1 >> _DOWN)) + 0.5) * 2.0**-52
    return first, (float((c2 << _UP) | (c3 >> _DOWN)) + 0.5) * 2.0**-52


@compiled
def normal(key, cell, moment, purpose):  # type: ignore[no-untyped-def]
    """A standard normal number (Box and Muller)."""
    u, w = uniforms(key, cell, moment, purpose)
    return math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * w)


@compiled
def direction(key, cell, moment, purpose):  # type: ignore[no-untyped-def]
    """A direction, evenly on the sphere."""
    u, w = uniforms(key, cell, moment, purpose)
    z = 2.0 * u - 1.0
    across, angle = math.sqrt(max(1.0 - z * z, 0.0)), 2.0 * math.pi * w
    return across * math.cos(angle), across * math.sin(angle), z
