"""Scores: how many published rows lie inside, at each seed; of the model, of naive transfer, of a wrong truth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from livingdrug.results.comparison import Row

CALIBRATION, VALIDATION, OUTLOOK = "calibration", "validation", "outlook"
NO_FAMILY = "other"  # the family of a measure that names none


@dataclass(frozen=True)
class Score:
    """Rows inside at each seed, of those comparable. The same rows count at every seed: one that cannot be had at a
    seed, or under a wrong truth, is not inside."""

    comparable: int
    inside: tuple[int, ...]

    @property
    def median(self) -> float:
        """Over the seeds."""
        return float(median(self.inside)) if self.inside else math.nan

    @property
    def least(self) -> int:
        """At the worst seed."""
        return min(self.inside, default=0)

    @property
    def most(self) -> int:
        """At the best seed."""
        return max(self.inside, default=0)

    @property
    def share(self) -> float:
        """The median as a share of the comparable rows [%]; nan without any."""
        return 100.0 * self.median / self.comparable if self.comparable else math.nan

    def as_dict(self) -> dict[str, Any]:
        """By the keys of `scoreboard --json`; counts, not percent."""
        return {"comparable": self.comparable, "inside_median": self.median, "inside_min": self.least}


@dataclass(frozen=True)
class Naive:
    """What somebody without a model would say: the value published of another trial, copied.

    value, low, high: the value, with the 95 % interval of a trial of the size of the row that it is laid beside; trial,
    source: where it is from.
    """

    verdict: str
    reason: str = ""
    trial: str | None = None
    source: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def comparable(self) -> bool:
        """Whether the row counts."""
        return self.verdict != "not comparable"


@dataclass(frozen=True)
class Scored:
    """One published row of a trial. rows: as compared at each seed; naive: what naive transfer says, for a validation
    trial."""

    trial: str
    family: str
    rows: tuple[Row, ...]
    naive: Naive | None = None

    @property
    def comparable(self) -> bool:
        """Whether it counts: whether it can be had at one seed or more."""
        return any(r.comparable for r in self.rows)

    @property
    def inside(self) -> tuple[bool, ...]:
        """At each seed."""
        return tuple(r.verdict == "inside" for r in self.rows)

    @property
    def often(self) -> bool:
        """Whether it is inside at more than half of the seeds."""
        return 2 * sum(self.inside) > len(self.rows)

    @property
    def middle(self) -> Row:
        """Its row with the medians over the seeds; the verdict is that of more than half of them."""
        first = self.rows[0]
        if len(self.rows) == 1:
            return first
        middles: dict[str, Any] = {
            k: _median([getattr(r, k) for r in self.rows]) for k in ("simulated", "low", "high", "whole")
        }
        if not self.comparable:
            return replace(first, **middles)
        verdict = "inside" if self.often else "outside"
        reason = "" if self.often else next(r.reason for r in self.rows if r.verdict != "inside")
        return replace(first, verdict=verdict, reason=reason, **middles)

    def as_dict(self) -> dict[str, Any]:
        """By the keys of `run --json`, and family, seeds_inside, naive."""
        naive = dict(vars(self.naive)) if self.naive else None
        return {**self.middle.as_dict(), "family": self.family, "seeds_inside": sum(self.inside), "naive": naive}


def score(rows: Iterable[Scored], seeds: int) -> Score:
    """How many of the comparable ones among these rows are inside, at each seed."""
    return counted([r for r in rows if r.comparable], seeds)


def counted(rows: Sequence[Scored], seeds: int) -> Score:
    """How many of these rows, comparable or not, are inside, at each seed."""
    return Score(len(rows), tuple(sum(x) for x in zip(*(r.inside for r in rows), strict=True)) or (0,) * seeds)


def by_family(rows: Sequence[Scored], seeds: int, order: Sequence[str]) -> dict[str, Score]:
    """The score of each family that has a comparable row, in this order."""
    families = sorted({r.family for r in rows}, key=lambda f: (order.index(f) if f in order else len(order), f))
    found = {f: score((r for r in rows if r.family == f), seeds) for f in families}
    return {f: s for f, s in found.items() if s.comparable}


@dataclass(frozen=True)
class TrialScore:
    """One trial. role: calibration or validation; patients: enrolled at each seed; notes: what a reader should know."""

    trial: str
    title: str
    role: str
    patients: int
    rows: tuple[Scored, ...]
    counts: tuple[Mapping[str, int], ...]
    notes: tuple[str, ...] = ()

    @property
    def score(self) -> Score:
        """All families together."""
        return score(self.rows, len(self.counts))


@dataclass(frozen=True)
class WrongTruthScore:
    """How a deliberately false model scores, beside the model as it is over the same rows and seeds.

    sets: path -> value; trials: those it ran on; left_out: the other calibration trials, with the reason; score, truth:
    of the false model and of the model as it is; families: the same, by family; infused, failed: patients, and those of
    them who could not be simulated to the end.
    """

    name: str
    title: str
    why: str
    sets: Mapping[str, Any]
    trials: tuple[str, ...]
    left_out: Mapping[str, str]
    score: Score
    truth: Score
    families: Mapping[str, tuple[Score, Score]]
    infused: int = 0
    failed: int = 0

    @property
    def tried(self) -> bool:
        """Whether any trial's model has the numbers that it sets, and any row could be compared."""
        return bool(self.trials) and self.truth.comparable > 0

    @property
    def below(self) -> bool:
        """Whether its median lies below the worst seed of the truth."""
        return self.tried and self.score.median < self.truth.least

    @property
    def families_below(self) -> tuple[str, ...]:
        """The families in which its median lies below the worst seed of the truth."""
        return tuple(f for f, (false, true) in self.families.items() if false.median < true.least)

    def as_dict(self) -> dict[str, Any]:
        """By the keys of `scoreboard --json`."""
        return {
            "name": self.name,
            "title": self.title,
            "why": self.why,
            "set": dict(self.sets),
            "trials": list(self.trials),
            "left_out": dict(self.left_out),
            "infused": self.infused,
            "failed": self.failed,
            "comparable": self.truth.comparable,
            "score_median": self.score.median if self.tried else None,
            "score_max": self.score.most if self.tried else None,
            "worst_truth": self.truth.least if self.tried else None,
            "below_worst_truth": self.below,
            "families_below": list(self.families_below),
            "families": {
                f: {"comparable": true.comparable, "score_median": false.median, "worst_truth": true.least}
                for f, (false, true) in self.families.items()
            },
        }


def _median(values: Sequence[float]) -> float:
    known = [x for x in values if not math.isnan(x)]
    return float(median(known)) if known else math.nan
