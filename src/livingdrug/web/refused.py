"""A request that a page cannot answer."""

from __future__ import annotations

import re
from typing import Any

from livingdrug.errors import LivingDrugError

OF_THE_SERVER = ("--db", "--folder", "--host", "--port", "--cluster")
"""Options of `livingdrug serve`, which no page has as a field"""


class Refused(LivingDrugError):
    """A request that a page cannot answer, with the HTTP status that says why (404, 422, 429, ...)."""

    def __init__(self, status: int, what: str, **parts: Any) -> None:
        super().__init__(what, **parts)
        self.status = status


def by_field(problem: LivingDrugError) -> dict[str, str | None]:
    """where, allowed, nearest and mend of an error. One about an option of the command line (`--near Munich,100km`)
    is told by what a page or an address calls it (near; Munich,100km), since nobody typed an option there."""
    parts: dict[str, str | None] = {k: getattr(problem, k) for k in ("where", "allowed", "nearest", "mend")}
    where = problem.where or ""
    if not where.startswith("--") or where.startswith(OF_THE_SERVER):
        return parts
    name = where[2:].partition(" ")[0].replace("-", "_")
    told = {k: x and re.sub(r"--[a-z-]+ (?=\S)", "", x) for k, x in parts.items()}
    return told | {"where": name}
