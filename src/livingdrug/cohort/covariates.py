"""Properties of the patients: each a distribution of its own, or one around what is typical given another property.

distribution = "log-normal" | "normal" | "logit-normal" | "uniform" | "chance"
given = "age" with points = [[3, 14.3], ...]      typical value read off between the points
given = "weight" with value, at, power            typical value = value * (weight / at) ** power
loadings = { wear = -0.25 }                       added to the typical value (log-normal: to its logarithm)
shared = { patients = 25, lots = 6 }              each 25 patients, by their numbers, have 6 draws between them
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug import rng
from livingdrug.cohort import distributions
from livingdrug.scenario import Resolved
from livingdrug.spec.population import Covariate, Lots

Floats = NDArray[np.float64]
CANDIDATES = 64  # draws of a property of which one is taken, where what hangs on it is known
NARROW = 0.02  # least relative spread that is reckoned with then


def typical(c: Covariate, known: Mapping[str, Floats], n: int) -> Floats:
    """The median (n,) of a property for patients whose other properties are known."""
    middle = _given(c, known, n)
    if not c.loadings:
        return middle
    added = sum((weight * known[name] for name, weight in c.loadings.items()), np.zeros(n))
    return np.asarray(middle * np.exp(added) if c.distribution == "log-normal" else middle + added)


def _given(c: Covariate, known: Mapping[str, Floats], n: int) -> Floats:
    """The median (n,) without loadings."""
    if c.given is None:
        return np.full(n, c.value if c.value is not None else 0.0)
    other = known[c.given]
    if c.points is not None:
        x, y = c.points[:, 0], c.points[:, 1]
        return np.exp(np.interp(other, x, np.log(y))) if (y > 0).all() else np.interp(other, x, y)
    return np.asarray(c.value * (other / c.at) ** c.power)


def lots(shared: Lots, seed: int, ids: NDArray[Any], what: str) -> NDArray[np.int64]:
    """The lot (n,) that each patient is dealt: of the patients who share, any of theirs with the same chance."""
    dealt = np.floor(shared.lots * rng.uniform(seed, ids, f"{what}:lot")).astype(np.int64)
    return np.asarray(ids // shared.patients * shared.lots + np.minimum(dealt, shared.lots - 1))


def drawn(name: str, c: Covariate, known: Mapping[str, Floats], seed: int, ids: NDArray[Any]) -> Floats:
    """The property of each patient (n,)."""
    what, n = f"covariate:{name}", len(ids)
    if c.shared:
        ids = lots(c.shared, seed, ids, what)
    if c.distribution == "fixed":
        return np.full(n, float(c.value))
    if c.distribution == "chance":
        return (rng.uniform(seed, ids, what) < typical(c, known, n)).astype(float)
    if c.distribution == "uniform":
        return np.asarray(c.low + (c.high - c.low) * rng.uniform(seed, ids, what))
    z = c.sd * distributions.normal(seed, ids, what)
    if c.distribution == "logit-normal":
        low, high = (0.0 if c.low is None else c.low), (1.0 if c.high is None else c.high)
        return distributions.logit_normal(c.value, z, low, high, c.place())
    middle = typical(c, known, n)
    values = middle + z if c.distribution == "normal" else distributions.log_normal(middle, z)
    return distributions.bounded(values, c.low, c.high)


def _likely(
    name: str,
    c: Covariate,
    known: Mapping[str, Floats],
    later: list[tuple[Covariate, Floats]],
    seed: int,
    ids: NDArray[Any],
) -> Floats:
    """A property that is not known, drawn given others that hang on it and are (the age of somebody who weighs 60 kg):
    of several candidates (n, CANDIDATES), one by the likelihood of what is known."""
    drawn_ = np.stack([drawn(f"{name}:{k}", c, known, seed, ids) for k in range(CANDIDATES)], axis=1)
    weight = np.zeros(drawn_.shape)
    for other, value in later:
        middle = typical(other, {**known, str(other.given): drawn_.ravel()}, drawn_.size).reshape(drawn_.shape)
        logarithmic = other.distribution == "log-normal"
        away = np.log(value)[:, None] - np.log(middle) if logarithmic else value[:, None] - middle
        sd = max(other.sd, NARROW * (1.0 if logarithmic else float(np.abs(middle).mean())))
        weight -= np.where(np.isnan(away), 0.0, 0.5 * (away / sd) ** 2)
    share = np.cumsum(np.exp(weight - weight.max(axis=1, keepdims=True)), axis=1)
    chosen = (share < rng.uniform(seed, ids, f"covariate:{name}:chosen")[:, None] * share[:, -1:]).sum(axis=1)
    return np.asarray(drawn_[np.arange(len(ids)), chosen])


def draw(resolved: Resolved, ids: NDArray[Any], seed: int) -> dict[str, Floats]:
    """Every property of every patient, by name, (n,), in the population's own units."""
    known: dict[str, Floats] = {}
    own = {name: x[ids % len(x)] for name, x in (resolved.own.values if resolved.own else {}).items()}
    for name, c in resolved.population.ordered():
        given = own.get(name, np.full(len(ids), np.nan))
        if np.isnan(given).any():
            later = [(other, own[n]) for n, other in resolved.covariates.items() if other.given == name and n in own]
            by_chance = _likely(name, c, known, later, seed, ids) if later else drawn(name, c, known, seed, ids)
            given = np.where(np.isnan(given), by_chance, given)
        known[name] = given
    return known


def middle(resolved: Resolved) -> dict[str, float]:
    """The properties of a patient who is typical in all: the middle of each, given the middle of what it hangs on."""
    known: dict[str, Floats] = {}
    for name, c in resolved.population.ordered():
        if c.distribution == "uniform":
            known[name] = np.full(1, (c.low + c.high) / 2)
        elif c.distribution == "chance":
            known[name] = (typical(c, known, 1) > 0.5).astype(float)
        else:
            known[name] = distributions.bounded(typical(c, known, 1), c.low, c.high)
    return {name: float(x[0]) for name, x in known.items()}
