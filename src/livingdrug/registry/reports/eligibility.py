"""The eligibility text of a record, criterion by criterion, and what a criterion says of age.

Careful by construction: a statement of age is read only where every word of it is understood. Whatever is left over, a
negation, a subgroup, a cohort, leaves it unread, and what is unread is to be asked, never answered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Section = Literal["inclusion", "exclusion", ""]
Answer = Literal["yes", "no", "ask"]

_HEADING = re.compile(
    r"^[\W\d]*(?:(?:key|main|major|general|additional|principal|patient|subject|participant|study|donor|common)\s+)*"
    r"(?P<kind>inclusion|exclusion)(?:\s+criteri(?:a|on))?(?P<more>[^:\n]{0,60}?)\s*(?::\W*(?P<rest>.*)|\W*$)",
    re.IGNORECASE,
)
_OTHERS = re.compile(r"\b(?:donor|caregiver|control|partner)s?\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.;])\s+(?=[A-Z(])")
_BULLET = re.compile(r"^\s*(?:[-*•·○●▪]\s*|\(?\d{1,2}\s?[.)]\s+|\(?[a-z]\)\s+|o\s+)+")


@dataclass(frozen=True)
class Criterion:
    """One sentence of the eligibility text, as it stands there, and the section it stands in."""

    text: str
    section: Section


def criteria(text: str | None) -> tuple[Criterion, ...]:
    """The sentences of an eligibility text; the section is empty where no heading says it."""
    found: list[Criterion] = []
    section: Section = ""
    for line in (text or "").splitlines():
        heading = _HEADING.match(line)
        if heading and (heading["rest"] is not None or len(line.strip()) < 90):
            others = _OTHERS.search(line.partition(":")[0])
            section = "" if others else "inclusion" if heading["kind"].lower() == "inclusion" else "exclusion"
            line = heading["rest"] or ""
        body = _BULLET.sub("", line).strip()
        found += [Criterion(part.strip(), section) for part in _SENTENCE.split(body) if part.strip()]
    return tuple(found)


# age

_PER_YEAR = {"year": 1.0, "month": 12.0, "week": 52.1775, "day": 365.2425}
_TALKS = re.compile(
    r"\b(?:older|younger)\b|"
    r"\bage[ds]?\b|\b(?:year|month|week|day)s?[- ]old\b|\b(?:years?|yrs?)\b(?=\W*(?:\)|\.|;|,|$))",
    re.IGNORECASE,
)
_TALKS_SURELY = re.compile(r"\bage[ds]?\b|\b(?:year|month|week|day)s?[- ]old\b", re.IGNORECASE)
_ELSE = re.compile(r"child-?\s?bearing|reproductive|gestational|age[- ](?:adjusted|matched|related)", re.IGNORECASE)

_SPELT = (
    (
        r"(?:greater|more) than or equal to|equal to or (?:greater|older|more) than|(?:of )?at least"
        r"|a? ?minimum(?: age)?(?: of)?|no younger than|not younger than|not less than|no less than",
        "≥",
    ),
    (
        r"less than or equal to|equal to or (?:less|younger) than|at most|up to"
        r"|a? ?maximum(?: age)?(?: of)?|no older than|not older than|not more than|no more than",
        "≤",
    ),
    (r"greater than|more than|older than|over|above|exceeding", ">"),
    (r"less than|younger than|under|below", "<"),
)
_THEN = r"(?=\s*(?:the )?(?:ages? )?(?:of )?\(?\s*[≥≤]?\s*\)?\s*\d)"
_COMPARISONS = tuple((re.compile(rf"(?<!\w)(?:{words})(?!\w){_THEN}"), sign) for words, sign in _SPELT)
_SIGNS = tuple(
    (re.compile(signs), sign)
    for signs, sign in ((r">\s?/?\s?=|=\s?>|[≧⩾]", "≥"), (r"<\s?/?\s?=|=\s?<|[≦⩽]", "≤"), ("＞", ">"), ("＜", "<"))
)
_U = r"(?P<{0}>years?|yrs?\.?|yo|y/o|y|months?|mos?\.?|weeks?|wks?\.?|days?)?(?:[- ](?:of age|old|olds|of life))?"
_N = r"(?P<{0}>\d{{1,3}}(?:\.\d+)?)"
_ONE = rf"{_N.format('n')}\s*-?{_U.format('u')}"
_BETWEEN = re.compile(
    rf"{_N.format('low')}\s*-?{_U.format('lowu')}\s*(?:-|to|and|through|~|until)\s*(?P<strict><?)\s*{_N.format('high')}\s*-?{_U.format('highu')}"
)
_COMPARED = re.compile(rf"(?P<sign>[≥≤<>])\s*{_ONE}")
_BEYOND = re.compile(
    rf"{_ONE}\s*,?\s*(?:or|and|&)?\s*"
    r"(?P<way>older|over|above|up|more|greater|upwards?|younger|less|under|below)\b(?: in age)?"
)
_UP = {"older", "over", "above", "up", "more", "greater", "upward", "upwards"}
_HARMLESS = set(
    "a an and any are age aged ages adult adults all applicable as at baseline be been between both by consent "
    "criteria date day der dose either eligible enrollment enrolment entry first form from gender genders given "
    "have has his icf in include included including inclusion inclusive inclusively individuals informed infusion "
    "is it its limit limited limits male males female females man men woman women must no not-limited obtained of "
    "old older on or participant participants patient patients people person persons provide range ranging "
    "regardless registration screening sex sexes should signature signed signing study subject subjects that the "
    "their this time to unlimited upon visit voluntarily volunteers was were who whose will with written years "
    "year".split()
)
_PHRASES = re.compile(
    r"gender (?:is )?not limited|no gender limit|(?:gender|sex) unlimited|regardless of (?:gender|sex|race)"
    r"|of any (?:gender|sex)"
)
_SEXES = ({"male", "males", "man", "men"}, {"female", "females", "woman", "women"})


@dataclass(frozen=True)
class Bound:
    """One end of a range of ages [year]; step: the unit it was said in [year], of which an age is a whole number."""

    years: float
    step: float
    strict: bool = False

    def above(self, age: float) -> Answer:
        """Whether an age lies above this lower end; `over 18` leaves the age of 18 itself open."""
        if age < self.years:
            return "no"
        return "ask" if self.strict and age < self.years + self.step else "yes"

    def below(self, age: float) -> Answer:
        """Whether an age lies below this upper end; `to 75 years` leaves the months after the 75th birthday open."""
        if age < self.years or (age == self.years and not self.strict):
            return "yes"
        return "no" if self.strict or age >= self.years + self.step else "ask"


@dataclass(frozen=True)
class Ages:
    """A range of ages."""

    low: Bound | None = None
    high: Bound | None = None

    def holds(self, age: float) -> Answer:
        """Whether an age [year] lies within."""
        answers = [b for b in (self.low and self.low.above(age), self.high and self.high.below(age)) if b]
        return "no" if "no" in answers else "ask" if "ask" in answers else "yes"


@dataclass(frozen=True)
class AgeSaid:
    """What a criterion says of age: the ages it lets in, any of which will do; None where it could not be read."""

    criterion: Criterion
    ages: tuple[Ages, ...] | None

    def admits(self, age: float) -> Answer:
        """Whether the criterion lets a person of this age [year] in."""
        if self.ages is None:
            return "ask"
        answers = [one.holds(age) for one in self.ages]
        inside: Answer = "yes" if "yes" in answers else "ask" if "ask" in answers else "no"
        if self.criterion.section == "exclusion":
            return {"yes": "no", "no": "yes", "ask": "ask"}[inside]  # type: ignore[return-value]
        return inside


def ages_said(text: str | None) -> tuple[AgeSaid, ...]:
    """Every criterion that speaks of a person's age, read or not."""
    found = []
    for criterion in criteria(text):
        ages = _ages(criterion)
        if ages is not None or (_TALKS_SURELY.search(criterion.text) and not _ELSE.search(criterion.text)):
            found.append(AgeSaid(criterion, ages))
    return tuple(found)


