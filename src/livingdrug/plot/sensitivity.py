"""What moves each measure most: an index and its interval for each number, on an axis of the measure's own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from livingdrug.errors import ScenarioError
from livingdrug.plot import ticks
from livingdrug.plot.chart import Chart
from livingdrug.plot.marks import Estimate, Group, Lane, Points

WHOLE = "simulated", "o"
FIRST = "quiet", "D"
SHARES = 10.0


@dataclass(frozen=True)
class Moves:
    """A number: its index with its interval, and the first-order one where there is any (nan: none)."""

    name: str
    index: tuple[float, float, float]
    first: tuple[float, float, float] = (math.nan, math.nan, math.nan)


def sensitivity(shown: Sequence[tuple[str, Sequence[Moves]]], names: tuple[str, str], alt: str = "") -> Chart:
    """One group of lanes a measure (its label), the number that moves it most first. names: of the two indices."""
    if not shown:
        raise ScenarioError("nothing moves any measure, so there is nothing to draw")
    groups = tuple(_group(label, moves) for label, moves in shown)
    both = any(math.isfinite(m.first[0]) for _, moves in shown for m in moves)
    key = [Points([0], [0], *WHOLE, name=names[0])] + ([Points([0], [0], *FIRST, name=names[1])] if both else [])
    return Chart(groups=groups, key=tuple(key), alt=alt or "Which numbers move which measure.")


def _group(label: str, moves: Sequence[Moves]) -> Group:
    ends = [x for m in moves for three in (m.index, m.first) for x in three if math.isfinite(x)]
    low, high = min([0.0, *ends]), max(ends)
    room = 0.04 * (high - low or 1.0)
    return Group(ticks.linear(low - (room if low < 0 else 0.0), high + room, label), tuple(map(_lane, moves)), 0.0)


def _lane(m: Moves) -> Lane:
    found = [_estimate(m.index, WHOLE)]
    if math.isfinite(m.first[0]):
        found.append(_estimate(m.first, FIRST))
    return Lane(m.name, tuple(found))


def _estimate(three: tuple[float, float, float], whose: tuple[str, str]) -> Estimate:
    value, low, high = three
    share = max(map(abs, three)) < SHARES  # of a variance: two decimals are enough
    said = [f"{x:.2f}" if share else ticks.number(x) for x in three]
    return Estimate(value, low, high, *whose, f"{said[0]} ({said[1]} to {said[2]})")
