"""The page of a sensitivity analysis: one plot, for any width and both themes, and its table."""

from __future__ import annotations

from pathlib import Path

from livingdrug import plot
from livingdrug.files import write_text
from livingdrug.plot.chart import Chart
from livingdrug.plot.sensitivity import Moves
from livingdrug.report.answer import answer
from livingdrug.results.sensitivity import Sensitivity

NAMES = {
    "morris": ("mu*, with its 95 % interval", ""),
    "sobol": ("total index, with its 95 % interval", "first-order index"),
}


def drawn(found: Sensitivity) -> Chart:
    """The plot of what moves each measure most."""
    shown = []
    for m in found.shown:
        moves = [
            Moves(i.name, (i.value, i.low, i.high), (i.first, i.first_low, i.first_high)) for i in found.top(m.name)
        ]
        unit = "" if found.last.method == "sobol" or m.unit == "1" else f", {m.unit}"
        shown.append((f"{m.title}{unit}", moves))
    return plot.sensitivity(shown, NAMES[found.last.method])


def write(found: Sensitivity, folder: Path) -> Path:
    """Writes sensitivity.html and, where anything moves, sensitivity.svg into a folder; gives the page's path."""
    chart = drawn(found) if found.shown else None
    if chart:
        chart.save(folder / "sensitivity.svg")
    page = answer(
        "which numbers matter",
        found.title,
        chart,
        found.cells(),
        caption="Most first.",
        under=(found.about, found.work, found.bases),
        notes=found.notes,
        empty="Nothing moves any of these measures.",
    )
    write_text(folder / "sensitivity.html", page)
    return folder / "sensitivity.html"
