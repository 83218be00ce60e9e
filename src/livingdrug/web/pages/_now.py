"""What the registries hold now, for pages that show it beside their text; nothing of it is kept."""

from __future__ import annotations

import re
import sqlite3
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from livingdrug.errors import LivingDrugError

if TYPE_CHECKING:
    from livingdrug.explainers.page import Query
    from livingdrug.registry.search.search import FoundStudy
    from livingdrug.web.pages._mirror import Mirror


@dataclass(frozen=True)
class Row:
    """One trial of a list, in a person's words."""

    id: str
    title: str
    status: str
    phases: str
    countries: str

    @classmethod
    def of(cls, study: FoundStudy) -> Row:
        """A study as a search found it."""
        first, more = ", ".join(study.countries[:3]), len(study.countries) - 3
        return cls(
            study.id,
            study.title,
            STATUS.get(study.status, study.status.replace("_", " ").lower() or "Status not stated"),
            " and ".join(_phase(p) for p in study.phases if p != "NA"),
            f"{first} and {more} more" if more > 0 else first,
        )


def _phase(name: str) -> str:
    """EARLY_PHASE1 -> early phase 1."""
    return re.sub(r"phase(?=\d)", "phase ", name.lower().replace("_", " "))


@dataclass(frozen=True)
class Now:
    """A list of trials as the mirror has it now. total: all that answer; on: day of the data; why: there is no list;
    small: the mirror is the small set, which holds no texts."""

    query: Query
    trials: tuple[Row, ...] = ()
    total: int = 0
    on: str = ""
    why: str = ""
    small: bool = False


STATUS = {
    "RECRUITING": "Open",
    "NOT_YET_RECRUITING": "Not open yet",
    "ENROLLING_BY_INVITATION": "By invitation only",
    "AVAILABLE": "Open outside a trial",
    "ACTIVE_NOT_RECRUITING": "Running, takes no new people",
    "COMPLETED": "Ended",
    "SUSPENDED": "Paused",
    "TERMINATED": "Stopped early",
    "WITHDRAWN": "Withdrawn before it began",
    "UNKNOWN": "Not known",
}
"""How a person calls the status of a trial."""


def now(mirror: Mirror | None, query: Query) -> Now:
    """The trials that answer a query. The page does not wait for an index that is being made, nor falls with a mirror
    that is broken: it says so."""
    if mirror is None:
        return Now(query, why="There is no copy of the registries on this computer that can be read.")
    key = (mirror.store.path, mirror.stamp(), repr(query))
    with _LOCK:
        job = _JOBS.get(key)
        if job is None:
            if len(_JOBS) >= KEPT:
                _JOBS.clear()
            job = _JOBS[key] = _Job(mirror, query)
            job.start()
    job.join(PATIENCE)
    if job.found is None:
        return Now(query, why="The list is being made ready. Load the page again in a moment.")
    if job.found.why:
        _JOBS.pop(key, None)  # looked for again at the next visit
    return job.found


PATIENCE = 1.5
"""How long a page waits for a list [s]"""

KEPT = 64
"""Lists kept, each until the mirror changes"""


class _Job(threading.Thread):
    """One search, made beside the request that asks for it."""

    def __init__(self, mirror: Mirror, query: Query) -> None:
        super().__init__(name="trials-now", daemon=True)
        self.mirror, self.query = mirror, query
        self.found: Now | None = None

    def run(self) -> None:
        """Sets `found`: the list, or why there is none."""
        try:
            self.found = _search(self.mirror, self.query)
        except (LivingDrugError, sqlite3.Error, OSError) as problem:
            what = problem.what if isinstance(problem, LivingDrugError) else str(problem)
            self.found = Now(self.query, why=f"The copy of the registries could not be searched: {what}.")
        finally:
            self.mirror.store.close()  # this thread's own connection


_JOBS: dict[tuple[Any, ...], _Job] = {}
_LOCK = threading.Lock()


def _search(mirror: Mirror, query: Query) -> Now:
    from livingdrug.registry.search.search import Request as Search
    from livingdrug.registry.search.search import search

    wanted = Search(
        text=query.search,
        condition=query.condition,
        intervention=query.intervention,
        status=query.status,
        kind=query.kind,
        cells=query.cells,
        target=query.target,
        disease=query.disease,
        phase=query.phase,
        country=query.country,
        age_group=query.age_group,
        sort="relevance" if query.search else "updated",
        limit=query.limit,
    )
    held = mirror.coverage()
    if not held.studies:
        return Now(query, why="The copy of the registries on this computer holds no study yet.")
    with mirror.index() as index:
        found = search(mirror.store, wanted, index=index)
    return Now(query, tuple(map(Row.of, found.studies)), found.total, held.day, small=bool(held.demo))
