"""What somebody may be about to type: names that the library knows, words of the studies, numbers of registries."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.identifiers import rejoined
from livingdrug.registry.search.index import Index
from livingdrug.registry.terms.spelling import folded
from livingdrug.registry.terms.synonyms import synonyms

KINDS = {"antigen": "target", "product": "product", "disease": "illness", "lay": "", "word": ""}
"""Kind of a name -> what it is called beside a completion"""

_SHORTEST = 2


@dataclass(frozen=True)
class Completion:
    """A whole text that may be meant by its beginning."""

    text: str
    kind: str
    """target, product, illness, study, or nothing for a word"""
    also: str = ""
    """the name it is known by, where another one was typed"""

    def as_json(self) -> dict[str, Any]:
        """The same for machines."""
        return asdict(self)


def completions(store: Store, index: Index, text: str, most: int = 8) -> tuple[Completion, ...]:
    """The texts that may be meant by what was typed so far, whole names first; nothing for less than two letters."""
    text = " ".join(text.split())[:200]
    if len(text) < _SHORTEST:
        return ()
    if studies := _numbers(store, text, most):
        return studies
    found: dict[str, Completion] = {}
    words = text.split()
    for taken in range(min(4, len(words)), 0, -1):  # the last four words may begin one name
        before, begun = " ".join(words[:-taken]), " ".join(words[-taken:])
        if len(begun) < _SHORTEST:
            continue
        for form, name, kind in _names(begun):
            whole = f"{before} {form}".strip()
            found.setdefault(whole.lower(), Completion(whole, KINDS.get(kind, ""), name if name != form else ""))
    last = folded(words[-1].lower())
    if words[-1].isalpha() and len(last) > _SHORTEST:
        for word in index.beginning(last, most):
            whole = " ".join([*words[:-1], word])
            found.setdefault(whole.lower(), Completion(whole, ""))
    typed = text.lower()
    return tuple(c for key, c in found.items() if key != typed)[:most]


def _numbers(store: Store, text: str, most: int) -> tuple[Completion, ...]:
    """The studies whose number begins so."""
    given = rejoined(text).upper()
    if not re.fullmatch(r"(?:NCT|CTIS|ISRCTN|EUCTR)[\d-]*", given) or len(given) < 5:
        return ()
    rows = store.connect().execute(
        "SELECT id, title FROM study WHERE id >= ? AND id < ? ORDER BY id LIMIT ?", (given, given + "~", most)
    )
    return tuple(Completion(i, "study", (title or "")[:90]) for i, title in rows)


@lru_cache(maxsize=2000)
def _names(begun: str) -> tuple[tuple[str, str, str], ...]:
    """(form, name, kind) of the names that begin so; the shortest first, one form of each name."""
    key = _letters(begun)
    if len(key) < _SHORTEST:
        return ()
    found: dict[str, tuple[str, str, str]] = {}
    for letters, form, name, kind in _forms():
        if letters.startswith(key):
            found.setdefault(name, (form, name, kind))
    return tuple(sorted(found.values(), key=lambda one: (len(one[0]), one[0])))[:8]


@lru_cache
def _forms() -> tuple[tuple[str, str, str, str], ...]:
    return tuple((_letters(form), form, s.name, s.kind) for s in synonyms() for form in s.forms)


def _letters(text: str) -> str:
    return re.sub(r"[\s\-./,']+", "", text.lower())
