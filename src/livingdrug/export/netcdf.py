"""The courses of every arm as one netCDF file (version 3), which any netCDF library reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from livingdrug.results.result import Result


def write(result: Result, folder: Path) -> None:
    """courses.nc: quantiles of each quantity by arm and time, shares of each grade; units in the attributes."""
    data = result.courses.assign_coords(grade=lambda d: d["grade"].astype(np.int32))
    data.to_netcdf(folder / "courses.nc", engine="scipy")
