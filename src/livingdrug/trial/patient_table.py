"""One row a patient: what a block of simulated courses becomes, as columns of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from livingdrug.care.compiler import Program, Programs
from livingdrug.care.interpreter import perform
from livingdrug.engine.plan import Floats, Output
from livingdrug.errors import unknown
from livingdrug.scenario import Arm
from livingdrug.trial import assays
from livingdrug.trial.design import Design
from livingdrug.trial.enrolment import Enrolled

FAILED = 10


def rows(arm: Arm, design: Design, enrolled: Enrolled, part: slice, output: Output) -> dict[str, Any]:
    """Columns of the infused patients of one block, by name; times [day], inf when something never happened."""
    trial = arm.resolved.trial
    ids = enrolled.cohort.ids[part]
    found: dict[str, Any] = {"patient": ids}
    for name in enrolled.cohort.properties:
        found[name] = enrolled.cohort.of(name)[part]
    found["dose"] = enrolled.dose[part]
    found["outcome"] = output.outcome
    found["failed"] = (output.outcome >= FAILED) * 1.0
    found["end_day"] = output.ended
    found.update(_events(design, output))
    samples = trial.get("samples")
    if samples and samples["observable"] in design.shown:
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


def _samples(
    table: Mapping[str, Any], design: Design, enrolled: Enrolled, part: slice, output: Output
) -> dict[str, Floats]:
    name = table["visits"]
    if name not in design.visits:
        raise unknown("visit list", name, design.visits, "samples.visits")
    course = output.observables[:, :, design.shown.index(table["observable"])]

    def of(key: str, otherwise: float) -> Any:
        if key in table and table[key] not in enrolled.values:
            raise unknown("number of a patient", table[key], enrolled.values, f"samples.{key}")
        return np.asarray(enrolled.values[table[key]])[part] if key in table else otherwise

    return assays.columns(
        table,
        course,
        design.times,
        design.visits[name],
        design.at[name],
        enrolled.cohort.ids[part],
        enrolled.patients.seed,
        of("noise", 0.0),
        of("limit", 0.0),
    )


def _asked(
    trial: Mapping[str, Any], design: Design, enrolled: Enrolled, part: slice, output: Output, found: Mapping[str, Any]
) -> dict[str, Floats]:
    """The trial's own columns: expressions over what the watches remember of each patient."""
    if not design.asked:
        design.asked.append(_compiled(trial, design, [k for k, x in found.items() if np.asarray(x).dtype.kind in "fi"]))
    asked, programs = design.asked[0]
    watches, kept = output.registers.shape[1:]
    registers = output.registers.reshape(len(output.outcome), watches * kept)
    extras = enrolled.extras(asked.extras, part)
    seen = np.column_stack([found[p] for p in asked.used]) if asked.used else None
    out: dict[str, Floats] = {}
    for name, program in programs.items():
        value = np.asarray(perform(program, seen, extras, 0.0, registers), float)
        value = np.where(value == -np.inf, np.nan, value)  # "never yet" of a last day or a highest value
        out[name] = np.broadcast_to(value, len(registers)).copy()
    return out


def _compiled(trial: Mapping[str, Any], design: Design, numbers: list[str]) -> tuple[Programs, dict[str, Program]]:
    """The programs of the trial's own columns, which may mention the numbers found so far."""
    asked = Programs(
        {**dict.fromkeys(numbers), "death_day": "day", "end_day": "day"},
        design.programs.constants,
        watches=design.programs.watches,
        aliases=design.programs.aliases,
        gives=design.programs.gives,
        drugs=design.programs.drugs,
    )
    return asked, {
        column["name"]: asked.compile(column["value"], column.get("unit"), f"column '{column['name']}'")
        for column in trial.get("column", [])
    }
