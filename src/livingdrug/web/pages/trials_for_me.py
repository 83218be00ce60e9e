"""*Could it be for me?* for a list of trials: each question answered yes, no or ask, with its sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from livingdrug.errors import LivingDrugError
from livingdrug.registry.reports.cards import cards
from livingdrug.registry.reports.for_me import ForMe, Person, could_it_be
from livingdrug.registry.search.request import Request as Search
from livingdrug.registry.search.search import Result, search
from livingdrug.web.pages._asked import KM, only, whole
from livingdrug.web.pages._for_me import ANSWERS, HEADERS, person, said
from livingdrug.web.pages._mirror import Mirror, PatientRoute, opened
from livingdrug.web.paper import page

if TYPE_CHECKING:
    from livingdrug.registry.search.index import Index

router = APIRouter(include_in_schema=False, route_class=PatientRoute)

PER_PAGE = 10
LOOKED_AT = 60
"""Trials read for one answer; the best of them stand first"""


@router.get("/trials/for-me")
def for_me(request: Request) -> Response:
    """The open trials that a person's answers fit best; nothing of it is kept."""
    mirror = opened(request)
    given = {name: listed[0] for name, listed in only(request.query_params, *ANSWERS, "page").items()}
    number = whole(given.get("page", "1"), "page", 1, LOOKED_AT // PER_PAGE)
    title = "Could it be for me?"
    known: dict[str, Any] = {"answers": said(given), "link": _link(given), "km": KM}
    shared: dict[str, Any] = {**known, "coverage": mirror.coverage(), "title": title}
    blank: dict[str, Any] = {"found": None, "shown": [], "place_note": "", "pages": 1, "page": number, "problem": None}
    try:
        who, note = person(mirror.store, given)
        if not who.says:
            return page(request.scope, "trials_for_me.html", **shared, **blank)
        with mirror.index() as index:
            found, answered = answers_for(mirror, index, who, given.get("near", ""))
    except LivingDrugError as problem:
        made = page(request.scope, "trials_for_me.html", status=422, **shared, **{**blank, "problem": problem})
        made.headers.update(HEADERS)
        return made
    begin = PER_PAGE * (number - 1)
    part = answered[begin : begin + PER_PAGE]
    ids = {one.study for one in part}
    listed = {c.study.id: c for c in cards(mirror.store, [s for s in found.studies if s.id in ids])}
    made = page(
        request.scope,
        "trials_for_me.html",
        **shared,
        **{
            **blank,
            "found": found,
            "shown": [(listed[one.study], one) for one in part],
            "place_note": note,
            "pages": max(1, -(-len(answered) // PER_PAGE)),
        },
    )
    made.headers.update(HEADERS)
    return made


def _link(given: dict[str, str]) -> Callable[[int], str]:
    """The address of another page of the same answers."""
    return lambda number: f"/trials/for-me?{urlencode({**given, 'page': number})}"


def answers_for(mirror: Mirror, index: Index, who: Person, near: str = "") -> tuple[Result, list[ForMe]]:
    """The open trials of the condition, near the place where one is named; those with fewest noes first."""
    asked = Search(text=who.condition, status=("RECRUITING", "NOT_YET_RECRUITING"), silent=True, limit=LOOKED_AT)
    if who.point:
        asked = replace(asked, near=f"{who.point[0]},{who.point[1]},{who.within:g}")
    if who.sex:
        asked = replace(asked, sex=who.sex)
    if who.age is not None:
        asked = replace(asked, age=who.age)
    found = search(mirror.store, asked, index=index)
    read = [could_it_be(study, who) for study in mirror.store.readings(s.id for s in found.studies)]
    read.sort(key=lambda one: (one.counts()["no"], -one.counts()["yes"]))  # keeps the order of the search among equals
    return found, read
