"""From an arm of a resolved scenario to what the engine is told: ticks, watches, observables, visits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from livingdrug import library
from livingdrug.care.compiler import Programs
from livingdrug.care.grading import Scale
from livingdrug.care.rules import RULE, Rule, drugs
from livingdrug.care.schedule import clock, moment
from livingdrug.care.tables import table as one_table
from livingdrug.care.tables import tables
from livingdrug.engine.plan import Floats, Plan
from livingdrug.errors import ScenarioError, unknown
from livingdrug.model.assemble import Model
from livingdrug.model.declare import Declared, Reads
from livingdrug.results.courses import Courses
from livingdrug.scenario import Arm
from livingdrug.trial import words

CLONE_CLOCK = "every 6 h from day {start:g} to day 60, then every 1 d to day 180, then every 2 d"
DEFAULT_SCALE = "astct"
CRS_CLOCK = "every 6 h for 60 d"
COURSE = "every 1 d to day 28, then every 7 d to day 91, then every 28 d"


@dataclass(frozen=True)
class Design:
    """One arm, ready to run. visits: name -> days; at: name -> places of those days among the output ticks; asked: the
    programs of the trial's own columns, once they have been compiled.
    """

    name: str
    model: Model
    plan: Plan
    programs: Programs
    rules: tuple[Rule, ...]
    scales: tuple[Scale, ...]
    visits: Mapping[str, Floats]
    at: Mapping[str, Any]
    times: Floats
    protocol: Mapping[str, Any]
    asked: list[Any] = field(default_factory=list, repr=False, compare=False)

    @property
    def shown(self) -> tuple[str, ...]:
        """The observables written at output ticks."""
        return self.plan.observables[: self.plan.written]

    def courses(self) -> Courses:
        """Courses of nobody yet, with the units and zeros that a reader of the model's quantities sees."""
        seen = {path: self.model.quantities[path] for path in self.shown}
        units, zeros = ({p: q.unit for p, q in seen.items()}, {p: q.zero for p, q in seen.items()})
        return Courses.empty(self.times, self.shown, units, zeros)


class Timetable:
    """Collects the clocks of a run, so that each tick knows who looks at it."""

    def __init__(self, start: float, end: float, visits: Mapping[str, Floats]) -> None:
        self.start, self.end, self.visits = start, end, visits
        self.clocks: dict[str, Floats] = {}

    def times(self, text: Any, where: str | None = None) -> Floats:
        return clock(text, self.start, self.end, self.visits, where)

    def marks(self, text: Any, where: str | None = None) -> int:
        """The bit of this clock; clocks written alike share one. One that only ticks after follow-up never looks."""
        key = str(text)
        if key not in self.clocks:
            self.clocks[key] = self.times(text, where)
        bit = list(self.clocks).index(key)
        if bit >= 62:
            raise ScenarioError("more than 62 different clocks", where=where, mend="let rules share a clock")
        return 1 << bit

    def ticks(self, output: Floats, clones: Floats) -> tuple[Floats, Any, Any, Any]:
        """All ticks with their marks, and which of them are output and clone ticks."""
        ticks = np.unique(np.concatenate([*self.clocks.values(), output, clones]))
        marks = np.zeros(len(ticks), np.int64)
        for bit, times in enumerate(self.clocks.values()):
            marks[np.searchsorted(ticks, times)] |= 1 << bit
        return ticks, marks, np.isin(ticks, output), np.isin(ticks, clones)


def numbers(data: Mapping[str, Any], prefix: str = "") -> dict[str, tuple[float, str]]:
    """Path -> (value, unit) of every number of a protocol ("share.salvaged"); a bare number counts too."""
    found: dict[str, tuple[float, str]] = {}
    for key, x in data.items():
        path = f"{prefix}.{key}" if prefix else key
        if isinstance(x, Mapping) and isinstance(x.get("value"), (int, float)) and not isinstance(x["value"], bool):
            found[path] = (float(x["value"]), str(x.get("unit", "1")))
        elif isinstance(x, Mapping) and key not in ("sources", "modules"):
            found.update(numbers(x, path))
        elif prefix and isinstance(x, (int, float)) and not isinstance(x, bool):
            found[path] = (float(x), "1")
    return found


def shares(protocol: Mapping[str, Any], where: str) -> dict[str, tuple[float, str]]:
    """The numbers of a protocol, with every share checked to lie between 0 and 1."""
    found = numbers(protocol)
    for path, (x, _) in found.items():
        if path.startswith("share.") and not 0.0 <= x <= 1.0:
            raise ScenarioError(f"'{path}' = {x:g} is no share", where=where, allowed="0 to 1")
    return found


