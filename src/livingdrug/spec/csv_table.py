"""A CSV file of the user's, cell by cell: every message can name file, line and column."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from livingdrug.errors import ScenarioError, nearest, short
from livingdrug.library import shown

LARGEST = 200_000_000  # bytes
ABSENT = ("", ".", "na", "nan", "null", "none")  # a cell without a value, whatever its case
_HEAD = re.compile(r"\s*(.*?)\s*(?:\[(.*)\]|\(([^()]*)\))?\s*")


@dataclass(frozen=True)
class CsvTable:
    """file: as it was named; text: all of it; heads: columns as written; units: of those that say one, by name (a head
    is `weight [kg]`); rows: cells by the columns' order, lines: where each row stands."""

    file: str
    text: str
    heads: tuple[str, ...]
    units: Mapping[str, str]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    def place(self, row: int, name: str = "") -> str:
        """file:line of a row, and the column."""
        return f"{self.file}:{self.lines[row]}" + (f", column '{name}'" if name else "")

    def cell(self, row: int, name: str) -> str | None:
        """The text of a cell; None where it holds no value."""
        text = self.rows[row][self.heads.index(name)].strip()
        return None if text.lower() in ABSENT else text

    def number(self, row: int, name: str) -> float:
        """The number in a cell; nan where it holds no value. ScenarioError for a text, or what is not finite."""
        text = self.cell(row, name)
        if text is None:
            return math.nan
        try:
            found = float(text) if text.isascii() and "_" not in text else math.nan
        except ValueError:
            found = math.nan
        if not math.isfinite(found):
            mend = "write a decimal point" if re.fullmatch(r"[-+]?\d+,\d+", text) else None
            raise ScenarioError(f"{short(text)} is not a number", where=self.place(row, name), mend=mend)
        return found


def read_csv(path: Path) -> CsvTable:
    """The table in a CSV file (comma, semicolon or tab); ScenarioError for whatever is no table."""
    file = shown(path)
    try:
        if path.stat().st_size > LARGEST:
            raise ScenarioError(
                f"'{file}' is larger than {LARGEST // 10**6} MB",
                where=file,
                mend="leave out what is not needed, or cut the file",
            )
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        beside = [p.name for p in path.parent.glob("*.csv")] if path.parent.is_dir() else []
        raise ScenarioError(
            f"there is no file '{file}'", nearest=nearest(path.name, beside), mend="check name and folder"
        ) from None
    except UnicodeDecodeError:
        raise ScenarioError(f"'{file}' is not a text", where=file, mend="save it as CSV in UTF-8") from None
    except (OSError, ValueError) as problem:
        said = getattr(problem, "strerror", None) or str(problem)
        raise ScenarioError(
            f"'{file}' cannot be read: {said}",
            where=file,
            mend="check the name, and that the file is a text saved as UTF-8",
        ) from None
    lines, rows = split(text, file)
    if len(rows) < 2:
        raise ScenarioError(
            f"'{file}' has no rows", where=file, mend="write a line of column names, then one for each patient"
        )
    names, units = _heads(rows[0], f"{file}:{lines[0]}")
    return CsvTable(file, text, names, units, rows[1:], lines[1:])


def split(text: str, file: str) -> tuple[tuple[int, ...], tuple[tuple[str, ...], ...]]:
    """Line and cells of every row (comma, semicolon or tab) that is not empty, the first of which names the columns;
    ScenarioError for what is no table."""
    mark = max(",;\t", key=text.partition("\n")[0].count)
    lines: list[int] = []
    rows: list[tuple[str, ...]] = []
    reader = csv.reader(io.StringIO(text), delimiter=mark)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(tuple(cells))
                lines.append(reader.line_num)
    except csv.Error as problem:
        raise ScenarioError(
            f"'{file}' is no CSV file: {problem}",
            where=f"{file}:{reader.line_num}",
            mend="save it as CSV with commas, one row a line",
        ) from None
    for row, line in zip(rows, lines):
        if len(row) != len(rows[0]):
            said = f"a row of {len(row)} cells under {len(rows[0])} columns"
            raise ScenarioError(
                said, where=f"{file}:{line}", mend="write one cell for each column; quote texts with commas"
            )
    return tuple(lines), tuple(rows)


def _heads(row: tuple[str, ...], where: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """Names of the columns, and the units written behind them."""
    names: list[str] = []
    units: dict[str, str] = {}
    for head in row:
        match = _HEAD.fullmatch(head)
        name, unit = (match[1], match[2] or match[3]) if match else (head.strip(), None)
        if not name:
            raise ScenarioError(
                f"column {len(names) + 1} has no name",
                where=where,
                mend="name it in the first line, or leave the column out",
            )
        if name in names:
            raise ScenarioError(f"two columns are called '{name}'", where=where, mend="rename one, or leave it out")
        names.append(name)
        if unit:
            units[name] = unit.strip()
    return tuple(names), units
