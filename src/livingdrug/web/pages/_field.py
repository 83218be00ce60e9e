"""What the pages of the field share: which trials give CAR cells, and which changes are meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from livingdrug.registry.reports.feed import Event, events
from livingdrug.registry.search.index import Index
from livingdrug.registry.search.request import Request as Search
from livingdrug.registry.search.search import everything
from livingdrug.web.pages._asked import only, whole, yes
from livingdrug.web.pages._mirror import Mirror

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams

CHANGES_PER_PAGE = 100
WEEK = 7
"""How far back the changes go where no day is named [day]"""


def cells_only(index: Index) -> tuple[str, ...]:
    """The trials that give CAR cells, or make them in the body."""
    return tuple(study for study, said in index.labels() if said.platform)


@dataclass(frozen=True)
class Span:
    """Which changes are meant."""

    since: str
    until: str = ""
    kinds: tuple[str, ...] = ()
    target: str = ""
    study: str = ""
    doubtful: bool = False
    page: int = 1

    @classmethod
    def read(cls, params: QueryParams) -> Span:
        """From an address; without a day and a study, the last seven days."""
        given = only(params, "since", "until", "target", "study", "doubtful", "page", many=("kind",))
        one = {name: given.get(name, [""])[0] for name in ("since", "until", "target", "study")}
        if not one["since"] and not one["study"]:
            one["since"] = (datetime.now(UTC) - timedelta(days=WEEK)).date().isoformat()
        number = whole(given.get("page", ["1"])[0], "page", 1, 100_000)
        return cls(**one, kinds=tuple(given.get("kind", ())), doubtful=yes(given, "doubtful"), page=number)

    def link(self, path: str, page: int = 1) -> str:
        """An address with the same choice."""
        pairs = [(n, v) for n in ("since", "until", "target", "study") if (v := getattr(self, n))]
        pairs += [("kind", k) for k in self.kinds]
        pairs += [("doubtful", "1")] if self.doubtful else []
        pairs += [("page", str(page))] if page > 1 else []
        return f"{path}?{urlencode(pairs)}"

    @property
    def name(self) -> str:
        """What tells one feed from another: the choice without its days."""
        return "/".join([*self.kinds, self.target, self.study]).strip("/") or "all"


def chosen_changes(mirror: Mirror, span: Span, limit: int | None = None) -> list[Event]:
    """The changes that are meant; a target is looked up in the index, not in every record."""
    trials = None
    if span.target:
        with mirror.index() as index:
            trials = frozenset(everything(mirror.store, Search(target=(span.target,)), index=index))
    return events(
        mirror.store,
        span.since or None,
        until=span.until or None,
        kinds=span.kinds,
        study=span.study or None,
        doubtful=span.doubtful,
        trials=trials,
        limit=limit,
    )
