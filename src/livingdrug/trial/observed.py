"""Observed values of one quantity in people, from a table of ID, TIME and DV as pharmacometrics keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from livingdrug.engine.plan import Floats
from livingdrug.errors import LivingDrugError, ScenarioError, UnitError, nearest
from livingdrug.spec.csv_table import ABSENT, split
from livingdrug.units import DAYS, factor

NEEDED = ("ID", "TIME", "DV")
READ = (*NEEDED, "EVID", "MDV", "BLQ", "LLOQ", "UNIT")


@dataclass(frozen=True)
class Observed:
    """Observations (n,): whose (as text), when [day], how much [unit of the quantity]; below: under the limit of
    quantification, where the value says nothing more; limit: the largest limit that the table names, 0 when none."""

    ids: tuple[str, ...]
    days: Floats
    values: Floats
    below: np.ndarray[Any, np.dtype[np.bool_]]
    limit: float

    @property
    def patients(self) -> int:
        """How many people were observed."""
        return len(set(self.ids))


def observed(data: Any, wanted: str, unit: str | None = None, time_unit: str = "day") -> Observed:
    """Read a CSV file or a DataFrame: one row an observation.

    Columns, in any case: ID, TIME [time_unit], DV [unit, or the column UNIT, or else `wanted`]; optional: EVID and MDV
    (rows with another value than 0 are no observations), BLQ (1: below the limit), LLOQ (the limit, in DV's unit).
    "<50" in DV is a value below 50. ScenarioError or UnitError with file, line and column.
    """
    if time_unit not in DAYS:
        raise UnitError(f"'{time_unit}' is no unit of time", where="time_unit", allowed=DAYS)
    rows = [one for place, row in _rows(data) if (one := _row(row, place, wanted, unit, time_unit)) is not None]
    if not rows:
        raise ScenarioError("the data hold no observation", where=_name(data), mend="give rows with ID, TIME and DV")
    ids, days, values, limits, below = zip(*rows, strict=True)
    known = [limit for limit in limits if limit > 0]
    return Observed(ids, np.array(days), np.array(values), np.array(below), max(known, default=0.0))


def _rows(data: Any) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Each row with its place; names of columns in capitals."""
    name = _name(data)
    if hasattr(data, "to_dict"):
        _columns([str(c) for c in data.columns], name)
        for number, row in enumerate(data.to_dict("records")):
            yield f"{name}, row {number}", {str(k).strip().upper(): _text(v) for k, v in row.items()}
        return
    try:
        text = Path(data).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, TypeError, ValueError) as problem:
        said = getattr(problem, "strerror", None) or "it is no UTF-8 text"
        raise ScenarioError(f"the data cannot be read: {said}", where=name, mend="name a CSV file") from None
    lines, rows = split(text, name)
    head = rows[0] if rows else ()
    _columns(head, f"{name}:{lines[0] if lines else 1}")
    for line, cells in zip(lines[1:], rows[1:], strict=True):
        yield f"{name}:{line}", dict(zip((word.strip().upper() for word in head), map(_text, cells), strict=True))


def _columns(head: Iterable[str], where: str) -> None:
    names = [word.strip().upper() for word in head]
    for name in READ:
        if names.count(name) > 1:
            raise ScenarioError(f"two columns are called {name}", where=where, mend="rename one, or leave it out")
    for name in NEEDED:
        if name not in names:
            raise ScenarioError(
                f"the data have no column {name}", where=where, allowed=READ, nearest=nearest(name, names),
                mend="name the columns ID, TIME and DV in the first line, separated by commas",
            )  # fmt: skip


def _row(
    row: Mapping[str, str], place: str, wanted: str, unit: str | None, time_unit: str
) -> tuple[str, float, float, float, bool] | None:
    """ID, day, value, limit and whether below it; None when the row is no observation."""
    below = _number(row, "BLQ", place) == 1
    if _number(row, "EVID", place) != 0 or (_number(row, "MDV", place) != 0 and not below):
        return None
    said = row["DV"]
    if not said and not below:
        return None
    given = unit or row.get("UNIT") or wanted
    try:
        times = factor(given, wanted)
    except LivingDrugError as problem:
        raise UnitError(problem.what, where=f"{place}, column UNIT" if not unit else "unit", allowed=wanted) from None
    limit = times * _number(row, "LLOQ", place)
    if said.startswith("<"):
        below, limit = True, times * _number({"DV": said[1:].strip()}, "DV", place)
    if not row["ID"] or not row["TIME"]:
        raise ScenarioError("an observation without ID or TIME", where=place, mend="fill it in, or leave the row out")
    value = 0.0 if below else times * _number(row, "DV", place)
    if value < 0 <= limit and not below:
        mend = "write BLQ = 1 for a sample below the limit, . where nothing was measured; DV is no logarithm here"
        raise ScenarioError(f"DV = {said} cannot be", where=f"{place}, column DV", allowed="0 or more", mend=mend)
    if value < limit:
        below, value = True, 0.0
    return row["ID"], DAYS[time_unit] * _number(row, "TIME", place), value, limit, below


def _number(row: Mapping[str, str], column: str, place: str) -> float:
    said = row.get(column, "0")
    if not said:
        return 0.0
    try:
        value = float(said)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise ScenarioError(
            f"'{said}' is no number", where=f"{place}, column {column}", mend='write "." where none is known'
        )
    return value


def _text(value: Any) -> str:
    """What a cell holds; "" where it holds no value."""
    said = str(value).strip()
    return "" if said.lower() in ABSENT else said


def _name(data: Any) -> str:
    return "the data" if hasattr(data, "to_dict") else str(data)
