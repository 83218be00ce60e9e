"""Tables of a protocol, scale or trial file: every key known, every value of its kind, nothing missing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from livingdrug.errors import ScenarioError, unknown


def _number(x: Any) -> bool:
    return isinstance(x, (int, float)) and not isinstance(x, bool) and math.isfinite(x)


def _moment(x: Any) -> bool:
    return isinstance(x, str) or _number(x)


KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "text": ("a text", lambda x: isinstance(x, str) and bool(x)),
    "number": ("a finite number", _number),
    "whole": ("a whole number above 0", lambda x: isinstance(x, int) and not isinstance(x, bool) and x > 0),
    "count": ("a whole number, 0 or more", lambda x: isinstance(x, int) and not isinstance(x, bool) and x >= 0),
    "truth": ("true or false", lambda x: isinstance(x, bool)),
    "asked": ("an expression", _moment),
    "clock": ("a clock, or a list of days", lambda x: _moment(x) or (isinstance(x, list) and all(map(_moment, x)))),
    "texts": ("a list of texts", lambda x: isinstance(x, list) and all(isinstance(y, str) and y for y in x)),
    "numbers": ("a list of numbers", lambda x: isinstance(x, list) and all(map(_number, x))),
    "span": ("two numbers", lambda x: isinstance(x, list) and len(x) == 2 and all(map(_number, x))),
    "list": ("a list", lambda x: isinstance(x, list)),
    "table": ("a table", lambda x: isinstance(x, Mapping)),
}
ORIGIN = {"source": "text", "where": "text", "why": "text", "kind": "text", "about": "text"}


def table(
    data: Any, kinds: Mapping[str, str], what: str, where: str | None = None, needed: Iterable[str] = ()
) -> Mapping[str, Any]:
    """The table itself, once every key is one of `kinds` and every value of that kind; ScenarioError otherwise."""
    if not isinstance(data, Mapping):
        raise ScenarioError(
            f"{_short(data)} is not a table", where=where, mend=f"a {what} is a table of keys and values"
        )
    for key, value in data.items():
        if key not in kinds:
            raise unknown(f"key of a {what}", str(key), kinds, where)
        words, fits = KINDS[kinds[key]]
        if not fits(value):
            raise ScenarioError(f"{what}: {key} = {_short(value)}", where=where, allowed=words)
    for key in needed:
        if key not in data:
            raise ScenarioError(f"a {what} needs '{key}'", where=where, allowed=kinds, mend=f"add {key} = ...")
    return data


def tables(
    data: Any, kinds: Mapping[str, str], what: str, where: str | None = None, needed: Iterable[str] = ("name",)
) -> list[Mapping[str, Any]]:
    """A list of such tables, told apart in errors by their name, measure or place."""
    if data is None:
        return []
    if not isinstance(data, list):
        raise ScenarioError(f"{_short(data)} is not a list of tables", where=where, mend=f"write [[{what}]] tables")
    found = []
    for i, row in enumerate(data):
        name = row.get("name", row.get("measure", i + 1)) if isinstance(row, Mapping) else i + 1
        place = f"{where}, {what} {name!r}" if where else f"{what} {name!r}"
        found.append(table(row, kinds, what, place, needed))
    return found


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
