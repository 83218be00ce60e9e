"""One row a patient: what a block of simulated courses becomes, as columns of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from livingdrug.care.compiler import Program, Programs
from livingdrug.care.interpreter import evaluate
from livingdrug.engine.plan import Floats, Outcome, Output
from livingdrug.errors import ScenarioError
from livingdrug.scenario import Arm
from livingdrug.spec.grammar import WORDS
from livingdrug.spec.trial import Samples, Trial
from livingdrug.trial import assays
from livingdrug.trial.before_infusion import told, truths
from livingdrug.trial.design import Design
from livingdrug.trial.enrolment import Enrolled
from livingdrug.trial.observations import of
from livingdrug.units import factor

OF_ROWS = ("arm", "patient", "status", "cause", "file_id")  # columns that every table of patients has


def rows(arm: Arm, design: Design, enrolled: Enrolled, part: slice, output: Output) -> dict[str, Any]:
    """Columns of the infused patients of one block, by name; times [day], inf when something never happened."""
    trial = arm.resolved.trial
    ids = enrolled.cohort.ids[part]
    found: dict[str, Any] = {"patient": ids}
    for name in enrolled.cohort.properties:
        found[name] = enrolled.cohort.of(name)[part]
    found["dose"] = enrolled.dose[part]
    if enrolled.before is not None:
        found |= {name: x[enrolled.infused][part] for name, x in enrolled.before.columns.items()}
    elif arm.resolved.comparator is not None:  # no cells to wait for
        found |= {"enrolment_day": np.zeros(len(ids)), "lost_day": np.full(len(ids), np.inf)}
    found["outcome"] = output.outcome
    found["failed"] = (output.outcome >= Outcome.STEP_BUDGET) * 1.0
    found["end_day"] = output.ended
    found.update(_events(design, output))
    samples = trial.samples
    if samples and samples.observable in design.shown:
        found.update(_samples(samples, design, enrolled, part, output))
    return {**found, **_asked(trial, design, enrolled, part, output, found)}


def _events(design: Design, output: Output) -> dict[str, Any]:
    """Days of death, with its cause, and of other events that strike by chance."""
    found: dict[str, Any] = {}
    death = np.full(len(output.outcome), np.inf)
    cause = np.full(len(output.outcome), "", object)
    for i, path in enumerate(design.model.hazards):
        day, word = output.event_times[:, i], path.rpartition(".")[2]
        if getattr(design.model.declared[path], "ends", False):
            earlier = day < death
            death, cause = np.where(earlier, day, death), np.where(earlier, word.replace("_", " "), cause)
        else:
            found[f"{word}_day"] = day
    return {"death_day": death, "cause": cause, **found}


def _deaths(design: Design, output: Output) -> dict[str, Floats]:
    """The day of death of each cause by `CAUSE_day`, endless for who died of another or lives: what columns may ask."""
    earliest = np.full(len(output.outcome), np.inf)
    days: dict[str, Floats] = {}
    for i, path in enumerate(design.model.hazards):
        if getattr(design.model.declared[path], "ends", False):
            day = output.event_times[:, i]
            days[f"{path.rpartition('.')[2]}_day"] = day
            earliest = np.minimum(earliest, day)
    return {name: np.where(day == earliest, day, np.inf) for name, day in days.items()}


def _samples(samples: Samples, design: Design, enrolled: Enrolled, part: slice, output: Output) -> dict[str, Floats]:
    course = output.observables[:, :, design.shown.index(samples.observable)]

    return assays.columns(
        samples,
        course,
        design.times,
        design.visits[samples.visits],
        design.at[samples.visits],
        enrolled.cohort.ids[part],
        enrolled.patients.seed,
        of(samples, "noise", enrolled, part),
        of(samples, "limit", enrolled, part),
    )


def _asked(
    trial: Trial, design: Design, enrolled: Enrolled, part: slice, output: Output, found: Mapping[str, Any]
) -> dict[str, Floats]:
    """The trial's own columns: expressions over what the watches remember of each patient."""
    deaths = _deaths(design, output)
    if not design.asked:
        numbers = [k for k, x in found.items() if np.asarray(x).dtype.kind in "fi"]
        design.asked.append(_compiled(trial, design, numbers, [*deaths]))
    found = {**found, **deaths}
    asked, programs = design.asked[0]
    watches, kept = output.registers.shape[1:]
    registers = output.registers.reshape(len(output.outcome), watches * kept)
    extras = enrolled.extras(asked.extras, part)
    seen = np.column_stack([found[p] for p in asked.used]) if asked.used else None
    out: dict[str, Floats] = {}
    for name, program in programs.items():
        value = np.asarray(evaluate(program, seen, extras, 0.0, registers), float)
        value = np.where(value == -np.inf, np.nan, value)  # "never yet" of a last day or a highest value
        out[name] = np.broadcast_to(value, len(registers)).copy()
    return out


