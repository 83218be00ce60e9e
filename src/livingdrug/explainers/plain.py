"""How plain a text is: the Flesch-Kincaid grade, the longest sentence, and words that a lay reader may not know.

Grade = 0.39 words per sentence + 11.8 syllables per word - 15.59 (Kincaid and others, Research Branch Report 8-75,
1975): the year of school in the United States that reads it without effort. Syllables come from a pronouncing
dictionary where one is given; a word that it lacks is counted by its groups of vowels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Dictionary = Mapping[str, Sequence[Sequence[str]]]
"""A word in small letters -> its pronunciations, each a list of sounds; vowels end in a digit (as in CMUdict)."""

_WORD = re.compile(r"[A-Za-zÀ-ÿ]+(?:['’][A-Za-z]+)?(?:-[A-Za-z0-9]+)*|\d[\d,. ]*\d|\d")
_PART = re.compile(r"[A-Za-zÀ-ÿ]+(?:['’][A-Za-z]+)?|\d+")
LONG = 4
"""Syllables from which a word counts as one that a lay reader may not know."""


@dataclass(frozen=True)
class Plain:
    """How plain a text is. grade: in school years; longest: the longest sentence; hard: words not known, each once."""

    grade: float
    words: int
    sentences: int
    longest: str
    hard: tuple[str, ...]
    hard_share: float

    @property
    def longest_words(self) -> int:
        """Words of the longest sentence."""
        return len(words(self.longest))


def minutes(sentences: Iterable[str]) -> int:
    """Minutes to read sentences, at 200 words a minute; at least one."""
    return max(1, round(sum(len(words(s)) for s in sentences) / 200))


def words(sentence: str) -> list[str]:
    """The words of a sentence; a number with its decimals is one."""
    return _WORD.findall(sentence)


def syllables(word: str, known: Dictionary | None = None) -> int:
    """How many syllables a word has; a number has one a digit, a name in capitals one a letter (W three)."""
    return sum(_part(part, known or {}) for part in _PART.findall(word)) or 1


def _part(part: str, known: Dictionary) -> int:
    if part.isdigit():
        return len(part)
    low = part.lower().replace("’", "'")
    spelt = _spelt(low, known)
    if spelt and not (part.isupper() and len(part) == 2):
        return min(sum(sound[-1].isdigit() for sound in said) for said in known[spelt]) or 1
    if part.isupper():
        return sum(3 if letter == "W" else 1 for letter in part)
    return _by_vowels(low)


_AMERICAN = (("ae", "e"), ("oe", "e"), ("our", "or"), ("tre", "ter"), ("ise", "ize"), ("mme", "m"), ("yse", "yze"))
"""British spellings, and what a dictionary of American ones holds."""


def _spelt(word: str, known: Dictionary) -> str | None:
    """A word as the dictionary spells it; a plural may stand for its singular. None where it does not hold it."""
    ways = (word, *(word.replace(here, there) for here, there in _AMERICAN if here in word))
    return next((w for way in ways for w in (way, way.removesuffix("s")) if w in known), None)


def _by_vowels(word: str) -> int:
    """Groups of vowels, without a silent e at the end; the ia of leukaemia is two."""
    plain = re.sub(r"(?<=[^aeiouy])e(?:s|d)?$", "", word) if not re.search(r"[^aeiouy]le$|[td]ed$", word) else word
    return max(1, len(re.findall(r"[aeiouyà-ÿ]+", plain)) + bool(re.search(r"[^ct]ias?$", plain)))


def measure(sentences: Iterable[str], known: Dictionary | None = None, explained: Iterable[str] = ()) -> Plain:
    """How plain sentences are. explained: words that the page explains, which a reader may look up.

    >>> from livingdrug.explainers.plain import measure
    >>> round(measure(["The cat sat on the mat."]).grade, 1)
    -1.4
    """
    texts = [s for s in sentences if words(s)]
    counted = [words(s) for s in texts]
    every = [w for row in counted for w in row]
    if not every:
        return Plain(0.0, 0, 0, "", (), 0.0)
    total = sum(syllables(w, known) for w in every)
    grade = 0.39 * len(every) / len(texts) + 11.8 * total / len(every) - 15.59
    learnt = {p.lower() for text in explained for p in words(text)}
    hard = [w for w in every if w[0].isalpha() and not _learnt(w.lower(), learnt) and _hard(w, known)]
    longest = max(texts, key=lambda s: len(words(s)))
    unknown = tuple(dict.fromkeys(w.lower() for w in hard))
    return Plain(grade, len(every), len(texts), longest, unknown, len(hard) / len(every))


def _learnt(word: str, learnt: set[str]) -> bool:
    """Whether a word, or its singular, is explained."""
    return bool({word, word.removesuffix("s"), word.removesuffix("es"), f"{word}s"} & learnt)


def _hard(word: str, known: Dictionary | None) -> bool:
    """A word of many syllables, or one that the dictionary does not hold."""
    parts = [p.lower().replace("’", "'") for p in _PART.findall(word)]
    strange = known is not None and any(p.isalpha() and _spelt(p, known) is None for p in parts)
    return strange or syllables(word, known) >= LONG
