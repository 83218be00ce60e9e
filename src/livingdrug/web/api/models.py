"""Published models: `livingdrug models list` and `show`, as JSON."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path

from livingdrug.web.api._asked import of_the_library, only_known
from livingdrug.web.api._shapes import FAULTS, ModelEntry

router = APIRouter(prefix="/api/models", tags=["library"], dependencies=[Depends(only_known)], responses=FAULTS)


@router.get("")
def list_() -> list[ModelEntry]:
    """The published models with their variants."""
    from livingdrug import library
    from livingdrug.spec import published_model

    said = {name: published_model.read(library.find("models", name)) for name in library.names("models")}
    return [ModelEntry(name=n, title=s.title, variants=list(s.variants), read=str(s.read)) for n, s in said.items()]


@router.get("/{name}")
def show(
    name: Annotated[str, Path(description="NAME, or NAME:VARIANT.", examples=["stein_2019"])],
) -> dict[str, Any]:
    """One model: its numbers with their sources, what can be given and seen, errata."""
    from livingdrug.cli.models import as_dict
    from livingdrug.cli.terminal import dump
    from livingdrug.published.entry import published

    with of_the_library(name):
        found: dict[str, Any] = json.loads(dump(as_dict(published(name))))
    return found
