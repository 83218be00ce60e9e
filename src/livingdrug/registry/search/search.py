"""Searching the mirror: the studies that answer a person's question, newest knowledge included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.study import PHASES
from livingdrug.registry.search.document import COUNTED, Labels
from livingdrug.registry.search.engine import Hits, Wanted
from livingdrug.registry.search.geo import NearSite, studies_near
from livingdrug.registry.search.index import Index, Progress, fresh
from livingdrug.registry.search.places import around
from livingdrug.registry.search.request import OPEN, Request, status, understood_request
from livingdrug.registry.search.suggest import Suggestion, suggestions

__all__ = ["FoundStudy", "Request", "Result", "search", "wanted"]


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
    completion: str = ""
    results: bool | None = None
    """whether results are posted; None where the record does not say"""
    costimulation: str = ""
    generation: str = ""
    sponsor_type: str = ""
    also: tuple[str, ...] = ()
    """records of the same trial in other registries"""
    km: float | None = None
    """distance of the nearest site, where a place was asked for [km]"""
    site: NearSite | None = None
    """the nearest site that counts, where a place was asked for"""


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
    suggestions: tuple[Suggestion, ...] = ()
    """what may have been meant, where words are misspelt"""
    notes: tuple[str, ...] = ()
    """how the question was taken, where it left room"""

    def as_json(self) -> dict[str, Any]:
        """The answer for machines."""
        return {
            "total": self.total,
            "studies": [asdict(s) for s in self.studies],
            "facets": self.facets,
            "engine": self.engine,
            "faults": self.faults,
            "suggestions": [asdict(s) for s in self.suggestions],
            "notes": list(self.notes),
        }


def search(
    store: Store,
    request: Request,
    *,
    engine: str | None = None,
    progress: Progress | None = None,
    index: Index | None = None,
    facets: tuple[str, ...] = COUNTED,
) -> Result:
    """Finds studies and counts facets over all hits.

    Raises RegistryError for an option that cannot be meant. An index that is missing or stale is made first.
    """
    near, shut, said = _near(store, request)
    asked, notes = understood_request(store, request, near)
    index = index or fresh(store, engine, progress)
    hits = _hits(index, request, asked, near, facets)
    labels = dict(index.labels(hits.ids))
    rows = found_studies(store, hits.ids, labels, near)
    meant = _suggestions(index, request, asked, hits.total)
    if shut and (closed := index.search(replace(asked, ids=frozenset(shut)), 1)).total:
        notes = (*notes, _closed(closed.total, closed.ids[0], shut[closed.ids[0]]))
    if silent := _silent(store, request, near, index, hits.total):
        notes = (*notes, silent)
    return Result(
        hits.total,
        tuple(rows),
        hits.facets,
        index.engine.name,
        index.faults(),
        meant,
        tuple(n for n in (said, *notes) if n),
    )


def _hits(
    index: Index, request: Request, asked: Wanted, near: dict[str, NearSite] | None, facets: tuple[str, ...]
) -> Hits:
    """The part of the hits that is asked for; by distance, all are found first and the nearest taken."""
    limit, offset = (min(max(0, asked_for), ALL) for asked_for in (request.limit, request.offset))
    if request.sort != "distance":
        return index.search(asked, limit, offset, facets)
    if near is None:
        raise RegistryError(
            "only what is near a place has a distance", where="--sort distance", mend="name the place: --near PLACE,KM"
        )
    every = index.search(asked, ALL, 0, facets)
    return replace(every, ids=tuple(sorted(every.ids, key=lambda i: (near[i].km, i)))[offset : offset + limit])


ALL = 10_000_000
"""More studies than any registry has: a limit that cuts nothing"""


def everything(
    store: Store,
    request: Request,
    *,
    engine: str | None = None,
    progress: Progress | None = None,
    index: Index | None = None,
) -> tuple[str, ...]:
    """The ids of all studies that answer, in the order asked for (by distance: in that of relevance)."""
    return (index or fresh(store, engine, progress)).search(wanted(store, request), ALL).ids


def wanted(store: Store, request: Request) -> Wanted:
    """A request in terms of the index."""
    return understood_request(store, request, _near(store, request)[0])[0]


def _suggestions(index: Index, request: Request, asked: Wanted, total: int) -> tuple[Suggestion, ...]:
    for name in ("", *asked.within):
        if found := suggestions(index, getattr(request, name or "text"), asked, total, name):
            return found
    return ()


_FEW = 20
"""Hits up to which it is told how many more say nothing of who may join"""


def _silent(
    store: Store, request: Request, near: Mapping[str, NearSite] | None, index: Index, total: int
) -> str:  # fmt: skip
    """That studies were left out as their records do not say who may join, where hardly any other is found."""
    if request.silent or total > _FEW or not (request.age is not None or request.age_group or request.sex):
        return ""
    with_them = index.search(understood_request(store, replace(request, silent=True), near)[0], 0).total
    if not (more := with_them - total):
        return ""
    those = "1 study that does" if more == 1 else f"{more:,} studies that do"
    return f"left out: {those} not say who may join (age, sex): to be asked"


def _near(store: Store, request: Request) -> tuple[dict[str, NearSite] | None, dict[str, NearSite], str]:
    """The studies near the place asked for, those with sites there that are not open only, and how it was taken."""
    if not request.near:
        return None, {}, ""
    asked = {status(store, v) for v in request.status}
    place = around(store, request.near)
    where = (place.latitude, place.longitude, place.within)
    if not asked or not asked <= OPEN:
        return studies_near(store, *where), {}, place.note
    found = studies_near(store, *where, statuses=asked)
    shut = {study: site for study, site in studies_near(store, *where).items() if study not in found}
    return found, shut, place.note


def _closed(studies: int, first: str, site: NearSite) -> str:
    """That open studies were left out because their sites here are not."""
    where = ", ".join(part for part in (site.facility, site.city) if part) or site.country
    state = site.status.replace("_", " ").lower()
    others = f" and {studies - 1:,} more" if studies > 1 else ""
    return f"left out as its site here is not open: {first} ({where}: {state}){others}"


def _phase_order(phase: str) -> tuple[bool, int, str]:
    """Phases in their order, words that no registry had so far last."""
    return (phase not in PHASES, PHASES.index(phase) if phase in PHASES else 0, phase)


def found_studies(
    store: Store, ids: Sequence[str], labels: Mapping[str, Labels], near: Mapping[str, NearSite] | None = None
) -> list[FoundStudy]:
    """The rows of a list, in the order of the ids: a handful of questions to the mirror, however long the list."""
    facts = {row[0]: row[1:] for row in _rows(store, f"SELECT id, {_FACTS} FROM study WHERE id IN ({{}})", ids)}
    phases = _names(store, "SELECT study, name FROM phase WHERE study IN ({})", ids)
    conditions = _names(
        store, "SELECT study, name FROM condition WHERE study IN ({}) AND kind = 'stated' ORDER BY study, position", ids
    )
    interventions = _names(
        store, "SELECT study, name FROM intervention WHERE study IN ({}) ORDER BY study, position", ids
    )
    countries = _names(store, "SELECT study, name FROM country WHERE study IN ({}) ORDER BY study, name", ids)
    trials = {i: facts[i][9] for i in ids}
    records = _names(store, "SELECT trial, id FROM study WHERE trial IN ({}) ORDER BY id", list(set(trials.values())))
    found = []
    for i in ids:
        title, status, sponsor, start, updated, enrollment, url, completion, results, _ = facts[i]
        said, site = labels.get(i, Labels()), near.get(i) if near else None
        found.append(
            FoundStudy(
                id=i,
                title=title or "",
                status=status or "",
                phases=tuple(sorted(phases.get(i, ()), key=_phase_order)),
                conditions=conditions.get(i, ()),
                interventions=interventions.get(i, ()),
                sponsor=sponsor or "",
                countries=countries.get(i, ()),
                start=start or "",
                updated=updated or "",
                enrollment=enrollment,
                kind=said.kind,
                targets=said.targets,
                diseases=said.diseases,
                source=said.source,
                products=said.products,
                url=url,
                completion=completion or "",
                results=None if results is None else bool(results),
                costimulation=said.costimulation,
                generation=said.generation,
                sponsor_type=said.sponsor_type,
                also=tuple(other for other in records.get(trials[i], ()) if other != i),
                km=round(site.km, 1) if site else None,
                site=replace(site, km=round(site.km, 1)) if site else None,
            )
        )
    return found


_FACTS = (
    "title, status, sponsor, start, updated, enrollment, url, coalesce(completion, primary_completion), has_results,"
    " trial"
)
_AT_ONCE = 500
"""Studies asked for in one question to the mirror"""


def _rows(store: Store, query: str, ids: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """The rows of a query with `{}` where the ids stand."""
    for begin in range(0, len(ids), _AT_ONCE):
        part = ids[begin : begin + _AT_ONCE]
        yield from store.connect().execute(query.format(", ".join("?" * len(part))), part)


def _names(store: Store, query: str, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Study -> its names, in the order of the query."""
    found: dict[str, list[str]] = {}
    for study, name in _rows(store, query, ids):
        if name:
            found.setdefault(study, []).append(name)
    return {study: tuple(names) for study, names in found.items()}
