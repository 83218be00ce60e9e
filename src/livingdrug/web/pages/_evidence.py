"""The pages of the evidence: their names and addresses, and what their templates share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from livingdrug.errors import nearest
from livingdrug.plot import svg
from livingdrug.plot.chart import Chart
from livingdrug.plot.ticks import number
from livingdrug.web.paper import page
from livingdrug.web.refused import Refused

ROOM = "/evidence"
PAGES = (
    ("Scoreboard", "scoreboard", "every trial of the library beside what was published of it"),
    ("Limits", "limits", "where the model misses, and what it does not simulate"),
    ("Parameters", "parameters", "every number, with its unit, kind and source"),
    ("Equations", "equations", "what each mechanism says, as it is run"),
    ("Approvals", "approvals", "which products are approved where, as read at the source"),
    ("Methods", "methods", "how a virtual trial is made and judged"),
    ("Data", "data", "where the trials in people come from, and how they are read"),
    ("Checks", "checks", "what stands behind the sentences of the explainers"),
    ("About", "about", "what this is, and for whom"),
    ("How to cite", "cite", "words and BibTeX"),
)
"""Title, last part of the address, what is there."""


@cache
def pages() -> tuple[tuple[str, str, str], ...]:
    """The pages of the evidence that this server has: title, address, what is there."""
    from livingdrug.web.app import routers

    there = {getattr(route, "path", "") for router in routers() for route in router.routes}
    return tuple((title, f"{ROOM}/{name}", about) for title, name, about in PAGES if f"{ROOM}/{name}" in there)


def evidence(request: Request, template: str, title: str, about: str, **given: Any) -> Response:
    """A page of the evidence, with the list of the others beside it."""
    return page(request.scope, template, title=title, about=about, evidence_pages=pages(), **given)


def drawn(chart: Chart, alt: str = "") -> Markup:
    """A chart for a template; every text in it is escaped by the one who draws."""
    return Markup(svg.inline(chart, alt))


def chosen(given: str | None, what: str, allowed: Iterable[str]) -> str:
    """A choice of a form: empty for all; Refused (422), with the nearest, for one that is not offered."""
    names = list(allowed)
    word = (given or "").strip()
    if word and word not in names:
        raise Refused(422, f"'{word[:80]}' is no {what}", allowed=names, nearest=nearest(word, names))
    return word


def searched(words: str, *texts: str | None) -> bool:
    """Whether each of the words stands somewhere in these texts, in capitals or not."""
    inside = " ".join(t for t in texts if t).casefold()
    return all(word in inside for word in words.casefold().split())


def address(path: str, **asked: str) -> str:
    """An address with what was asked for, without what is empty."""
    query = urlencode({k: x for k, x in asked.items() if x})
    return f"{path}?{query}" if query else path


def interval(value: float | None, low: float | None, high: float | None) -> str:
    """`82 (72 to 90)`; an end that was not reached is told so."""
    if value is None or value != value:
        return "–"
    ends: Sequence[float | None] = (low, high)
    if all(e is None or e != e for e in ends):
        return number(value)
    told = ["not reached" if e is None or abs(e) == float("inf") or e != e else number(e) for e in ends]
    return f"{number(value)} ({told[0]} to {told[1]})"
