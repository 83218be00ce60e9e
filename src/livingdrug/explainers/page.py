"""One explainer page as its two files describe it: the text, and the claims, sources and questions beside it.

A claim says one sentence and what carries it: a source with the place in it; a bound number of this package, of the
approvals or of a registry, with the value that the text relies on; or a source that only reports it.
"""

from __future__ import annotations

from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from livingdrug import library
from livingdrug.errors import ScenarioError, UnknownName, unknown
from livingdrug.explainers.text import Text
from livingdrug.library.located import Place, locate
from livingdrug.spec.typed import Typed, read

FOLDER = Path(__file__).resolve().parent / "pages"
WORDS = "words"
"""The file of the words that all pages explain."""

Kind = Literal["regulator", "label", "registry", "journal", "press"]


class Source(Typed):
    """Where something was read: a regulator, a label store, a registry or a journal; the press only reports."""

    called: ClassVar[str] = "source"
    title: str
    kind: Kind
    year: int | None = None
    authors: str | None = None
    journal: str | None = None
    doi: str | None = None
    pmid: int | str | None = None
    nct: str | None = None
    url: str | None = None


class Claim(Typed):
    """One statement of fact and what carries it.

    says: the fact in one sentence. source, place, read: where it stands, and the day on which it was read. bound,
    value: what of this package says it (`library:FILE#path`, `trial:NAME/published/MEASURE`,
    `approvals:PRODUCT/COUNTRY`, `registry:NCT.../FIELD`), and what the text takes it to be. reported: only told.
    """

    called: ClassVar[str] = "claim"
    says: str
    source: str | None = None
    at: str | None = Field(default=None, alias="place")
    read: date | None = None
    bound: str | None = None
    value: Any = None
    reported: bool = False

    def consistent(self) -> None:
        """A claim rests on one thing, and says where in it."""
        if (self.source is None) == (self.bound is None):
            said = "a claim rests on a source or on something bound, one of them"
            raise ScenarioError(said, where=self.place("says"), mend='write source = "..." or bound = "..."')
        given = {"place": self.at, "read": self.read} if self.source else {"value": self.value}
        missing = [key for key, value in given.items() if value is None]
        if missing:
            what = "of the source" if self.source else "that the text relies on"
            raise ScenarioError(f"a claim needs '{missing[0]}' {what}", where=self.place("says"))
        if self.reported and self.source is None:
            raise ScenarioError("only a source reports", where=self.place("reported"), mend="leave out 'reported'")


class Question(Typed):
    """A question about the page, with answers of which one is right, and why."""

    called: ClassVar[str] = "question"
    ask: str
    answers: tuple[str, ...] = Field(min_length=2, max_length=5)
    right: int
    why: str

    def consistent(self) -> None:
        """The right answer is one of them (counted from 0)."""
        if not 0 <= self.right < len(self.answers):
            allowed = f"0 to {len(self.answers) - 1}"
            raise ScenarioError(f"right = {self.right} is no answer", where=self.place("right"), allowed=allowed)


