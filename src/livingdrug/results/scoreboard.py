"""Every trial beside what was published, over seeds: scores by family, beside naive transfer and wrong truths."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.errors import named
from livingdrug.results.score import (
    CALIBRATION,
    OUTLOOK,
    VALIDATION,
    Score,
    Scored,
    TrialScore,
    WrongTruthScore,
    by_family,
    score,
)
from livingdrug.results.written import PROVENANCE, plain, written

if TYPE_CHECKING:
    import pandas as pd

    from livingdrug.results.criteria import Criterion


@dataclass(frozen=True)
class Scoreboard:
    """Every trial beside its published results, over seeds; printed, the tables of `livingdrug scoreboard`.

    trials: by name; seeds: which; families: the order in which they are told; wrong_truths: those that were run.

    >>> board = livingdrug.scoreboard(["eliana"], patients=60, seeds=2, wrong_truths=False)
    >>> board.seeds, board.trial("eliana").role
    ((1, 2), 'calibration')
    """

    trials: tuple[TrialScore, ...]
    seeds: tuple[int, ...]
    families: tuple[str, ...]
    wrong_truths: tuple[WrongTruthScore, ...]
    wall_s: float
    provenance: Mapping[str, Any] = field(repr=False)
    page: Callable[[Scoreboard, Path], Any] = field(repr=False)

    def trial(self, name: str) -> TrialScore:
        """One trial, by name. ScenarioError with the nearest for one that is none."""
        return named("trial", name, {t.trial: t for t in self.trials})

    def rows(self, role: str | None = None) -> tuple[Scored, ...]:
        """The rows of all trials, or of those with a role."""
        return tuple(r for t in self.trials if role in (None, t.role) for r in t.rows)

    def score(self, role: str | None = None) -> Score:
        """Of all trials, or of those with a role."""
        return score(self.rows(role), len(self.seeds))

    def by_family(self, role: str | None = None) -> dict[str, Score]:
        """The score of each family that has a comparable row."""
        return by_family(self.rows(role), len(self.seeds), self.families)

    def answered(self, family: str | None = None) -> tuple[Scored, ...]:
        """The comparable validation rows to which naive transfer has an answer."""
        rows = (r for r in self.rows(VALIDATION) if r.comparable and family in (None, r.family))
        return tuple(r for r in rows if r.naive and r.naive.comparable)

    def naive(self, family: str | None = None) -> Score:
        """Of naive transfer, the same at every seed: a comparable row without an answer is a miss of it."""
        rows = [r for r in self.rows(VALIDATION) if r.comparable and family in (None, r.family)]
        return Score(len(rows), (sum(r.naive is not None and r.naive.verdict == "inside" for r in rows),))

    def where_answered(self, family: str | None = None) -> Score:
        """Of the model, over the rows to which naive transfer has an answer."""
        return score(self.answered(family), len(self.seeds))

    def times_naive(self, answered: bool = False) -> float:
        """The model's median over naive transfer's count, in all validation rows or in those that it can answer.

        Infinite if its count is 0, nan without rows.
        """
        own = self.where_answered() if answered else self.score(VALIDATION)
        inside = self.naive().median
        if not own.comparable:
            return math.nan
        return own.median / inside if inside else math.inf

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """What the scores should reach, and whether they do."""
        from livingdrug.results.criteria import criteria

        return criteria(self)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of the run."""
        said = dict.fromkeys(f"{t.trial}: {note}" for t in self.trials for note in t.notes)
        for truth in self.wrong_truths:
            said |= {
                f"{trial}: wrong truth '{truth.name}' left out: {why}": None for trial, why in truth.left_out.items()
            }
            if truth.failed:
                share = f"{truth.failed:,} of {truth.infused:,} infused patients"
                said[f"wrong truth '{truth.name}': {share} could not be simulated to the end, and count in no row"] = (
                    None
                )
        return tuple(said)

    def json(self) -> dict[str, Any]:
        """The object that `scoreboard --json` prints; shares are counts, not percent."""
        naive, answered = self.naive(), self.where_answered()
        return {
            "seeds": len(self.seeds),
            "first_seed": self.seeds[0],
            "wall_s": self.wall_s,
            **{role: self._of(role) for role in (CALIBRATION, VALIDATION, OUTLOOK)},
            "naive": {
                "comparable": naive.comparable,
                "inside": naive.least,
                "answered": answered.comparable,
                "model_where_answered": answered.as_dict(),
            },
            "wrong_truths": [t.as_dict() for t in self.wrong_truths],
            "criteria": [vars(c) for c in self.criteria],
            "notes": list(self.notes),
            "trials": [self._told(t) for t in self.trials],
        }

    def _of(self, role: str) -> dict[str, Any]:
        return {
            "families": {f: s.as_dict() for f, s in self.by_family(role).items()},
            **self.score(role).as_dict(),
        }

    def _told(self, t: TrialScore) -> dict[str, Any]:
        families = by_family(t.rows, len(self.seeds), self.families)
        return {
            "trial": t.trial,
            "title": t.title,
            "role": t.role,
            "patients": t.patients,
            **t.score.as_dict(),
            "families": {f: s.as_dict() for f, s in families.items()},
            "measures": [r.as_dict() for r in t.rows],
        }

    def frame(self) -> pd.DataFrame:
        """One row for each published row and seed: trial, role, family, measure, title, unit, seed, simulated, low,
        high, whole, published, published_low, published_high, n, source, fitted, verdict, reason, and of naive transfer
        naive_trial, naive_value, naive_low, naive_high, naive_verdict."""
        import pandas as pd

        rows = [
            {
                "trial": t.trial,
                "role": t.role,
                "family": r.family,
                "measure": x.measure,
                "title": x.title,
                "unit": x.unit,
                "seed": seed,
                "simulated": x.simulated,
                "low": x.low,
                "high": x.high,
                "whole": x.whole,
                "published": x.value,
                "published_low": x.published_low,
                "published_high": x.published_high,
                "n": x.n,
                "source": x.source,
                "fitted": x.fitted,
                "verdict": x.verdict,
                "reason": x.reason,
                **{f"naive_{k}": getattr(r.naive, k, None) for k in ("trial", "value", "low", "high", "verdict")},
            }
            for t in self.trials
            for r in t.rows
            for seed, x in zip(self.seeds, r.rows, strict=True)
        ]
        return pd.DataFrame(rows)

    def save(self, folder: str | Path) -> Path:
        """Write scoreboard.html, scoreboard.json, scoreboard.csv and provenance.json; gives the folder."""
        table = self.frame().replace([math.inf, -math.inf], math.nan)
        with written(folder, "scoreboard") as into:
            into.json({"scoreboard.json": plain(self.json()), PROVENANCE: plain(dict(self.provenance))})
            into.texts({"scoreboard.csv": table.to_csv(index=False, lineterminator="\n")})
            self.page(self, into.place)
        return Path(folder)

    def __repr__(self) -> str:
        from livingdrug.results.scoreboard_tables import told

        return told(self)
