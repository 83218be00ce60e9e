"""The ward's clock: lengths of time, moments, and clocks such as "every 6 h for 28 d", read once into typed objects."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import ScenarioError, UnitError, nearest, of_commas, unknown
from livingdrug.units import DAYS

Floats = NDArray[np.float64]
MOST = 200_000  # ticks of one clock
LAST = 1e9  # days: no clock of a patient goes on so long

_DURATION = re.compile(r"^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([A-Za-z]+)\s*$", re.A)
_MOMENT = re.compile(r"^\s*([A-Za-z]+)\s+([-+]?\d+\.?\d*)\s*$", re.A)
_NUMBER = re.compile(r"^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$", re.A)
_EVERY = re.compile(
    r"^(?:every\s+(?P<step>.+?)|(?P<daily>daily|hourly|weekly|monthly))"
    r"(?:\s+from\s+(?P<start>.+?))?(?:\s+(?:for\s+(?P<length>.+?)|(?:to|until)\s+(?P<stop>.+?)))?$"
)
_STEPS = {"hourly": 1 / 24, "daily": 1.0, "weekly": 7.0, "monthly": DAYS["month"]}
_EXAMPLES = (
    "'every 6 h for 28 d', 'every 1 d from day -7 to day 60, then every 5 d', 'day 28', 'at VISITS visits', or a list "
    "of such days"
)


def duration(text: Any, where: str | None = None) -> float:
    """A length of time [day]: "6 h" is 0.25. Nought needs no unit; any other bare number is refused (UnitError)."""
    if isinstance(text, (int, float)) and not isinstance(text, bool) and text == 0:
        return 0.0
    match = _DURATION.match(str(text)) if isinstance(text, str) else None
    if match and match[2] in DAYS:
        return float(match[1]) * DAYS[match[2]]
    if not isinstance(text, bool) and _NUMBER.match(str(text)):
        number = str(text).strip()
        raise UnitError(f"{number} has no unit of time", where, mend=f'write "{number} d", or h, min, weeks, months')
    if match:
        raise unknown("unit of time", match[2], DAYS, where, UnitError)
    said, allowed = f"'{text}' is not a length of time", 'for example "6 h" or "12 months"'
    raise ScenarioError(said, where=where, allowed=allowed, mend=of_commas(text))


def length(days: float) -> str:
    """A length of time in words, in the largest unit in which it is a whole number: 38 months."""
    for word in ("year", "month", "week", "day", "hour"):
        many = days / DAYS[word]
        if abs(many - round(many)) < 1e-9 and round(many):
            return f"{round(many)} {word}{'s' if round(many) != 1 else ''}"
    return f"{days:g} days"


def moment(text: Any, where: str | None = None) -> float:
    """A time [day] from infusion: "day 28", "28 d", "month 6"; 0 is the infusion."""
    match = _MOMENT.match(str(text)) if isinstance(text, str) else None
    if match and match[1].lower() in DAYS:
        return float(match[2]) * DAYS[match[1].lower()]
    return duration(text, where)


@dataclass(frozen=True)
class Every:
    """Ticks a step apart [day], from `first` (None: where the piece before ended) for a length, or to a last day."""

    step: float
    first: float | None = None
    length: float | None = None
    last: float | None = None

    def asked(self, since: float) -> tuple[float, float]:
        """The first and the last day [day], endless where none is given; since: where the piece before ended."""
        first = since if self.first is None else self.first
        last = math.inf if self.length is None else first + self.length
        return first, last if self.last is None else self.last

    def times(self, start: float, end: float, since: float) -> tuple[Floats, float]:
        """The ticks up to `end`, and where the next piece begins."""
        first, last = self.asked(since)
        last = min(last, end)
        count = int(np.floor((last - first) / self.step + 1e-9)) + 1
        if count > MOST:
            raise ScenarioError(f"it ticks {count:,} times", allowed=f"at most {MOST:,} ticks")
        return np.asarray(first + self.step * np.arange(max(count, 0)), float), last


@dataclass(frozen=True)
class Clock:
    """When somebody looks: pieces after each other, each ticks a step apart, days, or the days of named visits.

    text: as written; pieces: `Every`, a tuple of days, or the name of a list of visits.
    """

    text: str
    pieces: tuple[Every | tuple[float, ...] | str, ...]

    @property
    def listed(self) -> tuple[float, ...]:
        """The days [day] that are written one by one."""
        return tuple(day for piece in self.pieces if isinstance(piece, tuple) for day in piece)

    @property
    def visits(self) -> tuple[str, ...]:
        """The lists of visits that the clock names."""
        return tuple(piece for piece in self.pieces if isinstance(piece, str))

    def runs(self, end: float) -> list[tuple[float, float]]:
        """First and last day [day] of each piece that ticks a step apart, as asked for; follow-up ends on day `end`."""
        found, since = [], 0.0
        for piece in self.pieces:
            if isinstance(piece, Every):
                found.append(piece.asked(since))
                since = min(found[-1][1], end)
        return found

    def times(
        self, start: float, end: float, visits: Mapping[str, Floats] | None = None, where: str | None = None
    ) -> Floats:
        """The ticks [day] within [start, end], sorted; a piece without a start of its own follows the one before."""
        found: list[Floats] = []
        since = 0.0
        for piece in self.pieces:
            if isinstance(piece, Every):
                try:
                    times, since = piece.times(start, end, since)
                except ScenarioError as problem:
                    raise ScenarioError(f"'{self.text}': {problem.what}", where, problem.allowed) from None
                found.append(times)
            elif isinstance(piece, str):
                if piece not in (visits or {}):
                    raise unknown("list of visits", piece, visits or {}, where)
                found.append(np.asarray((visits or {})[piece], float))
            else:
                found.append(np.array(piece, float))
        times = np.concatenate([np.zeros(0), *found])
        inside = np.round(times[(times >= start - 1e-9) & (times <= end + 1e-9)], 7)
        return np.unique(np.clip(inside, start, end))  # an end such as 1/24 d is not to be rounded over


def on_days(days: Any) -> Clock:
    """The clock of a list of day numbers, as under `days` or `[visits]`."""
    listed = days if isinstance(days, (list, tuple)) else [days]
    for day in listed:
        if isinstance(day, bool) or not isinstance(day, (int, float)) or not abs(day) < LAST:
            allowed = "numbers of days from infusion, as [0, 28, 60]"
            raise ScenarioError(f"'{day}' is not a day", allowed=allowed, mend=_as_number(day))
    if not listed:
        raise ScenarioError("there is no day in the list", mend="write at least one, as [28]")
    _once(listed)
    return Clock("on days " + ", ".join(f"{day:g}" for day in listed), (tuple(float(day) for day in listed),))


def _as_number(day: Any) -> str | None:
    """How to write a moment such as "day -6" among numbers of days; None for what is none."""
    try:
        return f"write the number alone: {moment(day):g}" if isinstance(day, str) else None
    except (ScenarioError, UnitError):
        return None


def _once(days: Sequence[float]) -> None:
    """ScenarioError when a day is in a list twice: it would count once."""
    seen: set[float] = set()
    for day in days:
        if day in seen:
            raise ScenarioError(f"day {day:g} is in the list twice", mend="write each day once")
        seen.add(day)


def clock(text: Any) -> Clock:
    """A clock in words, or a list of moments; ScenarioError or UnitError for anything else."""
    if isinstance(text, Clock):
        return text
    if isinstance(text, Sequence) and not isinstance(text, str):
        if not text:
            raise ScenarioError("there is no time in the list", allowed=_EXAMPLES)
        moments = tuple(moment(t) for t in text)
        _once(moments)
        return Clock("on " + ", ".join(map(str, text)), (moments,))
    if not isinstance(text, str):
        return Clock(f"day {text}", ((moment(text),),))
    pieces = [_piece(piece.strip(), text) for piece in re.split(r",\s*(?:and\s+)?then\s+", text.strip())]
    return Clock(text, tuple(pieces))


def _piece(piece: str, text: str) -> Every | tuple[float, ...] | str:
    if match := _EVERY.match(piece):
        step = _STEPS[match["daily"]] if match["daily"] else duration(match["step"])
        if step <= 0:
            raise ScenarioError(f"a clock cannot tick every {step:g} d: '{text}'", allowed="a step above 0")
        first, last = (moment(match[word]) if match[word] else None for word in ("start", "stop"))
        if first is not None and last is not None and last < first:
            raise ScenarioError(f"'{text}' ends before it begins", mend="write the earlier day first")
        return Every(step, first, duration(match["length"]) if match["length"] else None, last)
    if (
        piece.endswith((" visit", " visits"))
        or piece.startswith("at ")
        and not re.match(r"^at\s+(day|month|week|year|[-+\d.])", piece)
    ):
        name = re.sub(r"\s+visits?$", "", piece.removeprefix("at ").strip())
        word = name.rpartition(" ")[2]
        if " " in name and nearest(word, ("visits",)):
            said = f"'{word}' means nothing in the clock '{text}'"
            raise ScenarioError(said, nearest="visits", mend="write at NAME visits")
        return name
    if re.match(r"^(at\s+)?(day|month|week|year)", piece) or _DURATION.match(piece) or _NUMBER.match(piece):
        return (moment(re.sub(r"^at\s+", "", piece)),)
    raise ScenarioError(f"'{text}' is not a clock", allowed=_EXAMPLES)
