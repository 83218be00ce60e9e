"""Names that mean the same: antigens, products, diseases and words of the field, from the library.

CD19 is never CD20: a form matches whole, and only hyphens, spaces, case and plural endings are free.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

from livingdrug.registry.terms.spelling import Remembered, american, singular


@dataclass(frozen=True)
class Synonym:
    """One meaning and every form it is written in; the first form is its name."""

    name: str
    kind: str
    """antigen, product, disease, word or lay (everyday words)"""
    forms: tuple[str, ...]
    source: str
    """where the forms were read, or why they are believed"""
    finds: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(a wide form, the names of narrower things that a search for it finds too)"""
    label: str = ""
    """the place in the tree of diseases that stands for it"""

    def narrower(self, form: str) -> tuple[str, ...]:
        """The names of the narrower things that a search for one of the forms finds too."""
        whole = key(form)
        return tuple(n for wide, names in self.finds if key(wide) == whole for n in names)


@lru_cache
def library(file: str) -> dict[str, Any]:
    """A table of library/registry by its stem, as written."""
    return tomllib.loads(files("livingdrug.library").joinpath("registry", f"{file}.toml").read_text("utf-8"))


_PIECE = re.compile(r"CART?(?![a-z])|[Aa]nti(?=[A-Z])|x(?=CD\d)|[A-Za-z]+?(?=CARs?T?(?![a-z]))|[A-Za-z]+|\d+|\+")
_GAP = re.compile(r"[\s\-./,'_\u00b7\u2219\u22c5\u2027]{0,2}")


_PLAIN = Remembered(lambda piece: singular(american(piece)))
"""A piece of a word -> the same in one spelling."""


def key(form: str) -> str:
    """The form without what is free in writing: `B7-H3` and `b7 h3` have one key, so have leukaemias and leukemia."""
    return "".join(_PLAIN[piece] for piece in _PIECE.findall(form))


@lru_cache(maxsize=100)
def _pieces(text: str) -> list[str]:
    """The pieces of a text in one spelling; several finders look at the same text one after the other."""
    return list(map(_PLAIN.__getitem__, _PIECE.findall(text)))


class Finder:
    """Finds every known form in a text, word by word; the longest form wins where several begin at one place.

    Pieces are runs of letters or of digits, so CD19 is never found in CD190, and CD19 is found in CD19CAR.
    Short forms of capitals only (ALL, MM, B-ALL) keep their case. A code that would be an antigen and a word of its
    own when taken apart (CD33CART) is only meant where it is written in one.
    """

    def __init__(self, forms: Iterable[tuple[str, str]]) -> None:
        self._names: dict[str, str] = {}
        self._longest: dict[str, int] = {}
        self.capitals: set[str] = set()
        """short forms that are only meant in capitals, by their keys"""
        for form, name in forms:
            whole = key(form)
            if not whole or whole in self._names:
                continue
            self._names[whole] = name
            for written in (form, form.lower()):  # JCAR017 has three pieces, jcar017 two
                pieces = [_PLAIN[p] for p in _PIECE.findall(written)]
                self._longest[pieces[0]] = max(len(pieces), self._longest.get(pieces[0], 0))
            self._longest.setdefault(whole, 1)  # BAFFR is BAFF-R
            letters = re.sub(r"[^A-Za-z]", "", form)
            if letters.isupper() and len(letters) <= 5 and not re.search(r"\d", form):
                self.capitals.add(whole)

    def find(self, text: str) -> list[tuple[str, int, int]]:
        """(name, begin, end) of every form found."""
        plain = _pieces(text)
        longest, names = self._longest, self._names
        spans: list[tuple[int, int]] = []
        found, free = [], 0
        for at in [n for n, piece in enumerate(plain) if piece in longest]:
            if at < free:
                continue
            for n in range(min(longest[plain[at]], len(plain) - at), 0, -1):
                whole = "".join(plain[at : at + n])
                if whole not in names:
                    continue
                spans = spans or [m.span() for m in _PIECE.finditer(text)]
                if self._fits(text, spans[at : at + n], whole):
                    found.append((names[whole], spans[at][0], spans[at + n - 1][1]))
                    free = at + n
                    break
        return found

    def _fits(self, text: str, spans: list[tuple[int, int]], whole: str) -> bool:
        if any(not _GAP.fullmatch(text, a[1], b[0]) for a, b in zip(spans, spans[1:], strict=False)):
            return False
        begin, end = spans[0][0], spans[-1][1]
        if whole in _codes_in_one() and not text[begin:end].isalnum():
            return False
        if begin and text[begin].isdigit() and text[begin - 1].isalpha():
            return False
        if whole in self.capitals:
            if re.match(r"-?\d", text[end : end + 2]):  # CLL-1 is an antigen, not CLL
                return False
            letters = re.sub(r"[^A-Za-z]", "", text[begin:end])
            return letters.isupper() or (not whole.endswith("s") and letters.rstrip("s").isupper())
        return True


