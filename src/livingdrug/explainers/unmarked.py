"""Sentences that state a fact outside any claim: numbers, shares, years, approvals, firsts."""

from __future__ import annotations

import re

_NAMES = re.compile(
    r"\b(?:[A-Za-z]{1,6}-?\d+[A-Za-z0-9.-]*|\d+-?\d*[A-Z]{2,}\d*|[dD]ay (?:0|zero)|[gG]rade \d|[pP]hase \d(?:/\d)?)\b"
)
"""Numbers that are part of a name, before or behind letters, or that name a step (grade 3, phase 2, day 0)."""

_COUNT = r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|thousand)"
_OF = r"(?:hours?|days?|weeks?|months?|years?|people|patients?|children|adults|trials|countries|products|in ten|of ten)"
_FACTS = (
    ("a number", re.compile(r"\d")),
    ("a share", re.compile(r"\b(?:per ?cent|percent|half of|a third of|a quarter of|two thirds)\b|%", re.I)),
    ("a count", re.compile(rf"\b{_COUNT}\b[\w\s-]{{0,14}}\b{_OF}\b|\b(?:in|of|out of) (?:every )?{_COUNT}\b", re.I)),
    ("an approval", re.compile(r"\b(?:approved|licen[sc]ed|authori[sz]ed|approval)\b", re.I)),
    ("a first", re.compile(r"\bthe (?:very )?first (?!(?:\w+ )?(?:hours?|days?|weeks?|months?|years?|signs?|steps?|"
                           r"time|thing|place|part|question|one)\b)", re.I)),
)  # fmt: skip


def fact(bare: str) -> str | None:
    """What a sentence without its claims still states as a fact; None where it states none.

    >>> from livingdrug.explainers.unmarked import fact
    >>> fact("It came in 2017."), fact("That is day 0.")
    ('a number', None)
    """
    plain = _NAMES.sub("", bare)
    return next((what for what, pattern in _FACTS if pattern.search(plain)), None)
