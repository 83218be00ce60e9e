"""Plausible values around a fit: draws from the Laplace approximation at the optimum, each kept by its true loss.

On logarithms of the free values. The covariance is the inverse of S'S, S the slopes of the distances at the optimum,
those of the prior among them. A draw whose loss, simulated anew, is too high is halved towards the optimum until it is
not. Where an earlier fit has an ensemble, set k is drawn with that ensemble's set k in place, around the point to which
one Gauss-Newton step then leads: what the earlier fit left open moves the later one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from livingdrug.engine.plan import Floats
from livingdrug.fit.descend import BENT, End, loss

SETS = 12
INSIDE = 0.95  # share of a Gaussian posterior whose loss is no further from its lowest: a chi-squared quantile
HALVINGS = 6  # of a draw; then the set stays at its centre

Distances = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Draw:
    """One set. values (free,): logarithms; loss there; kept: share of the drawn step."""

    values: Floats
    loss: float
    kept: float


def within(free: int) -> float:
    """How much more than at the lowest point the loss of a set may be, with so many free values."""
    from scipy.special import chdtri

    return float(chdtri(free, 1 - INSIDE))


def draws(distances_of: Callable[[int], Distances], end: End, seed: int, sets: int = SETS) -> Iterator[Draw]:
    """The sets, one after the other. distances_of: set -> the distances, with what earlier fits say in that set."""
    triangle = np.linalg.cholesky(np.linalg.inv(end.slopes.T @ end.slopes))
    for k in range(sets):
        normal = np.random.default_rng([seed, k]).standard_normal(len(end.values))
        yield _draw(distances_of(k), end, triangle @ normal)


def _draw(distances: Distances, end: End, step: Floats) -> Draw:
    centre, lowest = _centre(distances, end)
    for halvings in range(HALVINGS):
        kept = 0.5**halvings
        found = loss(distances(centre + kept * step))
        if found <= lowest + within(len(step)):
            return Draw(centre + kept * step, found, kept)
    return Draw(centre, lowest, 0.0)


def _centre(distances: Distances, end: End) -> tuple[Floats, float]:
    """The lowest point known in this set, and its loss: the optimum, or one step from it."""
    here = distances(end.values)
    lowest = loss(here)
    if np.allclose(here, end.distances, rtol=1e-9, atol=1e-9):
        return end.values, lowest
    weight = np.where(np.abs(here) < BENT, 1.0, BENT / np.maximum(np.abs(here), BENT))
    matrix, right = (end.slopes.T * weight) @ end.slopes, (end.slopes.T * weight) @ (here - end.distances)
    to = end.values - np.linalg.solve(matrix, right)
    there = loss(distances(to))
    return (to, there) if there < lowest else (end.values, lowest)
