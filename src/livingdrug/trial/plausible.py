"""A run repeated with plausible values: the same patients with the same random numbers, other numbers of the model.

What comes of it is set beside the sampling of patients, never mixed into it: `values` is the range of a measure in all
patients over the sets, `both` the 95 % interval of trials whose patients and whose set of values are drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from livingdrug.results.columns import Columns
from livingdrug.results.comparison import Comparison, Row
from livingdrug.results.result import ArmResult
from livingdrug.scenario import Arm
from livingdrug.scenario.plausible import Plausible, of_arms
from livingdrug.trial.compare import TRIALS, drawn, percentiles
from livingdrug.trial.design import Design
from livingdrug.trial.measures import Measure
from livingdrug.trial.simulate import columns

AGAIN = 1000  # patients of a run, from the first on, who meet every set of values


@dataclass(frozen=True)
class Sets:
    """What is drawn in each arm, how many sets, and how many patients meet them."""

    sets: int
    patients: int
    of: Mapping[str, Plausible]

    @classmethod
    def asked(cls, arms: Sequence[Arm], sets: int, patients: int) -> Sets:
        """So many sets for these arms; ScenarioError when there are not so many."""
        found = of_arms(arms, sets)
        return cls(sets, min(patients, AGAIN), {a.name: p for a, p in zip(arms, found, strict=True)})

    @property
    def simulated(self) -> int:
        """Patients of an arm that are simulated in all sets together."""
        return self.sets * self.patients

    def follow(self, arm: Arm, design: Design, seed: int, threads: int | None, told: Any) -> tuple[Columns, ...]:
        """The patients' table of an arm in every set."""
        drawn = self.of[arm.name]
        tables: list[Columns] = []
        for number in range(self.sets):
            if number and not drawn.columns:  # nothing of this arm is drawn
                tables.append(tables[0])
                continue
            there = replace(arm, resolved=drawn.laid(arm.resolved, number))
            tables.append(columns(there, design, self.patients, seed, threads=threads, progress=told))
        return tuple(tables)

    def json(self, arms: Sequence[Arm]) -> dict[str, Any]:
        """How many sets and patients, of which fits, and the numbers that were drawn: value, lowest, highest."""
        numbers = {}
        for arm in arms:
            for c in self.of[arm.name].columns:
                drawn = [c.of(c.laid(arm.parameters[c.path], k)) for k in range(self.sets)]
                name = f"{c.path}.variability" if c.varies else c.path
                numbers[name] = {"value": c.of(arm.parameters[c.path]), "low": min(drawn), "high": max(drawn)}
        fits = dict.fromkeys(f for p in self.of.values() for f in p.fits)
        return {"sets": self.sets, "patients": self.patients, "fits": list(fits), "numbers": numbers}


def with_sets(arm: ArmResult, tables: Sequence[Columns], seed: int) -> ArmResult:
    """An arm with its tables in every set of plausible values, and its comparison with what they add."""
    if not tables:
        return arm
    measured = [arm.measured(table) for table in tables]
    rows = tuple(_row(row, [m.get(row.measure) for m in measured], seed) for row in arm.comparison.rows)
    return replace(arm, plausible=tuple(tables), comparison=Comparison(arm.comparison.name, rows))


def _row(row: Row, measures: Sequence[Measure | None], seed: int) -> Row:
    """A row with the range over the sets, and the interval of trials in any of them."""
    known = [m for m in measures if m is not None]
    if len(known) < len(measures):
        return row
    low, high = spanned(np.array([m.value for m in known]))
    trials = [drawn(m, row.size, seed, TRIALS) for m in known]
    _, both_low, both_high = percentiles(np.concatenate(trials), TRIALS * len(known))
    return replace(row, sets=len(known), values_low=low, values_high=high, both_low=both_low, both_high=both_high)


def spanned(values: Any) -> tuple[float, float]:
    """The lowest and highest of the values in all sets; nan where one cannot be read."""
    return (float(np.min(values)), float(np.max(values))) if len(values) else (float("nan"), float("nan"))
