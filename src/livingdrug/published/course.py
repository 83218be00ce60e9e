"""Running a published model: what is observed over time, and the measures a paper would state of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import ScenarioError, unknown
from livingdrug.published.compiled import observed
from livingdrug.published.depth import Depth, by_depth
from livingdrug.published.entry import Published
from livingdrug.published.integrate import Course, Dose
from livingdrug.published.remarks import remarks

if TYPE_CHECKING:
    from livingdrug.plot import Chart

Floats = NDArray[np.float64]
MOMENTS = 4  # at which a tissue is shown from its middle to its surface
RISE = 1.05  # a course that rises by less than this factor after a fall has no second peak
FEW = 36  # up to so many courses are shown by their whole range
_MEASURE = re.compile(r"^\s*(\w+)\s*\(\s*(\w+)\s*((?:,\s*[\d.eE+-]+\s*)*)\)\s*$")
MEASURES = (
    "peak(x)",
    "peak(x, from)",
    "peak_day(x)",
    "nadir(x)",
    "nadir_day(x)",
    "rise_day(x, level)",
    "rise_day(x, level, from)",
    "fall_day(x, level)",
    "fall_day(x, level, from)",
    "at(x, day)",
    "area(x, from, to)",
    "doubling(x, from, to)",
    "half_life(x, from, to)",
)


@dataclass(frozen=True)
class Run:
    """Courses of one published model. times (T,) [day]; seen: observation -> (courses, T); names (courses,)."""

    published: Published
    times: Floats
    seen: dict[str, Floats]
    names: tuple[str, ...]
    dose: float | None = None  # asked for, in the model's unit
    inside: Depth | None = None  # of a tissue, of its first course

    def measure(self, text: str) -> Floats:
        """A measure such as "peak_day(transgene)" of each course (courses,)."""
        return np.array(
            [measure(text, self.times, {n: x[i] for n, x in self.seen.items()}) for i in range(len(self.names))]
        )

    @cached_property
    def summary(self) -> list[dict[str, Any]]:
        """What the paper states and what this run gives; then peak and lowest value of every observation.

        Where the peak is the start (a bolus), it is that of the rise after the first fall, and its measure says from
        which day on. A lowest value at the start is left out. Many courses: their median and limits.
        """
        rows: list[dict[str, Any]] = []
        for said in self.published.figures if self.names == ("typical",) else ():
            rows.append(
                {
                    "measure": said.measure,
                    "unit": said.unit,
                    "simulated": float(np.median(self.measure(said.measure))),
                    "published": said.value,
                    "source": said.source,
                    "where": said.where + (" (measured)" if said.measured else ""),
                }
            )
        for name, o in self.published.observations.items():
            rise = self._rise(name)
            for turn in ("peak", "nadir"):
                of = f"{name}, {rise:g}" if turn == "peak" and rise else name
                day = self.measure(f"{turn}_day({of})")
                if np.median(day) > 0:
                    for what, unit, x in ((turn, o.unit, self.measure(f"{turn}({of})")), (f"{turn}_day", "day", day)):
                        low, high = limits(x)
                        rows.append(
                            {
                                "measure": f"{what}({of})",
                                "unit": unit,
                                "simulated": float(np.median(x)),
                                "low": float(low),
                                "high": float(high),
                            }
                        )
        return rows

    def _rise(self, name: str) -> float:
        """The day from which the median course rises again after a fall from its largest value at the start, else 0."""
        y = np.median(self.seen[name], axis=0)
        if int(np.argmax(y)) > 0 or not y[0] > 0:
            return 0.0
        ups = np.flatnonzero(np.diff(y) > 0)
        if not len(ups):
            return 0.0
        low = int(ups[0])
        return float(f"{self.times[low]:.3g}") if y[low:].max() > RISE * y[low] and self.times[low] > 0 else 0.0

    @cached_property
    def remarks(self) -> list[str]:
        """Where this run leaves the ground that its equations stand on, in words."""
        return remarks(self)

    def plot(self) -> Chart:
        """Every observation in a panel of its own: the course, or the median and range of the courses."""
        return _plot(self)


def limits(x: Floats) -> tuple[Floats, Floats]:
    """Smallest and largest over the courses (first axis); of many patients, the 5th and 95th percentile."""
    low, high = np.percentile(x, [5, 95] if len(x) > FEW else [0, 100], axis=0)
    return low, high


def run(
    model: Published,
    dose: str | float | None = None,
    conditioning: str | float | None = None,
    days: float | None = None,
    times: Iterable[float] | None = None,
    also: Iterable[Dose] = (),
    rtol: float = 1e-9,
) -> Run:
    """Run a published model: one course, or one for each whole parameter set.

    dose, conditioning: as the model understands them ("5e7 cell", "20 cell/uL"), its usual ones when not given;
    times [day]: where to look (by default 2,000 moments from 0 to `days`); also: further doses or switches.
    ScenarioError for a dose or conditioning that the model does not know, UnitError for a unit of another kind.

    >>> from livingdrug.published.course import run
    >>> from livingdrug.published.entry import published
    >>> course = run(published("stein_2019"), days=28)
    >>> float(course.measure("peak_day(transgene)")[0])
    9.3...
    """
    end = horizon(model, days)
    changed = model.adjusted(dose, conditioning)
    courses = {n: Course(model.model, {**values, **changed}) for n, values in model.courses().items()}
    doses = [*model.doses(dose), *also]
    when = np.asarray(sorted(times), float) if times is not None else _grid(end, courses.values(), doses)
    paths = {n: o.path for n, o in model.observations.items()}
    seen: dict[str, list[Floats]] = {n: [] for n in paths}
    for course in courses.values():
        if model.model.tissue:
            found = observed(model.model, course.constants, doses, when, list(paths.values()))
        else:
            found = course.observe(when, course.solve(when, doses, rtol=rtol), list(paths.values()))
        for n, path in paths.items():
            x = found[path]
            seen[n].append(
                np.where((x < 0) & (x > -1e-12 * np.abs(x).max()), 0.0, x)
            )  # rounding below nothing is nothing
    inside = None
    if model.said.by_depth is not None:
        inside = by_depth(model, next(iter(courses.values())).constants, doses, np.linspace(0.0, end, MOMENTS))
    return Run(model, when, {n: np.array(x) for n, x in seen.items()}, tuple(courses), model.asked(dose), inside)


def horizon(model: Published, days: float | None) -> float:
    """The asked length of a course [day], or the model's own."""
    end = model.days if days is None else float(days)
    if not 0 < end <= 100_000:
        raise ScenarioError(
            f"a course of {end:g} days is not possible", where="--days", allowed="more than 0, up to 100,000"
        )
    return end


