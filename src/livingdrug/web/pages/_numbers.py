"""The numbers of a trial as a reader sees them: of the mechanisms, of the patients, of the protocol."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from livingdrug import library
from livingdrug.library import Stamp
from livingdrug.parameters import Parameter, Source, in_words
from livingdrug.plot.ticks import number
from livingdrug.results.score import CALIBRATION
from livingdrug.scenario import Resolved, explain, outline, resolve
from livingdrug.spec.population import Covariate
from livingdrug.trial.cases import role_of
from livingdrug.units import of_unit

PATIENTS, PROTOCOL = "patients", "protocol"
TITLES = {PATIENTS: "What patients differ in", PROTOCOL: "Numbers of the protocol"}


@dataclass(frozen=True)
class Entry:
    """One number. mechanism: the file stem of its mechanism, or `patients`, or `protocol`; layer: who had the last
    word; varies, unsure: between patients, and of the number itself."""

    path: str
    mechanism: str
    mechanism_title: str
    about: str
    value: str
    unit: str
    kind: str
    source: str
    link: str
    where: str
    why: str
    varies: str
    unsure: str
    layer: str
    place: str


def spoken(stem: str) -> str:
    """A mechanism as people call it: the name of its file, in the letters in which its library entry writes it."""
    words = stem.replace("_", " ")
    title = library.find("mechanisms", stem).title if stem in library.names("mechanisms") else ""
    found = re.search(re.escape(words), title, re.IGNORECASE)
    written = found[0] if found else words
    return written if written != written.lower() else written.capitalize()


@dataclass(frozen=True)
class Offered:
    """A product in the filter: its title, and the trial whose numbers stand for it."""

    title: str
    trial: str


@dataclass(frozen=True)
class Word:
    """What one layer said of a number; origin: source, reason, file and line."""

    layer: str
    value: str
    unit: str
    kind: str
    origin: str


@dataclass(frozen=True)
class Saying:
    """What the layers said of a number, lowest first, and the trials in which they said it."""

    trials: tuple[str, ...]
    said: tuple[Word, ...]


def products() -> dict[str, Offered]:
    """Product -> the library trial that stands for it: one that was fitted to where there is one."""
    return _products(library.state())


@lru_cache(maxsize=4)
def _products(state: tuple[Stamp, ...]) -> dict[str, Offered]:
    found: dict[str, Offered] = {}
    trials = [(name, *outline(name)) for name in library.names("trials")]
    for trial, design, names in sorted(trials, key=lambda x: role_of(x[1]) != CALIBRATION):
        product = names.get("product", "")
        if product and product not in found:
            found[product] = Offered(library.find("products", product).title, design.name or trial)
    return found


def book(trial: str) -> tuple[Entry, ...]:
    """Every number of a library trial, by mechanism."""
    return _book(trial, library.state())


@lru_cache(maxsize=32)
def _book(trial: str, state: tuple[Stamp, ...]) -> tuple[Entry, ...]:
    r = resolve(trial)
    found = [_of_model(r, p) for p in r.parameters.values()]
    sources = r.population.sources
    found += [_of_patients(name, c, sources) for name, c in r.covariates.items()]
    for path, x in r.protocol.numbers.items():
        if path not in r.parameters:
            cited = r.protocol.sources.get(x.source or "")
            value = number(x.value) if isinstance(x.value, (int, float)) else str(x.value)
            unit, kind, last = of_unit(x.unit), x.kind or "assumed", "protocol"
            place = r.names.get("protocol", "")
            parts = (_cited(cited), _link(cited), x.where or "", x.why or "", "", "", last, place)
            found.append(Entry(path, PROTOCOL, TITLES[PROTOCOL], x.about or "", value, unit, kind, *parts))
    order = {m: i for i, m in enumerate(dict.fromkeys(e.mechanism for e in found))}
    return tuple(sorted(found, key=lambda e: (order[e.mechanism], e.path)))


def everywhere(path: str) -> dict[str, Entry]:
    """Trial -> the number of a path, in the trials that have it."""
    books = {name: book(name) for name in library.names("trials")}
    return {name: e for name, entries in books.items() for e in entries if e.path == path}


def sayings(path: str, trials: list[str]) -> list[Saying]:
    """What the layers said of a number, once for all trials in which they said the same."""
    by: dict[tuple[tuple[str, ...], ...], list[str]] = {}
    for name in trials:
        by.setdefault(_said(path, name, library.state()), []).append(name)
    return [Saying(tuple(names), tuple(Word(*word) for word in said)) for said, names in by.items()]


@lru_cache(maxsize=4096)
def _said(path: str, trial: str, state: tuple[Stamp, ...]) -> tuple[tuple[str, ...], ...]:
    r = resolve(trial)
    said = explain(r, f"covariates.{path}" if path in r.covariates else path).said
    return tuple(
        (
            s.layer,
            _value(s.value),
            of_unit(s.unit) if s.unit else "",
            s.kind,
            "; ".join(filter(None, [s.source, s.why, s.place])),
        )
        for s in said
    )


def _value(value: object) -> str:
    return number(value) if isinstance(value, (int, float)) else in_words(value)


def _of_model(r: Resolved, p: Parameter) -> Entry:
    role = p.path.rpartition(".")[0]
    module = r.model().modules[role]
    title = " ".join((type(module).__doc__ or "").split()).partition(". ")[0].removesuffix(".")
    return Entry(
        p.path,
        module.stem,
        title,
        r.model().declared[p.path].doc,
        number(p.value),
        of_unit(p.unit),
        p.kind,
        _cited(p.reference),
        _link(p.reference),
        p.where or "",
        p.why or "",
        str(p.variability) if p.variability else "",
        str(p.uncertainty) if p.uncertainty else "",
        p.layer,
        p.place,
    )


def _of_patients(name: str, c: Covariate, sources: dict[str, Source]) -> Entry:
    cited = sources.get(c.source or "")
    value = number(c.value) if isinstance(c.value, (int, float)) else "by a table"
    ends = [f"{key} {number(x)}" for key, x in (("sd", c.sd), ("low", c.low), ("high", c.high)) if x]
    origin = (_cited(cited), _link(cited), c.where or "", c.why or "")
    about = c.title or name.replace("_", " ")
    varies = ", ".join([c.distribution, *ends])
    kind, last = c.kind or "assumed", "population"
    return Entry(name, PATIENTS, TITLES[PATIENTS], about, value, of_unit(c.unit), kind, *origin, varies, "", last, "")


def _cited(source: Source | None) -> str:
    return str(source) if source else ""


def _link(source: Source | None) -> str:
    """Where the source can be read, if it says so."""
    if source is None:
        return ""
    more = source.more
    if source.doi:
        return f"https://doi.org/{source.doi}"
    if "pmid" in more:
        return f"https://pubmed.ncbi.nlm.nih.gov/{more['pmid']}/"
    url = str(more.get("url", ""))
    return url if url.startswith("https://") else ""
