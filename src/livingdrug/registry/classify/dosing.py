"""Cell doses that a record states in its text; what could not be read is said, never passed over."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from livingdrug.registry.classify.passages import Passages

_COUNTS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_USUAL: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"\b\d{1,3}(?:(?:,\d{3}){2,}|(?:\.\d{3}){2,}|(?: \d{3}){2,})(?![\d,.]\d)"),
     lambda m: re.sub(r"\D", "", m[0])),
    (re.compile(r"(?<![\d.,/])(\d{1,2}),(\d{1,2})(?=\s?[x*]\s?10)"), r"\1.\2"),
    (re.compile(r"(?<=\d)\s?[\u00b7\u2219\u22c5]\s?(?=10)"), " x "),
    (re.compile(r"\((\d[\d.]*\s?(?:-|~|to)\s?\d[\d.]*)\)(?=\s?[x*]\s?10)"), r"\1"),
    (re.compile(r"\b(one|two|three|four|five|six|seven|eight|nine)\s+hundred\s+(?=million)", re.I),
     lambda m: f"{1 + _COUNTS.index(m[1].lower())}00 "),
    (
        re.compile(r"(?<=\d)\s?(?:M|mln\b|mio\b\.?)(?=\s?(?:/|per)\s?kg\b|\s+(?:viable|total|CAR|T|NK|cells?)\b)"),
        " million",
    ),
    (re.compile(r"(?<=\d)\s?bn\b", re.I), " billion"),
    (re.compile(r"\bsq(?:uare|\.)?\s?m(?:et(?:er|re)s?|\b)\.?", re.I), "m2"),
)  # fmt: skip
"""A way of writing numbers and the usual one"""
_NUMBER = re.compile(
    r"(?<![\w.^])(?P<a>\d+(?:\.\d+)?)\s?[x*]\s?10\s?(?:\^|\*\*|e)?\s?\(?(?P<p>[4-9]|1[0-2])\)?(?!\d)"
    r"|(?<![\w.^/])(?:(?P<b>\d+(?:\.\d+)?)e\+?0?(?P<q>[4-9]|1[0-2])(?!\d)"
    r"|(?P<c>\d+(?:\.\d+)?|one|two|three|five|ten)\s?(?P<word>million|billion)\b"
    r"|10\s?(?:\^|\*\*)\s?\(?(?P<r>[4-9]|1[0-2])\)?(?!\d)"
    r"|(?P<whole>\d{5,12})(?=\s*(?:/\s?kg|viable|total|CAR|T\b|NK\b|cells?\b)))",
    re.IGNORECASE,
)
_LOWER = re.compile(r"(?<![\w.])(?:\d+(?:\.\d+)?\s?(?:,\s?and|,\s?or|,|/|and|or|-|to|~)\s?)+$", re.IGNORECASE)
"""Numbers that share the power of the one behind them: `0.5-`, `1, 3 and`"""
_NO_AMOUNT = re.compile(
    r"\b(?:level|cohort|group|arm|days?|phase|DL|step|part|stage|week|month|of|CD)\s?-?$", re.IGNORECASE
)
_CELLS = (
    r"(?:\bcells?\b|\blymphocytes?\b|\bPBLs?\b"
    r"|CAR[-+ ]*(?:gd|i?NK)?-?(?:T|NK)s?\b(?!\s*\+?\s*(?:\w+\s+)?(?:cells?|lymphocytes?)\b))"
)
_UNIT = re.compile(
    r"\s*(?:(?:/|per)\s?(?P<per0>kg|kilogram|m\s?\^?2)\b"
    rf"|(?:(?!\d\s?x|\bmg\b|\bcopies|\bplatelet)[^.;\n]){{0,60}}?{_CELLS}\)?\s?"
    r"(?:(?:/|per)\s?(?:\w+\s)?(?P<per>kg|kilogram|m\s?\^?2)\b)?)",
    re.IGNORECASE,
)
_NO_DOSE = re.compile(
    r"CD34|CD3\+ (?:count|cells (?:collected|in))|platelet|lymphocyte count|neutrophil|leu[ck]ocyte|\bWBC|blast"
    r"|nucleated|/\s?(?:u?l|ml|mm)\b|tumou?r cells|stem cells?|copies|apheresis|\bvg\b|\bTU\b|\bpfu\b|\bIU\b"
    r"|particles|vector genomes|genomes|units|per\s+(?:u?l|ml|litre|liter)\b|\bCFU\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"platelet|neutrophil|\bANC\b|\bWBC|leu[ck]ocyte|blast|lymphocyte count|CD34|viral load|collect|mononuclear",
    re.IGNORECASE,
)
"""What is counted where no dose is"""
_BETWEEN = re.compile(
    r"[\s,;/]*(?:(?:viable|total|CAR\S*|T|cells?|/\s?kg|-|to|~|and|or|then|through|up to|followed by"
    r"|(?:dose\s?)?levels?|cohort|group|DL|-?\d(?=\s*[:)])|[:(),;])\s*){0,8}",
    re.IGNORECASE,
)
_BOUND = re.compile(
    r"(?:\b(?:up to|at most|max(?:imum|imal|\.)?(?:\s+\w+){0,3}?(?:\s+of)?:?|at least"
    r"|min(?:imum|imal|\.)?(?:\s+\w+){0,2}?(?:\s+of)?|(?:no|not) (?:more|less) than|(?:not|to)? ?exceed\w*"
    r"|(?:less|more|greater) than|below|above)|[<>]=?|\u2264|\u2265)\s*(?:of\s*)?$",
    re.IGNORECASE,
)
_SPREAD = re.compile(r"(\d+(?:\.\d+)?)\s?(?:\u00b1|\+/-|\+-)\s?$")
_SPLIT = re.compile(r"\bsplit\b|\bfractionat|\bdivided\b|\d\s?%[^.;]{0,60}\d\s?%", re.IGNORECASE)
_REPEATED = re.compile(
    r"\b(?:two|three|four|five|six|multiple|several|repeat\w*|[2-9])\s+(?:\w+\s+)?"
    r"(?:infusions?|doses|injections?|administrations?|cycles|times)\b"
    r"|\brepeat(?:ed)?\s+dos\w+|\b(?:second|additional|further) (?:infusion|dose)|\breinfus\w*|\bre-infus\w*|\bweekly\b"
    r"|\bevery (?:\w+ )?(?:days?|weeks?|months?)\b|\bdays?\s*0\s*(?:,|and|/|&)|\bon day \d+ and\b",
    re.IGNORECASE,
)
_BY_WEIGHT = re.compile(
    r"(?:<=?|>=?|≤|≥|\b(?:under|over|above|below|up to|less than|more than|at least))\s?\d{2,3}\s?kg", re.I
)
_SENTENCE = re.compile(r"(?<=\.)\s|\n")
_VECTORS = re.compile(
    r"\d[\d.]*\s?(?:[x*]\s?10|e)\s?\^?\s?\(?\d{1,2}\)?\s?(?:\w+ ){0,2}?"
    r"(?:vg|TU|vp|iu|vector genomes?|genome copies|transduc\w+ units|(?:viral |vector )?particles|units)\b[\w/ ]{0,12}",
    re.IGNORECASE,
)
"""How much of what makes CAR cells in the body"""
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
    if not found:
        vectors = (m for p in words.of("arm", "intervention description", "summary") for m in _VECTORS.finditer(p.text))
        made.unread += [f"a dose of vectors: {m[0]}" for m in vectors]
    made.doses = sorted(found.values(), key=lambda s: (s.unit, s.value))
    made.unread = list(dict.fromkeys(made.unread))
    return made


def _read(sentence: str, found: dict[tuple[float, str], StatedDose], made: Doses) -> None:
    """Takes the doses of one sentence."""
    for written, plain in _USUAL:
        sentence = written.sub(plain, sentence)
    tell = _Told(sentence, made)
    numbers = list(_NUMBER.finditer(sentence))
    taken: list[tuple[float, str]] = []
    for n, match in enumerate(numbers):
        unit = _unit(sentence, match, numbers[n + 1 :])
        if unit is None:
            if not _of_something_else(sentence, match):
                tell(f"'{match[0]}' without a unit")
            continue
        values, begin = _values(sentence, match, numbers[n - 1].end() if n else 0)
        before = sentence[:begin]
        if unit not in ("cell", "cell/kg"):
            tell("a dose per body surface")
        elif _BOUND.search(before) and not taken:
            tell(f"a bound, not the dose: {match[0]}")
        elif _BOUND.search(before) and not _BETWEEN.fullmatch(sentence[numbers[n - 1].end() : begin]):
            tell(f"a bound beside the dose: {match[0]}")
        elif values != sorted(values):
            tell(f"numbers that do not rise: {match[0]}")
        else:
            taken += [(value, unit) for value in values]
        if _SPREAD.search(sentence[: match.start()]):
            tell("a dose with its spread")
    taken = [(v, u) for v, u in taken if 1e3 <= v <= (1e9 if u == "cell/kg" else 1e12)]
    if taken and _BY_WEIGHT.search(sentence):
        tell("doses that differ by weight")
        return
    if taken and _SPLIT.search(sentence):
        tell("a dose given in parts; it is drafted as one")
    elif taken and (again := _REPEATED.search(sentence)):
        tell(f"a dose given more than once ('{again[0]}'); it is drafted as one")
    for value, unit in taken:
        found.setdefault((value, unit), StatedDose(value, unit, sentence))


@dataclass(frozen=True)
class _Told:
    """Notes what of a sentence was not understood."""

    sentence: str
    made: Doses

    def __call__(self, what: str) -> None:
        self.made.unread.append(f"{what} - {self.sentence[:160]}")


def _values(sentence: str, match: re.Match[str], after: int) -> tuple[list[float], int]:
    """(doses of a number and of those that share its power, where the first of them begins)

    after: where the number before it ends.
    """
    power, value = _value(match)
    if spread := _SPREAD.search(sentence[: match.start()]):
        return [float(spread[1]) * power], spread.start()
    listed = _LOWER.search(sentence, after, match.start()) if power > 1 else None
    if listed is None:
        return [value], match.start()
    shared = list(re.finditer(r"\d+(?:\.\d+)?", listed[0]))
    if shared and _NO_AMOUNT.search(sentence[: listed.start()]):  # `cohort 2, 3 x 10^6`
        shared = shared[1:] if "," in listed[0] else []
    begin = listed.start() + shared[0].start() if shared else match.start()
    return [float(number[0]) * power for number in shared] + [value], begin


def _of_something_else(sentence: str, match: re.Match[str]) -> bool:
    """Whether a number counts blood cells, vectors or units, or is the size of nothing in particular."""
    around = sentence[max(0, match.start() - 40) : match.end() + 25]
    return bool(_NO_DOSE.search(around) or _COUNTED.search(around) or match["word"] and "cell" not in around.lower())


def _unit(sentence: str, match: re.Match[str], following: list[re.Match[str]]) -> str | None:
    """cell, cell/kg or cell/m2, one of a list as the next; None where the number is no dose of cells."""
    unit = _UNIT.match(sentence, match.end())
    if unit is None or not unit["per0"]:
        if following and _BETWEEN.fullmatch(_without_shared(sentence[match.end() : following[0].start()])):
            shared = _unit(sentence, following[0], following[1:])
            if shared or unit is None or unit.end() > following[0].start():
                return shared
    if unit is None or _NO_DOSE.search(sentence[match.end() : unit.end() + 6]):
        return None
    per = (unit["per0"] or unit["per"] or "").lower()
    return "cell/kg" if per.startswith("k") else "cell/m2" if per else "cell"


def _without_shared(between: str) -> str:
    """What stands between two numbers, without those that share the power of the second."""
    return _LOWER.sub("", between)


def _value(match: re.Match[str]) -> tuple[float, float]:
    """(what one of its units is, cells): (1e6, 2e6) for 2 x 10^6."""
    if match["whole"]:
        return 1.0, float(match["whole"])
    if match["word"]:
        power = 1e6 if match["word"].lower() == "million" else 1e9
        number = _WORDS.get(match["c"].lower()) or float(match["c"])
    else:
        power = 10.0 ** int(match["p"] or match["q"] or match["r"])
        number = float(match["a"] or match["b"] or 1)
    return power, number * power
