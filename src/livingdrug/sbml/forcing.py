"""Where what a file prescribes over time rises and falls: pulses made of max, abs or exp, without any condition.

An integrator whose states are at rest takes steps as long as it likes, and so over a pulse. By interval arithmetic none
is found by chance: a span of time that may hold more than its two ends show is halved until it does not.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from livingdrug.sbml.mathml import Look, Piece
from livingdrug.sbml.spans import Floats, Span, distinct

SHARE = 1e-3  # of the largest difference seen: what is smaller is no pulse
DEEPEST = 40  # times that a span is halved that may hold more than it shows
CURVED = 14  # times that one is halved whose curve is not straight: at a jump none ever is
WIDEST = 16_384  # spans looked at together, for each patient: beyond, the forcing moves all the time
FEW = 400  # moments of one course; more, about as far from each other, and it moves all the time
EVEN = 8.0  # times the middle length is the longest stretch of what does, which every integrator sees
MANY = 20_000  # moments of one course at most
AT_FIRST = 64
LONGER = 8.0  # times as long may one stretch be as the next
INSIDE = 0.382  # share of a span at which its curve is looked at: not its middle, about which a step may be symmetric

At = Callable[[Span, NDArray[np.int64]], Look]


def moments(piece: Piece, at: At, until: float, patients: int = 1) -> list[Floats]:
    """For each patient, moments (sorted, in (0, until)) between which the piece runs about straight.

    at: a look at spans of time of these patients. None where it moves all the time, has a
    pole, or is straight anyway.
    """
    edges = np.linspace(0.0, until, AT_FIRST + 1)
    low, high = np.tile(edges[:-1], patients), np.tile(edges[1:], patients)
    who = np.repeat(np.arange(patients), AT_FIRST)
    ends: list[tuple[NDArray[np.int64], Floats, Floats]] = []  # whose, when, and its value then
    least, most = np.full(patients, np.inf), np.full(patients, -np.inf)
    busy = np.zeros(patients, bool)
    with np.errstate(all="ignore"):
        for depth in range(DEEPEST):
            inner = low + INSIDE * (high - low)
            span = piece(at((low, high), who))
            a, b, c = (np.broadcast_to(piece(at((x, x), who))[0], low.shape) for x in (low, high, inner))
            ends += [(who, low, a), (who, high, b)]
            for value in (a, b, c):
                np.fmin.at(least, who, np.where(np.isfinite(value), value, np.nan))
                np.fmax.at(most, who, np.where(np.isfinite(value), value, np.nan))
            hidden = np.fmax(span[1] - np.fmax(a, b), np.fmin(a, b) - span[0])
            if depth < CURVED:
                hidden = np.fmax(hidden, np.abs(c - (a + INSIDE * (b - a))))
            open_ = hidden > SHARE * np.maximum(most - least, 0.0)[who]
            busy |= np.bincount(who[open_], minlength=patients) > WIDEST
            if depth == DEEPEST - 1:  # a pole, where the integration has to stop anyway
                busy[who[open_ & np.isinf(hidden)]] = True
            low, high, who = (x[open_ & ~busy[who]] for x in (low, high, who))
            if not len(low):
                break
            middle = low + 0.5 * (high - low)
            low, high, who = np.concatenate([low, middle]), np.concatenate([middle, high]), np.concatenate([who, who])
    whose, when, value = (np.concatenate(x) for x in zip(*ends, strict=True))
    found = []
    for i in range(patients):
        mine = whose == i
        found.append(np.zeros(0) if busy[i] else _bends(when[mine], value[mine], SHARE * (most[i] - least[i])))
    return found


def _bends(when: Floats, value: Floats, little: float) -> Floats:
    """The moments without which straight lines between the others would be off by more than a little."""
    when, first = np.unique(when, return_index=True)
    value = value[first]
    while len(when) > 2:
        inner = np.arange(1, len(when) - 1, 2)
        share = (when[inner] - when[inner - 1]) / (when[inner + 1] - when[inner - 1])
        line = value[inner - 1] + share * (value[inner + 1] - value[inner - 1])
        straight = np.abs(value[inner] - line) <= little
        if not straight.any():
            break
        kept = np.ones(len(when), bool)
        kept[inner[straight]] = False
        when, value = when[kept], value[kept]
    gaps = np.diff(when)
    restless = len(when) > FEW and gaps.max() <= EVEN * np.median(gaps)
    return np.zeros(0) if restless or not 2 < len(when) <= MANY else _graded(when)[1:-1]


def _graded(when: Floats) -> Floats:
    """With more moments beside short stretches, so that no long one ends at a pulse whose tail nobody would see."""
    gaps = np.diff(when)
    more = []
    for i, gap in enumerate(gaps):
        for end, way, beside in ((when[i], 1.0, gaps[:i][-1:]), (when[i + 1], -1.0, gaps[i + 1 : i + 2])):
            reach = LONGER * float(beside[0]) if len(beside) else np.inf
            while reach < 0.5 * gap:
                more.append(end + way * reach)
                reach *= LONGER
    return distinct(np.concatenate([when, more]))
