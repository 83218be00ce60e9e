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
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from livingdrug.registry.classify.passages import spelled
from livingdrug.registry.records.identifiers import rejoined
from livingdrug.registry.search.identifiers import registry_number, sponsor_code
from livingdrug.registry.terms.molecules import molecule, molecules_in
from livingdrug.registry.terms.spelling import beginnings, folded
from livingdrug.registry.terms.synonyms import Finder, Synonym, key, meaning, synonyms

Phrase = tuple[str, ...]
"""Words that follow one another; one word alone is a sequence of one. A star at the end: the last word may go on."""

_WORD = re.compile(r"[^\W_]+")
_CROSS = re.compile(r"(?<=[A-Z0-9])\s?[×✕⨯]\s?(?=[A-Z])|(?<=[A-Z0-9])\s?x\s?(?=CD\d|[A-Z]{3})")
"""Between two targets: CD19xCD20, BCMA × CD19"""
_ANTI = re.compile(r"\banti[\s-]*$", re.IGNORECASE)
_PART = re.compile(r'(-?)"([^"]*)"|(-?)([^\s"]+)')


@dataclass(frozen=True)
class Clause:
    """One thing that must (or must not) be said, in any of several ways."""

    ways: tuple[Phrase, ...]
    exclude: bool = False
    known_as: str = ""
    """the name of the meaning that gave the other ways"""
    keys: Phrase = ()
    """marks of what studies name or are labelled with, and pieces of numbers, in the index's field of keys; a star: it
    may go on"""
    unmarked: tuple[Phrase, ...] | None = None
    """the ways that no mark stands for; all of them where it is not said"""
    typed: Phrase = ()
    """plain words without another name, as typed: they may be misspelt"""
    parts: tuple[tuple[Clause, ...], ...] = ()
    """the same said in pieces: all of some, in any places, are one more way"""

    @property
    def in_everything(self) -> tuple[Phrase, ...]:
        """The ways to look for among all words, beside the keys."""
        return self.ways if self.unmarked is None else self.unmarked


@dataclass(frozen=True)
class Query:
    """All clauses of a search; empty matches every study."""

    clauses: tuple[Clause, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.clauses)

    @property
    def wanted(self) -> tuple[Clause, ...]:
        """Each thing by itself that is to be said: of what may be a code, its pieces."""
        said = (clause for clause in self.clauses if not clause.exclude)
        return tuple(leaf for clause in said for pieces in clause.parts or ((clause,),) for leaf in pieces)


def searchable(text: str) -> str:
    """Text as the index holds it: Greek spelled out, accents dropped, plain words in their one spelling."""
    return folded(spelled(text))


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


@lru_cache(maxsize=5000)
def mark(name: str) -> str:
    """The word that stands for a thing that a study names, in the index's field of keys."""
    return "is" + re.sub(r"[^a-z0-9]+", "", key(name).lower())


@lru_cache(maxsize=5000)
def label_mark(name: str) -> str:
    """The word that stands for what a study is labelled with: it counts more than what is only named."""
    return "of" + mark(name)[2:]


@lru_cache(maxsize=2000)
def ways(form: str) -> Clause:
    """Every way of writing what the form means; no way where it holds no word."""
    found = molecule(spelled(form))
    synonym = meaning(form) or (meaning(found.name) if found else None)
    if synonym is None:
        return Clause(found.ways, known_as=found.name) if found else Clause(_spellings(form))
    alike = [synonym, *(s for name in synonym.narrower(form) if (s := meaning(name) or Synonym(name, "", (name,), "")))]
    own = _spellings(form)
    all_ways = dict.fromkeys((*own, *(w for s in alike for w in plain_ways(s)), *(found.ways if found else ())))
    if synonym.kind in ("disease", "lay") and len(all_ways) > len(own):
        all_ways = {way: None for way in all_ways if way not in own or _may_be_added(way)}
    kept = _shortest(all_ways)
    keys = [mark(s.name) for s in alike if s.kind]
    keys += [label_mark(n) for s in alike for n in (s.name if s.kind not in ("", "lay") else "", s.label) if n]
    known = {w for s in alike if s.kind for w in plain_ways(s)}
    left = tuple(way for way in kept if not any(way == k or _within(k, way) for k in known))
    return Clause(kept, known_as=synonym.name, keys=tuple(dict.fromkeys(keys)), unmarked=left)


@lru_cache(maxsize=5000)
def plain_ways(synonym: Synonym) -> tuple[Phrase, ...]:
    """The ways of writing a thing that mean nothing else; the index marks each study that says one of them."""
    found: dict[Phrase, None] = {}
    for form in synonym.forms:
        found.update(dict.fromkeys(filter(_may_be_added, _spellings(form))))
        if also := molecule(spelled(form)):
            found.update(dict.fromkeys(also.ways))
    return _shortest(found)


def _shortest(ways: Iterable[Phrase]) -> tuple[Phrase, ...]:
    """The ways without those that hold another one."""
    every = tuple(ways)
    return tuple(way for way in every if not any(_within(shorter, way) for shorter in every if shorter != way))


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


def unread_signs(text: str) -> list[str]:
    """What other searches read as signs and this one does not, each with what to write instead."""
    said = re.sub(r'"[^"]*"', " ", text)
    found = []
    if re.search(r"(?:^|\s)NOT\s+\S", said):
        found.append("'NOT' is looked for as a word; a minus leaves studies out: -mantle")
    if "|" in said:
        found.append("'|' is no sign here, both sides are looked for; either of two: CD19 OR BCMA")
    if re.search(r"\((?=[^)]*\s)", said) and re.search(r"\sOR\s", said):
        found.append("brackets do not bind: OR stands between the two things beside it")
    return found


