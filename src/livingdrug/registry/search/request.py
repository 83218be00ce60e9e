"""A search as a person asks it: options take any name of what they mean, a wrong one is refused with the nearest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from livingdrug.errors import nearest, pointed
from livingdrug.registry.classify.cell_therapy import CAR_THERAPY
from livingdrug.registry.classify.disease import places_in, tree
from livingdrug.registry.classify.targets import antigens
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.countries import country_forms, known_country, plain_letters
from livingdrug.registry.records.dates import asked_date
from livingdrug.registry.records.study import PHASES, STATUSES, age_in_years
from livingdrug.registry.search.document import NOT_CLASSIFIED
from livingdrug.registry.search.engine import Wanted
from livingdrug.registry.search.query import understood, unread_signs
from livingdrug.registry.terms.patterns import rules
from livingdrug.registry.terms.synonyms import forms_of, key, meaning

SORTS = ("relevance", "updated", "start", "posted", "enrollment", "distance")
"""What --sort may say; all but relevance and distance put the newest or largest first."""

OPEN = {"NOT_YET_RECRUITING", "RECRUITING", "ENROLLING_BY_INVITATION", "AVAILABLE"}
"""Statuses of studies that a person may join, now or soon; who asks for these means sites that are open too."""

_PLATFORMS = ("CAR-T", *(name for name, _ in rules("platform")))
_NOT_SAID = "not stated"
KINDS = (
    *_PLATFORMS, "long-term follow-up", "care around CAR-T", "observational", "bispecific antibody",
    *(name for name, _ in rules("other")), "no CAR", NOT_CLASSIFIED,
)  # fmt: skip
"""What --kind may say: the cells that carry the CAR, or what the study is instead"""

CELLS = ("autologous", "allogeneic", "in vivo", _NOT_SAID, *(p.removeprefix("CAR-") for p in _PLATFORMS))
COSTIMULATION = (*(name for name, _ in rules("costimulation")), _NOT_SAID)
GENERATIONS = ("1", "2", "3", "4", "5", _NOT_SAID)
SPONSORS = ("industry", "academic", "government", _NOT_SAID)
STUDY_TYPES = ("INTERVENTIONAL", "OBSERVATIONAL", "EXPANDED_ACCESS", "OTHER")
RESULTS = {"posted": "posted", "with": "posted", "yes": "posted", "none": "none", "without": "none", "no": "none",
           _NOT_SAID: _NOT_SAID, "unknown": _NOT_SAID}  # fmt: skip
ORDINALS = {"first": "1", "second": "2", "third": "3", "fourth": "4", "fifth": "5", "1st": "1", "2nd": "2", "3rd": "3",
             "4th": "4", "5th": "5"}  # fmt: skip

STATUS_WORDS = {
    "open": "RECRUITING", "enrolling": "RECRUITING", "active": "ACTIVE_NOT_RECRUITING", "planned": "NOT_YET_RECRUITING",
    "finished": "COMPLETED", "ended": "COMPLETED", "stopped": "TERMINATED", "paused": "SUSPENDED",
}  # fmt: skip
SPONSOR_WORDS = {
    "company": "industry", "companies": "industry", "pharma": "industry", "biotech": "industry",
    "commercial": "industry", "university": "academic", "hospital": "academic", "investigator": "academic",
    "public": "government", "federal": "government", "state": "government",
}  # fmt: skip
SEX_WORDS = {
    "f": "FEMALE", "woman": "FEMALE", "women": "FEMALE", "girls": "FEMALE", "m": "MALE", "man": "MALE", "men": "MALE",
    "boys": "MALE", "both": "ALL", "any": "ALL",
}  # fmt: skip
AGE_WORDS = {
    **dict.fromkeys(
        ("children", "kid", "kids", "pediatric", "paediatric", "infant", "minor", "teenager", "adolescent"), "child"
    ),
    "adults": "adult",
    **dict.fromkeys(("senior", "seniors", "elderly", "old", "older"), "older adult"),
}

AGE_GROUPS = {"child": (0.0, 18.0), "adult": (18.0, 65.0), "older adult": (65.0, 200.0)}
"""Age groups as ClinicalTrials.gov cuts them: from, until [year]"""

Range = tuple[float | None, float | None]


@dataclass(frozen=True)
class Request:
    """A search as a person asks it; several values of one option are joined by `or`, `CD19+BCMA` asks for both."""

    text: str = ""
    condition: str = ""
    intervention: str = ""
    sponsor: str = ""
    phase: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    disease: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    costimulation: tuple[str, ...] = ()
    generation: tuple[str, ...] = ()
    sponsor_type: tuple[str, ...] = ()
    study_type: tuple[str, ...] = ()
    results: str = ""
    """posted, none or not stated"""
    start: str = ""
    """when it started: 2024, 2024-03..2025, 2024.., ..2023"""
    completion: str = ""
    """when it ended or is to end, in the same way"""
    enrollment: str = ""
    """people: 20..100, 50.., ..10"""
    near: str = ""
    """a place and a distance: Munich,200km or 48.14,11.58,200"""
    age: float | str | None = None
    """A person of this age may join: years, or a text such as `8 months`"""
    age_group: str = ""
    """child, adult or older adult: one of them may join"""
    sex: str = ""
    silent: bool = False
    """with age, age group and sex: also studies that say nothing of who may join, for those who will ask"""
    since: str = ""
    """Updated on or after this day"""
    sort: str = "relevance"
    limit: int = 20
    offset: int = 0


def understood_request(
    store: Store, request: Request, ids: Iterable[str] | None = None
) -> tuple[Wanted, tuple[str, ...]]:
    """A request in terms of the index, and what is to be told about how it was taken.

    ids: only these studies. RegistryError for an option that cannot be meant, with the nearest that can.
    """
    notes: list[str] = []
    exact: dict[str, tuple[str | tuple[str, ...], ...]] = {
        "phase": tuple(p for v in _clean(request.phase) for p in _phases(v)),
        "status": tuple(status(store, v) for v in _clean(request.status)),
        "country": tuple(_country(store, v) for v in _clean(request.country)),
        "target": tuple(_together(v, antigen) for v in _clean(request.target)),
        "disease": tuple(disease(v, notes) for v in _clean(request.disease)),
        "kind": tuple(one_of(v, KINDS, "kind", "--kind", {CAR_THERAPY: "CAR-T"}) for v in _clean(request.kind)),
        "cells": tuple(_together(v, _cells) for v in _clean(request.cells)),
        "costimulation": tuple(_together(v, _costimulation) for v in _clean(request.costimulation)),
        "generation": tuple(
            one_of(v, GENERATIONS, "generation", "--generation", ORDINALS) for v in _clean(request.generation)
        ),
        "sponsor_type": tuple(
            one_of(v, SPONSORS, "type of sponsor", "--sponsor-type", SPONSOR_WORDS)
            for v in _clean(request.sponsor_type)
        ),
        "study_type": tuple(one_of(v, STUDY_TYPES, "study type", "--study-type") for v in _clean(request.study_type)),
    }
    if request.results:
        exact["results"] = (one_of(request.results, RESULTS, "answer", "--results", RESULTS),)
    if request.sex:
        sex = one_of(request.sex, ("FEMALE", "MALE", "ALL"), "sex", "--sex", SEX_WORDS)
        exact["sex"] = tuple(dict.fromkeys(("ALL", sex, *((_NOT_SAID,) if request.silent else ()))))
    if request.sort not in SORTS:
        raise RegistryError(
            f"cannot sort by '{request.sort}'", where="--sort", allowed=SORTS, nearest=nearest(request.sort, SORTS)
        )
    for name in ("text", "condition", "intervention", "sponsor"):
        if (typed := getattr(request, name)).strip() and not understood(typed):
            where = "" if name == "text" else f" in --{name}"
            notes.append(f"'{typed.strip()[:40]}'{where} holds no word to look for, and was left out")
    notes += unread_signs(request.text)
    within = {name: understood(t) for name in ("condition", "intervention", "sponsor") if (t := getattr(request, name))}
    wanted = Wanted(
        query=understood(request.text),
        exact={name: values for name, values in exact.items() if values},
        within={name: query for name, query in within.items() if query},
        ranges=_ranges(request),
        ids=None if ids is None else frozenset(ids),
        sort="relevance" if request.sort == "distance" else request.sort,
    )
    return wanted, tuple(notes)


# numbers


def _ranges(request: Request) -> dict[str, Range]:
    """The bounds that a request sets to the numbers of a study."""
    found: dict[str, Range] = {}

    def narrow(name: str, low: float | None, high: float | None) -> None:
        lowest, highest = found.get(name, (None, None))
        found[name] = (
            max((n for n in (low, lowest) if n is not None), default=None),
            min((n for n in (high, highest) if n is not None), default=None),
        )

    youngest_said = None if request.silent else 0.0  # below nought where a study says nothing of who may join
    if request.age is not None:
        years = age(request.age)
        narrow("minimum_age", youngest_said, years)
        narrow("maximum_age", years, None)
    if request.age_group:
        group = one_of(request.age_group, AGE_GROUPS, "age group", "--age-group", AGE_WORDS)
        youngest, oldest = AGE_GROUPS[group]
        narrow("maximum_age", youngest, None)
        narrow("minimum_age", youngest_said, oldest - 1e-6)
    if request.since:
        since = asked_date(request.since)
        if since is None:
            raise RegistryError(f"'{request.since}' is no date", where="--since", allowed="2026-08-01, 2026-08 or 2026")
        narrow("updated", _number(since.first), None)
    for name in ("start", "completion"):
        if text := getattr(request, name):
            low, high = _days(text, f"--{name}")
            narrow(f"{name}_last", low, None)
            narrow(name, 1.0, high)
    if request.enrollment:
        low, high = _between(request.enrollment, "--enrollment", _people, "20..100, 50.. or ..10 people")
        narrow("enrollment", 0.0 if low is None else low, high)
    return found


_UNITS = {"y": "years", "m": "months", "w": "weeks", "d": "days"}
_UNIT_SHORT = re.compile(r"^(\d[\d.]*)\s*(y|yr|yrs|yo|mo|mos|mth|mths|w|wk|wks|d)\.?$", re.IGNORECASE)
"""Units in short: 6 mo, 2 yrs"""


def age(given: float | str) -> float:
    """An age: a number of years, or `8 months`, `6 weeks`, `10 days` [year]."""
    text = _UNIT_SHORT.sub(lambda m: f"{m[1]} {_UNITS[m[2][0].lower()]}", pointed(str(given).strip()))
    try:
        years = float(text)
    except ValueError:
        found = age_in_years(text) if re.fullmatch(r"[\d.]+ ?[a-z]+", text.lower()) else None
        years = -1.0 if found is None else found
    if not 0 <= years <= 130:
        raise RegistryError(
            f"'{given}' is no age in years", where="--age", allowed="0 to 130, or with a unit: '8 months', '6 weeks'"
        )
    return years


def _days(text: str, where: str) -> Range:
    """`2024-03..2025` as the first and the last day meant, yyyymmdd."""

    def day(part: str, last: bool) -> float | None:
        found = asked_date(part)
        return None if found is None else _number(found.last if last else found.first)

    return _between(text, where, day, "2024, 2024-03..2025-06, 2024.. or ..2023-12-31")


def _between(text: str, where: str, read: Callable[[str, bool], float | None], allowed: str) -> Range:
    """`A..B`, `A..`, `..B` or `A` alone as its bounds; read: (part, is it the upper bound) -> number or None."""
    given = _TO.sub("..", text.strip())
    if re.fullmatch(r"[^.-]+-[^.-]+", given) and read(given, False) is None:
        given = given.replace("-", "..")
    first, dots, last = given.partition("..")
    bounds: list[float | None] = []
    for part, upper in ((first, False), (last if dots else first, True)):
        bound = read(part.strip(), upper) if part.strip() else None
        if part.strip() and bound is None:
            raise RegistryError(
                f"'{text}' says no range: '{part.strip()}' is not understood", where=where, allowed=allowed
            )
        bounds.append(bound)
    low, high = bounds
    if low is None and high is None:
        raise RegistryError(f"'{text}' says no range", where=where, allowed=allowed)
    if low is not None and high is not None and low > high:
        raise RegistryError(f"'{text}' ends before it begins", where=where, allowed=allowed)
    return low, high


_TO = re.compile(r"\s+(?:to|until|till)\s+|\s*[\u2013\u2014]\s*|\s+-\s+", re.IGNORECASE)
"""Between the ends of a range where a person writes no two points: `2020 to 2022`"""


def _people(part: str, upper: bool) -> float | None:
    plain = re.fullmatch(r"\d+(?:_\d+)*|\d{1,3}(?:,\d{3})+", part, re.ASCII)
    text = re.sub("[,_]", "", part)
    return float(text) if plain and len(text) < 10 else None


def _number(day: str) -> float:
    return float(day.replace("-", ""))


# names


def _clean(values: tuple[str, ...]) -> tuple[str, ...]:
    """Values without what no text file can hold."""
    return tuple(v.encode("utf-8", "replace").decode() for v in values)


def _together(given: str, name: Callable[[str], str]) -> str | tuple[str, ...]:
    """One value, or those that a plus joins: CD19+BCMA are both."""
    try:
        return name(given)
    except RegistryError:
        parts = [part.strip() for part in given.split("+")]
        if len(parts) < 2 or not all(parts):
            raise
        return tuple(name(part) for part in parts)


def one_of(given: str, allowed: Iterable[str], what: str, where: str, also: Mapping[str, str] | None = None) -> str:
    """The allowed value that is meant, however it is written: case, hyphens and other names of it do not matter."""
    names = _forms(tuple(allowed), tuple((also or {}).items()))
    synonym = meaning(given)
    for form in filter(None, (_letters(given), _letters(synonym.name) if synonym else "")):
        if form in names:
            return names[form]
    values = list(dict.fromkeys(names.values()))
    close = nearest(given, values) or nearest(given.upper(), values)
    raise RegistryError(f"unknown {what} '{given}'", where=where, allowed=values, nearest=close)


@lru_cache(maxsize=100)
def _forms(allowed: tuple[str, ...], also: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Every way of writing the values that may be chosen -> the value."""
    others = dict(also)
    return {_letters(form): name for form, name in also} | {_letters(n): n for n in allowed if n not in others}


