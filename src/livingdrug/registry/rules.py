"""The word rules of library/registry/rules.toml, compiled."""

from __future__ import annotations

import re
from typing import Any

from livingdrug.registry.synonyms import library


def _compiled(row: dict[str, Any]) -> re.Pattern[str]:
    return re.compile("|".join(row["any"]), 0 if row.get("case") else re.IGNORECASE)


def rule(name: str) -> re.Pattern[str]:
    """One rule: a pattern that matches where any of its alternatives does."""
    return _compiled(library("rules")["rule"][name])


def rules(family: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """A family of rules, such as the platforms: (value, pattern) in library order."""
    return tuple((name, _compiled(row)) for name, row in library("rules")["rule"][family].items())
