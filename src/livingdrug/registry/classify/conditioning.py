"""Conditioning before the cells, as a record states it; what could not be read is said, never passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from livingdrug.registry.classify.days import Days, days_in, settled
from livingdrug.registry.classify.passages import Passages, spelled
from livingdrug.registry.classify.usual import usual

_AGENT = re.compile(
    r"\b(?P<fludarabine>fludarabine(?:\s+phosphate)?|fludara|F-ara(?:-A)?|(?-i:Flu|FLU)|flu(?=:?\s*\(?\d+\s?mg))\b"
    r"|\b(?P<cyclophosphamide>cyclophosphamide|cytoxan|endoxan|(?-i:CTX|CYC?|Cy|CPM|CPA))\b"
    r"|\b(?P<other>bendamustine|busulfan|melphalan|alemtuzumab|thiotepa|treosulfan|etoposide|cytarabine|clofarabine|pentostatin"
    r"|decitabine|azacitidine|rituximab|thymoglobulin|ATG|total body irradiation|TBI|total lymphoid irradiation"
    r"|mesna|ifosfamide|abraxane|nirogacestat|anti-CD52|interleukin-?2|aldesleukin"
    r"|[a-z]{4,}(?:mustine|phalan|sulfan|tecan|rubicin|platin|taxel|cytabine|arabine|citabine|limumab|tuzumab|ximab))\b",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"(?<![\w.^/])(?P<low>\d{1,2},\d{3}|\d{1,5}(?:\.\d+)?)\s*(?:mg(?:\s?/\s?m\s?\^?2)?)?\s*(?:(?P<to>-|to|~|/|or)\s*(?P<high>\d{1,4}(?:\.\d+)?))?"
    r"\s?(?P<mass>mg|g|mcg|ug|c?Gy)\b\s?(?:(?:/|per|\.)\s?(?P<per>m\s?\^?\s?2|sqm|square met(?:er|re)s?|kg|kilogram))?",
    re.IGNORECASE,
)
_TOTAL = re.compile(r"\b(?:total|cumulative)\s*(?:dos(?:e|age))?\s*(?:of|:|is|was|will be)?\s*$", re.IGNORECASE)
_IN_TOTAL = re.compile(
    r"\s*\(?(?:in\s+)?(?:(?:total|cumulative|altogether)\b"
    r"|(?:equally\s+)?(?:divided|split|fractionated|spread|distributed)\b|(?:\w+\s+)?(?:divided|split)\s+doses\b)",
    re.IGNORECASE,
)
_BOUND = re.compile(
    r"\b(?:up to|at most|max(?:imum|\.)?(?: of)?|at least|min(?:imum|\.)?(?: of)?"
    r"|not? (?:more|less) than|exceed\w*)\s*$",
    re.IGNORECASE,
)
_PER_OTHER = re.compile(r"\s*[*·/x]\s*(?:h|hr|hours?|m?l|dl|min)\b", re.IGNORECASE)
"""An exposure (mg*h/L), a concentration, a rate"""
_RHYTHM = re.compile(
    r"\b(?:twice|thrice|(?:two|three|four|2|3|4) times)\s*(?:daily|a day|per day|each day|weekly|a week)"
    r"|\bb\.?i\.?d\b|\bt\.?i\.?d\b|\bq\.?\s?(?:4|6|8|12)\s?h|\bevery\s*(?:4|6|8|12)\s*h\w*"
    r"|\bevery (?:other|second|third) day|\bq\.?o\.?d\b|\bweekly\b|\bonce a week|\bevery (?:\w+ )?weeks?\b",
    re.IGNORECASE,
)
"""Given otherwise than once a day"""
_COUNTED_BACK = re.compile(
    r"\b(?:\d+|one|two|three|four|a)\s*(?:hours?|h|hrs?|weeks?)\s*(?:before|prior to|preceding)\b", re.IGNORECASE
)
"""How long before, in another unit than days"""
_DAYS_ELSEWHERE = re.compile(
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|(?<!\w)-\s?\d{2,3}\s?(?:h|hours?)\b"
    r"|\bdays? (?:ahead|in advance) of\b|\b(?:same|those|these) days?\b",
    re.IGNORECASE,
)
"""Days named in a way that is not counted back from the infusion"""
_BENIGN = re.compile(
    r"over\s*\d+(?:\s?(?:-|to)\s?\d+)?\s*(?:min\w*|h\w*)|\d+(?:\s?(?:-|to)\s?\d+)?[\s-]*(?:min\w*|hours?|h)\b|day\s*\+?0\b|\bd0\b"
    r"|\d(?:\.\d+)?\s?x\s?10\s?\^?\s?\d+|\b[A-Z]{2,}-\d+\b|\bm\s?\^?2\b|\bCD\d+\w*|\bNCT\d+|\bq\s?24\s?h|\(\d\)|\b(?:arm|cohort|group|part|level)\s*\d",
    re.IGNORECASE,
)
_SETTING = re.compile(r"lympho-?deplet|conditioning|pre-?treatment|preparative", re.IGNORECASE)
_REGIMEN = re.compile(r"lympho-?deplet|\bconditioning\b|\bFC\b|\b(?-i:LDC?)\b", re.IGNORECASE)
_FORMER = re.compile(
    r"\b(?:(?<!days )(?<!day )(?<!hours )(?<!weeks )prior(?!\s+to\b)"
    r"|previous\w*|exclu\w*|allerg\w*|contraindicat\w*|history)\b",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    r"\b(?:dos\w+|amounts?)\b[^.;]{0,30}\b(?:reduc|adjust|modif|halv|omit|lower|escalat|capped)\w*"
    r"|\b(?:reduc|adjust|modif|halv|escalat)\w*\b[^.;]{0,30}\bdos\w+|\bomit\w*\b|\bwithheld\b"
    r"|\b\d{1,3}\s?% (?:of\b[^.;]{0,30})?\bdos\w+|\boptional\w*|\bat the discretion\b"
    r"|\bif (?:needed|necessary|indicated)\b",
    re.IGNORECASE,
)
"""Another amount for some, or none"""
_NONE = re.compile(
    r"\b(?:no|without(?: any)?|omit\w*|free of|not? (?:receiv|requir|us|need|undergo|includ)\w*(?: any)?)\s+"
    r"(?:(?:prior|preceding|pre-infusion|chemotherapy|chemo|toxic|standard)[ -])?"
    r"(?:lympho-?(?:deplet|ablat)\w*|(?:pre-?)?conditioning|preparative)\b"
    r"|\b(?:lympho-?(?:depletion|depleting \w+)|(?:pre-?)?conditioning(?: \w+)?)\s+"
    r"(?:is|are|was|will be|would be)\s+(?:not|omitted|skipped|no longer)\b"
    r"|\b(?:lympho-?depletion|conditioning)-free\b|\b(?:no|without(?: any)?)\s+(?:LD|LDC|preparative)\b",
    re.IGNORECASE,
)
"""That nothing is given before the cells"""
_NOT_GIVEN = re.compile(r"\b(?:without|no|not|instead of|in place of|free of)\s+(?:\w+\s+)?$", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.;])\s+(?=[A-Z(])|\n")
_PLACES = ("arm", "summary", "description")
_NEAR = 160
"""So far behind a drug's name its amount may stand [character]"""
_BESIDE = 12
"""So far behind a drug's name a number without a unit may be its amount [character]"""


