"""Registry dates, which are often only a month: the text stays, the bounds make it sortable."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

_ISO = re.compile(
    r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:\s?(?:Z|UTC|[+-]\d\d:?\d\d)|[T ]\s*\d{1,2}(?::?\d\d.*)?)?)?)?$", re.DOTALL
)
_MONTHS = "january february march april may june july august september october november december".split()
_NAMED = re.compile(
    r"(?:(\d{1,2})\s+)?([A-Za-z]{3,9})\.?(?:\s+(\d{1,2})(?:st|nd|rd|th)?(?=\s*,|\s+\d{4}))?\s*,?\s*(\d{4})$"
)
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})$")


@dataclass(frozen=True)
class PartialDate:
    """A date known to the day, the month or the year."""

    text: str
    precision: str
    """day, month or year"""
    first: str
    """earliest day it can mean, ISO"""
    last: str
    """latest day it can mean, ISO"""
    type: str | None = None
    """ACTUAL or ESTIMATED where the registry says so"""

    def __str__(self) -> str:
        return self.text


def asked_date(text: str) -> PartialDate | None:
    """A date that a person typed; of `03/04/2025`, which is another day in America, none."""
    found = _DAY_FIRST.match(text.strip())
    ambiguous = found and found[1] != found[2] and int(found[1]) <= 12 and int(found[2]) <= 12
    return None if ambiguous else partial_date(text)


def partial_date(text: object, type: object = None) -> PartialDate | None:
    """Reads `2015-04-09`, `2015-04`, `2015`, `09/04/2015`, `April 9, 2015`, `April 2015` or an ISO time.

    Anything else is no date.
    """
    if not isinstance(text, str):
        return None
    text = text.strip()
    if match := _DAY_FIRST.match(text):
        day, month, year = match.groups()
    elif match := _ISO.match(text):
        year, month, day = match.groups()
    elif match := _NAMED.match(text):
        before, named, after, year = match.groups()
        month = next((str(n) for n, m in enumerate(_MONTHS, 1) if m.startswith(named.lower())), "0")
        day = before or after
    else:
        return None
    try:
        first = date(int(year), int(month or 1), int(day or 1))
        last_month = int(month or 12)
        last = first if day else date(int(year), last_month, calendar.monthrange(int(year), last_month)[1])
    except ValueError:
        return None
    precision = "day" if day else "month" if month else "year"
    iso = first.isoformat()
    stated = {"day": iso, "month": iso[:7], "year": iso[:4]}[precision]
    return PartialDate(stated, precision, iso, last.isoformat(), type if isinstance(type, str) else None)
