"""Cells of donors beside what was published of them: the patterns of CALM, the rows of CARBON, and the examples.

Run: python verification/donor.py [seeds] [trials] (a quarter of an hour). Writes its sections of docs/donor.md.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr
from writing import table, write_section

from livingdrug import Trial
from livingdrug.engine.plan import Floats

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "donor.md"
SEEDS = 10
TRIALS = 20  # of the published size, for each seed; patients of one share lots
SHORT = {"protocol.follow_up": "4 months"}
LEVEL = 0.05

Columns = Mapping[str, Floats]


def columns(source: str, patients: int, seed: int, change: Mapping[str, Any], own: tuple[str, ...]) -> Columns:
    """Columns of the patients infused, and numbers of theirs by path."""
    result = Trial(source).set({**SHORT, **change}).run(patients=patients, seed=seed)
    arm = next(iter(result.arms.values()))
    frame = result.patients
    own_numbers = result.individual if own else None
    found = {name: frame[name].to_numpy() for name in frame.columns if frame[name].dtype.kind in "fiub"}
    if own_numbers is not None:
        by_patient = own_numbers.set_index("patient")
        for path in own:
            found[path] = by_patient[path].reindex(frame["patient"]).to_numpy()
    assert arm
    return found


def blocks(c: Columns, size: int) -> list[Columns]:
    """Trials of that size: patients in the order of their numbers, who share lots."""
    trial = (c["patient"] // size).astype(int)
    return [{k: x[trial == i] for k, x in c.items()} for i in range(int(trial.max()) + 1)]


def share(x: Any) -> float:
    """In percent."""
    return 100.0 * float(np.mean(x))


def ratio(of: str) -> Callable[[Columns], float]:
    """Median in responders over that in others."""

    def told(c: Columns) -> float:
        yes = c["response"] > 0
        if yes.all() or not yes.any():
            return float("nan")
        return float(np.median(c[of][yes]) / max(np.median(c[of][~yes]), 1e-9))

    return told


def rank(a: str, b: str) -> Callable[[Columns], tuple[float, float]]:
    """Rank correlation and its p."""

    def told(c: Columns) -> tuple[float, float]:
        found = spearmanr(c[a], c[b])
        return float(found.statistic), float(found.pvalue)

    return told