def _letters(form: str) -> str:
    return re.sub(r"[^a-z0-9]", "", form.lower())


def status(store: Store, given: str) -> str:
    """The registry's word for a status; also one that only this mirror has."""
    try:
        return one_of(given, STATUSES, "status", "--status", STATUS_WORDS)
    except RegistryError:
        for field, word in store.unknown_words():
            if field == "status" and _letters(word) == _letters(given):
                return word
        raise


_SEVERAL = set(
    "eu eu27 eea efta europeanunion europe asia africa america northamerica southamerica latinamerica"
    " middleeast scandinavia oceania balkans benelux dach apac emea world worldwide international".split()
)
"""names of several countries, as letters and digits alone; a country of that name comes first"""


def _country(store: Store, given: str) -> str:
    """A country by any of its names, or as a record of the mirror spells it."""
    if found := known_country(given):
        return found
    names = {n for (n,) in store.connect().execute("SELECT DISTINCT name FROM country")}
    spelt = {plain_letters(n): n for n in names if plain_letters(n)}
    if found := spelt.get(plain_letters(given)):
        return found
    forms = country_forms()
    if plain_letters(given) in _SEVERAL:
        raise RegistryError(
            f"'{given}' is not one country",
            where="--country",
            mend="name each: --country Germany --country France finds studies with a site in either",
        )
    close = (nearest(given, forms) or nearest(given.title(), forms)) if len(plain_letters(given)) > 3 else None
    raise RegistryError(
        f"unknown country '{given}'",
        where="--country",
        allowed=sorted(set(forms.values())),
        nearest=forms.get(close or "", None),
        given=given,
    )


