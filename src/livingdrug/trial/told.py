"""Columns of the patients that the report asks for by name: of an event, and of a quantity with published values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from livingdrug import library
from livingdrug.errors import ScenarioError
from livingdrug.library.located import Place, mistakable
from livingdrug.scenario import Arm
from livingdrug.scenario.shown import shown_by
from livingdrug.spec.trial import columns_of

DAY = "{day}"


def columns_known(arm: Arm, columns: Iterable[str]) -> None:
    """ScenarioError for a column that is a misspelling of one that the patients have (one that only
    patients of another trial have is not: nothing is drawn of it)."""
    known = dict.fromkeys(columns)
    series = dict.fromkeys(re.sub(r"\d+", DAY, name) for name in known)
    for name, place in _asked(arm):
        among = series if DAY in name else known
        if name not in among and mistakable(name, among) and name not in (others := _of_library()):
            close = mistakable(name, [*among, *others])
            raise ScenarioError(f"no column is called '{name}'", where=place, nearest=close)


def _of_library() -> set[str]:
    """The columns of every trial of the library, and their series over days."""
    names = {x for trial in library.names("trials") for x in columns_of(library.find("trials", trial))}
    return {*names, *(re.sub(r"\d+", DAY, name) for name in names)}


def _asked(arm: Arm) -> Iterator[tuple[str, Place]]:
    """Each column that a file of the run asks for, and where."""
    for _, file in shown_by(arm.resolved):
        for event in file.event.values():
            for key, column in (("day", event.day), ("if", event.only_if), ("unless", event.unless)):
                yield column or "", event.place(key)
        for shown in file.shown.values():
            if (held := shown.columns) is not None:
                if held.day and DAY not in held.day:
                    said = f"day = '{held.day}' names one column for every day"
                    raise ScenarioError(
                        said, where=held.place("day"), mend=f'write {DAY} for the day, as "copies_{DAY}"'
                    )
                for key in ("day", "peak", "peak_day"):
                    yield getattr(held, key) or "", held.place(key)
