"""Cell doses that a record states in its text; what could not be read is said, never passed over."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from livingdrug.registry.classify.passages import Passages

_NUMBER = re.compile(
    r"(?<![\w.^/])(?:(?P<a>\d+(?:\.\d+)?)\s?[x*]\s?10\s?(?:\^|\*\*|e)?\s?\(?(?P<p>[4-9]|1[0-2])\)?(?!\d)"
    r"|(?P<b>\d+(?:\.\d+)?)e\+?0?(?P<q>[4-9]|1[0-2])(?!\d)"
    r"|(?P<c>\d+(?:\.\d+)?|one|two|three|five|ten)\s?(?P<word>million|billion)\b"
    r"|10\s?(?:\^|\*\*)\s?\(?(?P<r>[4-9]|1[0-2])\)?(?!\d))",
    re.IGNORECASE,
)
_LOWER = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s?(?:-|to|~)\s?$", re.IGNORECASE)
_UNIT = re.compile(
    r"\s*(?:(?:/|per)\s?(?P<per0>kg|kilogram|m\s?\^?2)\b"
    r"|(?:(?!\d\s?x|\bmg\b|\bcopies|\bplatelet)[^.;\n]){0,60}?\bcells?\b\)?\s?(?:(?:/|per)\s?(?:\w+\s)?(?P<per>kg|kilogram|m\s?\^?2)\b)?)",
    re.IGNORECASE,
)
_NO_DOSE = re.compile(
    r"CD34|CD3\+ (?:count|cells (?:collected|in))|platelet|lymphocyte count|neutrophil|leu[ck]ocyte|\bWBC|blast"
    r"|nucleated|/\s?(?:u?l|ml|mm)\b|tumou?r cells|stem cells?|copies|apheresis",
    re.IGNORECASE,
)
_BETWEEN = re.compile(
    r"\s*(?:(?:viable|total|CAR\S*|T|cells?|/\s?kg)\s*){0,4}(?:-|to|~|and|or|through|up to)\s*", re.IGNORECASE
)
_SPLIT = re.compile(r"\bsplit\b|\bfractionat|\bdivided\b|\d\s?%[^.;]{0,60}\d\s?%", re.IGNORECASE)
_BY_WEIGHT = re.compile(
    r"(?:<=?|>=?|≤|≥|\b(?:under|over|above|below|up to|less than|more than|at least))\s?\d{2,3}\s?kg", re.I
)
_SENTENCE = re.compile(r"(?<=[.;])\s|\n")
_WORDS = {"one": 1.0, "two": 2.0, "three": 3.0, "five": 5.0, "ten": 10.0}


@dataclass(frozen=True)
class StatedDose:
    """A cell dose with the sentence that states it."""

    value: float
    unit: str
    """cell or cell/kg"""
    sentence: str


@dataclass
class Doses:
    """The cell doses that were read, smallest first, and in words what was not."""

    doses: list[StatedDose] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def stated_doses(words: Passages) -> Doses:
    """Cell doses that the arms, interventions or descriptions state."""
    made = Doses()
    found: dict[tuple[float, str], StatedDose] = {}
    for places in (("arm", "intervention description", "intervention"), ("summary", "description")):
        for passage in words.of(*places):
            for sentence in _SENTENCE.split(passage.text):
                _read(f"{passage.place}: {sentence}", found, made)
        if found or made.unread:
            break
    made.doses = sorted(found.values(), key=lambda s: (s.unit, s.value))
    made.unread = list(dict.fromkeys(made.unread))
    return made


def _read(sentence: str, found: dict[tuple[float, str], StatedDose], made: Doses) -> None:
    """Takes the doses of one sentence."""
    numbers = list(_NUMBER.finditer(sentence))
    taken: list[tuple[float, str]] = []
    for n, match in enumerate(numbers):
        unit = _unit(sentence, match, numbers[n + 1 : n + 2])
        if unit is None:
            continue
        if unit not in ("cell", "cell/kg"):
            made.unread.append(f"a dose per body surface - {sentence[:160]}")
            continue
        power, value = _value(match)
        lower = _LOWER.search(sentence[: match.start()])
        taken += [(float(lower[1]) * power, unit)] if lower and float(lower[1]) * power < value else []
        taken.append((value, unit))
    taken = [(v, u) for v, u in taken if 1e3 <= v <= (1e9 if u == "cell/kg" else 1e12)]
    if taken and _BY_WEIGHT.search(sentence):
        made.unread.append(f"doses that differ by weight - {sentence[:160]}")
        return
    if taken and _SPLIT.search(sentence):
        made.unread.append(f"a dose given in parts; it is drafted as one - {sentence[:160]}")
    for value, unit in taken:
        found.setdefault((value, unit), StatedDose(value, unit, sentence))


def _unit(sentence: str, match: re.Match[str], following: list[re.Match[str]]) -> str | None:
    """cell, cell/kg or cell/m2, the first of a range as the second; None where the number is no dose of cells."""
    if following and _BETWEEN.fullmatch(sentence[match.end() : following[0].start()]):
        return _unit(sentence, following[0], [])
    unit = _UNIT.match(sentence, match.end())
    if unit is None or _NO_DOSE.search(sentence[match.end() : max(unit.end(), match.end() + 5)]):
        return None
    per = (unit["per0"] or unit["per"] or "").lower()
    return "cell/kg" if per.startswith("k") else "cell/m2" if per else "cell"


def _value(match: re.Match[str]) -> tuple[float, float]:
    """(what one of its units is, cells): (1e6, 2e6) for 2 x 10^6."""
    if match["word"]:
        power = 1e6 if match["word"].lower() == "million" else 1e9
        number = _WORDS.get(match["c"].lower()) or float(match["c"])
    else:
        power = 10.0 ** int(match["p"] or match["q"] or match["r"])
        number = float(match["a"] or match["b"] or 1)
    return power, number * power
