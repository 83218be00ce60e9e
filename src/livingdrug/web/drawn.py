"""What a living figure says of its curves, before a script runs: numbers as text, the sentence, paths, table cells.

`static/figures/says.js` and `chart.js` say the same of the curves that the reader moves; a browser test holds the two
together.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Context
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LARGE = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
SIGNS = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
}
NEVER, MINUS = "–", "\N{MINUS SIGN}"
BOX = 10_000  # units across and down in which a curve is drawn
_TWO = Context(prec=2, rounding=ROUND_HALF_UP)  # two digits, halves up, as scripts round


def said(x: float | str, digits: int | str = 0) -> str:
    """A number as readers see it: rounded, with commas; `amount`: 250 billion; what is none: a dash."""
    if isinstance(x, str):
        return x
    if not math.isfinite(x):
        return NEVER
    if digits == "amount":
        return _amount(x)
    text = f"{math.floor(abs(x) * 10 ** int(digits) + 0.5) / 10 ** int(digits):,.{digits}f}"
    return f"{MINUS}{text}" if x < 0 and any(c in "123456789" for c in text) else text


def _amount(x: float) -> str:
    if x < 1:
        return "fewer than 1"
    for size, word in LARGE:
        if x >= size:
            return f"{float(_TWO.create_decimal_from_float(x / size)):,.10g} {word}"
    return f"{float(_TWO.create_decimal_from_float(x)):,.0f}"


# ---- measures and sentences --------------------------------------------------------------------------------------


def measured(
    asked: Mapping[str, Any], times: Floats, now: Sequence[Floats], before: Sequence[Floats]
) -> dict[str, float]:
    """Numbers read off curves, by name: each measure says of which line, and what is taken."""
    return {
        name: _taken(m, times, (before if m.get("of") == "before" else now)[m["line"]]) for name, m in asked.items()
    }


def _taken(m: Mapping[str, Any], times: Floats, y: Floats) -> float:
    level = m.get("level", 0.0)
    match m["take"]:
        case "max":
            return float(y.max())
        case "min":
            return float(y.min())
        case "last":
            return float(y[-1])
        case "at":
            return float(y[at(times, level)])
        case "day of max":
            return float(times[int(y.argmax())])
        case "hours above":
            return float((y >= level).sum() * (times[1] - times[0]) * 24)
        case "first above":
            return _first(times, y >= level)
        case "first below":
            return _first(times, y < level)
        case "last day above":
            return _first(times[::-1], (y >= level)[::-1])
    raise ValueError(f"a measure cannot take '{m['take']}'")


def _first(times: Floats, true: NDArray[np.bool_]) -> float:
    return float(times[int(true.argmax())]) if true.any() else math.nan


def at(times: Floats, t: float) -> int:
    """The index of the last time that is not after t."""
    return max(0, int(np.searchsorted(times, t + 1e-9, side="right")) - 1)


def sentence(says: Sequence[Mapping[str, Any]], numbers: Mapping[str, Any], digits: Mapping[str, int | str]) -> str:
    """The first text whose conditions all hold, with the numbers put in."""

    def side(x: Any) -> Any:
        return numbers[x] if isinstance(x, str) and x in numbers else x

    for rule in says:
        if all(SIGNS[sign](side(left), side(right)) for left, sign, right in rule.get("when", [])):
            shown = {n: said(x, digits[n]) if n in digits else as_set(x) for n, x in numbers.items()}
            return rule["text"].format(**shown)
    raise ValueError("no sentence holds")


def as_set(x: Any) -> str:
    """What a reader set, as it stands in its box."""
    return x if isinstance(x, str) else f"{x:,.10g}".replace("-", MINUS) if math.isfinite(x) else NEVER


# ---- drawing -----------------------------------------------------------------------------------------------------


def curve(
    xs: Sequence[float] | Floats,
    ys: Sequence[float] | Floats,
    x: Sequence[float],
    y: Sequence[float],
    last: float | None = None,
) -> str:
    """The `d` of a curve in a box of 10,000 by 10,000, each point as its way from the one before: a third shorter than
    in full; nan breaks the line, which ends at `last` (at the end of x)."""
    d: list[str] = []
    before: tuple[int, int] | None = None
    for a, b in zip(xs, ys):
        if a > (x[1] if last is None else last):
            break
        if not math.isfinite(b):
            before = None
            continue
        high = min(1.0, max(0.0, 1 - (b - y[0]) / (y[1] - y[0])))
        at = math.floor(BOX * (a - x[0]) / (x[1] - x[0]) + 0.5), math.floor(BOX * high + 0.5)
        d.append(f"l{at[0] - before[0]} {at[1] - before[1]}" if before else f"M{at[0]} {at[1]}")
        before = at
    return "".join(d)


def percent(x: float, low: float, high: float) -> str:
    """Where x lies between low and high, for an attribute in percent."""
    return f"{100 * min(1.0, max(0.0, (x - low) / (high - low))):.2f}%"


def scaled(panel: Mapping[str, Any], ys: Floats) -> Floats:
    """Values as they stand on the panel's scale."""
    if not panel.get("log"):
        return ys
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(ys > 0, np.log10(np.maximum(ys, 1e-30)), -30.0)


def stairs(xs: Floats, ys: Floats) -> tuple[Floats, Floats]:
    """The points of a line that holds each value until the next time."""
    return np.repeat(xs, 2)[1:], np.repeat(ys, 2)[:-1]


def top(panel: Mapping[str, Any], *lines: Floats) -> float:
    """The top of a scale that fits the lines: the least of the panel's that is enough."""
    most = max(float(y.max()) for y in lines)
    return next((t for t in panel["tops"] if t >= most), panel["tops"][-1])
