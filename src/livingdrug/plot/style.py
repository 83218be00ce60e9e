"""The house style: few colours that colour-blind readers can tell apart, thin rules, units on every axis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from livingdrug.units import MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Theme = Literal["light", "dark"]

WIDE = 8.0  # [in], a report or a page
NARROW = 4.4  # [in], half a page or a phone
DAYS_PER_MONTH = MONTH


@dataclass(frozen=True)
class Ink:
    """The colours of one theme. Simulated is always blue, published always orange. After Okabe and Ito."""

    paper: str
    text: str
    quiet: str
    rule: str
    simulated: str
    published: str
    green: str
    pink: str
    yellow: str

    @property
    def series(self) -> tuple[str, ...]:
        """Colours for arms or clones, in order."""
        return self.simulated, self.green, self.pink, self.yellow, self.text


INKS: dict[Theme, Ink] = {
    "light": Ink(
        paper="#fffffe",
        text="#1f2a36",
        quiet="#5d6976",
        rule="#d5dbe1",
        simulated="#0072b2",
        published="#d05a00",
        green="#00805e",
        pink="#b8578c",
        yellow="#a87b00",
    ),
    "dark": Ink(
        paper="#12171d",
        text="#e4e9ee",
        quiet="#a0acb8",
        rule="#36414c",
        simulated="#56b4e9",
        published="#ff9a3d",
        green="#35c99a",
        pink="#e79bc6",
        yellow="#f0d84a",
    ),
}


@contextmanager
def house(theme: Theme = "light") -> Iterator[Ink]:
    """Everything drawn inside is in the house style; gives the theme's colours."""
    import matplotlib

    ink = INKS[theme]
    with matplotlib.rc_context(_settings(ink)):
        yield ink


def sheet(width: float, height: float) -> Figure:
    """An empty figure of this size [in] that lays out its own panels."""
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    return Figure(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08))


def panels(count: int, columns: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """A figure `width` [in] wide with `count` panels, each `height` [in] high."""
    rows = -(-count // columns)
    figure = sheet(width, rows * height)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for spare in grid[count:]:
        spare.set_axis_off()
    return figure, list(grid[:count])


def _settings(ink: Ink) -> dict[Any, object]:
    return {
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 8.5,
        "axes.titlesize": 9.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlecolor": ink.text,
        "axes.labelsize": 8.5,
        "axes.labelcolor": ink.quiet,
        "axes.edgecolor": ink.rule,
        "axes.facecolor": "none",
        "axes.linewidth": 0.8,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.color": ink.rule,
        "grid.linewidth": 0.5,
        "xtick.color": ink.rule,
        "ytick.color": ink.rule,
        "xtick.labelcolor": ink.quiet,
        "ytick.labelcolor": ink.quiet,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
        "xtick.minor.size": 0,
        "ytick.minor.size": 0,
        "text.color": ink.text,
        "text.parse_math": False,
        "legend.frameon": False,
        "legend.fontsize": 8,
        "legend.handlelength": 1.6,
        "lines.linewidth": 1.8,
        "lines.solid_capstyle": "round",
        "figure.facecolor": ink.paper,
        "savefig.facecolor": ink.paper,
        "figure.dpi": 110,
        "savefig.dpi": 160,
    }
