"""What changed between two versions of a record, field by field, and how far it can be trusted.

Two kinds are marked. A *silent* change came without a new date of last update: the registry itself made it (a
status that lapsed to UNKNOWN, a renamed sponsor, a reference added by the library). A *doubtful* change is one that no
registry makes: a start date that vanishes, any date that vanishes or comes without a new date of last update, one that
comes back as it was. It is kept, and left out of the feed unless asked for.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from livingdrug.registry.records.countries import country, plain_letters
from livingdrug.registry.records.dates import PartialDate
from livingdrug.registry.records.read import read
from livingdrug.registry.records.study import Arm, Intervention, Outcome, Record, Site, Study

KINDS = (
    "new", "removed", "returned", "status", "phase", "enrollment", "dates", "sites", "countries", "sponsor", "title",
    "conditions", "interventions", "arms", "outcomes", "eligibility", "description", "design", "results", "references",
    "documents", "identifiers", "access", "sharing", "contacts", "verified", "record",
)  # fmt: skip
"""Kinds of change. `verified`: only the date of the last check moved; `record`: the registry's own bookkeeping."""

QUIET = ("verified", "contacts", "record")
"""Kinds that the feed leaves out unless they are asked for by name."""

_FIELDS = {
    "status": "status why_stopped",
    "phase": "phases",
    "enrollment": "enrollment",
    "dates": "start primary_completion completion",
    "sites": "sites",
    "countries": "countries",
    "sponsor": "sponsors",
    "title": "title official_title acronym",
    "conditions": "conditions keywords",
    "interventions": "interventions",
    "arms": "arms",
    "outcomes": "outcomes",
    "eligibility": "sex minimum_age maximum_age healthy_volunteers eligibility",
    "description": "summary description",
    "design": "study_type",
    "results": "has_results results_posted",
    "identifiers": "identifiers aliases",
}

_PLACES = {
    "protocolSection.statusModule.expandedAccessInfo": "access",
    "protocolSection.statusModule.disp": "results",
    "protocolSection.statusModule.results": "results",
    "protocolSection.statusModule.lastUpdate": "verified",
    "protocolSection.statusModule.statusVerified": "verified",
    "protocolSection.statusModule.lastKnownStatus": "status",
    "protocolSection.statusModule.overallStatus": "status",
    "protocolSection.statusModule": "dates",
    "protocolSection.identificationModule": "title",
    "protocolSection.identificationModule.org": "sponsor",
    "protocolSection.identificationModule.secondaryId": "identifiers",
    "protocolSection.identificationModule.nctIdAliases": "identifiers",
    "protocolSection.designModule.enrollmentInfo": "enrollment",
    "protocolSection.designModule.phases": "phase",
    "protocolSection.sponsorCollaboratorsModule.responsibleParty": "contacts",
    "protocolSection.sponsorCollaboratorsModule": "sponsor",
    "protocolSection.descriptionModule": "description",
    "protocolSection.conditionsModule": "conditions",
    "protocolSection.armsInterventionsModule": "arms",
    "protocolSection.armsInterventionsModule.interventions": "interventions",
    "protocolSection.outcomesModule": "outcomes",
    "protocolSection.eligibilityModule": "eligibility",
    "protocolSection.contactsLocationsModule.locations": "sites",
    "protocolSection.contactsLocationsModule": "contacts",
    "protocolSection.referencesModule": "references",
    "protocolSection.ipdSharingStatementModule": "sharing",
    "protocolSection": "design",
    "resultsSection": "results",
    "annotationSection": "results",
    "documentSection": "documents",
    "hasResults": "results",
    "derivedSection.miscInfoModule.submissionTracking": "results",
    "derivedSection.miscInfoModule.removedCountries": "countries",
    "derivedSection.miscInfoModule.versionHolder": "",
}
"""Where in a v2 record a change that the reading does not show lies -> its kind; the longest match counts."""


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


