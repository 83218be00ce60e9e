"""Cell doses and conditioning that a record states in its text."""

from __future__ import annotations

import re
from dataclasses import dataclass

from livingdrug.registry.classify.passages import Passages

_DOSE = re.compile(
    r"(?<![\d.])(?:(\d+(?:\.\d+)?)\s?-\s?)?(\d+(?:\.\d+)?)\s?[x*]\s?10\s?[\^e]?\s?\(?([4-9]|1[0-2])\)?(?!\d)\s*"
    r"(?:(/\s?kg)|[^.;,\n\d]{0,45}?\bcells?\b\s?((?:/|per)\s?(?:kg|kilogram))?)",
    re.IGNORECASE,
)
_AGENT = re.compile(
    r"\b(fludarabine|cyclophosphamide)\b(?:\s?\(?\w{2,4}\)?)?(?:(?!\bcyclophosph|\bfludara)[^.;\n]){0,40}?"
    r"(?<![\d.])(\d{1,4}(?:\.\d+)?)\s?mg\s?/\s?(?:m\s?\^?2|m2|sqm|square met)",
    re.IGNORECASE,
)
_AGENT_AFTER = re.compile(
    r"(?<![\d.])(\d{1,4}(?:\.\d+)?)\s?mg\s?/\s?(?:m\s?\^?2|m2)(?:/d(?:ay)?)?\s"
    r"(?:of |IV )?(fludarabine|cyclophosphamide)\b",
    re.IGNORECASE,
)
_FOR_DAYS = re.compile(
    r"(?:for|x|over)\s?(\d|one|two|three|four|five)\s?(?:consecutive )?days?"
    r"|(?:on )?days?\s?-\s?(\d)\s?(?:to|through|-|,)\s?(?:day\s?)?-?\s?(\d)",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.;])\s|\n")
_NUMBER = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}


@dataclass(frozen=True)
class StatedDose:
    """A value with the sentence that states it."""

    value: float
    unit: str
    sentence: str
    days: tuple[int, ...] = ()


def stated_doses(words: Passages) -> list[StatedDose]:
    """Cell doses that the arms, interventions or descriptions state, smallest first."""
    found: dict[tuple[float, str], StatedDose] = {}
    for places in (("arm", "intervention description", "intervention"), ("summary", "description")):
        for passage in words.of(*places):
            for sentence in _SENTENCE.split(passage.text):
                for match in _DOSE.finditer(sentence):
                    lower, number, power, *per = match.groups()
                    unit = "cell/kg" if any(per) else "cell"
                    for given in filter(None, (lower, number)):
                        dose = float(given) * 10.0 ** int(power)
                        if 1e3 <= dose <= (1e9 if any(per) else 1e12):
                            found.setdefault((dose, unit), StatedDose(dose, unit, f"{passage.place}: {sentence}"))
        if found:
            break
    return sorted(found.values(), key=lambda s: (s.unit, s.value))


def stated_conditioning(words: Passages) -> dict[str, StatedDose]:
    """Fludarabine and cyclophosphamide doses [mg/m2] with their days, where stated."""
    found: dict[str, StatedDose] = {}
    for passage in words.of("arm", "intervention description", "intervention", "summary", "description", "eligibility"):
        for sentence in _SENTENCE.split(passage.text):
            pairs = [(m[1], m[2], m.end()) for m in _AGENT.finditer(sentence)] + [
                (m[2], m[1], m.end()) for m in _AGENT_AFTER.finditer(sentence)
            ]
            for agent, amount, end in pairs:
                found.setdefault(
                    agent.lower(),
                    StatedDose(float(amount), "mg/m2", f"{passage.place}: {sentence}", _days(sentence[end : end + 80])),
                )
    return found


def _days(text: str) -> tuple[int, ...]:
    match = _FOR_DAYS.search(text)
    if not match:
        return ()
    if match[2]:
        first, last = sorted((int(match[2]), int(match[3])), reverse=True)
        return tuple(range(-first, -last + 1))
    count = _NUMBER.get(match[1].lower()) or int(match[1])
    return tuple(range(-2 - count, -2)) if 0 < count <= 6 else ()
