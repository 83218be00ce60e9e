"""The tables of a scoreboard: as text for a terminal, and as cells for a page."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from livingdrug.results.comparison import columns, number
from livingdrug.results.criteria import SEEDS, count
from livingdrug.results.score import CALIBRATION, OUTLOOK, VALIDATION, Score, WrongTruthScore
from livingdrug.tabular import wrapped

if TYPE_CHECKING:
    from livingdrug.results.scoreboard import Scoreboard

Cells = list[tuple[str, ...]]
ALL = "all"


def about(board: Scoreboard) -> str:
    """What was run, in one sentence or two."""
    many = sorted({t.patients for t in board.trials})
    patients = f"{many[0]:,}" if len(many) == 1 else f"{many[0]:,} to {many[-1]:,}"
    seeds = f"seed {board.seeds[0]}" if len(board.seeds) == 1 else f"seeds {board.seeds[0]} to {board.seeds[-1]}"
    said = (
        f"{len(board.trials)} trial{'s' if len(board.trials) > 1 else ''}, {patients} virtual patients each, {seeds}."
    )
    few = "" if len(board.seeds) >= SEEDS else f" A score is quoted over {SEEDS} seeds or more."
    if not board.score().comparable:
        reasons = [r.rows[0].reason for r in board.rows()]
        few = f" Nothing can be compared: {max(reasons, key=reasons.count)}." if reasons else " Nothing was published."
    return f"{said} Rows inside, of those comparable: median over the seeds, in brackets the worst.{few}"


def told(board: Scoreboard) -> str:
    """Every table, with what it means."""
    parts = [wrapped(about(board)), columns(scores(board)), columns(trials(board))]
    if board.wrong_truths:
        parts += [columns(wrong_truths(board)), wrapped(BELOW)]
    missed = misses(board)
    if len(missed) > 1:
        parts.append(columns(missed))
    return "\n\n".join([*parts, columns(criteria(board))])


BELOW = (
    "Below: the median of a wrong truth lies below the worst seed of the model as it is, over the same rows and seeds."
)


def scores(board: Scoreboard) -> Cells:
    """A row for each family: calibration, validation, naive transfer, and the model where that has an answer."""
    sets = {role: board.by_family(role) for role in (CALIBRATION, VALIDATION, OUTLOOK)}
    naive = bool(board.rows(VALIDATION))
    head = ("family", *(role for role in sets if board.rows(role)), *(NAIVE if naive else ()))
    families = [f for f in (*board.families, *_others(sets, board)) if any(f in s for s in sets.values())]
    found: Cells = [head]
    for f in (*families, ALL):
        row = [_score(board.score(role) if f == ALL else s.get(f)) for role, s in sets.items() if board.rows(role)]
        if naive:
            only = None if f == ALL else f
            answered = board.where_answered(only)
            row += [_score(board.naive(only), seeds=False), str(answered.comparable), _score(answered)]
        found.append((f, *row))
    return found


NAIVE = ("naive transfer", "answered by it", "model, in those")


def _others(sets: dict[str, dict[str, Score]], board: Scoreboard) -> list[str]:
    return sorted({f for s in sets.values() for f in s} - set(board.families))


def trials(board: Scoreboard) -> Cells:
    """A row for each trial."""
    head = ("trial", "role", "inside", "published rows", "title")
    return [head, *((t.trial, t.role, _score(t.score), str(len(t.rows)), t.title) for t in board.trials)]


def wrong_truths(board: Scoreboard) -> Cells:
    """A row for each wrong truth: who fails whom."""
    head = ("wrong truth", "what", "inside", "worst seed of the truth", "below", "families below")
    return [head, *(_wrong(t) for t in board.wrong_truths)]


def _wrong(t: WrongTruthScore) -> tuple[str, ...]:
    if not t.tried:
        return t.name, t.title, "-", "-", "not tried", ""
    return (
        t.name,
        t.title,
        _score(t.score),
        str(t.truth.least),
        "yes" if t.below else "no",
        ", ".join(t.families_below) or "none",
    )


def misses(board: Scoreboard) -> Cells:
    """The comparable rows that are inside at no more than half of the seeds."""
    head = ("outside", "measure", "unit", "simulated (95 %)", "published (95 %)", "seeds inside", "because")
    found: Cells = [head]
    for r in board.rows():
        if r.comparable and not r.often:
            x = r.middle
            unit = "" if x.unit == "1" else x.unit
            seeds = f"{sum(r.inside)} of {len(r.rows)}"
            ends = _interval(x.simulated, x.low, x.high), _interval(x.value, x.published_low, x.published_high)
            found.append((r.trial, x.title, unit, *ends, seeds, x.reason))
    return found


def criteria(board: Scoreboard) -> Cells:
    """What the scores should reach, and whether they do."""
    words = {True: "met", False: "not met", None: "-"}
    return [("criterion", "wanted", "got", ""), *((c.name, c.wanted, c.got, words[c.met]) for c in board.criteria)]


def _score(score: Score | None, seeds: bool = True) -> str:
    """38.5 (36) of 44, 88 %."""
    if score is None or not score.comparable:
        return "-"
    worst = f" ({score.least})" if seeds and len(score.inside) > 1 else ""
    return f"{count(score.median)}{worst} of {score.comparable}, {score.share:.0f} %"


def _interval(x: float | None, low: float | None, high: float | None) -> str:
    if x is None or math.isnan(x):
        return "-"
    ends = f" ({number(low)} to {number(high)})" if low is not None and high is not None else ""
    return number(x) + ends