def compare(
    before: Record,
    after: Record,
    last_stated: Callable[[str], str | None] = lambda field: None,
    *,
    now: Study | None = None,
) -> list[Change]:
    """The changes from one version of a record to the next.

    last_stated: tells the value a date had before it vanished in doubt, so that its return is not taken for news.
    now: the reading of the later version, where it is at hand.
    """
    a, b = read(before), now or read(after)
    silent = a.updated == b.updated
    b, renamed = _respelt(a, b)
    changes = [Change(kind, field, was, now, silent) for kind, field, was, now in renamed]
    changes += [
        Change(kind, field, *texts, silent)
        for kind, fields in _FIELDS.items()
        for field in fields.split()
        if (texts := _differing(field, a, b))
    ]
    if moved := _site_status(a, b):
        changes.append(Change("sites", "site status", *moved, silent))
    changes = [_weighed(c, last_stated) if c.kind == "dates" else c for c in changes]
    kinds = {c.kind for c in changes} | {kind for kind, *_ in renamed}
    for place in sorted(_changed_places(before, after)):
        kind = _kind_of(place, before, after)
        if kind and kind not in kinds:
            kinds.add(kind)
            changes.append(Change(kind, place, None, None, silent))
    loud = [c for c in changes if c.kind != "verified"]
    return loud or changes or [Change("record", "order", None, None, silent)]


def _respelt(a: Study, b: Study) -> tuple[Study, list[tuple[str, str, str, str]]]:
    """The later version in the earlier spelling of countries and sites, and what was respelt: kind, field, both."""
    countries = {country(c): c for c in a.countries}
    moved = {c: countries[country(c)] for c in b.countries if countries.get(country(c), c) != c}
    places = {_place(site): site for site in a.sites}
    sites = tuple(
        replace(site, facility=was.facility, city=was.city, state=was.state, country=was.country)
        if (was := places.get(_place(site)))
        else site
        for site in b.sites
    )
    renamed = []
    if moved:
        renamed.append(("countries", "countries renamed", "\n".join(moved.values()), "\n".join(moved)))
    respelt = [
        (was, now)
        for was, now in zip(sites, b.sites, strict=True)
        if replace(was, country="", status=None) != replace(now, country="", status=None)
    ]
    if respelt:
        before, after = (_listed(column) for column in zip(*respelt, strict=True))
        renamed.append(("sites", "sites respelt", before, after))
    return replace(b, sites=sites, countries=tuple(dict.fromkeys(moved.get(c, c) for c in b.countries))), renamed


def _listed(sites: Iterable[Site]) -> str:
    return "\n".join(_label(replace(site, status=None)) or "" for site in sites)


def _place(site: Site) -> tuple[str, ...]:
    """What a site is called, without what is free in writing."""
    return (*(plain_letters(t or "") for t in (site.facility, site.city, site.state)), country(site.country or ""))


def _weighed(change: Change, last_stated: Callable[[str], str | None]) -> Change:
    """A change of a date, with the reason to doubt it if there is one."""
    if change.after is None:
        if change.silent or change.field == "start":
            return replace(change, doubt="a date that vanishes: registries move dates, they do not withdraw them")
        return change
    if change.before is None:
        earlier = last_stated(change.field)
        if earlier == change.after:
            return replace(change, doubt="a date that vanished is back as it was")
        if change.silent:
            return replace(change, doubt="a date that comes without a new date of last update")
        return replace(change, before=earlier)
    return change


def _differing(field: str, a: Study, b: Study) -> tuple[str | None, str | None] | None:
    """What a field said before and says now, shortened to what differs; None when it says the same."""
    x, y = getattr(a, field), getattr(b, field)
    if x == y and field != "enrollment":
        return None
    if field == "enrollment":
        x, y = (_stated(s.enrollment_stated, s.enrollment_type) for s in (a, b))
    if field == "sites":
        x, y = (tuple(replace(site, status=None) for site in sites) for sites in (x, y))
    if isinstance(x, tuple):
        old, new = (Counter(filter(None, map(_name, members))) for members in (x, y))
        reworded = Counter(x) != Counter(y)
        return (_lines(old - new), _lines(new - old)) if old != new or reworded else None
    x, y = _label(x), _label(y)
    if x == y:
        return None
    return _excerpt(x, y) if x and y and len(x) + len(y) > 400 else (x, y)


