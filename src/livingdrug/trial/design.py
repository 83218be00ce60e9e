"""From an arm of a resolved scenario to what the engine is told: ticks, watches, observables, visits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from livingdrug import library
from livingdrug.care import rules
from livingdrug.care.compiler import Programs
from livingdrug.care.grading import Scale
from livingdrug.cohort import at_bounds
from livingdrug.engine.plan import Floats, Plan
from livingdrug.errors import ScenarioError, unknown
from livingdrug.library.located import Place
from livingdrug.model.assemble import Model
from livingdrug.results.courses import Courses
from livingdrug.scenario import Arm
from livingdrug.spec.clock import Clock, Every, clock
from livingdrug.spec.protocol import Protocol, Watch
from livingdrug.spec.scale import Scale as ScaleFile
from livingdrug.spec.trial import Trial
from livingdrug.spec.typed import read

CLONE_CLOCK = "every 6 h from day {start:g} to day 60, then every 1 d to day 180, then every 2 d"
DEFAULT_SCALE = "astct"


@dataclass(frozen=True)
class Design:
    """One arm, ready to run. visits: name -> days; at: name -> places of those days among the output ticks; asked: the
    programs of the trial's own columns, once they have been compiled; doses: days of each scheduled dose;
    units: of the patients' columns, and asked_of_doses: the patient constants that scheduled doses mention, once known;
    notes: what a shorter follow-up leaves out, and bounds at which many patients are drawn.
    """

    name: str
    model: Model
    plan: Plan
    programs: Programs
    rules: tuple[Watch, ...]
    scales: tuple[Scale, ...]
    visits: Mapping[str, Floats]
    at: Mapping[str, Any]
    times: Floats
    protocol: Protocol
    doses: Mapping[str, Floats]
    notes: tuple[str, ...]
    units: dict[str, str | None] = field(default_factory=dict, repr=False, compare=False)
    asked_of_doses: list[str] = field(default_factory=list, repr=False, compare=False)
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

    def __init__(self, start: float, end: float, set_at: Place) -> None:
        self.start, self.end, self.set_at = start, end, set_at
        self.visits: dict[str, Floats] = {}
        self.clocks: dict[Clock, Floats] = {}
        self.notes: list[str] = []

    def times(self, given: Clock, what: str, place: Place) -> Floats:
        """The ticks of a clock. What lies outside the simulated time is refused, unless it is the library's and a
        user's shorter follow-up cuts it off: then it is noted."""
        times = given.times(self.start, self.end, self.visits, place)
        outside = [day for day in given.listed if not self.start - 1e-9 <= day <= self.end + 1e-9]
        outside += [
            p.first for p in given.pieces if isinstance(p, Every) and p.first is not None
            and (p.first > self.end or (p.last is not None and p.last < self.start))
        ]  # fmt: skip
        if len(times) and not outside:
            return times
        if place.ours and not self.set_at.ours:
            cut = ", ".join(f"{day:g}" for day in outside[:5]) if len(times) else "all of it"
            self.notes.append(f"{what}: after the end of follow-up, left out (day {cut})")
            return times
        said = f"{what} lies outside the simulated time" + (f": day {outside[0]:g}" if outside else f" ({given.text})")
        raise ScenarioError(said, where=place, allowed=f"day {self.start:g} to day {self.end:g}",
                            mend="change the days, or start and follow_up of the protocol")  # fmt: skip

    def marks(self, given: Clock, what: str, place: Place) -> int:
        """The bit of this clock; clocks written alike share one."""
        if given not in self.clocks:
            self.clocks[given] = self.times(given, what, place)
        bit = list(self.clocks).index(given)
        if bit >= 62:
            raise ScenarioError("more than 62 different clocks", where=place, mend="let rules share a clock")
        return 1 << bit

    def ticks(self, output: Floats, clones: Floats) -> tuple[Floats, Any, Any, Any]:
        """All ticks with their marks, and which of them are output and clone ticks."""
        ticks = np.unique(np.concatenate([*self.clocks.values(), output, clones]))
        marks = np.zeros(len(ticks), np.int64)
        for bit, times in enumerate(self.clocks.values()):
            marks[np.searchsorted(ticks, times)] |= 1 << bit
        return ticks, marks, np.isin(ticks, output), np.isin(ticks, clones)


