"""A scenario that a visitor writes: what is wrong with it, at which line; and values as they are typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from livingdrug.errors import LivingDrugError
from livingdrug.scenario.link import FILE
from livingdrug.scenario.saved import toml
from livingdrug.scenario.values import said

if TYPE_CHECKING:
    from livingdrug.web.jobs import Jobs


@dataclass(frozen=True)
class Fault:
    """What is wrong, as the command line says it; line: of the scenario's text, where it names one."""

    error: LivingDrugError
    line: int | None = None

    @property
    def where(self) -> str | None:
        """The place; a line of the visitor's own text without a file's name."""
        return re.sub(rf"{re.escape(FILE)}:(\d+)", r"line \1", self.error.where) if self.error.where else None


def wrong(text: str, jobs: Jobs) -> Fault | None:
    """The first thing that keeps a scenario from being run here; None where it can be."""
    try:
        jobs.check(text)
    except LivingDrugError as problem:
        found = re.search(rf"{re.escape(FILE)}:(\d+)", problem.where or "")
        return Fault(problem, int(found[1]) if found else None)
    return None


def notes(text: str, jobs: Jobs) -> tuple[str, ...]:
    """What a reader should know of a scenario that can be run."""
    return tuple(jobs.check(text).notes)


def value(path: str, typed: str) -> str:
    """What was typed, as TOML: a number where it is one, else a text."""
    try:
        found = said(path, typed)
        return toml(typed if isinstance(found, date) else found)
    except (TypeError, ValueError):  # a time of day, or a table with one
        return toml(typed)


def plain(given: Any) -> str:
    """A TOML value as one would type it."""
    if isinstance(given, str):
        return given
    if isinstance(given, bool):
        return str(given).lower()
    return f"{given:.10g}" if isinstance(given, float) else toml(given)
