"""Studies with a site near a place, and which site is the nearest."""

from __future__ import annotations

import math
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
    north = math.degrees(within / _EARTH)
    shrink = math.cos(math.radians(min(89.9, abs(latitude) + north)))
    east = 360.0 if shrink <= 0.01 else north / shrink
    rows = store.connect().execute(
        "SELECT s.trial, latitude, longitude, facility, city, site.country, site.status FROM site"
        " JOIN study s ON s.id = site.study WHERE latitude BETWEEN ? AND ?"
        " AND (longitude BETWEEN ? AND ? OR longitude + 360 BETWEEN ? AND ? OR longitude - 360 BETWEEN ? AND ?)",
        (latitude - north, latitude + north, *3 * (longitude - east, longitude + east)),
    )
    found: dict[str, NearSite] = {}
    for study, site_latitude, site_longitude, facility, city, land, status in rows:
        if statuses is not None and status and status not in statuses:
            continue
        km = distance(latitude, longitude, site_latitude, site_longitude)
        if km <= within and (study not in found or km < found[study].km):
            found[study] = NearSite(km, facility or "", city or "", land or "", status or "")
    return found
