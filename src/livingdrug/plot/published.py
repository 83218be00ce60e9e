"""Published values laid over simulated ones: orange diamonds with their intervals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from livingdrug.plot.style import Ink


@dataclass(frozen=True)
class Published:
    """One published number at a time `at` [day]; low and high are its interval, where the paper gives one."""

    at: float
    value: float
    low: float | None = None
    high: float | None = None
    source: str = ""


def lay_over(axes: Axes, points: Iterable[Published], ink: Ink, scale: float = 1.0, label: str = "published") -> None:
    """Draws the points that lie on the (finished) x-axis; `scale` [day per unit of the x-axis]."""
    left, right = axes.get_xlim()
    for point in points:
        x = point.at / scale
        if not left <= x <= right + 0.01 * (right - left):
            continue
        if point.low is not None and point.high is not None:
            axes.plot([x, x], [point.low, point.high], color=ink.published, linewidth=1.3, zorder=5, clip_on=False)
        axes.plot(
            x,
            point.value,
            marker="D",
            markersize=5.5,
            linestyle="none",
            color=ink.published,
            markeredgecolor=ink.paper,
            markeredgewidth=0.8,
            zorder=6,
            clip_on=False,
            label=label,
        )
        label = "_"
