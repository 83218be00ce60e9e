"""Searching the mirror: what a person asks, and the studies that answer, newest knowledge included."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from livingdrug.errors import nearest
from livingdrug.registry.classify.disease import tree
from livingdrug.registry.classify.targets import antigens
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.countries import country, known_countries, plain_letters
from livingdrug.registry.records.dates import partial_date
from livingdrug.registry.records.study import PHASES, STATUSES
from livingdrug.registry.search.document import COUNTED, Labels
from livingdrug.registry.search.engine import Wanted
from livingdrug.registry.search.geo import place, studies_near
from livingdrug.registry.search.index import Index, Progress, fresh
from livingdrug.registry.search.query import understood
from livingdrug.registry.terms.synonyms import key, meaning

SORTS = ("relevance", "updated", "start", "posted", "enrollment")
"""What --sort may say; all but relevance put the newest or largest first."""

OPEN = {"NOT_YET_RECRUITING", "RECRUITING", "ENROLLING_BY_INVITATION", "AVAILABLE"}
"""Statuses of studies that a person may join, now or soon; who asks for these means sites that are open too."""


@dataclass(frozen=True)
class Request:
    """A search as a person asks it; several values of one option are joined by `or`."""

    text: str = ""
    condition: str = ""
    intervention: str = ""
    sponsor: str = ""
    phase: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    disease: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    near: str = ""
    """LATITUDE,LONGITUDE,KILOMETRES"""
    age: float | None = None
    """A person of this age may join [year]"""
    sex: str = ""
    since: str = ""
    """Updated on or after this day"""
    sort: str = "relevance"
    limit: int = 20
    offset: int = 0


@dataclass(frozen=True)
class FoundStudy:
    """One study in the list of a search."""

    id: str
    title: str
    status: str
    phases: tuple[str, ...]
    conditions: tuple[str, ...]
    interventions: tuple[str, ...]
    sponsor: str
    countries: tuple[str, ...]
    start: str
    updated: str
    enrollment: int | None
    kind: str
    targets: tuple[str, ...]
    diseases: tuple[str, ...]
    source: str
    products: tuple[str, ...]
    url: str
    also: tuple[str, ...] = ()
    """records of the same trial in other registries"""
    km: float | None = None
    """distance of the nearest site, where a place was asked for [km]"""


@dataclass(frozen=True)
class Result:
    """The answer to a search."""

    total: int
    """all hits; `studies` holds only the first of them"""
    studies: tuple[FoundStudy, ...]
    facets: dict[str, dict[str, int]] = field(default_factory=dict)
    engine: str = ""
    faults: dict[str, str] = field(default_factory=dict)
    """studies of the mirror that could not be read whole -> why"""

    def as_json(self) -> dict[str, Any]:
        """The answer for machines."""
        return {
            "total": self.total,
            "studies": [asdict(s) for s in self.studies],
            "facets": self.facets,
            "engine": self.engine,
            "faults": self.faults,
        }


def search(
    store: Store,
    request: Request,
    *,
    engine: str | None = None,
    progress: Progress | None = None,
    index: Index | None = None,
) -> Result:
    """Finds studies and counts facets over all hits.

    Raises RegistryError for an option that cannot be meant. An index that is missing or stale is made first.
    """
    near = _near(store, request)
    asked = _wanted(store, request, near)
    index = index or fresh(store, engine, progress)
    hits = index.search(asked, max(0, request.limit), max(0, request.offset), COUNTED)
    labels = dict(index.labels(hits.ids))
    rows = [_found(store, i, labels.get(i, Labels()), near) for i in hits.ids]
    return Result(hits.total, tuple(rows), hits.facets, index.engine.name, index.faults())


def wanted(store: Store, request: Request) -> Wanted:
    """A request in terms of the index."""
    return _wanted(store, request, _near(store, request))


def _near(store: Store, request: Request) -> dict[str, float] | None:
    if not request.near:
        return None
    asked = {_named(v, STATUSES, "status", "--status") for v in request.status}
    return studies_near(store, *place(request.near), statuses=asked if asked and asked <= OPEN else None)


def _wanted(store: Store, request: Request, near: dict[str, float] | None) -> Wanted:
    exact = {
        "status": tuple(_named(v, STATUSES, "status", "--status") for v in request.status),
        "phase": tuple(p for v in request.phase for p in _phases(v)),
        "target": tuple(_target(v) for v in request.target),
        "disease": tuple(_disease(v) for v in request.disease),
        "country": tuple(_country(store, v) for v in _clean(request.country)),
        "kind": _clean(request.kind),
        "sex": ("ALL", _named(request.sex, ("FEMALE", "MALE", "ALL"), "sex", "--sex")) if request.sex else (),
    }
    ranges: dict[str, tuple[float | None, float | None]] = {}
    if request.age is not None:
        if not 0 <= request.age < 150:
            raise RegistryError(
                f"{request.age} is no age", where="--age", allowed="years from 0 to 150, 0.5 for six months"
            )
        ranges |= {"minimum_age": (None, request.age), "maximum_age": (request.age, None)}
    if request.since:
        since = partial_date(request.since)
        if since is None:
            raise RegistryError(f"'{request.since}' is no date", where="--since", allowed="2026-08-01, 2026-08 or 2026")
        ranges["updated"] = (float(since.first.replace("-", "")), None)
    if request.sort not in SORTS:
        raise RegistryError(
            f"cannot sort by '{request.sort}'", where="--sort", allowed=SORTS, nearest=nearest(request.sort, SORTS)
        )
    within = {name: understood(t) for name in ("condition", "intervention", "sponsor") if (t := getattr(request, name))}
    return Wanted(
        query=understood(request.text),
        exact={name: values for name, values in exact.items() if values},
        within={name: query for name, query in within.items() if query},
        ranges=ranges,
        ids=None if near is None else frozenset(near),
        sort=request.sort,
    )


def _clean(values: tuple[str, ...]) -> tuple[str, ...]:
    """Values without what no text file can hold."""
    return tuple(v.encode("utf-8", "replace").decode() for v in values)


def _country(store: Store, given: str) -> str:
    """A country by any of its names."""
    found = country(given)
    if found in known_countries():
        return found
    names = {country(n) for (n,) in store.connect().execute("SELECT DISTINCT name FROM country")}
    by_letters = {plain_letters(n): n for n in names}
    if plain_letters(given) in by_letters:
        return by_letters[plain_letters(given)]
    raise RegistryError(
        f"no study of the mirror has a site in '{given}'",
        where="--country",
        allowed=sorted(names),
        given=given,
    )


def _named(given: str, allowed: Iterable[str], kind: str, where: str) -> str:
    """The registry's word for a status or sex, however it is written."""
    names = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in allowed}
    found = names.get(re.sub(r"[^a-z0-9]", "", given.lower()))
    if found is None:
        raise RegistryError(
            f"unknown {kind} '{given}'",
            where=where,
            allowed=names.values(),
            nearest=nearest(given.upper(), names.values()),
        )
    return found


