"""What changed between two versions of a record, field by field."""

from __future__ import annotations

from dataclasses import dataclass

from livingdrug.registry.record import Record, read


@dataclass(frozen=True)
class Change:
    """One field that says something else than before."""

    kind: str
    field: str
    before: str | None
    after: str | None
    silent: bool = False
    """the registry's own date of last update did not move"""
    doubt: str | None = None
    """why this may not be a change of the trial at all"""


def compare(before: Record, after: Record) -> list[Change]:
    """The changes from one version of a record to the next."""
    a, b = read(before), read(after)
    silent = a.updated == b.updated
    if a.status != b.status:
        return [Change("status", "status", a.status, b.status, silent)]
    return []
