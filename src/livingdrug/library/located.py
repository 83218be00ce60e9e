"""Tables that remember where each key was written, so that every message can name the file and line at fault."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from livingdrug.errors import nearest


class Place(str):
    """file:line of a word, or "--set". `ours`: in a library file of the package, not the user's."""

    ours: bool = False

    def __new__(cls, text: str, ours: bool = False) -> Place:
        place = super().__new__(cls, text)
        place.ours = ours
        return place

    def __reduce__(self) -> tuple[Any, ...]:
        return Place, (str(self), self.ours)


class Located(dict[str, Any]):
    """A table with the place of each key, and its own."""

    def __init__(self, data: Mapping[str, Any] = {}, places: Mapping[str, Place] = {}, place: Place = Place("")):  # noqa: B006, B008
        super().__init__(data)
        self.places, self.place = dict(places), place

    def at(self, key: str) -> Place:
        """Where a key was written; where the table was, if it is not there."""
        return self.places.get(key, self.place)

    def renamed(self, names: Mapping[str, str]) -> Located:
        """The same table with some keys by other names, each where it was written."""
        return Located(
            {names.get(key, key): x for key, x in self.items()},
            {names.get(key, key): x for key, x in self.places.items()},
            self.place,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return Located, (dict(self), self.places, self.place)


def locate(data: Any, where: Callable[[str], Place], path: str = "") -> Any:
    """The data of a TOML file with every table located; `where` gives the place of a dotted path."""
    if isinstance(data, Mapping):
        inside = {key: f"{path}.{key}" if path else key for key in data}
        return Located(
            {key: locate(x, where, inside[key]) for key, x in data.items()},
            {key: where(inside[key]) for key in data},
            where(path),
        )
    if isinstance(data, list):
        return [locate(x, where, f"{path}.{i}") for i, x in enumerate(data)]
    return data


def placed(data: Any, place: Place) -> Any:
    """Data that was not read from a file (an option, a Python call): every table stands at one place."""
    return locate(data, lambda _: place)


# Letters of the Cyrillic and the Greek alphabet that are drawn as Latin ones.
_ALIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf\u03bd",
    "aeopcyxijsABEKMHOPCTXABEZHIKMNOPTYXov",
)


def plain(name: str) -> str:
    """A name as a reader sees it: blanks, underscores, accents, and letters of other alphabets that look like Latin
    ones, in one form. Two that are alike in it are one."""
    return " ".join(unicodedata.normalize("NFKC", name).translate(_ALIKE).replace("_", " ").split())


def mistakable(name: str, known: Iterable[str]) -> str | None:
    """The known name that a new one may be a misspelling of: almost the same letters."""
    return _mistakable(name, tuple(known))


@lru_cache(maxsize=4096)
def _mistakable(name: str, known: tuple[str, ...]) -> str | None:
    def letters(word: str) -> str:
        return "".join(c for c in word.lower() if c.isalpha())

    plain = letters(name)
    digits = [c for c in name if c.isdigit()]
    # "arm 2" beside "arm 1" is meant; "Tocilizumab" beside "tocilizumab" is not.
    meant = {k for k in known if letters(k) == plain and [c for c in k if c.isdigit()] != digits}
    words = [k for k in known if k not in meant and abs(len(letters(k)) - len(plain)) <= 2]
    close = nearest(name, words)
    return close if close and SequenceMatcher(None, plain, letters(close)).ratio() >= 0.8 else None
