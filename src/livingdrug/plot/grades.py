"""Toxicity by grade: the same simulated patients read on two scales, beside what was published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from livingdrug.plot import ticks
from livingdrug.plot.chart import Chart
from livingdrug.plot.marks import Axis, Boxes, Mark, Panel, Words
from livingdrug.plot.published import Published, laid_over
from livingdrug.plot.style import SERIES

SEVERE, USUAL = 3, 4  # from where a grade is severe; the highest grade that is drawn even if nobody has it


def grades(
    by_scale: Mapping[str, ArrayLike], *, published: Mapping[str, Sequence[Published | None]] | None = None
) -> Chart:
    """Bars of each patient's worst grade on each scale, then how many had any and how many grade 3 or more.

    by_scale: worst grades (n,) of the same patients, 0 for none, by name of the scale; nan (not known) is left out;
    published: for a scale, the published share [%] of any grade and of grade 3 or more (`at` is not used).
    """
    every = {scale: np.asarray(worst, float) for scale, worst in by_scale.items()}
    graded = {scale: worst[np.isfinite(worst)] for scale, worst in every.items() if np.isfinite(worst).any()}
    highest = max([USUAL, *(int(np.max(worst)) for worst in graded.values())])
    levels = [(float(g), "none" if g == 0 else str(g)) for g in range(highest + 1)]
    each, summed = _axis(levels, "worst grade"), _axis([(0.0, "any grade"), (1.0, "grade 3 or more")])
    breadth = 0.8 / max(len(graded), 1)
    bars, sums, tallest = list[Mark](), list[Mark](), 0.0
    for i, (scale, worst) in enumerate(graded.items()):
        offset, ink = (i - (len(graded) - 1) / 2) * breadth, SERIES[i % len(SERIES)]
        share = [100 * float(np.mean(worst == grade)) for grade, _ in levels]
        above = [100 * float(np.mean(worst >= grade)) for grade in (1, SEVERE)]
        known = [(k, p) for k, p in enumerate((published or {}).get(scale, ())) if p is not None]
        bars += _bars(share, offset, breadth, ink, scale)
        sums += _bars(above, offset, breadth, ink, scale, aside=0.25 * breadth if known else 0.0)
        points = [Published(k + offset + 0.22 * breadth, p.value, p.low, p.high) for k, p in known]
        sums += laid_over(points, summed)
        tallest = max(tallest, *share)
    return Chart(
        (
            Panel(each, ticks.shares("patients, %", 1.12 * tallest + 1), tuple(bars)),
            Panel(summed, ticks.shares("patients, %"), tuple(sums)),
        ),
        columns=2,
    )


def _axis(levels: Sequence[tuple[float, str]], label: str = "") -> Axis:
    return Axis(-0.6, len(levels) - 0.4, tuple(levels), label)


def _bars(heights: Sequence[float], offset: float, breadth: float, ink: str, name: str, aside: float = 0) -> list[Mark]:
    places = np.arange(len(heights)) + offset
    half = 0.46 * breadth
    words = [Words(x - aside, h, _percent(h)) for x, h in zip(places, heights, strict=True) if h > 0]
    return [Boxes(places - half, places + half, np.zeros(len(places)), heights, ink, name=name), *words]


def _percent(share: float) -> str:
    return f"{share:.0f}" if share >= 1 else "<1"
