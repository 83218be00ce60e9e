"""Draw virtual patients: a pure function of seed, patient id and the path of each number.

Common random numbers: a patient has the same draws in every arm, so an arm that halves a number halves it for each
patient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from livingdrug import rng
from livingdrug.cohort import covariates, distributions
from livingdrug.errors import SourceError, WiringError, listed, nearest, unknown
from livingdrug.model.declare import Covariate
from livingdrug.parameters import Parameter
from livingdrug.scenario import Arm, Resolved

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cohort:
    """Patients of one arm.

    ids (n,); values: parameters, covariates, derived constants, entry shares and "state@start", by path: one number for
    all or an array (n,), in the model's units; properties: the names among them that belong to the population.
    """

    ids: NDArray[np.int64] = field(repr=False)
    seed: int
    values: dict[str, float | Floats] = field(repr=False)
    properties: tuple[str, ...]
    units: Mapping[str, str] = field(repr=False)

    def __len__(self) -> int:
        return len(self.ids)

    def of(self, path: str) -> Floats:
        """One number of every patient (n,), whether shared or not."""
        if path not in self.values:
            raise unknown("number of a patient", path, self.values)
        return np.broadcast_to(np.asarray(self.values[path], dtype=float), self.ids.shape)

    def part(self, places: NDArray[np.int64]) -> Cohort:
        """The patients at these places."""
        values = {p: np.asarray(x)[places] if np.ndim(x) else x for p, x in self.values.items()}
        return replace(self, ids=self.ids[places], values=values)

    def frame(self, paths: Sequence[str] | None = None) -> pd.DataFrame:
        """A table with one row a patient: the population's properties, or the paths asked for."""
        import pandas as pd

        rows = pd.Index(self.ids, name="patient")
        return pd.DataFrame({p: self.of(p) for p in (paths or self.properties)}, index=rows)


def draw(resolved: Resolved, ids: ArrayLike, seed: int, arm: str | Arm | None = None) -> Cohort:
    """The patients with these numbers (n,), as they are at the start, in one arm.

    The same seed and number give the same patient, whoever else is drawn.

    >>> from livingdrug.cohort import draw
    >>> from livingdrug.scenario import resolve
    >>> patients = draw(resolve("eliana"), range(100), seed=1)
    >>> patients.of("weight").shape  # [kg]
    (100,)
    """
    if arm is not None:
        resolved = (resolved.arm(arm) if isinstance(arm, str) else arm).resolved
    who = np.atleast_1d(np.asarray(ids)).astype(np.int64)
    model = resolved.model()
    properties = covariates.draw(resolved, who, seed)
    own_units = {n: c.unit for n, c in resolved.covariates.items()}
    values: dict[str, Any] = {n: _converted(x, own_units[n], model.declared.get(n), n) for n, x in properties.items()}
    for n in model.covariates:
        declared = model.declared[n]
        if n not in values and isinstance(declared, Covariate) and declared.absent is not None:
            values[n] = declared.absent
    missing = [n for n in model.covariates if n not in values]
    if missing:
        raise WiringError(
            f"the model asks for the patients' {', '.join(missing)}, which the population does not give",
            where=resolved.population.place("covariates") or f"population '{resolved.names.get('population')}'",
            allowed=sorted(values),
            nearest=nearest(missing[0], values),
            mend=f"add [covariates.{missing[0]}] to the population",
        )
    shared = _correlated(resolved, who, seed)
    rows: dict[str, NDArray[np.int64]] = {}
    units = {**own_units, **{p: model.unit(p) for p in (*values, *resolved.parameters) if p in model.declared}}
    with np.errstate(all="ignore"):  # what is not finite is looked for below
        for path, parameter in resolved.parameters.items():
            values[path] = _number(parameter, resolved, properties, shared, rows, who, seed)
        try:
            values.update(model.constants(values))
        except ZeroDivisionError:  # of two plain numbers; an array that is divided by 0 is not finite
            raise _not_finite("a constant of every patient", resolved) from None
    finite(values, who, resolved)
    return Cohort(who, seed, values, tuple(properties), units)


def finite(values: Mapping[str, Any], ids: NDArray[np.int64], resolved: Resolved) -> None:
    """SourceError for a number of a patient (n,) that is none; it names what the user changed."""
    for path, x in values.items():
        if not np.all(np.isfinite(x)):
            bad = ids[~np.isfinite(np.broadcast_to(x, ids.shape))]  # of no patient, in a dry run
            raise _not_finite(f"'{path}'{f' of patient {bad[0]}' if bad.size else ''}", resolved)


def _not_finite(what: str, resolved: Resolved) -> SourceError:
    words = resolved.changed()
    return SourceError(
        f"{what} is not a finite number",
        where=f"changed here: {listed(words)}" if words else resolved.name,
        mend="look at the values and variabilities it is computed from",
    )


