"""The search for trials in people: words, facets, places, pages of cards, and the same list as a file."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from livingdrug.errors import LivingDrugError
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.reports import tables
from livingdrug.registry.reports.cards import cards
from livingdrug.registry.search.index import Index
from livingdrug.registry.search.query import understood
from livingdrug.registry.search.request import Request as Search
from livingdrug.registry.search.search import Result, search, wanted
from livingdrug.web.pages._asked import KM, PER_PAGE, Asked, asked
from livingdrug.web.pages._facets import COUNTED, HEADINGS, Facet, changed, facets
from livingdrug.web.pages._mirror import Mirror, PatientRoute, opened
from livingdrug.web.paper import page
from livingdrug.web.refused import Refused

router = APIRouter(include_in_schema=False, route_class=PatientRoute)

SORTS = {
    "relevance": "best match",
    "distance": "nearest",
    "updated": "last changed",
    "start": "latest start",
    "posted": "newest",
    "enrollment": "most people",
}
MOST_EXPORTED = 20_000
FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ris": "application/x-research-info-systems",
}


@router.get("/trials")
def trials(request: Request) -> Response:
    """The list of trials that answer, with its facets."""
    mirror = opened(request)
    said = asked(request.query_params)
    given: dict[str, Any] = {"asked": said, "coverage": mirror.coverage(), "km": KM, "sorts": SORTS}
    try:
        with mirror.index() as index:
            found, choices = _found(mirror, index, said.request)
            given |= {"without": _without(mirror.store, index, said) if not found.total else []}
    except RegistryError as problem:
        return page(request.scope, "trials.html", status=422, title="Trials in people", problem=problem, **given)
    title = f"Trials: {said.request.text}" if said.request.text else "Trials in people"
    return page(
        request.scope,
        "trials.html",
        title=title,
        about="Search the registered trials in plain words.",
        problem=None,
        result=found,
        cards=cards(mirror.store, found.studies, said.request.text),
        facets=choices,
        chosen=_chosen(said, choices),
        meant=_meant(said.request.text),
        pages=max(1, -(-found.total // PER_PAGE)),
        **given,
    )


def _found(mirror: Mirror, index: Index, asked_for: Search) -> tuple[Result, tuple[Facet, ...]]:
    found = search(mirror.store, asked_for, index=index, facets=COUNTED)
    return found, facets(mirror.store, index, asked_for, found)


def _meant(text: str) -> list[str]:
    """The names under which the words were understood, where these are others."""
    names = [c.known_as for c in understood(text).wanted if c.known_as]
    return [n for n in dict.fromkeys(names) if n.lower() not in text.lower()]


def _chosen(said: Asked, choices: tuple[Facet, ...]) -> list[tuple[str, str, str]]:
    """(heading, value in words, address without it) of what narrows the list."""
    words = {(f.name, c.value.lower()): c.words for f in choices for c in (*f.choices, *f.rest)}
    found = []
    for name in said.filters:
        if name in ("text", "near"):
            continue
        value = getattr(said.request, name)
        for one in value if isinstance(value, tuple) else (value,):
            kept = tuple(v for v in value if v != one) if isinstance(value, tuple) else type(value)()
            less = replace(said, request=changed(said.request, name, kept))
            heading = HEADINGS.get(name, (name.replace("_", " ").capitalize(), str))[0]
            found.append((heading.rstrip("?"), words.get((name, str(one).lower()), str(one)), less.link("/trials")))
    return found


def _without(store: Store, index: Index, said: Asked) -> list[tuple[str, int, str]]:
    """Where nothing is found: (what to leave out, trials that are found then, address), the most first."""
    found = []
    for name in said.filters[:8]:
        blank = getattr(Search(), name)
        less = replace(said, request=changed(said.request, name, blank), page=1)
        less = replace(less, near="", within="") if name == "near" else less
        try:
            n = index.search(wanted(store, less.request), 0).total
        except LivingDrugError:
            continue
        if n:
            what = {"text": "the words", "near": "the place"}.get(
                name, HEADINGS.get(name, (name.replace("_", " "), str))[0]
            )
            found.append((what, n, less.link("/trials")))
    return sorted(found, key=lambda one: -one[1])


@router.get("/trials/export")
def export(request: Request) -> Response:
    """The whole list as CSV, JSON, workbook or RIS, with the same address as the page."""
    mirror = opened(request)
    said = asked(request.query_params, ("format",))
    kind = said.get("format") or "csv"
    if kind not in FORMATS:
        raise Refused(422, f"'{kind[:30]}' is no form of a list", where="format", allowed=FORMATS, given=kind)
    with mirror.index() as index:
        found = search(mirror.store, replace(said.request, limit=MOST_EXPORTED, offset=0), index=index)
    if found.total > MOST_EXPORTED:
        what = f"{found.total:,} trials are more than one file may hold here"
        raise Refused(
            422,
            what,
            allowed=f"{MOST_EXPORTED:,}",
            mend="narrow the list, or use the command line, which has no such limit",
        )
    headers = {"Content-Disposition": f'attachment; filename="trials.{kind}"', "Cache-Control": "no-cache"}
    if kind == "json":
        return JSONResponse(found.as_json(), headers=headers)
    body = (
        _workbook(found, said) if kind == "xlsx" else (tables.as_ris if kind == "ris" else tables.as_csv)(found.studies)
    )
    return Response(body, media_type=FORMATS[kind], headers=headers)


def _workbook(found: Result, said: Asked) -> bytes:
    """The list as a workbook; raises Refused (422) where its library is not installed."""
    what = "; ".join(f"{n}: {v}" for n, v in said.pairs()) or "no filter"
    about = (
        f"{found.total:,} studies for {what}. Read from the copy of the registries on {date.today()};"
        " the data belong to the registries. Not medical advice."
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trials.xlsx"
        try:
            tables.write_xlsx(found.studies, path, about)
        except RegistryError as problem:
            raise Refused(422, problem.what, mend="take the list as CSV instead") from None
        return path.read_bytes()
