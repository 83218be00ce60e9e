"""Least squares by damped Gauss-Newton steps on logarithms of the free values, with slopes by central differences.

The same patients meet every set of values (common random numbers), so that a loss is a smooth function but for the
steps of shares and medians; the slopes are taken over a step that is wide beside those.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from livingdrug.engine.plan import Floats

STEP = 0.08  # of a logarithm, for the slopes
BENT = 2.0  # tolerances from which a distance counts in proportion, not squared
TRIES = 5  # dampings tried before a point counts as the lowest
ENOUGH = 0.004  # share of the loss that a step must gain


@dataclass(frozen=True)
class End:
    """Where a descent ended. values (free,): logarithms; slopes (distances, free); loss, distances there."""

    values: Floats
    loss: float
    distances: Floats
    slopes: Floats


def loss(distances: Floats) -> float:
    """The number that is made small: squares, softened beyond two tolerances."""
    d = np.abs(distances)
    return float(np.sum(np.where(d < BENT, d**2, 2 * BENT * d - BENT**2)))


def slopes(distances: Callable[[Floats], Floats], at: Floats, step: float = STEP) -> Floats:
    """Slopes (distances, free) of the distances at a point, by central differences."""
    found = []
    for i in range(len(at)):
        aside = np.zeros(len(at))
        aside[i] = step
        found.append((distances(at + aside) - distances(at - aside)) / (2 * step))
    return np.array(found).T


def descend(
    distances: Callable[[Floats], Floats], start: Floats, until: float, told: Callable[[float], None] | None = None
) -> End:
    """The lowest point found from `start` before the clock (time.monotonic) passes `until`.

    distances: of targets and of the prior (distances,) at logarithms (free,); told: called with each lower loss.
    """
    at, here, damping = start.copy(), distances(start), 0.5
    while True:
        slope = slopes(distances, at)
        found = _step(distances, at, here, slope, damping) if time.monotonic() < until else None
        if found is None:
            return End(at, loss(here), here, slope)
        enough = loss(here) - loss(found[1]) > ENOUGH * loss(here)
        at, here, damping = found
        if told:
            told(loss(here))
        if not enough:
            return End(at, loss(here), here, slopes(distances, at))


def _step(
    distances: Callable[[Floats], Floats], at: Floats, here: Floats, slope: Floats, damping: float
) -> tuple[Floats, Floats, float] | None:
    """A lower point, its distances and the damping for the next step; None when no damping finds one."""
    weight = np.where(np.abs(here) < BENT, 1.0, BENT / np.maximum(np.abs(here), BENT))
    matrix, right = (slope.T * weight) @ slope, (slope.T * weight) @ here
    for _ in range(TRIES):
        to = at - np.linalg.solve(matrix + damping * np.eye(len(at)), right)
        there = distances(to)
        if loss(there) < loss(here):
            return to, there, damping / 3
        damping *= 5
    return None
