"""A whole number asked for at the border: Python's, NumPy's, or anything else that is one; never yes or no."""

from __future__ import annotations

import operator
from typing import Any

from livingdrug.errors import ScenarioError, short


def whole(value: Any, name: str, low: int, high: int | None = None, where: str | None = None) -> int:
    """The number as Python's int, from `low` to `high` (both allowed); ScenarioError names it otherwise."""
    limits = f"{low:,} or more" if high is None else f"{low:,} to {high:,}"
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise ScenarioError(
            f"'{name}' = {short(value)}: a whole number is needed",
            where=where,
            allowed=limits,
            mend=f"write {name} = {_nearest(value, max(low, 1))}",
        ) from None
    if number < low or (high is not None and number > high):
        what = "too small" if number < low else "too large"
        raise ScenarioError(f"'{name}' = {short(number)}: {what}", where=where, allowed=limits)
    return number


def _nearest(value: Any, otherwise: int) -> int:
    """The whole number that somebody meant who wrote 60.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else otherwise
