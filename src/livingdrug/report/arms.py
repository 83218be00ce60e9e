"""The arms of a run beside each other: shares by arm, and what an arm changes in the very same patients."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from livingdrug import plot
from livingdrug.plot import Paired
from livingdrug.report.figures import Drawing, drawing
from livingdrug.report.narrative import Table as Written
from livingdrug.report.words import capital
from livingdrug.results.result import ArmResult, Result
from livingdrug.spec.trial import Measure
from livingdrug.trial.graded import titled
from livingdrug.trial.measures import Table
from livingdrug.units import of_unit

MOST_PANELS = 6  # numbers drawn patient by patient
FEWEST = 5  # patients known in both arms below which nothing is drawn
FAR = 5.0  # ratio of the 95th to the 5th percentile from which an axis is logarithmic


def figures(result: Result) -> list[Drawing]:
    """Shares by arm, then for each further arm those numbers of a patient that it changes, most first."""
    if len(result.arms) < 2:
        return []
    first, *others = result.arms.values()
    return [
        *_shares(result),
        *(d for place, arm in enumerate(others) for d in _patient_by_patient(result, first, arm, place)),
    ]


def tables(result: Result) -> list[Written]:
    """For each further arm, in how many patients something happened in both arms, in one of them, in neither."""
    if len(result.arms) < 2:
        return []
    first, *others = result.arms.values()
    found = []
    for arm in others:
        rows = [
            (title, *(f"{int(np.sum(which)):,}" for which in (a & b, a & ~b, b & ~a, ~a & ~b)))
            for title, a, b in _happened(result, first, arm)
        ]
        head = (
            "Number of patients",
            "In both arms",
            f"Only in “{first.title}”",
            f"Only in “{arm.title}”",
            "In neither",
        )
        if rows:
            found.append(
                Written(f"{capital(arm.title)}: what happened to the same patients, treated in both arms.", head, rows)
            )
    return found


def _shares(result: Result) -> list[Drawing]:
    import pandas as pd

    asked = _alike(result) & {r.measure for r in result.between_arms().changed}
    shown = [r for r in result.arm().comparison.rows if r.unit == "%" and r.comparable and r.measure in asked]
    kept = {row.measure: row.title for row in shown}
    if not kept:
        return []
    rows = {(arm.title, r.measure): r for arm in result.arms.values() for r in reversed(arm.comparison.rows)}
    table = pd.DataFrame(
        [
            dict(measure=title, unit=row.unit, arm=arm.title, value=row.simulated, low=row.low, high=row.high)
            for arm in result.arms.values()
            for measure, title in kept.items()
            if (row := rows.get((arm.title, measure)))
        ]
    )
    caption = (
        "Shares that differ between the arms: median and 95 % interval of simulated trials of the published size. All "
        "arms meet the same patients, with the same random numbers."
    )
    alt = f"Shares of patients in {len(result.arms)} arms, for {len(kept)} measures."
    return [drawing("arms-chart", "What each arm does", caption, alt, plot.arms(table))]


def _patient_by_patient(result: Result, first: ArmResult, arm: ArmResult, place: int) -> list[Drawing]:
    moved = [p for p in _paired(result, first, arm) if _changed(p) > 0]
    shown = sorted(moved, key=_changed, reverse=True)[:MOST_PANELS]
    if not shown:
        return []
    told = "; ".join(f"{p.name}: median ratio {_ratio(p):.2g}" for p in shown if p.logarithmic)
    return [
        drawing(
            f"paired-{place}",
            f"{capital(arm.title)}, patient by patient",
            "Each dot is one patient in both arms; on the dashed line the arm changes nothing. Shown are the numbers "
            "of a patient that change most.",
            f"Numbers of each patient in two arms. {told}",
            plot.paired(shown, (first.title, arm.title)),
        )
    ]


def _tables(result: Result, first: ArmResult, arm: ArmResult) -> tuple[Table, Table]:
    means = {n: u or None for n, (u, _) in first.dictionary.get("patients", {}).items()}
    return Table(first.columns, means), Table(arm.columns, means)


def _paired(result: Result, first: ArmResult, arm: ArmResult) -> Iterator[Paired]:
    """Every number of a patient of which the trial takes the median, in both arms."""
    one, other = _tables(result, first, arm)
    both, seen = one.followed & other.followed, set[str]()
    for m in _compared(result, "median"):
        if m.asked.text in seen:
            continue
        seen.add(m.asked.text)
        x, y = (
            np.where(table.true(m.among) & both, table.of(m.asked, unit=m.shown_unit), np.nan) for table in (one, other)
        )
        known = np.isfinite(x) & np.isfinite(y)
        if known.sum() < FEWEST:
            continue
        x, y = x[known], y[known]
        low, high = np.percentile(np.concatenate([x, y]), [5, 95])
        far = low > 0 and high / low > FAR
        yield Paired(titled(m, result.resolved.trial), of_unit(m.shown_unit), x, y, bool(far))


def _happened(result: Result, first: ArmResult, arm: ArmResult) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Every share of the trial that differs: its title, and in whom it happened in each of the two arms."""
    one, other = _tables(result, first, arm)
    both = one.followed & other.followed
    for m in _compared(result, "share"):
        a, b = ((table.true(m.asked) & table.true(m.among))[both] for table in (one, other))
        if (a != b).any():
            yield titled(m, result.resolved.trial), a, b


def _compared(result: Result, kind: str) -> list[Measure]:
    """The measures of a kind that mean the same in all arms, have a published row to be compared with, and do not count
    everybody enrolled."""
    trial, alike = result.resolved.trial, _alike(result)
    names = {row.measure for row in trial.published if not row.not_comparable and row.read == "seen"}
    return [m for m in trial.measure if m.kind == kind and m.name in names & alike and not m.enrolled]


def _alike(result: Result) -> set[str]:
    """The measures that mean the same in every arm."""
    return {r.measure for r in result.between_arms().rows if not any(d.note for d in r.others.values())}


def _changed(paired: Paired) -> float:
    """How much an arm changes a number: in the typical patient, against how patients differ."""
    x, y = paired.known()
    if paired.logarithmic:
        x, y = np.log(x), np.log(y)
    return float(np.mean(np.abs(y - x)) / (np.std(x) + 1e-9)) if len(x) else 0.0


def _ratio(paired: Paired) -> float:
    x, y = paired.known()
    return float(np.median(y / x)) if len(x) else float("nan")
