"""The user's own patients, read once at the door: baseline rows, or dose records with the baseline in their columns."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import ScenarioError, UnitError, listed, nearest, unknown
from livingdrug.spec.cohort import Cohort, ColumnOf
from livingdrug.spec.csv_table import CsvTable, read_csv
from livingdrug.spec.dose_records import RECORD, DoseRecords, dose_records
from livingdrug.spec.population import Covariate

Floats = NDArray[np.float64]
YES, NO = ("1", "yes", "true", "y"), ("0", "no", "false", "n")
TOO_FAR = 10.0  # times the most of a population: no body of any kind
FAR = 4.0  # standard deviations: as far as a population's own patients are drawn
LONGEST = 24  # characters of an ID


@dataclass(frozen=True)
class OwnPatients:
    """The patients of a file. ids (n,); values: property -> (n,) in the population's unit, nan where it is to be drawn;
    doses: their own doses, where the file has dose records; notes: what a reader should know; text: the whole file."""

    file: str
    text: str = field(repr=False)
    asked: Cohort
    ids: NDArray[np.str_]
    values: Mapping[str, Floats]
    doses: DoseRecords | None
    notes: tuple[str, ...]

    @property
    def size(self) -> int:
        """How many patients the file has."""
        return len(self.ids)

    @property
    def digest(self) -> str:
        """Changes when anything changes that is read from the file."""
        meant = {k: x for k, x in self.asked.said().items() if k != "file"}
        said = json.dumps(meant, sort_keys=True, default=lambda x: x.said() if isinstance(x, ColumnOf) else str(x))
        return hashlib.blake2b((said + self.text).encode(), digest_size=8).hexdigest()

    def asked_for(self, patients: int) -> tuple[str, ...]:
        """What is to be said when another number of patients is asked for than the file has."""
        if patients > self.size:
            return (
                f"{patients:,} patients of the {self.size:,} in {self.file}: rows repeat, with other random numbers",
            )
        return (f"the first {patients:,} of the {self.size:,} patients in {self.file}",) if patients < self.size else ()


def read_patients(asked: Cohort, covariates: Mapping[str, Covariate]) -> OwnPatients:
    """The patients of the file that a [cohort] names; ScenarioError with file, line and column for what cannot be."""
    table = read_csv(Path(asked.file))
    columns = _columns(asked, table, covariates)
    records = "TIME" in columns or "AMT" in columns
    first = _first_rows(table, columns.get("ID"), records)
    values, notes = {}, []
    for name, c in covariates.items():
        if name in columns:
            values[name] = _values(name, c, columns[name], table, first, asked)
            if records:
                _constant(name, columns[name].column, table, first, columns["ID"].column)
            notes += _ground(name, c, values[name])
    drawn = [n for n in covariates if n not in values]
    given = f"{', '.join(values)} as there" if values else "no property of theirs is there"
    notes.insert(0, f"{_count(len(first))} of {table.file}: {given}" +
                 (f"; drawn from the population, given these: {', '.join(drawn)}" if drawn else ""))  # fmt: skip
    ids = [(table.cell(i, columns["ID"].column) or "") if "ID" in columns else str(k) for k, i in enumerate(first, 1)]
    doses = dose_records(table, columns, first, asked) if records else None
    if asked.give and (doses is None or "CMT" not in columns):
        said = f"[cohort.give] says what a column CMT means, and {table.file} has " + (
            "none" if records else "no doses"
        )
        raise ScenarioError(said, where=asked.place("give"), mend="leave it out")
    notes += doses.notes if doses else ()
    return OwnPatients(table.file, table.text, asked, np.array(ids, f"U{LONGEST}"), values, doses, tuple(notes))


def _count(n: int) -> str:
    return "1 patient" if n == 1 else f"{n:,} patients"


def _columns(asked: Cohort, table: CsvTable, covariates: Mapping[str, Covariate]) -> dict[str, ColumnOf]:
    """Property, or word of a dose record -> its column; a column that means nothing is refused."""
    known = [*covariates, *RECORD]
    found: dict[str, ColumnOf] = {}
    for name, column in asked.columns.items():
        if name not in known:
            raise unknown("property of the patients", name, known, asked.place(f"columns.{name}"))
        if column.column not in table.heads:
            raise unknown(f"column of '{table.file}'", column.column, table.heads, column.place("column"))
        found[name] = column
    used = {c.column for c in found.values()} | set(asked.ignore)
    for head in asked.ignore:
        if head not in table.heads:
            raise unknown(f"column of '{table.file}'", head, table.heads, asked.place("ignore"))
    folded = {name.lower(): name for name in known}
    for head in table.heads:
        meant = folded.get(head.lower())
        if head in used:
            continue
        if meant is None or meant in found:
            also = f": '{meant}' is read from the column '{found[meant].column}'" if meant else ""
            raise ScenarioError(
                f"the column '{head}' means nothing here{also}",
                where=f"{table.file}:1",
                nearest=nearest(head.lower(), folded),
                allowed=listed(known, head),
                mend=f'rename it, say [cohort.columns] NAME = {{ column = "{head}" }}, or ignore = ["{head}"]',
            )
        found[meant] = ColumnOf(column=head)
    return {name: _with_unit(c, table) for name, c in found.items()}


def _with_unit(column: ColumnOf, table: CsvTable) -> ColumnOf:
    """The column with the unit behind its head, where the scenario says none."""
    unit = column.unit or table.units.get(column.column)
    if unit is None or column.unit is not None:
        return column
    try:
        return ColumnOf(column=column.column, unit=unit, values=column.values)
    except ValueError:
        from livingdrug.units import known

        try:
            known(unit)
        except UnitError as problem:
            where = f"{table.file}:1, column '{column.column}'"
            raise problem.but(where=where) from None
        raise


def _first_rows(table: CsvTable, ids: ColumnOf | None, records: bool) -> list[int]:
    """The row at which each patient begins."""
    if ids is None:
        if records:
            said = "dose records without a column ID"
            raise ScenarioError(said, where=f"{table.file}:1", mend="add a column that says whose record it is")
        return list(range(len(table.rows)))
    seen: dict[str, int] = {}
    last = ""
    for row in range(len(table.rows)):
        name = table.cell(row, ids.column) or ""
        if not 0 < len(name) <= LONGEST:
            said = f"an ID of {len(name)} characters" if name else "there is no ID"
            raise ScenarioError(said, where=table.place(row, ids.column), allowed=f"1 to {LONGEST} characters")
        if name in seen and (not records or name != last):
            before = f"patient '{name}' stands on line {table.lines[seen[name]]} already"
            mend = (
                "put the records of a patient under each other" if records else "give each patient an ID of their own"
            )
            raise ScenarioError(before, where=table.place(row, ids.column), mend=mend)
        seen.setdefault(name, row)
        last = name
    return list(seen.values())


def _values(name: str, c: Covariate, column: ColumnOf, table: CsvTable, rows: list[int], asked: Cohort) -> Floats:
    """A property of every patient, in the population's unit."""
    by = _factor(name, c, column, table)
    found = np.full(len(rows), np.nan)
    for i, row in enumerate(rows):
        text = table.cell(row, column.column)
        where = table.place(row, column.column)
        if text is None:
            if asked.missing == "refuse":
                mend = 'fill it in, leave the column out, or say [cohort] missing = "draw"'
                raise ScenarioError(f"there is no value of '{name}'", where=where, mend=mend)
            continue
        if column.values or c.distribution == "chance":
            found[i] = _category(text, c, column, where)
            continue
        value = table.number(row, column.column)
        found[i] = value * by
        most = beyond(c)
        if found[i] > most:
            raise ScenarioError(
                f"'{name}' = {text} {column.unit or ''}".rstrip() + " cannot be",
                where=where,
                allowed=f"up to {most:.4g} {c.unit}".removesuffix(" 1") + f", {TOO_FAR:g} times the population's most",
            )
        if not possible(c, found[i]):
            least = "above 0" if c.distribution == "log-normal" else "0 or more"
            raise ScenarioError(
                f"'{name}' = {text} {column.unit or ''}".rstrip() + " cannot be", where=where, allowed=least
            )
    return found


