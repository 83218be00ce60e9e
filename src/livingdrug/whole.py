"""What is asked for at the border: a whole number (Python's, NumPy's, or any other; never yes or no), a list."""

from __future__ import annotations

import operator
from collections.abc import Iterable
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


def several(values: Any, name: str, where: str | None = None) -> list[Any]:
    """What stands in a list, array or other series; ScenarioError names it where one thing or a text is given."""
    try:
        if isinstance(values, str | bytes) or not isinstance(values, Iterable):
            raise TypeError
        return list(values)
    except TypeError:
        said = f"'{name}' = {short(values)}: a list is needed"
        raise ScenarioError(said, where=where, mend=f"write {name} = [{short(values)}]") from None


def _nearest(value: Any, otherwise: int) -> int:
    """The whole number that somebody meant who wrote 60.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else otherwise