def _ages(criterion: Criterion) -> tuple[Ages, ...] | None:
    """The ranges that a criterion names; None unless each of its words is understood."""
    if not criterion.section or not _TALKS.search(criterion.text) or _ELSE.search(criterion.text):
        return None
    text = _PHRASES.sub(" ", _plain(criterion.text))
    ranges, rest = _ranges(text, criterion.section == "exclusion")
    words = set(re.findall(r"[a-z][a-z-]*|[^\s\w.,;:()\[\]/&+-]|\d+", rest))
    one_sex = bool(words & _SEXES[0]) != bool(words & _SEXES[1])
    if not ranges or one_sex or words - _HARMLESS:
        return None
    return ranges


def _plain(text: str) -> str:
    """A criterion in small letters, comparisons as one sign each, dashes plain."""
    text = re.sub("[\u2010-\u2015\u2212\uff5e]", "-", text.lower().replace("\u00a0", " "))
    for pattern, sign in (*_SIGNS, *_COMPARISONS):
        text = pattern.sub(f" {sign} ", text)
    text = re.sub(r"([≥≤<>])\s*\(\s*\1\s*\)", r"\1", text)
    text = re.sub(r"([≥≤<>])\s*(?:the )?ages? (?:of )?(?=\d)", r"\1 ", text)
    return " ".join(text.split())


