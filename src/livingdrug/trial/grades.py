"""What the grading scales say of each patient: the grade on each day of the course, and each episode as a whole.

The grade on a day is the one that the care rules saw: the scale's own program, read off the written course.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from livingdrug.care.grading import Scale
from livingdrug.care.interpreter import evaluate
from livingdrug.engine.plan import Floats, Op, Output, Register
from livingdrug.results.columns import Texts
from livingdrug.results.grades import Grades
from livingdrug.trial.design import Design
from livingdrug.trial.enrolment import Enrolled

KEPT = len(Register)


def grades(design: Design, keep: Iterable[int] = ()) -> Grades:
    """Grades of nobody yet, for each scale whose grades can be read off the course; keep: patients whose own grades are
    kept."""
    titles = {
        f"{s.name}.grade": f"{s.file.graded or 'grade'}, {s.file.short or s.title}" for s in _scales(design)
    }  # fmt: skip
    return Grades.empty(design.times[design.graded_at], titles, keep)


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


def at(design: Design, scale: str, seen: Floats, extras: Floats, times: Any, begun: Any) -> Floats:
    """The grade (n,) of patients as they are: what was seen of them (n, observables), their constants, the day, and all
    that the program asks of what was before (n, registers)."""
    look = design.plan.watches[design.programs.watches[f"{scale}.grade"]]
    return np.asarray(evaluate((look.program, look.constants), seen, extras, times, begun), float)


def over_time(design: Design, enrolled: Enrolled, part: slice, output: Output) -> Floats:
    """The grade (n, times, scales) at each output tick at which the scales are looked at; nan after the end.

    Between the first and the last look at which a patient was graded the scale's program is asked; else the grade is 0.
    """
    times, places, watches = design.times[design.graded_at], design.graded_at, design.programs.watches
    scales = _scales(design)
    found = np.zeros((len(output.ended), len(times), len(scales)))
    if not found.size:
        return found
    seen = output.observables[:, int(places[0]) : int(places[-1]) + 1]
    for s, scale in enumerate(scales):
        graded = output.registers[:, watches[f"{scale.name}.grade{scale.levels[0]}"], :, None]
        who, t = np.nonzero((graded[:, Register.FIRST] <= times) & (times <= graded[:, Register.LAST]))
        begun = np.broadcast_to(1.0, (len(who), len(watches) * KEPT))  # all that the program asks of what was before
        extras = enrolled.patients.extras[part][who]
        found[who, t, s] = at(design, scale.name, seen[who, places[t] - places[0]], extras, times[t], begun)
    found[output.ended[:, None] < times] = np.nan
    return found


def episodes(design: Design, enrolled: Enrolled, part: slice, output: Output) -> Mapping[str, Any]:
    """One row for each patient and scale on which the patient reached a grade: begin, end, and the highest grade.

    first, last: the first and the last look at which the patient was graded; every look counts, not only output ticks.
    """
    reached, rows = [], []
    for scale in design.scales:
        any_, grade = (
            output.registers[:, design.programs.watches[f"{scale.name}.{word}"]]
            for word in (f"grade{scale.levels[0]}", "grade")
        )
        kept = np.flatnonzero(any_[:, Register.COUNT] > 0)
        reached.append(kept)
        rows.append(
            np.column_stack(
                [
                    any_[kept, Register.FIRST],
                    any_[kept, Register.LAST],
                    grade[kept, Register.PEAK],
                    grade[kept, Register.PEAK_TIME],
                ]
            )
        )
    place = np.repeat(np.arange(len(reached)), [len(kept) for kept in reached])
    who = np.concatenate([np.zeros(0, np.int64), *reached])
    numbers = np.concatenate([np.zeros((0, 4)), *rows])
    line = np.argsort(who, kind="stable")
    who, place, numbers = who[line], place[line], numbers[line]
    return {
        "patient": enrolled.cohort.ids[part][who],
        "what": Texts([s.file.graded or s.title for s in design.scales], place),
        "scale": Texts([s.name for s in design.scales], place),
        "own": (place == 0).astype(np.int64),
        **dict(zip(("first", "last", "grade", "worst"), numbers.T)),
    }
