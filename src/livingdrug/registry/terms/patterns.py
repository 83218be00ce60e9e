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
def _signs(name: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(a piece of text, the pieces that hold it): where the first is absent, so are the others."""
    return tuple((first, tuple(rest)) for first, *rest in library("rules")["quick"][name])


def _any_of(name: str, text: str) -> bool:
    for first, rest in _signs(name):
        if first in text and (not rest or any(map(text.__contains__, rest))):
            return True
    return False


def may_name_car(text: str) -> bool:
    """A quick look for pieces of text without which no word names a CAR."""
    return _any_of("case_kept", text)


def may_mean_cells(text: str) -> bool:
    """The same for engineered cells and what is often given beside them; any case."""
    return _any_of("small", text.lower())


def rules(family: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """A family of rules, such as the platforms: (value, pattern) in library order."""
    return tuple((name, _compiled(row)) for name, row in library("rules")["rule"][family].items())
