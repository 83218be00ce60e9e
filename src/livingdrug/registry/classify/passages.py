"""The words of a study, gathered by place, as rules and search read them.

Greek letters are spelled out and dashes made plain, so that every way of writing IL13Ra2 or B7-H3 agrees.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from livingdrug.registry.records.study import Study

_PLAIN = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "κ": "kappa", "λ": "lambda",
    "μ": "mu", "Α": "alpha", "Β": "beta", "Γ": "gamma", "Δ": "delta", "\u00b5": "mu",
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"), **dict.fromkeys("\u2215／", "/"),
    **dict.fromkeys("\u00a0\u2009\u202f\u200b", " "), "’": "'", "×": "x",
}  # fmt: skip
_DIGITS = str.maketrans("\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079", "0123456789")
_BEYOND = re.compile("[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+|[^\x00-\x7f]")


def spelled(text: str | None) -> str:
    """The text with Greek letters spelled out, accents off, raised digits as ^2, dashes, slashes and spaces plain."""
    if not text:
        return ""
    return text if text.isascii() else _in_plain_letters(text)


@lru_cache(maxsize=500)
def _in_plain_letters(text: str) -> str:
    """The same for a text beyond ASCII; rules and index ask for the texts of a study one after the other."""
    return _BEYOND.sub(_spelled, text)


def _spelled(match: re.Match[str]) -> str:
    """What is not ASCII in plain letters."""
    return _plain(match[0])


@lru_cache(maxsize=10_000)
def _plain(written: str) -> str:
    if written in _PLAIN:
        return _PLAIN[written]
    if written[0] in "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079":
        return "^" + written.translate(_DIGITS)
    apart = unicodedata.normalize("NFKD", written)  # accents off, wide brackets and letters plain
    return unicodedata.normalize("NFC", "".join(c for c in apart if not _seen_as_nothing(c)))


def _seen_as_nothing(letter: str) -> bool:
    """Accents, and marks that no eye sees: soft hyphens, joiners, directions of writing."""
    return "\u0300" <= letter <= "\u036f" or unicodedata.category(letter) == "Cf"


_CODE = re.compile(
    r"(?<![\w./-])((?:[A-Z][A-Z0-9]*[-_/]){2,})(?:0\d{1,3}|\d{3,6}|\d{1,2}\.\d{1,2})(?:[-_.]\d{1,4})*(?![\w/]|-\w)",
    re.IGNORECASE,
)
_SAYS_WHAT = re.compile(r"(?<![A-Z])(?:U?CAR[ST]?|anti|HLA|TCR|NK|TIL|T|CIK|DC)(?![A-Z])", re.IGNORECASE)


def without_codes(text: str) -> str:
    """The text with blanks for sponsors' codes: AB-ALL-3.1 or CD19-XYZ-01 says nothing of disease or target by itself.

    A code is letters in two parts or more and a number that counts (01, 105, 3.1); what says what it is (CAR-CD19-01,
    anti-CD22-105) is none.
    """
    if "-" not in text and "_" not in text and "/" not in text:
        return text
    return _CODE.sub(lambda found: found[0] if _SAYS_WHAT.search(found[1]) else " " * len(found[0]), text)


@dataclass(frozen=True)
class Passage:
    """A piece of a study's text and the place it stands in."""

    place: str
    text: str


PRODUCT = ("title", "intervention", "official title", "other name", "arm", "keyword")
"""Places that say what is given, the most telling first."""


@dataclass(frozen=True)
class Passages:
    """The passages of one study, the most telling first."""

    study: Study
    passages: tuple[Passage, ...]

    def of(self, *places: str) -> tuple[Passage, ...]:
        """The passages of the places named, in the order the places are named."""
        return tuple(p for place in places for p in self.passages if p.place == place)

    def joined(self, *places: str) -> str:
        """All words of the places named, for quick tests."""
        return " | ".join(p.text for p in self.of(*places))


def passages_of(study: Study) -> Passages:
    """The words of a study by place; anything may be missing."""
    given = study.interventions
    placed: list[tuple[str, Iterable[str | None]]] = [
        ("title", [study.title]),
        ("intervention", [i.name for i in given]),
        ("other name", [n for i in given for n in i.other_names]),
        ("official title", [study.official_title]),
        ("intervention description", [i.description for i in given]),
        ("arm", [": ".join(t for t in (a.label, a.description) if t) for a in study.arms]),
        ("keyword", study.keywords),
        ("condition", study.conditions),
        ("summary", [study.summary]),
        ("description", [study.description]),
        ("outcome", [o.measure for o in study.outcomes]),
        ("eligibility", [study.eligibility]),
    ]
    passages = tuple(Passage(place, spelled(text)) for place, texts in placed for text in texts if text)
    return Passages(study, passages)
