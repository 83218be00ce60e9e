"""All cells at a few moments as a small file for a page that draws and turns them (`web/static/tumour-cells.js`).

JSON: side [um], kinds in words, and moments with their day and `cells`, base64 of one little-endian 32-bit number a
cell: 10 bits each for x, y, z as shares of the side, 2 bits for its kind (little antigen, much antigen, dead, CAR-T).
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.agents.course import Course, Picture
from livingdrug.files import write_text

MOMENTS = 4
BITS = 10
KINDS = ("antigen below 1", "antigen above 1", "dead", "CAR-T")
_OF = {-1: 2, 0: 0, 1: 0, 2: 1, 3: 1, 4: 3, 5: 3}  # kind in a picture -> kind here


def packed(picture: Picture, side: float) -> bytes:
    """The cells of a picture, four bytes each."""
    steps = 2**BITS
    at = np.clip(((picture.cells[:, :3].astype(float) / side + 0.5) * steps).astype(np.int64), 0, steps - 1)
    kind = np.array([_OF[k] for k in picture.kind.tolist()], np.int64)
    words = at[:, 0] | at[:, 1] << BITS | at[:, 2] << 2 * BITS | kind << 3 * BITS
    return words.astype("<u4").tobytes()


def unpacked(data: bytes, side: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Places [um] (cells, 3), the middles of their steps, and kinds (cells,) of `packed`."""
    words = np.frombuffer(data, "<u4").astype(np.int64)
    steps = 2**BITS
    at = np.stack([(words >> k * BITS) % steps for k in range(3)], axis=1)
    return ((at + 0.5) / steps - 0.5) * side, words >> 3 * BITS


def view(course: Course) -> dict[str, Any]:
    """The file's content, of at most MOMENTS of the course's pictures."""
    side = course.given.numbers.side
    many = len(course.pictures)
    chosen = sorted({round(x) for x in np.linspace(0, many - 1, min(MOMENTS, many))})
    return {
        "title": course.given.title,
        "side": side,
        "bits": BITS,
        "kinds": list(KINDS),
        "moments": [
            {"day": round(p.day, 3), "cells": base64.b64encode(packed(p, side)).decode()}
            for p in (course.pictures[k] for k in chosen)
        ],
    }


def write(course: Course, path: Path) -> None:
    """Writes it as JSON, whole or not at all."""
    write_text(path, json.dumps(view(course), separators=(",", ":")), where="--view")
