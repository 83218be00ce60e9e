"""Doses decided before the start."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from livingdrug.engine.plan import Floats


def dose_table(given: Sequence[tuple[float, int, Floats, float]], patients: int) -> Floats:
    """Scheduled doses as the engine wants them (patients, doses, 4): time, input, amount, duration; sorted by time.

    given: (time [day], number of the input, amount in each patient (patients,), duration [day]); 0 is no dose.
    """
    table = np.zeros((patients, len(given), 4))
    table[:, :, 0] = np.inf
    for d, (time, target, amount, length) in enumerate(sorted(given, key=lambda g: g[0])):
        wanted = np.asarray(amount) > 0
        table[wanted, d, 0] = time
        table[:, d, 1], table[:, d, 2], table[:, d, 3] = target, amount, length
    order = np.argsort(table[:, :, 0], axis=1, kind="stable")
    return np.take_along_axis(table, order[:, :, None], axis=1)