def _phases(given: str) -> tuple[str, ...]:
    """`2`, `phase 2`, `PHASE2`, `early 1`, `1/2` (either) or `NA` in the registry's words."""
    text = re.sub(r"[\s_]|phase", "", given.lower())
    if text in ("notstated", "none"):
        return (_NOT_SAID,)
    names = {"early1": "EARLY_PHASE1", "0": "EARLY_PHASE1", "na": "NA", **{str(n): f"PHASE{n}" for n in range(1, 5)}}
    roman = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
    found = [names.get(roman.get(part, part)) for part in re.split(r"[/|,-]", text)]
    if not found or None in found:
        allowed = ["1", "2", "3", "4", "1/2", "early 1", "NA", "not stated", *PHASES]
        raise RegistryError(
            f"unknown phase '{given}'", where="--phase", allowed=allowed, nearest=nearest(given, allowed)
        )
    return tuple(f for f in found if f)


def _cells(given: str) -> str:
    """Whose cells or which: `off-the-shelf` is allogeneic, `CAR-NK` is NK."""
    also = {p: p.removeprefix("CAR-") for p in _PLATFORMS} | {
        "gamma delta": "gamma-delta-T", "donor": "allogeneic", "own": "autologous",
        "natural killer": "NK", "regulatory T": "Treg", "macrophages": "macrophage",
    }  # fmt: skip
    return one_of(given.replace("γδ", "gamma delta"), CELLS, "kind of cells", "--cells", also)