class StatedAmount(NamedTuple):
    """What one drug is given."""

    value: float
    unit: str
    """mg/m2, mg/kg or mg, each day"""
    sentence: str
    days: tuple[int, ...] = ()
    number: int = 0
    """so many days, where the record does not name them"""


@dataclass
class Conditioning:
    """The drugs whose amounts were read, and in words what was not."""

    drugs: dict[str, StatedAmount] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    none: str = ""
    """the sentence that says that nothing is given, where no amount is stated"""

    def tell(self, what: str, sentence: str) -> None:
        """Notes once what could not be read, with where it stands."""
        line = f"{what} - {' '.join(sentence.split())[:160]}"
        if line not in self.unread:
            self.unread.append(line)


_Amount = tuple[float, str, str]
"""value, unit, sentence"""


class _Mention(NamedTuple):
    agent: str
    begin: int
    end: int


def stated_conditioning(words: Passages) -> Conditioning:
    """Amounts and days of fludarabine and cyclophosphamide, and every drug, number or day beside that is not read."""
    made = Conditioning()
    amounts: dict[str, _Amount] = {}
    days: dict[str, list[Days]] = {}
    for text in _texts(words):
        first = [m.agent for m in _mentions(text)[:1]]
        for sentence in _SENTENCE.split(text):
            mentions = _mentions(sentence)
            if not mentions and first and _AMOUNT.search(sentence):
                mentions = [_Mention(first[0], 0, 0)]
            if not mentions:
                if _REGIMEN.search(sentence) and (amount := _AMOUNT.search(sentence)) and amount["per"]:
                    made.tell(f"{amount[0].strip()} of what?", sentence)
                continue
            if (former := _FORMER.search(sentence)) and not _states(sentence, mentions, text):
                if _AMOUNT.search(sentence) and "riteria" not in text and any(m.agent in _KNOWN for m in mentions):
                    made.tell(f"an amount beside '{former[0]}'", sentence)
                continue
            _read(sentence, mentions, amounts, days, made)
    for agent, (value, unit, sentence) in amounts.items():
        listed, count, unread = settled(_unlike(days.get(agent, [])))
        if unread:
            made.tell(f"the days of {agent} ({unread})", sentence)
        made.drugs[agent] = StatedAmount(value, unit, sentence, listed, count)
    for agent in sorted(days.keys() - amounts.keys()):
        made.tell(f"days of {agent} without an amount", str(settled(_unlike(days[agent]))[0] or ""))
    said = [s for text in _texts(words) for s in _SENTENCE.split(text) if _NONE.search(s)]
    without = [s for s in said if not _FORMER.search(_NONE.sub(" ", s))]
    if without and not made.drugs and not made.unread:
        made.none = without[0]
    elif without:
        made.tell(f"'{_NONE.search(without[0])[0]}'", without[0])  # type: ignore[index]
    return made


