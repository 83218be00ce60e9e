"""The table of approvals held against the labels in force: what is to be read again, and where sources disagree.

DailyMed has the label itself; openFDA has a copy that lags. Where they differ DailyMed counts, and the difference is
told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from livingdrug.registry.classify.disease import Place, places_in
from livingdrug.registry.mirror.labels import (
    KeptLabel,
    LabelChange,
    kept_labels,
    label_changes,
    versions_of,
)
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.reports.approvals import NOT_READ, REPORTED, Approval, approvals
from livingdrug.registry.terms.spelling import american

AGENCY = "FDA"
"""Whose labels both services keep"""

CURRENT, REREAD, UNBOUND = "as read", "to be re-read", "version not noted"
"""How the table stands to the label in force"""

SERVICE_NAMES = {"dailymed": "DailyMed", "openfda": "openFDA"}


@dataclass(frozen=True)
class LabelInForce:
    """The label of one product as the mirror has it, and how the table of approvals stands to it."""

    product: str
    service: str
    """dailymed, or openfda where DailyMed gave none"""
    set_id: str
    version: int
    date: str | None
    """the day that the label states, ISO"""
    published: str | None
    """the day on which DailyMed put this version up, ISO"""
    boxed_title: str | None
    url: str
    seen: str
    """when the mirror last saw it, UTC"""
    standing: str
    """as read, to be re-read, or version not noted"""
    why: str
    remarks: tuple[str, ...]
    """what a reader should look at"""
    versions: dict[int, str | None]
    """version -> day of publication, newest first"""
    changes: tuple[LabelChange, ...]


def labels_in_force(store: Store) -> dict[str, LabelInForce]:
    """Product -> its label in force, for every product of which the mirror has one."""
    kept = kept_labels(store)
    rows: dict[str, list[Approval]] = {}
    for row in approvals():
        rows.setdefault(row.product, []).append(row)
    found = {}
    for product in sorted({product for product, _ in kept}):
        best = kept.get((product, "dailymed")) or kept[product, "openfda"]
        copy = kept.get((product, "openfda")) if best.label.source == "dailymed" else None
        found[product] = _in_force(store, best, copy, [r for r in rows.get(product, ()) if r.agency == AGENCY])
    return found


def _in_force(store: Store, best: KeptLabel, copy: KeptLabel | None, rows: list[Approval]) -> LabelInForce:
    label = best.label
    versions = versions_of(store, label.set_id)
    standing, why = _standing(best, versions.get(label.version), rows)
    remarks = [
        *_gone(best),
        *(_disagreement(best, copy) if copy else ()),
        *_warnings(best, rows),
        *_indications(label.indications or "", rows),
    ]
    return LabelInForce(
        best.product, label.source, label.set_id, label.version, label.effective, versions.get(label.version),
        label.boxed_title, label.url, best.last_seen, standing, why, tuple(remarks), versions,
        tuple(label_changes(store, best.product)),
    )  # fmt: skip


def _standing(best: KeptLabel, published: str | None, rows: list[Approval]) -> tuple[str, str]:
    """(how the table stands to the label, why)."""
    label, name = best.label, SERVICE_NAMES[best.label.source]
    has = f"{name} has version {label.version}" + (f" of {label.effective}" if label.effective else "")
    if not rows:
        return REREAD, f"{has}; the table of approvals has no entry of the {AGENCY}"
    basis = next((r.read_from_label for r in rows if r.read_from_label), None)
    if basis and basis.set_id and basis.set_id != label.set_id:
        return REREAD, f"the table was read from the label {basis.set_id}, {name} has {label.set_id}"
    if basis and basis.version:
        said = f"the table was read from version {basis.version}, {has}"
        return (CURRENT if basis.version == label.version else REREAD), said
    if basis and basis.date and label.effective:
        said = f"the table was read from the label of {basis.date}, {has}"
        return (CURRENT if label.effective <= basis.date else REREAD), said
    read = max(s.read for row in rows for s in row.sources)
    if newest := max(filter(None, (published, label.effective)), default=None):
        if newest > read:
            return REREAD, f"the table was read on {read}, {has}"
    return UNBOUND, f"the table does not say which version it was read from; {has}"


def _gone(best: KeptLabel) -> list[str]:
    if best.missing_since is None:
        return []
    return [f"{SERVICE_NAMES[best.label.source]} has not given this label since {best.missing_since[:10]}"]


def _disagreement(best: KeptLabel, copy: KeptLabel) -> list[str]:
    """Where the copy says something else than the label."""
    a, b = best.label, copy.label
    if a.set_id != b.set_id:
        return [f"openFDA gives the label {b.set_id}, DailyMed {a.set_id}: DailyMed counts"]
    if a.version != b.version:
        dated = f" of {b.effective}" if b.effective else ""
        how = "lags with" if b.version < a.version else "is ahead with"
        return [f"openFDA {how} version {b.version}{dated}: DailyMed counts"]
    pairs = {
        "date": (a.effective, b.effective),
        "boxed title": (_letters(a.boxed_title), _letters(b.boxed_title)),
        "indications": (_letters(a.indications), _letters(b.indications)),
    }
    differing = [name for name, (one, other) in pairs.items() if one != other]
    if not differing:
        return []
    return [f"openFDA's copy of version {b.version} differs in: {', '.join(differing)}; DailyMed counts"]


_HEADING = re.compile(r"^\s*1\s+indications?\s+(?:and|&)\s+usage\b", re.IGNORECASE)
_NUMBERS = re.compile(r"[(\[]\s*(?:see[^)\]]*|\d+(?:\.\d+)?(?:\s*,\s*\d+(?:\.\d+)?)*)\s*[)\]]|(?<!\S)1\.\d+(?!\S)")


def _letters(text: str | None) -> str:
    """What a text says without heading, references and marks: a copy keeps its words, not its form."""
    plain = _NUMBERS.sub(" ", _HEADING.sub("", text or ""))
    return "".join(re.findall(r"[^\W_]", plain.casefold()))


_SINCE = re.compile(r",\s*(?:from|since)\b.*")


def _warnings(best: KeptLabel, rows: list[Approval]) -> list[str]:
    """Boxed warnings that the table and the label tell differently."""
    box = f"{best.label.boxed_title or ''} {best.label.boxed_text or ''}"
    told: dict[str, None] = {}
    for warning in (w for row in rows for w in row.boxed_warnings):
        for part in _SINCE.sub("", warning["says"]).split(";"):
            there = _stems(part) <= _stems(box)
            if warning["stage"] == REPORTED and there:
                told[f"the box names '{part.strip()}', which the table calls {REPORTED}"] = None
            elif warning["stage"] != REPORTED and not there:
                told[f"the box does not name '{part.strip()}', which the table has"] = None
    return list(told)


def _stems(text: str) -> set[str]:
    """The beginnings of the long words, in one spelling."""
    return {american(word)[:6] for word in re.findall(r"[a-z]{4,}", text.lower())}


_NO_INDICATION = re.compile(r"(?i)\bnot (?:indicated|recommended)\b|\blimitations? of use\b")
_PASSAGE = re.compile(r"\n|•|(?<=[.;])\s+(?=[A-Z•])")
_COUNTS = {w: n for n, w in enumerate("one two three four five six".split(), 1)}
_COUNT = rf"(\d|{'|'.join(_COUNTS)})"
_LINES = re.compile(
    rf"(?i)\b{_COUNT} or more (?:prior )?(?:lines?|therap)|\bat least {_COUNT} (?:prior )?(?:lines?|therap)"
)


def _indications(text: str, rows: Iterable[Approval]) -> list[str]:
    """Diseases and lines of treatment that the table and the label tell differently."""
    rows = [r for r in rows if not r.indication.startswith(NOT_READ)]
    passages = [p for p in _PASSAGE.split(text) if p.strip() and not _NO_INDICATION.search(p)]
    named = _exact(place for passage in passages for place in places_in(passage, text))
    stated = _exact(place for row in rows for place in places_in(row.indication))
    told = []
    if missing := sorted(p.name for p in named if not any(_same(p, q) for q in stated)):
        told.append(f"the label's indications name {', '.join(missing)}; no entry of the table does")
    for row in rows:
        own = _exact(places_in(row.indication))
        there = [p for p in passages if any(_same(a, b) for a in own for b in places_in(p, text))]
        if own and text and not there:
            told.append(f"the label's indications do not name '{row.indication.partition(';')[0]}'")
        counts, table = _line_counts(" ".join(there)), _line_counts(row.line)
        if counts and table and not table & counts:
            said = " or ".join(map(str, sorted(counts)))
            told.append(f"the label says {said} lines of treatment before, the table '{row.line}'")
    return told


def _exact(places: Iterable[Place]) -> list[Place]:
    """The diseases among them, or groups where no disease of theirs is named."""
    found = list(dict.fromkeys(p for p in places if p.group))
    diseased = {p.group for p in found if p.disease}
    return [p for p in found if p.disease or p.group not in diseased]


def _same(one: Place, other: Place) -> bool:
    return one.within(other.name) or other.within(one.name)


def _line_counts(text: str) -> set[int]:
    found = (a or b for a, b in _LINES.findall(text))
    return {_COUNTS.get(word.lower()) or int(word) for word in found}
