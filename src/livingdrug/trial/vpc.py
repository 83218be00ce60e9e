"""A visual predictive check: percentiles of observed values beside those of simulated trials of the same size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from livingdrug.engine.plan import Floats
from livingdrug.errors import ScenarioError
from livingdrug.scenario import Arm
from livingdrug.spec.trial import Samples
from livingdrug.trial import assays
from livingdrug.trial.again import values
from livingdrug.trial.observed import Observed

PERCENTS = (5.0, 50.0, 95.0)
TRIALS = 500  # simulated trials behind an interval
BINS = 12  # days on which percentiles are taken, at most
FEWEST = 3  # observations that a bin holds


@dataclass(frozen=True)
class Percentiles:
    """At days (B,): percentiles PERCENTS of the simulated, in trials of the size of the data: low, middle and high
    (3, B) of their 95 % interval. share (3, B): low, middle, high of the share [1] below the limit.

    counts (B,): observations, or patients of a trial; observed (3, B) and observed_share (B,), None without data. A
    percentile below the limit is 0.
    """

    days: Floats
    counts: Floats
    low: Floats
    middle: Floats
    high: Floats
    share: Floats
    limit: float
    patients: int
    size: int
    observed: Floats | None = None
    observed_share: Floats | None = None


def check(
    arm: Arm,
    path: str,
    seed: int,
    patients: int,
    *,
    data: Observed | None = None,
    days: Sequence[float] = (),
    size: int = 0,
    limit: float | None = None,
) -> Percentiles:
    """The percentiles of a quantity in an arm. data: what was observed, else days and size of a trial without.

    patients: how many are simulated, enrolled ones; limit [unit]: of the assay, by default the data's own, or that of
    the trial's sampling. The error of the trial's assay is added where the quantity is what it samples.
    """
    bins = _bins(data) if data else [np.zeros(0, np.int64) for _ in days]
    middles = np.array([float(np.median(data.days[b])) for b in bins]) if data else np.asarray(days, float)
    _inside(arm, data.days if data else middles)
    size = data.patients if data else size
    found, ids, constants = values(arm, path, middles.tolist(), patients, seed)
    if not len(found):
        raise ScenarioError("nobody was infused among the simulated patients", mend="simulate more patients")
    sampled, own = _sampled(arm, path, found, middles, ids, seed, constants)
    least = limit if limit is not None else data.limit if data and data.limit > 0 else own
    sampled = np.where(sampled < least, 0.0, sampled)
    counts = np.array([len(b) for b in bins]) if data else np.full(len(middles), size)
    low, middle, high, share = _simulated(sampled, counts, least, seed)
    seen = shown = None
    if data:
        measured = [np.where(data.below[b] | (data.values[b] < least), 0.0, data.values[b]) for b in bins]
        seen = np.column_stack([np.percentile(x, PERCENTS) for x in measured])
        seen = np.where(seen < least, 0.0, seen)
        shown = np.array([float(np.mean(data.below[b] | (data.values[b] < least))) for b in bins])
    return Percentiles(middles, counts, low, middle, high, share, least, len(found), size, seen, shown)


def _bins(data: Observed) -> list[np.ndarray[Any, np.dtype[np.int64]]]:
    """Places of the observations by day: each day alone while there are few of them, else as many in each bin."""
    order = np.argsort(data.days, kind="stable")
    distinct, first = np.unique(data.days[order], return_index=True)
    parts = np.split(order, first[1:])
    if len(distinct) > BINS or min(map(len, parts)) < FEWEST:
        many = max(1, min(BINS, len(order) // FEWEST))
        wanted = np.unique(np.searchsorted(first, np.linspace(0, len(order), many + 1)[1:-1], side="left"))
        parts = [p for p in np.split(order, [first[i] for i in wanted if 0 < i < len(first)]) if len(p)]
    return parts


def _inside(arm: Arm, days: Floats) -> None:
    start, end = arm.resolved.protocol.start, arm.resolved.protocol.follow_up
    outside = [float(d) for d in days if not start <= d <= end]
    if outside:
        said = f"day {outside[0]:g} of the data lies outside the simulated time"
        raise ScenarioError(said, allowed=f"day {start:g} to day {end:g}", mend="check TIME and its unit")


def _sampled(
    arm: Arm, path: str, found: Floats, days: Floats, ids: Any, seed: int, constants: Mapping[str, Floats]
) -> tuple[Floats, float]:
    """What an assay would report of the values (n, days), and its limit: both of the trial's own sampling."""
    samples: Samples | None = arm.resolved.trial.samples
    if samples is None or samples.observable != path:
        return found, 0.0

    def of(name: str | None) -> Any:
        numbers = arm.resolved.protocol.numbers
        return 0.0 if name is None else constants[name] if name in constants else numbers[name].value

    limits = np.broadcast_to(np.asarray(of(samples.limit), float), len(found))
    noisy = assays.sampled(found, days, ids, seed, f"{path}.vpc", of(samples.noise), limits)
    return noisy, float(np.max(limits, initial=0.0))


def _simulated(sampled: Floats, counts: Floats, limit: float, seed: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Low, middle, high (3, B) of percentiles, and of the share below the limit, over trials drawn anew, day by day."""
    generator = np.random.Generator(np.random.Philox(key=[seed, len(sampled)]))
    ends = np.full((3, len(PERCENTS), len(counts)), np.nan)
    share = np.full((3, len(counts)), np.nan)
    for day, count in enumerate(counts):
        known = sampled[:, day]
        known = known[np.isfinite(known)]
        if not len(known):
            continue
        trials = known[generator.integers(0, len(known), (TRIALS, int(count)))]
        found = np.percentile(trials, PERCENTS, axis=1)
        found = np.where(found < limit, 0.0, found)
        ends[:, :, day] = np.percentile(found, [2.5, 50, 97.5], axis=1)
        share[:, day] = np.percentile((trials < limit).mean(axis=1) if limit > 0 else np.zeros(TRIALS), [2.5, 50, 97.5])
    return ends[0], ends[1], ends[2], share
