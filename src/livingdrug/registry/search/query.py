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
from dataclasses import dataclass, replace
from functools import lru_cache

from livingdrug.registry.classify.passages import spelled
from livingdrug.registry.search.identifiers import registry_number, sponsor_code
from livingdrug.registry.terms.molecules import molecule, molecules_in
from livingdrug.registry.terms.spelling import beginnings, folded
from livingdrug.registry.terms.synonyms import Finder, Synonym, key, meaning, synonyms

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
    keys: Phrase = ()
    """marks of labels and pieces of identifiers that say it too, in the index's field of keys; a star: it may go on"""
    typed: Phrase = ()
    """plain words without another name, as typed: they may be misspelt"""


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


_AMBIGUOUS = {"all", "met", "meso", "april", "mono", "corona", "flu", "ms"}
"""forms that are ordinary words in small letters, or short for something else: only searched where typed"""

_SILENT = {"a", "an", "and", "for", "in", "of", "on", "or", "the", "to", "with", "by", "from"}
"""words that say nothing alone"""


def mark(name: str) -> str:
    """The word that stands for a label (an antigen, product or disease) in the index's field of keys."""
    return "is" + re.sub(r"[^a-z0-9]+", "", key(name).lower())


@lru_cache(maxsize=2000)
def ways(form: str) -> Clause:
    """Every way of writing what the form means; no way where it holds no word."""
    plain = spelled(form)
    found = molecule(plain)
    synonym = meaning(form) or (meaning(found.name) if found else None)
    if synonym is None:
        return Clause(found.ways, known_as=found.name) if found else Clause(_spellings(form))
    alike = [synonym, *(s for name in synonym.narrower(form) if (s := meaning(name) or Synonym(name, "", (name,), "")))]
    ways = dict.fromkeys(w for s in alike for other in s.forms for w in _spellings(other) if _may_be_added(w))
    for other in synonym.forms:
        if also := molecule(spelled(other)):
            ways.update(dict.fromkeys(also.ways))
    if found:
        ways.update(dict.fromkeys(found.ways))
    own = _spellings(form)
    if synonym.kind not in ("disease", "lay") or not ways or all(map(_may_be_added, own)):
        ways = {**dict.fromkeys(own), **ways}
    kept = (way for way in ways if not any(_within(shorter, way) for shorter in ways if shorter != way))
    labels = [name for s in alike for name in ("" if s.kind in ("lay", "") else s.name, s.label) if name]
    keys = dict.fromkeys(map(mark, labels))
    return Clause(tuple(kept), known_as=synonym.name, keys=tuple(keys))


def _may_be_added(way: Phrase) -> bool:
    """Whether a way of writing means one thing only, so that a search for another one may find it."""
    together = "".join(way)
    return len(together) > 2 and together not in _AMBIGUOUS


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
        if len(sequence) == 1 and re.fullmatch(r"[a-z]{2,}\d+", together)
        else ()
    )
    return (sequence, apart) if len(apart) == 2 and len(together) <= 14 else (sequence,)


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
        elif keys := _number(word):
            settle()
            clauses.append(Clause(_spellings(word), exclude=bool(minus), keys=keys))
        elif minus:
            settle()
            if (found := ways(word)).ways:
                clauses.append(replace(found, exclude=True))
        else:
            free.append(word)
    settle()
    return Query(_either(clauses, joined))


def _number(word: str) -> Phrase:
    """The keys of a registry's number or a sponsor's code, whole or in part; none for words and known names."""
    if keys := registry_number(word):
        return keys
    known = _finder().find(word) or molecules_in(spelled(word))
    return () if known else sponsor_code(word)


def _either(clauses: list[Clause], joined: set[int]) -> tuple[Clause, ...]:
    """The clauses, those beside an OR made one; an OR at an end or beside an exclusion joins nothing."""
    made: list[Clause] = []
    for n, clause in enumerate(clauses):
        if n in joined and made and not (clause.exclude or made[-1].exclude):
            names = " or ".join(filter(None, (made[-1].known_as, clause.known_as)))
            made[-1] = Clause(
                tuple(dict.fromkeys((*made[-1].ways, *clause.ways))),
                known_as=names,
                keys=tuple(dict.fromkeys((*made[-1].keys, *clause.keys))),
                typed=(*made[-1].typed, *clause.typed),
            )
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
    """Free words as clauses: known names and molecules whole, every other word by itself."""
    plain = spelled(text)
    named = [(begin, end, plain[begin:end], form) for form, begin, end in _finder().find(plain)]
    taken = [(begin, end) for begin, end, _, _ in named]
    for found in molecules_in(plain):
        over = [n for n, (begin, end) in enumerate(taken) if begin < found.end and found.begin < end]
        if all(found.begin <= taken[n][0] and taken[n][1] <= found.end for n in over):
            named = [one for n, one in enumerate(named) if n not in over]
            named.append((found.begin, found.end, plain[found.begin : found.end], ""))
            taken = [(begin, end) for begin, end, _, _ in named]
    clauses: list[Clause] = []
    at = 0
    for begin, end, written, form in sorted(named):
        clauses += _plain(plain[at:begin])
        clause = ways(written if not form or meaning(written) else form)
        if clause.ways or clause.keys:
            clauses.append(clause)
        at = end
    clauses += _plain(plain[at:])
    return clauses or [Clause(((word,),)) for word in words(text)]


def _plain(text: str) -> list[Clause]:
    """Each word by itself; silent words are left out."""
    found = []
    for typed in _WORD.findall(_unaccented(text)):
        for word in words(typed):
            if word not in _SILENT:
                found.append(Clause(((word,),), typed=(typed,) if typed.isalpha() else ()))
    return found
