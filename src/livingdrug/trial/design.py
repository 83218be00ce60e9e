"""From an arm of a resolved scenario to what the engine is told: ticks, watches, observables, visits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from livingdrug import library
from livingdrug.care import rules
from livingdrug.care.compiler import Programs
from livingdrug.care.grading import Scale
from livingdrug.care.truth import Units
from livingdrug.care.waiting import refuse_circles
from livingdrug.cohort import at_bounds
from livingdrug.engine.plan import Floats, Ints, Plan
from livingdrug.errors import ScenarioError, unknown
from livingdrug.model.assemble import Model
from livingdrug.results.courses import Courses
from livingdrug.scenario import Arm
from livingdrug.spec.clock import clock
from livingdrug.spec.patients import beyond, possible
from livingdrug.spec.population import Covariate
from livingdrug.spec.protocol import SHARES, Protocol, Watch
from livingdrug.spec.scale import Scale as ScaleFile
from livingdrug.spec.trial import OWN_SCALE, Trial
from livingdrug.spec.typed import file_of, of_file
from livingdrug.trial.timetable import Timetable, timetable
from livingdrug.units import never_negative

CLONE_CLOCK = "every 6 h from day {start:g} to day 60, then every 1 d to day 180, then every 2 d"
DEFAULT_SCALE = "astct"


@dataclass(frozen=True)
class Design:
    """One arm, ready to run. shown: the observables whose course is kept (the plan writes them first, then what grading
    looks at); visits: name -> days; at: name -> places of those days among the output ticks; graded_at: places of the
    output ticks at which the scales are looked at; asked: the programs of the trial's own columns, once they have been
    compiled; doses: days of each scheduled dose; units: of the patients' columns, asked_of_doses: the patient constants
    that doses mention, own_doses: the user's dose records, each once known; notes: what a shorter follow-up leaves out,
    and bounds at which many patients are drawn.
    """

    name: str
    model: Model
    plan: Plan
    shown: tuple[str, ...]
    programs: Programs
    rules: tuple[Watch, ...]
    scales: tuple[Scale, ...]
    visits: Mapping[str, Floats]
    at: Mapping[str, Any]
    graded_at: Ints
    times: Floats
    protocol: Protocol
    doses: Mapping[str, Floats]
    notes: tuple[str, ...]
    units: Units = field(default_factory=Units, repr=False, compare=False)
    asked_of_doses: list[str] = field(default_factory=list, repr=False, compare=False)
    asked: list[Any] = field(default_factory=list, repr=False, compare=False)
    own_doses: list[Any] = field(default_factory=list, repr=False, compare=False)

    @property
    def told(self) -> tuple[str, ...]:
        """The notes, and those on conditions that were compiled since."""
        return (*self.notes, *self.programs.notes)

    def courses(self, keep: Iterable[int] = ()) -> Courses:
        """Courses of nobody yet, with the units and zeros that a reader of the model's quantities sees; keep: patients
        whose own course is kept."""
        seen = {path: self.model.quantities[path] for path in self.shown}
        units, zeros = ({p: q.unit for p, q in seen.items()}, {p: q.zero for p, q in seen.items()})
        return Courses.empty(self.times, self.shown, units, zeros, keep)


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
    table = timetable(arm.resolved)
    programs, shown = _programs(arm, model)
    scales = _scales(trial, programs)
    looks = protocol.looks
    for look in looks:
        rules.enlist(look, programs)
    graded = table.marks(protocol.crs.check, "the clock of grading", protocol.crs.place("check")) if scales else 0
    watches = [w for scale in scales for w in scale.compile(programs, _looked_at(scale, table, graded))]
    written = len(programs.used)  # so that grades can be read off the written courses
    watches += [rules.compiled(look, programs, model, table.looks(look)) for look in looks]
    refuse_circles(looks, programs)
    doses = {dose.name: table.doses(dose) for dose in protocol.schedule}
    _begins(protocol, model, doses)
    course = table.times(trial.course.clock, "the clock of the course", trial.course.place("clock"))
    output = np.unique(np.concatenate([course, *table.visits.values()]))
    table.reads(trial, output)
    clones = clock(CLONE_CLOCK.format(start=start)).times(start, end)
    ticks, marks_, is_output, is_clone = table.ticks(output, clones)
    return Design(
        name=arm.name,
        model=model,
        plan=Plan(start, end, ticks, marks_, is_output, is_clone, tuple(programs.used), written, tuple(watches), rtol),
        shown=shown,
        programs=programs,
        rules=looks,
        scales=tuple(scales),
        visits=table.visits,
        at={name: np.searchsorted(output, days) for name, days in table.visits.items()},
        graded_at=np.flatnonzero(marks_[is_output] & graded),
        times=output,
        protocol=protocol,
        doses=doses,
        notes=(*table.notes, *at_bounds(arm.resolved), *_idle(arm, model)),
        units=Units(bounds=programs.bounds, notes=programs.notes),
    )


def scales(arm: Arm) -> list[Scale]:
    """The scales on which an arm is graded, without the plan around them."""
    programs, _ = _programs(arm, arm.resolved.model())
    return _scales(arm.resolved.trial, programs)


def _looked_at(scale: Scale, table: Timetable, usual: int) -> int:
    """The bit of a scale's own clock, or of the protocol's grading."""
    if scale.file.check is None:
        return usual
    return table.marks(scale.file.check, f"the clock of the scale '{scale.name}'", scale.file.place("check"))


def _begins(protocol: Protocol, model: Model, doses: Mapping[str, Floats]) -> None:
    """ScenarioError unless the first infusion is on day 0, from which time is counted."""
    given = [d for d in protocol.schedule if rules.find_input(model, d.give, True, d.place("give")) == model.infusion]
    first = {dose.name: float(doses[dose.name][0]) for dose in given if len(doses[dose.name])}
    for dose in given:
        laid = file_of(dose.place("days")) != file_of(dose.place("give"))  # other days for somebody else's infusion
        day = first.get(dose.name, 0.0)
        if day and (laid or day == min(first.values())):
            said = f"the first infusion '{dose.name}' would be on day {day:g}, and time is counted from it"
            mend = "leave it on day 0 and move the others, or give it again under a name of its own"
            raise ScenarioError(said, where=dose.place("days"), allowed="day 0", mend=mend)


def _idle(arm: Arm, model: Model) -> list[str]:
    """What a user added and nothing asks for: a list of visits, a drug."""
    trial, protocol = arm.resolved.trial, arm.resolved.protocol
    clocks = [*(x.check for x in protocol.looks), *(d.days for d in protocol.schedule)]
    asked = {name for clock in (*clocks, protocol.crs.check, trial.course.clock) for name in clock.visits}
    asked |= {trial.samples.visits} if trial.samples else set()
    unasked = {name: trial.place(f"visits.{name}") for name in trial.visits if name not in asked}
    notes = [
        f"nobody looks at the visits '{name}' ({place}): the course is kept on these days, and no more"
        for name, place in unasked.items()
        if not place.ours
    ]
    gives = {d.give for d in protocol.schedule} | {r.do.give for r in protocol.rule if r.do and r.do.give}
    given = {rules.find_input(model, word, True) for word in gives}
    switched = {rules.find_input(model, r.do.set, False) for r in protocol.rule if r.do and r.do.set}
    listed = {name: at for x in (trial, protocol) for name in x.drugs if not (at := x.place("drugs")).ours}
    for role in model.modules:
        said = arm.resolved.origins.get(f"modules.{role}")
        place = said[-1][2] if said else listed.get(role.rpartition(".")[2])
        entries = {path for path in model.entries if path.startswith(f"{role}.")}
        if place and entries and not entries & given and model.infusion not in entries and not arm.resolved.own:
            notes.append(f"nothing gives '{role}' ({place}): no rule and no scheduled dose")
        switches = {path for path in model.inputs if path.startswith(f"{role}.")} - entries
        if said and switches and not switches & switched:
            notes.append(f"nothing sets '{min(switches)}' ({said[-1][2]}): without a rule that does, it does nothing")
    return notes


def _programs(arm: Arm, model: Model) -> tuple[Programs, tuple[str, ...]]:
    """What expressions of this arm may mention, and the observables whose course is kept."""
    seen = observables(model)
    shown = tuple(_shown(arm.resolved.trial, seen, model))
    protocol = arm.resolved.protocol
    constants = {
        **{p: model.unit(p) for p in (*model.parameters, *model.covariates, *model.derived)},
        **{n: c.unit for n, c in arm.resolved.covariates.items()},
        **{p: x.unit for p, x in protocol.numbers.items()},
    }
    drugs = rules.drugs(model)
    scheduled = {rules.drug(dose.give) for dose in protocol.schedule} & set(drugs)
    truths = {n for n, c in arm.resolved.covariates.items() if _yes_or_no(c)}
    days = (arm.resolved.protocol.start, arm.resolved.protocol.follow_up)
    found = Programs(
        seen,
        constants,
        shown,
        drugs=set(drugs),
        scheduled=scheduled,
        truths=truths,
        simulated=days,
        ranges=_ranges(arm),
        bounds=_bounds(arm),
    )
    return found, shown


def _yes_or_no(c: Covariate) -> bool:
    """Whether a property is one that a patient has or has not; one age of everybody, of 1 year, is none."""
    return c.distribution == "chance" or (c.distribution == "fixed" and c.unit == "1" and c.value in (0, 1))


def _ranges(arm: Arm) -> dict[str, tuple[float, float]]:
    """Between which values a property of the patients or a share of them lies, in its own unit, whoever they are: many
    times what the population has is nobody's (a user's own value says nothing of others)."""
    found = {}
    for name, c in arm.resolved.covariates.items():
        least = 0.0 if never_negative(c.unit) or not possible(c, -1.0) else -math.inf
        found[name] = (least, beyond(c) if c.place("value").ours else math.inf)
    shares = {p: SHARES[x.unit] for p, x in arm.resolved.protocol.numbers.items() if p.startswith("share.")}
    return found | {path: (0.0, whole) for path, whole in shares.items()}


def _bounds(arm: Arm) -> dict[str, tuple[float, float]]:
    """Between which values a property lies in every patient that the population draws, in its own unit; nothing of what
    a user's own file says of each."""
    found = {}
    for name, c in arm.resolved.covariates.items():
        low = (
            c.low
            if c.low is not None
            else 0.0
            if c.distribution in ("log-normal", "logit-normal", "chance")
            else -math.inf
        )
        high = c.high if c.high is not None else 1.0 if c.distribution in ("logit-normal", "chance") else math.inf
        if c.distribution == "fixed" and c.value is not None:
            low = high = c.value
        if arm.resolved.own is None and (low, high) != (-math.inf, math.inf):
            found[name] = (low, high)
    return found


def _scales(trial: Trial, programs: Programs) -> list[Scale]:
    """The trial's scale (also known as "crs"), then the others; none when the model has no physiology to grade."""
    named = {name: trial.place("also_graded") for name in trial.also_graded}
    named = {trial.scale or DEFAULT_SCALE: trial.place("scale"), **named}
    files = {file.name: file for file in (library.find("scales", name, where=at) for name, at in named.items())}
    scales = [Scale(name, of_file(ScaleFile, file)) for name, file in files.items()]
    asked = {n.path for s in scales for g in s.file.grade for n in g.when.names if n.path not in s.file.meanings}
    asked |= {n.path for s in scales for m in s.file.meanings.values() for n in m.names}
    if not any(path in programs.observables for path in asked):
        return []
    for i, scale in enumerate(scales):
        scale.enlist(programs, also=None if i else OWN_SCALE)
    return scales
