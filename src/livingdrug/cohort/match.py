"""Weights of candidates so that they match a published baseline: entropy balancing (Hainmueller 2012, Polit Anal
20:25), the weights nearest to equal ones under which every published row holds.

A row is a number of each candidate whose weighted mean is published: a property over its spread (mean), or whether it
holds (a share; of a median: lies at or below it, which half do).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import ScenarioError
from livingdrug.spec.population import Baseline

Floats = NDArray[np.float64]
STEPS, NEAR = 100, 1e-7
LEAST = 0.02  # effective share of the candidates below which a match rests on a handful of them


@dataclass(frozen=True)
class Matched:
    """rows: as published; tilt: of each row; most: the largest weight of the candidates looked at; effective: their
    effective sample size over their number."""

    rows: tuple[Baseline, ...]
    tilt: Floats
    most: float
    effective: float

    def chance(self, properties: Mapping[str, Floats]) -> Floats:
        """How likely each candidate (n,) is to be taken: the weight beside the largest."""
        weight: Floats = np.exp(features(self.rows, properties) @ self.tilt) / self.most
        return np.minimum(weight, 1.0)


def features(rows: Sequence[Baseline], properties: Mapping[str, Floats]) -> Floats:
    """What each row asks of each candidate (n, rows), less what is published."""
    return np.column_stack([_feature(row, properties[row.of]) for row in rows]).astype(float)


def _feature(row: Baseline, x: Floats) -> Any:
    if row.statistic == "mean":
        return (x - row.value) / (abs(row.value) or 1.0)
    if row.statistic == "median":
        return (x <= row.value) - 0.5
    if row.statistic == "share":  # of a property that is 1 or 0
        return x - row.value
    low = -np.inf if row.above is None else row.above
    high = np.inf if row.below is None else row.below
    return ((x > low) & (x < high)) - row.value


def matched(rows: Sequence[Baseline], properties: Mapping[str, Floats]) -> Matched:
    """The weights that let these candidates match these rows; ScenarioError names a row that cannot be matched."""
    asked = features(rows, properties)
    for row, x in zip(rows, asked.T, strict=True):
        if not x.min() < 0.0 < x.max() and np.abs(x).max() > NEAR:
            side = "as many" if x.max() <= 0 else "as few"
            raise _impossible(row, f"no choice of the virtual patients has {side}")
    tilt, weight = _tilted(asked)
    missed = np.abs(weight @ asked)
    if missed.max() > 1e-4:
        raise _impossible(rows[int(missed.argmax())], "it cannot be matched together with the other rows")
    effective = float(1.0 / (weight**2).sum() / len(weight))
    if effective < LEAST:
        worst = rows[int(np.argmax(np.abs(tilt) * asked.std(axis=0)))]
        raise _impossible(worst, f"only {effective:.1%} of the virtual patients would count, and mostly for this row")
    return Matched(tuple(rows), tilt, float(np.exp(asked @ tilt).max()), effective)


def _tilted(asked: Floats) -> tuple[Floats, Floats]:
    """The tilt whose weights (n,), adding up to 1, have mean 0 of every row: Newton's steps on a convex function, each
    halved until it falls."""
    tilt = np.zeros(asked.shape[1])
    height, weight = _height(asked, tilt)
    for _ in range(STEPS):
        slope = weight @ asked
        if np.abs(slope).max() < NEAR:
            break
        curve = (asked * weight[:, None]).T @ asked - np.outer(slope, slope)
        step = np.linalg.lstsq(curve + 1e-12 * np.eye(len(slope)), slope, rcond=None)[0]
        size = min(1.0, 5.0 / max(np.abs(step).max(), 1e-300))
        for _ in range(30):
            there, of = _height(asked, tilt - size * step)
            if there < height:
                break
            size *= 0.5
        else:
            break
        tilt, height, weight = tilt - size * step, there, of
    return tilt, weight


def _height(asked: Floats, tilt: Floats) -> tuple[float, Floats]:
    power = asked @ tilt
    top = power.max()
    weight = np.exp(power - top)
    return float(top + np.log(weight.sum())), weight / weight.sum()


def _impossible(row: Baseline, why: str) -> ScenarioError:
    return ScenarioError(
        f"the baseline row '{row.measure}' ({row.statistic} {row.value:g} {row.unit}) cannot be matched: {why}".replace(
            " 1)", ")"
        ),
        where=row.place() or None,
        mend="leave it out of population.match, or change the property's distribution",
    )