def _compiled(
    trial: Trial, design: Design, numbers: list[str], deaths: list[str]
) -> tuple[Programs, dict[str, Program]]:
    """The programs of the trial's own columns, which may mention the numbers found so far, and the day of death of each
    cause, which is no column."""
    units = column_units(trial, design, numbers)
    asked = Programs(
        {**dict.fromkeys(deaths, "day"), **units},
        design.programs.constants,
        watches=design.programs.watches,
        aliases=design.programs.aliases,
        gives=design.programs.gives,
        drugs=design.programs.drugs,
        scheduled=design.programs.scheduled,
        noted=design.programs.notes_units(),
        valued=design.programs.valued,
        levels=design.programs.levels,
        simulated=design.programs.simulated,
        bounds=design.programs.bounds,
        notes=design.programs.notes,
        truths={*design.programs.truths, "failed", *truths(design.model)},
        looking=False,
    )
    found: dict[str, Program] = {}
    taken = {name.lower() for name in (*units, *deaths, *OF_ROWS, *WORDS, "time", "never")}
    for column in trial.column:
        if column.name.lower() in taken:
            said = f"every patient has a column '{column.name}' already"
            raise ScenarioError(said, where=column.place("name"), mend="choose another name")
        taken.add(column.name.lower())
        unit = column.unit or (asked.own(column.value) or "").partition("@")[0] or None
        found[column.name] = asked.compile(column.value, unit, column.place("value"))
        design.units[column.name] = unit
        if asked.is_truth(column.value):
            design.units.truths.add(column.name)
        elif (lies := asked.whole(column.value)) is not None:
            design.units.whole[column.name] = lies
    design.units.update(units)
    design.units.truths |= {
        "infused",
        "failed",
        *truths(design.model),
        *(design.programs.truths & set(numbers)),
    }
    return asked, found


def column_units(trial: Trial, design: Design, names: list[str]) -> dict[str, str | None]:
    """The unit of each column that every patient has."""
    known: dict[str, str | None] = {n: c for n, c in design.programs.constants.items() if n in names}
    known |= {n: unit for n, (unit, _) in told(design.model).items()}
    known |= {
        "dose": design.model.unit(infusion) if (infusion := design.model.infusion) else "cell",
        "outcome": "1",
        "failed": "1",
        "infused": "1",
    }
    if trial.samples and trial.samples.observable in design.programs.observables:
        unit = design.programs.observables[trial.samples.observable] or "1"
        if "@" in unit:
            said = f"'{trial.samples.observable}' is no concentration that an assay could sample"
            raise ScenarioError(
                said, where=trial.samples.place("observable"), mend="sample a quantity that the course shows"
            )
        for key, wanted in (("noise", "1"), ("limit", unit)):
            path, at = getattr(trial.samples, key), trial.samples.place(key)
            own = design.programs.constants.get(path or "")
            if own and factor(own, wanted, at) != 1.0:
                raise ScenarioError(
                    f"'{path}' is in {own}, and {wanted} is needed",
                    where=at,
                    mend="choose a quantity of that kind, or change the unit",
                )
        known |= {"cmax": unit, "auc": f"{unit.partition('/')[0]}*day/{unit.partition('/')[2]}".strip("/")}
        known["auc_true"] = known["auc"]
        known |= dict.fromkeys(("tmax", "last_measurable", "doubling", "decline"), "day")
        known |= {f"copies_{day:g}": unit for day in trial.samples.days}
    days = {n: "day" for n in names if n.endswith("_day")}
    return {n: known.get(n, days.get(n)) for n in names}
