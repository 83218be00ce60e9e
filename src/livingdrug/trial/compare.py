"""Each measure beside the published one: what a trial of that size would show, and whether the published value fits.

Inside means both: the published value lies in the simulated 95 % interval of a trial of that size (patients resampled,
population values fixed), and, where the paper gives an interval or a rate's exact binomial one can be had, the value in
the whole simulated cohort lies in it. A range is never an interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from livingdrug.engine.plan import Floats, Ints
from livingdrug.results.comparison import Comparison, Row
from livingdrug.spec.trial import Published, Trial
from livingdrug.trial.graded import mismatch, scales
from livingdrug.trial.measures import Measure, Units, prepare

TRIALS = 400  # resampled trials behind an interval
TOGETHER = 100_000  # patients of resampled trials that are looked at together
KEPT = 500_000  # patients of resampled trials up to which they are kept for the next measure
FEWEST = 50  # simulated patients below which nothing is concluded (or the trial's own size, if smaller)


def exact_binomial(value: float, n: int) -> tuple[float, float]:
    """Clopper and Pearson's 95 % interval [%] of a rate of value % in n patients."""
    from scipy.special import betaincinv

    k = round(value / 100.0 * n)
    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, 0.025))
    high = 1.0 if k == n else float(betaincinv(k + 1, n - k, 0.975))
    return 100.0 * low, 100.0 * high


def interval(published: Published) -> tuple[float, float] | None:
    """The published 95 % interval, or the exact binomial one of a rate whose denominator is known."""
    if published.low is not None and published.high is not None:
        return published.low, published.high
    if published.unit == "%" and published.n:
        return exact_binomial(published.value, published.n)
    return None


def predicted(measure: Measure, size: int, seed: int, trials: int = TRIALS) -> tuple[float, float, float]:
    """Median, low and high of a measure in trials of `size` patients drawn from the simulated; nan when too few."""
    return percentiles(drawn(measure, size, seed, trials), trials)


def drawn(measure: Measure, size: int, seed: int, trials: int = TRIALS) -> Floats:
    """The measure in trials of `size` patients drawn from the simulated, those that have it; none when too few."""
    if size < 1 or len(measure.population) < min(size, FEWEST):
        return np.zeros(0)
    values = np.concatenate([measure.read(i) for i in picked(seed, size, len(measure.population), size, trials)])
    return values[~np.isnan(values)]


def picked(seed: int, words: int, population: int, size: int, trials: int) -> Iterable[Ints]:
    """Places of the patients of so many trials of `size`, drawn from `population`, in parts of some trials (k, size):
    memory does not grow with their size. Every measure meets the same ones; seed, words: the key of the draws."""
    if trials * size <= KEPT:
        return _kept(seed, words, population, size, trials)
    return _picked(seed, words, population, size, trials)