def _texts(words: Passages) -> Iterator[str]:
    """What is said of each drug, its name before its description, then arms and summaries."""
    yield from map(usual, _said(words))


def _said(words: Passages) -> Iterator[str]:
    for given in words.study.interventions:
        if given.description:
            named = spelled(given.name)
            text = spelled(given.description)
            yield text if _mentions(text)[:1] and not _mentions(named) else f"{named}: {text}"
        elif given.name:
            yield spelled(given.name)
    yield from (p.text for p in words.of(*_PLACES))
    yield from (s for p in words.of("eligibility") for s in _SENTENCE.split(p.text) if _SETTING.search(s))


def _mentions(text: str) -> list[_Mention]:
    """The drugs a text names in its order; a short form in brackets behind its own name counts with it."""
    found: list[_Mention] = []
    for match in _AGENT.finditer(text):
        if _NOT_GIVEN.search(text[: match.start()]):
            continue
        name = match.lastgroup or ""
        agent = match[0].lower() if name == "other" else name
        if found and found[-1].agent == agent and re.fullmatch(r"[\s(),:]*", text[found[-1].end : match.start()]):
            found[-1] = found[-1]._replace(end=match.end())
        else:
            found.append(_Mention(agent, *match.span()))
    return found


_KNOWN = ("fludarabine", "cyclophosphamide")


