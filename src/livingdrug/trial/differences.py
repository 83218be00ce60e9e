"""What an arm changes in the very same patients: each measure's difference from the reference arm, with intervals.

Monte-Carlo interval: patients are resampled, the same ones in both arms (a paired bootstrap, percentiles). Of more than
MOST patients that many are drawn, and deviations shrink by the root of their share (the m-out-of-n bootstrap), so that
time and memory do not grow. Prediction interval: other patients in each arm, as in a randomised trial. Where the run
was repeated with plausible values: the same of every set, in all patients and in trials.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from livingdrug.engine.plan import Floats, Ints
from livingdrug.results.arms import NOT_MEASURED, Arms, Compared, Difference
from livingdrug.results.result import ArmResult, Result
from livingdrug.trial.compare import FEWEST, TOGETHER, picked
from livingdrug.trial.definitions import definitions
from livingdrug.trial.measures import Measure
from livingdrug.trial.plausible import spanned
from livingdrug.units import DAYS

RESAMPLES = 1000
MOST = 2000  # patients resampled together
FEW = 40  # resamples after which a measure counts as alike when neither they nor the whole differ
ACCURACY = 1e-5  # relative: what differs by less is the integrator's doing, not the arm's
KNOWN = 0.95  # share of resamples that must give a number
ON_A_LOGARITHM = ("geometric mean", "ratio", "hazard ratio")
ENDS = ("", "_low", "_high")
CHANGES = (*(f"difference{e}" for e in ENDS), "trial_low", "trial_high",
           *(f"ratio{e}" for e in ENDS), "trial_ratio_low", "trial_ratio_high")  # fmt: skip

OVER_SETS = tuple(f"{of}{x}{end}" for x in ("", "_ratio") for of in ("values", "both") for end in ENDS[1:])


class Resamples:
    """The patients drawn again and again, the same ones for every measure and arm. n: enrolled patients."""

    def __init__(self, n: int, seed: int) -> None:
        self.n, self.seed, self.size = n, seed, min(n, MOST)
        self.shrink = math.sqrt(self.size / n) if n else 1.0

    @cached_property
    def places(self) -> Ints:
        """Places in the table of the patients (RESAMPLES, size)."""
        generator = np.random.Generator(np.random.Philox(key=[self.seed, self.n]))
        return generator.integers(0, self.n, (RESAMPLES, self.size))

    def read(self, measure: Measure, first: int = 0, last: int = RESAMPLES) -> Floats:
        """The measure in the resampled patients [first, last)."""
        few = max(1, TOGETHER // max(self.size, 1))
        rows = (self.places[i : min(i + few, last)] for i in range(first, last, few))
        return np.concatenate([measure.of_rows(part) for part in rows])

    def trials(self, measure: Measure, size: int | None, arm: int) -> Floats:
        """The measure in trials of `size` patients drawn for this arm alone (RESAMPLES,); nan where too few."""
        if not size or len(measure.population) < min(size, FEWEST):
            return np.full(RESAMPLES, np.nan)
        places = picked(self.seed, (arm + 1) * 2**32 + size, len(measure.population), size, RESAMPLES)
        return np.concatenate([measure.read(part) for part in places])

    def interval(self, value: float, drawn: Floats) -> tuple[float, float]:
        """The 95 % interval of a value whose resampled values are these; nan where it cannot be had."""
        known = drawn[np.isfinite(drawn)]
        if self.n < FEWEST or not math.isfinite(value) or len(known) < KNOWN * len(drawn):
            return math.nan, math.nan
        low, high = value + self.shrink * (np.percentile(known, [2.5, 97.5]) - value)
        return float(min(low, value)), float(max(high, value))


def between_arms(result: Result) -> Arms:
    """Every arm of a result beside its first."""
    first, *others = result.arms.values()
    titles = {a.name: a.title for a in result.arms.values()}
    resolved = {a.name: a.resolved for a in result.resolved.arms}
    meant = {name: definitions(resolved[name]) for name in titles}
    sets = [{a.name: a.measured(a.plausible[k]) for a in result.arms.values()} for k in range(len(first.plausible))]
    size = result.resolved.trial.size
    drawn = Resamples(first.columns.size, result.seed)
    measured = {a.name: a.measured(a.columns) for a in result.arms.values()}

    def reading(name: str, arm: ArmResult, place: int) -> Reading:
        return Reading(measured[arm.name].get(name), drawn, size, place, [s[arm.name].get(name) for s in sets])

    rows = tuple(_row(name, first, others, reading, meant) for name in _names(result))
    shown = tuple(
        r for r in rows if not all(math.isnan(x) for x in (r.reference, *(d.value for d in r.others.values())))
    )
    return Arms(titles, shown, first.columns.size, size, len(sets))


def _names(result: Result) -> Iterator[str]:
    """Every measure of any arm, in the order of the tables."""
    yield from dict.fromkeys(r.measure for arm in result.arms.values() for r in arm.comparison.rows)


def _row(
    name: str,
    first: ArmResult,
    others: list[ArmResult],
    reading: Callable[[str, ArmResult, int], Reading],
    meant: Mapping[str, Mapping[str, Any]],
) -> Compared:
    """One measure in every arm."""
    reference = reading(name, first, 0)
    told = next(r for arm in (first, *others) for r in arm.comparison.rows if r.measure == name)
    found = {}
    for i, arm in enumerate(others, start=1):
        alike = meant[first.name].get(name) == meant[arm.name].get(name)
        found[arm.name] = difference(reference, reading(name, arm, i), alike)
    return Compared(name, told.title, told.unit, reference.value, found)


class Reading:
    """One measure of one arm, in all patients and in those resampled; each worked out once, when asked for.

    sets: the same with each plausible set of values.
    """

    def __init__(
        self,
        measure: Measure | None,
        drawn: Resamples,
        size: int | None,
        arm: int,
        sets: Sequence[Measure | None] = (),
    ) -> None:
        self.measure, self.drawn, self.size, self.arm = measure, drawn, size, arm
        self.sets = [m for m in sets if m is not None]

    @cached_property
    def value(self) -> float:
        """In all patients."""
        return self.measure.value if self.measure else math.nan

    @cached_property
    def few(self) -> Floats:
        """In the first FEW resamples."""
        assert self.measure is not None
        return self.drawn.read(self.measure, 0, FEW)

    @cached_property
    def many(self) -> Floats:
        """In every resample (RESAMPLES,)."""
        assert self.measure is not None
        return np.concatenate([self.few, self.drawn.read(self.measure, FEW)])

    @cached_property
    def trials(self) -> Floats:
        """In trials of the published size (RESAMPLES,)."""
        assert self.measure is not None
        return self.drawn.trials(self.measure, self.size, self.arm)

    @cached_property
    def of_sets(self) -> Floats:
        """In all patients, with each plausible set of values (sets,)."""
        return np.array([m.value for m in self.sets])

    @cached_property
    def trials_of_sets(self) -> Floats:
        """In trials of the published size, with each plausible set of values (sets * RESAMPLES,)."""
        return np.concatenate([self.drawn.trials(m, self.size, self.arm) for m in self.sets])

    @property
    def logarithmic(self) -> bool:
        """Whether it is compared as a ratio too: ratios, geometric means, and medians of amounts and concentrations."""
        assert self.measure is not None
        kind, unit = self.measure.kind, self.measure.unit
        return kind in ON_A_LOGARITHM or (kind == "median" and unit not in ("1", "%", *DAYS))


def difference(reference: Reading, own: Reading, same_words: bool = True) -> Difference:
    """One arm's measure beside the same of the reference arm, in the same patients. same_words: whether the two arms
    define it alike; otherwise they are not compared."""
    if reference.measure is None or own.measure is None:
        where = "the reference" if own.measure else "this"
        return Difference(own.value, note=f"{NOT_MEASURED} {where} arm")
    if not same_words:
        return Difference(own.value, note="not compared: defined otherwise in this arm")
    drawn, value, base = own.drawn, own.value, reference.value
    if _alike(value, base) and _alike(own.few, reference.few):
        note = "not reached" if math.isinf(value) else ""
        moved = {} if _alike(own.of_sets, reference.of_sets) else _over_sets(reference, own)
        return Difference(value, difference=0.0 if math.isfinite(value) else math.nan, note=note, alike=True, **moved)
    low, high = drawn.interval(value, own.many)
    if math.isinf(value) or math.isinf(base):
        return Difference(value, low, high, note="not reached" if math.isinf(value) else "reached in this arm only")
    if math.isnan(value) or math.isnan(base):
        return Difference(value, low, high, note="too few patients")
    scale = ACCURACY * max(abs(value), abs(base))
    with np.errstate(all="ignore"):
        changed = drawn.interval(value - base, own.many - reference.many)
        in_trial = _percentiles(own.trials - reference.trials)
        found = [0.0 if abs(x) < scale else x for x in (value - base, *changed, *in_trial)]
        if own.logarithmic and value > 0 and base > 0:
            ends = drawn.interval(math.log(value / base), np.log(own.many / reference.many))
            ratios = np.exp([*ends, *_percentiles(np.log(own.trials / reference.trials))])
            found += [value / base, *ratios.tolist()]
    changes: dict[str, Any] = dict(zip(CHANGES, found))  # without the ratios, where there are none
    return Difference(value, low, high, **changes | _over_sets(reference, own))


def _over_sets(reference: Reading, own: Reading) -> dict[str, float]:
    """The difference, and the ratio where there is one, over the plausible sets: in all patients, and in trials."""
    if not own.sets or len(own.sets) != len(reference.sets):
        return {}
    with np.errstate(all="ignore"):
        ends = [*spanned(own.of_sets - reference.of_sets), *_percentiles(own.trials_of_sets - reference.trials_of_sets)]
        if own.logarithmic and own.value > 0 and reference.value > 0:
            ratios = np.log(own.trials_of_sets / reference.trials_of_sets)
            ends += [*spanned(own.of_sets / reference.of_sets), *np.exp(_percentiles(ratios)).tolist()]
    return dict(zip(OVER_SETS, ends))  # without the ratios, where there are none


def _alike(a: Any, b: Any) -> bool:
    return bool(np.allclose(a, b, rtol=ACCURACY, atol=0.0, equal_nan=True))


def _percentiles(drawn: Floats) -> tuple[float, float]:
    """The 95 % prediction interval that these trials give; nan where too few of them give a number."""
    known = drawn[np.isfinite(drawn)]
    if len(known) < KNOWN * len(drawn):
        return math.nan, math.nan
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)
