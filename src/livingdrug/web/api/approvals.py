"""Which CAR-T products are approved where: `livingdrug approvals`, as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from livingdrug.web.api._asked import only_known
from livingdrug.web.api._shapes import FAULTS, Approvals

router = APIRouter(prefix="/api", tags=["trials in people"], dependencies=[Depends(only_known)], responses=FAULTS)


@router.get("/approvals")
def approvals(
    product: Annotated[str | None, Query(description="A product by any of its names.")] = None,
    country: Annotated[str | None, Query(description="A country, or European Union.")] = None,
) -> Approvals:
    """Which CAR-T products are approved where: indication, date, boxed warnings, monitoring, and where it was read."""
    from livingdrug.registry.reports.approvals import approvals as find

    found = find(product, country)
    return Approvals(total=len(found), approvals=[asdict(a) for a in found])
