"""Naive transfer: the value published of the nearest calibration trial, copied, and judged by the rule for the model.

The copied value gets the 95 % interval that a trial of the size of the validation row would show, if the copied value
were the truth: binomial for shares and survival, log-normal for medians and ratios whose spread was published.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from livingdrug import library
from livingdrug.errors import ScenarioError, unknown
from livingdrug.results.score import CALIBRATION, Naive
from livingdrug.spec.scoreboard import Transfer
from livingdrug.spec.trial import Measure, Published, Trial
from livingdrug.trial.compare import verdict
from livingdrug.trial.graded import mismatch, scales

NORMAL = 1.959964  # 97.5th percentile of the normal distribution
OF_A_MEDIAN = math.sqrt(math.pi / 2)  # standard error of a median over that of a mean, of normal values
UNKNOWN = "no interval or spread was published of it, and a range is none"
NOT_NAMED = "naive_transfer.toml names no trial to copy it from"
NO_SIZE = "the number of patients is not known"
Ends = tuple[float, float]


def copied(row: Published, trial: Trial, transfer: Transfer | None, others: Mapping[str, tuple[Trial, str]]) -> Naive:
    """What naive transfer says of a published row of a validation trial. others: the library's trials, with their
    role, by name."""
    if transfer is None or transfer.copied is None:
        return Naive("not comparable", (transfer and transfer.not_comparable) or NOT_NAMED)
    origin = _origin(transfer, transfer.copied, others)
    measures = {m.name: m for m in origin.measure}
    name = transfer.take or row.measure
    if name not in measures:
        raise unknown("measure", name, measures, transfer.place("take" if transfer.take else "measures"))
    measure, own = measures[name], next(m for m in trial.measure if m.name == row.measure)
    _alike(own, measure, transfer)
    given = next((p for p in origin.published if p.measure == name and is_compared(p, origin)), None)
    if given is None:
        return Naive("not comparable", f"nothing that can be compared was published of it in '{transfer.copied}'")
    found = Naive("", "", transfer.copied, given.source, given.value)
    if _scale(given) and _scale(row) and _scale(given) != _scale(row):
        return replace(found, verdict="not comparable", reason=f"graded there on {given.scale}, here on {row.scale}")
    size, size_there = (x.size or t.size for x, t in ((row, trial), (given, origin)))
    ends = sampling(measure.kind, given, size_there, (row.n if own.kind == "share" else None) or size, transfer.log_sd)
    if isinstance(ends, str):
        return replace(found, verdict="not comparable", reason=ends)
    word, reason = verdict(row, (given.value, *ends), given.value)
    return replace(found, verdict=word, reason=reason.replace("in all simulated patients it is", "the copied value is"),
                   low=ends[0], high=ends[1])  # fmt: skip


def sampling(kind: str, given: Published, size_there: int | None, size: int | None, log_sd: float | None) -> Ends | str:
    """The 95 % interval of a copied value in a trial of `size` patients, in the value's unit; or why there is none."""
    if not size:
        return NO_SIZE
    if kind == "share":
        return binomial(given.value, size)
    if kind == "survival":
        return binomial(given.value, effective(given, size_there, size))
    if kind == "log-sd":
        return _both(given.value, given.value / math.sqrt(2 * (size - 1))) if size > 1 else NO_SIZE
    if log_sd is not None and kind in ("median", "geometric mean"):
        by = OF_A_MEDIAN if kind == "median" else 1.0
        return log_normal(given.value, by * log_sd / math.sqrt(size))
    if given.low is None or given.high is None or given.low <= 0 or not math.isfinite(given.high):
        return UNKNOWN
    if not size_there:
        return NO_SIZE
    error = math.log(given.high / given.low) / (2 * NORMAL)
    return log_normal(given.value, error * math.sqrt(size_there / size))


def binomial(percent: float, n: int) -> Ends:
    """Between which shares [%] 95 % of trials of n patients lie, whose patients have this chance each."""
    from scipy.special import bdtr

    k = np.arange(n + 1)
    known = bdtr(k, n, min(max(percent / 100.0, 0.0), 1.0))
    low, high = (int(np.argmax(known >= p * (1 - 1e-12))) for p in (0.025, 0.975))
    return 100.0 * low / n, 100.0 * high / n


def effective(given: Published, size_there: int | None, size: int) -> int:
    """Of how many patients a survival speaks, in a trial of `size` patients: censoring widens an interval as fewer
    patients would, and as much as it did where the value was published (by its interval, after Greenwood)."""
    if given.low is None or given.high is None or not size_there or not given.low < given.high:
        return size
    share, error = given.value / 100.0, (given.high - given.low) / 100.0 / (2 * NORMAL)
    kept = share * (1 - share) / error**2 / size_there
    return max(1, round(size * min(kept, 1.0))) if kept > 0 else size


def log_normal(value: float, error: float) -> Ends:
    """The 95 % interval around a value above 0 with this standard error of its logarithm."""
    return value * math.exp(-NORMAL * error), value * math.exp(NORMAL * error)


def _both(value: float, error: float) -> Ends:
    return value - NORMAL * error, value + NORMAL * error


def _origin(transfer: Transfer, name: str, others: Mapping[str, tuple[Trial, str]]) -> Trial:
    """The trial that is copied from; ScenarioError unless it is a calibration trial."""
    if name not in others:
        raise unknown("trial", name, others, transfer.place("from"))
    trial, role = others[name]
    if role != CALIBRATION:
        said = f"'{name}' is no calibration trial: its published values are not to be copied"
        raise ScenarioError(said, transfer.place("from"), [n for n, (_, r) in others.items() if r == CALIBRATION])
    return trial


def _alike(own: Measure, other: Measure, transfer: Transfer) -> None:
    """ScenarioError unless two measures are of one kind, unit and time."""
    for key, a, b in (("kind", own.kind, other.kind), ("unit", own.shown_unit, other.shown_unit),
                      ("at", own.at, other.at)):  # fmt: skip
        if a != b:
            said = f"'{own.name}' and '{other.name}' of '{transfer.copied}' are not one measure: {key} {a} and {b}"
            raise ScenarioError(
                said, where=transfer.place(), mend='name another with take = "...", or say not_comparable'
            )


def is_compared(row: Published, trial: Trial) -> bool:
    """Whether a published row is compared in its own trial."""
    on = scales(trial).get(row.measure, frozenset())
    return not row.not_comparable and row.read == "seen" and not mismatch(row, on)


def _scale(row: Published) -> str | None:
    return library.find("scales", row.scale).name if row.scale else None
