"""What a searcher typed, understood: words, "phrases", beginnings*, either OR other, -exclusions, and other names.

CD19 lymphoma              both words, in any place; lymphoma finds lymphomas, tumor finds tumours
"cytokine release"         these words in this order
leuk*                      every word that begins so
lymphoma OR leuk*          either of the two things beside OR
lymphoma -mantle           without this word
CAR T, B7-H3, Kymriah      also found under their other names, unless in quotation marks
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from livingdrug.registry.classify.passages import spelled
from livingdrug.registry.terms.spelling import beginnings, folded
from livingdrug.registry.terms.synonyms import Finder, meaning, synonyms

Phrase = tuple[str, ...]
"""Words that follow one another; one word alone is a sequence of one. A star at the end: the last word may go on."""

_WORD = re.compile(r"[^\W_]+")
_ACCENT = re.compile("[\u0300-\u036f]+")
_PART = re.compile(r'(-?)"([^"]*)"|(-?)([^\s"]+)')


@dataclass(frozen=True)
class Clause:
    """One thing that must (or must not) be said, in any of several ways."""

    ways: tuple[Phrase, ...]
    exclude: bool = False
    known_as: str = ""
    """the name of the meaning that gave the other ways"""


@dataclass(frozen=True)
class Query:
    """All clauses of a search; empty matches every study."""

    clauses: tuple[Clause, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.clauses)


def searchable(text: str) -> str:
    """Text as the index holds it: Greek spelled out, accents dropped, plain words in their one spelling."""
    text = spelled(text)
    return folded(text if text.isascii() else _unaccented(text))


def _unaccented(text: str) -> str:
    return _ACCENT.sub("", unicodedata.normalize("NFKD", text))


def words(text: str) -> Phrase:
    """The words of a text as the index holds them: runs of letters and digits."""
    return tuple(_WORD.findall(searchable(text)))


@lru_cache
def _finder() -> Finder:
    return Finder((form, form) for synonym in synonyms() for form in synonym.forms)


_AMBIGUOUS = {"all", "met", "meso", "april"}
"""forms that are ordinary words in small letters: never added, only searched where typed"""

_SILENT = {"a", "an", "and", "for", "in", "of", "on", "or", "the", "to", "with", "by", "from"}
"""words that say nothing alone"""


@lru_cache(maxsize=1000)
def ways(form: str) -> tuple[tuple[Phrase, ...], str]:
    """Every way of writing what the form means, and the name of the meaning (empty when it has no other names)."""
    synonym = meaning(form)
    if synonym is None:
        return _spellings(form), ""
    found = dict.fromkeys(_spellings(form))
    for other in synonym.forms:
        found.update(
            dict.fromkeys(w for w in _spellings(other) if len("".join(w)) > 2 and "".join(w) not in _AMBIGUOUS)
        )
    return tuple(
        way for way in found if not any(_within(shorter, way) for shorter in found if shorter != way)
    ), synonym.name


def _within(shorter: Phrase, longer: Phrase) -> bool:
    """Whether a sequence stands inside another: whatever matches the longer one matches the shorter one."""
    n = len(shorter)
    return any(longer[i : i + n] == shorter for i in range(len(longer) - n + 1))


def _spellings(form: str) -> tuple[Phrase, ...]:
    """The form as words, and written together where it is short: b7 h3, b7h3."""
    sequence = words(form)
    if not sequence:
        return ()
    together = "".join(sequence)
    if len(sequence) > 1 and len(together) <= 12 and any(len(w) <= 3 for w in sequence):
        return (sequence, (together,))
    apart = (
        tuple(re.findall(r"[a-z]+|\d+", together))
        if len(sequence) == 1 and re.fullmatch(r"[a-z]+\d+", together)
        else ()
    )
    return (sequence, apart) if len(apart) == 2 and len(together) <= 8 else (sequence,)


def understood(text: str) -> Query:
    """The query a text means; anything may be typed, nothing raises."""
    clauses: list[Clause] = []
    joined: set[int] = set()  # clauses before which OR stands
    free: list[str] = []

    def settle() -> None:
        clauses.extend(_free_words(" ".join(free)))
        free.clear()

    for quote_minus, quoted, minus, word in _PART.findall(text.replace("\x00", " ")):
        if quoted or quote_minus:
            settle()
            if sequence := words(quoted):
                clauses.append(Clause((sequence,), exclude=bool(quote_minus)))
        elif word == "OR" and not minus:
            settle()
            joined.add(len(clauses))
        elif word.endswith("*") and (begun := _begun(word)):
            settle()
            clauses.append(Clause(begun, exclude=bool(minus)))
        elif minus:
            settle()
            found, name = ways(word)
            if found:
                clauses.append(Clause(found, exclude=True, known_as=name))
        else:
            free.append(word)
    settle()
    return Query(_either(clauses, joined))


def _either(clauses: list[Clause], joined: set[int]) -> tuple[Clause, ...]:
    """The clauses, those beside an OR made one; an OR at an end or beside an exclusion joins nothing."""
    made: list[Clause] = []
    for n, clause in enumerate(clauses):
        if n in joined and made and not (clause.exclude or made[-1].exclude):
            names = " or ".join(filter(None, (made[-1].known_as, clause.known_as)))
            made[-1] = Clause(tuple(dict.fromkeys((*made[-1].ways, *clause.ways))), known_as=names)
        else:
            made.append(clause)
    return tuple(made)


def _begun(word: str) -> tuple[Phrase, ...]:
    """The ways in which words that begin so stand in the index."""
    *before, last = _WORD.findall(_unaccented(spelled(word)).lower()) or [""]
    if not last:
        return ()
    begins, whole = beginnings(last)
    first = words(" ".join(before))
    return tuple((*first, w) for w in (*(f"{b}*" for b in begins), *whole))


def _free_words(text: str) -> list[Clause]:
    clauses: list[Clause] = []
    at = 0
    for form, begin, end in _finder().find(text):
        clauses += _plain(text[at:begin])
        found, name = ways(text[begin:end] if meaning(text[begin:end]) else form)
        if found:
            clauses.append(Clause(found, known_as=name))
        at = end
    clauses += _plain(text[at:])
    return clauses or [Clause(((word,),)) for word in words(text)]


def _plain(text: str) -> list[Clause]:
    return [Clause(((word,),)) for word in words(text) if word not in _SILENT]
