"""A value that Python gave, as a file would say it: NumPy's numbers and arrays as plain ones, paths as texts."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Any

from livingdrug.errors import ScenarioError
from livingdrug.library import DEEPEST, LISTED, LONGEST

PLAIN = (bool, int, float, str, date, time)


def said(path: object, value: Any) -> Any:
    """The value of a dotted path, of the kinds that TOML has; ScenarioError for any other. Text on the command line
    means a TOML value where it is one, else itself."""
    if not isinstance(path, str):
        raise _refused(path, "is no path", 'write {"PATH": VALUE}')
    if not isinstance(value, str) or len(value) > LONGEST:
        return _plain(path, value, DEEPEST)
    try:
        return tomllib.loads(f"x = {value.strip()}")["x"]
    except (ValueError, RecursionError):  # no TOML, or a number of thousands of digits
        return str(value).strip()


def _plain(path: str, value: Any, levels: int) -> Any:
    if hasattr(value, "tolist"):  # NumPy's, and what is made of it
        value = value.tolist()
    if (isinstance(value, str) and len(value) > LONGEST) or (isinstance(value, (list, tuple)) and len(value) > LISTED):
        said = "characters" if isinstance(value, str) else "values"
        raise _refused(path, f"is {len(value):,} {said} long", f"up to {LONGEST if said == 'characters' else LISTED:,}")
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, Path):
        return str(value)
    if not levels:
        raise _refused(path, "is nested too deeply", "use fewer levels")
    if isinstance(value, (list, tuple)):
        return [_plain(path, x, levels - 1) for x in value]
    if not isinstance(value, Mapping):
        raise _refused(path, f"cannot be a Python {type(value).__name__}", "give a number, a text, a list or a table")
    if wrong := [key for key in value if not isinstance(key, str)]:
        said = f"has a key in its table that is no text but a {type(wrong[0]).__name__}"
        raise _refused(path, said, "write keys in quotes")
    return {str(key): _plain(path, x, levels - 1) for key, x in value.items()}


def _refused(path: object, what: str, mend: str) -> ScenarioError:
    return ScenarioError(f"'{path}' {what}", where=f"--set {path}", mend=mend)