def _grid(end: float, courses: Iterable[Course], doses: Iterable[Dose]) -> Floats:
    """2,001 even moments [day], and every kink: breaks, the last moment before each dose, the end of each infusion."""
    breaks = {float(c.constants[b]) for c in courses for b in c.model.breaks}
    before = {float(np.nextafter(d.time, 0.0)) for d in doses if d.time > 0}
    ends = {d.time + d.duration for d in doses if d.duration > 0}
    return np.unique([*np.linspace(0.0, end, 2001), *(k for k in breaks | before | ends if k < end)])


def measure(text: str, times: Floats, seen: Mapping[str, Floats]) -> float:
    """One number of a course, from text such as "area(transgene, 0, 28)"."""
    match = _MEASURE.match(text)
    if not match or f"{match[1]}(" not in [m.partition("(")[0] + "(" for m in MEASURES]:
        raise ScenarioError(f"'{text}' is not a measure", allowed=MEASURES)
    what, name = match[1], match[2]
    if name not in seen:
        raise unknown("observation", name, seen)
    y = np.asarray(seen[name], float)
    days = [float(d) for d in match[3].split(",")[1:]]
    turns = what in ("peak", "peak_day", "nadir", "nadir_day")
    crosses = what in ("rise_day", "fall_day")
    if len(days) not in ((0, 1) if turns else (1, 2) if crosses else (1,) if what == "at" else (2,)):
        raise ScenarioError(f"'{text}' has the wrong number of days", allowed=MEASURES)
    if turns:
        later = times >= (days[0] if days else times[0])
        day, value = _turn(times[later], y[later], 1.0 if what.startswith("peak") else -1.0)
        return day if what.endswith("day") else value
    if crosses:
        return _crossing(times, y, days[0], days[1] if len(days) > 1 else times[0], what == "rise_day")
    values = [_at(times, y, d) for d in days]
    if what == "at":
        return values[0]
    if what == "area":
        inside = (times > days[0]) & (times < days[1])
        return float(np.trapezoid([values[0], *y[inside], values[1]], [days[0], *times[inside], days[1]]))
    folds = np.log2(values[1] / values[0]) * (1.0 if what == "doubling" else -1.0)
    return float((days[1] - days[0]) / folds)


