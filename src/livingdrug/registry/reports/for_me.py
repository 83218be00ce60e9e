"""Could a trial be for a person? Question by question: yes, no or ask, each with the words of the record it rests on.

It never says that somebody may take part: only the trial's team can. What the record leaves open, or what could not be
read for certain, is to be asked.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from livingdrug.registry.classify.disease import Place, places_in
from livingdrug.registry.records.study import Site, Study, age_in_years, age_until
from livingdrug.registry.reports.eligibility import Answer, Criterion, ages_said, criteria
from livingdrug.registry.reports.in_words import status_in_words
from livingdrug.registry.search.geo import distance
from livingdrug.registry.search.query import searchable, understood
from livingdrug.registry.search.request import OPEN
from livingdrug.registry.terms.synonyms import key, meaning


@dataclass(frozen=True)
class Person:
    """What a person says of themselves; nothing need be said. Never kept."""

    age: float | None = None
    """[year]"""
    sex: str = ""
    """female or male"""
    condition: str = ""
    lines: int | None = None
    """earlier treatments, counted"""
    had_car: bool | None = None
    """whether CAR cells were given before"""
    point: tuple[float, float] | None = None
    """latitude and longitude of home [degree]"""
    within: float = 0.0
    """how far to go [km]"""

    @property
    def says(self) -> bool:
        """Whether anything was said."""
        return self != Person(within=self.within)


@dataclass(frozen=True)
class Verdict:
    """The answer to one question."""

    question: str
    answer: Answer
    why: str
    quote: str
    """words of the record, exactly as they stand there; empty where it is silent"""
    place: str
    """where in the record they stand"""


@dataclass(frozen=True)
class ForMe:
    """The answers of one trial."""

    study: str
    verdicts: tuple[Verdict, ...]

    def counts(self) -> dict[str, int]:
        """How many questions were answered yes, ask and no."""
        found = Counter(v.answer for v in self.verdicts)
        return {answer: found[answer] for answer in ("yes", "ask", "no")}

    def as_json(self) -> dict[str, Any]:
        """The answers for machines."""
        return {"id": self.study, "counts": self.counts(), "verdicts": [asdict(v) for v in self.verdicts]}


def could_it_be(study: Study, person: Person) -> ForMe:
    """What the record of one study says to each question the person answered, and whether it takes people in."""
    asked = [_open(study)]
    asked += [_age(study, person.age)] if person.age is not None else []
    asked += [_sex(study, person.sex)] if person.sex else []
    asked += [_condition(study, person.condition)] if person.condition.strip() else []
    asked += [_lines(study, person.lines)] if person.lines is not None else []
    asked += [_had_car(study, person.had_car)] if person.had_car is not None else []
    asked += [_near(study, person.point, person.within)] if person.point else []
    return ForMe(study.id, tuple(asked))


def _open(study: Study) -> Verdict:
    status = study.status or ""
    answer: Answer = (
        "yes" if status in ("RECRUITING", "AVAILABLE") else "ask" if status in (*OPEN, "UNKNOWN", "") else "no"
    )
    why = {
        "yes": "The record says that it takes new people.",
        "ask": "Whether it takes new people now is for the trial team to say.",
        "no": "The record says that it takes no new people now.",
    }[answer]
    return Verdict("Does it take new people?", answer, why, f"{study.status_stated or status or ''}", "status")


# age and sex


def _age(study: Study, age: float) -> Verdict:
    """The registry's own limits first; a sentence that says otherwise, or that could not be read, makes it an ask."""
    stated, quote = _stated_age(study, age)
    said = ages_said(study.eligibility)
    answers = {one.admits(age): one.criterion.text for one in reversed(said)}
    unread = next((one.criterion.text for one in said if one.ages is None), "")

    def verdict(answer: Answer, why: str, words: str = "", place: str = "eligibility") -> Verdict:
        return Verdict("Does the age fit?", answer, why, words or quote, place if words else "age limits")

    if stated == "no":
        if "yes" in answers:
            return verdict("ask", "Its age limits leave this age out, but a sentence lets it in.", answers["yes"])
        return verdict("no", "This age is outside its limits.")
    if not stated and not said:
        return verdict("ask", "The record states no limits of age.")
    if "no" in answers:
        if not stated and set(answers) == {"no"}:
            return verdict("no", "This age is outside what it asks for.", answers["no"])
        return verdict(
            "ask", "A sentence of the record leaves this age out, or not everybody of this age in.", answers["no"]
        )
    if stated == "ask" or "ask" in answers:
        words = unread or answers.get("ask", "")
        return verdict("ask", "The record says more about age than could be read for certain.", words)
    return verdict("yes", "This age is within its limits.", "" if stated else answers["yes"])


