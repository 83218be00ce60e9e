"""The still figure of the first page: courses that the model gave once, kept with what they were run with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from markupsafe import Markup

from livingdrug import library, plot
from livingdrug.library import Stamp
from livingdrug.plot import Course
from livingdrug.plot.ticks import number
from livingdrug.scenario import resolve
from livingdrug.trial.remembered import values
from livingdrug.web.pages._evidence import drawn

TABLE_DAYS = (1, 7, 14, 21, 28, 42, 60)


@dataclass(frozen=True)
class Still:
    """The figure: the trial that was run, the drawing, a sentence, and the same as a table (its head, its rows)."""

    trial: str
    chart: Markup
    finding: str
    under: str
    head: list[str]
    rows: list[list[str]]


@cache
def _kept() -> dict[str, Any]:
    return json.loads(files("livingdrug.web").joinpath("data", "first_page.json").read_text("utf-8"))


def still() -> Still:
    """The figure, and whether the library has changed since."""
    return _still(library.state())


@lru_cache(maxsize=2)
def _still(state: tuple[Stamp, ...]) -> Still:
    kept = _kept()
    days = np.asarray(kept["days"])
    courses = [_course(days, told) for told in kept["courses"]]
    peaks = [(c, int(np.nanargmax(c.bands[2]))) for c in courses]
    alt = " ".join(
        f"{c.name}: median highest on day {days[i]:.0f}, {number(c.bands[2][i])} {c.unit}." for c, i in peaks
    )
    first, at = peaks[0]
    finding = f"The cells multiply in the body, and are most numerous on day {days[at]:.0f} in the middle patient."
    changed = kept["trial"] not in library.names("trials") or values(resolve(kept["trial"])) != kept["values"]
    under = (
        f"The model itself: {kept['patients']} virtual patients of {kept['trial'].upper()}, 60 days from the infusion. "
        "Line: the middle patient; dark band: half of them; pale band: nine in ten."
        + (" The library has changed since this was drawn." if changed else "")
    )
    head = ["day", *(f"{c.name} [{c.unit}]" for c in courses)]
    rows = [[str(day), *(_at(c, day) for c in courses)] for day in TABLE_DAYS]
    return Still(kept["trial"], drawn(plot.courses(courses, columns=3), alt), finding, under, head, rows)


def _course(days: Any, told: dict[str, Any]) -> Course:
    bands = np.array(told["bands"], dtype=float)
    return Course(told["title"], told["unit"], days, bands, None, told["logarithmic"], told["floor"])


def _at(course: Course, day: float) -> str:
    """The middle patient, and nine in ten, on a day."""
    i = int(np.abs(course.days - day).argmin())
    middle, low, high = (float(course.bands[k][i]) for k in (2, 0, 4))
    return f"{number(middle)} ({number(low)} to {number(high)})"