def _name(value: Any) -> str | None:
    """What a member of a list is called; how it is described does not count."""
    if isinstance(value, Arm | Intervention | Outcome):
        return next(iter(vars(value).values())) or value.description
    return _label(value)


def _label(value: Any) -> str | None:
    """A value in one line."""
    if isinstance(value, PartialDate):
        return _stated(value.text, value.type)
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "yes" if value else "no"
    shown = {k: v for k, v in vars(value).items() if v and k not in ("latitude", "longitude")}
    note = shown.pop("status", None) or shown.pop("type", None)
    parts = [", ".join(v) if isinstance(v, tuple) else str(v) for v in shown.values()]
    return _stated(", ".join(parts), note)


def _stated(text: str | None, note: str | None) -> str | None:
    return f"{text} ({note})" if text and note else text


def _site_status(a: Study, b: Study) -> tuple[str, str] | None:
    """The sites that are in both versions with another status, in the same order before and after."""
    if a.sites == b.sites:
        return None
    before, after = ({_label(replace(s, status=None)): s.status for s in study.sites} for study in (a, b))
    moved = [s for s in after if s in before and before[s] != after[s]]
    if not moved:
        return None
    return tuple("\n".join(f"{s} ({of[s] or 'no status'})" for s in moved) for of in (before, after))  # type: ignore[return-value]


def _lines(labels: Counter[str]) -> str | None:
    return "\n".join(sorted(labels.elements())) or None


def _excerpt(x: str, y: str, around: int = 40) -> tuple[str, str]:
    """The parts of two long texts that differ, with a few words around."""
    start = next((i for i, (p, q) in enumerate(zip(x, y, strict=False)) if p != q), min(len(x), len(y)))
    shared = min(len(x), len(y)) - start
    end = next((i for i in range(shared) if x[-1 - i] != y[-1 - i]), shared)
    start, end = max(0, start - around), max(0, end - around)
    return tuple(  # type: ignore[return-value]
        ("... " if start else "") + t[start : len(t) - end] + (" ..." if end else "") for t in (x, y)
    )


def _changed_places(a: Any, b: Any, path: str = "", depth: int = 0) -> set[str]:
    """Dotted paths, at most four deep, at which two records differ; the order of a list does not count."""
    if a == b or (isinstance(a, list) and isinstance(b, list) and sorted(map(_key, a)) == sorted(map(_key, b))):
        return set()
    if depth == 4 or not (isinstance(a, dict) and isinstance(b, dict)):
        return {path}
    return {
        p
        for key in a.keys() | b.keys()
        for p in _changed_places(a.get(key), b.get(key), f"{path}.{key}" if path else str(key), depth + 1)
    }


def _key(member: Any) -> str:
    return json.dumps(member, sort_keys=True)


def _kind_of(place: str, before: Record, after: Record) -> str:
    """The kind of a change that lies at a place of the raw record."""
    if place == "protocolSection.contactsLocationsModule.locations":
        if _raw_sites(before) == _raw_sites(after):
            return ""  # a country under another name
        if _raw_sites(before, "contacts") == _raw_sites(after, "contacts"):
            return "contacts"
    known = max((p for p in _PLACES if place.startswith(p)), key=len, default=None)
    return _PLACES[known] if known else "record"


def _raw_sites(record: Record, without: str = "") -> list[Any]:
    """The sites as received, each country under its one name, without one key."""
    sites = record["protocolSection"]["contactsLocationsModule"].get("locations")
    return [
        {k: country(v) if k == "country" and isinstance(v, str) else v for k, v in s.items() if k != without}
        if isinstance(s, dict)
        else s
        for s in (sites if isinstance(sites, list) else [])
    ]
