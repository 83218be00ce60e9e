"""A scenario from elsewhere: it may name entries of the library, and no file of the machine it is run on."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from livingdrug.errors import ScenarioError, short

_MEND = "run it with the command line, on the machine that has the file"


def alone(text: str, where: str = "scenario.toml") -> None:
    """ScenarioError where a scenario names a file. Text that is no TOML is left to whoever reads it.

    >>> from livingdrug.scenario.alone import alone
    >>> alone('trial = "eliana"')
    """
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError):
        return
    for path, value in _texts(data):
        if path.removeprefix("set.").removeprefix("trial.").partition(".")[0] == "cohort":
            said = "a scenario from elsewhere brings no patients of its own"
            raise ScenarioError(said, f"{where}, {path}", mend=_MEND)
        if value.strip().lower().endswith((".toml", ".csv", ".py")):
            said = f"'{path}' = {short(value)} names a file"
            raise ScenarioError(said, where, "names of the library (livingdrug list)", mend=_MEND)


def _texts(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every text in nested tables and lists, with the dotted path of the keys that lead to it."""
    todo: list[tuple[str, Any]] = list(data.items())
    while todo:
        path, value = todo.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, Mapping):
            todo += [(f"{path}.{key}", x) for key, x in value.items()]
        elif isinstance(value, list):
            todo += [(path, x) for x in value]
