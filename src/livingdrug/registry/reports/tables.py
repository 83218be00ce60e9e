"""The studies a search found, for a spreadsheet or a reference manager: CSV, XLSX, RIS."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from livingdrug.files import whole_file
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.records.study import RESULTS
from livingdrug.registry.search.search import FoundStudy

COLUMNS = (
    "id", "title", "status", "phases", "conditions", "interventions", "sponsor", "sponsor_type", "countries", "start",
    "completion", "updated", "enrollment", "results", "kind", "targets", "diseases", "cells", "products",
    "costimulation", "generation", "also", "nearest_site", "km", "url",
)  # fmt: skip
"""Columns of the tables; several values of one stand apart by `; `"""

_RISKY = re.compile("[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20]")
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that no table or XML can hold"""

DATES = ("start", "completion", "updated")
"""The columns that hold dates"""

_DAY = re.compile(r"\d{4}-\d\d-\d\d")

_LINKS = 65_530
"""Addresses that open in one sheet of a workbook, at most"""

_LONGEST = 32_767
"""Characters that a cell of a spreadsheet holds"""


def rows(studies: Iterable[FoundStudy]) -> list[list[str | int | float]]:
    """One row a study, in the order of COLUMNS; empty where nothing is stated."""
    return [[_cell(study, name) for name in COLUMNS] for study in studies]


def _cell(study: FoundStudy, name: str) -> str | int | float:
    if name == "nearest_site":
        site = study.site
        return ", ".join(t for t in (site.facility, site.city, site.country, site.status) if t) if site else ""
    value = getattr(study, "source" if name == "cells" else name)
    if name == "results":
        return RESULTS[study.results]
    if isinstance(value, tuple):
        return "; ".join(map(str, value))
    return "" if value is None else value


def as_csv(studies: Iterable[FoundStudy]) -> str:
    """The studies as CSV (RFC 4180). A text that a spreadsheet would take for a formula has an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows(studies):
        writer.writerow([_harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue()


def _harmless(text: str) -> str:
    text = UNFIT.sub(" ", text)
    return f"'{text}" if _RISKY.match(text) else text


def write_xlsx(studies: Iterable[FoundStudy], path: Path, about: str = "") -> None:
    """The studies as a workbook: a table with a heading that stays, filters, addresses that open, numbers as
    numbers and dates as dates where they are known to the day. Text is never a formula.

    about: a line on the second sheet that says what was asked, and when. RegistryError where the library is missing.
    """
    try:
        import xlsxwriter
    except ModuleNotFoundError:
        raise RegistryError(
            "workbooks need the library xlsxwriter",
            where="--xlsx",
            mend="pip install 'livingdrug[export]', or use --csv",
        ) from None
    table = rows(studies)
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        sheet = book.add_worksheet("studies")
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, COLUMNS, bold)
        for number, row in enumerate(table, 1):
            for column, cell in enumerate(row):
                if not isinstance(cell, str):
                    sheet.write_number(number, column, cell)
                elif COLUMNS[column] in DATES and (date := _date(cell)):
                    sheet.write_datetime(number, column, date, day)
                elif COLUMNS[column] == "url" and number <= _LINKS and cell.startswith("https://"):
                    sheet.write_url(number, column, cell)
                else:
                    sheet.write_string(number, column, UNFIT.sub(" ", cell)[:_LONGEST])
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, max(1, len(table)), len(COLUMNS) - 1)
        for column, width in enumerate(_width(table, n) for n in range(len(COLUMNS))):
            sheet.set_column(column, column, width)
        book.add_worksheet("about").write_string(0, 0, about)
    with whole_file(path, "--xlsx") as part:  # the library would tell of a full disk in an exception of its own
        part.write_bytes(written.getvalue())


def _date(text: str) -> datetime | None:
    """A date that is known to the day, as a spreadsheet holds it; a month or a year stays the text it is."""
    try:
        found = datetime.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
    return found if found and found.year >= 1900 else None  # a spreadsheet's calendar begins there


def _width(table: list[list[str | int | float]], column: int) -> float:
    """A column's width: as wide as most of its cells, within reason [characters]."""
    lengths = sorted(len(str(row[column])) for row in table) or [0]
    return float(min(60, max(len(COLUMNS[column]) + 3, lengths[int(0.9 * (len(lengths) - 1))] + 2)))


def as_ris(studies: Iterable[FoundStudy]) -> str:
    """The studies in the RIS format of reference managers, one record each; the sponsor stands as the author."""
    return "".join(map(_ris, studies))


def _ris(study: FoundStudy) -> str:
    notes = [study.status.replace("_", " ").lower(), " and ".join(study.phases), f"{study.enrollment or '?'} people"]
    tags: list[tuple[str, str]] = [
        ("TY", "DATA"),
        ("ID", study.id),
        ("TI", study.title),
        ("AU", f"{study.sponsor}," if study.sponsor else ""),
        ("PY", study.start[:4]),
        ("DA", study.start.replace("-", "/")),
        ("AN", study.id),
        ("DB", "registry of clinical trials"),
        *(("KW", word) for word in dict.fromkeys((*study.conditions, *study.targets))),
        ("N1", "; ".join(filter(None, notes))),
        ("UR", study.url),
    ]
    lines = [f"{tag}  - {' '.join(UNFIT.sub(' ', text).split())}" for tag, text in tags if text]
    return "\r\n".join([*lines, "ER  - ", "", ""])
