"""What the scores should reach: acceptance criteria, set before they are looked at."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livingdrug.results.score import CALIBRATION, VALIDATION, Score

if TYPE_CHECKING:
    from livingdrug.results.scoreboard import Scoreboard

SEEDS = 10  # over which a score is quoted
LARGE = 7  # rows from which a family is judged by its share
LARGE_SHARE = 85.0  # [%] of such a family that should be inside, at the median over seeds
MISSES = 1  # of a smaller family
VALID_SHARE = 60.0  # [%] of the validation rows
TIMES_NAIVE = 1.5  # rows inside, the model's over those of naive transfer
FALSE_BELOW = 0.75  # share of the wrong truths that should score below the worst seed of the truth


@dataclass(frozen=True)
class Criterion:
    """Something that a score should reach: what was wanted, what came out, and whether it was met (None: nothing to
    judge)."""

    name: str
    wanted: str
    got: str
    met: bool | None


def criteria(board: Scoreboard) -> tuple[Criterion, ...]:
    """Every acceptance criterion, beside what came out."""
    return tuple(_criteria(board))


def _criteria(board: Scoreboard) -> Iterator[Criterion]:
    families = board.by_family(CALIBRATION)
    short = [f"{name} {count(s.median)} of {s.comparable}" for name, s in families.items() if not reached(s)]
    wanted = f"{LARGE_SHARE:g} % of {LARGE} rows or more, at most {('no', 'one')[MISSES]} miss of fewer"
    got = f"short: {'; '.join(short)}" if short else f"all {len(families)} families"
    yield Criterion("calibration, each family", wanted, got if families else NOTHING, not short if families else None)
    own = board.score(VALIDATION)
    got = f"{own.share:.0f} % ({count(own.median)} of {own.comparable})" if own.comparable else NOTHING
    met = own.share >= VALID_SHARE if own.comparable else None
    yield Criterion("validation", f"{VALID_SHARE:g} % of the rows", got, met)
    times, answered = board.times_naive(), board.times_naive(answered=True)
    got = NOTHING if math.isnan(times) else _times(times)
    if not math.isnan(answered) and times != answered:
        got += f" ({_times(answered)} in the {len(board.answered())} rows that it can answer)"
    met = None if math.isnan(times) else times >= TIMES_NAIVE
    yield Criterion("validation beside naive transfer", f"{TIMES_NAIVE:g} times as many rows", got, met)
    tried = [t for t in board.wrong_truths if t.tried]
    below = sum(t.below for t in tried)
    wanted = f"{FALSE_BELOW:.0%} of them below the worst seed of the truth".replace("%", " %")
    got = f"{below} of {len(tried)}" if tried else NOTHING
    yield Criterion("wrong truths", wanted, got, below >= FALSE_BELOW * len(tried) if tried else None)


NOTHING = "nothing to judge"


def reached(score: Score) -> bool:
    """Whether a family's median over seeds is high enough."""
    if score.comparable >= LARGE:
        return score.share >= LARGE_SHARE
    return score.comparable - score.median <= MISSES


def _times(x: float) -> str:
    return f"{x:.2g} times" if math.isfinite(x) else "naive transfer has none"


def count(x: float) -> str:
    """A median of counts: 38, or 38.5."""
    return f"{x:g}"