@lru_cache
def synonyms() -> tuple[Synonym, ...]:
    """Every group of names the library knows; a name belongs to one group only."""
    found = []
    for kind in ("antigen", "product", "word"):
        for row in library(f"{kind}s")[kind]:
            forms = [row["name"], *row["also"], *(row.get("recalled", ()) if kind == "antigen" else ())]
            found.append(Synonym(row["name"], kind, tuple(forms), row.get("source") or row.get("why", "")))
    for branch in library("diseases")["branch"]:
        for group in branch.get("group", ()):
            found += [
                Synonym(d["name"], "disease", (d["name"], *d.get("also", ())), "") for d in group.get("disease", ())
            ]
    return tuple(_with_lay_words(found))


def _with_lay_words(found: list[Synonym]) -> list[Synonym]:
    """The groups and the everyday words; a row that shares a name with a group joins it."""
    table = library("lay_words")
    owner = {key(form): n for n, synonym in reversed(list(enumerate(found))) for form in synonym.forms}
    fields = [rows for name, rows in table.items() if name not in ("about", "read", "labels")]
    for rows in fields:
        for name, also in rows.get("means", {}).items():
            forms = (name, *also)
            at = next((owner[k] for k in map(key, forms) if k in owner), None)
            if at is None:
                at = len(found)
                found.append(Synonym(name, "lay", (), table["about"]["why"]))
            free = (form for form in forms if owner.setdefault(key(form), at) == at)
            found[at] = replace(found[at], forms=tuple(dict.fromkeys((*found[at].forms, *free))))
            if label := table["labels"].get(name):
                found[at] = replace(found[at], label=label)
    means = {name: also for rows in fields for name, also in rows.get("means", {}).items()}
    for rows in fields:
        for wide, narrow in rows.get("finds", {}).items():
            at = owner[key(wide)]
            ways = tuple((form, tuple(narrow)) for form in (wide, *means.get(wide, ())))
            found[at] = replace(found[at], finds=(*found[at].finds, *ways))
    return found


@lru_cache
def _by_key() -> dict[str, Synonym]:
    table: dict[str, Synonym] = {}
    for synonym in synonyms():
        for form in synonym.forms:
            table.setdefault(key(form), synonym)
    return table


@lru_cache
def _codes_in_one() -> frozenset[str]:
    """The keys of products whose code is an antigen and CAR or CART written in one: apart they name any such cells."""
    antigens = {key(f) for row in library("antigens")["antigen"] for f in (row["name"], *row["also"])}
    codes = (key(form) for row in library("products")["product"] for form in (row["name"], *row["also"]))
    return frozenset(code for code in codes if any(code.removesuffix(w) in antigens for w in ("CART", "CAR", "cart")))


def meaning(form: str) -> Synonym | None:
    """The group a form belongs to: `CD276` gives B7-H3, `CTL019` gives tisagenlecleucel; None when unknown."""
    whole = key(form)
    if whole in _codes_in_one() and not form.strip().isalnum():
        return None
    return _by_key().get(whole)


def forms_of(name: str) -> tuple[str, ...]:
    """Every form of what a name means; the name itself when it has no other."""
    synonym = meaning(name)
    return synonym.forms if synonym else (name,)