def _factor(name: str, c: Covariate, column: ColumnOf, table: CsvTable) -> float:
    from livingdrug.units import factor

    if column.unit is None:
        if c.unit != "1" and not column.values:
            said = f"the column '{column.column}' has no unit"
            mend = f"write {column.column} [{c.unit}] in the first line, or unit = in [cohort.columns]"
            raise UnitError(said, where=f"{table.file}:1", mend=mend)
        return 1.0
    where = column.place("unit") or f"{table.file}:1, column '{column.column}'"
    return factor(column.unit, c.unit, where)


def _category(text: str, c: Covariate, column: ColumnOf, where: str) -> float:
    """What a word stands for: as the scenario says, or yes and no."""
    if column.values:
        if text not in column.values:
            raise unknown(f"word in the column '{column.column}'", text, column.values, where)
        value = column.values[text]
        if c.distribution == "chance" and value not in (0.0, 1.0) or not possible(c, value):
            at = column.place(f"values.{text}") or where
            allowed = "1 (yes) or 0 (no)" if c.distribution == "chance" else "a value that somebody can have"
            raise ScenarioError(f"'{text}' cannot stand for {value:g}", where=at, allowed=allowed)
        return value
    if text.lower() in YES or text.lower() in NO:
        return float(text.lower() in YES)
    said = f"'{text}' is neither yes nor no"
    mend = f'say what each word means: {{ column = "{column.column}", values = {{ "{text}" = 1, ... }} }}'
    raise ScenarioError(said, where=where, allowed="1, 0, yes, no, true, false", mend=mend)