def understood(text: str) -> Query:
    """The query a text means; anything may be typed, nothing raises."""
    clauses: list[Clause] = []
    joined: set[int] = set()  # clauses before which OR stands
    free: list[str] = []
    numbers = 0

    def settle() -> None:
        clauses.extend(_free_words(" ".join(free)))
        free.clear()

    text = _CROSS.sub(" ", text.replace("\x00", " "))
    for quote_minus, quoted, minus, word in _PART.findall(rejoined(text)):
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
        elif code := _coded(word):
            settle()
            clauses.append(replace(code, exclude=True, parts=()) if minus else code)
            numbers += bool(registry_number(word)) and not minus
        elif minus:
            settle()
            if (found := ways(word)).ways:
                clauses.append(replace(found, exclude=True))
        else:
            free.append(word)
    settle()
    if numbers == len(clauses):  # a list of registry numbers: any of them
        joined = set(range(1, numbers))
    elif len(clauses) > 1 and not joined and not any(c.exclude for c in clauses) and (keys := _code_apart(text)):
        return Query((Clause((), keys=keys, parts=(tuple(clauses),)),))
    return Query(_either(clauses, joined))


def _coded(word: str) -> Clause | None:
    """A registry's number or a sponsor's code, whole or in part; a code that holds known names, as XY-CD19-004, may be
    meant by them, too. None for words and known names."""
    if keys := registry_number(word):
        return Clause(_spellings(word), keys=keys)
    word = word.strip("-_./,;:()[]")
    if not sponsor_code(word, digits=2):
        return None
    plain = spelled(word)
    named = [(begin, end) for _, begin, end in _finder().find(plain)]
    named += [(found.begin, found.end) for found in molecules_in(plain)]
    left = "".join(c for n, c in enumerate(plain) if not any(begin <= n < end for begin, end in named))
    keys = sponsor_code(word, digits=2 if named else 3)
    if not keys or not any(map(str.isalnum, left)) and (len(named) < 2 or not word.isalnum()):
        return None  # names and nothing else: CD33-CAR-T, but not CT053MM
    return Clause(_spellings(word), keys=keys, parts=(tuple(_free_words(word)),) if named else ())


_APART = re.compile(r"\s*[A-Za-z0-9./_-]+(?:\s+[A-Za-z0-9./_-]+){1,3}\s*$")


def _code_apart(text: str) -> Phrase:
    """The keys of a few words that end in a number and may be a sponsor's code with blanks in it."""
    return sponsor_code("-".join(text.split())) if _APART.match(text) and text.rstrip()[-1:].isdigit() else ()


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
                unmarked=tuple(dict.fromkeys((*made[-1].in_everything, *clause.in_everything))),
                typed=(*made[-1].typed, *clause.typed),
                parts=(*made[-1].parts, *clause.parts),
            )
        else:
            made.append(clause)
    return tuple(made)


def _begun(word: str) -> tuple[Phrase, ...]:
    """The ways in which words that begin so stand in the index."""
    *before, last = _WORD.findall(spelled(word).lower()) or [""]
    if not last:
        return ()
    begins, whole = beginnings(last)
    first = words(" ".join(before))
    return tuple((*first, w) for w in (*(f"{b}*" for b in begins), *whole))


def _free_words(text: str) -> list[Clause]:
    """Free words as clauses: known names and molecules whole, every other word by itself."""
    plain = _LETTERS.sub(_in_capitals, spelled(text))
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
        clauses += _plain(_ANTI.sub("", plain[at:begin]))
        clause = ways(written if not form or meaning(written) else form)
        if clause.ways or clause.keys:
            clauses.append(clause)
        at = end
    clauses += _plain(plain[at:])
    return clauses or [Clause(((word,),)) for word in words(text)]


_LETTERS = re.compile(r"(?<![\w-])(?:car t|[A-Za-z]+(?:-[A-Za-z]+)?)(?![\w-])", re.IGNORECASE)
"""A word by itself, that may be a short form"""

_ORDINARY = _AMBIGUOUS | {"aids", "ball", "tall", "lem"}
"""Short forms that are words when they are not written in capitals"""


def _in_capitals(found: re.Match[str]) -> str:
    """A short form as records write it: who searches types `dlbcl`, `carT` or `car-t`, too."""
    letters = key(found[0]).lower()
    short = len(letters) > 2 and found[0].lower() not in _ORDINARY and letters in _finder().capitals
    return found[0].upper() if short else found[0]


_CODE = re.compile(r"(?<![\w-])[A-Za-z]{2,8}-?\d{1,3}[A-Za-z]?(?![\w-])")
"""Letters with a number written to them: CTLA-4, HPV16. They are one thing, with a hyphen or without."""


def _plain(text: str) -> list[Clause]:
    """Each word by itself, codes whole; silent words are left out."""
    found = []
    at = 0
    for code in _CODE.finditer(text):
        found += [*_single(text[at : code.start()]), Clause(_spellings(code[0]))]
        at = code.end()
    return found + _single(text[at:])


def _single(text: str) -> list[Clause]:
    found = []
    for typed in _WORD.findall(text):
        for word in words(typed):
            if word not in _SILENT:
                found.append(Clause(((word,),), typed=(typed,) if typed.isalpha() else ()))
    return found
