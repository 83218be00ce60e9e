"""White space: targets and diseases that are each tested often, and never together."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from livingdrug.registry.classify.disease import SEVERAL
from livingdrug.registry.reports.overview import Overview

_NOT_ONE = (SEVERAL, "not stated", "Blood cancer, several", "Solid tumour, any")
"""Answers that name no single group of diseases"""


@dataclass(frozen=True)
class WhiteSpace:
    """Target by disease group: how many trials, nought included."""

    targets: dict[str, int]
    """the targets of the table -> their trials in all"""
    diseases: dict[str, int]
    """the disease groups of the table -> their trials with a stated target"""
    counts: dict[str, dict[str, int]]
    """target -> disease group -> trials"""
    empty: tuple[tuple[str, str], ...]
    """pairs without a trial, those of the most frequent targets and diseases first"""
    no_target: int
    """trials outside the table because they name no target"""
    no_group: int
    """pairs outside the table because the trial names no single group of diseases"""

    def as_json(self) -> dict[str, Any]:
        """The table for machines."""
        return asdict(self)


def white_space(seen: Overview, targets: int = 12, diseases: int = 12) -> WhiteSpace:
    """The table of the most frequent targets and disease groups; a pair without a trial is a gap, not a promise."""
    cross = {t: c for t, c in seen.target_by_disease.items() if t != "not stated"}
    frequent: Counter[str] = Counter()
    for count in cross.values():
        frequent.update({d: n for d, n in count.items() if d not in _NOT_ONE})
    chosen = {d: n for d, n in frequent.most_common(diseases)}
    rows = dict(sorted(((t, seen.by["target"][t]) for t in cross), key=lambda pair: (-pair[1], pair[0]))[:targets])
    counts = {t: {d: cross[t].get(d, 0) for d in chosen} for t in rows}
    empty = sorted(
        ((t, d) for t in rows for d in chosen if not counts[t][d]), key=lambda pair: -rows[pair[0]] * chosen[pair[1]]
    )
    silent = seen.by["target"].get("not stated", 0)
    unplaced = sum(n for t in cross for d, n in cross[t].items() if d in _NOT_ONE)
    return WhiteSpace(rows, chosen, counts, tuple(empty), silent, unplaced)
