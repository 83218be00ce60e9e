"""Dose records, as NONMEM's data files hold them: who was given what, when, how much and how fast.

ID TIME AMT, and where there are any EVID CMT RATE ADDL II; UNIT names the amount's unit row by row. TIME counts from
the infusion (day 0 of the protocol).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import ScenarioError, UnitError
from livingdrug.spec.cohort import Cohort, ColumnOf
from livingdrug.spec.csv_table import CsvTable
from livingdrug.units import DAYS

RECORD = ("ID", "TIME", "AMT", "EVID", "CMT", "RATE", "ADDL", "II", "SS", "UNIT", "DV", "MDV", "BLQ")
MOST = 10_000  # doses of one patient
LONGEST = 3650.0  # [day] that a dose may take
DOSE, OTHER = (1,), (0, 2)  # EVID: a dose; an observation or another event, of which nothing is read


@dataclass(frozen=True)
class DoseRecords:
    """Every dose, those of a patient under each other. first (n + 1,): where each patient's begin; time [day]; amount
    [unit]; unit, into: of each dose, as written ("" for the model's own unit, and for the infusion); over [day]: nan
    where the file does not say; lines: where each was written."""

    file: str
    first: NDArray[np.int64]
    time: NDArray[np.float64]
    amount: NDArray[np.float64]
    unit: tuple[str, ...]
    into: tuple[str, ...]
    over: NDArray[np.float64]
    lines: tuple[int, ...]
    notes: tuple[str, ...]

    def place(self, dose: int) -> str:
        """file:line of a dose."""
        return f"{self.file}:{self.lines[dose]}"


def dose_records(table: CsvTable, columns: Mapping[str, ColumnOf], first: list[int], asked: Cohort) -> DoseRecords:
    """The doses of every patient of a file; ScenarioError with file, line and column for what cannot be."""
    for name in ("TIME", "AMT"):
        if name not in columns:
            raise ScenarioError(f"dose records without a column {name}", where=f"{table.file}:1", mend="add it")
    days = _days(columns["TIME"], table)
    found: list[tuple[float, float, str, str, float, int]] = []
    begins, passed = [], 0
    for begin, end in zip(first, [*first[1:], len(table.rows)]):
        begins.append(len(found))
        for row in range(begin, end):
            doses = _doses(table, columns, row, days, asked)
            passed += doses is None
            found += doses or ()
        if len(found) - begins[-1] > MOST:
            raise ScenarioError(
                f"a patient with more than {MOST:,} doses",
                where=table.place(begin),
                mend="leave out doses, or write a schedule in the protocol",
            )
    notes = (f"{passed} records of {table.file} are no doses and were not used",) if passed else ()
    time, amount, unit, into, over, lines = zip(*found) if found else ((), (), (), (), (), ())
    return DoseRecords(
        table.file, np.array([*begins, len(found)], np.int64), np.array(time, float), np.array(amount, float),
        tuple(unit), tuple(into), np.array(over, float), tuple(lines), notes,
    )  # fmt: skip


def _days(column: ColumnOf, table: CsvTable) -> float:
    """Days in one unit of TIME."""
    if column.unit is None:
        mend = f"write {column.column} [h] or {column.column} [day] in the first line"
        raise UnitError(f"the column '{column.column}' has no unit", where=f"{table.file}:1", mend=mend)
    if column.unit not in DAYS:
        where = column.place("unit") or f"{table.file}:1, column '{column.column}'"
        raise UnitError(f"'{column.unit}' is no unit of time", where=where, allowed=list(DAYS))
    return DAYS[column.unit]


def _doses(
    table: CsvTable, columns: Mapping[str, ColumnOf], row: int, days: float, asked: Cohort
) -> list[tuple[float, float, str, str, float, int]] | None:
    """The doses of one record; None when it is an observation."""

    def number(name: str, otherwise: float = 0.0) -> float:
        value = table.number(row, columns[name].column) if name in columns else math.nan
        return otherwise if math.isnan(value) else value

    def wrong(name: str, what: str, allowed: str | None = None) -> ScenarioError:
        return ScenarioError(what, where=table.place(row, columns[name].column), allowed=allowed)

    amount = number("AMT")
    into = (table.cell(row, columns["CMT"].column) if "CMT" in columns else None) or ""
    seen = "DV" in columns and table.cell(row, columns["DV"].column)
    if not amount and "EVID" not in columns and not seen and (into in asked.give or into.isalpha()):
        raise wrong("AMT", f"0 of '{into}' is no dose", "an amount above 0; what is no dose says EVID = 0, or has a DV")
    event = number("EVID", 1.0 if amount else 0.0)
    if event in OTHER:
        return None
    if event not in DOSE:
        raise wrong("EVID", f"EVID = {event:g}: resets cannot be simulated", "0, 1 or 2")
    if number("SS"):
        raise wrong("SS", "SS: a steady state cannot be simulated", "0")
    if amount < 0:
        raise wrong("AMT", f"AMT = {amount:g}: a dose is never negative", "0 or more")
    time = number("TIME", math.nan)
    if math.isnan(time):
        raise wrong("TIME", "a dose without its time")
    rate = number("RATE")
    if rate < 0:
        raise wrong("RATE", f"RATE = {rate:g}: modelled rates cannot be simulated", "0 or more")
    more, apart = number("ADDL"), number("II")
    if more < 0 or more != int(more) or (more > 0 and apart <= 0):
        raise wrong("ADDL", f"ADDL = {more:g} with II = {apart:g}", "a whole number, and II above 0")
    if more >= MOST:
        raise wrong("ADDL", f"ADDL = {more:g}: too many doses", f"below {MOST:,}")
    unit = table.cell(row, columns["UNIT"].column) if "UNIT" in columns else columns["AMT"].unit
    into = asked.give.get(into, into)
    over = amount / rate * days if rate else math.nan
    if rate and not over <= LONGEST:
        said = f"RATE = {rate:g}: {amount:g} would take {over:g} days"
        raise wrong("RATE", said, f"a rate by which a dose takes up to {LONGEST:g} days")
    return [((time + k * apart) * days, amount, unit or "", into, over, table.lines[row]) for k in range(int(more) + 1)]
