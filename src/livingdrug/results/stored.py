"""A scoreboard as a small file, and back: what is the same at every seed stands once, numbers have four digits."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from livingdrug.results.comparison import Row
from livingdrug.results.score import Naive, Score, Scored, TrialScore, WrongTruthScore
from livingdrug.results.scoreboard import Scoreboard

DIGITS = 4
NUMBERS = ("simulated", "low", "high", "whole")  # of a row, nan where there is none


def as_stored(board: Scoreboard) -> dict[str, Any]:
    """The scoreboard as an object that JSON can hold; `from_stored` makes it whole again."""
    return {
        "provenance": dict(board.provenance),
        "wall_s": board.wall_s,
        "seeds": list(board.seeds),
        "families": list(board.families),
        "trials": [
            {
                "trial": t.trial,
                "title": t.title,
                "role": t.role,
                "patients": t.patients,
                "counts": [dict(c) for c in t.counts],
                "notes": list(t.notes),
                "rows": [_row(r) for r in t.rows],
            }
            for t in board.trials
        ],
        "wrong_truths": [_wrong_truth(t) for t in board.wrong_truths],
    }


def from_stored(told: Mapping[str, Any], page: Callable[[Scoreboard, Path], Any]) -> Scoreboard:
    """The scoreboard that was stored; page: what writes its page. KeyError or TypeError for an object that is none."""
    seeds = tuple(told["seeds"])
    return Scoreboard(
        trials=tuple(_trial(t, len(seeds)) for t in told["trials"]),
        seeds=seeds,
        families=tuple(told["families"]),
        wrong_truths=tuple(_false(t) for t in told["wrong_truths"]),
        wall_s=told["wall_s"],
        provenance=told["provenance"],
        page=page,
    )


def _row(scored: Scored) -> dict[str, Any]:
    """A published row: `once` what all seeds share, `each` what differs, seed by seed; defaults are left out."""
    once: dict[str, Any] = {}
    each: dict[str, list[Any]] = {}
    for f in fields(Row):
        values = [_written(getattr(r, f.name)) for r in scored.rows]
        if any(x != values[0] for x in values):
            each[f.name] = values
        elif f.default is MISSING or values[0] != _written(f.default):
            once[f.name] = values[0]
    naive = {k: _written(x) for k, x in vars(scored.naive).items()} if scored.naive else None
    return {"family": scored.family, "once": once, "each": each, **({"naive": naive} if naive else {})}


def _trial(told: Mapping[str, Any], seeds: int) -> TrialScore:
    rows = tuple(
        Scored(
            told["trial"],
            r["family"],
            tuple(_at({**r["once"], **{k: x[i] for k, x in r["each"].items()}}) for i in range(seeds)),
            Naive(**r["naive"]) if "naive" in r else None,
        )
        for r in told["rows"]
    )
    plain = {k: told[k] for k in ("trial", "title", "role", "patients")}
    return TrialScore(**plain, rows=rows, counts=tuple(told["counts"]), notes=tuple(told["notes"]))


def _at(told: dict[str, Any]) -> Row:
    """A row at one seed; what JSON cannot hold is nan where the row has no other word for nothing."""
    found: dict[str, Any] = {k: math.nan if x is None and k in NUMBERS else x for k, x in told.items()}
    if span := found.get("published_range"):
        found["published_range"] = tuple(span)
    return Row(**found)


def _wrong_truth(t: WrongTruthScore) -> dict[str, Any]:
    kept = {k: x for k, x in vars(t).items() if k not in ("score", "truth", "families", "sets", "left_out", "trials")}
    return {
        **kept,
        "sets": dict(t.sets),
        "trials": list(t.trials),
        "left_out": dict(t.left_out),
        "score": _score(t.score),
        "truth": _score(t.truth),
        "families": {f: [_score(false), _score(true)] for f, (false, true) in t.families.items()},
    }


def _false(told: Mapping[str, Any]) -> WrongTruthScore:
    return WrongTruthScore(
        **{
            **told,
            "trials": tuple(told["trials"]),
            "score": Score(told["score"][0], tuple(told["score"][1])),
            "truth": Score(told["truth"][0], tuple(told["truth"][1])),
            "families": {
                f: (Score(a[0], tuple(a[1])), Score(b[0], tuple(b[1]))) for f, (a, b) in told["families"].items()
            },
        }
    )


def _score(score: Score) -> list[Any]:
    return [score.comparable, list(score.inside)]


def _written(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_written(x) for x in value]
    return value