def observables(model: Model) -> dict[str, str | None]:
    """Everything that may be looked at, with its unit; a temperature carried as degrees above 37 as "degC@37"."""
    return {p: f"{q.unit}@{q.zero:g}" if q.zero else q.unit for p, q in model.quantities.items()}


def _shown(trial: Trial, seen: Mapping[str, Any], model: Model) -> list[str]:
    """Observables whose course is kept, the sampled one among them. The library's that nobody publishes in this arm
    are left out; a user's are refused."""
    wanted = {path: trial.course.place("shown") for path in trial.course.shown}
    if trial.samples:
        wanted.setdefault(trial.samples.observable, trial.samples.place("observable"))
    for path, place in wanted.items():
        if path not in seen and (path.rpartition(".")[0] in model.modules or not place.ours):
            raise unknown("quantity", path, seen, place)
    return [p for p in wanted if p in seen]


def design(arm: Arm, rtol: float = 1e-6) -> Design:
    """The engine's plan for one arm. ScenarioError when a rule, clock or visit cannot be."""
    model, trial, protocol = arm.resolved.model(), arm.resolved.trial, arm.resolved.protocol
    start, end = protocol.start, protocol.follow_up
    table = Timetable(start, end, protocol.place("follow_up"))
    for name, days in trial.visits.items():
        table.visits[name] = table.times(days, f"visits '{name}'", trial.place(f"visits.{name}"))
    programs, written = _programs(arm, model)
    scales = _scales(trial, programs)
    looks = (*protocol.watch, *protocol.rule)
    for look in looks:
        rules.enlist(look, programs)
    graded = table.marks(protocol.crs.check, "the clock of grading", protocol.crs.place("check")) if scales else 0
    watches = [w for scale in scales for w in scale.compile(programs, graded)]
    for look in looks:
        marks = table.marks(look.check, f"the clock of '{look.name}'", look.place("check"))
        watches.append(rules.compiled(look, programs, model, marks))
    doses = {d.name: table.times(d.days, f"the scheduled dose '{d.name}'", d.place("days")) for d in protocol.schedule}
    course = table.times(trial.course.clock, "the clock of the course", trial.course.place("clock"))
    output = np.unique(np.concatenate([course, *table.visits.values()]))
    clones = clock(CLONE_CLOCK.format(start=start)).times(start, end)
    ticks, marks_, is_output, is_clone = table.ticks(output, clones)
    return Design(
        name=arm.name,
        model=model,
        plan=Plan(start, end, ticks, marks_, is_output, is_clone, tuple(programs.used), written, tuple(watches), rtol),
        programs=programs,
        rules=looks,
        scales=tuple(scales),
        visits=table.visits,
        at={name: np.searchsorted(output, days) for name, days in table.visits.items()},
        times=output,
        protocol=protocol,
        doses=doses,
        notes=(*table.notes, *at_bounds(arm.resolved)),
    )


def _programs(arm: Arm, model: Model) -> tuple[Programs, int]:
    """What expressions of this arm may mention, and how many observables are written."""
    seen = observables(model)
    shown = _shown(arm.resolved.trial, seen, model)
    protocol = arm.resolved.protocol
    constants = {
        **{p: model.unit(p) for p in (*model.parameters, *model.covariates)},
        **{n: c.unit for n, c in arm.resolved.covariates.items()},
        **{p: x.unit for p, x in protocol.numbers.items()},
    }
    drugs = rules.drugs(model)
    scheduled = {rules.drug(dose.give) for dose in protocol.schedule} & set(drugs)
    return Programs(seen, constants, shown, drugs=set(drugs), scheduled=scheduled), len(shown)


def _scales(trial: Trial, programs: Programs) -> list[Scale]:
    """The trial's scale (also known as "crs"), then the others; none when the model has no physiology to grade."""
    named = {name: trial.place("also_graded") for name in trial.also_graded}
    named = {trial.scale or DEFAULT_SCALE: trial.place("scale"), **named}
    files = {file.name: file for file in (library.find("scales", name, where=at) for name, at in named.items())}
    scales = [Scale(name, read(ScaleFile, file.table)) for name, file in files.items()]
    asked = {n.path for s in scales for g in s.file.grade for n in g.when.names if n.path not in s.file.meanings}
    asked |= {n.path for s in scales for m in s.file.meanings.values() for n in m.names}
    if not any(path in programs.observables for path in asked):
        return []
    for i, scale in enumerate(scales):
        scale.enlist(programs, also=None if i else "crs")
    return scales
