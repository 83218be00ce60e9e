"""A run's tables for other programs: CSV, ADaM (as CSV or SAS transport files), NONMEM's event rows, netCDF."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from livingdrug.errors import ScenarioError, unknown
from livingdrug.files import disk, write_text
from livingdrug.whole import path

if TYPE_CHECKING:
    from livingdrug.results.result import Result

FORMATS = {
    "csv": "every table as CSV, with its dictionary",
    "adam": "ADSL, ADTTE, ADAE, ADEX and ADLB as CSV",
    "xpt": "the same as SAS transport files, version 5",
    "nonmem": "doses and samples as event rows, for NONMEM and its kin",
    "xarray": "the courses as netCDF",
}
MARK = "export.json"  # every folder of an export has one
_WRITERS = {"csv": "tables", "adam": "adam_csv", "xpt": "xpt", "nonmem": "nonmem", "xarray": "netcdf"}


def export(result: Result, to: str, folder: str | Path) -> Path:
    """Write a run's tables in one of the FORMATS into a folder, which is made; gives the folder.

    No number is infinite: what never came is missing, and a flag beside it says so. ScenarioError for an unknown
    format, or where the disk refuses; EngineError where a library is missing.
    """
    check(to)
    _whole(result)
    place = path(folder, "folder")
    write: Callable[[Result, Path], None] = import_module(f"livingdrug.export.{_WRITERS[to]}").write
    with disk(place):
        place.mkdir(parents=True, exist_ok=True)
        write(result, place)
        said = {"format": to, "about": FORMATS[to], "title": result.title, "run": dict(result.provenance)}
        write_text(place / MARK, json.dumps(said, indent=1, ensure_ascii=False, default=str) + "\n")
    return place


def _whole(result: Result) -> None:
    """ScenarioError for a run that an earlier version saved, without the tables that exports are made of."""
    from livingdrug.results.result import TABLES

    missing = sorted({name for arm in result.arms.values() for name in TABLES if name not in arm.tables})
    if missing:
        said = f"the run was saved by an earlier version, without {', '.join(missing)}"
        raise ScenarioError(said, mend="run its scenario.toml again; the same patients come of it")


def check(to: str) -> None:
    """ScenarioError unless this is one of the FORMATS."""
    if not isinstance(to, str) or to not in FORMATS:
        raise unknown("format", str(to), FORMATS, "--to")
