"""Drugs, amounts and days before infusion in the one way of writing them that the rules read.

Records write `30 milligrams per sq. m`, `30 mg·m-2`, `-5d`, `the 5th to 3rd day before`, `FluCy`; here these become
`30 mg/m2`, `day -5`, `5 to 3 days before`, `Flu/Cy`. What is not known here is left as it stands.
"""

from __future__ import annotations

import re

_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_NUMBERS = {word: n for words in (_WORDS, _ORDINALS) for n, word in enumerate(words, 1)}
_NUMBER = rf"(?:{'|'.join(_NUMBERS)}|\d{{1,2}}(?:st|nd|rd|th)?)"
_BEFORE = re.compile(
    rf"\b{_NUMBER}(?:(?:\s*,\s*and\s+|\s*,\s*|\s+and\s+|\s+to\s+|\s+through\s+|\s*-\s*)(?:the\s+)?{_NUMBER})*"
    r"(?=\s+days?\s+(?:before|prior|preceding))",
    re.IGNORECASE,
)
"""Days counted back, in words: `the fifth to third day before`"""

_USUAL = (
    (re.compile(r"\bmilligrams?\b", re.I), "mg"),
    (re.compile(r"(?<=\d)\s?grams?\b", re.I), " g"),
    (re.compile(r"\bsq(?:uare|\.)?\s?m(?:et(?:er|re)s?|\b)\.?", re.I), "m2"),
    (re.compile(r"(?<=g)\s?[·.*]?\s?m\s?\^?\s?\(?-\s?\^?2\)?(?!\d)", re.I), "/m2"),
    (re.compile(r"(?<=g)\s?[·.*]?\s?kg\s?\^?\s?\(?-\s?\^?1\)?(?!\d)", re.I), "/kg"),
    (re.compile(r"\b(F|f)ludar[ai]bin(?:e|a)?\b"), r"\1ludarabine"),
    (re.compile(r"\b(C|c)yclo-?(?:ph|f)os(?:ph|f)[aoi]mid[ea]?\b"), r"\1yclophosphamide"),
    (re.compile(r"\bFlu[-+& ]*Cy\b", re.I), "Flu/Cy"),
    (re.compile(r"\bCy[-+& ]*Flu\b", re.I), "Cy/Flu"),
    (re.compile(r"(?<![\w-])-\s?(\d{1,2})\s?(?:d(?:ays?)?)?\s*(?:to|through|until|~|-)\s*-\s?(\d{1,2})\s?d(?:ays?)?\b",
                re.I), r"days -\1 to -\2"),
    (re.compile(r"(?<![\w-])-\s?(\d{1,2})\s?d(?:ays?)?\b", re.I), r"day -\1"),
    (re.compile(r"(?<=m2)x\s?(?=\d\b)|(?<=kg)x\s?(?=\d\b)|(?<=/d)x\s?(?=\d\b)|(?<=day)x\s?(?=\d\b)", re.I), " x "),
    (re.compile(r"\b(\d{1,2}) days?(?=(?:,? and|,|,? &) \d{1,2} days?\b[^.;]{0,30}\b(?:before|prior|preceding))", re.I),
     r"\1"),
    (re.compile(r"\b(\d{1,2}) days? (?:before|prior to)?\s?(?:infusion )?(?:to|through|until) "
                r"(?=\d{1,2} days? (?:before|prior))", re.I), r"\1 to "),
)  # fmt: skip
"""A way of writing and the usual one"""


def usual(text: str) -> str:
    """The text with drugs, amounts and days in their usual form.

    >>> usual("Fludarabin 30 milligrams per sq. m on the fifth to third day before infusion")
    'Fludarabine 30 mg per m2 on the 5 to 3 day before infusion'
    """
    for written, plain in _USUAL:
        text = written.sub(plain, text)
    return _BEFORE.sub(lambda m: re.sub(r"\w+", _digits, re.sub(r"\bthe\s+", "", m[0])), text)


def _digits(word: re.Match[str]) -> str:
    """A number word or ordinal in digits."""
    said = word[0].lower()
    return str(_NUMBERS[said]) if said in _NUMBERS else re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", said)
