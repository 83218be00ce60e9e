"""Every table of a run as CSV, and what each column means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.results.result import TABLES, ArmResult, Result

if TYPE_CHECKING:
    import pandas as pd

CENSORED = "_censored"
FORMULA = re.compile(r"[=+\-@\t\r]")


def write(result: Result, folder: Path) -> None:
    """One file a table, and columns.csv: table, column, unit, meaning."""
    parts: Mapping[str, Callable[[ArmResult], Iterator[pd.DataFrame]]] = {
        "patients": lambda a: (censored(part) for part in a.patients()),
        "events": ArmResult.events,
        **{name: partial(ArmResult.rows, table=name) for name in TABLES},
        "courses": lambda a: iter([a.courses.frame().assign(arm=a.name)]),
        "samples": lambda a: iter([a.samples().assign(arm=a.name)]),
        "grades": lambda a: iter([a.grades.frame().assign(arm=a.name)]),
    }
    never: list[str] = []
    for name, frames in parts.items():
        for number, part in enumerate(result.alike(frames)):
            part = part[["arm", *(c for c in part.columns if c != "arm")]].replace([np.inf, -np.inf], np.nan)
            harmless(part).to_csv(folder / f"{name}.csv", index=False, header=not number, mode="a" if number else "w")
            if name == "patients":
                never = [c for c in part.columns if c.endswith(CENSORED)]
    if len(result.arms) > 1:
        between = result.between_arms().frame().replace([np.inf, -np.inf], np.nan)
        harmless(between).to_csv(folder / "arms.csv", index=False)
    harmless(_dictionary(result, never)).to_csv(folder / "columns.csv", index=False)


def harmless(table: pd.DataFrame) -> pd.DataFrame:
    """The table with an apostrophe before each text that a spreadsheet would take for a formula: an arm may be called
    anything."""
    texts = {name: table[name] for name in table.columns if table[name].dtype.kind not in "biufcmM"}
    return table.assign(**{name: column.map(_as_text) for name, column in texts.items()})


def _as_text(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and FORMULA.match(cell) else cell


def censored(patients: pd.DataFrame) -> pd.DataFrame:
    """The patients' table with days that never came missing, and beside each such column a flag: 1 where it had not
    come by the end of follow-up; missing where it cannot be known."""
    found = {}
    for name in patients.columns:
        values = patients[name]
        found[name] = values
        if name.endswith("_day") and values.dtype.kind == "f" and name != "end_day":
            found[name] = values.where(np.isfinite(values))
            found[f"{name}{CENSORED}"] = np.isinf(values).astype(float).where(values.notna())
    import pandas as pd

    return pd.DataFrame(found)


def _dictionary(result: Result, never: list[str]) -> pd.DataFrame:
    """The columns of the tables, with the flags that stand beside days."""
    import pandas as pd

    said = result.dictionary.query("table != 'histograms'")
    said = said.assign(meaning=said["meaning"].str.replace("; inf when", "; missing when"))
    flags = [
        ("patients", name, "1", f"1: {name.removesuffix(CENSORED)} had not come by the end of follow-up")
        for name in never
    ]
    return pd.concat([said, pd.DataFrame(flags, columns=said.columns)], ignore_index=True)