def _stated_age(study: Study, age: float) -> tuple[Answer | None, str]:
    """What the registry's fields of age say, None where there are none, and how they stand there."""
    low, high = study.minimum_age, study.maximum_age
    quote = "; ".join(f"{name}: {said}" for name, said in (("minimum age", low), ("maximum age", high)) if said)
    answers: list[Answer] = []
    for said, limit, fits in (
        (low, age_in_years(low), lambda years: age >= years),
        (high, age_until(high), lambda years: age <= years),
    ):
        if said and said.strip().lower() not in ("n/a", "none", "not applicable", "no limit"):
            answers.append("ask" if limit is None else "yes" if fits(limit) else "no")
    if not answers:
        return None, quote
    return ("no" if "no" in answers else "ask" if "ask" in answers else "yes"), quote


_ONE_SEX = re.compile(
    r"\b(?:only|exclusively)\s+(?:fe)?male\b|\b(?:fe)?males?\s+only\b|\b(?:wo)?men\s+only\b|\bonly\s+(?:wo)?men\b",
    re.IGNORECASE,
)


def _sex(study: Study, sex: str) -> Verdict:
    question, quote = "Is it for this sex?", f"sex: {study.sex}" if study.sex else ""
    wanted = (study.sex or "").upper()
    limited = next((c.text for c in criteria(study.eligibility) if _ONE_SEX.search(c.text)), "")
    if wanted in ("FEMALE", "MALE"):
        if wanted == sex.upper():
            return Verdict(question, "yes", f"It is for {sex} people.", quote, "sex")
        return Verdict(question, "no", f"It is for {wanted.lower()} people only.", quote, "sex")
    if wanted == "ALL" and not limited:
        return Verdict(question, "yes", "It is for people of every sex.", quote, "sex")
    why = "A sentence limits a sex." if limited else "The record does not say."
    return Verdict(question, "ask", why, limited or quote, "eligibility" if limited else "sex")


# condition


def _condition(study: Study, condition: str) -> Verdict:
    question = "Is it for this illness?"
    against = next(
        (c.text for c in criteria(study.eligibility) if c.section == "exclusion" and _says(c.text, condition)), ""
    )
    same = next((c for c in study.conditions if _same(c, condition)), "")
    if same and not against:
        return Verdict(question, "yes", "The record names this illness.", same, "conditions")
    if against:
        why = "The record names this illness among its reasons against taking part, at least in part."
        return Verdict(question, "ask", why, against, "eligibility, exclusion")
    near = next((c for c in study.conditions if _says(c, condition) or _wider(c, condition)), "")
    if near:
        why = "The record names a wider or a narrower group of illnesses."
        return Verdict(question, "ask", why, near, "conditions")
    named = next((t for t in (study.title, *study.keywords, *_sentences(study)) if t and _says(t, condition)), "")
    if named:
        return Verdict(question, "ask", "The record speaks of this illness, but not as what it is for.", named, "text")
    quote = "; ".join(study.conditions)
    if _elsewhere(study, condition):
        return Verdict(question, "no", "The record is for other illnesses.", quote, "conditions")
    why = "Whether this illness belongs to it could not be read for certain."
    return Verdict(question, "ask", why, quote, "conditions")


def _sentences(study: Study) -> list[str]:
    return [c.text for c in criteria(study.eligibility)]


_WORD = re.compile(r"[^\W_]+")


def _same(stated: str, condition: str) -> bool:
    """Whether two names mean one illness."""
    if key(stated) == key(condition):
        return True
    a, b = meaning(stated), meaning(condition)
    if a and b:
        return a is b
    mine, theirs = places_in(condition), places_in(stated)
    return len(mine) == len(theirs) == 1 and bool(mine[0].disease) and mine == theirs


