"""Every number of the library: in a list by mechanism, by search and filter, and each at an address of its own."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from livingdrug import library
from livingdrug.errors import nearest
from livingdrug.parameters import KINDS
from livingdrug.web.pages._asked import declared
from livingdrug.web.pages._evidence import address, chosen, evidence, searched
from livingdrug.web.pages._numbers import Entry, book, everywhere, products, sayings, spoken
from livingdrug.web.refused import Refused

router = APIRouter(include_in_schema=False, dependencies=[Depends(declared)])
MOST = 120  # rows of one list
LONGEST = 200  # [character] of a search


@router.get("/evidence/parameters")
def parameters(
    request: Request, q: str = "", kind: str = "", module: str = "", product: str = "", show: str = ""
) -> Response:
    """The mechanisms with their counts of numbers, or the numbers that were asked for."""
    offered = products()
    product = chosen(product, "product", offered) or next(iter(offered))
    entries = book(offered[product].trial)
    mechanisms = list(dict.fromkeys(e.mechanism for e in entries))
    kind, module = chosen(kind, "kind of number", KINDS), chosen(module, "mechanism", mechanisms)
    show, words = chosen(show, "view", ("all",)), " ".join(q.split())
    if len(words) > LONGEST:
        raise Refused(422, "this search is too long", allowed=f"at most {LONGEST} characters")
    found = [e for e in entries if _asked(e, words, kind, module)]
    asked = bool(words or kind or module or show)
    base = {"q": words, "kind": kind, "module": module, "product": product}
    return evidence(
        request,
        "parameters.html",
        "Parameters",
        "Every number of the model: value, unit, kind, source, and who set it.",
        asked=asked,
        found=found[: len(found) if module or show else MOST],
        total=len(found),
        every=len(entries),
        kinds=KINDS,
        by_kind=Counter(e.kind for e in entries),
        modules=_modules(entries, product),
        spoken=spoken,
        given=base,
        products=offered,
        everything=address("/evidence/parameters", **base, show="all"),
        again=address("/evidence/parameters", product=product),
    )


@router.get("/evidence/parameters/{path:path}")
def parameter(request: Request, path: str) -> Response:
    """One number: its value in every trial, and what each layer said of it."""
    found = everywhere(path)
    if not found:
        known = [e.path for trial in {p.trial for p in products().values()} for e in book(trial)]
        raise Refused(
            404,
            f"there is no number '{path[:80]}'",
            nearest=nearest(path, known),
            mend="look it up at /evidence/parameters",
        )
    first = next(iter(found.values()))
    return evidence(
        request,
        "parameter.html",
        path,
        f"{path}: {first.about}.",
        number=path,
        first=first,
        found=_grouped(found),
        every=len(library.names("trials")),
        sayings=sayings(path, list(found)),
    )


def _grouped(found: dict[str, Entry]) -> list[tuple[Entry, list[str]]]:
    """The number once for all trials that say the same of it."""
    by: dict[Entry, list[str]] = {}
    for trial, e in found.items():
        by.setdefault(e, []).append(trial)
    return list(by.items())


def _asked(e: Entry, words: str, kind: str, module: str) -> bool:
    return (
        (not kind or e.kind == kind)
        and (not module or e.mechanism == module)
        and searched(words, e.path, e.about, e.source, e.where, e.why, e.mechanism, e.unit)
    )


def _modules(entries: tuple[Entry, ...], product: str) -> list[dict[str, Any]]:
    """Each mechanism with how many numbers of each kind it has."""
    by: dict[str, list[Entry]] = {}
    for e in entries:
        by.setdefault(e.mechanism, []).append(e)
    return [
        {
            "name": name,
            "title": these[0].mechanism_title,
            "address": address("/evidence/parameters", module=name, product=product),
            "numbers": len(these),
            "kinds": [sum(e.kind == kind for e in these) for kind in KINDS],
        }
        for name, these in by.items()
    ]