def _costimulation(given: str) -> str:
    return one_of(given, COSTIMULATION, "costimulatory domain", "--costimulation")


def antigen(given: str) -> str:
    """An antigen by any of its names: CD276 is B7-H3."""
    synonym = meaning(given)
    if synonym and synonym.kind == "antigen":
        return synonym.name
    known = {key(name): name for name in antigens()}
    if key(given) in known:
        return known[key(given)]
    forms = {form: name for name in known.values() for form in (name, *forms_of(name))}
    close = nearest(given, forms)
    several = [part for part in re.split(r"[,;/&]|\band\b|\bor\b", given) if key(part) in known or meaning(part)]
    raise RegistryError(
        f"unknown antigen '{given}'",
        where="--target",
        allowed=sorted(known.values()),
        nearest=None if len(several) > 1 else forms[close] if close else None,
        given=given,
        mend=f"both at once: {'+'.join(p.strip() for p in several)}; either: one --target for each"
        if len(several) > 1
        else None,
    )


def disease(given: str, notes: list[str]) -> str:
    """A branch, group or disease of the tree by any of its names; a narrower name stands under its place."""
    names = {key(p.name): p.name for p in tree()}
    synonym = meaning(given)
    if found := names.get(key(given)):
        return found
    if synonym and synonym.kind == "disease":
        return synonym.name
    if synonym and synonym.label:
        return synonym.label
    if places := places_in(given):
        if key(places[0].name) != key(given):
            notes.append(f"{given} stands under {places[0].name} in the tree of diseases")
        return places[0].name
    forms = {form: name for name in names.values() for form in (name, *forms_of(name))}
    holding = [form for form in forms if f" {key(given)} " in f" {' '.join(map(key, form.split()))} "]
    close = min(holding, key=lambda form: (form != forms[form], len(form))) if holding else nearest(given, forms)
    raise RegistryError(
        f"unknown disease '{given}'",
        where="--disease",
        allowed=sorted(set(names.values())),
        nearest=forms[close] if close else None,
        given=given,
        mend="or look for the words themselves: --condition",
    )
