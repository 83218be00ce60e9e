"""The recording that the page of solid tumours turns: one run of the agents at a few moments, as the package shows it.

Run: python verification/tumour_cells.py [--radius 100] [--seed 1]. Writes
src/livingdrug/web/data/tumour_cells.json. One CAR-T is given for each tumour cell; CAR-T keep their heading until they
turn. The same bits for any number of threads.
"""

from __future__ import annotations

import argparse
import base64
import json
from pathlib import Path
from typing import Any

import livingdrug
from livingdrug.agents import numbers, view
from livingdrug.agents.course import Picture, follow

FILE = Path(__file__).parents[1] / "src" / "livingdrug" / "web" / "data" / "tumour_cells.json"
MODEL = "organoid"
HOURS = (0, 2, 6, 12, 24, 48)  # of the moments
STEP = 2  # hours between two pictures of the run
ROOM = 6.0  # the cube is so many times as wide as the tumour's radius


def recorded(radius: float, seed: int, hours: tuple[int, ...] = HOURS) -> dict[str, Any]:
    """What is kept of a run of a tumour of this radius [um]: its cells at these hours, four bytes each."""
    changed = {"cell.tumour_radius": f"{radius:g}", "kinetics.side": f"{ROOM * radius:g}"}
    given = numbers.given(MODEL, changed)
    cells = int(follow(given, days=0.01, every=0.01, dose=0).table["tumour"][0])
    steps = max(hours) // STEP
    course = follow(given, days=max(hours) / 24, dose=cells, seed=seed, pictures=steps + 1)
    side = given.numbers.side
    return {
        "version": livingdrug.__version__,
        "model": MODEL,
        "changed": changed,
        "seed": seed,
        "dose": cells,
        "side": side,
        "bits": view.BITS,
        "kinds": list(view.KINDS),
        "moments": [_moment(course.pictures[hour // STEP], hour, side) for hour in hours],
    }


def _moment(picture: Picture, hour: int, side: float) -> dict[str, Any]:
    assert abs(picture.day * 24 - hour) < 0.1, "a picture of another hour"
    return {"hour": hour, "cells": base64.b64encode(view.packed(picture, side)).decode()}


def main() -> None:
    """Runs it, and keeps the recording."""
    parser = argparse.ArgumentParser(description="The recording of a tumour cell by cell.")
    parser.add_argument("--radius", type=float, default=100.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    kept = recorded(asked.radius, asked.seed)
    FILE.write_text(json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
