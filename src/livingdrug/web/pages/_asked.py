"""What a reader asks of the trials, as an address says it: the filters of `livingdrug trials search`, by their names.

Words are `q`; a filter may stand several times. A name that is not known, a value that is too long and two values
where one is meant are refused, so that nothing is passed over in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.requests import Request as HttpRequest

from livingdrug.errors import nearest
from livingdrug.registry.search.request import Request
from livingdrug.web import figures
from livingdrug.web.refused import Refused

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

WORDS = "q"
_PAGING = {"text", "limit", "offset", "sort"}
MANY = tuple(f.name for f in fields(Request) if f.type == "tuple[str, ...]")
"""Filters that take several values"""

ONE = tuple(f.name for f in fields(Request) if f.name not in MANY and f.name not in _PAGING)
"""Filters that take one"""

FILTERS = (*MANY, *ONE)
EVERYWHERE = {"theme"}
"""Names that every page takes: light or dark, for pictures"""

LONGEST = 200
"""Characters of one value"""

MOST = 120
"""Values in one address"""

PER_PAGE = 20
KM = ("10", "25", "50", "100", "200", "500", "1000", "2000")


@dataclass(frozen=True)
class Asked:
    """A request, and how an address writes it."""

    request: Request
    near: str = ""
    """the place alone, as typed"""
    within: str = ""
    """how far, as chosen [km]"""
    page: int = 1
    other: tuple[tuple[str, str], ...] = ()
    """values of the page's own names"""

    def get(self, name: str) -> str:
        """A value of one of the page's own names; empty where it is not given."""
        return dict(self.other).get(name, "")

    def all(self, name: str) -> list[str]:
        """Every value of one of the page's own names."""
        return [v for n, v in self.other if n == name]

    def pairs(self, without: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
        """The request as names and values of an address, filters that are not set left out."""
        left_out = set(without)
        blank = Request()
        for name in ("text", *FILTERS, "sort"):
            value = getattr(self.request, name)
            if value == getattr(blank, name) or name in left_out:
                continue
            if name == "near":
                yield "near", self.near
                if self.within:
                    yield "within", self.within
                continue
            for one in value if isinstance(value, tuple) else (str(value),):
                yield WORDS if name == "text" else name, one

    def link(self, path: str, without: Iterable[str] = (), **more: Any) -> str:
        """An address with the same request; without: filters left out; more: further values, empty ones left out."""
        pairs = [*self.pairs([*without, *more]), *((k, str(v)) for k, v in more.items() if v not in ("", None))]
        return f"{path}?{urlencode(pairs)}" if pairs else path

    @property
    def filters(self) -> list[str]:
        """The names of the filters that are set, the words among them as `text`."""
        blank = Request()
        return [n for n in ("text", *FILTERS) if getattr(self.request, n) != getattr(blank, n)]


def asked(params: QueryParams, own: Iterable[str] = (), *, many: Iterable[str] = (), paging: str = "page") -> Asked:
    """Reads an address; own: further names that the page takes, many: those that may stand several times.

    paging: `page` for pages, `offset` for programs. Raises Refused (422) for what cannot be meant.
    """
    own, many = tuple(own), tuple(many)
    pages = ("page",) if paging == "page" else ("limit", "offset")
    known = {WORDS, "within", "sort", *FILTERS, *own, *many, *pages, *EVERYWHERE}
    given = values(params, known, many=(*MANY, *many))
    said: dict[str, Any] = {name: tuple(given.get(name, ())) for name in MANY}
    said |= {name: given[name][0] for name in (*ONE, "sort") if given.get(name)}
    near, within = said.get("near", ""), given.get("within", [""])[0]
    if within and whole(within, "within", 1, 20_000) and near:
        said["near"] = near if _has_distance(near) else f"{near},{within}km"
    request = Request(**said, text=given.get(WORDS, [""])[0])
    page = whole(given.get("page", ["1"])[0], "page", 1, 100_000)
    if paging == "page":
        request = replace(request, limit=PER_PAGE, offset=PER_PAGE * (page - 1))
    else:
        limit = whole(given.get("limit", [str(PER_PAGE)])[0], "limit", 0, 1000)
        request = replace(request, limit=limit, offset=whole(given.get("offset", ["0"])[0], "offset", 0, 10_000_000))
    other = tuple((n, v) for n in dict.fromkeys((*own, *many)) for v in given.get(n, ()))
    return Asked(request, near, within if near else "", page, other)


def declared(request: HttpRequest) -> None:
    """Refuses (422) what a page's own function names no parameter for: nothing is passed over in silence."""
    values(request.query_params, {*(p.alias for p in request.scope["route"].dependant.query_params), *EVERYWHERE})


def of_figures(request: HttpRequest) -> None:
    """The same for a page of living figures, whose state stands under their names: `?sixty-days.burden=80`."""
    known = {f"{name}.{word}" for name in figures.names() for word in figures.words(name)}
    values(request.query_params, {*EVERYWHERE, *known})


def values(params: QueryParams, known: Iterable[str], *, many: Iterable[str] = ()) -> dict[str, list[str]]:
    """The values of an address by name, empty ones left out; raises Refused (422) for what is not known."""
    names, several = set(known), set(many)
    found: dict[str, list[str]] = {}
    for name, value in params.multi_items():
        if name not in names:
            shown = sorted(names - EVERYWHERE)
            raise Refused(
                422,
                f"'{name[:60]}' is nothing that can be asked here",
                where="the address",
                allowed=shown,
                nearest=nearest(name[:60], shown),
            )
        if len(value) > LONGEST:
            raise Refused(422, f"{name}: this is too long", where=name, allowed=f"at most {LONGEST} characters")
        if value.strip():
            found.setdefault(name, []).append(value.strip())
    for name, listed in found.items():
        if len(listed) > 1 and name not in several:
            raise Refused(422, f"{name}: given {len(listed)} times, but it takes one value", where=name)
    if sum(map(len, found.values())) > MOST:
        raise Refused(422, "more is asked than one address may ask", allowed=f"at most {MOST} values")
    return found


def yes(given: Mapping[str, list[str]], name: str) -> bool:
    """Whether something was asked for; raises Refused (422) for what is neither yes nor no."""
    words = {"1": True, "yes": True, "true": True, "on": True, "0": False, "no": False, "false": False}
    text = given.get(name, ["0"])[0]
    if text.lower() not in words:
        raise Refused(422, f"{name}: '{text[:30]}' is neither yes nor no", where=name, allowed="1 or 0")
    return words[text.lower()]


def whole(text: str, name: str, low: int, high: int) -> int:
    """A whole number between two ends; raises Refused (422)."""
    if not (text.isascii() and text.isdecimal() and len(text) < 12 and low <= int(text) <= high):
        raise Refused(
            422, f"{name}: '{text[:30]}' is no whole number that fits", where=name, allowed=f"{low} to {high}"
        )
    return int(text)


def _has_distance(near: str) -> bool:
    last = near.rpartition(",")[2].strip().lower()
    return "," in near and last[:1].isdigit()


def only(params: QueryParams, *names: str, many: Iterable[str] = ()) -> Mapping[str, list[str]]:
    """The values of an address that takes these names alone."""
    return values(params, {*names, *many, *EVERYWHERE}, many=many)
