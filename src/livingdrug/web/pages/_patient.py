"""One patient of a run as the page shows it: the drawing, and its numbers for a table and for the day's reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.errors import ScenarioError
from livingdrug.plot import svg
from livingdrug.plot.marks import Panel
from livingdrug.plot.style import DAYS_PER_MONTH
from livingdrug.plot.tables import told, told_above
from livingdrug.plot.typeset import typeset
from livingdrug.report.patient import first_infused
from livingdrug.web.pages import _results

if TYPE_CHECKING:
    from livingdrug.report.patient import OnePatient
    from livingdrug.results.result import Result

TABLE = (-7, 0, 3, 5, 7, 10, 14, 21, 28, 42, 60, 91, 122, 182, 274, 365, 548, 730, 913, 1095)  # days of the table


@dataclass(frozen=True)
class Shown:
    """What the page shows. reading: days and lines for the script that reads a day out."""

    number: int
    title: str
    about: str
    fate: str
    drawn: str
    rows: tuple[tuple[str, str, str], ...]
    head: tuple[str, ...]
    table: tuple[tuple[str, ...], ...]
    reading: dict[str, Any]
    journey: dict[str, Any]


def chosen(result: Result, typed: str, arm: str | None) -> Shown | None:
    """The patient of a number, simulated again; the first infused one where none is named, None where there is none.

    ScenarioError for a number or an arm that cannot be.
    """
    if not typed:
        first = first_infused(result, arm)
        return None if first is None else shown(result.plot(first, arm))
    if not typed.isascii() or not typed.isdigit() or len(typed) > 9:
        last = int(np.max(result.arm(arm).columns["patient"]))
        raise ScenarioError(f"'{typed[:40]}' is not the number of a patient", "patient", f"0 to {last}")
    return shown(result.plot(int(typed), arm))


def shown(one: OnePatient) -> Shown:
    """A patient as the page shows it."""
    lines = list(_lines(one))
    floors = [d.floor if d.logarithmic else 0.0 for d in one.drawn for _ in d.lines] + [0.0] * len(one.grades)
    known = np.isfinite(np.array([values for _, _, values in lines])).any(axis=0) if lines else np.zeros(0, bool)
    days = [float(d) for d in one.days]
    places = [i for i, seen in enumerate(known) if seen]
    rows = tuple((told(day), what, much) for day, what, much in one.rows)
    wanted = sorted(
        {int(np.argmin(np.abs(one.days - day))) for day in TABLE if places and day <= days[places[-1]]} & set(places)
    )
    head = ("Day", *(f"{name}, {unit}" if unit else name for name, unit, _ in lines))
    table = tuple(
        (told(days[i]), *(told_above(float(x[i]), low) for (_, _, x), low in zip(lines, floors, strict=True)))
        for i in wanted
    )
    alt = f"{one.title}. {one.fate}"
    reading = {
        "days": [days[i] for i in places],
        "lines": [
            {"name": name, "unit": unit, "values": [_short(values[i]) for i in places]} for name, unit, values in lines
        ],
        "care": [{"day": day, "what": what, "much": typeset(much)} for day, what, much in one.rows],
        "axes": [_axis(panel) for panel in one.chart.panels],
        "rows": _rows(one),
        "columns": one.chart.columns,
    }
    return Shown(
        one.number,
        one.title,
        one.about,
        one.fate,
        svg.inline(one.chart, alt),
        rows,
        head,
        table,
        reading,
        _results.with_tables([one.journey.figure()])[0],
    )


def _lines(one: OnePatient) -> Any:
    """Name, unit and values of each quantity, then of each grade."""
    for drawn in one.drawn:
        for name, values in drawn.lines.items():
            yield name, drawn.unit, np.asarray(values, float)
    for scale, values in one.grades.items():
        yield f"{scale} grade", "", np.asarray(values, float)


def _rows(one: OnePatient) -> list[list[int]]:
    """Which lines each row of panels shows: doses and events, grades, then each drawing."""
    places = iter(range(sum(len(drawn.lines) for drawn in one.drawn) + len(one.grades)))
    drawn = [[next(places) for _ in each.lines] for each in one.drawn]
    return [[], *([list(places)] if one.grades else []), *drawn]


def _axis(panel: Panel) -> list[float]:
    """First and last day of a panel."""
    times = DAYS_PER_MONTH if "month" in panel.x.label else 1.0
    return [round(panel.x.low * times, 4), round(panel.x.high * times, 4)]


def _short(value: float) -> float | None:
    return float(f"{value:.3g}") if np.isfinite(value) else None