def observables(model: Model) -> dict[str, str | None]:
    """Everything that may be looked at, with its unit where one is declared (by the module or by a reader)."""
    units: dict[str, str | None] = {p: model.unit(p) for p in model.states}
    readers: dict[str, str] = {
        d.path: d.unit for m in model.modules.values() for d in m.declared.values() if isinstance(d, Reads)
    }
    for path in _published(model):
        declared: Declared | None = model.declared.get(path)
        units.setdefault(path, readers.get(path) or (declared.unit if declared is not None else None))
    return units


def _shown(trial: Mapping[str, Any], seen: Mapping[str, Any], model: Model) -> list[str]:
    """Observables whose course is kept; those of a role that nobody fills in this arm are left out."""
    wanted = list(dict.fromkeys(trial.get("course", {}).get("shown", [])))
    for path in wanted:
        if path not in seen and path.rpartition(".")[0] in model.modules:
            raise unknown("observable", path, seen, "course.shown")
    return [p for p in wanted if p in seen]


def _published(model: Model) -> list[str]:
    ones = {p: 1.0 for p in (*model.states, *model.parameters, *model.covariates)}
    with np.errstate(all="ignore"):
        return list(model.evaluate({**ones, **model.constants(ones)}).published)


def design(arm: Arm, rtol: float = 1e-6) -> Design:
    """The engine's plan for one arm. ScenarioError when a rule, clock or visit cannot be."""
    model, trial, protocol = arm.resolved.model(), arm.resolved.trial, arm.resolved.protocol
    where = f"protocol '{arm.resolved.names.get('protocol', '')}'"
    words.check(trial)
    start, end = moment(protocol.get("start", 0.0), where), moment(protocol.get("follow_up", "12 months"), where)
    if not start <= 0 < end:
        raise ScenarioError(
            f"follow-up from day {start:g} to day {end:g} cannot be", where=where, allowed="start <= 0 < follow_up"
        )
    visits = {str(k): clock(x, start, end, None, f"visits.{k}") for k, x in trial.get("visits", {}).items()}
    table = Timetable(start, end, visits)
    programs, written = _programs(arm, model, where)
    scales = _scales(trial, programs)
    rules = [
        Rule.read(row, where) for kind in ("watch", "rule") for row in tables(protocol.get(kind), RULE, kind, where)
    ]
    for rule in rules:
        rule.enlist(programs)
    crs = one_table(protocol.get("crs", {}), {"check": "clock"}, "crs", where)
    watches = [w for scale in scales for w in scale.compile(programs, table.marks(crs.get("check", CRS_CLOCK), where))]
    watches += [rule.compile(programs, model, table.marks(rule.check, rule.place)) for rule in rules]
    course = table.times(trial.get("course", {}).get("clock", COURSE), "course.clock")
    output = np.unique(np.concatenate([course, *visits.values()]))
    ticks, marks, is_output, is_clone = table.ticks(output, table.times(CLONE_CLOCK.format(start=start)))
    return Design(
        name=arm.name,
        model=model,
        plan=Plan(start, end, ticks, marks, is_output, is_clone, tuple(programs.used), written, tuple(watches), rtol),
        programs=programs,
        rules=tuple(rules),
        scales=tuple(scales),
        visits=visits,
        at={name: np.searchsorted(output, days) for name, days in visits.items()},
        times=output,
        protocol=protocol,
    )


def _programs(arm: Arm, model: Model, where: str) -> tuple[Programs, int]:
    """What expressions of this arm may mention, and how many observables are written."""
    seen = observables(model)
    shown = _shown(arm.resolved.trial, seen, model)
    constants = {
        **{p: model.unit(p) for p in (*model.parameters, *model.covariates)},
        **{n: str(c.get("unit", "1")) for n, c in arm.resolved.covariates.items()},
        **{p: unit for p, (_, unit) in shares(arm.resolved.protocol, where).items()},
    }
    return Programs(seen, constants, shown, drugs=set(drugs(model))), len(shown)


def _scales(trial: Mapping[str, Any], programs: Programs) -> list[Scale]:
    """The trial's scale (also known as "crs"), then the others; none when the model has no physiology."""
    if "physiology.temperature" not in programs.observables:
        return []
    names = dict.fromkeys([trial.get("scale", DEFAULT_SCALE), *trial.get("also_graded", [])])
    scales = [Scale.read(name, library.find("scales", name).data, f"scale '{name}'") for name in names]
    for i, scale in enumerate(scales):
        scale.enlist(programs, also=None if i else "crs")
    return scales
