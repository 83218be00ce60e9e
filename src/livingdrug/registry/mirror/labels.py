"""Drug labels in the mirror: every record as received, the newest of each product and service, and what changed."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, fields

from livingdrug.registry.mirror.store import Store, pack, unpack
from livingdrug.registry.records.labels import Label

_SAID = tuple(f.name for f in fields(Label) if f.name not in ("source", "url"))


@dataclass(frozen=True)
class KeptLabel:
    """The newest label of a product that one service gave."""

    product: str
    label: Label
    first_seen: str
    last_seen: str
    changed_seen: str
    missing_since: str | None
    """since when the service no longer gives it; what it gave last is kept"""


@dataclass(frozen=True)
class LabelChange:
    """What one record of a label says otherwise than the one before."""

    product: str
    source: str
    field: str
    before: str | None
    after: str | None
    seen: str


def take_label(store: Store, product: str, label: Label, raw: str, digest: str, seen: str) -> str:
    """Keeps a label as received: `new`, `changed` or `unchanged`.

    raw: the text that it was read from. digest: the mark of what the record says; the same mark is the same record.
    """
    key = (product, label.source)
    said = {name: getattr(label, name) for name in _SAID}
    with store.transaction() as db:
        kept = kept_label(store, *key)
        last = db.execute("SELECT hash, number FROM label WHERE product = ? AND source = ?", key).fetchone()
        if last and last[0] == digest:
            db.execute(
                "UPDATE label SET last_seen = ?, missing_since = NULL WHERE product = ? AND source = ?", (seen, *key)
            )
            return "unchanged"
        number = last[1] + 1 if last else 1
        record = (*key, number, label.version, digest, seen, pack(raw))
        db.execute("INSERT INTO label_record VALUES (?, ?, ?, ?, ?, ?, ?)", record)
        row = {"product": product, "source": label.source, **said, "url": label.url, "hash": digest, "number": number}
        row |= {"first_seen": kept.first_seen if kept else seen, "last_seen": seen, "changed_seen": seen}
        marks = ", ".join(f":{name}" for name in row)
        db.execute(f"INSERT OR REPLACE INTO label ({', '.join(row)}) VALUES ({marks})", row)
        before = {name: getattr(kept.label, name) for name in _SAID} if kept else said
        db.executemany(
            "INSERT INTO label_event (product, source, number, field, before, after, seen)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(*key, number, name, before[name], said[name], seen) for name in _SAID if before[name] != said[name]],
        )
        return "changed" if kept else "new"


def miss_label(store: Store, product: str, source: str, seen: str) -> None:
    """Notes that a service no longer gives a label that it gave before."""
    store.connect().execute(
        "UPDATE label SET missing_since = ? WHERE product = ? AND source = ? AND missing_since IS NULL",
        (seen, product, source),
    )


def note_versions(store: Store, set_id: str, versions: dict[int, str | None]) -> None:
    """Keeps which versions of a label are listed, and when each was published."""
    store.connect().executemany(
        "INSERT OR REPLACE INTO label_version VALUES (?, ?, ?)", [(set_id, v, day) for v, day in versions.items()]
    )


def kept_label(store: Store, product: str, source: str) -> KeptLabel | None:
    """What one service gave last for a product."""
    return kept_labels(store).get((product, source))


def kept_labels(store: Store) -> dict[tuple[str, str], KeptLabel]:
    """(product, service) -> what it gave last; nothing in a mirror from before labels were kept."""
    columns = ("product", "source", *_SAID, "url", "first_seen", "last_seen", "changed_seen", "missing_since")
    try:
        rows = store.connect().execute(f"SELECT {', '.join(columns)} FROM label ORDER BY product, source").fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return {}
        raise
    found = {}
    for values in rows:
        row = dict(zip(columns, values, strict=True))
        label = Label(source=row["source"], url=row["url"], **{name: row[name] for name in _SAID})
        seen = (row[name] for name in ("first_seen", "last_seen", "changed_seen", "missing_since"))
        found[row["product"], row["source"]] = KeptLabel(row["product"], label, *seen)
    return found


def versions_of(store: Store, set_id: str) -> dict[int, str | None]:
    """Version -> day on which DailyMed published it, newest first."""
    return dict(
        store.connect().execute(
            "SELECT version, published FROM label_version WHERE set_id = ? ORDER BY version DESC", (set_id,)
        )
    )


def label_changes(store: Store, product: str) -> list[LabelChange]:
    """What changed in a product's labels, newest first."""
    rows = store.connect().execute(
        "SELECT product, source, field, before, after, seen FROM label_event WHERE product = ? ORDER BY id DESC",
        (product,),
    )
    return [LabelChange(*row) for row in rows]


def label_text(store: Store, product: str, source: str) -> str | None:
    """The newest record of a label, exactly as received."""
    row = store.connect().execute(
        "SELECT raw FROM label JOIN label_record USING (product, source, number) WHERE product = ? AND source = ?",
        (product, source),
    ).fetchone()  # fmt: skip
    return unpack(row[0]) if row else None
