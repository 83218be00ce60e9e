"""Events of imported models: when a condition turns true, values jump. Declared here, carried out by the integrator."""

from __future__ import annotations

from dataclasses import dataclass

from livingdrug.model.sbml.formula import Formula


@dataclass(frozen=True)
class Event:
    """A jump of values at the moment a trigger turns from false to true.

    delay: time between trigger and execution; priority: larger goes first among simultaneous ones;
    persistent: carried out even if the trigger turns false while it waits; true_before: the trigger counts as true
    before the start, so that it does not fire at once; early: the new values are computed when triggered, not when
    carried out. assignments: (symbol, new value).
    """

    name: str
    trigger: Formula
    assignments: tuple[tuple[str, Formula], ...]
    delay: Formula | None = None
    priority: Formula | None = None
    persistent: bool = True
    true_before: bool = True
    early: bool = True
