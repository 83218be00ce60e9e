"""What is fitted to what: the free values, the published measures they answer to, and what is held fixed and why."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from livingdrug import library
from livingdrug.errors import ScenarioError, SourceError, nearest, unknown
from livingdrug.scenario import Resolved

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
    file = FOLDER / f"{name}.toml"
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    free = []
    for row in data.get("free", []):
        place = f"{file.name}: free '{row.get('path')}'"
        if row.get("path") not in resolved.parameters:
            raise ScenarioError(
                f"'{row.get('path')}' is no number of the model",
                where=place,
                nearest=nearest(str(row.get("path")), resolved.parameters),
            )
        parameter = resolved.parameters[row["path"]]
        varies = row.get("what", "value") in ("variability", "spread")
        if varies and parameter.variability is None:
            raise ScenarioError(f"'{row['path']}' has no variability to be fitted", where=place)
        if parameter.layer == "mechanism":
            raise SourceError(
                f"'{row['path']}' stands only with its mechanism, which other products share",
                where=place,
                mend="give it a table in the product, tumour or population first",
            )
        free.append(Free(row["path"], varies, float(row.get("width", 0.5))))
    if not 0 < len(free) <= MOST:
        raise ScenarioError(f"{len(free)} free values", where=file.name, allowed=f"1 to {MOST}")
    published = {row.measure: row for row in resolved.trial.published}
    targets = []
    for row in data.get("target", []):
        if row["measure"] not in published:
            raise unknown("measure", row["measure"], published, f"{file.name}: target")
        targets.append(
            Target(
                row["measure"],
                published[row["measure"]].value,
                float(row.get("relative", row.get("tolerance", 1.0))),
                "relative" in row,
                row.get("low"),
                row.get("high"),
            )
        )
    if len(targets) < len(free):
        raise ScenarioError(
            f"{len(free)} free values for {len(targets)} targets", where=file.name, mend="free less or aim at more"
        )
    held = {row["path"]: row["why"] for row in data.get("held", [])}
    return Fit(name, int(data.get("patients", 400)), tuple(free), tuple(targets), held, file)


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
