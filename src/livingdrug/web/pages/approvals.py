"""Which products are approved where, for what, since when: as read at regulators, with what was only reported."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from livingdrug.registry.reports.approvals import NOT_READ, REPORTED, STAGES, Approval, approvals
from livingdrug.report.words import capital
from livingdrug.web.pages._asked import declared
from livingdrug.web.pages._evidence import chosen, evidence
from livingdrug.web.paper import day

router = APIRouter(include_in_schema=False, dependencies=[Depends(declared)])


@router.get("/evidence/approvals")
def page(request: Request, product: str = "", country: str = "", stage: str = "") -> Response:
    """The approvals, all of them or those of a product, a country or a stage."""
    rows = approvals()
    names = sorted({a.product for a in rows})
    countries = sorted({a.country for a in rows})
    product = chosen(product, "product", names)
    country, stage = chosen(country, "country", countries), chosen(stage, "stage", STAGES)
    found = [a for a in rows if _asked(a, product, country, stage)]
    return evidence(
        request,
        "approvals.html",
        "Approvals",
        "Which CAR-T products are approved where, for what, and who says so.",
        found=[_told(a) for a in found],
        total=len(rows),
        stages=STAGES,
        by_stage=Counter(a.stage for a in rows),
        products=names,
        countries=countries,
        given={"product": product, "country": country, "stage": stage},
        not_read=NOT_READ,
        reported=REPORTED,
        read=max(s.read for a in rows for s in a.sources),
    )


def _told(a: Approval) -> dict[str, Any]:
    """An approval as the page tells it: what was read, as (word, text), and the words for what was not."""
    date = NOT_READ if a.date == NOT_READ else f"{day(a.date)} ({a.date_is})"
    said = {"for what": a.indication, "line": a.line, "since": date, "rests on": a.basis}
    read = [(capital(word), text) for word, text in said.items() if text != NOT_READ]
    return {"of": a, "read": read, "unread": [word for word, text in said.items() if text == NOT_READ]}


def _asked(a: Approval, product: str, country: str, stage: str) -> bool:
    wanted = ((product, a.product), (country, a.country), (stage, a.stage))
    return all(not given or given == has for given, has in wanted)