def _ranges(text: str, excluding: bool) -> tuple[tuple[Ages, ...], str]:
    """The ranges of a text, and the text without them; none where they contradict each other or are several."""
    several = len(_COMPARED.findall(text)) > 1
    for pattern in () if several else (_BETWEEN, _BEYOND):
        found = list(pattern.finditer(text))
        if len(found) == 1:
            rest = text[: found[0].start()] + " " + text[found[0].end() :]
            made = _between(found[0]) if pattern is _BETWEEN else _beyond(found[0])
            return ((made,) if made else ()), rest
        if found:
            return (), text
    found = list(_COMPARED.finditer(text))
    rest = _COMPARED.sub(" ", text)
    sides = [(m["sign"], _bound(m["n"], m["u"], m["sign"] in "<>")) for m in found]
    lows = [Ages(low=b) for sign, b in sides if sign in "≥>"]
    highs = [Ages(high=b) for sign, b in sides if sign in "≤<"]
    if len(lows) > 1 or len(highs) > 1 or not sides or any(b.step <= 0 for _, b in sides):
        return (), text
    if lows and highs:
        apart = re.search(r"\bor\b", text[found[0].end() : found[1].start()])
        low, high = lows[0].low, highs[0].high
        assert low and high
        if apart:
            return ((lows[0], highs[0]), rest) if excluding and high.years <= low.years else ((), text)
        return ((Ages(low, high),) if low.years < high.years else ()), rest
    return tuple(lows or highs), rest


def _between(match: re.Match[str]) -> Ages | None:
    unit = match["highu"] or match["lowu"]
    low = _bound(match["low"], match["lowu"] or unit, False)
    high = _bound(match["high"], match["highu"] or unit, bool(match["strict"]))
    return Ages(low, high) if low.years < high.years else None


def _beyond(match: re.Match[str]) -> Ages:
    bound = _bound(match["n"], match["u"], False)
    return Ages(low=bound) if match["way"] in _UP else Ages(high=bound)


def _bound(number: str, unit: str | None, strict: bool) -> Bound:
    name = {"y": "year", "m": "month", "w": "week", "d": "day"}[(unit or "year")[0]]
    return Bound(float(number) / _PER_YEAR[name], 1 / _PER_YEAR[name], strict)