class Query(Typed):
    """A search of the registries, shown as a list that is made anew at each visit."""

    called: ClassVar[str] = "list of trials"
    title: str
    search: str = ""
    condition: str = ""
    intervention: str = ""
    status: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    disease: tuple[str, ...] = ()
    phase: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    age_group: str = ""
    limit: int = Field(default=3, ge=1, le=12)

    @field_validator("status", "kind", "cells", "target", "disease", "phase", "country", mode="before")
    @classmethod
    def _one(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else tuple(given) if isinstance(given, list) else given


class Icons(Typed):
    """A risk as a hundred people: how many have it, and how many of them badly. some, worst: claims of a share in %."""

    called: ClassVar[str] = "icon array"
    title: str
    some: str
    some_is: str
    rest_is: str
    worst: str | None = None
    worst_is: str | None = None


class Word(Typed):
    """A word explained: as it is written, and what it means."""

    called: ClassVar[str] = "word"
    word: str
    means: str


class Table(Typed):
    """The TOML file of a page."""

    called: ClassVar[str] = "page"
    title: str
    short: str
    order: int
    summary: str
    reviewed: date
    claims: dict[str, Claim] = Field(default_factory=dict)
    sources: dict[str, Source] = Field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    trials: dict[str, Query] = Field(default_factory=dict)
    icons: dict[str, Icons] = Field(default_factory=dict)

    def consistent(self) -> None:
        """Each claim names a source that is there."""
        for claim in self.claims.values():
            if claim.source is not None and claim.source not in self.sources:
                raise unknown("source", claim.source, self.sources, claim.place("source"))
        for row in self.icons.values():
            for key in filter(None, (row.some, row.worst)):
                if key not in self.claims:
                    raise unknown("claim", key, self.claims, row.place("some" if key == row.some else "worst"))


class Page:
    """One explainer: its table and its text, checked against each other."""

    def __init__(self, name: str, table: Table, text: Text) -> None:
        self.name, self.table, self.text = name, table, text

    def __repr__(self) -> str:
        return f"<explainer {self.name}: {len(self.table.claims)} claims>"


def names(folder: Path = FOLDER) -> list[str]:
    """The names of all pages, in the order in which they are read.

    >>> from livingdrug.explainers import page
    >>> page.names()[0]
    'car-t'
    """
    found = {p.stem for p in folder.glob("*.toml") if p.stem != WORDS}
    for alone in sorted(found ^ {p.stem for p in folder.glob("*.md")}):
        said = f"the page '{alone}' is half there"
        raise ScenarioError(said, where=f"explainers/pages/{alone}", mend=f"it needs {alone}.toml and {alone}.md")
    return sorted(found, key=lambda name: (find(name, folder).table.order, name))


def find(name: str, folder: Path = FOLDER) -> Page:
    """A page by its name; UnknownName with the nearest for one that is not there, ScenarioError for a faulty file."""
    known = [p.stem for p in folder.glob("*.toml") if p.stem != WORDS]
    if name not in known:
        raise unknown("explainer", name, known, error=UnknownName)
    stamps = tuple(_stamp(folder / f) for f in (f"{name}.toml", f"{name}.md", f"{WORDS}.toml"))
    return _page(name, folder, stamps)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0)
    return (stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _page(name: str, folder: Path, stamps: tuple[tuple[int, int], ...]) -> Page:
    table = read(Table, _located(folder / f"{name}.toml"))
    file = folder / f"{name}.md"
    try:
        text = Text(file.read_text(encoding="utf-8"), f"explainers/pages/{name}.md")
    except (OSError, UnicodeDecodeError) as problem:
        said = f"the text of '{name}' cannot be read: {getattr(problem, 'strerror', None) or 'it is not UTF-8'}"
        raise ScenarioError(said, where=f"explainers/pages/{name}.md") from None
    known = {
        "claim": set(table.claims),
        "word": set(words(folder)),
        "trials": set(table.trials),
        "icons": set(table.icons),
        "figure": _drawn("figure"),
        "still": _drawn("still"),
    }
    for kind, uses in text.uses.items():
        for key, line in uses:
            if kind in known and key not in known[kind]:
                where = f"explainers/pages/{name}.md:{line}"
                mend = {
                    "word": f"add [{key}] to words.toml",
                    "figure": f"make web/templates/figures/{key}.html, or leave it out",
                    "still": f"make web/templates/stills/{key}.html, or leave it out",
                }.get(kind, f"add it to {name}.toml")
                raise unknown(_CALLED[kind], key, known[kind], where, mend=mend)
    return Page(name, table, text)


_CALLED = {
    "claim": "claim",
    "word": "word of the glossary",
    "trials": "list of trials",
    "icons": "icon array",
    "figure": "living figure",
    "still": "still figure",
}


@cache
def _drawn(kind: str) -> frozenset[str]:
    """The living or still figures that the pages can place, by the names of their files."""
    files = Path(__file__).resolve().parents[1] / "web" / "templates" / f"{kind}s"
    return frozenset(p.stem for p in files.glob("*.html") if not p.name.startswith("_"))


def words(folder: Path = FOLDER) -> dict[str, Word]:
    """The words that the pages explain, by their key."""
    return _words(folder, _stamp(folder / f"{WORDS}.toml"))


@lru_cache(maxsize=8)
def _words(folder: Path, stamp: tuple[int, int]) -> dict[str, Word]:
    if stamp == (0, 0):
        return {}
    return {key: read(Word, row) for key, row in _located(folder / f"{WORDS}.toml").items()}


def _located(path: Path) -> Any:
    """A TOML file as a located table, named in messages from the package's folder."""
    entry = library.read(path)

    def place(dotted: str) -> Place:
        line = entry.line(dotted)
        return Place(f"explainers/pages/{path.name}:{line}" if line else f"explainers/pages/{path.name}", ours=True)

    return locate(entry.data, place)
