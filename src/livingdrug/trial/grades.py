"""What the grading scales say of each patient: the grade on each day of the course, and each episode as a whole.

The grade on a day is the one that the care rules saw: the scale's own program, read off the written course.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from livingdrug.care.grading import Scale
from livingdrug.care.interpreter import evaluate
from livingdrug.engine.plan import Floats, Op, Output, Register
from livingdrug.results.grades import Grades
from livingdrug.trial.design import Design
from livingdrug.trial.enrolment import Enrolled

KEPT = len(Register)


def grades(design: Design) -> Grades:
    """Grades of nobody yet, for each scale whose grades can be read off the course."""
    titles = {
        f"{s.name}.grade": f"{s.file.graded or 'grade'}, {s.file.short or s.title}" for s in _scales(design)
    }  # fmt: skip
    return Grades.empty(design.times[design.graded_at], titles)


def unread(design: Design) -> list[str]:
    """A note for each scale whose grades over time cannot be read off the course."""
    known = _scales(design)
    why = "grades over time are not kept, because its grades ask what happened before"
    return [f"{s.title}: {why}" for s in design.scales if s not in known]


def _scales(design: Design) -> list[Scale]:
    """The scales whose grade asks about the patient as he is, and of what was before only whether grading has begun."""
    return [s for s in design.scales if _remembers(design, s) <= {_begun(design, s)}]


def _begun(design: Design, scale: Scale) -> int:
    """The register that counts the looks at which the scale's entry condition held."""
    return design.programs.watches[f"{scale.name}.entry"] * KEPT + Register.COUNT


def _remembers(design: Design, scale: Scale) -> set[int]:
    program = design.plan.watches[design.programs.watches[f"{scale.name}.grade"]].program
    return {int(register) for op, register in program if op == Op.REG}


def over_time(design: Design, enrolled: Enrolled, part: slice, output: Output) -> Floats:
    """The grade (n, times, scales) at each output tick at which the scales are looked at; nan after the end."""
    times, scales = design.times[design.graded_at], _scales(design)
    found = np.full((len(output.ended), len(times), len(scales)), np.nan)
    extras = enrolled.patients.extras[part]
    watches, kept = output.registers.shape[1:]
    registers = output.registers.reshape(len(output.ended), watches * kept).copy()
    looks = [design.plan.watches[design.programs.watches[f"{s.name}.grade"]] for s in scales]
    begun = [_begun(design, s) for s in scales]
    first = [registers[:, b - Register.COUNT + Register.FIRST] for b in begun]
    for t, day in enumerate(times):
        seen = output.observables[:, int(design.graded_at[t])]
        for s, look in enumerate(looks):
            registers[:, begun[s]] = first[s] <= day
            found[:, t, s] = evaluate((look.program, look.constants), seen, extras, float(day), registers)
    found[output.ended[:, None] < times] = np.nan
    return found


def episodes(design: Design, enrolled: Enrolled, part: slice, output: Output) -> Mapping[str, Any]:
    """One row for each patient and scale on which the patient reached a grade: begin, end, and the highest grade.

    first, last: the first and the last look at which the patient was graded; every look counts, not only output ticks.
    """
    ids = enrolled.cohort.ids[part]
    found: list[Mapping[str, Any]] = []
    for scale in design.scales:
        any_, grade = (
            output.registers[:, design.programs.watches[f"{scale.name}.{word}"]]
            for word in (f"grade{scale.levels[0]}", "grade")
        )
        reached = any_[:, Register.COUNT] > 0
        n = int(reached.sum())
        found.append(
            {
                "patient": ids[reached],
                "what": np.full(n, scale.file.graded or scale.title, "U48"),
                "scale": np.full(n, scale.name, "U48"),
                "own": np.full(n, int(scale == design.scales[0])),
                "first": any_[reached, Register.FIRST],
                "last": any_[reached, Register.LAST],
                "grade": grade[reached, Register.PEAK],
                "worst": grade[reached, Register.PEAK_TIME],
            }
        )
    return _by_patient(found) if found else dict(EMPTY)


EMPTY: Mapping[str, Any] = {
    "patient": np.zeros(0, np.int64),
    "what": np.zeros(0, "U48"),
    "scale": np.zeros(0, "U48"),
    "own": np.zeros(0, np.int64),
    **{name: np.zeros(0) for name in ("first", "last", "grade", "worst")},
}


def _by_patient(parts: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Rows of several tables, in the patients' order."""
    table = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(table["patient"], kind="stable")
    return {name: values[order] for name, values in table.items()}
