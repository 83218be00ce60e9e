"""One time axis as two: the first month day by day, the whole follow-up month by month; marks cut to each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from livingdrug.plot import ticks
from livingdrug.plot.marks import Axis, Band, Line, Mark, Points, Rule, Words
from livingdrug.plot.style import DAYS_PER_MONTH

MONTH_ONE = 28.0  # [day]

Window = tuple[Axis, float]  # a time axis, and days for each of its units


def windows(first: float, last: float) -> list[Window]:
    """The axes on which days `first` to `last` are drawn: one alone while all lies within the first month or two."""
    early = ticks.days(first, min(MONTH_ONE, max(last, first + 1.0)))
    if last <= 2 * MONTH_ONE:
        return [(ticks.days(first, max(last, first + 1.0)), 1.0)]
    return [(early, 1.0), (ticks.calendar(last / DAYS_PER_MONTH), DAYS_PER_MONTH)]


def within(marks: Iterable[Mark], window: Window) -> tuple[Mark, ...]:
    """Marks with places in days, on a window: without what lies beyond its ends."""
    cut = (_cut(mark, *window) for mark in marks)
    return tuple(mark for mark in cut if mark is not None)


def _cut(mark: Mark, x: Axis, scale: float) -> Mark | None:
    match mark:
        case Rule(upright=True):
            place = mark.at / scale
            return replace(mark, at=place) if x.low <= place <= x.high else None
        case Words():
            return replace(mark, x=max(mark.x / scale, x.low))
        case Line() | Points():
            at, seen = _seen(mark.x, x, scale)
            return replace(mark, x=at[seen], y=np.asarray(mark.y, float)[seen]) if seen.any() else None
        case Band():
            at, seen = _seen(mark.x, x, scale)
            low, high = (np.asarray(y, float)[seen] for y in (mark.low, mark.high))
            return replace(mark, x=at[seen], low=low, high=high) if seen.any() else None
    return mark


def _seen(days: object, x: Axis, scale: float) -> tuple[np.ndarray, np.ndarray]:
    at = np.asarray(days, float) / scale
    return at, (at >= x.low - 1e-9) & (at <= x.high + 1e-9)
