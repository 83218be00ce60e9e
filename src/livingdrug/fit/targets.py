"""What is fitted to what: the free values, the published measures they answer to, and what is held fixed and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from livingdrug import library
from livingdrug.errors import ScenarioError, SourceError, unknown
from livingdrug.scenario import Resolved
from livingdrug.spec import fit as spec
from livingdrug.spec import typed

FOLDER = library.HERE / "fits"
MOST = 20  # free values: more cannot be told apart by the published results


@dataclass(frozen=True)
class Free:
    """A value, or its between-subject variability, that the fit may move. width: log-SD of the prior
    around its start.
    """

    path: str
    variability: bool
    width: float

    @property
    def name(self) -> str:
        """As shown: the path, or its variability."""
        return f"{self.path}.variability" if self.variability else self.path

    def of(self, resolved: Resolved) -> float:
        """Its number in a scenario."""
        parameter = resolved.parameters[self.path]
        return parameter.variability.sd if self.variability and parameter.variability else parameter.value


@dataclass(frozen=True)
class Target:
    """A published measure. Its distance: (simulated - published) / tolerance, of logarithms when relative; none inside
    a band from low to high."""

    measure: str
    value: float
    tolerance: float
    relative: bool = False
    low: float | None = None
    high: float | None = None

    def distance(self, simulated: float) -> float:
        """How many tolerances away; 8 when the measure cannot be read."""
        if not np.isfinite(simulated) or (self.relative and simulated <= 0):
            return 8.0
        goal = self.value
        if self.low is not None and self.high is not None:
            goal = float(np.clip(simulated, self.low, self.high))
        gap = np.log(simulated / goal) if self.relative else simulated - goal
        return float(np.clip(gap / self.tolerance, -8.0, 8.0))


@dataclass(frozen=True)
class Fit:
    """One fits file. held: path -> why it is not free."""

    name: str
    patients: int
    free: tuple[Free, ...]
    targets: tuple[Target, ...]
    held: Mapping[str, str]
    file: Path

    def distances(self, measures: Mapping[str, float]) -> np.ndarray:
        """Distance of every target (targets,)."""
        return np.array([t.distance(measures[t.measure]) for t in self.targets])


def read(name: str, resolved: Resolved) -> Fit:
    """The fits file of a trial, checked against it. ScenarioError or SourceError when it does not fit."""
    known = sorted(f.stem for f in FOLDER.glob("*.toml"))
    if name not in known:
        raise unknown("fit", name, known)
    entry = library.read(FOLDER / f"{name}.toml", "fits", name)
    said = typed.read(spec.Fit, entry.table)
    if not 0 < len(said.free) <= MOST:
        raise ScenarioError(f"{len(said.free)} free values", where=entry.file, allowed=f"1 to {MOST}")
    if len(said.target) < len(said.free):
        what = f"{len(said.free)} free values for {len(said.target)} targets"
        raise ScenarioError(what, where=entry.file, mend="free less or aim at more")
    return Fit(
        name,
        said.patients,
        tuple(_free(row, resolved) for row in said.free),
        tuple(_target(row, resolved) for row in said.target),
        {row.path: row.why for row in said.held},
        entry.path,
    )


def _free(row: spec.Free, resolved: Resolved) -> Free:
    if row.path not in resolved.parameters:
        raise unknown("number of the model", row.path, resolved.parameters, row.place("path"))
    parameter, varies = resolved.parameters[row.path], row.what != "value"
    if varies and parameter.variability is None:
        raise ScenarioError(f"'{row.path}' has no variability to be fitted", where=row.place("what"))
    if parameter.layer == "mechanism":
        raise SourceError(
            f"'{row.path}' stands only with its mechanism, which other products share",
            where=row.place("path"),
            mend="give it a table in the product, tumour or population first",
        )
    return Free(row.path, varies, row.width)


def _target(row: spec.Target, resolved: Resolved) -> Target:
    published = {x.measure: x.value for x in resolved.trial.published}
    if row.measure not in published:
        raise unknown("measure", row.measure, published, row.place("measure"))
    tolerance = next((x for x in (row.relative, row.tolerance) if x is not None), 1.0)
    return Target(row.measure, published[row.measure], tolerance, row.relative is not None, row.low, row.high)


def with_values(resolved: Resolved, free: tuple[Free, ...], values: Any) -> Resolved:
    """The scenario with these numbers in the places of the free ones."""
    from dataclasses import replace

    parameters = dict(resolved.parameters)
    for f, x in zip(free, values, strict=True):
        old = parameters[f.path]
        parameters[f.path] = (
            replace(old, variability=replace(old.variability, sd=float(x)))
            if f.variability and old.variability
            else replace(old, value=float(x))
        )
    return replace(resolved, parameters=parameters)
