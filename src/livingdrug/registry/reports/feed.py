"""The change feed: what happened to the trials since a day, as rows, JSON or Atom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable
from dataclasses import asdict, dataclass, fields
from functools import cache
from itertools import groupby
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from livingdrug.errors import unknown
from livingdrug.registry.errors import RecordError, RegistryError, reading
from livingdrug.registry.mirror.changes import KINDS, QUIET
from livingdrug.registry.mirror.store import Store, now
from livingdrug.registry.records.dates import asked_date

ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True)
class Event:
    """One change of one study."""

    id: int
    seen: str
    """when the mirror saw it"""
    registry_date: str | None
    """the registry's own date of last update"""
    study: str
    trial: str
    title: str | None
    kind: str
    field: str
    before: str | None
    after: str | None
    silent: bool
    """the registry's own date did not move"""
    doubt: str | None
    """why this may not be a change of the trial at all"""
    url: str


def events(
    store: Store,
    since: str | None = None,
    *,
    until: str | None = None,
    kinds: Iterable[str] = (),
    target: str | None = None,
    study: str | None = None,
    doubtful: bool = False,
    trials: Container[str] | None = None,
    limit: int | None = None,
) -> list[Event]:
    """The changes seen since a day (and until one, both included), newest first.

    kinds: only these (`changes.KINDS`); without them, quiet kinds stay out. target: an antigen by any of its names.
    doubtful: also those that may be no change at all. trials: only these trials.
    """
    where, values = ["1"], list[object]()
    for text, name, comparison in ((since, "--since", "seen >= ?"), (until, "--until", "seen < ? || 'U'")):
        if text:
            day = asked_date(text)
            if day is None:
                raise RegistryError(f"'{text}' is no date", where=name, allowed="2026-08-22, 2026-08 or 2026")
            where.append(comparison)
            values.append(day.first if name == "--since" else day.last)
    if len(values) == 2 and str(values[0]) > str(values[1]):
        raise RegistryError(f"'{until}' is before '{since}'", where="--until", mend="name the earlier day with --since")
    kinds = tuple(kinds)
    for kind in kinds:
        if kind not in KINDS:
            raise unknown("kind of change", kind, KINDS, where="--kind", error=RegistryError)
    chosen = kinds or tuple(k for k in KINDS if k not in QUIET)
    where.append(f"kind IN ({','.join('?' * len(chosen))})")
    values += chosen
    if study:
        where.append("study = ?")
        values.append(store.resolve(study))
    if not doubtful:
        where.append("doubt IS NULL")
    rows = store.connect().execute(
        "SELECT event.id, seen, registry_date, study, trial, title, kind, field, before, after, silent, doubt, url"
        f" FROM event JOIN study ON study.id = event.study WHERE {' AND '.join(where)}"
        " ORDER BY seen DESC, event.study, event.id",
        values,
    )
    found = (_event(row) for row in rows)
    if target:
        about = _about(store, target)
        found = (e for e in found if about(e.study))
    if trials is not None:
        found = (e for e in found if e.trial in trials)
    return list(found) if limit is None else [e for _, e in zip(range(limit), found, strict=False)]


def _event(row: tuple[Any, ...]) -> Event:
    named = dict(zip((f.name for f in fields(Event)), row, strict=True))
    return Event(**{**named, "silent": bool(named["silent"])})


def _about(store: Store, target: str) -> Callable[[str], bool]:
    """A test whether a study aims at an antigen."""
    from livingdrug.registry.classify.targets import antigens
    from livingdrug.registry.search.own_labels import labelled, own_labels
    from livingdrug.registry.terms.synonyms import meaning

    known = meaning(target)
    if known is None or known.name not in antigens():
        raise unknown("target", target, antigens(), where="--target", error=RegistryError)

    own = own_labels(store)

    @cache
    def about(study: str) -> bool:
        try:
            with reading(study):
                return known.name in {t.value for t in labelled(store.reading(study), own.get(study, {})).targets}
        except RecordError:
            return True  # it may aim at the antigen: shown rather than lost

    return about


def as_rows(found: Iterable[Event]) -> list[dict[str, object]]:
    """The events as plain dictionaries."""
    return [asdict(e) for e in found]


_LISTS = ("sites", "countries", "conditions", "keywords", "interventions", "arms", "outcomes", "sponsors", "phases",
          "identifiers", "aliases")  # fmt: skip


