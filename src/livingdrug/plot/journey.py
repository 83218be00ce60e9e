"""The whole journey of one patient in one picture: strips under each other, from weeks before to years after.

Equal rooms are not equal times: the first month, in which most happens, takes as much room as the two years after it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from livingdrug.plot.chart import Chart
from livingdrug.plot.marks import Axis, Band, Boxes, Floats, Line, Mark, Panel, Points, Rule, Words
from livingdrug.units import DAYS

WEEK, MONTH, YEAR = (DAYS[word] for word in ("week", "month", "year"))
AFTER = ((0.0, 0.0), (28.0, 40.0), (6 * MONTH, 66.0), (YEAR, 82.0), (2 * YEAR, 100.0))  # day, room from the infusion on
ALONE, BEFORE, WAITED = 20.0, 12.0, 30.0  # room before the infusion: of conditioning, and of it with weeks of waiting
WITHIN = (0.04, 0.985)  # of the axis: middles of its words, so that they do not stand beyond its ends
FAR = 1e3  # times its floor: a course that never falls below that has a bottom of its own
NEAR = 7.0  # [day] before the infusion that have a room of their own, where one waited longer
GRAPHIC, LINE, GAP = 26.0, 15.0, 21.0  # [px] of the drawing in a strip, a line of words over it, what is left above
LETTERS = 46  # in a line of words: as many as a phone has room for
MARKS = (
    (7.0, "7"), (14.0, "14"), (28.0, "28"), (3 * MONTH, "3 mo"), (6 * MONTH, "6 mo"), (YEAR, "1 yr"),
    (2 * YEAR, "2 yr"),
)  # fmt: skip
SPARE = ("7", "3 mo")  # those left out where there is little room


@dataclass(frozen=True)
class Bar:
    """From one day to another, as high as `level` (0 to 1)."""

    first: float
    last: float
    ink: str = "simulated"
    level: float = 1.0
    opacity: float = 1.0


@dataclass(frozen=True)
class Strip:
    """One thing that is followed: what it is, what is to be seen of it, its bars, signs (day, shape, ink) and curve.

    course (T,): values at the picture's days, drawn from `floor` to their highest; log: equal ratios are equal
    heights, and where the course stays far above the floor a tenth of its lowest is at the bottom.
    """

    title: str
    says: str
    bars: tuple[Bar, ...] = ()
    signs: tuple[tuple[float, str, str], ...] = ()
    course: Floats | None = field(default=None, repr=False)
    ink: str = "simulated"
    log: bool = True
    floor: float = 1.0


@dataclass(frozen=True)
class Calendar:
    """Days as places on the picture's time axis: straight between knots."""

    first: float
    last: float = 2 * YEAR

    def place(self, days: ArrayLike) -> Floats:
        """Where days lie, 0 to 1; beyond an end: at it."""
        early, low = min(self.first, -1.0), WAITED if self.first < -NEAR else ALONE
        knots = [(early, -low), *([(-NEAR, -BEFORE)] if early < -NEAR else []), *AFTER]
        at, room = (np.array(x) for x in zip(*knots, strict=True))
        ends = np.interp([early, self.last], at, room)
        return np.asarray((np.interp(np.asarray(days, float), at, room) - ends[0]) / (ends[1] - ends[0]), float)

    def axis(self) -> Axis:
        """The axis with weeks before, days of the first month, months and years after."""
        wait = max(round(-self.first / WEEK), 1)
        early = [(self.first, f"\N{MINUS SIGN}{wait} wk")]
        shown = [(d, w) for d, w in (*early, (0.0, "day 0"), *MARKS) if self.first <= d <= self.last + 1]
        places = np.clip(self.place([d for d, _ in shown]), *WITHIN).tolist()
        label = "weeks before the infusion, days after it, then months and years: equal rooms are not equal times"
        ticks = tuple((p, words) for p, (_, words) in zip(places, shown, strict=True))
        return Axis(0.0, 1.0, ticks, label, spare=SPARE)


def journey(days: Floats, strips: Sequence[Strip], first: float, last: float = 2 * YEAR) -> Chart:
    """Strips under each other. days (T,) from the infusion, of the courses; first, last [day]: ends of the picture."""
    calendar = Calendar(first, last)
    places, shown = calendar.place(days), days <= last + 1e-9
    said = [textwrap.wrap(strip.says, LETTERS) or [""] for strip in strips]
    high = [GRAPHIC + LINE * len(lines) + GAP for lines in said]  # [px], as is the upright axis
    marks: list[Mark] = [
        Rule(float(calendar.place(0.0)), ink="simulated", upright=True),
        *(Rule(float(calendar.place(day)), ink="rule", upright=True) for day in (28.0, 6 * MONTH, YEAR) if day < last),
    ]
    low = sum(high)
    for strip, lines, tall in zip(strips, said, high, strict=True):
        low -= tall
        marks.append(Line([0.0, 1.0], [low, low], "rule", width=1.0))
        marks += _bars(strip, calendar, low)
        if strip.course is not None:
            marks += _curve(strip, places[shown], np.asarray(strip.course, float)[shown], low)
        for day, shape, ink in strip.signs:
            if first <= day <= last:
                marks.append(Points([float(calendar.place(day))], [low + GRAPHIC / 2], ink, shape, 5.0))
        for i, words in enumerate([*reversed(lines), strip.title]):
            ink = "text" if i == len(lines) else "quiet"
            marks.append(Words(0.0, low, words, ink, "start", GRAPHIC + 5.0 + LINE * i))
    y = Axis(0.0, max(sum(high), 1.0))
    return Chart((Panel(calendar.axis(), y, tuple(marks), height=max(sum(high), LINE)),))


def _bars(strip: Strip, calendar: Calendar, low: float) -> list[Mark]:
    found: list[Mark] = []
    for bar in strip.bars:
        a, b = calendar.place([bar.first, bar.last])
        if b > a:
            found.append(Boxes([a], [b], [low], [low + GRAPHIC * bar.level], bar.ink, bar.opacity))
    return found


def _curve(strip: Strip, places: Floats, values: Floats, low: float) -> list[Mark]:
    """The course filled from below: nothing where it is unknown or below the floor."""
    seen, floor = values[np.isfinite(values)], strip.floor
    if strip.log and len(seen) and seen.min() > FAR * floor:
        floor = float(seen.min()) / 10  # so that what happens far above the floor can be seen
    top = max(float(seen.max()), floor * 10 if strip.log else floor + 1.0) if len(seen) else floor + 1.0
    if strip.log:
        share = np.log(np.maximum(values, floor) / floor) / np.log(top / floor)
    else:
        share = (values - floor) / (top - floor)
    height = low + GRAPHIC * np.clip(share, 0.0, 1.0)
    height = np.where(np.isfinite(values), height, np.nan)
    return [
        Band(places, np.where(np.isfinite(values), low, np.nan), height, strip.ink, 0.3),
        Line(places, height, strip.ink, width=1.4),
    ]
