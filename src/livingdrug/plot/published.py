"""Published values laid over simulated ones: orange diamonds with their intervals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from livingdrug.plot.marks import Axis, Mark, Points, Spans

NAMES = {True: "published", False: "published, not comparable"}


@dataclass(frozen=True)
class Published:
    """One published number at a time `at` [day]; low and high are its interval, where the paper gives one.

    comparable: whether what was published is what is simulated; a hollow sign where it is not.
    """

    at: float
    value: float
    low: float | None = None
    high: float | None = None
    source: str = ""
    comparable: bool = True


def laid_over(points: Iterable[Published], x: Axis, scale: float = 1.0, name: str = "") -> list[Mark]:
    """The points that lie on the x-axis; `scale` [day per unit of it]; name: in the key, by default what they are."""
    shown = [p for p in points if x.low <= p.at / scale <= x.high + 0.01 * (x.high - x.low)]
    marks: list[Mark] = []
    for comparable, words in NAMES.items():
        own = [p for p in shown if p.comparable is comparable]
        known = [p for p in own if p.low is not None and p.high is not None]
        at = [p.at / scale for p in known]
        if known:
            marks.append(Spans(at, [p.low for p in known], at, [p.high for p in known], "published"))  # type: ignore[arg-type]
        if own:
            places, values = [p.at / scale for p in own], [p.value for p in own]
            marks.append(Points(places, values, "published", "D", 4.5, not comparable, name=name or words))
    return marks
