"""In how many patients something is still there: clones that may die out, one line each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from livingdrug.plot import ticks
from livingdrug.plot.chart import Chart
from livingdrug.plot.marks import DASHES, Line, Panel
from livingdrug.plot.style import DAYS_PER_MONTH, SERIES


def presence(days: ArrayLike, shares: Mapping[str, ArrayLike]) -> Chart:
    """Shares of patients [1] (T,) by name, at days (T,) after infusion."""
    months = np.asarray(days) / DAYS_PER_MONTH
    lines = tuple(
        Line(months, 100 * np.asarray(share), SERIES[i % len(SERIES)], DASHES[i % len(DASHES)], name=name)
        for i, (name, share) in enumerate(shares.items())
    )
    return Chart((Panel(ticks.calendar(float(months[-1])), ticks.shares("patients, %"), lines),))
