"""Did you mean: words that no study says, or hardly any, and the words like them that studies do say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from livingdrug.registry.search.engine import Wanted
from livingdrug.registry.search.index import Index
from livingdrug.registry.search.query import Query, understood
from livingdrug.registry.terms.spelling import folded, sound
from livingdrug.registry.terms.synonyms import synonyms

SHORTEST = 4
"""Letters of the shortest word that is taken for misspelt"""

RARE = 3
"""A word that at most so many studies say may be misspelt, where another is far more frequent"""

ENOUGH = 20
"""A search that finds more studies is not looked at: each of them says every word"""

FAR_MORE = 20
"""How many times as frequent"""

MOST = 3
"""Suggestions made"""

_FURTHER = 3
"""Letters by which a word that sounds alike may be shorter or longer"""


@dataclass(frozen=True)
class Suggestion:
    """A query that may have been meant."""

    text: str
    studies: int
    """how many studies it finds, with the same filters"""


def suggestions(index: Index, text: str, wanted: Wanted, total: int, field: str = "") -> tuple[Suggestion, ...]:
    """What may have been meant by a text that found few studies or none; nothing where every word is known.

    field: the text field that the text is looked for in; empty for all words.
    """
    query = wanted.within[field] if field else wanted.query
    odd = [(typed, near) for typed in _typed(query) if (near := _like(index, typed, total))]
    if not odd:
        return ()
    best = {typed: near[0] for typed, near in odd}
    tries = dict.fromkeys(_written(text, {**best, typed: word}) for typed, near in odd for word in near[: MOST + 2])
    counted = []
    for one in tries:
        asked = understood(one)
        meant = replace(wanted, within={**wanted.within, field: asked}) if field else replace(wanted, query=asked)
        if (n := index.search(meant, 0).total) > total:
            counted.append(Suggestion(one, n))
    return tuple(counted[:MOST])


def _typed(query: Query) -> list[str]:
    """The plain words of a query."""
    words = (word for clause in query.wanted for word in clause.typed)
    return list(dict.fromkeys(w for w in words if len(w) >= SHORTEST))


def _written(text: str, instead: dict[str, str]) -> str:
    for typed, word in instead.items():
        text = re.sub(rf"(?<![^\W_]){re.escape(typed)}(?![^\W_])", word, text)
    return text


def _like(index: Index, typed: str, total: int) -> list[str]:
    """The known words most like one that is unknown or rare, the likeliest first."""
    word = folded(typed)
    said = index.frequency(word)
    if said > RARE or (said and total > RARE) or total > ENOUGH or word in _library_words():
        return []
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import extract

    most = 1 if len(word) < 5 else 2
    known = index.words(len(word) - most, len(word) + most)
    choices = [*known, *(w for w in _library_words() if w not in known and abs(len(w) - len(word)) <= most)]
    found = extract(word, choices, scorer=OSA.distance, score_cutoff=most, limit=40)
    if not found and total <= RARE:  # what other names of it find is not misspelt
        usual = ((w, n) for w, n in index.words(len(word) - _FURTHER, len(word) + _FURTHER).items() if n > RARE)
        known = {w: n for w, n in usual if _begin_alike(w, word)}
        found = _heard(word, [*known, *(w for w in _library_words() if w not in known and _begin_alike(w, word))])
    ranked = sorted((d, -known.get(w, 0), w) for w, d, _ in found if w != word and known.get(w, 1) >= FAR_MORE * said)
    return [_library_words().get(w, w) for _, _, w in ranked]


def _heard(word: str, choices: Iterable[str]) -> list[tuple[str, int, int]]:
    """The words that sound most like one, each with how far off it is."""
    from rapidfuzz.distance import OSA

    heard = sound(word)
    alike = {w: s for w in choices if abs(len(w) - len(word)) <= _FURTHER and (s := sound(w))[:1] == heard[:1]}
    most = 1 if len(heard) < 9 else 2
    return [(w, d, 0) for w, s in alike.items() if (d := OSA.distance(heard, s, score_cutoff=most)) <= most]


_FIRST = ("cksqzx", "fp", "ncgkp", "sp", "iy")
"""Letters that may begin the same sound; a look at them spares most words their sound"""


def _begin_alike(one: str, other: str) -> bool:
    return one[0] == other[0] or any(one[0] in letters and other[0] in letters for letters in _FIRST)


@lru_cache
def _library_words() -> dict[str, str]:
    """The words of every name that the library knows, folded -> as the library writes them."""
    return dict(_spelt(form for synonym in synonyms() for form in synonym.forms))


def _spelt(forms: Iterable[str]) -> Iterable[tuple[str, str]]:
    for form in forms:
        for word in re.findall(r"[^\W\d_]{4,}", form):
            yield folded(word), word