def sentence(event: Event) -> str:
    """One change in words."""
    what = event.field.rpartition(".")[2].replace("_", " ")
    if event.kind == "new":
        said = "newly registered"
    elif event.kind in ("removed", "returned"):
        said = "listed again" if event.kind == "returned" else f"removed: {event.after}"
    elif event.before is None and event.after is None:
        said = f"{event.kind}: {what} changed" if what != event.kind else f"{what} changed"
    elif event.field in ("countries renamed", "sites respelt"):
        pairs = zip((event.before or "").splitlines(), (event.after or "").splitlines(), strict=False)
        said = f"{event.field}: {_shown([' -> '.join(pair) for pair in pairs])}"
    elif event.field == "site status":
        said = f"sites: {_moves(event)}"
    elif event.field in _LISTS:
        said = f"{what}: " + "; ".join(
            f"{len(lines)} {word} ({_shown(lines)})"
            for word, text in (("gone", event.before), ("added", event.after))
            if (lines := (text or "").splitlines())
        )
    else:
        said = f"{what}: {_short(event.before)} -> {_short(event.after)}"
    notes = [n for n in ("by the registry itself" if event.silent else None, event.doubt) if n]
    return f"{said} [{'; '.join(notes)}]" if notes else said


def _moves(event: Event) -> str:
    """`28 NOT_YET_RECRUITING -> RECRUITING`, the most frequent move first."""
    pairs = zip((event.before or "").splitlines(), (event.after or "").splitlines(), strict=False)
    moves = Counter(tuple(line.rpartition("(")[2].rstrip(")") for line in pair) for pair in pairs)
    return "; ".join(f"{n} {' -> '.join(move)}" for move, n in moves.most_common())


def _shown(lines: list[str], most: int = 3) -> str:
    return "; ".join(_short(line, 80) for line in lines[:most]) + (
        f"; and {len(lines) - most} more" if len(lines) > most else ""
    )


def _short(text: str | None, longest: int = 200) -> str:
    text = " ".join((text or "not stated").split())
    return text if len(text) <= longest else text[: longest - 4] + " ..."


def atom(
    found: Iterable[Event],
    title: str = "Changes in the registered trials",
    name: str = "changes",
    address: str = "",
) -> str:
    """The events as an Atom feed: one entry for what one study said anew on one occasion.

    name: tells this feed from others; a reader of feeds knows it again by that. address: where the feed is read.
    """
    feed = ElementTree.Element("feed", xmlns=ATOM)
    ordered = sorted(found, key=lambda e: (e.seen, e.study, e.id), reverse=True)
    for tag, text in (
        ("title", title),
        ("id", f"tag:livingdrug,2026:{quote(name)}"),
        ("updated", _moment(ordered[0].seen if ordered else now())),
    ):
        ElementTree.SubElement(feed, tag).text = text
    if address:
        ElementTree.SubElement(feed, "link", rel="self", href=_xml_text(address))
    author = ElementTree.SubElement(feed, "author")
    ElementTree.SubElement(author, "name").text = "livingdrug"
    for (seen, study), group in groupby(ordered, key=lambda e: (e.seen, e.study)):
        changes = sorted(group, key=lambda e: e.id)
        entry = ElementTree.SubElement(feed, "entry")
        kinds = ", ".join(dict.fromkeys(e.kind for e in changes))
        for tag, text in (
            ("title", f"{study}: {kinds} - {changes[0].title or ''}"),
            ("id", f"tag:livingdrug,2026:{study}/{changes[0].id}"),
            ("updated", _moment(seen)),
        ):
            ElementTree.SubElement(entry, tag).text = _xml_text(text)
        ElementTree.SubElement(entry, "link", href=changes[0].url)
        for kind in dict.fromkeys(e.kind for e in changes):
            ElementTree.SubElement(entry, "category", term=kind)
        content = ElementTree.SubElement(entry, "content", type="text")
        content.text = _xml_text("\n".join(sentence(e) for e in changes))
    ElementTree.indent(feed)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(feed, encoding="unicode") + "\n"


def _moment(seen: str) -> str:
    """A full time stamp, as Atom wants it."""
    return seen if "T" in seen else f"{seen[:10]}T00:00:00Z"


def _xml_text(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return "".join(
        c for c in text if c in "\t\n" or "\x20" <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )
