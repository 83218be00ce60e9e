"""The visual predictive check of a run: its table, its figure, and what a reader should know of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug import plot
from livingdrug.errors import ScenarioError, unknown
from livingdrug.plot import Chart
from livingdrug.plot.ticks import number
from livingdrug.plot.windows import MONTH_ONE
from livingdrug.report.words import Shown, capital, words
from livingdrug.results.result import Result
from livingdrug.scenario import Arm
from livingdrug.tabular import aligned
from livingdrug.trial.observed import Observed, observed
from livingdrug.trial.vpc import PERCENTS, TRIALS, Percentiles, check
from livingdrug.units import of_unit
from livingdrug.whole import real, whole

if TYPE_CHECKING:
    import pandas as pd

LEAST, MOST = 1_000, 2_000  # patients simulated again unless another number is asked for
FEW = 10  # days looked at in the first month and after it, where there are neither data nor visits


@dataclass(frozen=True)
class Check:
    """quantity: its path; unit: as a reader writes it; percentiles; chart; notes: what was compared, and how."""

    quantity: str
    title: str
    unit: str
    percentiles: Percentiles = field(repr=False)
    chart: Chart = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One row a day and percentile: day, n, percentile, observed, simulated, low, high [unit]; where there is a
        limit, one more a day, with percentile "below": shares [%]."""
        p, found = self.percentiles, list[dict[str, Any]]()
        for i, (day, n) in enumerate(zip(p.days.tolist(), p.counts.tolist(), strict=True)):
            for k, percent in enumerate(PERCENTS):
                seen = None if p.observed is None else float(p.observed[k, i])
                ends = (float(x[k, i]) for x in (p.middle, p.low, p.high))
                found.append(_row(day, n, f"{percent:g}", seen, *ends))
            if p.limit > 0:
                seen = None if p.observed_share is None else 100 * float(p.observed_share[i])
                found.append(_row(day, n, "below", seen, *(100 * float(p.share[k, i]) for k in (1, 0, 2))))
        return found

    @property
    def table(self) -> pd.DataFrame:
        """`rows` as a table."""
        import pandas as pd

        return pd.DataFrame(self.rows)

    def save(self, path: str | Path) -> None:
        """Write the figure to a PNG, SVG or PDF file."""
        self.chart.save(path)

    def text(self, width: int | None = None) -> str:
        """The table in words, no line longer than `width`."""
        limit = self.percentiles.limit
        head = [
            "day",
            "n",
            "percentile",
            *(["observed"] if self.percentiles.observed is not None else []),
            "simulated (95 %)",
        ]
        lines = []
        for row in self.rows:
            below = row["percentile"] == "below"
            unit = " %" if below else ""
            named = f"below {number(limit)}" if below else row["percentile"]

            def said(x: float, share: bool = below) -> str:
                return number(x) if share or x > 0 or limit <= 0 else f"<{number(limit)}"

            seen = [] if row["observed"] is None else [said(row["observed"]) + unit]
            simulated = f"{said(row['simulated'])} ({said(row['low'])} to {said(row['high'])}){unit}"
            lines.append([f"{row['day']:g}", f"{row['n']:,}", named, *seen, simulated])
        title = f"{self.title}{f' ({self.unit})' if self.unit else ''}"
        return "\n".join([title, "", aligned([head, *lines], width=width), "", *self.notes])

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.chart._repr_html_()


def _row(
    day: float, n: float, percentile: str, seen: float | None, middle: float, low: float, high: float
) -> dict[str, Any]:
    return {
        "day": day,
        "n": int(n),
        "percentile": percentile,
        "observed": seen,
        "simulated": middle,
        "low": low,
        "high": high,
    }


