"""From enrolment to the end: who was lost and why, what was made, and measures as infused and as enrolled."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.plot.ticks import number
from livingdrug.report import flow
from livingdrug.report.narrative import Table
from livingdrug.report.words import capital
from livingdrug.trial.before_infusion import FATES, TRUTH, told
from livingdrug.units import of_unit

if TYPE_CHECKING:
    from livingdrug.results.result import Result

INTRO = (
    "Results are given of those infused, as trials print them, and of everybody enrolled: who was never infused "
    "has no response, and an endpoint that counts more than death has an event on the day of leaving."
)
UNKNOWN = (
    "The days before infusion are not simulated here, so that what is followed from infusion cannot be told from "
    'enrolment on: manufacture = "NAME" simulates them.'
)
SHARE = "share of"  # how the words of a number begin that is shown in percent
JUDGING = ("response", "durability", None)  # families of the measures that are told both ways; of no family: the user's


def tables(result: Result) -> list[Table]:
    """The flow of participants, the product, and the measures side by side."""
    arms = list(result.arms.values())
    (told_,) = flow.figure(result).tables
    found = [Table("Who was enrolled, and what became of them; percent of all enrolled.", told_.head, told_.rows)]
    if made := list(_made(result)):
        heads = [capital(a.title) for a in arms] if len(arms) > 1 else ["Median (middle half)"]
        caption = "The product, and the wait: all enrolled, the last lot begun for each; median (middle half)."
        found.append(Table(caption, ("", *heads), made))
    model = result.resolved.model()
    inside = model.infusion is not None and model.unit(model.infusion) != "cell"  # made in the body: there are none
    notes = [] if inside or any("enrolment_day" in a.columns for a in arms) else [UNKNOWN]
    if rows := list(_side_by_side(result)):
        twice = (
            ("infused", "enrolled")
            if len(arms) == 1
            else [f"{a.title}, {x}" for a in arms for x in ("infused", "enrolled")]
        )
        found.append(Table("Measures as infused and as enrolled.", ("Measure", *map(capital, twice)), rows, notes))
    return found


def _made(result: Result) -> Iterator[tuple[str, ...]]:
    """What was made in each arm, where that is simulated."""
    known = {n: said for a in result.resolved.arms for n, said in told(a.resolved.model()).items() if n not in FATES}
    for name, (unit, words) in known.items():
        arms = [a.columns for a in result.arms.values()]
        many = 100.0 if words.startswith(SHARE) else 1.0
        cells = [_quartiles(many * np.asarray(columns[name], float)) if name in columns else "" for columns in arms]
        if any(cells) and not words.startswith(TRUTH):
            shown = "%" if words.startswith(SHARE) else of_unit(unit)
            yield capital(words) + (f", {shown}" if shown else ""), *cells


def _quartiles(values: Any) -> str:
    values = values[np.isfinite(values)]
    if not len(values):
        return ""
    low, middle, high = np.percentile(values, [25, 50, 75])
    return f"{number(middle)} ({number(low)} to {number(high)})"


def _side_by_side(result: Result) -> Iterator[tuple[str, ...]]:
    """Measures that are known in all enrolled, of the families that judge a therapy."""
    arms, families = result.arms.values(), {m.name: m.family for m in result.resolved.trial.measure}
    rows = [{r.measure: r for r in a.comparison.rows} for a in arms]
    for measure, row in rows[0].items():
        if families.get(measure) not in JUDGING:
            continue
        if all(math.isnan(found[measure].as_enrolled) for found in rows if measure in found):
            continue
        cells = [
            number(x) if not math.isnan(x) else ""
            for found in rows
            for x in ((found[measure].whole, found[measure].as_enrolled) if measure in found else (math.nan, math.nan))
        ]
        unit = "" if row.unit == "1" else f", {of_unit(row.unit)}"
        yield f"{row.title}{unit}", *cells
