"""Who tests what: the trials a search finds, gathered by sponsor, by kind of sponsor or by product."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from livingdrug.errors import unknown
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.study import PHASES
from livingdrug.registry.search.document import Labels
from livingdrug.registry.search.index import Index, Progress, fresh
from livingdrug.registry.search.request import OPEN, Request
from livingdrug.registry.search.search import ALL, wanted

BY = ("sponsor", "product", "sponsor type")

_LEGAL = re.compile(
    r"[\s,]+(?:inc|incorporated|corp|corporation|co|company|ltd|limited|llc|plc|gmbh|ag|s\.?a|b\.?v|n\.?v|a/s|ab|kk|pty)\b\.?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Line:
    """The trials of one sponsor, kind of sponsor or product."""

    name: str
    spellings: tuple[str, ...]
    """as the registries write it, where that is more than one way"""
    trials: int
    open: int
    """recruiting, about to, or by invitation"""
    phase: str
    """the furthest phase reached"""
    people: int
    """enrolled or planned, where stated"""
    first: str
    """earliest start"""
    last: str
    """latest start"""
    targets: dict[str, int]
    diseases: dict[str, int]
    products: dict[str, int]
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Portfolio:
    """Lines, the largest first, and what stands in none."""

    by: str
    trials: int
    lines: tuple[Line, ...]
    unnamed: int
    """trials that name no sponsor or no known product"""

    def as_json(self) -> dict[str, Any]:
        """The portfolio for machines."""
        return asdict(self)


def portfolio(
    store: Store,
    request: Request,
    by: str = "sponsor",
    progress: Progress | None = None,
    *,
    index: Index | None = None,
    ids: tuple[str, ...] | None = None,
) -> Portfolio:
    """The trials a search finds by lead sponsor, its kind, or product (a trial of two products stands in both).

    ids: these trials in place of a search.
    """
    if by not in BY:
        raise unknown("way to gather", by, BY, where="--by", error=RegistryError)
    index = index or fresh(store, progress=progress)
    ids = index.search(wanted(store, request), ALL).ids if ids is None else ids
    labels = dict(index.labels(ids))
    gathered: dict[str, list[str]] = {}
    spellings: dict[str, Counter[str]] = {}
    unnamed = 0
    sponsors = _sponsors(store, ids) if by == "sponsor" else {}
    for study in ids:
        said = labels.get(study, Labels())
        kinds = (said.sponsor_type,) if said.sponsor_type not in ("", "not stated") else ()
        names = {"product": said.products, "sponsor type": kinds}.get(by, sponsors.get(study, ()))
        unnamed += not names
        for name in names:
            one = _one_name(name) if by == "sponsor" else name
            gathered.setdefault(one, []).append(study)
            spellings.setdefault(one, Counter())[name] += 1
    lines = [_line(store, spellings[one], members, labels) for one, members in gathered.items()]
    return Portfolio(by, len(ids), tuple(sorted(lines, key=lambda x: (-x.trials, x.name.lower()))), unnamed)


def _sponsors(store: Store, ids: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Study -> its lead sponsor."""
    found: dict[str, tuple[str, ...]] = {}
    for begin in range(0, len(ids), 500):
        part = ids[begin : begin + 500]
        marks = ", ".join("?" * len(part))
        rows = store.connect().execute(f"SELECT id, sponsor FROM study WHERE id IN ({marks})", part)
        found |= {study: (sponsor,) for study, sponsor in rows if sponsor}
    return found


def _one_name(name: str) -> str:
    """A sponsor's name without what is free in writing: case, points, Inc. and Ltd."""
    before, short = "", name
    while short != before:
        before, short = short, _LEGAL.sub("", short)
    return re.sub(r"[^\w]+", " ", short.lower()).strip() or name


def _line(store: Store, spellings: Counter[str], members: list[str], labels: dict[str, Labels]) -> Line:
    db = store.connect()
    marks = ", ".join("?" * min(len(members), 500))
    rows: list[tuple[Any, ...]] = []
    phases: list[str] = []
    for begin in range(0, len(members), 500):
        part = members[begin : begin + 500]
        marks = ", ".join("?" * len(part))
        rows += db.execute(f"SELECT status, enrollment, start FROM study WHERE id IN ({marks})", part)
        phases += [p for (p,) in db.execute(f"SELECT name FROM phase WHERE study IN ({marks})", part)]
    starts = sorted(start for _, _, start in rows if start)
    said = [labels.get(study, Labels()) for study in members]
    return Line(
        name=spellings.most_common(1)[0][0],
        spellings=tuple(sorted(spellings)) if len(spellings) > 1 else (),
        trials=len(members),
        open=sum(status in OPEN for status, _, _ in rows),
        phase=max((p for p in phases if p in PHASES[:5]), key=PHASES.index, default=""),
        people=sum(people or 0 for _, people, _ in rows),
        first=starts[0] if starts else "",
        last=starts[-1] if starts else "",
        targets=_counted(t for x in said for t in x.targets),
        diseases=_counted(x.main_disease for x in said if x.main_disease),
        products=_counted(p for x in said for p in x.products),
        ids=tuple(sorted(members)),
    )


def _counted(names: Any) -> dict[str, int]:
    return dict(sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0])))