def draw(
    result: Result,
    quantity: str,
    data: Any = None,
    arm: str | None = None,
    unit: str | None = None,
    time_unit: str = "day",
    limit: float | None = None,
    patients: int | None = None,
    seed: int | None = None,
) -> Check:
    """The check of one quantity in an arm (the first by default); as `Result.vpc`."""
    name = result.arm(arm).name
    simulated = next(a for a in result.resolved.arms if a.name == name)
    quantities = simulated.resolved.model().quantities
    if not isinstance(quantity, str) or quantity not in quantities:
        graded = str(quantity).endswith(".grade")
        mend = "the grades over time are in result.grades and grades.parquet" if graded else None
        raise unknown("quantity", str(quantity), quantities, mend=mend)
    own = quantities[quantity].unit
    limit = None if limit is None else real(limit, "limit")
    seed = result.seed if seed is None else whole(seed, "seed", 0)
    if data is None and (unit is not None or time_unit != "day"):
        raise ScenarioError("a unit is given, but no data that are in it", where="unit", mend="give data too")
    seen = None if data is None else observed(data, own, unit, time_unit)
    enrolled = result.arm(arm).counts["enrolled"]
    many = min(max(enrolled, LEAST), MOST) if patients is None else whole(patients, "patients", 1)
    size = simulated.resolved.trial.size or result.arm(arm).counts["infused"]
    days = _days(result, simulated, quantity)
    found = check(simulated, quantity, seed, many, data=seen, days=days, size=size, limit=limit)
    shown = words(simulated.resolved).shown.get(quantity)
    title, written, times, log = _named(shown, quantities[quantity].doc, own)
    chart = plot.vpc(_drawn(found, seen, title, written, times, log))
    return Check(quantity, title, of_unit(own), found, chart, tuple(_notes(found, simulated, quantity, seen)))


def _named(shown: Shown | None, doc: str, unit: str) -> tuple[str, str, float, bool]:
    if shown is None:
        return capital(doc), of_unit(unit), 1.0, True
    return shown.title, shown.unit, shown.times, shown.logarithmic


def _drawn(
    p: Percentiles, seen: Observed | None, title: str, unit: str, times: float, logarithmic: bool
) -> plot.Checked:
    points = None
    if seen is not None:
        points = (seen.days, times * np.where(seen.below, 0.0, seen.values))
    return plot.Checked(
        title, unit, p.days, times * p.low, times * p.middle, times * p.high, p.share, times * p.limit, logarithmic,
        None if p.observed is None else times * p.observed, p.observed_share, points,
    )  # fmt: skip


def _days(result: Result, arm: Arm, quantity: str) -> Sequence[float]:
    """The days of the trial's sampling for what it samples, else some of those of the courses, from infusion on."""
    trial = arm.resolved.trial
    times = result.arm(arm.name).courses.times
    if trial.samples and trial.samples.observable == quantity:
        listed = trial.visits[trial.samples.visits]
        times = np.asarray(listed.times(arm.resolved.protocol.start, arm.resolved.protocol.follow_up, {}), float)
        return [float(t) for t in times[times > 0]]
    times = times[times > 0]
    return [*_some(times[times <= MONTH_ONE]), *_some(times[times > MONTH_ONE])]


def _some(times: np.ndarray[Any, np.dtype[np.float64]]) -> list[float]:
    """At most FEW of them, evenly."""
    if not len(times):
        return []
    places = np.unique(np.linspace(0, len(times) - 1, min(FEW, len(times))).astype(int))
    return [float(day) for day in times[places]]


def _notes(p: Percentiles, arm: Arm, quantity: str, seen: Observed | None) -> list[str]:
    of = f"{seen.patients} observed patients" if seen is not None else f"{p.size} patients"
    people = f"{p.patients:,} simulated patients, those still followed on the day"
    notes = [f"{TRIALS} trials of {of}, drawn with replacement from {people}."]
    samples = arm.resolved.trial.samples
    if samples and samples.observable == quantity:
        notes.append("The error of the trial's assay is added.")
    else:
        notes.append("No error of an assay is added: the trial names none for this quantity.")
    if p.limit > 0:
        notes.append(f"Values below {number(p.limit)} count as the lowest, and their share is a row of its own.")
    return notes
