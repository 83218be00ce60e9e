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
FAR = 40.0  # tolerances; nothing counts as farther away


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
        """How many tolerances away, 40 at most and where the measure cannot be read."""
        if not np.isfinite(simulated) or (self.relative and simulated <= 0):
            return FAR
        goal = self.value
        if self.low is not None and self.high is not None:
            goal = float(np.clip(simulated, self.low, self.high))
        gap = np.log(simulated / goal) if self.relative else simulated - goal
        return float(np.clip(gap / self.tolerance, -FAR, FAR))


@dataclass(frozen=True)
class Fit:
    """One fits file. trial: what is simulated; held: path -> why it is not free."""

    name: str
    trial: str
    patients: int
    seeds: int
    free: tuple[Free, ...]
    targets: tuple[Target, ...]
    held: Mapping[str, str]
    file: Path

    def distances(self, measures: Mapping[str, float]) -> np.ndarray:
        """Distance of every target (targets,)."""
        return np.array([t.distance(measures[t.measure]) for t in self.targets])


def said(name: str, where: str | None = None) -> tuple[spec.Fit, library.LibraryFile]:
    """The fits file of this name, as it is written; where: what names it."""
    known = sorted(f.stem for f in FOLDER.glob("*.toml"))
    if name not in known:
        raise unknown("fit", name, known, where)
    entry = library.read(FOLDER / f"{name}.toml", "fits", name)
    return typed.read(spec.Fit, entry.table), entry


def simulated(name: str) -> Resolved:
    """The scenario that a fit simulates; ScenarioError at the line of a trial that is none."""
    from livingdrug.scenario import resolve

    fit = said(name)[0]
    if fit.trial is not None and not fit.trial.endswith(".toml"):
        library.find("trials", fit.trial, where=fit.place("trial"))
    return resolve(fit.trial or name)


def read(name: str, resolved: Resolved) -> Fit:
    """A fits file, checked against its trial. ScenarioError or SourceError when it does not fit."""
    found, entry = said(name)
    if not 0 < len(found.free) <= found.most:
        raise ScenarioError(f"{len(found.free)} free values", where=entry.file, allowed=f"1 to {found.most}")
    if len(found.target) < len(found.free):
        what = f"{len(found.free)} free values for {len(found.target)} targets"
        raise ScenarioError(what, where=entry.file, mend="free less or aim at more")
    for fit in found.after:
        said(fit, found.place("after"))
    frozen = _frozen(found.after)
    return Fit(
        name,
        found.trial or name,
        found.patients,
        found.seeds,
        tuple(_free(row, resolved, frozen) for row in found.free),
        tuple(_target(row, resolved) for row in found.target),
        {row.path: row.why for row in found.held},
        entry.path,
    )


def earlier(name: str) -> tuple[str, ...]:
    """The fits whose values are frozen in this one, and those before them."""
    fit = said(name)[0]
    for other in fit.after:
        said(other, fit.place("after"))
    return tuple(dict.fromkeys([*fit.after, *(x for other in fit.after for x in earlier(other))]))


def _frozen(fits: tuple[str, ...]) -> dict[tuple[str, str], str]:
    """(file, path) of every value that earlier fits moved -> which fit."""
    found: dict[tuple[str, str], str] = {}
    for name in fits:
        earlier, _ = said(name)
        parameters = simulated(name).parameters
        found |= {(parameters[row.path].file, row.path): name for row in earlier.free}
        found |= _frozen(earlier.after)
    return found


def _free(row: spec.Free, resolved: Resolved, frozen: Mapping[tuple[str, str], str]) -> Free:
    if row.path not in resolved.parameters:
        raise unknown("number of the model", row.path, resolved.parameters, row.place("path"))
    parameter, varies = resolved.parameters[row.path], row.what != "value"
    if varies and parameter.variability is None:
        raise ScenarioError(f"'{row.path}' has no variability to be fitted", where=row.place("what"))
    if by := frozen.get((parameter.file, row.path)):
        raise SourceError(
            f"'{row.path}' was fitted in '{by}' and is frozen since",
            where=row.place("path"),
            mend="give it a table of its own in the tumour, costimulation or product that this fit is about",
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
