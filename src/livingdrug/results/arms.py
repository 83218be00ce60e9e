"""The arms of a trial side by side: every simulated measure in the same patients, arm by arm."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import Any

from livingdrug.results.comparison import columns, number


@dataclass(frozen=True)
class Arms:
    """names: titles of the arms; rows: (measure, title, unit, its value in all patients of each arm); apart: titles of
    measures that the arms define differently, which are not set side by side.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[str, str, str, tuple[float, ...]], ...]
    apart: tuple[str, ...] = ()

    @property
    def said_apart(self) -> str:
        """Which measures are not side by side, in words; "" when all are."""
        return f"Defined differently in the arms, so not compared: {', '.join(self.apart)}." if self.apart else ""

    def to_dicts(self) -> list[dict[str, Any]]:
        """One dictionary a measure: measure, title, unit, and the value by arm."""
        return [
            {"measure": measure, "title": title, "unit": unit, "arms": dict(zip(self.names, values, strict=True))}
            for measure, title, unit, values in self.rows
        ]

    def cells(self) -> list[tuple[str, ...]]:
        """The rows as text; behind every arm but the first, the difference from the first (a ratio where no %)."""
        return [
            (title, "" if unit == "1" else unit, number(first), *(_told(x, first, unit) for x in others))
            for _, title, unit, (first, *others) in self.rows
        ]

    @property
    def changed(self) -> Arms:
        """Only the measures in which the arms differ."""
        return Arms(self.names, tuple(r for r in self.rows if len({repr(x) for x in r[3]}) > 1), self.apart)

    def __repr__(self) -> str:
        changed = self.changed
        alike = len(self.rows) - len(changed.rows)
        table = [columns([("measure", "unit", *self.names), *changed.cells()])] if changed.rows else []
        same = [f"The same in every arm: {alike} further measures."] if alike else []
        return "\n\n".join([*table, *same, *([self.said_apart] if self.apart else [])])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(h)}</th>" for h in ("measure", "unit", *self.names))
        cells = self.changed.cells()
        body = "".join("<tr>" + "".join(f"<td>{html.escape(x)}</td>" for x in row) + "</tr>" for row in cells)
        apart = f"<p>{html.escape(self.said_apart)}</p>" if self.apart else ""
        return f'<table class="arms"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{apart}'


def _told(x: float, first: float, unit: str) -> str:
    if not (math.isfinite(x) and math.isfinite(first)):
        return number(x)
    if unit == "%":
        return f"{number(x)} ({x - first:+.1f})"
    return f"{number(x)} (x {x / first:.2f})" if first else number(x)
