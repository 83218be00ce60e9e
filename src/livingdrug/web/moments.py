"""A figure of a recorded run, cell by cell: which cells are seen, how many there are, and the drawing at first.

`static/figures/tumour-cells.js` does the same when it is turned; a browser test holds the two together. The recording
is a file of the package: `python verification/tumour_cells.py` makes it anew.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.web import drawn

Floats = NDArray[np.float64]
BOX = 2000  # units across and down of the drawing
SLICES = 24  # of depth, the farthest drawn first
CELL = 8.4  # um, radius
EYE = 2.2  # the eye stands so many sides of the cube away
ACROSS, UP = -0.6, 0.35  # radians, as it is turned at first
HALO = 4  # units by which a cell stands off from those behind it
FOGS = (7, 15)  # slices behind which all is a little paler


@cache
def text(file: str) -> str:
    """A recording as it is kept; the page asks for the same."""
    return resources.files("livingdrug.web").joinpath("data", file).read_text(encoding="utf-8")


@cache
def recording(file: str) -> dict[str, Any]:
    """A recording with the places [um] (cells, 3) and kinds (cells,) of each moment."""
    from livingdrug.agents.view import unpacked

    data = json.loads(text(file))
    moments = [(m["hour"], *unpacked(base64.b64decode(m["cells"]), data["side"])) for m in data["moments"]]
    return {**data, "moments": moments}


def away(place: Floats) -> Floats:
    """Distance of cells (n, 3) from the middle [um]."""
    return np.sqrt((place**2).sum(axis=1))


def counts(data: Mapping[str, Any], within: float) -> list[list[int]]:
    """At each moment: the hour, then the cells of each kind no farther than this from the middle [um]."""
    found = []
    for hour, place, kind in data["moments"]:
        seen = np.bincount(kind[away(place) <= within], minlength=len(data["kinds"]))
        found.append([hour, *map(int, seen)])
    return found


def slices(moment: tuple[Any, Floats, Any], side: float, near: float, within: float) -> list[list[str]]:
    """The `d` of each slice and kind, the farthest first: cells without a quarter of the ball, as the eye sees them."""
    _, place, kind = moment
    x, y, z = place.T
    seen = (away(place) <= within) & ~((x > 0) & (z > 0))
    x, y, z, kind = x[seen], y[seen], z[seen], kind[seen]
    ca, sa, cu, su = math.cos(ACROSS), math.sin(ACROSS), math.cos(UP), math.sin(UP)
    turned, back = ca * x + sa * z, ca * z - sa * x
    down, depth = cu * y - su * back, su * y + cu * back
    by = EYE * side / (EYE * side - depth) * BOX / near
    at = np.clip(np.floor((depth / near + 0.5) * SLICES), 0, SLICES - 1)
    right, low = np.floor(BOX / 2 + turned * by + 0.5), np.floor(BOX / 2 - down * by + 0.5)
    rows: list[list[str]] = [["" for _ in range(4)] for _ in range(SLICES)]
    for s, k, a, b in zip(at.astype(int), kind, right.astype(int), low.astype(int)):
        rows[s][k] += f"M{a} {b}h0"
    return rows


def widths(side: float, near: float) -> list[float]:
    """How wide a cell is drawn in each slice."""
    depths = [((s + 0.5) / SLICES - 0.5) * near for s in range(SLICES)]
    return [round(2 * CELL * BOX / near * EYE * side / (EYE * side - d), 1) for d in depths]


def numbers(rows: list[list[int]], moment: int) -> dict[str, float]:
    """What the sentence says of the counts."""
    hour, little, much, dead, car_t = rows[moment - 1]
    return {
        "hour": hour,
        "alive": little + much,
        "little": little,
        "dead": dead,
        "car": car_t,
        "start": rows[0][1] + rows[0][2],
    }


def still(figure: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """The first frame: sentence, drawing, table."""
    data = recording(figure["recording"])
    rows, moment = counts(data, state["within"]), int(state["moment"])
    side, near = data["side"], figure["near"]
    return {
        "finding": drawn.sentence(figure["says"], {**state, **numbers(rows, moment)}, figure["digits"]),
        "rows": [[str(row[0]), *(drawn.said(n) for n in row[1:])] for row in rows],
        "slices": slices(data["moments"][moment - 1], side, near, state["within"]),
        "widths": widths(side, near),
        "halo": HALO,
        "fogs": FOGS,
        "counts": [drawn.said(n) for n in rows[moment - 1][1:]],
    }
