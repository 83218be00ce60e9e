"""The table that sets every simulated measure beside the published one, in words, HTML and JSON."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from livingdrug.errors import named
from livingdrug.tabular import aligned, room, wrapped

NAN = float("nan")
SILENT = 5  # measures named of those that have nothing to tell


@dataclass(frozen=True)
class Row:
    """One measure. simulated, low, high: median and 95 % interval of trials of `size`; whole: in all patients.

    value, published_low, published_high: as published (exact: the interval is the exact binomial one of n patients);
    published_range: a range, which is never an interval. Where the run was repeated with plausible values, sets: how
    many; values_low, values_high: lowest and highest in all patients over the sets; both_low, both_high: 95 % interval
    of trials of `size` in any of the sets. as_enrolled: in all enrolled patients, from enrolment on (nan: not known).
    """

    measure: str
    title: str
    unit: str
    simulated: float
    low: float
    high: float
    whole: float
    size: int
    value: float | None = None
    published_low: float | None = None
    published_high: float | None = None
    exact: bool = False
    published_range: tuple[float, float] | None = None
    n: int | None = None
    source: str | None = None
    year: int | None = None
    place: str | None = None
    cohort: str | None = None
    read: str | None = None
    fitted: bool = False
    verdict: str = "not comparable"
    reason: str = ""
    sets: int = 0
    values_low: float = NAN
    values_high: float = NAN
    both_low: float = NAN
    both_high: float = NAN
    as_enrolled: float = NAN

    @property
    def silent(self) -> bool:
        """Whether the row has nothing on either side: a measure of what this arm is never given."""
        return math.isnan(self.simulated) and self.value is None

    @property
    def comparable(self) -> bool:
        """Whether the row counts."""
        return self.verdict != "not comparable"

    @property
    def cited(self) -> str:
        """The source's key, with the year where the key does not say it."""
        words = [self.source or "", "" if self.year is None or str(self.year) in str(self.source) else str(self.year)]
        return " ".join(w for w in words if w)

    def as_dict(self) -> dict[str, Any]:
        """The row by the keys of `run --json`; numbers that do not exist are null."""
        published = (
            []
            if self.value is None
            else [
                {
                    "value": self.value,
                    "low": self.published_low,
                    "high": self.published_high,
                    "n": self.n,
                    "source": self.source,
                    "year": self.year,
                    "place": self.place,
                    "cohort": self.cohort,
                    "read": self.read,
                    "exact": self.exact,
                    "range": list(self.published_range) if self.published_range else None,
                }
            ]
        )
        return {
            "measure": self.measure,
            "title": self.title,
            "unit": self.unit,
            "simulated": _json(self.simulated),
            "low": _json(self.low),
            "high": _json(self.high),
            "whole": _json(self.whole),
            "as_enrolled": _json(self.as_enrolled),
            "size": self.size,
            "published": published,
            "fitted": self.fitted,
            "verdict": self.verdict,
            "reason": self.reason,
            **({"plausible": self._plausible()} if self.sets else {}),
        }

    def _plausible(self) -> dict[str, Any]:
        ends = ("values_low", "values_high", "both_low", "both_high")
        return {"sets": self.sets, **{key: _json(getattr(self, key)) for key in ends}}


