"""Plausible values of a scenario's numbers: where a fit moved a number, the ensemble around the fit says what else it
could be; where a file states how uncertain a number is, values are drawn from that.

An ensemble speaks of a number by the file and the path from which the scenario has it. Sets pair by their number: set 3
of one ensemble goes with set 3 of every other, as a later fit was drawn with the earlier one's set in place.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from livingdrug import library, rng
from livingdrug.errors import ScenarioError, SourceError
from livingdrug.parameters import Parameter, Variability
from livingdrug.scenario.resolved import Arm, Resolved, of_user
from livingdrug.spec.fit import Ensemble
from livingdrug.spec.typed import read

ROUNDED = 2e-3  # relative: the library holds fitted values in four figures
STATED = "uncertainty as stated"  # what a column is of that no fit moved
MOST = 100  # sets that are drawn of a stated uncertainty


@dataclass(frozen=True)
class Column:
    """What an ensemble says of one number, in `unit`. varies: it is its variability's sd; values (sets,)."""

    fit: str
    path: str
    varies: bool
    unit: str
    optimum: float
    values: tuple[float, ...]
    place: str

    def of(self, parameter: Parameter) -> float:
        """The number as the scenario has it."""
        return parameter.variability.sd if self.varies and parameter.variability else parameter.value

    def laid(self, parameter: Parameter, number: int) -> Parameter:
        """The parameter with the value of one set."""
        if self.varies:
            assert parameter.variability is not None
            return replace(parameter, variability=replace(parameter.variability, sd=self.values[number]))
        return replace(parameter, value=self.values[number] * self._scale(parameter))

    def holds(self, parameter: Parameter) -> bool:
        """Whether the library still says what the fit found."""
        scale = 1.0 if self.varies else self._scale(parameter)
        return math.isclose(self.of(parameter), self.optimum * scale, rel_tol=ROUNDED)

    def _scale(self, parameter: Parameter) -> float:
        if parameter.unit == self.unit:
            return 1.0
        from livingdrug.units import factor

        return factor(self.unit, parameter.unit, self.place)


@dataclass(frozen=True)
class Plausible:
    """The numbers of a scenario of which an ensemble speaks."""

    columns: tuple[Column, ...]

    @property
    def sets(self) -> int:
        """Sets of values that every ensemble has."""
        return min((len(c.values) for c in self.columns), default=0)

    @property
    def fits(self) -> tuple[str, ...]:
        """The fits they are of."""
        return tuple(dict.fromkeys(c.fit for c in self.columns))

    def laid(self, resolved: Resolved, number: int) -> Resolved:
        """The scenario with the values of one set (from 0)."""
        parameters = dict(resolved.parameters)
        for c in self.columns:
            if c.path in parameters:
                parameters[c.path] = c.laid(parameters[c.path], number)
        changed = replace(resolved, parameters=parameters)
        changed.__dict__["_model"] = resolved.model()
        return changed


def plausible(
    resolved: Resolved, fits: Collection[str] | None = None, but: Collection[str] = (), strict: bool = True
) -> Plausible:
    """What the ensembles (of these fits alone, if named) say of a scenario's numbers; but: paths left as they are.

    A number that the user changed is left as it is. SourceError when a number has changed since its ensemble was drawn;
    where that is not strict, the number is left out.
    """
    found = []
    for (file, path), listed in _columns(fits).items():
        said = resolved.layers(path)
        if not said or path in but or by_user(said[-1]) or file not in {x.file for x in said}:
            continue
        fitted = next(x for x in reversed(said) if x.file == file)
        for c in listed:
            if not math.isclose(c.of(fitted), c.of(said[-1]), rel_tol=1e-12):
                continue  # a layer above says another value
            if not c.holds(fitted) and not strict:
                continue
            if not c.holds(fitted):
                what = f"{path} is {c.of(fitted):.4g} {fitted.unit}, and the ensemble was drawn around another value"
                raise SourceError(what, where=c.place, mend=f"run livingdrug calibrate {c.fit} again")
            found.append(c)
    return Plausible(tuple(found))


