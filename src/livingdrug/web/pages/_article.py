"""An explainer made ready for its template: text in pieces, sources numbered, what was checked."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from livingdrug import library
from livingdrug.explainers import page as pages
from livingdrug.explainers import plain
from livingdrug.explainers.check import Checked, Report, Stage, check, stages, today
from livingdrug.web.pages._now import now
from livingdrug.web.paper import day, tied

if TYPE_CHECKING:
    from livingdrug.explainers.page import Page, Word
    from livingdrug.web.pages._mirror import Mirror


@dataclass(frozen=True)
class Entry:
    """One line of the list of sources. places: where in it; kept: what of it is held in the library; open: it only
    reports."""

    number: int
    title: str
    url: str
    places: tuple[str, ...]
    read: date
    kept: bool
    open: bool


@dataclass(frozen=True)
class Part:
    """A piece of the page: `html`, or the name of what is placed with what it needs."""

    kind: str
    html: Markup = Markup()
    template: str = ""
    given: Any = None


@dataclass(frozen=True)
class Article:
    """All that the template of one explainer needs."""

    page: Page
    parts: tuple[Part, ...]
    heads: tuple[tuple[str, str], ...]
    words: tuple[tuple[str, Word], ...]
    entries: tuple[Entry, ...]
    numbers: dict[str, int]
    report: Report
    stages: tuple[Stage, Stage, Stage]
    minutes: int
    figures: tuple[str, ...] = ()
    before: Page | None = None
    after: Page | None = None
    place: int = 1
    of: int = 1
    claims: dict[str, Checked] = field(default_factory=dict)
    made_of: Hashable = None  # changes with the article; None where it may change all the same

    @property
    def done(self) -> int:
        """How many of the three stages are done."""
        return sum(s.state == "full" for s in self.stages)


_COUNTED = count()  # a number for each article that is made
_KEPT: dict[tuple[Any, ...], Article] = {}
"""Articles made before: a page changes with its files, the mirror, the library and the day."""


def article(name: str, mirror: Mirror | None) -> Article:
    """One explainer, checked against what it rests on now; UnknownName for one that is not there."""
    page = pages.find(name)
    mirrored = (mirror.store.path, mirror.stamp()) if mirror else None
    key = (page, mirrored, today(), library.state())
    found = _KEPT.get(key)
    if found is None:
        found = _article(page, mirror)
        if not any(part.kind == "trials" and part.given.why for part in found.parts):
            found = replace(found, made_of=(next(_COUNTED), name))
            if len(_KEPT) >= 64:
                _KEPT.clear()
            _KEPT[key] = found
    return found


def _article(page: Page, mirror: Mirror | None) -> Article:
    name = page.name
    report = check(page, mirror.store if mirror else None)
    claims = {c.id: c for c in report.claims}
    entries, numbers = _entries(report)
    every = pages.names()
    at = every.index(name)
    explained = pages.words()
    figures = tuple(p.what for p in page.text.pieces(lambda _: "") if p.kind == "figure")
    return Article(
        page=page,
        parts=tuple(_parts(page, claims, numbers, mirror)),
        heads=page.text.heads,
        words=tuple(sorted(((k, explained[k]) for k in page.text.words), key=lambda w: w[1].word.lower())),
        entries=entries,
        numbers=numbers,
        report=report,
        stages=stages(page, report, str(day(mirror.coverage().day)) if mirror else None),
        minutes=minutes(page),
        figures=figures,
        before=pages.find(every[at - 1]) if at else None,
        after=pages.find(every[at + 1]) if at + 1 < len(every) else None,
        place=at + 1,
        of=len(every),
        claims=claims,
    )


def minutes(page: Page) -> int:
    """Minutes to read a page."""
    return plain.minutes(s.text for s in page.text.sentences)


def _entries(report: Report) -> tuple[tuple[Entry, ...], dict[str, int]]:
    """The sources, each once, in the order of the text; and the number of each claim's source."""
    numbers: dict[str, int] = {}
    gathered: dict[tuple[str, bool], list[Checked]] = {}
    for claim in report.claims:
        key = claim.source or claim.evidence, claim.status == "reported"
        gathered.setdefault(key, []).append(claim)
        numbers[claim.id] = list(gathered).index(key) + 1
    made = [
        Entry(
            number,
            title,
            next((c.url for c in claims if c.url), ""),
            tuple(dict.fromkeys(c.place for c in claims if c.place)),
            max(c.read for c in claims),
            any(c.value is not None for c in claims),
            reported,
        )
        for number, ((title, reported), claims) in enumerate(gathered.items(), 1)
    ]
    return tuple(made), numbers


def _parts(page: Page, claims: dict[str, Checked], numbers: dict[str, int], mirror: Mirror | None) -> Iterator[Part]:
    def mark(key: str) -> str:
        claim, number = claims[key], numbers[key]
        said = "Source" if claim.status != "reported" else "Reported, not confirmed: source"
        if claim.fails:
            said = f"{claim.status.capitalize()}: source"
        return f'<sup><a href="#source-{number}" aria-label="{escape(said)} {number}">{number}</a></sup>'

    for piece in page.text.pieces(mark, lambda text: str(tied(Markup(text)))):
        if piece.kind == "html":
            yield Part("html", Markup(piece.what))
        elif piece.kind in ("figure", "still"):
            yield Part(piece.kind, template=f"{piece.kind}s/{piece.what}.html", given=piece.what)
        elif piece.kind == "trials":
            yield Part("trials", given=now(mirror, page.table.trials[piece.what]))
        elif piece.kind == "icons":
            yield Part("icons", given=_icons(page, piece.what, claims, numbers))
        else:
            yield Part("approvals", given=_approvals())


def _icons(page: Page, name: str, claims: dict[str, Checked], numbers: dict[str, int]) -> dict[str, Any]:
    """A risk as a hundred people: how many have it, how many badly, and of how many people that is known."""
    row = page.table.icons[name]
    some = claims[row.some]
    worst = claims[row.worst] if row.worst else None
    many, bad = round(float(some.value)), round(float(worst.value)) if worst else 0
    return {
        "name": name,
        "row": row,
        "some": many,
        "worst": bad,
        "rest": 100 - many,
        "of": some.n,
        "worst_of": worst.n if worst else None,
        "source": numbers[row.some],
    }


def _approvals() -> list[Any]:
    """The approvals, confirmed ones first."""
    from livingdrug.registry.reports.approvals import REPORTED, approvals

    return sorted(approvals(), key=lambda a: (a.stage == REPORTED, a.country != "United States", a.country, a.product))
