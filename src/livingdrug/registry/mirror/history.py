"""Versions that come late: a record seen earlier than the one kept takes its place in the study's history."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from livingdrug.registry.records.study import is_whole, read
from livingdrug.registry.records.text import content_hash, parse_json

if TYPE_CHECKING:
    from livingdrug.registry.mirror.store import Store


def put_into_past(store: Store, study: str, seen: str, text: str) -> str:
    """Tells a study's history anew with one more version: `changed` when that adds a step, else `unchanged`.

    Versions stand in the order of their data version, then of the day seen; so it does not matter in which order
    archived files are read.
    """
    db = store.connect()
    rows = db.execute("SELECT hash, seen, raw FROM version WHERE study = ? ORDER BY number", (study,)).fetchall()
    told = [(s, zlib.decompress(raw).decode("utf-8")) for _, s, raw in rows] + [(seen, text)]
    versions = [(read(record).as_of, s, content_hash(record), t, record) for s, t in told for record in [parse_json(t)]]
    versions = sorted([v for v in versions if is_whole(v[4])] or versions, key=lambda v: v[:2])
    steps = [v for i, v in enumerate(versions) if i == 0 or v[2] != versions[i - 1][2]]
    if [(v[2], v[1]) for v in steps] == [row[:2] for row in rows]:
        return "unchanged"
    kept = db.execute("SELECT hash, version, as_of, first_seen, trial FROM study WHERE id = ?", (study,)).fetchone()
    db.execute("DELETE FROM version WHERE study = ?", (study,))
    db.execute("DELETE FROM event WHERE study = ? AND kind NOT IN ('removed', 'returned')", (study,))
    before = None
    for number, (_, day, digest, exact, record) in enumerate(steps, 1):
        store.step(read(record), record, exact, digest, number, day, before)
        before = record
    _, day, digest, _, record = steps[-1]
    store.write(read(record), digest, len(steps), day, kept)
    db.execute("UPDATE study SET first_seen = ?, as_of = max(as_of, ?) WHERE id = ?", (steps[0][1], kept[2], study))
    return "changed" if [v[2] for v in steps] != [row[0] for row in rows] else "unchanged"
