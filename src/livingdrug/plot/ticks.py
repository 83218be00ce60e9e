"""Axes in words a ward reads: whole months, plain counts, powers of ten, and a zero on a logarithmic axis."""

from __future__ import annotations

import numpy as np

from livingdrug.plot.marks import Axis

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
FEW, MANY = 4, 7  # ticks wanted on an axis
FIGURES = 3  # of a number, where more are not needed to tell it from the next
LONG = 5  # characters from which fewer of them stand side by side
MONTHS = (1, 2, 3, 6, 12, 24, 60)
DAYS = (1, 2, 5, 7, 14, 28, 56, 91, 182, 365)


def decades(low: float, high: float, least: str = "", label: str = "") -> Axis:
    """A logarithmic axis from low to high; `least` is the word for all that lies at its lower end.

    Ticks at every power of ten; at some of them where there are many; at 1, 3 or 1, 2, 5 of each or at plain steps
    where there are few.
    """
    first, last = int(np.ceil(np.log10(low) - 1e-9)), int(np.floor(np.log10(high) + 1e-9))
    step = max(1, -(-(last - first) // 6))
    ticks = [(10.0**e, power(e, raised=last > 4)) for e in range(first, last + 1, step)]
    for digits in ((1, 3), (1, 2, 5)):
        if len(ticks) >= FEW - 1:
            break
        values = [d * 10.0**e for e in range(first - 1, last + 1) for d in digits]
        ticks = [(v, number(v)) for v in values if low * (1 - 1e-9) <= v <= high * (1 + 1e-9)]
    if len(ticks) < FEW - 1:
        ticks = list(linear(low, high).ticks)
    if least and ticks:
        ticks = [(low, least), *(t for t in ticks if t[0] > 1.5 * low)]
    return Axis(low, high, tuple(ticks), label, log=True)


def linear(low: float, high: float, label: str = "") -> Axis:
    """An axis of plain numbers, with ticks at whole multiples of 1, 2 or 5; a single number gets room on both sides."""
    if not high - low > 1e-9 * max(abs(low), abs(high)):
        low, high = low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0)
    step = (high - low) / (FEW - 1)
    size = 10 ** np.floor(np.log10(step))
    step = next(size * s for s in (10, 5, 2, 1) if size * s <= step * (1 + 1e-9))
    places = np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1) * step
    words = _apart(places)
    while len(places) > MANY or (len(places) > FEW and max(map(len, words)) > LONG):
        places, words = places[::2], words[::2]
    return Axis(low, high, tuple(zip(map(float, places), words, strict=True)), label)


def _apart(places: np.ndarray) -> list[str]:
    """The places in words, with as many figures as tell them from each other."""
    words: list[str] = []
    for figures in range(FIGURES, 16):
        words = [number(float(p), figures) for p in places]
        if len(set(words)) == len(words):
            break
    return words


def power(exponent: int, raised: bool) -> str:
    """Ten to the exponent, as a plain number or with a raised exponent."""
    if raised and exponent not in (0, 1, 2):
        return "10" + str(exponent).translate(_RAISED)
    return f"{10**exponent:,}" if exponent >= 0 else f"{10.0**exponent:.{-exponent}f}"


def number(value: float, figures: int = FIGURES) -> str:
    """A number with three figures at most (or `figures`), as one would write it by hand."""
    if not np.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    value = float(f"{value:.{figures}g}")
    if 1e-3 <= abs(value) < 1e6:
        return f"{value:,.{max(figures, 6)}g}"
    mantissa, exponent = f"{value:.{figures - 2}e}".split("e")
    return f"{float(mantissa):.{figures}g}×10" + str(int(exponent)).translate(_RAISED)


def brief(words: str, most: int = 32) -> str:
    """A user's words, cut where a figure has no room for more."""
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def calendar(last: float, what: str = "infusion") -> Axis:
    """An axis in months that starts at zero and shows one at least, with a tick every 1, 3, 6 or 12 months."""
    last = max(float(last), 1.0)
    last = round(last) if abs(last - round(last)) < 0.1 else last
    step = next((s for s in MONTHS if last / s <= MANY), 120)
    places = np.arange(0, last + 1e-9, step)
    return Axis(0.0, float(last), tuple((float(p), f"{p:g}") for p in places), f"months after {what}")


def days(first: float, last: float, what: str = "infusion") -> Axis:
    """An axis in days that shows one at least, with a tick every day, week or month."""
    last = max(last, first + 1.0)
    step = next((s for s in DAYS if (last - first) / s <= MANY), 730)
    places = np.arange(np.ceil(first / step), np.floor(last / step + 1e-9) + 1) * step
    return Axis(float(first), float(last), tuple((float(p), f"{p:g}") for p in places), f"days after {what}")


def shares(label: str, most: float = 100.0) -> Axis:
    """An axis of shares from 0 to 100 % (or as far as `most`)."""
    high = min(100.0, most)
    step = next(s for s in (1, 2, 5, 10, 20) if high / s <= MANY)
    places = range(0, int(high + 1e-9) + 1, step)
    return Axis(0.0, high, tuple((float(p), str(p)) for p in places), label)
