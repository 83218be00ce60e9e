"""The first page: what this is, and four ways in, each with something that is true now."""

from __future__ import annotations

from functools import lru_cache

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from livingdrug import library
from livingdrug.library import Stamp
from livingdrug.results.criteria import count
from livingdrug.results.score import VALIDATION
from livingdrug.scenario import resolve
from livingdrug.trial.stored import stored
from livingdrug.web.pages._asked import declared
from livingdrug.web.pages._first import still
from livingdrug.web.pages._mirror import mirror
from livingdrug.web.paper import PARTS, day, page, plural

router = APIRouter(include_in_schema=False, dependencies=[Depends(declared)])


@router.get("/")
@library.held()
def home(request: Request) -> Response:
    """What there is here, and for whom."""
    live = _live(request)
    return page(
        request.scope,
        "home.html",
        made_of=(*live, library.state()),
        title="A drug that is alive",
        about="CAR-T therapy explained by a living model, the trials that test it, virtual trials, and the evidence.",
        ways=list(zip(PARTS, live, strict=True)),
        still=still(),
    )


def _live(request: Request) -> list[str]:
    """A line for each part of the site that is true now."""
    lent = mirror(request)
    held = lent.coverage() if lent else None
    score = stored().board.score(VALIDATION)
    quantities, mechanisms = _size(library.state())
    trials, products = len(library.names("trials")), len(library.names("products"))
    if held and held.studies:
        mirrored = f"{plural(held.studies, 'study', 'studies')} in the copy of the registries, as of {day(held.day)}."
    elif held:
        mirrored = "The copy of the registries holds no study yet."
    else:
        mirrored = "No copy of the registries can be read here."
    return [
        f"The model in the page follows {quantities} quantities of a patient, in {mechanisms} mechanisms.",
        mirrored,
        f"{plural(trials, 'trial')} and {plural(products, 'product')} to begin with; change what you like.",
        f"{count(score.median)} of {score.comparable} published results that it was never fitted to "
        "lie inside what it simulates.",
    ]


@lru_cache(maxsize=2)
def _size(state: tuple[Stamp, ...]) -> tuple[int, int]:
    """States and mechanisms of the model whose course is drawn."""
    known, drawn = library.names("trials"), still().trial
    name = drawn if drawn in known else known[0]
    model = resolve(name).model()
    return len(model.states), len(model.modules)
