"""The facets of the search page: what may be chosen, in words, with how many trials each choice leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from livingdrug.errors import LivingDrugError
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.study import PHASES, STATUSES
from livingdrug.registry.reports import in_words
from livingdrug.registry.search.index import Index
from livingdrug.registry.search.request import AGE_GROUPS, Request
from livingdrug.registry.search.search import Result, wanted

SHOWN = 7
"""Choices shown at once; the others unfold"""

MOST = 60
"""Choices of one facet"""


def _phase(value: str) -> str:
    asks = in_words.ASKS.get(value)
    return in_words.PHASE.get(value, value) + (f": {asks}" if asks else "")


def _same(value: str) -> str:
    return value[:1].upper() + value[1:]


def _cells(value: str) -> str:
    return in_words.CELLS.get(value, value).capitalize()


GROUPS = {"child": "Under 18", "adult": "18 to 64", "older adult": "65 and over"}
HEADINGS: dict[str, tuple[str, Callable[[str], str]]] = {
    "status": ("Can people join?", in_words.status_in_words),
    "phase": ("How far along", _phase),
    "target": ("What the cells look for", _same),
    "disease": ("Illness", lambda v: _same(in_words.ILLNESSES.get(v, v))),
    "country": ("Country", _same),
    "cells": ("Cells come from", _cells),
    "age_group": ("Open to ages", lambda v: GROUPS.get(v, v)),
    "sponsor_type": ("Who runs it", lambda v: in_words.SPONSORS.get(v, _same(v))),
    "kind": ("Kind of study", _same),
}
"""Facet -> its heading, and its values in words"""

COUNTED = ("status", "phase", "country", "kind", "target", "disease", "sponsor_type", "cells")
"""Facets that the index counts"""

_ORDER = {"status": STATUSES, "phase": (*PHASES, "not stated"), "cells": tuple(in_words.CELLS)}
"""Facets with an order of their own; other values of phase and cells are no choice"""


@dataclass(frozen=True)
class Choice:
    """One value of a facet."""

    value: str
    words: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    """One question with its choices; `rest` are those that unfold."""

    name: str
    heading: str
    choices: tuple[Choice, ...]
    rest: tuple[Choice, ...]
    single: bool = False


def facets(store: Store, index: Index, request: Request, result: Result) -> tuple[Facet, ...]:
    """The facets of an answer; one in which something is chosen is counted as if nothing were, to show the others."""
    counts: dict[str, Mapping[str, int]] = dict(result.facets)
    for name in COUNTED:
        if chosen := getattr(request, name):
            try:
                without = wanted(store, changed(request, name, ()))
                counts[name] = index.search(without, 0, 0, (name,)).facets[name]
            except LivingDrugError:
                counts[name] = dict.fromkeys(chosen, 0)
    counts["age_group"] = _ages(store, index, request, result)
    return tuple(f for f in (_facet(name, counts.get(name, {}), request) for name in HEADINGS) if f.choices)


def _ages(store: Store, index: Index, request: Request, result: Result) -> dict[str, int]:
    """How many trials are open to each group of ages."""
    if not result.total and not request.age_group:
        return {}
    asked = {group: wanted(store, replace(request, age_group=group)) for group in AGE_GROUPS}
    return {group: index.search(one, 0).total for group, one in asked.items()}


def _facet(name: str, counts: Mapping[str, int], request: Request) -> Facet:
    heading, words = HEADINGS[name]
    given = getattr(request, name)
    single = isinstance(given, str)
    chosen = {_key(v) for v in ((given,) if single else given) if v}
    order = _ORDER.get(name)
    if order is not None:
        names = [v for v in order if counts.get(v) or _key(v) in chosen]
        names += [v for v in counts if v not in order] if name == "status" else []
    else:
        names = [v for v, n in sorted(counts.items(), key=lambda kv: (-kv[1], kv[0])) if n or _key(v) in chosen]
    listed = [Choice(v, words(v), counts.get(v, 0), _key(v) in chosen) for v in names[:MOST]]
    known = {_key(c.value) for c in listed}
    listed = [
        Choice(v, words(v), 0, True) for v in ((given,) if single else given) if v and _key(v) not in known
    ] + listed
    if order is not None or len(listed) <= SHOWN + 1:
        return Facet(name, heading, tuple(listed), (), single)
    first = [c for n, c in enumerate(listed) if n < SHOWN or c.chosen]
    return Facet(name, heading, tuple(first), tuple(c for c in listed if c not in first), single)


def changed(request: Request, name: str, value: Any) -> Request:
    """The request with one filter changed."""
    return replace(request, **{name: value})


def _key(value: str) -> str:
    return "".join(c for c in value.lower() if c.isalnum())
