"""The versions of a study in their order: a record seen earlier than the one kept takes its place among them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from livingdrug.registry.records.read import is_whole, read
from livingdrug.registry.records.study import Record
from livingdrug.registry.records.text import content_hash, parse_json


class Version(NamedTuple):
    """One record of a study as it was received."""

    as_of: str
    """sortable mark of the registry's data version"""
    seen: str
    """when the mirror saw it"""
    digest: str
    """hash of the content"""
    text: str
    record: Record


def ordered(received: Iterable[tuple[str, str]]) -> list[Version]:
    """The versions of (when seen, text) that say something new, oldest first.

    They stand in the order of their data version, then of the day seen; so it does not matter in which order archived
    files are read. Cuts of a record count only where there is no whole one.
    """
    versions = [
        Version(read(record).as_of, seen, content_hash(record), text, record)
        for seen, text in received
        for record in [parse_json(text)]
    ]
    versions = sorted([v for v in versions if is_whole(v.record)] or versions, key=lambda v: v[:2])
    return [v for i, v in enumerate(versions) if i == 0 or v.digest != versions[i - 1].digest]
