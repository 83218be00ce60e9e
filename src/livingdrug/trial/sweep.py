"""One number of a scenario at several values: what is asked for at each, and the table of what was found.

Values are data of the engine's plan, so that a sweep compiles nothing that the scenario itself does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from livingdrug.errors import LivingDrugError, ScenarioError, short, unknown
from livingdrug.results.arms import Difference
from livingdrug.results.result import ArmResult
from livingdrug.results.sweep import WIDE_RANGE, Response, Sweep
from livingdrug.scenario import Arm, Resolved, explain
from livingdrug.trial.above import above
from livingdrug.trial.definitions import definitions
from livingdrug.trial.differences import Reading, Resamples, difference
from livingdrug.units import parted, quantity
from livingdrug.whole import several

MOST = 50  # values of one sweep


@dataclass(frozen=True)
class Asked:
    """What a sweep asks for. own: the scenario's arm as it stands, and its own value [unit] (nan where it has none);
    values [unit] and texts of each step, rising, and its arm."""

    path: str
    own: Arm
    value: float
    unit: str
    values: tuple[float, ...]
    texts: tuple[str, ...]
    arms: tuple[Arm, ...]

    @property
    def logarithmic(self) -> bool:
        """Whether the values ask for a logarithmic axis: all above 0, and far apart."""
        return min(self.values) > 0 and max(self.values) >= WIDE_RANGE * min(self.values)


def asked(
    resolve: Callable[[Mapping[str, Any]], Resolved],
    path: Any,
    values: Iterable[Any],
    arm: str | None,
    measures: Sequence[str] | None = None,
) -> Asked:
    """The scenario resolved at every value (as after --set), rising; ScenarioError when one of them cannot be.

    resolve: the scenario with a path set to a value on top; arm: whose, the first when none is named; measures: names.
    """
    if not isinstance(path, str) or not path.strip():
        said = f"{short(path)} is not one path"
        raise ScenarioError(said, mend="sweep one number at a time; several at once are [[arm]] tables of a file")
    given = several(values, "values", path)
    if not 1 <= len(given) <= MOST:
        raise ScenarioError(f"a sweep of {len(given)} values is not possible", where=path, allowed=f"1 to {MOST}")
    plain = resolve({})
    own = _arm(plain, arm)
    known = [m.name for m in own.resolved.trial.measure]
    for name in measures or ():
        if name not in known:
            raise unknown("measure", name, known)
    named = own.name if plain.overridden else None  # an arm that nobody wrote is called after its product
    steps = [_arm(_set(resolve, path, x), named) for x in given]
    value, unit = _known(own.resolved, path)
    found = []
    for x, step in zip(given, steps):
        at, of = _known(step.resolved, path)
        at, of = (at, of) if math.isfinite(at) else _read(x, path)
        unit = unit or of
        found.append((at if of == unit else quantity(f"{at!r} {of}", unit, path), str(x), step))
    found.sort(key=lambda f: f[0])
    for (a, one, _), (b, other, _) in zip(found, found[1:]):
        if a == b:
            said = f"'{one}' and '{other}' are the same value of '{path}'"
            ours = "; the arm itself says what it is" if own.overrides and a == value else ""
            raise ScenarioError(said + ours, where=path, mend="keep one of them")
    if len({s.resolved.therapy for s in steps} | {own.resolved.therapy}) == 1 and any(f[0] != value for f in found):
        raise ScenarioError(f"'{path}' changes nothing that is simulated", where=path, mend="sweep another number")
    numbers, texts, arms = zip(*found)
    return Asked(path, own, value, unit, tuple(numbers), tuple(texts), tuple(arms))


def _set(resolve: Callable[[Mapping[str, Any]], Resolved], path: str, value: Any) -> Resolved:
    """The scenario at a value; what cannot be is told of the sweep, whose user wrote no --set."""
    try:
        return resolve({path: value})
    except LivingDrugError as problem:
        if not str(problem.where).startswith("--set"):
            raise
        raise problem.but(where=path) from None


def _arm(resolved: Resolved, name: str | None) -> Arm:
    return resolved.arms[0] if name is None else resolved.arm(name)


def _known(resolved: Resolved, path: str) -> tuple[float, str]:
    """The value of a path where it is a number of model, protocol or population, and its unit; else as written."""
    if path in resolved.parameters:
        return resolved.parameters[path].value, resolved.parameters[path].unit
    own = path.removeprefix("protocol.").removesuffix(".value")
    if own in resolved.protocol.numbers:
        return resolved.protocol.numbers[own].value, resolved.protocol.numbers[own].unit
    name = own.removeprefix("population.").removeprefix("covariates.")
    if name in resolved.covariates and resolved.covariates[name].value is not None:
        return float(resolved.covariates[name].value), resolved.covariates[name].unit
    try:
        return _read(explain(resolved, path).said[-1].value, path)
    except LivingDrugError:
        return math.nan, ""


def _read(value: Any, path: str) -> tuple[float, str]:
    """Number and unit of a value as written: 3, "12 months", "30 mg/m2"."""
    found = parted(str(value)) if not isinstance(value, bool) else None
    if found is None:
        said = f"'{path}' = {short(value)}: a sweep is over numbers"
        raise ScenarioError(said, where=path, mend="write words as [[arm]] tables of a scenario file")
    return found


class Responses:
    """Every measure (or those named) of the scenario as it stands, to which each value's are added in turn: of a step
    only these are kept, so that memory does not grow with the values."""

    def __init__(self, own: ArmResult, arm: Arm, seed: int, names: Sequence[str] | None) -> None:
        self.rows = {r.measure: r for r in own.comparison.rows}
        self.size, self.drawn = arm.resolved.trial.size, Resamples(own.columns.size, seed)
        self.meant = definitions(arm.resolved)
        self.of = {m.name: str(m.of) for m in arm.resolved.trial.measure}
        measured = own.measured(own.columns)
        kept = [name for name in dict.fromkeys(names or self.rows) if name in measured]
        self.own = {name: Reading(measured[name], self.drawn, self.size, 0) for name in kept}
        self.steps: list[dict[str, tuple[Difference, tuple[float, float]]]] = []

    def add(self, arm: Arm, step: ArmResult) -> None:
        """The measures at the next value."""
        measured, meant = step.measured(step.columns), definitions(arm.resolved)
        ends = {r.measure: (r.low, r.high) for r in step.comparison.rows}
        found = {}
        for name, own in self.own.items():
            here = Reading(measured.get(name), self.drawn, self.size, len(self.steps) + 1)
            there = difference(own, here, self.meant[name] == meant.get(name))
            if there.alike:
                low, high = self.drawn.interval(own.value, own.many)
                there = replace(there, low=low, high=high)
            found[name] = (there, ends.get(name, (math.nan, math.nan)))
        self.steps.append(found)

    def all(self) -> tuple[Response, ...]:
        """The measures, each with what was found at every value; without those that nobody could have."""
        found = []
        for name, own in self.own.items():
            points, predicted = zip(*(step[name] for step in self.steps))
            row = self.rows[name]
            if not all(math.isnan(p.value) for p in points):
                said = (name, row.title, row.unit, own.value)
                found.append(Response(*said, predicted, points, self.of[name], row.value is not None))
        return tuple(found)


def swept(
    steps: Asked,
    followed: Iterator[tuple[Arm, ArmResult]],
    asked_for: tuple[int, int],
    names: Sequence[str] | None,
    files: Mapping[str, str],
    provenance: Callable[[], Mapping[str, Any]],
) -> Sweep:
    """The table of a sweep. followed: the arm as it stands and then every step, each once it is simulated; asked_for:
    patients and seed; names: of the measures asked for; files, provenance: of the scenario, as a saved run keeps them.
    """
    patients, seed = asked_for
    own, result = next(followed)
    found, notes = Responses(result, own, seed, names), dict.fromkeys(result.notes)
    for arm, step in followed:
        found.add(arm, step)
        notes |= dict.fromkeys(step.notes)
    return Sweep(
        title=f"{own.resolved.title}: {steps.path}",
        path=steps.path,
        unit=steps.unit,
        values=steps.values,
        texts=steps.texts,
        own=steps.value,
        logarithmic=steps.logarithmic,
        patients=patients,
        seed=seed,
        size=own.resolved.trial.size,
        responses=found.all(),
        named=bool(names),
        arm=own.name,
        notes=tuple(notes),
        provenance={**provenance(), "sweep": {"path": steps.path, "values": list(steps.texts), "arm": own.name}},
        files=files,
        drawn=partial(above, "report.sweep", "drawn"),
        page=partial(above, "report.sweep", "write"),
    )
