"""The house style: few colours that colour-blind readers can tell apart, thin rules, units on every axis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from livingdrug.units import MONTH

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Theme = Literal["light", "dark"]

WIDE = 8.0  # [in], a report or a page
DAYS_PER_MONTH = MONTH


@dataclass(frozen=True)
class Ink:
    """The colours of one theme. Simulated is always blue, published always orange: colour is kept for evidence.

    Every colour can carry words: at least 4.5 to 1 on paper and on the tint (WCAG 2.2, level AA).
    """

    paper: str
    tint: str
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
        return tuple(getattr(self, name) for name in SERIES)


SERIES = ("simulated", "green", "pink", "yellow", "text")

INKS: dict[Theme, Ink] = {
    "light": Ink(
        paper="#fffffe",
        tint="#eff2f0",
        text="#17221f",
        quiet="#4e5b57",
        rule="#d2dad6",
        simulated="#0067a3",
        published="#ad4700",
        green="#00705a",
        pink="#8f3f7d",
        yellow="#7a5a00",
    ),
    "dark": Ink(
        paper="#18201e",
        tint="#232d2a",
        text="#e4ebe8",
        quiet="#a9b6b1",
        rule="#34413d",
        simulated="#64b5ea",
        published="#ffa055",
        green="#4fcba4",
        pink="#e394ce",
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
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "xtick.minor.size": 0,
        "ytick.minor.size": 0,
        "text.color": ink.text,
        "text.parse_math": False,
        "legend.frameon": False,
        "legend.fontsize": 8.5,
        "legend.handlelength": 1.6,
        "lines.linewidth": 1.8,
        "lines.solid_capstyle": "round",
        "figure.facecolor": ink.paper,
        "savefig.facecolor": ink.paper,
        "figure.dpi": 110,
        "savefig.dpi": 160,
    }