def again(resolved: Resolved, cohort: Cohort, paths: Sequence[str], occasion: str) -> dict[str, float | Floats]:
    """Some numbers of the same patients on another occasion (a second lot): drawn anew, of the same distributions."""
    properties = {name: cohort.of(name) for name in cohort.properties}
    found: dict[str, float | Floats] = {}
    for path in paths:
        p = replace(resolved.parameters[path], path=f"{path}, {occasion}")
        found[path] = _number(p, resolved, properties, {}, {}, cohort.ids, cohort.seed)
    return found


def _converted(x: Floats, given: str, declared: Any, name: str) -> Floats:
    if declared is None or declared.unit == given:
        return x
    from livingdrug.units import factor

    return x * factor(given, declared.unit, f"covariates.{name}")


def _number(
    p: Parameter,
    resolved: Resolved,
    properties: Mapping[str, Floats],
    shared: Mapping[str, Floats],
    rows: dict[str, NDArray[np.int64]],
    ids: NDArray[np.int64],
    seed: int,
) -> float | Floats:
    """A number of the model for each patient; one float when all share it."""
    variability = p.variability
    if variability is None or (
        not variability.sd and not variability.loadings and variability.distribution not in ("uniform", "table")
    ):
        return p.value
    where = f"{p.path} ({p.place})"
    if variability.distribution == "table":
        return _from_table(p, resolved, rows, ids, seed, where)
    if variability.distribution == "uniform":
        assert variability.low is not None and variability.high is not None
        return variability.low + (variability.high - variability.low) * rng.uniform(seed, ids, p.path)
    shift = np.zeros(len(ids))
    if variability.sd:
        shift = variability.sd * (shared[p.path] if p.path in shared else distributions.normal(seed, ids, p.path))
    for name, weight in variability.loadings.items():
        if name not in properties:
            raise unknown(f"property that '{p.path}' loads on:", name, properties, variability.places.get(name, where))
        shift = shift + weight * properties[name]
    if variability.distribution == "normal":
        return distributions.bounded(p.value + shift, variability.low, variability.high)
    if variability.distribution == "logit-normal":
        low, high = (
            (0.0 if variability.low is None else variability.low),
            (1.0 if variability.high is None else variability.high),
        )
        return distributions.logit_normal(p.value, shift, low, high, where)
    return distributions.bounded(distributions.log_normal(p.value, shift), variability.low, variability.high)


def _from_table(
    p: Parameter,
    resolved: Resolved,
    rows: dict[str, NDArray[np.int64]],
    ids: NDArray[np.int64],
    seed: int,
    where: str,
) -> Floats:
    """The number in the whole parameter set that each patient is dealt; one set a patient for all its numbers."""
    assert p.variability is not None and p.variability.table is not None
    name = p.variability.table
    if name not in resolved.tables:
        raise unknown("table of parameter sets", name, resolved.tables, where, SourceError)
    table = resolved.tables[name]
    if p.path not in table.columns:
        raise unknown(f"column of the table '{name}'", p.path, table.columns, where, SourceError)
    if name not in rows:
        weights = np.asarray(table.weights or [1.0] * len(table.rows), dtype=float)
        edges = np.cumsum(weights) / weights.sum()
        rows[name] = np.minimum(np.searchsorted(edges, rng.uniform(seed, ids, f"table:{name}")), len(table.rows) - 1)
    at = table.columns.index(p.path)
    column = np.array([row[at] for row in table.rows], dtype=float)
    given = table.units[at] if table.units else p.unit
    if given != p.unit:
        from livingdrug.units import factor

        column = column * factor(given, p.unit, where)
    return column[rows[name]]


def _correlated(resolved: Resolved, ids: NDArray[np.int64], seed: int) -> dict[str, Floats]:
    """Standard normal draws of the numbers whose variabilities are correlated, by path.

    A group is a table [[correlated]] with paths and a correlation matrix (on the scale of each distribution).
    """
    found: dict[str, Floats] = {}
    for group in resolved.correlated:
        paths = list(group.paths)
        where = f"correlated: {', '.join(paths)}"
        for path in paths:
            if path not in resolved.parameters:
                raise unknown("number in a correlated group", path, resolved.parameters, where)
            if path in found:
                raise SourceError(f"'{path}' stands in two correlated groups", where=where, mend="join the groups")
        triangle = distributions.correlation(group.matrix, paths, where)
        independent = np.stack([distributions.normal(seed, ids, p) for p in paths])
        # Term by term, not as one matrix product: the result must not depend on how many patients are drawn at once.
        for i, path in enumerate(paths):
            mixed = triangle[i, 0] * independent[0]
            for j in range(1, i + 1):
                mixed = mixed + triangle[i, j] * independent[j]
            found[path] = np.clip(mixed, -distributions.TAIL, distributions.TAIL)
    return found
