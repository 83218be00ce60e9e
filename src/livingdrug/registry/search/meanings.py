"""Which known things a text names, whatever it calls them: read once when the index is made, so that a search for any
name of a thing asks for one word.
"""

from __future__ import annotations

from functools import lru_cache

from livingdrug.registry.search.query import mark, plain_ways
from livingdrug.registry.terms.synonyms import synonyms

_APART = {code: " " for code in range(128) if not chr(code).isalnum()}
"""Everything in ASCII that is no letter or digit"""


@lru_cache
def _table() -> dict[str | tuple[str, str], tuple[tuple[str, str], ...]]:
    """A word, or the first two words, of a way of saying something -> (the whole of it between spaces, its mark)."""
    table: dict[str | tuple[str, str], dict[tuple[str, str], None]] = {}
    for synonym in synonyms():
        for way in plain_ways(synonym):
            begin = way[0] if len(way) == 1 else (way[0], way[1])
            table.setdefault(begin, {})["" if len(way) < 3 else f" {' '.join(way)} ", mark(synonym.name)] = None
    return {begin: tuple(found) for begin, found in table.items()}


@lru_cache
def _begins() -> tuple[frozenset[str], frozenset[str]]:
    """(words that are a way of saying something, words that such a way of several words begins with)."""
    return (
        frozenset(begin for begin in _table() if isinstance(begin, str)),
        frozenset(begin[0] for begin in _table() if not isinstance(begin, str)),
    )


def meanings_in(text: str) -> list[str]:
    """The marks of what a text names, each once; the text as `searchable` leaves it."""
    table, (alone, first) = _table(), _begins()
    words = text.encode("ascii", "replace").decode("ascii").translate(_APART).split()  # no name goes beyond ASCII
    said: set[str | tuple[str, str]] = alone.intersection(words)  # type: ignore[assignment]
    said |= {(a, b) for a, b in zip(words, words[1:], strict=False) if a in first and (a, b) in table}
    joined = f" {' '.join(words)} "
    return sorted({sign for begin in said for whole, sign in table[begin] if not whole or whole in joined})
