"""What the claims of the explainer pages rest on, as JSON."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request

from livingdrug.explainers import page as pages
from livingdrug.explainers.check import as_json, check
from livingdrug.web.pages._asked import declared
from livingdrug.web.pages._mirror import damage_told, mirror

router = APIRouter(prefix="/api", tags=["explainers"], dependencies=[Depends(declared)])


@router.get("/explainers")
def explainers(request: Request) -> dict[str, Any]:
    """Every claim of every explainer with its status, source, day of reading and day on which it is due."""
    lent = mirror(request)
    with damage_told(lent.store.path if lent else None):
        return as_json([check(pages.find(name), lent.store if lent else None) for name in pages.names()])
