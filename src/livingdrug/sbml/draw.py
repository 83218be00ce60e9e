"""Courses of an SBML file as a figure: a panel for every symbol, a line for every course, bands for many patients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from livingdrug.sbml.simulate import Course

if TYPE_CHECKING:
    from livingdrug.plot.chart import Chart
    from livingdrug.plot.marks import Axis, Mark
    from livingdrug.sbml.virtual import Population

MOST = 12  # panels; a file may have hundreds of species
LINES = 4  # courses drawn of a scan, each with a dash of its own


def chart(courses: Sequence[tuple[Mapping[str, float], Course]], title: str, called: Mapping[str, str] = {}) -> Chart:  # noqa: B006
    """The courses over time: of many symbols the first twelve that change, of many courses four of the scan.

    called: what people call a symbol, by its identifier.
    """
    from livingdrug.plot.marks import DASHES, Line

    chosen = [courses[i] for i in np.unique(np.linspace(0, len(courses) - 1, min(LINES, len(courses))).astype(int))]
    names = [n for n in chosen[0][1].columns if n != "time"]

    def lines(name: str) -> list[Mark]:
        return [
            Line(
                c.times,
                c[name],
                name=", ".join(f"{k} = {x:g}" for k, x in values_of.items()),
                dash=DASHES[i % len(DASHES)],
                opacity=1.0 if len(chosen) == 1 else 0.45 + 0.55 * i / (len(chosen) - 1),
            )
            for i, (values_of, c) in enumerate(chosen)
        ]

    values = {n: np.concatenate([c[n] for _, c in chosen]) for n in names}
    moving = {n: any(_moves(c[n]) for _, c in chosen) for n in names}
    return _panels(title, chosen[0][1].times, values, moving, lines, called)


def bands(found: Population, title: str, called: Mapping[str, str] = {}) -> Chart:  # noqa: B006
    """Percentiles over time of many patients: the median, and where half of them and nine in ten lie.

    called: what people call a symbol, by its identifier.
    """
    from livingdrug.plot.marks import Band, Line

    shares = {n: found.percentiles(n) for n in found.courses}

    def marks(name: str) -> list[Mark]:
        p5, p25, p50, p75, p95 = shares[name]
        return [
            Band(found.times, p5, p95, opacity=0.15, name="5th to 95th percentile"),
            Band(found.times, p25, p75, opacity=0.3, name="25th to 75th"),
            Line(found.times, p50, name="median"),
        ]

    moving = {n: _moves(x) for n, x in shares.items()}
    return _panels(title, found.times, shares, moving, marks, called)


def _moves(values: np.ndarray) -> bool:
    known = values[np.isfinite(values)]
    return bool(len(known) and np.ptp(known) > 0)


def _panels(
    title: str,
    times: np.ndarray,
    values: Mapping[str, np.ndarray],
    moving: Mapping[str, bool],
    marks: Callable[[str], list[Mark]],
    called: Mapping[str, str],
) -> Chart:
    from livingdrug.plot import ticks
    from livingdrug.plot.chart import Chart
    from livingdrug.plot.marks import Panel

    names = [n for n in values if moving[n]] or list(values)
    shown = names[:MOST]
    words = [called.get(n, n) for n in shown]
    panels = [
        Panel(_axis(times, "time"), _axis(values[n].ravel(), ""), tuple(marks(n)), ticks.brief(name, 22), height=150.0)
        for n, name in zip(shown, words, strict=True)
    ]
    left = len(names) - len(shown)
    note = f"{left} more symbols change and are not drawn." if left else ""
    return Chart(tuple(panels), alt=f"{title}: {', '.join(words)} over time.", note=note)


def _axis(values: Sequence[float] | np.ndarray, label: str) -> Axis:
    from livingdrug.plot import ticks

    known = np.asarray(values, float)
    known = known[np.isfinite(known)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    if high - low <= 2e-3 * max(abs(low), abs(high)):  # so little is nothing to the eye
        low, high = min(low, 0.0), max(high, 0.0)
    if high == low:
        low, high = -1.0, 1.0
    return ticks.linear(min(low, 0.0) if low < 0.3 * high and low > 0 else low, high, label=label)
