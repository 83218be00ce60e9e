"""CAR-T around a tumour organoid in a cube of medium: they drift to it at a steady speed and live ten days at most."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from livingdrug.model import Entry, Flow, Module, Param, Publishes, Reads, State
from livingdrug.model.math import exp, log, maximum, minimum, where

DOSES = (1, 2)


class Luque2024(Module):
    """Each dose is spread evenly in the cube outside a gap around the tumour, and the front that reaches the tumour is
    a sphere that widens with time [luque2024].

    The life of a cell is 10 days at most, with the survival (1 - t/10 d)^(1/6); its last half day is spread over twice
    that time, with the same mean. Leaves out: chance, what a cell does before it arrives, doses beyond the second.
    """

    role = "kinetics"

    side = Param("um", "side of the cube")
    gap = Param("um", "distance from the tumour within which no cell is put")
    speed = Param("um/day", "drift of cells towards the tumour")
    life = Param("day", "longest life of a cell")
    second_day = Param("day", "day of the second dose, if there is one")
    one_cell = Param("cell", "below this number a mean over cells means nothing")
    radius = Reads("tumour.radius", "um")

    given_1 = State("cell", "cells of the first dose")
    given_2 = State("cell", "cells of the second dose")
    outside_1 = State("cell", "living cells of the first dose that have not arrived")
    outside_2 = State("cell", "living cells of the second dose that have not arrived")
    first = Entry("cell", "first dose", into={"given_1": 1.0, "outside_1": 1.0}, product=True)
    second = Entry("cell", "second dose", into={"given_2": 1.0, "outside_2": 1.0})

    arriving = Publishes("cell/day", "CAR-T reaching the tumour")
    hazard = Publishes("1/day", "death of CAR-T, over the doses as they are mixed")
    outside = Publishes("cell", "living CAR-T outside the tumour")

    def flows(self, v: Any) -> Iterator[Flow]:
        for i in DOSES:
            left = getattr(v, f"outside_{i}")
            yield Flow(f"arrival of dose {i}", out_of=f"outside_{i}", rate=self._arriving(v, i))
            yield Flow(f"death in dose {i}", out_of=f"outside_{i}", rate=self._dying(v, i) / self._left(v, i) * left)

    def published(self, v: Any) -> dict[str, Any]:
        given = {i: getattr(v, f"given_{i}") for i in DOSES}
        dying = sum(given[i] * self._dying(v, i) for i in DOSES)
        left = sum(given[i] * self._left(v, i) for i in DOSES)
        return {
            "arriving": self._arriving(v, 1) + self._arriving(v, 2),
            "hazard": dying / (left + v.one_cell),
            "outside": v.outside_1 + v.outside_2,
        }

    @staticmethod
    def _age(v: Any, i: int) -> Any:
        return v.time - v.second_day * (i - 1)

    @staticmethod
    def _left(v: Any, i: int) -> Any:
        """Survivors of a dose [1]."""
        share = 1 - Luque2024._age(v, i) / v.life
        early = exp(log(maximum(minimum(share, 1.0), 0.05)) / 6)
        late = maximum(1 - (0.05 - share) / LATE, 0.001)
        return early * where(share > 0.05, 1.0, late)

    @staticmethod
    def _dying(v: Any, i: int) -> Any:
        """Deaths in a dose, as a share of it a day [1/day]."""
        age = Luque2024._age(v, i)
        share = 1 - age / v.life
        early = exp(log(maximum(minimum(share, 1.0), 0.05)) * (-5 / 6)) / 6
        late = where(1 - (0.05 - share) / LATE > 0.001, 0.05 ** (1 / 6) / LATE, 0.001 / LATE)
        return where(share < 1.0, where(share > 0.05, early, late), 0.0) / v.life

    @staticmethod
    def _arriving(v: Any, i: int) -> Any:
        """Cells of a dose whose sphere reaches the tumour now [cell/day]."""
        gone = v.speed * Luque2024._age(v, i)
        sphere, half = v.radius + gone, v.side / 2
        beyond = maximum(sphere - half, 0 * half)  # of each face: what of the sphere is not in the cube
        area = 4 * math.pi * sphere**2 - 12 * math.pi * sphere * beyond
        within = 4 / 3 * math.pi * sphere**3 - 2 * math.pi * beyond**2 * (3 * sphere - beyond)
        left = maximum(v.side**3 - within, 0.01 * v.side**3)
        front = maximum(area, 0 * area) * v.speed / left
        return where(gone > v.gap, getattr(v, f"outside_{i}") * front, 0.0)


LATE = 0.05 * 12 / 7  # over which the last survivors die, as a share of the longest life, with the mean life kept
