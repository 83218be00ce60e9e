"""One name for each country, whatever a registry or a person calls it."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files


def plain_letters(text: str) -> str:
    """Text without what is free in writing a name: case, accents, punctuation, spaces; letters of any script stay."""
    if text.isascii():
        return re.sub(r"[^a-z0-9]+", "", text.lower())
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if c.isalnum())


@dataclass(frozen=True)
class Country:
    """One row of library/registry/countries.toml."""

    name: str
    codes: tuple[str, ...]
    """two and three letters of ISO 3166-1; none for a state that is no more"""
    also: tuple[str, ...]
    """other names that registries and people give it"""


@lru_cache
def countries() -> dict[str, Country]:
    """The table by name."""
    table = tomllib.loads(files("livingdrug.library").joinpath("registry", "countries.toml").read_text("utf-8"))
    return {n: Country(n, tuple(row["codes"]), tuple(row["also"])) for n, row in table["country"].items()}


@lru_cache
def _names() -> dict[str, str]:
    return {plain_letters(form): c.name for c in countries().values() for form in (c.name, *c.codes, *c.also)}


@lru_cache(maxsize=10_000)
def country(name: str) -> str:
    """`Korea, Republic of` or `KR` -> South Korea; a name that is not in the table as it stands."""
    return _names().get(plain_letters(name), name)


def known_country(given: str) -> str | None:
    """The name of a country by any of its names or codes; None for what is none."""
    return _names().get(plain_letters(given))


def country_forms() -> dict[str, str]:
    """Every name and code as written -> the country's one name, for finding the nearest."""
    return {form: c.name for c in countries().values() for form in (c.name, *c.codes, *c.also)}
