"""The word rules of library/registry/rules.toml, compiled."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from livingdrug.registry.terms.synonyms import library


def _compiled(row: dict[str, Any]) -> re.Pattern[str]:
    return re.compile("|".join(row["any"]), 0 if row.get("case") else re.IGNORECASE)


def rule(name: str) -> re.Pattern[str]:
    """One rule: a pattern that matches where any of its alternatives does."""
    return _compiled(library("rules")["rule"][name])


@lru_cache
def _signs(name: str) -> tuple[str, ...]:
    return tuple(library("rules")["quick"][name])


def may_name_car(text: str) -> bool:
    """A quick look for pieces of text without which no word names a CAR."""
    return any(map(text.__contains__, _signs("case_kept")))


def may_mean_cells(text: str) -> bool:
    """The same for engineered cells and what is often given beside them; any case."""
    return any(map(text.lower().__contains__, _signs("small")))


def rules(family: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """A family of rules, such as the platforms: (value, pattern) in library order."""
    return tuple((name, _compiled(row)) for name, row in library("rules")["rule"][family].items())