def _picked(seed: int, words: int, population: int, size: int, trials: int) -> Iterator[Ints]:
    generator = np.random.Generator(np.random.Philox(key=[seed, words]))
    few = max(1, TOGETHER // size)
    for i in range(0, trials, few):
        yield generator.integers(0, population, (min(few, trials - i), size))


@lru_cache(maxsize=8)
def _kept(*asked: int) -> list[Ints]:
    return list(_picked(*asked))


def percentiles(values: Floats, trials: int) -> tuple[float, float, float]:
    """Median, low and high of values of a measure in so many trials; nan when fewer than a quarter have one."""
    if len(values) < trials / 4 or not len(values):
        return float("nan"), float("nan"), float("nan")
    low, middle, high = np.percentile(values, [2.5, 50, 97.5], method="inverted_cdf")
    return float(middle), float(low), float(high)


def lacking(measure: Measure, size: int) -> str:
    """Why a measure has no interval in trials of `size` patients, in words."""
    simulated, needed = len(measure.population), min(size, FEWEST)
    if simulated < needed:
        return f"too few virtual patients: {simulated}, and {needed} are needed (raise the number of patients)"
    if np.isnan(measure.value):
        none = {"hazard ratio": "no two groups with events", "survival": "nobody who was followed so long"}
        return f"among the virtual patients there is {none.get(measure.kind, 'nobody whom this measure counts')}"
    return f"too few virtual patients count in it for trials of {size} (raise the number of patients)"


def verdict(
    published: Published, simulated: tuple[float, float, float], whole: float, without: str = "nothing simulated"
) -> tuple[str, str]:
    """The word (inside, outside or not comparable) and its reason; without: why there is no interval, if so."""
    if published.not_comparable:
        return "not comparable", published.not_comparable
    if published.read != "seen":
        return "not comparable", "recalled, not read again: shown, not counted"
    _, low, high = simulated
    if np.isnan([low, high, whole]).any():
        return "not comparable", without
    value = published.value
    given = interval(published)
    if not low <= value <= high:
        side = "above" if value > high else "below"
        return "outside", f"the published value is {side} what a trial of that size would show"
    if given and not given[0] <= whole <= given[1]:
        side = "above" if whole > given[1] else "below"
        return "outside", f"in all simulated patients it is {whole:.3g}, {side} the published interval"
    return "inside", ""


def compare(
    trial: Trial,
    columns: Mapping[str, Any],
    seed: int = 1,
    trials: int = TRIALS,
    name: str = "",
    units: Units = None,
    fitted: bool = True,
    otherwise: Mapping[str, str] = {},
) -> Comparison:
    """The whole table of a trial: published rows in their order, then measures without one.

    fitted: whether what was simulated is what was fitted (otherwise no row counts as used in fitting); otherwise:
    measures of which the library's published rows say nothing, with the reason.
    """
    prepared = prepare(trial, columns, units)
    rows, told, on = [], set(), scales(trial)
    for published in trial.published:
        measure = prepared.get(published.measure)
        told.add(published.measure)
        size = published.size or trial.size or (len(measure.population) if measure else 0)
        simulated = predicted(measure, size, seed, trials) if measure else (float("nan"),) * 3
        whole = measure.value if measure else float("nan")
        without = lacking(measure, size) if measure and np.isnan([*simulated, whole]).any() else ""
        word, reason = verdict(published, simulated, whole, without)
        other = mismatch(published, on.get(published.measure, frozenset()))
        if published.place("measure").ours and not published.not_comparable:
            other = other or otherwise.get(published.measure, "")
        word, reason = ("not comparable", other) if other else (word, reason)
        row = _row(published, measure, simulated, whole, size, word, reason)
        rows.append(row if fitted else replace(row, fitted=False))
    for key in prepared:
        if key not in told:
            measure = prepared[key]
            size = trial.size or len(measure.population)
            simulated = predicted(measure, size, seed, trials)
            rows.append(_alone(measure, simulated, size))
    return Comparison(name, tuple(rows))


def _alone(measure: Measure, simulated: tuple[float, float, float], size: int) -> Row:
    """A measure of which nothing was published."""
    return Row(
        measure.name,
        measure.title,
        measure.unit,
        *simulated,
        measure.value,
        size,
        verdict="not comparable",
        reason="nothing published",
    )


def _row(
    published: Published,
    measure: Measure | None,
    simulated: tuple[float, float, float],
    whole: float,
    size: int,
    word: str,
    reason: str,
) -> Row:
    given = interval(published)
    return Row(
        measure=published.measure,
        title=published.title or (measure.title if measure else published.measure),
        unit=measure.unit if measure else published.unit or "1",
        simulated=simulated[0],
        low=simulated[1],
        high=simulated[2],
        whole=whole,
        size=size,
        value=published.value,
        published_low=given[0] if given else None,
        published_high=given[1] if given else None,
        exact=bool(given) and published.low is None,
        published_range=published.range,
        n=published.n,
        source=published.source,
        year=published.year,
        place=published.where,
        cohort=published.cohort,
        read=published.read,
        fitted=published.fitted,
        verdict=word,
        reason=reason,
    )
