"""CAR-T explained: the list of explainers, and each of them."""

from __future__ import annotations

import sqlite3
import zlib

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from livingdrug.errors import UnknownName
from livingdrug.explainers import page as pages
from livingdrug.web import living
from livingdrug.web.pages._article import article, minutes
from livingdrug.web.pages._asked import of_figures
from livingdrug.web.pages._mirror import mirror
from livingdrug.web.paper import page
from livingdrug.web.refused import Refused

router = APIRouter(include_in_schema=False, dependencies=[Depends(of_figures)])


@router.get("/explained")
def explained(request: Request) -> Response:
    """The list of explainers, in the order in which they are read."""
    found = [(p, minutes(p)) for p in map(pages.find, pages.names())]
    about = "How CAR-T works, in plain words, with pictures that run the model and sources for each claim."
    return page(request.scope, "explained.html", title="CAR-T explained", about=about, pages=found)


@router.get("/explained/{name}")
def explainer(name: str, request: Request) -> Response:
    """One explainer."""
    try:
        try:
            found = article(name, mirror(request))
        except (sqlite3.Error, zlib.error):  # the mirror is damaged just where this page looks
            found = article(name, None)
    except UnknownName as problem:
        raise Refused(404, problem.what, nearest=problem.nearest, allowed=", ".join(pages.names())) from None
    table = found.page.table
    kept = found.made_of and (found.made_of, living.kept(living.STILLS).exists())  # drawings come later
    return page(request.scope, "explainer.html", made_of=kept, title=table.title, about=table.summary, article=found)
