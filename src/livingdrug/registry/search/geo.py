"""Studies with a site near a place."""

from __future__ import annotations

import math

from livingdrug.registry.errors import RegistryError
from livingdrug.registry.mirror.store import Store

_EARTH = 6371.0088
"""Mean radius of the Earth [km]"""


def distance(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Great-circle distance between two points given in degrees [km]."""
    a, b = math.radians(latitude), math.radians(other_latitude)
    half = (
        math.sin((b - a) / 2) ** 2
        + math.cos(a) * math.cos(b) * math.sin(math.radians(other_longitude - longitude) / 2) ** 2
    )
    return 2 * _EARTH * math.asin(min(1.0, math.sqrt(half)))


def place(text: str) -> tuple[float, float, float]:
    """`48.14,11.58,100` as latitude [degree], longitude [degree] and distance [km]; RegistryError for anything else."""
    try:
        latitude, longitude, within = (float(part) for part in text.split(","))
    except ValueError:
        latitude = longitude = within = math.nan
    if not (abs(latitude) <= 90 and abs(longitude) <= 180 and 0 < within < 25_000):
        raise RegistryError(
            f"'{text}' is no place with a distance",
            where="--near",
            allowed="LATITUDE,LONGITUDE,KILOMETRES with latitude -90..90 and longitude -180..180",
            mend="for 100 km around Munich: --near 48.14,11.58,100",
        )
    return latitude, longitude, within


def studies_near(
    store: Store, latitude: float, longitude: float, within: float, statuses: set[str] | None = None
) -> dict[str, float]:
    """Study id -> distance of its nearest site [km], for every study with a site within the distance [km].

    statuses: a site that states its own status counts only with one of these.
    """
    north = math.degrees(within / _EARTH)
    shrink = math.cos(math.radians(min(89.9, abs(latitude) + north)))
    east = 360.0 if shrink <= 0.01 else north / shrink
    rows = store.connect().execute(
        "SELECT s.trial, latitude, longitude, site.status FROM site JOIN study s ON s.id = site.study"
        " WHERE latitude BETWEEN ? AND ?"
        " AND (longitude BETWEEN ? AND ? OR longitude + 360 BETWEEN ? AND ? OR longitude - 360 BETWEEN ? AND ?)",
        (latitude - north, latitude + north, *3 * (longitude - east, longitude + east)),
    )
    found: dict[str, float] = {}
    for study, site_latitude, site_longitude, status in rows:
        if statuses is not None and status and status not in statuses:
            continue
        km = distance(latitude, longitude, site_latitude, site_longitude)
        if km <= within and km < found.get(study, math.inf):
            found[study] = km
    return found
