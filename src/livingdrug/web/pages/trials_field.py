"""The field of trials at large: overview, map, what changed, side by side, who tests what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from livingdrug.plot import svg
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.changes import KINDS, QUIET
from livingdrug.registry.reports.compare import side_by_side
from livingdrug.registry.reports.feed import atom, sentence
from livingdrug.registry.reports.gaps import white_space
from livingdrug.registry.reports.in_words import PHASE, SPONSORS, STATUS, illness
from livingdrug.registry.reports.overview_charts import figures
from livingdrug.registry.reports.portfolio import BY, portfolio
from livingdrug.registry.reports.site_dots import dots, labels, land
from livingdrug.registry.reports.site_map import Sites, Town, places_stated, sites_of
from livingdrug.registry.search.search import everything, wanted
from livingdrug.web.pages._asked import KM, asked, only, yes
from livingdrug.web.pages._field import CHANGES_PER_PAGE, Span, cells_only, chosen_changes
from livingdrug.web.pages._mirror import PatientRoute, opened
from livingdrug.web.pages.trials_one import known
from livingdrug.web.paper import dated, page
from livingdrug.web.refused import Refused

if TYPE_CHECKING:
    from livingdrug.registry.mirror.store import Store

router = APIRouter(include_in_schema=False, route_class=PatientRoute)

MOST_ON_MAP = 50_000
LINES = 40
FEWEST, MOST_COMPARED = 2, 4


@router.get("/trials/overview")
def overview(request: Request) -> Response:
    """The field counted, as charts and tables."""
    only(request.query_params)
    mirror = opened(request)
    seen = mirror.overview()
    drawn = mirror.kept("figures", lambda: [(f, Markup(svg.inline(f.chart))) for f in figures(seen)])
    return page(
        request.scope,
        "trials_overview.html",
        title="The field of trials",
        about="Which CAR cell therapies are tested in people: by target, illness, phase, state and country.",
        seen=seen,
        figures=drawn,
        gaps=white_space(seen),
        illness=illness,
        coverage=mirror.coverage(),
    )


@router.get("/trials/map")
def map_(request: Request) -> Response:
    """Where the trials have their places; without a filter, those that give CAR cells."""
    mirror = opened(request)
    said = asked(request.query_params)
    given: dict[str, Any] = {"asked": said, "coverage": mirror.coverage(), "km": KM}
    try:
        with mirror.index() as index:
            if said.filters:
                total = index.search(wanted(mirror.store, said.request), 0).total
                if total > MOST_ON_MAP:
                    raise Refused(
                        422,
                        f"{total:,} trials are too many for one map",
                        allowed=f"{MOST_ON_MAP:,}",
                        mend="narrow the list first",
                    )
                found = sites_of(mirror.store, everything(mirror.store, said.request, index=index))
            else:
                found = mirror.kept("sites", lambda: sites_of(mirror.store, cells_only(index)))
    except RegistryError as problem:
        return page(request.scope, "trials_map.html", status=422, title="Map of trials", problem=problem, **given)
    drawn = dots(found)
    return page(
        request.scope,
        "trials_map.html",
        title="Map of trials",
        about="Where the trials have their places, town by town.",
        problem=None,
        sites=found,
        dots=drawn,
        labels=labels(drawn),
        land=land(),
        countries=_by_country(found, places_stated(mirror.store, found)),
        **given,
    )


def _by_country(sites: Sites, stated: Mapping[str, int]) -> list[tuple[str, int, int, int, list]]:
    """(country, trials, those with a place on the map, those with an open place, towns), the country with most trials
    first. stated: country -> trials that name it, as the overview counts them, with coordinates or without."""
    towns: dict[str, list[Town]] = {name: [] for name in stated}
    for town in sites.towns:
        towns.setdefault(town.country, []).append(town)
    found = []
    for land_, here in towns.items():
        listed = sorted(here, key=lambda t: (-len(t.trials), t.name))
        drawn, opened_ = (set().union(*(getattr(t, n) for t in listed)) for n in ("trials", "open"))
        found.append((land_, max(stated.get(land_, 0), len(drawn)), len(drawn), len(opened_), listed))
    return sorted(found, key=lambda row: (-row[1], row[0]))


@router.get("/trials/changes")
def changes(request: Request) -> Response:
    """What changed in the trials since a day, the newest first."""
    mirror = opened(request)
    span = Span.read(request.query_params)
    given: dict[str, Any] = {"span": span, "coverage": mirror.coverage(), "kinds": [k for k in KINDS if k not in QUIET]}
    try:
        found = chosen_changes(mirror, span)
    except RegistryError as problem:
        return page(request.scope, "trials_changes.html", status=422, title="What changed", problem=problem, **given)
    begin = CHANGES_PER_PAGE * (span.page - 1)
    shown = found[begin : begin + CHANGES_PER_PAGE]
    days = [
        (
            day,
            [
                (list_[0], [(e, sentence(e)) for e in list_])
                for _, of_study in groupby(on_day, key=lambda e: e.study)
                for list_ in [list(of_study)]
            ],
        )
        for day, on_day in groupby(shown, key=lambda e: e.seen[:10])
    ]
    return page(
        request.scope,
        "trials_changes.html",
        title="What changed",
        about="What changed in the registered trials, day by day.",
        problem=None,
        total=len(found),
        trials=len({e.study for e in found}),
        days=days,
        pages=max(1, -(-len(found) // CHANGES_PER_PAGE)),
        newest=_newest(mirror.store) if not found else "",
        **given,
    )


def _newest(store: Store) -> str:
    """The day of the newest change that the mirror knows."""
    (seen,) = store.connect().execute("SELECT max(seen) FROM event").fetchone()
    return (seen or "")[:10]


@router.get("/trials/changes.atom")
def feed(request: Request) -> Response:
    """The same changes for a reader of feeds."""
    mirror = opened(request)
    span = Span.read(request.query_params)
    found = chosen_changes(mirror, span, limit=2000)
    text = atom(found, "Changes in the registered trials", f"changes/{span.name}", address=str(request.url))
    return Response(text, media_type="application/atom+xml; charset=utf-8", headers={"Cache-Control": "no-cache"})


@router.get("/trials/compare")
def compare(request: Request) -> Response:
    """Two to four trials, or versions of one, side by side."""
    mirror = opened(request)
    given = only(request.query_params, "different", many=("ids",))
    numbers = [n.strip() for text in given.get("ids", ()) for n in text.split(",") if n.strip()]
    shared: dict[str, Any] = {
        "coverage": mirror.coverage(),
        "numbers": numbers,
        "different": yes(given, "different"),
    }
    if not numbers:
        return page(
            request.scope, "trials_compare.html", title="Trials side by side", table=None, problem=None, **shared
        )
    try:
        if not FEWEST <= len(numbers) <= MOST_COMPARED:
            raise Refused(422, f"{len(numbers)} numbers are given", where="ids", allowed=f"{FEWEST} to {MOST_COMPARED}")
        for number in numbers:
            known(mirror.store, number.partition("@")[0])
        table = side_by_side(mirror.store, numbers)
    except (RegistryError, Refused) as problem:
        status = getattr(problem, "status", 422)
        return page(
            request.scope,
            "trials_compare.html",
            status=status,
            title="Trials side by side",
            table=None,
            problem=problem,
            **shared,
        )
    rows = tuple((name, tuple(_in_words(name, v) for v in values)) for name, values in table.rows)
    return page(
        request.scope,
        "trials_compare.html",
        title="Trials side by side",
        table=replace(table, rows=rows),
        problem=None,
        **shared,
    )


def _in_words(fact: str, value: str) -> str:
    """What a trial says of a fact, codes of the registry in words; two values differ after it as they did before."""
    if fact == "status":
        return STATUS.get(value, value)
    if fact == "phase":
        return " and ".join(PHASE.get(p, p) for p in value.split(" and "))
    return value.replace(" > ", ", ") if fact == "disease" else dated(value)


@router.get("/trials/portfolio")
def who_tests_what(request: Request) -> Response:
    """The trials of a search by sponsor or by product; without a filter, those that give CAR cells."""
    mirror = opened(request)
    said = asked(request.query_params, ("by",))
    coverage = mirror.coverage()
    by = said.get("by") or ("sponsor type" if coverage.demo else "sponsor")
    if by not in BY:
        raise Refused(422, f"'{by[:30]}' is no way to gather trials", where="by", allowed=BY, given=by)
    with mirror.index() as index:
        ids = None if said.filters else cells_only(index)
        found = portfolio(mirror.store, said.request, by, index=index, ids=ids)
    begin = LINES * (said.page - 1)
    return page(
        request.scope,
        "trials_portfolio.html",
        title="Who tests what",
        about="The trials by sponsor, its kind, or product.",
        asked=said,
        by=by,
        ways=BY,
        kinds=SPONSORS,
        found=found,
        lines=found.lines[begin : begin + LINES],
        pages=max(1, -(-len(found.lines) // LINES)),
        coverage=coverage,
    )
