"""Patients of a run, simulated again from its scenario and seed: what the run did not keep can be looked at.

A patient's course does not depend on when it is looked at, so these are the very patients of the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from livingdrug.care.interpreter import evaluate
from livingdrug.engine.plan import Floats, Output, Register
from livingdrug.errors import ScenarioError, unknown
from livingdrug.scenario import Arm
from livingdrug.spec.clock import Clock
from livingdrug.trial.before_infusion import steps
from livingdrug.trial.design import Design, design, observables, scales
from livingdrug.trial.doses import doses
from livingdrug.trial.enrolment import Enrolled, enrol
from livingdrug.trial.grades import at
from livingdrug.trial.simulate import blocks


@dataclass(frozen=True)
class Given:
    """A dose: day, the drug's short name, how much [unit], over how long [day], and whether a care rule gave it."""

    day: float
    drug: str
    amount: float
    unit: str
    over: float
    by_rule: bool


@dataclass(frozen=True)
class Followed:
    """One patient: days (T,), quantities by path (T,) in a reader's unit (nan after the end), doses in order of time,
    and the grade (T,) on each scale at these days.

    before: what the steps before infusion came to in this patient, by what it means (`biology.manufacture.MEANINGS`);
    empty where nothing is manufactured.
    """

    days: Floats
    courses: Mapping[str, Floats]
    doses: tuple[Given, ...]
    grades: Mapping[str, Floats]
    before: Mapping[str, float] = field(default_factory=dict)


def patient(arm: Arm, number: int, seed: int, shown: Iterable[str], days: Sequence[float]) -> Followed:
    """One infused patient of an arm, by number. ScenarioError when the patient was not infused."""
    graded = [p for s in scales(arm) for p in _asked(s.file.entry.when, *(g.when for g in s.file.grade),
                                                             *s.file.meanings.values())]  # fmt: skip
    paths = [p for p in dict.fromkeys([*shown, *graded]) if p in observables(arm.resolved.model())]
    plan = design(looked_at(arm, paths, days))
    enrolled = enrol(arm, plan, np.array([number]), seed)
    if not len(enrolled.infused):
        raise ScenarioError(f"patient {number} was {enrolled.status[0]}", mend="name a patient who was infused")
    output = _simulated(plan, enrolled)
    quantities = plan.model.quantities
    courses = {p: output.observables[0, :, i] + quantities[p].zero for i, p in enumerate(plan.shown)}
    grades = {s.name: _grade(plan, s.name, enrolled, output) for s in plan.scales}
    return Followed(plan.times, courses, tuple(_doses(plan, enrolled, output)), grades, _before(plan, enrolled))


def values(
    arm: Arm, path: str, days: Sequence[float], patients: int, seed: int
) -> tuple[Floats, Floats, Mapping[str, Floats]]:
    """One quantity on some days (n, days), in its unit, in the infused among the first `patients` enrolled; their
    numbers (n,); and their constants by name (n,).

    A block of patients at a time: memory grows with the days asked for alone. ScenarioError when there is no such
    quantity.
    """
    if path not in observables(arm.resolved.model()):
        raise unknown("quantity", path, observables(arm.resolved.model()))
    looking = looked_at(arm, [path], days)
    plan = design(looking)
    places = np.searchsorted(plan.times, np.asarray(days, float))
    found, ids, constants = [], [], dict[str, list[Floats]]()
    for enrolled, table, courses in blocks(looking, plan, patients, seed):
        seen = table["infused"][enrolled.infused] > 0
        found.append(courses[seen][:, places, 0] + plan.model.quantities[path].zero)
        ids.append(enrolled.cohort.ids[seen])
        for name, x in enrolled.values.items():
            if np.ndim(x):
                constants.setdefault(name, []).append(np.asarray(x)[seen])
    return np.concatenate(found), np.concatenate(ids), {n: np.concatenate(x) for n, x in constants.items()}


def looked_at(arm: Arm, shown: Sequence[str], days: Sequence[float]) -> Arm:
    """The arm, with these quantities written on these days and no others, and nothing read off its patients."""
    trial = arm.resolved.trial
    when = Clock("on the days asked for", (tuple(float(d) for d in days),))
    course = trial.course.model_copy(update={"shown": tuple(shown), "clock": when})
    changed = trial.model_copy(update={"course": course, "samples": None, "column": ()})
    return replace(arm, resolved=replace(arm.resolved, trial=changed))


def _simulated(plan: Design, enrolled: Enrolled) -> Output:
    from livingdrug.engine.run import simulate

    return simulate(plan.model, plan.plan, enrolled.patients, 1)


def _asked(*asked: object) -> list[str]:
    return [name.path for expression in asked for name in expression.names]  # type: ignore[attr-defined]


def _doses(plan: Design, enrolled: Enrolled, output: Output) -> list[Given]:
    """Scheduled doses and those of care rules, of the one patient here, until the end of follow-up."""
    found = doses(plan, enrolled, slice(None), output)
    scheduled = len(plan.protocol.schedule) + len(plan.own_doses)
    what, unit, order = found["what"], found["unit"], found["ordered_by"].places
    return [
        Given(float(day), what.words[w], float(amount), unit.words[u], float(over), bool(by >= scheduled))
        for day, w, amount, u, over, by in zip(
            found["day"], what.places, found["amount"], unit.places, found["duration"], order, strict=True
        )
    ]


def _before(plan: Design, enrolled: Enrolled) -> dict[str, float]:
    """The numbers of the steps before infusion, of the one patient here."""
    if enrolled.before is None:
        return {}
    values = enrolled.before.cohort.values
    asked = {word: f"{role}.{own}" for role, step in steps(plan.model).items() for word, own in step.means.items()}
    return {word: float(np.ravel(values[path])[0]) for word, path in asked.items()}


def _grade(plan: Design, scale: str, enrolled: Enrolled, output: Output) -> Floats:
    """The grade of the one patient here at each output tick, from what was seen there; 0 before the scale's entry."""
    number = plan.programs.watches[f"{scale}.entry"]
    entry = plan.plan.watches[number]
    seen = output.observables[0]
    extras = np.repeat(enrolled.patients.extras[:1], len(seen), axis=0)
    registers = np.zeros((len(seen), len(plan.plan.watches) * len(Register)))
    entered = np.nan_to_num(evaluate((entry.program, entry.constants), seen, extras)) != 0
    registers[:, number * len(Register) + Register.COUNT] = np.cumsum(entered)
    found = at(plan, scale, seen, extras, plan.times, registers)
    return np.where(np.isfinite(seen).all(axis=1), found, np.nan)
