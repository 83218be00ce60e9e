"""What stands behind the sentences of the explainers: every claim, with its source and its state today."""

from __future__ import annotations

from collections import Counter

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from livingdrug.explainers import page as explainers
from livingdrug.explainers.check import DUE, STATUSES, check
from livingdrug.web.pages._evidence import chosen, evidence
from livingdrug.web.pages._mirror import mirror

router = APIRouter(include_in_schema=False)
ABOUT = "Every claim of the explainers, what it rests on, and whether that still holds."
SIGNS = {"backed": "full", "reported": "none", "not checked": "half"}
"""State of a claim -> its sign; a state that fails has none of these."""


@router.get("/evidence/checks")
def checks(request: Request) -> Response:
    """The claims of all explainers; `state` shows those of one state, `page` those of one page."""
    asked = request.query_params
    state = chosen(asked.get("state"), "state of a claim", STATUSES)
    name = chosen(asked.get("page"), "explainer", explainers.names())
    lent = mirror(request)
    reports = [check(explainers.find(n), lent.store if lent else None) for n in explainers.names()]
    counts = Counter(claim.status for report in reports for claim in report.claims)
    shown = [
        (explainers.find(report.page), report, [c for c in report.claims if state in ("", c.status)])
        for report in reports
        if name in ("", report.page)
    ]
    return evidence(
        request,
        "checks.html",
        "Checks",
        ABOUT,
        counts={s: counts[s] for s in STATUSES if counts[s]},
        given={"state": state, "page": name},
        names=[(n, explainers.find(n).table.short) for n in explainers.names()],
        shown=[row for row in shown if row[2] or row[1].unmarked],
        second_hand=sum(c.second_hand for report in reports for c in report.claims),
        signs=SIGNS,
        due=DUE.days,
    )
