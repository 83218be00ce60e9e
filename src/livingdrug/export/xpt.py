"""The analysis datasets as SAS transport files of version 5, one dataset a file, as agencies take them.

Every dataset ends with a number and its rows are longer than 80 bytes: no reader takes a last row for padding.
"""

from __future__ import annotations

from pathlib import Path

from livingdrug.errors import EngineError
from livingdrug.export.adam import DATE, datasets
from livingdrug.export.adam_csv import variables
from livingdrug.results.result import Result


def write(result: Result, folder: Path) -> None:
    """One file a dataset (adsl.xpt, ...), and variables.csv."""
    try:
        import pyreadstat
    except ImportError as absent:
        raise EngineError("SAS files need pyreadstat", mend="pip install 'livingdrug[export]'") from absent
    found = list(datasets(result))
    for data in found:
        pyreadstat.write_xport(
            data.frame,
            folder / f"{data.name.lower()}.xpt",
            file_label=data.label[:40],
            column_labels=[v.label for v in data.variables],
            table_name=data.name,
            file_format_version=5,
            variable_format={v.name: "DATE9." for v in data.variables if v.kind == DATE},
        )
    variables(found).to_csv(folder / "variables.csv", index=False)
