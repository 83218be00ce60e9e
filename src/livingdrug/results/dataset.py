"""The courses of every arm as one xarray Dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.results.grades import HIGHEST

if TYPE_CHECKING:
    import xarray as xr

    from livingdrug.results.result import Result

PERCENTS = (5.0, 25.0, 50.0, 75.0, 95.0)


def dataset(result: Result) -> xr.Dataset:
    """Each quantity (arm, time, quantile) in its unit, each graded state (arm, time, grade) as the share of the
    patients followed; nan on days on which an arm has no course, or no patient."""
    import xarray as xr

    arms = list(result.arms.values())
    days = np.unique(np.concatenate([x.times for a in arms for x in (a.courses, a.grades)]))
    about = {n: m for a in arms for n, m in a.dictionary.get("samples", {}).items()}
    data: dict[str, Any] = {}
    for name in sorted({name for a in arms for name in a.courses.names}):
        values = np.full((len(arms), len(days), len(PERCENTS)), np.nan)
        for i, course in enumerate(a.courses for a in arms):
            if name in course.names:
                values[i, np.searchsorted(days, course.times)] = course.bands(name, PERCENTS).T
        data[name] = ("arm", "time", "quantile"), values, _attributes(*about[name])
    for name in sorted({name for a in arms for name in a.grades.names}):
        values = np.full((len(arms), len(days), HIGHEST + 1), np.nan)
        for i, graded in enumerate(a.grades for a in arms):
            if name in graded.names:
                values[i, np.searchsorted(days, graded.times)] = graded.shares(name)
        data[name] = (
            ("arm", "time", "grade"),
            values,
            _attributes("1", f"{about[name][1]}: share of patients at a grade"),
        )
    coords = {
        "arm": ("arm", [a.name for a in arms]),
        "time": ("time", days, _attributes("day", "time from infusion")),
        "quantile": ("quantile", [p / 100 for p in PERCENTS], _attributes("1", "share of the patients below")),
        "grade": ("grade", np.arange(HIGHEST + 1), _attributes("1", "grade; 0: none")),
    }
    return xr.Dataset(data, coords, {"title": result.title, "note": "Simulated patients. Not medical advice."})


def _attributes(unit: str, words: str) -> dict[str, str]:
    return {"units": unit, "long_name": words}
