"""Doses decided before the start."""

from __future__ import annotations

import numpy as np

from livingdrug.care.schedule import dose_table


def test_doses_are_sorted_and_zero_is_no_dose() -> None:
    table = dose_table([(0.0, 4, np.array([1e8, 0.0]), 0.0), (-5.0, 2, np.array([30.0, 20.0]), 0.02)], 2)
    assert table[0].tolist() == [[-5.0, 2, 30.0, 0.02], [0.0, 4, 1e8, 0.0]]
    assert table[1, 0].tolist() == [-5.0, 2, 20.0, 0.02] and table[1, 1, 0] == np.inf
