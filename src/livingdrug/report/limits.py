"""Where the model misses, in plain words: the library's list, with the numbers of a scoreboard."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from livingdrug.errors import ScenarioError, unknown
from livingdrug.results.score import Scored
from livingdrug.results.scoreboard import Scoreboard

FILE = "limits.toml"


@dataclass(frozen=True)
class Limit:
    """A kind of miss. rows: the published rows that show it; over: those of them that lie outside at more than half of
    the seeds."""

    title: str
    why: str
    rows: tuple[Scored, ...]

    @property
    def over(self) -> tuple[Scored, ...]:
        """The rows that still show it."""
        return tuple(r for r in self.rows if r.comparable and not r.often)


def limits(board: Scoreboard) -> tuple[Limit, ...]:
    """The library's list of limits. ScenarioError with the nearest for a row that the scoreboard does not have."""
    rows = {f"{r.trial}.{r.middle.measure}": r for r in board.rows()}
    return tuple(
        Limit(told["title"], " ".join(told["why"].split()), tuple(_row(name, rows) for name in told["rows"]))
        for told in _listed()
    )


def _row(name: str, rows: Mapping[str, Scored]) -> Scored:
    if name not in rows:
        raise unknown("published row", name, rows, where=FILE, error=ScenarioError)
    return rows[name]


@cache
def _listed() -> list[dict[str, Any]]:
    return tomllib.loads(files("livingdrug.library").joinpath(FILE).read_text("utf-8"))["limit"]
