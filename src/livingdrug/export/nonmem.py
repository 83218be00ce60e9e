"""Doses and samples as event rows, as NONMEM, nlmixr2, Monolix and their kin read them.

TIME counts days from the first dose of anybody, so that none is negative; DAY from the infusion. At one time a sample
stands before a dose, as it was taken before it. A value below the limit has BLQ = 1, DV = the limit and MDV = 1.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.export.naming import code, plain
from livingdrug.files import write_text
from livingdrug.results.result import Result

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "ID": ("", "number of the patient here; another in each arm"),
    "TIME": ("day", "from the day on which anybody is given the first dose, so that none is negative"),
    "DV": ("by CMT", "the sample, with the assay's error; the limit where BLQ is 1; . in rows of doses"),
    "AMT": ("by CMT", "the dose; 0 in rows of samples"),
    "RATE": ("by CMT, per day", "amount per day of an infusion; 0: at once"),
    "EVID": ("", "1: dose; 0: sample"),
    "CMT": ("", "compartment: see compartments.csv"),
    "MDV": ("", "1: DV is not to be used (a dose, or below the limit); drop it to use BLQ instead (method M3)"),
    "BLQ": ("", "1: below the limit of quantification"),
    "LLOQ": ("by CMT", "the limit of quantification of a sample; 0 in rows of doses"),
    "DAY": ("day", "from infusion; before it negative"),
    "ARM": ("", "number of the arm"),
    "PATIENT": ("", "number of the patient in the run, the same in every arm"),
}
MISSING = -99  # a covariate that is not known; a point would be read as 0


def write(result: Result, folder: Path) -> None:
    """events.csv; compartments.csv and columns.csv, which say what stands in it; events.ctl, the head of a control
    stream."""
    rows, compartments = events(result)
    covariates = _covariates(result)
    start = float(np.floor(min(rows["DAY"].min(), 0.0))) if len(rows) else 0.0
    rows["TIME"] = rows["DAY"] - start
    order = ["ID", "TIME", *(c for c in COLUMNS if c not in ("ID", "TIME")), *covariates.values()]
    rows = rows.sort_values(["ID", "TIME", "EVID", "CMT"], kind="stable", ignore_index=True)[order]
    rows.to_csv(folder / "events.csv", index=False, na_rep=".")
    compartments.to_csv(folder / "compartments.csv", index=False)
    _dictionary(result, covariates).to_csv(folder / "columns.csv", index=False)
    write_text(folder / "events.ctl", _control(result, order, compartments, start))


def events(result: Result) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows without TIME, and the compartments: CMT, kind, path, unit."""
    import pandas as pd

    parts, number, seen = [], 0, _Compartments()
    names = _covariates(result)
    for place, arm in enumerate(result.arms.values(), 1):
        doses, samples = (pd.concat(arm.rows(name), ignore_index=True) for name in ("doses", "observations"))
        known = np.union1d(doses["patient"].unique(), samples["patient"].unique()).astype(np.int64)
        ids = pd.Series(np.arange(number + 1, number + 1 + len(known)), index=known)
        number += len(known)
        rate = np.divide(doses["amount"], doses["duration"], where=doses["duration"] > 0, out=np.zeros(len(doses)))
        given = {"DV": np.nan, "AMT": doses["amount"], "RATE": rate, "EVID": 1, "MDV": 1, "BLQ": 0, "LLOQ": 0.0}
        below = samples["below_limit"].astype(int)
        taken = {"DV": samples["value"].fillna(samples["limit"]), "AMT": 0.0, "RATE": 0.0, "EVID": 0, "MDV": below}
        taken |= {"BLQ": below, "LLOQ": samples["limit"]}
        for rows, kind, path, values in (
            (doses, "dose", "entry", given),
            (samples, "sample", "observable", taken),
        ):
            if len(rows):
                own = pd.DataFrame({"PATIENT": rows["patient"], "DAY": rows["day"], "ARM": place, **values})
                own["CMT"] = seen.numbers(kind, rows[path], rows["unit"])
                parts.append(own.assign(ID=own["PATIENT"].map(ids), **_of(arm, names, own["PATIENT"])))
    columns = [*(c for c in COLUMNS if c != "TIME"), *names.values()]
    return (pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)), seen.frame()


class _Compartments:
    """Where doses go and what is sampled, numbered as they are met; both from 1."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], tuple[int, str]] = {}

    def numbers(self, kind: str, paths: Any, units: Any) -> Any:
        for path, unit in dict(zip(paths, units)).items():
            self.known.setdefault((kind, path), (len(self.known) + 1, unit))
        return paths.map({p: number for (k, p), (number, _) in self.known.items() if k == kind})

    def frame(self) -> pd.DataFrame:
        import pandas as pd

        rows = [(number, kind, path, unit) for (kind, path), (number, unit) in self.known.items()]
        return pd.DataFrame(rows, columns=["CMT", "kind", "path", "unit"])


def _covariates(result: Result) -> dict[str, str]:
    """The patients' properties -> a column's name."""
    found: dict[str, str] = {}
    for name in result.resolved.covariates:
        if all(name in arm.columns for arm in result.arms.values()):
            found[name] = code(name, {*COLUMNS, *found.values()}, 12)
    return found


def _of(arm: Any, names: dict[str, str], patients: Any) -> dict[str, Any]:
    """Properties of the patients of some rows."""
    import pandas as pd

    numbers = arm.columns["patient"]
    at = pd.Series(np.arange(len(numbers)), index=numbers).loc[patients].to_numpy()
    return {short: np.nan_to_num(arm.columns[name][at], nan=MISSING) for name, short in names.items()}


def _dictionary(result: Result, covariates: dict[str, str]) -> pd.DataFrame:
    import pandas as pd

    means = result.arm().dictionary.get("patients", {})
    rows = [(name, *said) for name, said in COLUMNS.items()]
    rows += [(short, *means.get(name, ("", name))) for name, short in covariates.items()]
    return pd.DataFrame(rows, columns=["column", "unit", "meaning"])


def _control(result: Result, order: list[str], compartments: pd.DataFrame, start: float) -> str:
    """The head of a control stream: problem, what the columns are, the data; the model is the reader's to write."""
    lines = [f"; CMT {c.CMT}: {c.kind} {c.path} [{c.unit}]" for c in compartments.itertuples()]
    arms = [f"; ARM {i}: {plain(a.title, 100)}" for i, a in enumerate(result.arms.values(), 1)]
    return "\n".join(
        [
            f"$PROBLEM {plain(result.title, 100)}",
            "; Simulated patients. Not medical advice.",
            f"; TIME and DAY are in days; DAY counts from infusion, TIME from day {start:g}.",
            "; Below the limit: BLQ = 1, DV = LLOQ, MDV = 1 (left out, method M1). For M3 write MDV=DROP below.",
            *arms,
            *lines,
            "$INPUT " + " ".join(order),
            "$DATA events.csv IGNORE=@",
            "",
        ]
    )
