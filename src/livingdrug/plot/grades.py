"""Toxicity by grade: the same simulated patients read on two scales, beside what was published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from livingdrug.plot import ticks
from livingdrug.plot.published import Published, lay_over
from livingdrug.plot.style import NARROW, WIDE, Theme, house, sheet

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def grades(
    by_scale: Mapping[str, ArrayLike],
    *,
    published: Mapping[str, Sequence[Published | None]] | None = None,
    theme: Theme = "light",
    width: float = WIDE,
) -> Figure:
    """Bars of each patient's worst grade on each scale, then how many had any and how many grade 3 or more.

    by_scale: worst grades (n,) 0 to 5 of the same patients, by name of the scale;
    published: for a scale, the published share [%] of any grade and of grade 3 or more (`at` is not used).
    """
    narrow = width <= NARROW + 1
    published = published or {}
    with house(theme) as ink:
        figure = sheet(width, 4.9 if narrow else 2.9)
        each, summed = figure.subplot_mosaic("E\nS" if narrow else "EES").values()
        breadth = 0.8 / max(len(by_scale), 1)
        tallest, laid = 0.0, False
        for i, (scale, worst) in enumerate(by_scale.items()):
            worst = np.asarray(worst)
            colour, offset = ink.series[i % len(ink.series)], (i - (len(by_scale) - 1) / 2) * breadth
            share = [100 * float(np.mean(worst == grade)) for grade in range(6)]
            above = [100 * float(np.mean(worst >= grade)) for grade in (1, 3)]
            known = [(k, p) for k, p in enumerate(published.get(scale, ())) if p is not None]
            for axes, heights, aside in ((each, share, 0.0), (summed, above, 0.22 * breadth if known else 0.0)):
                places = np.arange(len(heights)) + offset
                axes.bar(
                    places, heights, 0.92 * breadth, color=colour, alpha=(1, 0.55)[i % 2], label=scale, linewidth=0
                )
                for place, height in zip(places, heights, strict=True):
                    axes.annotate(_percent(height), (place - aside, height), xytext=(0, 2), textcoords="offset points",
                                  fontsize=7, ha="center", color=ink.quiet)  # fmt: skip
                tallest = max(tallest, *share)
            points = [Published(k + offset + 0.22 * breadth, p.value, p.low, p.high) for k, p in known]
            lay_over(summed, points, ink, label="_" if laid else "published")
            laid = laid or bool(points)
        each.set_xticks(range(6), ["none", "1", "2", "3", "4", "5"])
        each.set_xlabel("worst grade")
        summed.set_xticks(range(2), ["any grade", "grade 3 or more"])
        for axes in (each, summed):
            axes.grid(axis="x", visible=False)
            axes.tick_params(axis="x", length=0)
            ticks.shares(axes, "patients (%)")
        each.set_ylim(0, min(102.0, 1.12 * tallest + 1))
        handles, words = summed.get_legend_handles_labels()
        published_last = sorted(zip(handles, words, strict=True), key=lambda entry: entry[1] == "published")
        figure.legend(*zip(*published_last, strict=True), loc="outside upper left", ncols=4)
    return figure


def _percent(share: float) -> str:
    return "" if share == 0 else f"{share:.0f}" if share >= 1 else "<1"
