"""Arms looked at before anything is compiled: a dry run without patients, which finds what cannot be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from livingdrug import library
from livingdrug.errors import ScenarioError, nearest
from livingdrug.scenario import Arm
from livingdrug.trial.compare import compare
from livingdrug.trial.design import Design
from livingdrug.trial.drawn import spelt
from livingdrug.trial.enrolment import READ_BY_NAME, tried
from livingdrug.trial.measures import Table, endpoints
from livingdrug.trial.selected import asks, chosen, selection
from livingdrug.trial.simulate import dry_run
from livingdrug.trial.told import columns_known

SELECTED = 1_000  # patients by whom it is seen whether two arms select the same


@dataclass
class Seen:
    """What was looked at in other arms. Arms that change nothing of a trial or protocol share it, and nobody's table is
    the same in all: it is not looked at again. measured: trial, kinds of the columns, their units; spelt: trial and
    protocol."""

    measured: list[tuple[Any, ...]] = field(default_factory=list)
    spelt: list[tuple[Any, ...]] = field(default_factory=list)

    @staticmethod
    def first(told: list[tuple[Any, ...]], shared: tuple[Any, ...], *same: Any) -> bool:
        """Whether nothing was the very same (shared) and equal (same) before; from now on it was."""
        now = (*map(id, shared), *same)
        if now in told:
            return False
        told.append(now)
        return True


def same_patients(arms: Sequence[Arm]) -> None:
    """ScenarioError where an arm would select other patients than the first."""
    if not any(asks(arm.resolved.population) for arm in arms):
        return
    first, *others = (arm.resolved for arm in arms)
    few = chosen(first, SELECTED, first.seed)
    for arm, other in zip(arms[1:], others):
        if not np.array_equal(few, chosen(other, SELECTED, first.seed)):
            said = f"'{arm.name}' would select other patients than '{arms[0].name}': arms and values meet the same ones"
            mend = "say plausible and match outside the arms, and leave the properties they ask about alone in them"
            raise ScenarioError(said, where=f"arm '{arm.name}'", mend=mend)


@library.held()
def check(arms: Sequence[Arm], made: Callable[[Arm], Design]) -> None:
    """ScenarioError for an arm that cannot be, or that would select other patients than the first."""
    seen = Seen()
    for arm in arms:
        check_arm(arm, made(arm), seen)
    same_patients(arms)


def check_arm(arm: Arm, design: Design, seen: Seen | None = None) -> None:
    """A dry run of the trial without patients, so that what cannot be is found before anything is compiled. seen: what
    was looked at in other arms."""
    seen, trial, protocol, units = seen or Seen(), arm.resolved.trial, arm.resolved.protocol, design.units
    table = dry_run(arm, design)
    tried(arm, design)
    if seen.first(seen.spelt, (trial, protocol)):
        spelt(trial, protocol)
    if asks(arm.resolved.population):
        selection(arm.resolved, arm.resolved.seed)
    kinds = {name: np.asarray(column).dtype for name, column in table.items()}
    if seen.first(seen.measured, (trial,), kinds, units, units.truths):
        compare(trial, table, units=units)
        dict(endpoints(trial, Table(table, units)))
    columns_known(arm, table)
    _used(arm, design)


def _used(arm: Arm, design: Design) -> None:
    """ScenarioError for a user's number of the protocol that nothing asks about."""
    asked = {
        *design.programs.extras,
        *design.asked_of_doses,
        *design.asked[0][0].extras,
        *READ_BY_NAME,
        *design.model.parameters,
    }
    for path, number in arm.resolved.protocol.numbers.items():
        if path not in asked and not number.place("value").ours:
            raise ScenarioError(
                f"nothing asks about the number '{path}' of the protocol",
                where=number.place("value"),
                nearest=nearest(path, asked),
                mend="leave it out, or use it in a rule, dose or column",
            )