def by_user(parameter: Parameter) -> bool:
    """Whether the user's file, an arm of it, or --set has the last word on a number."""
    return of_user(parameter.layer)


def of_arms(arms: Sequence[Arm], sets: int) -> list[Plausible]:
    """Of every arm, the numbers to be drawn; one that any arm changes is left as it is in all of them, so that what
    differs between arms is what was asked. ScenarioError when there are not so many sets."""
    changed = {p for a in arms for p, said in a.resolved.stack.items() if by_user(said[-1])}
    found = [_with_stated(plausible(a.resolved, but=changed), a.resolved, changed) for a in arms]
    most = min((p.sets for p in found if p.columns), default=0)
    if not most:
        raise ScenarioError(
            "no number of this run has plausible values beside the one it has",
            where="plausible",
            mend="leave plausible out: none of its numbers was fitted here or has an uncertainty, or all were changed",
        )
    if not 2 <= sets <= most:
        raise ScenarioError(f"{sets} sets of plausible values", where="plausible", allowed=f"2 to {most}")
    return found


def _with_stated(found: Plausible, resolved: Resolved, but: Collection[str]) -> Plausible:
    """The same, and the numbers of a scenario whose files state an uncertainty, where no ensemble speaks of them.

    Set k of a number depends on its path and k alone: the same in every arm, trial and run.
    """
    known = {c.path for c in found.columns if not c.varies}
    drawn = []
    for path, p in resolved.parameters.items():
        if p.uncertainty is None or path in known or path in but or by_user(p):
            continue
        z = rng.normal(0, np.arange(MOST), f"uncertainty of {path}")
        values = tuple(float(x) for x in _spread(p, p.uncertainty, z))
        drawn.append(Column(STATED, path, False, p.unit, p.value, values, str(p.place)))
    return Plausible((*found.columns, *drawn))


def _spread(p: Parameter, u: Variability, z: np.ndarray) -> np.ndarray:
    """Values (n,) of a number with this uncertainty, at these standard normal deviates (n,)."""
    if u.distribution == "log-normal":
        return p.value * np.exp(u.sd * z)
    if u.distribution == "normal":
        return p.value + u.sd * z
    low, high = (0.0 if u.low is None else u.low), (1.0 if u.high is None else u.high)
    if u.distribution == "logit-normal" and low < p.value < high:
        odds = (p.value - low) / (high - p.value) * np.exp(u.sd * z)
        return low + (high - low) * odds / (1 + odds)
    if u.distribution == "uniform":
        return low + (high - low) * (0.5 + 0.5 * np.vectorize(math.erf)(z / math.sqrt(2.0)))
    said = f"the uncertainty of '{p.path}' ({u}) cannot be drawn around {p.value:g}"
    raise SourceError(said, where=p.place, mend="give a distribution that holds its value")


def _columns(fits: Collection[str] | None) -> Mapping[tuple[str, str], list[Column]]:
    """Every column of the library's ensembles, by the file and path of its number."""
    found: dict[tuple[str, str], list[Column]] = {}
    for name in library.names("ensembles"):
        entry = library.find("ensembles", name)
        ensemble = read(Ensemble, entry.table)
        library.find("fits", ensemble.fit, where=ensemble.place("fit"))
        if fits is None or ensemble.fit in fits:
            for file, column in _of(ensemble, entry.file):
                found.setdefault((file, column.path), []).append(column)
    return found


def _of(ensemble: Ensemble, place: str) -> Iterator[tuple[str, Column]]:
    units = ensemble.sets.units or ()
    for i, (file, path) in enumerate(zip(ensemble.files, ensemble.sets.columns, strict=True)):
        values = tuple(row[i] for row in ensemble.sets.rows)
        varies = ensemble.moved[i] != "value"
        yield file, Column(ensemble.fit, path, varies, units[i], ensemble.optimum[i], values, place)
