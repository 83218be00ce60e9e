"""What is asked for at the border: a whole number (Python's, NumPy's, or any other; never yes or no), a real one, a
list, a path."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Iterable
from numbers import Real
from pathlib import Path
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


def path(value: Any, name: str, where: str | None = None) -> Path:
    """The path of a file or folder; ScenarioError names it where something else is given."""
    if not isinstance(value, str | os.PathLike):
        said = f"'{name}' = {short(value)}: a path is needed"
        raise ScenarioError(said, where=where, mend=f'write {name} = "..."')
    return Path(value)


def real(value: Any, name: str, low: float = 0.0, where: str | None = None) -> float:
    """The number as Python's float, from `low`; ScenarioError names it otherwise."""
    number = math.nan
    if isinstance(value, Real) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
    if not low <= number < math.inf:
        said = f"'{name}' = {short(value)}: a number is needed"
        raise ScenarioError(said, where=where, allowed=f"{low:g} or more", mend=f"write {name} = {max(low, 1):g}")
    return number


def _nearest(value: Any, otherwise: int) -> int:
    """The whole number that somebody meant who wrote 60.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else otherwise