def _says(text: str, condition: str) -> bool:
    """Whether a text names the illness by any of its names."""
    clauses = understood(condition).wanted
    words = " " + " ".join(_WORD.findall(searchable(text))) + " "
    return bool(clauses) and all(
        any(f" {' '.join(way).removesuffix('*')} " in words for way in c.ways) for c in clauses
    )


def _wider(stated: str, condition: str) -> bool:
    """Whether one of two illnesses lies within the other in the tree of diseases."""
    return any(_related(a, b) for a in places_in(stated) for b in places_in(condition))


def _related(a: Place, b: Place) -> bool:
    return a.within(b.name) or b.within(a.name)


def _elsewhere(study: Study, condition: str) -> bool:
    """Whether all illnesses of a study stand in other branches of the tree than this one."""
    mine = {p.branch for p in places_in(condition)}
    theirs = [places_in(c) for c in study.conditions]
    return bool(mine and theirs and all(theirs)) and not mine & {p.branch for places in theirs for p in places}


# earlier treatment

_COUNTS = {w: n for n, w in enumerate("zero one two three four five six seven eight nine ten".split())}
_NUMBER = rf"(?P<n>\d{{1,2}}|{'|'.join(_COUNTS)})"
_OF_LINES = (
    r"(?:\s+(?:different|separate|full|complete|or\s+more|prior|previous|systemic|standard|earlier|\(?\d\)?))*"
    r"\s+(?:\w+\s+){0,2}?(?:lines?|regimens?|lots?)\b"
)
_LEAST = re.compile(
    rf"(?:at least|≥|>=|a? ?minimum of|more than or equal to)\s*{_NUMBER}{_OF_LINES}"
    rf"|{_NUMBER.replace('<n>', '<m>')}\s+or\s+more{_OF_LINES}",
    re.IGNORECASE,
)
_MOST = re.compile(
    rf"(?:at most|no more than|not more than|≤|<=|up to|a? ?maximum of)\s*{_NUMBER}{_OF_LINES}", re.IGNORECASE
)
_LINES = re.compile(r"\b(?:prior|previous|earlier)\b.{0,40}\b(?:lines?|regimens?)\b|\blines? of\b", re.IGNORECASE)
_HEDGE = re.compile(
    r"\b(?:unless|except\w*|excluding|cohorts?|arms?|phase|part|if|either|but|not|without|whichever|or)\b"
    r"|\bother than\b",
    re.IGNORECASE,
)
_NO_HEDGE = re.compile(
    r"\bor\s+(?:more|refractory|relapsed|progress\w+|recurrent|intoleran\w+)\b|\brelapsed\s*/?\s*or\b", re.IGNORECASE
)


def _lines(study: Study, lines: int) -> Verdict:
    """Only one plain sentence of the inclusion criteria decides; more of them, alternatives or conditions: ask."""
    question = "Does the number of earlier treatments fit?"
    said = [c for c in criteria(study.eligibility) if _LINES.search(c.text)]
    if not said:
        return Verdict(question, "ask", "The record gives no number of earlier treatments.", "", "eligibility")
    read = [c for c in said if c.section == "inclusion" and (_LEAST.search(c.text) or _MOST.search(c.text))]
    plain = len(said) == len(read) == 1 and not _HEDGE.search(_NO_HEDGE.sub(" ", read[0].text))
    if not plain:
        why = "The record says more about earlier treatment than could be read for certain."
        return Verdict(question, "ask", why, (read or said)[0].text, "eligibility")
    text = read[0].text
    least, most = _LEAST.search(text), _MOST.search(text)
    low = _whole(least.groupdict().get("n") or least.groupdict().get("m") or "") if least else 0
    high = _whole(most["n"]) if most else 99
    if low <= lines <= high:
        return Verdict(question, "yes", "The number of earlier treatments is what it asks for.", text, "eligibility")
    return Verdict(question, "no", "It asks for another number of earlier treatments.", text, "eligibility")