def _phases(given: str) -> tuple[str, ...]:
    """`2`, `phase 2`, `PHASE2`, `early 1`, `1/2` (either) or `NA` in the registry's words."""
    text = re.sub(r"[\s_]|phase", "", given.lower())
    if text in ("notstated", "none"):
        return ("not stated",)
    names = {"early1": "EARLY_PHASE1", "0": "EARLY_PHASE1", "na": "NA", **{str(n): f"PHASE{n}" for n in range(1, 5)}}
    roman = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
    found = [names.get(roman.get(part, part)) for part in re.split(r"[/|,-]", text)]
    if not found or None in found:
        raise RegistryError(
            f"unknown phase '{given}'", where="--phase", allowed=[*PHASES, "1", "2", "1/2", "not stated"]
        )
    return tuple(f for f in found if f)


def _phase_order(phase: str) -> tuple[bool, int, str]:
    """Phases in their order, words that no registry had so far last."""
    return (phase not in PHASES, PHASES.index(phase) if phase in PHASES else 0, phase)


def _target(given: str) -> str:
    """An antigen by any of its names: CD276 is B7-H3."""
    synonym = meaning(given)
    if synonym and synonym.kind == "antigen":
        return synonym.name
    known = {key(name): name for name in antigens()}
    if key(given) in known:
        return known[key(given)]
    raise RegistryError(
        f"unknown antigen '{given}'",
        where="--target",
        allowed=sorted(known.values()),
        nearest=nearest(given, known.values()),
    )


def _disease(given: str) -> str:
    """A branch, group or disease of the tree by any of its names."""
    names = {key(p.name): p.name for p in tree()}
    synonym = meaning(given)
    found = names.get(key(given)) or (synonym.name if synonym and synonym.kind == "disease" else None)
    if found is None:
        raise RegistryError(
            f"unknown disease '{given}'",
            where="--disease",
            allowed=sorted(set(names.values())),
            nearest=nearest(given, names.values()),
            mend="or look for the words themselves: --condition",
        )
    return found


def _found(store: Store, study: str, labels: Labels, near: dict[str, float] | None) -> FoundStudy:
    db = store.connect()
    title, status, sponsor, start, updated, enrollment, url = db.execute(
        "SELECT title, status, sponsor, start, updated, enrollment, url FROM study WHERE id = ?", (study,)
    ).fetchone()

    def names(query: str) -> tuple[str, ...]:
        return tuple(n for (n,) in db.execute(query, (study,)) if n)

    return FoundStudy(
        id=study,
        title=title or "",
        status=status or "",
        phases=tuple(sorted(names("SELECT name FROM phase WHERE study = ?"), key=_phase_order)),
        conditions=names("SELECT name FROM condition WHERE study = ? AND kind = 'stated' ORDER BY position"),
        interventions=names("SELECT name FROM intervention WHERE study = ? ORDER BY position"),
        sponsor=sponsor or "",
        countries=names("SELECT name FROM country WHERE study = ? ORDER BY name"),
        start=start or "",
        updated=updated or "",
        enrollment=enrollment,
        kind=labels.kind,
        targets=labels.targets,
        diseases=labels.diseases,
        source=labels.source,
        products=labels.products,
        url=url,
        also=tuple(i for i in store.same_trial(study) if i != study),
        km=round(near[study], 1) if near and study in near else None,
    )
