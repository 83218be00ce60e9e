"""A saved run, loaded again: its tables as they were written, its scenario resolved anew, its comparison worked out."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from livingdrug.errors import MOST, ScenarioError
from livingdrug.results.columns import PART
from livingdrug.results.kept import Kept
from livingdrug.results.result import TABLES, ArmResult, Result
from livingdrug.scenario import Arm
from livingdrug.trial.design import Design
from livingdrug.trial.dictionary import dictionary
from livingdrug.trial.grades import grades
from livingdrug.trial.run import Trial, arm_result, as_result
from livingdrug.trial.simulate import dry_run
from livingdrug.whole import path

WIDEST = 96  # characters of a text column
AGAIN = "run its scenario.toml again; the same patients come of it"
NEEDED = ("scenario.toml", "provenance.json", "patients.parquet", "histograms.parquet", "samples.parquet")


def load(folder: str | Path) -> Result:
    """The result that `Result.save` (or `livingdrug run --out`) wrote into a folder: equal tables, equal comparison.

    ScenarioError when the folder holds no whole run. A warning when the library has changed since, so that running
    the scenario again would not give these tables.

    >>> folder = result.save("runs/mine")
    >>> again = livingdrug.load(folder)
    >>> again.patients.equals(result.patients)
    True
    """
    place = path(folder, "folder")
    missing = [name for name in NEEDED if not (place / name).is_file()]
    if missing:
        said = f"'{folder}' holds no whole run: {', '.join(missing)} not there"
        raise ScenarioError(said, mend="name a folder that `livingdrug run` wrote")
    trial = Trial(place / "scenario.toml")
    provenance = _provenance(place / "provenance.json")
    if trial.resolved.hash != provenance.get("scenario_hash"):
        said = "the library or the scenario has changed since this run: its tables are as they were written"
        warnings.warn(f"{folder}: {said}", UserWarning, stacklevel=2)
    arms = _arms(place, trial, provenance["seed"])
    for arm in arms.values():
        if arm.columns.size != (wanted := provenance.get("patients", arm.columns.size)):
            said = f"the table has {arm.columns.size:,} patients of the arm '{arm.name}', not {wanted:,}"
            raise ScenarioError(said, where=str(place / "patients.parquet"), mend=AGAIN)
    return as_result(trial, arms, provenance["seed"], float(provenance.get("wall_s") or 0.0), provenance)


def _provenance(path: Path) -> dict[str, Any]:
    """What the file says of the run; ScenarioError unless it names the seed."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return {**said, "seed": int(said["seed"])}
    except (OSError, ValueError, TypeError, KeyError):
        raise ScenarioError("the file does not say how the run was made", where=str(path), mend=AGAIN) from None


def _arms(place: Path, trial: Trial, seed: int) -> dict[str, ArmResult]:
    """Every arm, from the tables of the folder."""
    try:
        columns = {arm.name: _columns(arm, trial.design(arm)) for arm in trial.resolved.arms}
        known = set().union(*columns.values())
        kept = {
            arm.name: _kept(place, arm, trial.design(arm), known - columns[arm.name]) for arm in trial.resolved.arms
        }
    except (OSError, ValueError, LookupError, TypeError) as problem:
        said = f"a table of the run cannot be read: {str(problem).strip()}"
        raise ScenarioError(said, where=str(place), mend=AGAIN) from None
    return {arm.name: arm_result(arm, trial.design(arm), kept[arm.name], seed) for arm in trial.resolved.arms}


def _columns(arm: Arm, design: Design) -> set[str]:
    """The columns that the patients of an arm have, in any table; works out their units, too."""
    return {*dry_run(arm, design), *(name for table in dictionary(arm, design).values() for name in table)}


def _kept(place: Path, arm: Arm, design: Design, foreign: set[str]) -> Kept:
    """What is kept of one arm, without the columns that only other arms have. A run of an earlier version may lack the
    tables beside the patients'."""
    import pandas as pd

    counts, samples, graded = (
        pd.read_parquet(place / f"{name}.parquet", filters=[("arm", "==", arm.name)], page_checksum_verification=True)
        if (place / f"{name}.parquet").is_file()
        else pd.DataFrame()
        for name in ("histograms", "samples", "grades")
    )
    means = dictionary(arm, design)
    kept = Kept(design.courses(), grades(design))
    kept.courses.fill(counts, samples)
    kept.grades.fill(graded, samples)
    for part in _parts(place / "patients.parquet", arm.name, foreign):
        _whole(part, means["patients"], place / "patients.parquet")
        kept.patients.append(part)
    for name in TABLES:
        if (place / f"{name}.parquet").is_file():
            for part in _parts(place / f"{name}.parquet", arm.name, foreign):
                _whole(part, means[name], place / f"{name}.parquet")
                kept.append({name: part})
    return kept


def _parts(path: Path, arm: str, foreign: set[str]) -> Iterator[dict[str, Any]]:
    """The rows of one arm, some at a time, without the arm's name and foreign columns; texts of a fixed width."""
    from pyarrow import compute
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path, page_checksum_verification=True) as file:
        for batch in file.iter_batches(PART) if file.metadata.num_rows else (file.schema_arrow.empty_table(),):
            own = batch.filter(compute.equal(batch["arm"], arm)).to_pandas()
            yield {name: _array(own[name]) for name in own.columns if name not in {"arm", *foreign}}


def _whole(part: Mapping[str, Any], columns: Iterable[str], path: Path) -> None:
    """ScenarioError unless a table has every column that a run of today leaves."""
    missing = [name for name in columns if name not in part and name != "arm"]
    if missing:
        more = f" and {len(missing) - MOST} more" if len(missing) > MOST else ""
        said = f"the table lacks {', '.join(missing[:MOST])}{more}: it is damaged, or an earlier version saved it"
        raise ScenarioError(said, where=str(path), mend=AGAIN)


def _array(column: Any) -> np.ndarray[Any, Any]:
    """A column of the table as an array; texts of a fixed width."""
    values = column.to_numpy()
    return values.astype(f"U{WIDEST}") if values.dtype == object else values
