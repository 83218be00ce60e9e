"""A run in which nobody can be simulated stops early, and says what was changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from livingdrug.engine.plan import Outcome
from livingdrug.errors import EngineError, listed
from livingdrug.scenario import Arm

LONG = 512  # patients of a run from which the first PROBED are simulated before the others
PROBED = 64
FEWEST = 8  # of them infused, below which nothing is concluded


def stop_if_hopeless(arm: Arm, table: dict[str, Any]) -> None:
    """EngineError when every infused patient of this table could not be simulated to the end."""
    outcomes = table["outcome"][table["infused"] > 0]
    if len(outcomes) < FEWEST or (outcomes < Outcome.STEP_BUDGET).any():
        return
    codes, many = np.unique(outcomes.astype(int), return_counts=True)
    how = Outcome(codes[np.argmax(many)]).name.lower().replace("_", " ")
    words = arm.resolved.changed()
    raise EngineError(
        f"none of the first {len(outcomes)} infused patients could be simulated to the end ({how}), so the run stopped",
        where=f"changed here: {listed(words)}" if words else arm.resolved.name,
        mend="bring what was changed nearer to what it was (`livingdrug explain` shows it)" if words else None,
    )
