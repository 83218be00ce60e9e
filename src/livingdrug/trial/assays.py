"""What the laboratory would have reported: noisy samples on visit days with a limit, and the course without noise."""

from __future__ import annotations

from typing import Any

import numpy as np

from livingdrug import rng
from livingdrug.engine.plan import Floats, Ints
from livingdrug.spec.trial import Samples

TINY = 1e-300
FIRST = 1.5  # day before which a peak is the infused product passing through, not expansion


def sampled(course: Floats, times: Floats, ids: Ints, seed: int, name: str, noise: Any, limit: Any) -> Floats:
    """Samples (n, visits): the course times log-normal error; 0 below the limit of quantification, nan after the end.

    course (n, visits); times (visits,) [day]; the error of a visit depends on seed, patient, assay and visit alone.
    """
    error = rng.normal(seed, ids[:, None], f"assay.{name}", np.arange(len(times)))
    values = course * np.exp(np.reshape(noise, (-1, 1)) * error)
    return np.where(values >= np.reshape(limit, (-1, 1)), values, np.where(np.isnan(values), np.nan, 0.0))


def from_samples(samples: Floats, times: Floats) -> dict[str, Floats]:
    """Peak, its day, area under days 0-28 (linear trapezoids) and last measurable day of samples (n, visits)."""
    if not len(times):  # follow-up ends before the first visit
        return dict.fromkeys(("cmax", "tmax", "auc", "last_measurable"), np.full(len(samples), np.nan))
    late = times >= FIRST
    later = np.where(np.isnan(samples[:, late]), -1.0, samples[:, late])
    peak = later.max(axis=1, initial=-1.0)
    found = peak > 0
    day = times[late][later.argmax(axis=1)] if late.any() else np.full(len(samples), np.nan)
    measurable = np.nan_to_num(samples) > 0
    last = np.where(measurable.any(axis=1), times[samples.shape[1] - 1 - measurable[:, ::-1].argmax(axis=1)], 0.0)
    return {
        "cmax": np.where(found, peak, np.nan),
        "tmax": np.where(found, day, np.nan),
        "auc": area(samples, times, 28.0),
        "last_measurable": last,
    }


def area(values: Floats, times: Floats, to: float) -> Floats:
    """Area under values (n, times) from day 0 to `to`; nan when follow-up or the values ended before."""
    if times[-1] < to:
        return np.full(len(values), np.nan)
    window = (times >= 0) & (times <= to + 1e-9)
    # Contiguous rows are summed alike however many patients stand in the block.
    return np.trapezoid(np.ascontiguousarray(values[:, window]), times[window], axis=1)


def from_course(course: Floats, times: Floats, days: list[float]) -> dict[str, Floats]:
    """Doubling time, half-life of the first decline, area, values on days; courses (n, times) without noise.

    Doubling: slope of the logarithm between 2 % and 50 % of the peak going up; decline: between 50 % and 5 % going
    down. nan where the course does not get so far, and everywhere where follow-up ends before an expansion could begin.
    """
    use = times >= FIRST
    if not use.any():  # a flat course has no slope either
        use = times == times[-1]
    t, logs = times[use], np.log(np.maximum(np.nan_to_num(np.ascontiguousarray(course[:, use])), TINY))
    top = logs.argmax(axis=1)
    peak = logs.max(axis=1)
    place = np.arange(len(t))
    up = (place <= top[:, None]) & (logs <= (peak + np.log(0.5))[:, None])
    low = (place <= top[:, None]) & (logs <= (peak + np.log(0.02))[:, None])
    begin = np.where(
        low.any(axis=1), len(t) - 1 - low[:, ::-1].argmax(axis=1), 0
    )  # last time below 2 % before the peak
    rising = slope(t, logs, (place >= begin[:, None]) & up)
    down = (place >= top[:, None]) & (logs <= (peak + np.log(0.5))[:, None])
    deep = (place >= top[:, None]) & (logs <= (peak + np.log(0.05))[:, None])
    stop = np.where(deep.any(axis=1), deep.argmax(axis=1), 0)  # first time below 5 % after the peak
    falling = slope(t, logs, down & (place <= stop[:, None]))
    with np.errstate(all="ignore"):
        out = {
            "doubling": np.where(rising > 0, np.log(2) / rising, np.nan),
            "decline": np.where(falling < 0, -np.log(2) / falling, np.nan),
            "auc_true": area(course, times, 28.0),
        }
    for day in days:
        out[f"copies_{day:g}"] = at(course, times, day)
    return out


def slope(t: Floats, y: Floats, chosen: Any) -> Floats:
    """Least-squares slope of each row of y (n, times) over its chosen times; nan with fewer than two."""
    n = chosen.sum(axis=1)
    with np.errstate(all="ignore"):
        mean_t = (chosen * t).sum(axis=1) / n
        mean_y = np.where(chosen, y, 0.0).sum(axis=1) / n
        dt = np.where(chosen, t - mean_t[:, None], 0.0)
        found = (dt * np.where(chosen, y - mean_y[:, None], 0.0)).sum(axis=1) / (dt**2).sum(axis=1)
    return np.where(n >= 2, found, np.nan)


def at(course: Floats, times: Floats, day: float) -> Floats:
    """Values (n,) on one day, between output times on a straight line of the logarithm; nan outside them."""
    if not times[0] <= day <= times[-1]:
        return np.full(len(course), np.nan)
    right = int(np.clip(np.searchsorted(times, day), 1, len(times) - 1))
    share = np.clip((day - times[right - 1]) / (times[right] - times[right - 1]), 0.0, 1.0)
    left, after = (np.log(np.maximum(course[:, i], TINY)) for i in (right - 1, right))
    return np.exp(left + share * (after - left))


def columns(
    asked: Samples,
    course: Floats,
    times: Floats,
    visits: Floats,
    places: Any,
    ids: Ints,
    seed: int,
    noise: Any,
    limit: Any,
) -> dict[str, Floats]:
    """All columns that the trial's [samples] table asks for."""
    samples = sampled(course[:, places], visits, ids, seed, asked.observable, noise, limit)
    return {**from_samples(samples, visits), **from_course(course, times, list(asked.days))}
