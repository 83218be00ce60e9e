"""Axes in words a ward reads: whole months, plain counts, powers of ten, and a zero on a logarithmic axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def decades(axes: Axes, low: float, high: float, least: str = "", along: Literal["x", "y"] = "y") -> None:
    """A logarithmic axis from low to high; `least` is the word for all that lies at its lower end."""
    axes.set(**{f"{along}scale": "log", f"{along}lim": (low, high)})
    first, last = int(np.ceil(np.log10(low) - 1e-9)), int(np.floor(np.log10(high) + 1e-9))
    step = max(1, -(-(last - first) // 6))
    exponents = list(range(first, last + 1, step))
    words = [power(exponent, raised=last > 4) for exponent in exponents]
    if least:
        words[0] = least
    axes.set(**{f"{along}ticks": [10.0**exponent for exponent in exponents], f"{along}ticklabels": words})
    axes.minorticks_off()


def power(exponent: int, raised: bool) -> str:
    """Ten to the exponent, as a plain number or with a raised exponent."""
    if raised and exponent not in (0, 1, 2):
        return "10" + str(exponent).translate(_RAISED)
    return f"{10**exponent:,}" if exponent >= 0 else f"{10.0**exponent:.{-exponent}f}"


def number(value: float) -> str:
    """A number with three figures at most, as one would write it by hand."""
    if not np.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    value = float(f"{value:.3g}")
    if 1e-3 <= abs(value) < 1e6:
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{float(mantissa):g}×10" + str(int(exponent)).translate(_RAISED)


def brief(words: str, most: int = 32) -> str:
    """A user's words, cut where a figure has no room for more."""
    return words if len(words) <= most else words[: most - 1].rstrip() + "…"


def calendar(axes: Axes, last: float, what: str = "infusion", roomy: bool = True) -> None:
    """An x-axis in months that starts at zero, with a tick every 1, 3, 6 or 12 months."""
    last = round(last) if abs(last - round(last)) < 0.1 else last
    wanted = 8 if roomy else 5
    step = next((s for s in (1, 2, 3, 6, 12, 24) if last / s <= wanted), 60)
    axes.set_xticks(np.arange(0, last + 1e-9, step))
    axes.set_xlim(0, last)
    axes.set_xlabel(f"months after {what}")


def shares(axes: Axes, label: str, y: bool = True) -> None:
    """An axis of shares from 0 to 100 %."""
    ticks = [0, 20, 40, 60, 80, 100]
    if y:
        axes.set_ylim(0, 102)
        axes.set_yticks(ticks)
        axes.set_ylabel(label)
    else:
        axes.set_xlim(0, 100)
        axes.set_xticks(ticks)
        axes.set_xlabel(label)
