"""The page of a sweep: one plot, for any width and both themes, and its table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from livingdrug import plot
from livingdrug.files import write_text
from livingdrug.plot.chart import Chart
from livingdrug.plot.sweep import Swept
from livingdrug.report.answer import answer
from livingdrug.results.arms import Difference
from livingdrug.results.sweep import Sweep

BANDS = "The Monte-Carlo interval narrows with more virtual patients. The trial that is meant has {size} patients."
OWN = " Dashed: the scenario's own value."


def drawn(sweep: Sweep) -> Chart:
    """The plot of a sweep's shown measures."""

    def of(points: Sequence[Difference], key: str) -> Any:
        return np.array([getattr(p, key) for p in points], float)

    shown = [
        Swept(r.title, r.unit, of(r.points, "value"), of(r.points, "low"), of(r.points, "high"), np.array(r.predicted))
        for r in sweep.shown
    ]
    at = np.array(sweep.values)
    alt = f"{', '.join(r.title for r in sweep.shown)}, against {sweep.called}. The table has the same numbers."
    return plot.sweep(shown, at, label=sweep.called, own=sweep.own, logarithmic=sweep.logarithmic, alt=alt)


def write(sweep: Sweep, folder: Path) -> Path:
    """Writes sweep.html and, where anything changes, sweep.svg into a folder; gives the page's path."""
    chart = drawn(sweep) if sweep.shown else None
    if chart:
        chart.save(folder / "sweep.svg")
    size = sweep.size or "the simulated number of"
    page = answer(
        "one number at several values",
        sweep.title,
        chart,
        sweep.cells(),
        caption=BANDS.format(size=size) + (OWN if np.isfinite(sweep.own) else ""),
        under=(f"{sweep.about} {sweep.others}",),
        notes=sweep.notes,
        empty="No measure changes clearly.",
    )
    write_text(folder / "sweep.html", page)
    return folder / "sweep.html"
