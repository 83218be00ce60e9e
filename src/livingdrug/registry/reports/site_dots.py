"""The map of sites for a page: places in percent, dots and words in pixels, as large on a phone as on a desk.

The projection is that of `site_map`; words are few on a small screen and more on a wide one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from livingdrug.registry.reports.site_map import SIZE, Sites, Town, land_raster, projected

WIDTHS = {"narrow": 300.0, "medium": 660.0, "wide": 1060.0}
"""Widths for which words are placed [px]"""

DRAWN = 600
"""Towns drawn at most; the list beside the map has all"""

_LARGEST, _SMALLEST = 9.0, 2.0
"""Radius of the dots [px]"""

_LETTER, _LINE = 8.0, 15.0
"""Room that a letter and a line of words take [px]"""

_LABELS = {"narrow": 5, "medium": 10, "wide": 20}


@dataclass(frozen=True)
class Dot:
    """A town on the map."""

    town: Town
    x: float
    """[percent of the width]"""
    y: float
    """[percent of the height]"""
    radius: float
    """[px]"""
    said: str


@dataclass(frozen=True)
class Label:
    """A town's name, from a width of the map on."""

    text: str
    x: float
    y: float
    shift: float
    """beside the point [px]"""
    side: str
    """start or end"""
    width: str
    """narrow, medium or wide: the least"""


def dots(sites: Sites) -> tuple[Dot, ...]:
    """The largest towns, the largest first."""
    most = max((len(t.trials) for t in sites.towns), default=1)
    return tuple(_dot(town, most) for town in sites.towns[:DRAWN])


def _dot(town: Town, most: int) -> Dot:
    x, y = projected(town.latitude, town.longitude)
    n = len(town.trials)
    trials = f"{n:,} {'trial' if n == 1 else 'trials'}"
    said = f"{town.name}, {town.country}: {trials}, {len(town.open):,} with a place that is open"
    radius = max(_SMALLEST, _LARGEST * math.sqrt(n / most))
    return Dot(town, round(100 * x / SIZE[0], 2), round(100 * y / SIZE[1], 2), round(radius, 1), said)


def labels(drawn: Iterable[Dot]) -> tuple[Label, ...]:
    """Names of the largest towns where one has room; a name of a narrow map stands on the wider ones too."""
    drawn = list(drawn)
    found: dict[str, Label] = {}
    for name, width in WIDTHS.items():
        height = width * SIZE[1] / SIZE[0]
        taken = [_box(label, width, height) for label in found.values()]
        for dot in drawn:
            if len(found) >= _LABELS[name]:
                break
            if dot.town.name in found or not dot.town.name:
                continue
            label = _placed(dot, name, width)
            box = _box(label, width, height)
            if box[0] < 0 or box[2] > width or any(_overlap(box, other) for other in taken):
                continue
            found[dot.town.name] = label
            taken.append(box)
    return tuple(found.values())


def _placed(dot: Dot, name: str, width: float) -> Label:
    """Beside the dot on its right, on the left where the map ends."""
    shift = dot.radius + 3
    room = width * (1 - dot.x / 100) - shift
    if _LETTER * len(dot.town.name) > room:
        return Label(dot.town.name, dot.x, dot.y, -shift, "end", name)
    return Label(dot.town.name, dot.x, dot.y, shift, "start", name)


Box = tuple[float, float, float, float]


def _box(label: Label, width: float, height: float) -> Box:
    at, long = label.x / 100 * width + label.shift, _LETTER * len(label.text)
    left = at if label.side == "start" else at - long
    middle = label.y / 100 * height
    return left, middle - _LINE / 2, left + long, middle + _LINE / 2


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@lru_cache
def land() -> str:
    """Where people live, as one path of dots in the units of the drawing; empty without a gazetteer."""
    return "".join(f"M{x:.0f} {y:.0f}h0" for x, y in sorted({(round(x), round(y)) for x, y in land_raster()}))
