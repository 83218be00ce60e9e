"""Compared rows on disk: what a scenario showed, so that the same scenario is not simulated again.

A scenario is known by its hash, the trial's own words (measures, published rows), the equations, and the texts of the
program: what any of them changes is computed anew. The folder may be emptied at any time.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from livingdrug import library
from livingdrug.engine.cache import fingerprint, folder
from livingdrug.errors import ScenarioError
from livingdrug.files import write_text
from livingdrug.results.comparison import Row
from livingdrug.scenario import Resolved

KEPT = "scoreboard"
NO_PART = ("bench", "cli", "explainers", "export", "fit", "plot", "published", "registry", "report", "sbml", "web")
"""Parts of the program that change no row."""


@dataclass(frozen=True)
class Compared:
    """The published rows of a scenario, as compared; counts: patients enrolled, infused, failed."""

    rows: tuple[Row, ...]
    counts: Mapping[str, int]


def key(resolved: Resolved) -> str:
    """A name for a scenario, for any number of patients and seed."""
    numpy = f"{np.__version__} {platform.python_version()} {platform.machine()}"
    return _digest(resolved.hash, _words(resolved), fingerprint(resolved.model()), _program(), *_scales(), numpy)


def values(resolved: Resolved) -> str:
    """A hash that changes when anything of the library changes on which a scenario's rows hang: values, rules,
    equations, measures, published rows, scales; not with the program around them or the machine."""
    return _digest(resolved.hash, _words(resolved), *_equations(resolved), *_scales())


def _equations(resolved: Resolved) -> list[str]:
    """The texts of the mechanisms, each with what its folder shares."""
    files = {Path(inspect.getfile(type(m))) for m in resolved.model().modules.values()}
    shared = {f.with_name("__init__.py") for f in files}
    return [f.read_text(encoding="utf-8") for f in sorted(files | {f for f in shared if f.is_file()})]


def _words(resolved: Resolved) -> str:
    return json.dumps(resolved.raw["trial"], sort_keys=True, default=str)


def _digest(*parts: str) -> str:
    h = hashlib.blake2b(digest_size=16)
    for part in parts:
        h.update(part.encode() + b"\0")
    return h.hexdigest()


def recalled(name: str) -> Compared | None:
    """What was kept under a name; None where there is nothing, or nothing whole."""
    try:
        told = json.loads(_path(name).read_text(encoding="utf-8"))
        rows = tuple(_row(data) for data in told["rows"])
        return Compared(rows, {str(k): int(x) for k, x in told["counts"].items()})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def keep(name: str, found: Compared) -> None:
    """Keep what was compared; a disk that refuses costs only the next run its time."""
    text = json.dumps({"rows": [asdict(r) for r in found.rows], "counts": dict(found.counts)})
    try:
        write_text(_path(name), text)
    except ScenarioError:
        pass


def _path(name: str) -> Path:
    return folder(KEPT) / f"{name}.json"


def _row(data: dict[str, Any]) -> Row:
    if set(data) != {f.name for f in fields(Row)}:
        raise ValueError("of another release")
    span = data["published_range"]
    return Row(**{**data, "published_range": tuple(span) if span else None})


@cache
def _program() -> str:
    """The texts of every part of the program on which a compared row may depend."""
    package = Path(__file__).resolve().parents[1]
    h = hashlib.blake2b(digest_size=16)
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package)
        if name.parts[0] not in NO_PART:
            h.update(name.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return h.hexdigest()


def _scales() -> list[str]:
    """The texts of the grading scales, which are no part of a scenario's hash."""
    return [library.find("scales", name).text for name in library.names("scales")]
