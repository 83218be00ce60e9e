"""Each measure beside the published one: what a trial of that size would show, and whether the published value fits.

Inside means both: the published value lies in the simulated 95 % interval of a trial of that size (patients resampled,
population values fixed), and, where the paper gives an interval or a rate's exact binomial one can be had, the value in
the whole simulated cohort lies in it. A range is never an interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from livingdrug.errors import ScenarioError, unknown
from livingdrug.results.comparison import Beside, Row
from livingdrug.trial.measures import Measure, prepare

TRIALS = 400  # resampled trials behind an interval
TOGETHER = 100_000  # patients of resampled trials that are looked at together
FEWEST = 50  # simulated patients below which nothing is concluded (or the trial's own size, if smaller)


def exact_binomial(value: float, n: int) -> tuple[float, float]:
    """Clopper and Pearson's 95 % interval [%] of a rate of value % in n patients."""
    from scipy.special import betaincinv

    k = round(value / 100.0 * n)
    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, 0.025))
    high = 1.0 if k == n else float(betaincinv(k + 1, n - k, 0.975))
    return 100.0 * low, 100.0 * high


def interval(published: Mapping[str, Any]) -> tuple[float, float] | None:
    """The published 95 % interval, or the exact binomial one of a rate whose denominator is known."""
    if "low" in published and "high" in published:
        return float(published["low"]), float(published["high"])
    if published.get("unit") == "%" and published.get("n"):
        return exact_binomial(float(published["value"]), int(published["n"]))
    return None


def predicted(measure: Measure, size: int, seed: int, trials: int = TRIALS) -> tuple[float, float, float]:
    """Median, low and high of a measure in trials of `size` patients drawn from the simulated; nan when too few."""
    if size < 1 or len(measure.population) < min(size, FEWEST):
        return float("nan"), float("nan"), float("nan")
    luck = np.random.Generator(np.random.Philox(key=[seed, size]))
    few = max(1, TOGETHER // size)  # trials looked at together: memory does not grow with their size
    lots = (min(few, trials - i) for i in range(0, trials, few))
    values = np.concatenate([measure.read(luck.integers(0, len(measure.population), (k, size))) for k in lots])
    values = values[~np.isnan(values)]
    if len(values) < trials / 4:
        return float("nan"), float("nan"), float("nan")
    low, middle, high = np.percentile(values, [2.5, 50, 97.5], method="inverted_cdf")
    return float(middle), float(low), float(high)


def verdict(published: Mapping[str, Any], simulated: tuple[float, float, float], whole: float) -> tuple[str, str]:
    """The word (inside, outside or not comparable) and its reason."""
    if published.get("not_comparable"):
        return "not comparable", str(published["not_comparable"])
    if published.get("read", "seen") != "seen":
        return "not comparable", "recalled, not read again: shown, not counted"
    _, low, high = simulated
    if np.isnan([low, high, whole]).any():
        return "not comparable", "too few simulated patients for this measure (raise the number of patients)"
    value = float(published["value"])
    given = interval(published)
    if not low <= value <= high:
        side = "above" if value > high else "below"
        return "outside", f"the published value is {side} what a trial of that size would show"
    if given and not given[0] <= whole <= given[1]:
        side = "above" if whole > given[1] else "below"
        return "outside", f"in all simulated patients it is {whole:.3g}, {side} the published interval"
    return "inside", ""


def beside(
    trial: Mapping[str, Any],
    columns: Mapping[str, Any],
    seed: int = 1,
    trials: int = TRIALS,
    name: str = "",
    sources: Mapping[str, Any] | None = None,
) -> Beside:
    """The whole table of a trial: published rows in their order, then measures without one."""
    prepared = prepare(trial, columns)
    rows, told = [], set()
    for published in trial.get("published", []):
        where = f"published '{published.get('measure')}'"
        measure = prepared.get(published["measure"])
        if measure is None and not published.get("not_comparable"):
            raise unknown("measure", str(published["measure"]), prepared, where)
        if measure is not None and published.get("unit", measure.unit) != measure.unit:
            raise ScenarioError(f"the published unit is {published['unit']}, the measure's {measure.unit}", where=where)
        told.add(published["measure"])
        size = int(published.get("size", trial.get("size", len(measure.population) if measure else 0)))
        simulated = predicted(measure, size, seed, trials) if measure else (float("nan"),) * 3
        whole = measure.value if measure else float("nan")
        word, reason = verdict(published, simulated, whole)
        rows.append(_row(published, measure, simulated, whole, size, word, reason))
    for key in prepared:
        if key not in told:
            measure = prepared[key]
            size = int(trial.get("size", len(measure.population)))
            rows.append(
                _row(
                    {},
                    measure,
                    predicted(measure, size, seed, trials),
                    measure.value,
                    size,
                    "not comparable",
                    "nothing published",
                )
            )
    return Beside(name, tuple(rows))


def _row(
    published: Mapping[str, Any],
    measure: Measure | None,
    simulated: tuple[float, float, float],
    whole: float,
    size: int,
    word: str,
    reason: str,
) -> Row:
    given = interval(published) if published else None
    title = published.get("title") or (measure.title if measure else published["measure"])
    return Row(
        measure=measure.name if measure else str(published["measure"]),
        title=str(title),
        unit=measure.unit if measure else str(published.get("unit", "1")),
        simulated=simulated[0],
        low=simulated[1],
        high=simulated[2],
        whole=whole,
        size=size,
        value=published.get("value"),
        published_low=given[0] if given else None,
        published_high=given[1] if given else None,
        exact=bool(given) and "low" not in published,
        spread=tuple(published["range"]) if "range" in published else None,
        n=published.get("n"),
        source=published.get("source"),
        year=published.get("year"),
        place=published.get("where"),
        cohort=published.get("cohort"),
        read=str(published.get("read", "seen")) if published else None,
        fitted=bool(published.get("fitted", False)),
        verdict=word,
        reason=reason,
    )
