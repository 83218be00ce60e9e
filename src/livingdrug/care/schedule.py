"""The ward's clock: "every 6 h for 28 d", visits by day, and doses decided before the start."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from livingdrug.engine.plan import Floats
from livingdrug.errors import ScenarioError, unknown
from livingdrug.units import DAYS

MOST = 200_000  # ticks of one clock

_DURATION = re.compile(r"^\s*([-+]?(?:\d+\.?\d*|\.\d+))\s*([A-Za-z]+)\s*$")
_EVERY = re.compile(
    r"^(?:every\s+(?P<step>.+?)|(?P<daily>daily|hourly|weekly|monthly))"
    r"(?:\s+from\s+(?P<start>.+?))?(?:\s+(?:for\s+(?P<length>.+?)|(?:to|until)\s+(?P<stop>.+?)))?$"
)
_STEPS = {"hourly": 1 / 24, "daily": 1.0, "weekly": 7.0, "monthly": DAYS["month"]}
_EXAMPLES = (
    "'every 6 h for 28 d', 'every 1 d from day -7 to day 60, then every 5 d', 'day 28', 'at visits' or numbers of days"
)


def duration(text: str | float, where: str | None = None) -> float:
    """A length of time in days: "6 h" is 0.25; a plain number is days."""
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        days = float(text)
    else:
        match = _DURATION.match(str(text))
        if not match or match[2] not in DAYS:
            raise ScenarioError(
                f"'{text}' is not a length of time",
                where=where,
                allowed="a number and one of min, h, d, week, month, year",
            )
        days = float(match[1]) * DAYS[match[2]]
    if not np.isfinite(days):
        raise ScenarioError(f"'{text}' is not a length of time", where=where)
    return days


def moment(text: str | float, where: str | None = None) -> float:
    """A time in days from infusion: "day 28", "28 d", "month 6", 28."""
    match = re.match(r"^\s*([A-Za-z]+)\s+([-+]?\d+\.?\d*)\s*$", str(text))
    if match and match[1] in DAYS:
        return float(match[2]) * DAYS[match[1]]
    return duration(text, where)


def clock(
    text: str | float | Sequence[str | float],
    start: float,
    end: float,
    visits: Mapping[str, Floats] | None = None,
    where: str | None = None,
) -> Floats:
    """The times [day] of a clock within [start, end], sorted. `visits`: named lists of days ("at visits")."""
    if isinstance(text, (list, tuple, np.ndarray)):
        times = np.array([moment(t, where) for t in text], float)
    elif isinstance(text, (int, float)) and not isinstance(text, bool):
        times = np.array([float(text)])
    else:
        times = _spoken(str(text), start, end, visits or {}, where)
    times = np.unique(np.round(times[(times >= start - 1e-9) & (times <= end + 1e-9)], 7))
    return times


def _spoken(text: str, start: float, end: float, visits: Mapping[str, Floats], where: str | None) -> Floats:
    parts: list[Any] = []
    since = 0.0
    for piece in re.split(r",\s*(?:and\s+)?then\s+", text.strip()):
        piece = piece.strip()
        name = re.sub(r"^at\s+", "", piece)
        name = name if name in visits else re.sub(r"\s+visits?$", "", name)
        match = _EVERY.match(piece)
        if name in visits:
            parts.append(np.asarray(visits[name], float))
        elif match:
            step = _STEPS[match["daily"]] if match["daily"] else duration(match["step"], where)
            if step <= 0:
                raise ScenarioError(
                    f"a clock cannot tick every {step:g} d: '{text}'", where=where, allowed="a step above 0"
                )
            first = moment(match["start"], where) if match["start"] else since
            last = first + duration(match["length"], where) if match["length"] else end
            last = min(moment(match["stop"], where) if match["stop"] else last, end)
            count = int(np.floor((last - first) / step + 1e-9)) + 1
            if count > MOST:
                raise ScenarioError(f"'{text}' ticks {count:,} times", where=where, allowed=f"at most {MOST:,} ticks")
            parts.append(first + step * np.arange(max(count, 0)))
            since = last
        elif re.match(r"^(at\s+)?(day|month|week|year)", piece) or _DURATION.match(piece):
            parts.append(np.array([moment(re.sub(r"^at\s+", "", piece), where)]))
        elif piece.startswith("at "):
            raise unknown("visit list", name, visits, where=where)
        else:
            raise ScenarioError(f"'{text}' is not a clock", where=where, allowed=_EXAMPLES)
    return np.concatenate(parts) if parts else np.zeros(0)


def dose_table(given: Sequence[tuple[float, int, Floats, float]], patients: int) -> Floats:
    """Scheduled doses as the engine wants them (patients, doses, 4): time, input, amount, duration; sorted by time.

    given: (time [day], number of the input, amount in each patient (patients,), duration [day]); 0 is no dose.
    """
    table = np.zeros((patients, len(given), 4))
    table[:, :, 0] = np.inf
    for d, (time, target, amount, length) in enumerate(sorted(given, key=lambda g: g[0])):
        wanted = np.asarray(amount) > 0
        table[wanted, d, 0] = time
        table[:, d, 1], table[:, d, 2], table[:, d, 3] = target, amount, length
    order = np.argsort(table[:, :, 0], axis=1, kind="stable")
    return np.take_along_axis(table, order[:, :, None], axis=1)
