"""A saved run, loaded again: its tables as they were written, its scenario resolved anew, its comparison worked out."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from livingdrug.errors import MOST, ScenarioError, short
from livingdrug.results.columns import PART, Columns
from livingdrug.results.kept import Kept
from livingdrug.results.result import TABLES, ArmResult, Result
from livingdrug.results.written import DIGESTS, PROVENANCE, digest, digests
from livingdrug.scenario import Arm
from livingdrug.scenario.saved import COHORT
from livingdrug.spec.scenario import MOST_SEED
from livingdrug.trial.design import Design
from livingdrug.trial.dictionary import dictionary
from livingdrug.trial.grades import grades
from livingdrug.trial.plausible import with_sets
from livingdrug.trial.run import Trial, arm_result, as_result
from livingdrug.trial.simulate import dry_run
from livingdrug.version import __version__
from livingdrug.whole import path

WIDEST = 96  # characters of a text column
AGAIN = "run its scenario.toml again; the same patients come of it"
LEFT = (
    "resolved.json",
    "measures.json",
    "columns.json",
    "events.parquet",
    "courses.parquet",
    "arms.parquet",
)  # not read
MISSED = (*(f"{name}.parquet" for name in TABLES), "grades.parquet")  # told where they are not there
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
    provenance = _provenance(place / PROVENANCE)
    _of_one_run(place)
    trial = Trial(place / "scenario.toml")
    if (by := provenance.get("livingdrug")) != __version__:
        said = (
            f"livingdrug {short(by)} saved this run and {__version__} reads it: run again, it may give other patients"
        )
        warnings.warn(f"{folder}: {said}", UserWarning, stacklevel=2)
    if trial.resolved.hash != provenance.get("scenario_hash"):
        said = "the library or the scenario has changed since this run: its tables are as they were written"
        warnings.warn(f"{folder}: {said}", UserWarning, stacklevel=2)
    arms = _arms(place, trial, provenance["seed"])
    for arm in arms.values():
        if arm.columns.size != (wanted := provenance.get("patients") or arm.columns.size):
            said = f"the table has {arm.columns.size:,} patients of the arm '{arm.name}', not {wanted:,}"
            raise ScenarioError(said, where=str(place / "patients.parquet"), mend=AGAIN)
    seed = provenance["seed"]
    arms = {name: with_sets(arm, _sets(place, name), seed) for name, arm in arms.items()}
    return as_result(trial, arms, provenance["seed"], float(provenance.get("wall_s") or 0.0), provenance)


def _provenance(path: Path) -> dict[str, Any]:
    """What the file says of the run; ScenarioError unless it names the seed."""
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        numbers = {"seed": said["seed"], "patients": said.get("patients"), "wall_s": said.get("wall_s") or 0.0}
        if not all(isinstance(x, int | float) and 0 <= x < MOST_SEED for x in numbers.values() if x is not None):
            raise ValueError
        return {**{k: x for k, x in said.items() if k != DIGESTS}, "seed": int(said["seed"])}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise ScenarioError("the file does not say how the run was made", where=str(path), mend=AGAIN) from None


def _of_one_run(place: Path) -> None:
    """ScenarioError for a file that is asked for here, and that the run of this provenance did not write so; for one
    that it did not write, as the sets of values of another run."""
    told = digests(place)
    for name in ("plausible.parquet", COHORT):
        if told and name not in told and (place / name).is_file():
            said = f"'{name}' is not of this run"
            raise ScenarioError(said, where=str(place / name), mend="take it out of the folder")
    for name, wanted in told.items():
        file = place / name
        if name in LEFT or (not file.is_file() and name in MISSED):
            continue
        with _reading(file):
            if digest(file) != wanted:
                said = f"'{name}' is not as this run left it: it was changed, or is of another run"
                raise ScenarioError(said, where=str(file), mend=AGAIN)


def _arms(place: Path, trial: Trial, seed: int) -> dict[str, ArmResult]:
    """Every arm, from the tables of the folder."""
    if absent := [name for name in MISSED if not (place / name).is_file()]:
        said = f"{place}: without {', '.join(absent)}, which a run of today leaves: these tables are empty"
        warnings.warn(said, UserWarning, stacklevel=3)
    columns = {arm.name: _columns(arm, trial.design(arm)) for arm in trial.resolved.arms}
    known = set().union(*columns.values())
    kept = {arm.name: _kept(place, arm, trial.design(arm), known - columns[arm.name]) for arm in trial.resolved.arms}
    return {arm.name: arm_result(arm, trial.design(arm), kept[arm.name], seed) for arm in trial.resolved.arms}


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    """ScenarioError that names the file where it cannot be read, or does not hold what a run leaves."""
    try:
        yield
    except (OSError, ValueError, LookupError, TypeError) as problem:
        said = f"a table of the run cannot be read: {str(problem).strip()}"
        raise ScenarioError(said, where=str(file), mend=AGAIN) from None


def _columns(arm: Arm, design: Design) -> set[str]:
    """The columns that the patients of an arm have, in any table; works out their units, too."""
    return {*dry_run(arm, design), *(name for table in dictionary(arm, design).values() for name in table)}


def _kept(place: Path, arm: Arm, design: Design, foreign: set[str]) -> Kept:
    """What is kept of one arm, without the columns that only other arms have. A run of an earlier version may lack the
    tables beside the patients'."""
    import pandas as pd

    def table(name: str) -> Any:
        file = place / f"{name}.parquet"
        if not file.is_file():
            return pd.DataFrame()
        with _reading(file):
            return pd.read_parquet(file, filters=[("arm", "==", arm.name)], page_checksum_verification=True)

    counts, samples, graded = map(table, ("histograms", "samples", "grades"))
    means = dictionary(arm, design)
    kept = Kept(design.courses(), grades(design))
    with _reading(place / "histograms.parquet"):
        kept.courses.fill(counts, samples)
    with _reading(place / "grades.parquet"):
        kept.grades.fill(graded, samples)
    for name in ("patients", *TABLES):
        file = place / f"{name}.parquet"
        with _reading(file):
            for part in _parts(file, arm.name, foreign) if file.is_file() else ():
                _whole(part, means[name], file)
                kept.patients.append(part) if name == "patients" else kept.append({name: part})
    return kept


def _sets(place: Path, arm: str) -> list[Columns]:
    """The patients' table of one arm with each plausible set of values; none of a run without any."""
    path = place / "plausible.parquet"
    found: dict[int, Columns] = {}
    for part in _parts(path, arm, set()) if path.is_file() else ():
        numbers = part.pop("set")
        for number in np.unique(numbers):
            rows = {name: x[numbers == number] for name, x in part.items()}
            found.setdefault(int(number), Columns()).append(rows)
    return [found[number] for number in sorted(found)]


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
