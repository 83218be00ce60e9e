"""What is shown as evidence and how to read it; limits, methods, data, about, how to cite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from livingdrug.plot.ticks import number
from livingdrug.registry.reports.classified import measured
from livingdrug.registry.reports.overview import NOT_COVERED
from livingdrug.report.html import RULE
from livingdrug.report.limits import Limit
from livingdrug.report.limits import limits as missed
from livingdrug.results.scoreboard_tables import BELOW
from livingdrug.trial.stored import changed_since, stored
from livingdrug.units import of_unit
from livingdrug.version import __version__
from livingdrug.web.citation import bibtex, citation, sentence
from livingdrug.web.pages._asked import declared
from livingdrug.web.pages._evidence import evidence, pages
from livingdrug.web.pages._mirror import mirror
from livingdrug.web.pages.equations import mechanisms

router = APIRouter(include_in_schema=False, dependencies=[Depends(declared)])


@router.get("/evidence")
def index(request: Request) -> Response:
    """What is shown, and how to read it."""
    return evidence(
        request,
        "evidence.html",
        "How right is it?",
        "What the model gets right and wrong, and where every number comes from.",
        listed=pages(),
        board=stored().board,
    )


@router.get("/evidence/limits")
def limits(request: Request) -> Response:
    """Where the model misses, in plain words, and what it does not simulate."""
    kept = stored()
    names = {t.trial: t.title.partition(": ")[0] for t in kept.board.trials}
    return evidence(
        request,
        "limits.html",
        "Limits",
        "Where the model misses, and what it does not simulate.",
        board=kept.board,
        kept=kept,
        changed=changed_since(kept),
        missed=[_told(limit, names) for limit in missed(kept.board) if limit.over],
        left_out=sorted((m.name, m.stem, m.left_out) for m in mechanisms().values() if m.left_out and not m.published),
    )


def _told(limit: Limit, names: Mapping[str, str]) -> dict[str, Any]:
    """A kind of miss with the numbers that show it; names: of trials."""
    rows = [
        {
            "trial": r.trial,
            "name": names.get(r.trial, r.trial),
            "title": r.middle.title,
            "unit": of_unit(r.middle.unit),
            "simulated": number(r.middle.simulated),
            "published": number(r.middle.value) if r.middle.value is not None else "–",
            "seeds": f"{sum(r.inside)} of {len(r.inside)}",
        }
        for r in limit.over
    ]
    return {"title": limit.title, "why": limit.why, "rows": rows}


@router.get("/evidence/methods")
def methods(request: Request) -> Response:
    """How a virtual trial is made, and how it is judged."""
    about = "How a virtual trial is made, judged and repeated."
    return evidence(request, "methods.html", "Methods", about, board=stored().board, rule=RULE, below=BELOW)


@router.get("/evidence/data")
def data(request: Request) -> Response:
    """Where the trials in people come from, and how well they are read."""
    lent = mirror(request)
    return evidence(
        request,
        "data.html",
        "Data",
        "Which registries are read, how, and how often the reading is right.",
        held=lent.coverage() if lent else None,
        classifier=measured(),
        not_covered=NOT_COVERED,
    )


@router.get("/evidence/about")
def about(request: Request) -> Response:
    """What this is, for whom, and what it is not."""
    said = "What livingdrug is, for whom, and what it is not."
    return evidence(request, "about.html", "About", said)


@router.get("/evidence/cite")
def cite(request: Request) -> Response:
    """How to cite it, in words and for a bibliography."""
    told = citation()
    return evidence(
        request,
        "cite.html",
        "How to cite",
        "How to cite livingdrug and the papers that a run rests on.",
        told=told,
        sentence=sentence(told),
        bibtex=bibtex(told),
        release=__version__,
    )
