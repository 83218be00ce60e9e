"""The compiled loop that counts values into bins, a few nanoseconds each, while other threads go on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

BEGINS, PLACE = 0x7FFF, 0xFFF  # masks that leave these numbers as they are, and tell the compiler that none is negative
SIDE_BY_SIDE = 8  # columns gone through together: as many as the processor fetches at once


def _count(values: Any, begins: Any, edges: Any, digits: Any, counts: Any) -> None:
    bits = values.view(np.int64)
    many = values.shape[1]
    for first in range(0, many, SIDE_BY_SIDE):
        for i in range(values.shape[0]):
            for j in range(first, min(first + SIDE_BY_SIDE, many)):
                x = values[i, j]
                place = np.int64(begins[(bits[i, j] >> digits) & BEGINS]) & PLACE
                place += np.int64(x >= edges[place])
                counts[j, place if x > 0.0 else 0] += np.int64(x == x)


try:
    count = njit(nogil=True, cache=True)(_count)
except RuntimeError:  # no folder to keep it in: compiled anew in each process
    count = njit(nogil=True)(_count)
