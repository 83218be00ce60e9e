"""The same trial in two registries is one trial: records are joined by the registry numbers they state.

A trial holds at most one record of each registry (EU CTR: one protocol per country of one EudraCT number), so that an
extension study that names its parent's number is not swallowed by it. Records that name each other come first.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations

ORDER = ("ctgov", "ctis", "isrctn", "euctr")
"""The registry whose id names the trial, first come first."""

_LINKING = "('NCT', 'EUDRACT', 'CTIS', 'ISRCTN')"


def own_number(study: str, registry: str) -> tuple[str, str]:
    """The number under which other registries know this record."""
    if registry == "ctis":
        return "CTIS", study.removeprefix("CTIS")
    if registry == "euctr":
        return "EUDRACT", study.removeprefix("EUCTR")[:14]
    return ("NCT", study) if registry == "ctgov" else ("ISRCTN", study.removeprefix("ISRCTN"))


def relink(connection: sqlite3.Connection, study: str) -> dict[str, str]:
    """Finds the trials of the records around one record; returns the new trial id of each record that moved."""
    start = {study}
    start.update(
        other
        for (other,) in connection.execute(
            "SELECT b.id FROM study a JOIN study b ON a.trial = b.trial WHERE a.id = ?", (study,)
        )
    )
    numbers = _neighbourhood(connection, start)
    marks = ",".join("?" * len(numbers))
    found = connection.execute(f"SELECT id, registry, trial FROM study WHERE id IN ({marks})", list(numbers)).fetchall()
    registry = {i: r for i, r, _ in found}
    trials = join({i: numbers[i] for i in registry}, registry)
    return {i: trials[i] for i, _, before in found if trials[i] != before}


def _neighbourhood(connection: sqlite3.Connection, start: Iterable[str]) -> dict[str, set[tuple[str, str]]]:
    """Every record reachable through shared registry numbers, with its numbers."""
    numbers: dict[str, set[tuple[str, str]]] = {}
    frontier: list[str] = sorted(start)
    asked: set[tuple[str, str]] = set()
    while frontier:
        study = frontier.pop()
        if study in numbers:
            continue
        numbers[study] = set(
            connection.execute(f"SELECT kind, value FROM identifier WHERE study = ? AND kind IN {_LINKING}", (study,))
        )
        for number in numbers[study] - asked:
            asked.add(number)
            frontier += [
                s for (s,) in connection.execute("SELECT study FROM identifier WHERE kind = ? AND value = ?", number)
            ]
    return numbers


def join(numbers: dict[str, set[tuple[str, str]]], registry: dict[str, str]) -> dict[str, str]:
    """The trial id of each record, whatever the order in which the records came."""
    own = {s: own_number(s, registry[s]) for s in numbers}
    holders: dict[tuple[str, str], list[str]] = defaultdict(list)
    for study in sorted(numbers):
        for number in numbers[study]:
            holders[number].append(study)
    pairs = {pair for group in holders.values() for pair in combinations(group, 2)}

    def strength(pair: tuple[str, str]) -> int:
        a, b = pair
        return (own[a] in numbers[b]) + (own[b] in numbers[a])

    group = {s: frozenset([s]) for s in numbers}
    for a, b in sorted(pairs, key=lambda p: (-strength(p), p)):
        both = group[a] | group[b]
        if group[a] is not group[b] and _at_most_one_each(both, registry, own):
            group.update(dict.fromkeys(both, both))
    return {s: min(group[s], key=lambda m: (ORDER.index(registry[m]), m)) for s in numbers}


def _at_most_one_each(members: Iterable[str], registry: dict[str, str], own: dict[str, tuple[str, str]]) -> bool:
    numbers: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for member in members:
        if registry[member] != "euctr" and numbers[registry[member]]:
            return False
        numbers[registry[member]].add(own[member])
    return len(numbers["euctr"]) <= 1