@dataclass(frozen=True)
class Comparison:
    """Every measure of an arm beside its published value; printed, a table with the reason for each miss.

    >>> table = result.beside_published()
    >>> sorted({row.verdict for row in table.rows} - {"inside", "outside"})
    ['not comparable']
    """

    name: str
    rows: tuple[Row, ...]

    def __getitem__(self, measure: str) -> Row:
        """The row of a measure, by its name in the trial file. ScenarioError with the nearest for one that is none."""
        return named("measure", measure, {r.measure: r for r in reversed(self.rows)})

    def counts(self) -> dict[str, int]:
        """How many rows are comparable and inside; fitted ones and those kept apart for themselves."""
        own = [r for r in self.rows if r.comparable]
        return {
            "comparable": len(own),
            "inside": sum(r.verdict == "inside" for r in own),
            "fitted": sum(r.fitted for r in own),
            "fitted_inside": sum(r.fitted and r.verdict == "inside" for r in own),
            "apart": sum(not r.fitted for r in own),
            "apart_inside": sum(not r.fitted and r.verdict == "inside" for r in own),
        }

    def summary(self) -> str:
        """One line: how many lie within the prediction interval."""
        c = self.counts()
        if not c["comparable"] and any(r.value is not None for r in self.rows):
            few = any(r.value is not None and math.isnan(r.low) for r in self.rows)
            return "too few patients to compare" if few else "nothing that is published can be compared"
        told = f"{c['inside']} of {c['comparable']} comparable measures within the 95 % prediction interval"
        if not c["fitted"]:  # nothing was fitted, or what was fitted was changed: no row tests a fit
            return told
        fitted, apart = f"{c['fitted_inside']} of {c['fitted']}", f"{c['apart_inside']} of {c['apart']}"
        return f"{told} (used in fitting {fitted}, kept apart {apart})"

    def to_dicts(self) -> list[dict[str, Any]]:
        """Rows by the keys of `run --json`."""
        return [r.as_dict() for r in self.rows]

    def cells(self, rows: Iterable[Row] | None = None) -> list[tuple[str, ...]]:
        """Rows as text: measure, unit, simulated and published with interval, verdict, use, source, reason."""
        return [
            (
                r.title,
                "" if r.unit == "1" else r.unit,
                _with_interval(r.simulated, r.low, r.high, "nothing simulated"),
                _with_interval(r.value, r.published_low, r.published_high, "nothing published"),
                r.verdict,
                "" if not r.comparable else "fitted" if r.fitted else "apart",
                r.cited,
                r.reason,
            )
            for r in (self.rows if rows is None else rows)
        ]

    @property
    def sets(self) -> int:
        """Plausible sets of values with which the run was repeated; 0 when it was not."""
        return max((r.sets for r in self.rows), default=0)

    @property
    def about(self) -> str:
        """What the intervals of a run with plausible values are; "" of another run."""
        return of_sets(self.sets) if self.sets else ""

    def _beside(self, row: Row) -> tuple[str, ...]:
        """What plausible values add to a row, as text: the range over them, and both together."""
        if not self.sets:
            return ()
        return _ends(number, row.values_low, row.values_high), _ends(number, row.both_low, row.both_high)

    def _heads(self, first: str) -> tuple[str, ...]:
        added = (f"values ({self.sets} sets)", "both (95 %)") if self.sets else ()
        return (first, "unit", "simulated (95 %)", *added, "published (95 %)")

    def __repr__(self) -> str:
        own = [r for r in self.rows if r.comparable]
        other = [r for r in self.rows if not r.comparable and not r.silent]
        silent = [r.title for r in self.rows if not r.comparable and r.silent]
        shown = [(*c[:3], *self._beside(r), *c[3:7]) for r, c in zip(own, self.cells(own), strict=True)]
        parts = [columns([(*self._heads("measure"), "verdict", "use", "source"), *shown])] if own else []
        missed = [r for r in own if r.verdict == "outside"]
        if missed:
            parts.append("\n".join(["Outside the interval, because", *(f"  {r.title}: {r.reason}" for r in missed)]))
        if other:
            why = [(*c[:3], *self._beside(r), c[3], c[7]) for r, c in zip(other, self.cells(other), strict=True)]
            parts.append(columns([(*self._heads("not comparable"), "because"), *why]))
        if silent:
            few, more = "; ".join(silent[:SILENT]), f"; and {len(silent) - SILENT} more" if len(silent) > SILENT else ""
            parts.append(wrapped(f"Neither simulated nor published: {few}{more}."))
        return "\n\n".join([*parts, *([wrapped(self.about)] if self.sets else []), self.summary()])

    def _repr_html_(self) -> str:
        heads = (*self._heads("measure"), "verdict", "use", "source", "reason")
        head = "".join(f"<th>{h}</th>" for h in heads)
        cells = [(*c[:3], *self._beside(r), *c[3:]) for r, c in zip(self.rows, self.cells(), strict=True)]
        body = "".join(
            f'<tr class="{row.verdict.replace(" ", "-")}">' + "".join(f"<td>{html.escape(x)}</td>" for x in c) + "</tr>"
            for row, c in zip(self.rows, cells, strict=True)
        )
        return (
            f'<table class="beside"><caption>{html.escape(self.summary())}</caption><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table>"
        )


def of_sets(sets: int) -> str:
    """What the two uncertainties are, of a run that was repeated with so many plausible sets of values."""
    return (
        f"Simulated: patients are drawn, values stand. Values: lowest and highest over {sets} plausible sets of the "
        f"fitted values, in all patients (holds about {100 * (sets - 1) / (sets + 1):.0f} % of what the values could "
        "be). Both: 95 % of trials whose patients and whose values are drawn."
    )


def columns(table: Sequence[tuple[str, ...]]) -> str:
    """Lines of text in columns, the heads underlined; no wider than the terminal where there is one."""
    return aligned(table, rule=True, width=room())


def number(x: float | None) -> str:
    """Three figures, as one would write them."""
    if x is None or (isinstance(x, float) and math.isnan(x)):
        return "-"
    if math.isinf(x):
        return "not reached"
    if x == 0 or 1e-2 <= abs(x) < 1e5:
        digits = max(0, 2 - int(math.floor(math.log10(abs(x))))) if x else 0
        text = f"{x:,.{digits}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{x:.2e}"


def _with_interval(x: float | None, low: float | None, high: float | None, otherwise: str) -> str:
    if x is None or math.isnan(x):
        return otherwise
    return number(x) + (f" ({number(low)} to {number(high)})" if low is not None and high is not None else "")


def _ends(told: Any, low: float, high: float) -> str:
    return "-" if math.isnan(low) or math.isnan(high) else f"{told(low)} to {told(high)}"


def _json(x: float) -> float | None:
    return x if math.isfinite(x) else None