def _at(times: Floats, y: Floats, day: float) -> float:
    """Value at a day: on the logarithm between two positive values, else straight."""
    if not times[0] <= day <= times[-1]:
        raise ScenarioError(
            f"day {day:g} is outside the course", allowed=f"{times[0]:g} to {times[-1]:g} d", mend="give --days"
        )
    i = int(np.clip(np.searchsorted(times, day), 1, len(times) - 1))
    a, b, share = y[i - 1], y[i], (day - times[i - 1]) / (times[i] - times[i - 1])
    if a > 0 and b > 0:
        return float(np.exp(np.log(a) + share * (np.log(b) - np.log(a))))
    return float(a + share * (b - a))


def _crossing(times: Floats, y: Floats, level: float, since: float, rising: bool) -> float:
    """First day from `since` on when y passes the level, upwards or downwards; NaN when it never does."""
    side = y >= level if rising else y <= level
    found = np.flatnonzero(side[1:] & ~side[:-1] & (times[1:] > since))
    if not len(found):
        return float("nan")
    i = int(found[0])
    a, b = y[i], y[i + 1]
    share = (np.log(level / a) / np.log(b / a)) if min(a, b, level) > 0 else (level - a) / (b - a)
    return float(times[i] + share * (times[i + 1] - times[i]))


def _turn(times: Floats, y: Floats, sign: float) -> tuple[float, float]:
    """Day and value of the largest (sign 1) or smallest value, sharpened by a parabola through its neighbours."""
    i = int(np.argmax(sign * y))
    if 0 < i < len(y) - 1 and y[i - 1] > 0 and y[i] > 0 and y[i + 1] > 0:
        a, b, c = np.log(y[i - 1 : i + 2])
        bend = a - 2.0 * b + c
        step = times[i + 1] - times[i]
        if sign * bend < 0 and np.isclose(times[i] - times[i - 1], step):
            shift = float(np.clip(0.5 * (a - c) / bend, -1.0, 1.0))
            return float(times[i] + shift * step), float(np.exp(b - 0.25 * (a - c) * shift))
    return float(times[i]), float(y[i])


UNITS = {"1": "share", "cell": "cells", "cell/uL": "cells/µL", "Gcell": "10⁹ cells", "copy/ug": "copies/µg DNA"}


def _plot(found: Run) -> Chart:
    from livingdrug.plot import ticks
    from livingdrug.plot.chart import Chart
    from livingdrug.plot.marks import Band, Line, Mark, Panel

    shown = dict(found.published.observations)
    if "tumour" in shown:
        shown.pop("tumour_left", None)
    shown = {n: o for n, o in shown.items() if found.seen[n].any()} or shown  # nothing to draw of what is never there
    panels = []
    for name, o in shown.items():
        x = found.seen[name]
        high = float(x.max())
        low = max(float(x[x > 0].min()) if (x > 0).any() else 1.0, high / 1e8)
        foot = 10 ** np.floor(np.log10(low) - 1e-9) if high > 30 * low else low / 1.3
        plain = o.unit == "1" and "share" not in o.of  # as cell index
        unit = "" if plain else UNITS.get(o.unit, o.unit)
        y = ticks.decades(foot, max(1.4 * high, 2 * foot), label=unit)
        marks: list[Mark] = []
        if len(x) > 1:
            words = "90 % of patients" if len(x) > FEW else "smallest to largest"
            low_end, high_end = np.maximum(limits(x), foot)
            marks.append(Band(found.times, low_end, high_end, name=words))
        median = np.where(x.max(axis=0) > 0, np.median(x, axis=0), np.nan)
        marks.append(Line(found.times, median, name="median" if len(x) > 1 else ""))
        end = float(found.times[-1])
        panels.append(Panel(replace(ticks.days(0.0, end), label="days"), y, tuple(marks), o.of))
    if found.inside is not None:
        panels += found.inside.panels()
    return Chart(tuple(panels), alt=f"{found.published.title}: {', '.join(o.of for o in shown.values())} over time.")
