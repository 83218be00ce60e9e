"""The drawn patients beside the baseline table that the trial published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.cohort.draw import Cohort, draw
from livingdrug.errors import unknown
from livingdrug.parameters import Source
from livingdrug.scenario import Resolved
from livingdrug.spec.population import Baseline

Floats = NDArray[np.float64]
RESAMPLED = 1000
TOGETHER = 16_384  # patients drawn at once; of each, only the table's numbers are kept


@dataclass(frozen=True)
class Row:
    """One line: what was drawn (all patients, and the 95 % interval of trials of that size), and what was published.
    share: of patients, and shown in percent; another number without a unit is none.
    """

    measure: str
    unit: str
    simulated: float
    low: float
    high: float
    published: float
    published_low: float | None
    published_high: float | None
    interval: str
    n: int
    source: str
    share: bool

    @property
    def inside(self) -> bool:
        """Whether the published value lies in the simulated interval."""
        return self.low <= self.published <= self.high


@dataclass(frozen=True)
class BaselineTable:
    """Baseline of the virtual patients beside the published one."""

    rows: tuple[Row, ...]
    patients: int

    def to_dicts(self) -> list[dict[str, Any]]:
        """JSON-able rows."""
        return [{**vars(r), "inside": r.inside} for r in self.rows]

    def _cells(self) -> list[list[str]]:
        head = ["baseline", "simulated (95 % of trials of that size)", "published", "n", "source"]
        body = [
            [
                r.measure,
                f"{_show(r.simulated, r)} ({_show(r.low, r)} to {_show(r.high, r)})",
                _show(r.published, r)
                + (
                    f" ({r.interval} {_plain(r.published_low, r)} to {_plain(r.published_high, r)})"
                    if r.published_low is not None and r.published_high is not None
                    else ""
                ),
                str(r.n),
                r.source,
            ]
            for r in self.rows
        ]
        return [head, *body]

    def __repr__(self) -> str:
        cells = self._cells()
        widths = [max(len(row[i]) for row in cells) for i in range(5)]
        return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip() for row in cells)

    def _repr_html_(self) -> str:
        head, *body = self._cells()
        line = "".join(f"<th>{escape(c)}</th>" for c in head)
        rows = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in body)
        return (
            f"<table><caption>Baseline of {self.patients} virtual patients beside the published one</caption>"
            f"<thead><tr>{line}</tr></thead><tbody>{rows}</tbody></table>"
        )


def baseline(resolved: Resolved, cohort: Cohort) -> BaselineTable:
    """The population's [[baseline]] rows, with what the cohort shows; printed, a table."""
    sources = resolved.population.sources
    rows = tuple(_row(data, cohort, sources) for data in resolved.population.baseline)
    return BaselineTable(rows, len(cohort))


def baseline_of(resolved: Resolved, ids: NDArray[np.int64], seed: int) -> BaselineTable:
    """The same of the patients with these numbers (n,), however many."""
    asked = dict.fromkeys(row.of for row in resolved.population.baseline)
    chunks = (draw(resolved, ids[i : i + TOGETHER], seed) for i in range(0, len(ids), TOGETHER))
    kept = [{path: chunk.of(path) for path in asked} for chunk in chunks]
    values: dict[str, float | Floats] = {path: np.concatenate([chunk[path] for chunk in kept]) for path in asked}
    return baseline(resolved, Cohort(ids, seed, values, (), {}))


def _row(data: Baseline, cohort: Cohort, sources: Mapping[str, Source]) -> Row:
    if data.of not in cohort.values:
        raise unknown("number of a patient", data.of, cohort.values, data.place("of"))
    x = cohort.of(data.of)
    if data.statistic.startswith("share "):
        low = -np.inf if data.above is None else data.above
        high = np.inf if data.below is None else data.below
        x = ((x > low) & (x < high)).astype(float)
    average = np.median if data.statistic == "median" else np.mean
    n = data.n or len(x)
    chosen = np.random.default_rng(0).integers(len(x), size=(RESAMPLED, n))  # which patients a trial of n would meet
    low, high = np.quantile(average(x[chosen], axis=1), [0.025, 0.975])
    source = sources.get(data.source or "")
    return Row(
        data.measure,
        data.unit,
        float(average(x)),
        float(low),
        float(high),
        data.value,
        data.low,
        data.high,
        data.interval or "",
        n,
        source.title if source else data.source or "",
        data.statistic.startswith("share"),
    )


def _plain(x: float, row: Row) -> str:
    return f"{100 * x:g}" if row.share else f"{x:g}"


def _show(x: float, row: Row) -> str:
    return f"{100 * x:.0f} %" if row.share else f"{x:.3g} {'' if row.unit == '1' else row.unit}".strip()
