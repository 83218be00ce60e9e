"""Studies with a site near a place, and which site is the nearest."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from livingdrug.registry.mirror.store import Store

_EARTH = 6371.0088
"""Mean radius of the Earth [km]"""


@dataclass(frozen=True)
class NearSite:
    """The nearest site of a study that counts."""

    km: float
    """distance [km]"""
    facility: str
    city: str
    country: str
    status: str
    """of the site itself; empty where the registry states none"""


def distance(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Great-circle distance between two points given in degrees [km]."""
    a, b = math.radians(latitude), math.radians(other_latitude)
    half = (
        math.sin((b - a) / 2) ** 2
        + math.cos(a) * math.cos(b) * math.sin(math.radians(other_longitude - longitude) / 2) ** 2
    )
    return 2 * _EARTH * math.asin(min(1.0, math.sqrt(half)))


def studies_near(
    store: Store, latitude: float, longitude: float, within: float, statuses: set[str] | None = None
) -> dict[str, NearSite]:
    """Study id -> its nearest site, for every study with a site within the distance [km].

    statuses: a site that states its own status counts only with one of these.
    """
    nearest: dict[str, tuple[float, int, str]] = {}
    for km, study, position, status in _sites_near(store, latitude, longitude, within):
        if statuses is None or not status or status in statuses:
            one = (km, position, status or "")
            if study not in nearest or one < nearest[study]:
                nearest[study] = one
    found: dict[str, NearSite] = {}
    of_site = (
        "SELECT s.trial, facility, city, site.country FROM site JOIN study s ON s.id = site.study"
        " WHERE site.study = ? AND site.position = ?"
    )
    db = store.connect()
    for study, (km, position, status) in sorted(nearest.items()):
        trial, facility, city, land = db.execute(of_site, (study, position)).fetchone()
        if trial not in found or km < found[trial].km:
            found[trial] = NearSite(km, facility or "", city or "", land or "", status)
    return found


def _sites_near(
    store: Store, latitude: float, longitude: float, within: float
) -> Iterator[tuple[float, str, int, str | None]]:
    """(distance [km], study, position, status) of every site within the distance; only the index on places is read."""
    north = math.degrees(within / _EARTH)
    shrink = math.cos(math.radians(min(89.9, abs(latitude) + north)))
    east = 360.0 if shrink <= 0.01 else north / shrink
    rows = store.connect().execute(
        "SELECT latitude, longitude, study, position, status FROM site WHERE latitude BETWEEN ? AND ?"
        " AND (longitude BETWEEN ? AND ? OR longitude + 360 BETWEEN ? AND ? OR longitude - 360 BETWEEN ? AND ?)",
        (latitude - north, latitude + north, *3 * (longitude - east, longitude + east)),
    )
    to_town: dict[tuple[float, float], float] = {}  # many sites stand in one town
    for site_latitude, site_longitude, study, position, status in rows:
        km = to_town.get((site_latitude, site_longitude))
        if km is None:
            km = to_town[site_latitude, site_longitude] = distance(latitude, longitude, site_latitude, site_longitude)
        if km <= within:
            yield km, study, position, status
