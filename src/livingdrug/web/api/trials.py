"""The trials in people as JSON: what `livingdrug trials ... --json` prints, under the same names.

Filters are those of the command line, by their names with underscores; the words to look for are `q`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from livingdrug.registry.reports.compare import compared, side_by_side
from livingdrug.registry.reports.feed import as_rows, events
from livingdrug.registry.reports.gaps import white_space
from livingdrug.registry.reports.overview import evidence
from livingdrug.registry.reports.portfolio import BY, portfolio
from livingdrug.registry.search.complete import completions
from livingdrug.registry.search.search import search as find
from livingdrug.web.pages._asked import FILTERS, MANY, asked, only, whole, yes
from livingdrug.web.pages._field import Span, chosen_changes
from livingdrug.web.pages._for_me import ANSWERS, HEADERS, person
from livingdrug.web.pages._mirror import MirrorRoute, opened
from livingdrug.web.pages.trials_for_me import answers_for
from livingdrug.web.pages.trials_one import known
from livingdrug.web.refused import Refused

router = APIRouter(prefix="/api/trials", tags=["trials in people"], route_class=MirrorRoute)

MOST_COMPLETIONS = 12


def _json(data: Any, headers: dict[str, str] | None = None) -> Response:
    """One JSON object, written as the command line writes it."""
    text = json.dumps(data, ensure_ascii=False, default=str)
    return Response(text.encode("utf-8", "replace"), media_type="application/json", headers=headers)


def _takes(own: Mapping[str, tuple[str, str]], filters: bool = False) -> dict[str, Any]:
    """What an address takes, for the OpenAPI document. own: name -> (what it is, an example; empty: none);
    filters: whether it takes those of the search, too."""
    words: list[dict[str, Any]] = [
        {"name": name, "in": "query", "description": about,
         "schema": {"type": "string", **({"examples": [shown]} if shown else {})}}
        for name, (about, shown) in own.items()
    ]  # fmt: skip
    for name in FILTERS if filters else ():
        schema: Any = {"type": "array", "items": {"type": "string"}} if name in MANY else {"type": "string"}
        about = f"The filter --{name.replace('_', '-')} of `livingdrug trials search`."
        words.append({"name": name, "in": "query", "schema": schema, "description": about})
    return {"parameters": words}


WORDS = ("Words, in people's own language.", "")
PAGED = {"limit": ("How many to give, at most 1000.", ""), "offset": ("How many to pass over first.", "")}


@router.get("/search", openapi_extra=_takes({"q": WORDS, **PAGED}, filters=True))
def search(request: Request) -> Response:
    """Studies by words and filters, with counts of facets; `limit` (at most 1000) and `offset` page through them."""
    mirror = opened(request)
    said = asked(request.query_params, paging="offset")
    with mirror.index() as index:
        return _json(find(mirror.store, said.request, index=index).as_json())


@router.get(
    "/suggest", openapi_extra=_takes({"q": ("The beginning of a text.", "lymph"), "limit": ("How many to give.", "")})
)
def suggest(request: Request) -> Response:
    """What may be meant by the beginning of a text (`q`), for a search box."""
    mirror = opened(request)
    given = only(request.query_params, "q", "limit")
    text, most = given.get("q", [""])[0], whole(given.get("limit", ["8"])[0], "limit", 1, MOST_COMPLETIONS)
    with mirror.index() as index:
        found = completions(mirror.store, index, text, most)
    return _json({"q": text, "completions": [c.as_json() for c in found]})


@router.get("/show/{number}")
def show(
    number: Annotated[str, Path(description="NCT, EudraCT, EU CT or any other number.")], request: Request
) -> Response:
    """One study by any of its numbers, as `trials show --json`."""
    store = opened(request).store
    only(request.query_params)
    found, former = known(store, number)
    readings = list(store.readings(store.same_trial(found)))
    reading = next(r for r in readings if r.id == found)
    row = store.connect().execute("SELECT since, reason FROM tombstone WHERE study = ?", (found,)).fetchone()
    around = {
        "former_id": former,
        "other_records": [asdict(r) for r in readings if r.id != found],
        "removed": {"since": row[0], "reason": row[1]} if row else None,
        "changes": as_rows(events(store, study=found)),
    }
    return _json({**asdict(reading), **around})


@router.get("/changes", openapi_extra=_takes({"since": ("First day, as 2026-11-01.", ""), "until": ("Last day.", "")}))
def changes(request: Request) -> Response:
    """What changed since a day, as `trials changes --json`; without one, the last seven days."""
    mirror = opened(request)
    span = Span.read(request.query_params)
    found = chosen_changes(mirror, span)
    said = {"since": span.since or None, "until": span.until or None, "total": len(found)}
    return _json({**said, "changes": as_rows(found)})


@router.get(
    "/overview",
    openapi_extra=_takes(
        {"study": ("A study: its labels with their evidence.", ""), "gaps": ("1: target by disease.", "")}
    ),
)
def overview(request: Request) -> Response:
    """The field counted, as `trials overview --json`; with `study`, its labels; with `gaps=1`, target by disease."""
    mirror = opened(request)
    given = only(request.query_params, "study", "gaps")
    if number := given.get("study", [""])[0]:
        return _json(asdict(evidence(mirror.store, known(mirror.store, number)[0])))
    seen = mirror.overview()
    return _json(white_space(seen).as_json() if yes(given, "gaps") else seen.as_json())


@router.get(
    "/compare", openapi_extra=_takes({"ids": ("Two to four numbers, with commas between.", "NCT00085930,NCT05106907")})
)
def compare(request: Request) -> Response:
    """Two studies or versions as `trials compare --json`; of three or four, one row a fact with the values of each."""
    store = opened(request).store
    given = only(request.query_params, many=("ids",))
    numbers = [n.strip() for text in given.get("ids", ()) for n in text.split(",") if n.strip()]
    if not 2 <= len(numbers) <= 4:
        raise Refused(422, f"{len(numbers)} numbers are given", where="ids", allowed="2 to 4, with commas between")
    for number in numbers:
        known(store, number.partition("@")[0])
    found = compared(store, *numbers) if len(numbers) == 2 else side_by_side(store, numbers)
    return _json(found.as_json())


@router.get(
    "/portfolio", openapi_extra=_takes({"q": WORDS, "by": ("`sponsor` or `product`.", ""), **PAGED}, filters=True)
)
def who_tests_what(request: Request) -> Response:
    """The trials of a search by `sponsor` or by `product`, as `trials portfolio --json`."""
    mirror = opened(request)
    said = asked(request.query_params, ("by",), paging="offset")
    by = said.get("by") or "sponsor"
    if by not in BY:
        raise Refused(422, f"'{by[:30]}' is no way to gather trials", where="by", allowed=BY, given=by)
    with mirror.index() as index:
        return _json(portfolio(mirror.store, said.request, by, index=index).as_json())


@router.get(
    "/for-me",
    openapi_extra=_takes({name: ("What the reader answers.", "40" if name == "age" else "") for name in ANSWERS}),
)
def for_me(request: Request) -> Response:
    """Could it be for me? Each open trial, question by question: yes, no or ask, with the sentence. Nothing is kept."""
    mirror = opened(request)
    given = {name: listed[0] for name, listed in only(request.query_params, *ANSWERS).items()}
    who, note = person(mirror.store, given)
    if not who.says:
        raise Refused(422, "no answer is given", allowed=ANSWERS)
    with mirror.index() as index:
        found, answered = answers_for(mirror, index, who)
    said = {"total": found.total, "note": note or None, "ask": "only the trial team can say for sure"}
    return _json({**said, "trials": [one.as_json() for one in answered]}, HEADERS)
