"""A run in which nobody can be simulated stops early, and says what was changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from livingdrug.engine.plan import Outcome
from livingdrug.errors import EngineError, listed
from livingdrug.scenario import Arm
from livingdrug.scenario.plausible import by_user
from livingdrug.scenario.resolved import USERS

LONG = 512  # patients of a run from which the first PROBED are simulated before the others
PROBED = 64
FEWEST = 8  # of them infused, below which nothing is concluded


def changed(arm: Arm) -> list[str]:
    """What the user changed in an arm: numbers of the model with their values, and paths of all else."""
    found = [f"{p} = {x.value:g} {x.unit}".removesuffix(" 1") for p, x in arm.parameters.items() if by_user(x)]
    own = [x for x, said in arm.resolved.origins.items() if said[-1][0] in USERS or said[-1][0].startswith("arm ")]
    return found + [path for path in dict.fromkeys([*arm.resolved.sets, *own]) if path not in arm.parameters]


def stop_if_hopeless(arm: Arm, table: dict[str, Any]) -> None:
    """EngineError when every infused patient of this table could not be simulated to the end."""
    outcomes = table["outcome"][table["infused"] > 0]
    if len(outcomes) < FEWEST or (outcomes < Outcome.STEP_BUDGET).any():
        return
    codes, many = np.unique(outcomes.astype(int), return_counts=True)
    how = Outcome(codes[np.argmax(many)]).name.lower().replace("_", " ")
    words = changed(arm)
    raise EngineError(
        f"none of the first {len(outcomes)} infused patients could be simulated to the end ({how}), so the run stopped",
        where=f"changed here: {listed(words)}" if words else arm.resolved.name,
        mend="bring what was changed nearer to what it was (`livingdrug explain` shows it)" if words else None,
    )
