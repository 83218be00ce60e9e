"""The analysis datasets as CSV, dates as texts (2000-01-01), with a file that says what each variable is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from livingdrug.export.adam import DATE, NUMBER, Dataset, datasets
from livingdrug.results.result import Result

if TYPE_CHECKING:
    import pandas as pd


def write(result: Result, folder: Path) -> None:
    """One file a dataset, and variables.csv."""
    import pandas as pd

    found = []
    for data in datasets(result):
        found.append(data)
        frame = data.frame.copy()
        for v in data.variables:
            if v.kind == DATE:
                days = pd.to_timedelta(frame[v.name], unit="D") + pd.Timestamp("1960-01-01")
                frame[v.name] = days.dt.strftime("%Y-%m-%d")
            elif v.kind == NUMBER and (frame[v.name].dropna() % 1 == 0).all():
                frame[v.name] = frame[v.name].astype("Int64")  # 1, not 1.0
        frame.to_csv(folder / f"{data.name.lower()}.csv", index=False)
    variables(found).to_csv(folder / "variables.csv", index=False)


def variables(found: Iterable[Dataset]) -> pd.DataFrame:
    """Every variable: dataset, name, label, kind."""
    import pandas as pd

    words = {DATE: "date", NUMBER: "number"}
    rows = [(d.name, d.label, v.name, v.label, words.get(v.kind, "text")) for d in found for v in d.variables]
    return pd.DataFrame(rows, columns=["dataset", "about", "variable", "label", "kind"])
