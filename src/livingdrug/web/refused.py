"""A request that a page cannot answer."""

from __future__ import annotations

from typing import Any

from livingdrug.errors import LivingDrugError


class Refused(LivingDrugError):
    """A request that a page cannot answer, with the HTTP status that says why (404, 422, 429, ...)."""

    def __init__(self, status: int, what: str, **parts: Any) -> None:
        super().__init__(what, **parts)
        self.status = status
