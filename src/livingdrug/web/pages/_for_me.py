"""The answers a person gives for *could it be for me?*, read from an address. They are neither kept nor logged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from livingdrug.registry.reports.for_me import Person
from livingdrug.registry.search.places import around
from livingdrug.registry.search.request import age, one_of
from livingdrug.web.pages._asked import whole
from livingdrug.web.refused import Refused

if TYPE_CHECKING:
    from livingdrug.registry.mirror.store import Store

ANSWERS = ("age", "sex", "condition", "lines", "had", "near", "within")
"""Names of the answers in an address"""

USUAL = "200"
"""How far somebody goes who does not say [km]"""

HEADERS = {"Cache-Control": "no-store"}
"""No copy of a page with a person's answers is kept anywhere"""


def said(given: Mapping[str, str]) -> dict[str, str]:
    """Every answer by its name, empty where it is left open."""
    return {name: given.get(name, "").strip() for name in ANSWERS}


def person(store: Store, given: Mapping[str, str]) -> tuple[Person, str]:
    """The person, and how the place was taken; raises RegistryError or Refused for an answer that cannot be."""
    told = said(given)
    point, within, note = None, 0.0, ""
    if told["near"]:
        km = whole(told["within"] or USUAL, "within", 1, 20_000)
        place = around(
            store, told["near"] if told["near"].count(",") and told["near"][-1:].isdigit() else f"{told['near']},{km}km"
        )
        point, within, note = (place.latitude, place.longitude), place.within, place.note
    if told["had"] not in ("", "yes", "no"):
        raise Refused(422, f"'{told['had'][:30]}' is no answer", where="had", allowed=("yes", "no"))
    return (
        Person(
            age=age(told["age"]) if told["age"] else None,
            sex=one_of(told["sex"], ("female", "male"), "sex", "sex") if told["sex"] else "",
            condition=told["condition"],
            lines=whole(told["lines"], "lines", 0, 30) if told["lines"] else None,
            had_car={"yes": True, "no": False}.get(told["had"]),
            point=point,
            within=within,
        ),
        note,
    )