def _read(
    sentence: str, mentions: list[_Mention], amounts: dict[str, _Amount], days: dict[str, list[Days]],
    made: Conditioning,
) -> None:  # fmt: skip
    """Takes what one sentence says of its drugs."""
    seen: set[int] = set()
    used: list[tuple[int, int]] = [(m.begin, m.end) for m in mentions]
    used += _respectively(sentence, mentions, seen, amounts)
    for match in _AMOUNT.finditer(sentence):
        if any(begin <= match.start() < end for begin, end in used):
            continue
        used.append(match.span())
        if match["to"] == "/" and _pair(match, sentence, mentions, seen, amounts):
            continue
        at = _owner(match, sentence, mentions, seen)
        agent = mentions[at].agent if at is not None else ""
        value, unit, why = _amount(match, sentence)
        if agent not in _KNOWN:
            made.tell(f"{match[0].strip()} of {agent or 'what?'}", sentence)
        elif why:
            made.tell(f"{agent} {match[0].strip()} ({why})", sentence)
        elif agent in amounts and amounts[agent][:2] != (value, unit):
            made.tell(f"{agent} also {match[0].strip()}", sentence)
        else:
            amounts.setdefault(agent, (value, unit, sentence))
        if at is not None:
            seen.add(at)
    read = any(mentions[n].agent in _KNOWN for n in seen)
    for said in _otherwise(sentence, read, any(m.agent in _KNOWN for m in mentions)):
        made.tell(f"'{said[0]}'", sentence)
        used.append(said.span())
    for mention in mentions:
        if mention.agent not in _KNOWN and (seen or _SETTING.search(sentence) or len(mentions) > 1):
            made.tell(f"{mention.agent}", sentence)
    stated = days_in(sentence)
    for n, mention in enumerate(mentions):
        if mention.agent in _KNOWN and (own := _own_days(n, mentions, stated)):
            days.setdefault(mention.agent, []).extend(own)
    used += [(d.begin, d.end) for d in stated] + [m.span() for m in _BENIGN.finditer(sentence)]
    for number in re.finditer(r"(?<![\w.])\d[\d.,]*", sentence):
        near = any(m.end <= number.start() <= m.end + (_NEAR // 2 if seen else _BESIDE) for m in mentions)
        if near and not any(b <= number.start() < e for b, e in used):
            made.tell(f"'{sentence[max(0, number.start() - 15) : number.end() + 15].strip()}'", sentence)


def _otherwise(sentence: str, read: bool, named: bool) -> Iterator[re.Match[str]]:
    """What says that an amount is given otherwise than once a day, counted from elsewhere, or to some only."""
    if read:
        yield from _RHYTHM.finditer(sentence)
        yield from _COUNTED_BACK.finditer(sentence)
        yield from _DAYS_ELSEWHERE.finditer(sentence)
    if named:
        yield from _CHANGED.finditer(sentence)


def _states(sentence: str, mentions: list[_Mention], text: str) -> bool:
    """Whether a sentence with a word for earlier treatment still says what is given: with an amount and days before
    infusion, outside the criteria."""
    known = any(m.agent in _KNOWN for m in mentions)
    return known and bool(_AMOUNT.search(sentence)) and bool(days_in(sentence)) and "riteria" not in text


def _respectively(
    sentence: str, mentions: list[_Mention], seen: set[int], amounts: dict[str, _Amount]
) -> list[tuple[int, int]]:  # fmt: skip
    """Takes `fludarabine and cyclophosphamide (30 and 300 mg/m2)`: two drugs, then their two amounts in their order."""
    for n, (one, two) in enumerate(zip(mentions, mentions[1:], strict=False)):
        if {one.agent, two.agent} != set(_KNOWN) or not _SIDE_BY_SIDE.fullmatch(sentence[one.end : two.begin]):
            continue
        if stated := _TWO_AMOUNTS.match(sentence, two.end):
            unit = "mg/kg" if stated["per"].lower().startswith("k") else "mg/m2"
            for at, mention, value in ((n, one, stated["one"]), (n + 1, two, stated["two"])):
                amounts.setdefault(mention.agent, (float(value.replace(",", "")), unit, sentence))
                seen.add(at)
            return [stated.span()]
    return []


_SIDE_BY_SIDE = re.compile(r"\s*(?:and|plus|/|,|&|\+|\()\s*", re.IGNORECASE)
_TWO_AMOUNTS = re.compile(
    r"\)?\s*(?:at|of|:|\(|doses? of|,)?\s*(?P<one>\d{1,2},\d{3}|\d{1,4})\s*"
    r"(?:mg)?(?:\s?/\s?(?:m\s?\^?2|kg))?(?:/d(?:ay)?)?"
    r"\s*(?:and|,|&|\+)\s*(?P<two>\d{1,2},\d{3}|\d{1,4})\s?mg\s?(?:/|per)\s?(?P<per>m\s?\^?2|kg)",
    re.IGNORECASE,
)


def _owner(match: re.Match[str], sentence: str, mentions: list[_Mention], seen: set[int]) -> int | None:
    """Which drug an amount is of: the one named before it, or, where that has its amount, the one right behind it."""
    before = [n for n, m in enumerate(mentions) if m.end <= match.start() and match.start() - m.end <= _NEAR]
    after = [n for n, m in enumerate(mentions) if m.begin >= match.end()]
    behind = after[0] if after and _joined(sentence[match.end() : mentions[after[0]].begin]) else None
    if before and not (before[-1] in seen and behind is not None):
        return before[-1]
    return behind


def _joined(between: str) -> bool:
    """Whether only an amount's own words stand between it and the drug: `30 mg/m2/day IV of`."""
    return bool(
        re.fullmatch(
            r"(?:\s|/|day|daily|d\b|dose|iv|i\.v\.|intravenous(?:ly)?|of|once|qd|for|x|\d|days)*", between, re.I
        )
    )


def _pair(
    match: re.Match[str], sentence: str, mentions: list[_Mention], seen: set[int], amounts: dict[str, _Amount]
) -> bool:  # fmt: skip
    """Takes `Flu/Cy (30/500 mg/m2)`: two amounts for the two drugs named before."""
    before = [n for n, m in enumerate(mentions) if m.end <= match.start()][-2:]
    if len(before) < 2 or seen & set(before) or not match["per"] or {mentions[n].agent for n in before} != set(_KNOWN):
        return False
    for n, number in zip(before, (match["low"], match["high"]), strict=True):
        amounts.setdefault(mentions[n].agent, (float(number), _unit(match), sentence))
        seen.add(n)
    return True


def _unit(match: re.Match[str]) -> str:
    per = (match["per"] or "").lower()
    return "mg/kg" if per.startswith("k") else "mg/m2" if per else "mg"


def _amount(match: re.Match[str], sentence: str) -> tuple[float, str, str]:
    """(value, unit, why it cannot be taken)"""
    value = float(match["low"].replace(",", ""))
    mass = match["mass"].lower()
    if match["high"] is not None:
        return value, "", "a range: one amount is needed"
    if mass not in ("mg", "g"):
        return value, "", "not an amount of a drug in mg"
    if re.fullmatch(r"\d{1,3}\.\d{3}", match["low"]):
        return value, "", "a point or thousands?"
    if _PER_OTHER.match(sentence, match.end()):
        return value, "", "an exposure, a concentration or a rate"
    if _TOTAL.search(sentence[: match.start()]) or _IN_TOTAL.match(sentence, match.end()):
        return value, "", "a total, not each day's amount"
    if _BOUND.search(sentence[: match.start()]):
        return value, "", "a bound, not the amount"
    return value * (1000 if mass == "g" else 1), _unit(match), ""


def _own_days(n: int, mentions: list[_Mention], stated: list[Days]) -> list[Days]:
    """The days said of the n-th drug: before the next drug is named, else the next said, else those said before all."""
    end = next((m.begin for m in mentions[n + 1 :] if m.agent != mentions[n].agent), 10**6)
    own = [d for d in stated if mentions[n].end <= d.begin < end]
    if own:
        return own
    later = [d for d in stated if d.begin >= end]
    if later:
        stop = next((m.begin for m in mentions if m.begin > later[0].begin), 10**6)
        return [d for d in later if d.begin < stop]
    return [d for d in stated if d.end <= mentions[0].begin]


def _unlike(stated: list[Days]) -> list[Days]:
    """Statements without those that say the same again."""
    return list({(d.listed, d.number, d.unread): d for d in stated}.values())
