"""In how many patients something is still there: clones that may die out, one line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from livingdrug.plot import ticks
from livingdrug.plot.style import DAYS_PER_MONTH, NARROW, WIDE, Theme, house, sheet
from livingdrug.plot.survival import DASHES

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def presence(
    days: ArrayLike, shares: Mapping[str, ArrayLike], *, theme: Theme = "light", width: float = WIDE
) -> Figure:
    """Shares of patients [1] (T,) by name, at days (T,) after infusion."""
    months = np.asarray(days) / DAYS_PER_MONTH
    with house(theme) as ink:
        figure = sheet(width, 2.7)
        axes = figure.subplots()
        for i, (name, share) in enumerate(shares.items()):
            colour, dash = ink.series[i % len(ink.series)], DASHES[i % len(DASHES)]
            axes.plot(months, 100 * np.asarray(share), color=colour, linestyle=dash, label=name)
        ticks.shares(axes, "patients (%)")
        ticks.calendar(axes, float(months[-1]), roomy=width > NARROW + 1)
        figure.legend(loc="outside upper left", ncols=1 if width <= NARROW + 1 else 4)
    return figure
