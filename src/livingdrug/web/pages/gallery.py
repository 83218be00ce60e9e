"""Every figure, chart and component of the site on one page, for whoever changes its look."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from livingdrug.errors import nearest
from livingdrug.web import figures
from livingdrug.web.pages._asked import of_figures
from livingdrug.web.pages._charts import charts
from livingdrug.web.paper import page
from livingdrug.web.refused import Refused

router = APIRouter(include_in_schema=False, dependencies=[Depends(of_figures)])


@router.get("/gallery")
def gallery(request: Request) -> Response:
    """Living figures, still charts, and the parts that pages are made of."""
    return page(
        request.scope,
        "gallery.html",
        title="All figures, charts and parts",
        about="Every living figure, every kind of chart and every component of these pages.",
        figures=figures.names(),
        charts=charts(),
    )


@router.get("/gallery/{name}")
def alone(name: str, request: Request) -> Response:
    """One living figure by itself."""
    if name not in figures.names():
        known = figures.names()
        raise Refused(404, f"there is no living figure '{name}'", allowed=known, nearest=nearest(name, known))
    title = figures.spec(name)["title"]
    return page(request.scope, "gallery_alone.html", title=title, about=f"Living figure: {title}.", name=name)