def _whole(word: str) -> int:
    return int(word) if word.isdecimal() else _COUNTS[word.lower()]


_CAR = re.compile(
    r"\bCAR[- ]?(?:T|NK)?\b|chimeric antigen receptor|gene(?:tically)?[- ](?:modified|engineered|edited)"
    r"|\bgene therapy\b|adoptive(?:ly)?\b|\b(?:T[- ]cell|cellular|cell)[- ](?:based )?(?:immuno)?therap",
)
_BEFORE = re.compile(
    r"\b(?:prior|previous\w*|history|earlier|(?:has|have|had|having)\s+(?:\w+\s+)?received|exposure|treated)\b",
    re.IGNORECASE,
)
_PLAIN_CAR = set(
    "a adoptive adoptively an and any based been before cart car car-based car-t cell cells cellular chimeric "
    "antigen receptor receptors ctl engineered enrollment enrolment exposure for gene gene-modified genetically "
    "genetically-modified had has have having history immunotherapy in including investigational modified nk of "
    "or other participant participants patient patients previous previously prior product products receive "
    "received receiving screening subject subjects such t t-cell t-cells that the therapies therapy those to "
    "treated treatment treatments use used who with".split()
)
"""Words with which a sentence speaks of such cells at large, and of nothing else"""


def _had_car(study: Study, had: bool) -> Verdict:
    question = (
        "Does it matter that CAR cells were given before?"
        if had
        else "Does it matter that no CAR cells were given before?"
    )
    said: list[Criterion] = [c for c in criteria(study.eligibility) if _CAR.search(c.text) and _BEFORE.search(c.text)]
    if not said:
        return Verdict(question, "ask", "The record does not speak of it.", "", "eligibility")
    against = [c for c in said if c.section == "exclusion"]
    text = (against or said)[0].text
    if len(against) < len(said):
        return Verdict(
            question,
            "ask",
            "The record speaks of it among what it asks for.",
            next(c.text for c in said if c not in against),
            "eligibility",
        )
    if not had:
        return Verdict(question, "yes", "The record only speaks against earlier cells.", text, "eligibility, exclusion")
    if not any(set(re.findall(r"[a-z0-9-]+", c.text.lower())) <= _PLAIN_CAR for c in against):
        return Verdict(question, "ask", "It depends on which cells, or on when.", text, "eligibility, exclusion")
    return Verdict(question, "no", "The record takes no one who had such cells before.", text, "eligibility, exclusion")


# place


def _near(study: Study, point: tuple[float, float], within: float) -> Verdict:
    """The nearest site that may be open; a site without coordinates leaves the question open."""
    question = "Is there a place near enough?"
    placed = sorted(
        (
            (distance(*point, s.latitude, s.longitude), n, s)
            for n, s in enumerate(study.sites)
            if s.latitude is not None and s.longitude is not None
        ),
        key=lambda one: one[:2],
    )
    unplaced = len(study.sites) - len(placed)
    if not placed:
        why = "The record gives no place on the map." if study.sites else "The record names no place."
        return Verdict(question, "ask", why, "", "sites")
    reach = [(km, s) for km, _, s in placed if km <= within]
    opened = next(((km, s) for km, s in reach if s.status in OPEN or (not s.status and study.status in OPEN)), None)
    if opened:
        km, site = opened
        return Verdict(question, "yes", f"A place is {_far(km)} away.", _named(site), "sites")
    km, site = reach[0] if reach else (placed[0][0], placed[0][2])
    if reach:
        state = status_in_words(site.status or study.status).lower()
        return Verdict(
            question, "ask", f"A place is {_far(km)} away, and its state is: {state}.", _named(site), "sites"
        )
    if unplaced:
        why = f"The nearest place on the map is {_far(km)} away; {unplaced} more could not be placed."
        return Verdict(question, "ask", why, _named(site), "sites")
    return Verdict(question, "no", f"The nearest place is {_far(km)} away.", _named(site), "sites")


def _far(km: float) -> str:
    return f"{km:,.0f} km" if km >= 10 else f"{km:.1f} km"


def _named(site: Site) -> str:
    return ", ".join(part for part in (site.facility, site.city, site.state, site.country) if part)
