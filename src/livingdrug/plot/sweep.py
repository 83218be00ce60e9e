"""What a trial's measures do as one number of the scenario is varied."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import ScenarioError
from livingdrug.plot import ticks
from livingdrug.plot.style import WIDE, Ink, Theme, house, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
MOST_TICKS = 6
LITTLE = 30.0  # [%]; shares that stay below it have an axis of their own
PHONE = 3.4  # [in], where one panel stands above the other


@dataclass(frozen=True)
class Panel:
    """One measure at every value: value, low, high (k,) [unit] with its Monte-Carlo interval; predicted (k, 2): the
    interval that a trial would show; nan where there is none."""

    title: str
    unit: str
    value: Floats
    low: Floats
    high: Floats
    predicted: Floats


def sweep(
    shown: Sequence[Panel],
    at: Floats,
    *,
    label: str,
    own: float = math.nan,
    logarithmic: bool = False,
    theme: Theme = "light",
    width: float = WIDE,
) -> Figure:
    """One panel a measure, against the values `at` (k,), rising; own: the scenario's own value, marked by a line."""
    if not shown:
        raise ScenarioError("there is no measure to draw")
    columns = min(len(shown), 1 if width <= PHONE else max(1, round(width / 2.7)))
    with house(theme) as ink:
        figure, grid = panels(len(shown), columns, width, 2.3)
        for panel, axes in zip(shown, grid, strict=True):
            _responses(axes, panel, at, ink)
            _values(axes, at, logarithmic, width / columns)
            if math.isfinite(own) and (own > 0 or not logarithmic):
                axes.axvline(own, color=ink.quiet, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
            axes.set_title("\n".join(_broken(panel.title, round(width / columns * 10.5))))
            axes.set_ylabel("" if panel.unit == "1" else panel.unit)
        figure.supxlabel(label, fontsize=8.5, color=ink.quiet)
    return figure


def _responses(axes: Axes, panel: Panel, at: Floats, ink: Ink) -> None:
    """Line and bands of one measure."""
    axes.fill_between(at, panel.predicted[:, 0], panel.predicted[:, 1], color=ink.simulated, alpha=0.12, linewidth=0)
    axes.fill_between(at, panel.low, panel.high, color=ink.simulated, alpha=0.3, linewidth=0)
    axes.plot(at, panel.value, color=ink.simulated, marker="o", markersize=4, markeredgecolor=ink.paper,
              markeredgewidth=0.6)  # fmt: skip
    if panel.unit == "%" and np.nanmax([panel.value.max(), np.nan_to_num(panel.predicted).max()]) > LITTLE:
        axes.set_ylim(-3, 103)
        axes.set_yticks([0, 25, 50, 75, 100])
    elif panel.unit == "%":
        axes.set_ylim(bottom=0)


def _values(axes: Axes, at: Floats, logarithmic: bool, width: float) -> None:
    """The axis of values: ticks at the values themselves while they are few and apart, else at round numbers."""
    if logarithmic:
        axes.set_xscale("log")
    places = np.log(at) if logarithmic else at
    apart = np.diff(places).min() / max(np.ptp(places), 1e-12) if len(at) > 1 else 1.0
    if len(at) <= MOST_TICKS and apart * width > 0.3:
        axes.set_xticks(at, [ticks.number(x) for x in at])
    elif logarithmic:
        from matplotlib.ticker import FuncFormatter, LogLocator

        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0), numticks=MOST_TICKS))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: ticks.number(x)))
    else:
        axes.locator_params(axis="x", nbins=4)
    axes.minorticks_off()


def _broken(title: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(title, max(width, 12))
