"""What is fitted to what: the values that may move, the published measures they answer to, what is held fixed; and the
ensemble of plausible values around a fit."""

from __future__ import annotations

from typing import ClassVar

from livingdrug.errors import ScenarioError, unknown
from livingdrug.spec.fields import Count, Real, Text, Texts, Whole
from livingdrug.spec.numbers import SetsOfNumbers
from livingdrug.spec.origin import File
from livingdrug.spec.typed import Typed

MOVED = ("value", "variability", "spread")  # what of a number is free; spread: its earlier name
USUAL_WIDTH = 0.5
USUAL_PATIENTS = 400
DRAWN = "draw the ensemble again: livingdrug calibrate NAME --plausible"
MOST = 20  # free values: more cannot be told apart by the published results


class Free(Typed):
    """A number of the model that may move. width: log-SD of the prior around its start."""

    called: ClassVar[str] = "free value"
    path: Text
    what: Text = "value"
    width: Real = USUAL_WIDTH

    def consistent(self) -> None:
        if self.what not in MOVED:
            raise unknown("part of a number", self.what, MOVED[:2], self.place("what"))


class Target(Typed):
    """A published measure to come near to, within a tolerance in its unit or relative to its value."""

    called: ClassVar[str] = "target"
    measure: Text
    tolerance: Real | None = None
    relative: Real | None = None
    low: Real | None = None
    high: Real | None = None

    def consistent(self) -> None:
        for key in ("tolerance", "relative"):
            given = getattr(self, key)
            if given is not None and given <= 0:
                raise ScenarioError(f"{key} = {given:g}", where=self.place(key), allowed="a number above 0")


class Held(Typed):
    """A number that is not fitted, and why."""

    called: ClassVar[str] = "held value"
    path: Text
    why: Text


class Fit(File):
    """A fits file. patients: simulated at each step, in `seeds` draws of their own; trial: the scenario that is fitted
    (the fit's own name without it); after: fits whose values are frozen; most: free values allowed."""

    called: ClassVar[str] = "fit"
    patients: Whole = USUAL_PATIENTS
    seeds: Whole = 3
    trial: Text | None = None
    after: Texts = ()
    most: Whole = MOST
    free: tuple[Free, ...] = ()
    target: tuple[Target, ...] = ()
    held: tuple[Held, ...] = ()


class Ensemble(File):
    """Plausible values around a fit, drawn by `livingdrug calibrate`: a row is one set, a column one free value.

    files: of each column's number, as messages show it; moved: what of the number a column is; optimum, loss: the fit
    itself; within: how much more than at its own lowest point the loss of a set may be; losses: of each set.
    """

    called: ClassVar[str] = "ensemble"
    fit: Text
    seed: Count
    why: Text
    within: Real
    loss: Real
    losses: tuple[float, ...]
    files: tuple[str, ...]
    moved: tuple[str, ...]
    optimum: tuple[float, ...]
    sets: SetsOfNumbers

    def consistent(self) -> None:
        columns = len(self.sets.columns)
        for key, given in (("files", self.files), ("moved", self.moved), ("optimum", self.optimum)):
            if len(given) != columns:
                said = f"{key} has {len(given)} entries for {columns} columns"
                raise ScenarioError(said, where=self.place(key), mend=DRAWN)
        if len(self.sets.units or ()) != columns:
            raise ScenarioError("not every column has its unit", where=self.sets.place("units"), mend=DRAWN)
        if len(self.losses) != len(self.sets.rows):
            raise ScenarioError("not every set has its loss", where=self.place("losses"), mend=DRAWN)
        for what in self.moved:
            if what not in MOVED:
                raise unknown("part of a number", what, MOVED[:2], self.place("moved"))
