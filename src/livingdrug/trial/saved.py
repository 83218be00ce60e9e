"""A saved run, loaded again: its tables as they were written, its scenario resolved anew, its comparison worked out."""

from __future__ import annotations

import json
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from livingdrug.errors import ScenarioError
from livingdrug.results.columns import Columns
from livingdrug.results.result import ArmResult, Result
from livingdrug.trial.compare import compare
from livingdrug.trial.definitions import definitions
from livingdrug.trial.dictionary import dictionary
from livingdrug.trial.run import Trial, as_result, timed
from livingdrug.trial.simulate import dry_run

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
    place = Path(folder)
    missing = [name for name in NEEDED if not (place / name).is_file()]
    if missing:
        said = f"'{folder}' holds no whole run: {', '.join(missing)} not there"
        raise ScenarioError(said, mend="name a folder that `livingdrug run` wrote")
    trial = Trial(place / "scenario.toml")
    provenance = json.loads((place / "provenance.json").read_text(encoding="utf-8"))
    if trial.resolved.hash != provenance.get("scenario_hash"):
        said = "the library or the scenario has changed since this run: its tables are as they were written"
        warnings.warn(f"{folder}: {said}", UserWarning, stacklevel=2)
    seed = int(provenance["seed"])
    arms = _arms(place, trial, seed)
    return as_result(trial, arms, seed, float(provenance.get("wall_s", 0.0)), provenance)


def _arms(place: Path, trial: Trial, seed: int) -> dict[str, ArmResult]:
    """Every arm, from the tables of the folder."""
    import pandas as pd

    try:
        patients, counts, samples = (
            pd.read_parquet(place / f"{name}.parquet") for name in ("patients", "histograms", "samples")
        )
    except (OSError, ValueError) as problem:
        raise ScenarioError(f"a table of the run cannot be read: {problem}", where=str(place)) from None
    found = {}
    for arm in trial.resolved.arms:
        design = trial.design(arm)
        dry_run(arm, design)  # works out the columns' units
        own = patients[patients["arm"] == arm.name].drop(columns="arm")
        columns = Columns({name: _array(own[name]) for name in own.columns})
        courses = design.courses()
        courses.fill(counts[counts["arm"] == arm.name], samples[samples["arm"] == arm.name])
        units = design.units
        spec = arm.resolved.trial
        table = compare(spec, columns, seed, name=arm.name, units=units, fitted=arm.resolved.as_fitted)
        notes = (*arm.resolved.notes, *design.notes)
        means = dictionary(arm, design)
        timed_ = partial(timed, spec, units)
        said = definitions(spec, arm.protocol)
        found[arm.name] = ArmResult(arm.name, arm.title, columns, timed_, courses, table, notes, means, said)
    return found


def _array(column: Any) -> np.ndarray[Any, Any]:
    """A column of the table as an array; texts of a fixed width."""
    values = column.to_numpy()
    return values.astype(str) if values.dtype == object else values
