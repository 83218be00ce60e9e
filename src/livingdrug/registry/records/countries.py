"""One name for each country, whatever a registry or a person calls it."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import lru_cache
from importlib.resources import files


def plain_letters(text: str) -> str:
    """Text without what is free in writing a name: case, accents, punctuation, spaces."""
    return re.sub(r"[^a-z0-9]+", "", unicodedata.normalize("NFKD", text.lower().replace("’", "'")))


@lru_cache
def _also() -> dict[str, list[str]]:
    table = files("livingdrug.library").joinpath("registry", "countries.toml")
    return tomllib.loads(table.read_text("utf-8"))["also"]


@lru_cache
def _names() -> dict[str, str]:
    return {plain_letters(form): name for name, also in _also().items() for form in (name, *also)}


@lru_cache(maxsize=10_000)
def country(name: str) -> str:
    """`Korea, Republic of` -> South Korea; a name that is not in the table as it stands."""
    return _names().get(plain_letters(name), name)


def known_countries() -> tuple[str, ...]:
    """The names of the table."""
    return tuple(_also())