def possible(c: Covariate, value: float) -> bool:
    """Whether anybody can have this value: above 0 where a logarithm is taken, not below 0 where nobody is."""
    if c.distribution == "log-normal":
        return value > 0
    if c.distribution in ("logit-normal", "uniform"):
        return value >= min(0.0, c.low or 0.0)
    return c.distribution != "fixed" or c.value is None or c.value <= 0 or value > 0


def beyond(c: Covariate) -> float:
    """What nobody can have [the property's unit]: many times the most of the population; inf where that is not said."""
    known = [
        abs(x)
        for x in (c.value, c.high, *(() if c.points is None else (float(y) for _, y in c.points)))
        if x is not None
    ]
    latent = c.distribution == "normal" and not c.value  # no quantity of the body
    return math.inf if latent or not known or c.unit == "1" else TOO_FAR * max(known)


def _ground(name: str, c: Covariate, values: Floats) -> list[str]:
    """A note on values that the population's own patients would not have."""
    low = -np.inf if c.low is None else c.low
    high = np.inf if c.high is None else c.high
    if c.distribution == "log-normal" and c.value is not None and c.given is None:
        low, high = max(low, c.value * np.exp(-FAR * c.sd)), min(high, c.value * np.exp(FAR * c.sd))
    out = values[(values < low) | (values > high)]
    if not len(out):
        return []
    unit = "" if c.unit == "1" else f" {c.unit}"
    span = f"{out.min():.4g}" + (f" to {out.max():.4g}" if out.max() > out.min() else "")
    return [
        f"{name}: {len(out)} of {len(values)} outside the population's {low:.4g} to {high:.4g}{unit} ({span}{unit})"
    ]


def _constant(name: str, column: str, table: CsvTable, first: list[int], ids: str) -> None:
    """ScenarioError when a property changes between the records of a patient."""
    ends = [*first[1:], len(table.rows)]
    for begin, end in zip(first, ends):
        for row in range(begin + 1, end):
            if table.cell(row, column) not in (None, table.cell(begin, column)):
                said = f"'{name}' of patient '{table.cell(begin, ids)}' changes between records"
                raise ScenarioError(said, where=table.place(row, column), mend="properties are those before treatment")
