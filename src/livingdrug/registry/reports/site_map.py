"""Where the trials are: a world map of their sites as one SVG file, drawn from the coordinates in the records.

A dot is a town, its area the number of trials with a site there. The projection is Equal Earth, which keeps areas
(Savric, Patterson and Jenny, Int J Geogr Inf Sci 2019;33:454, doi 10.1080/13658816.2018.1504949; formula recalled).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

from livingdrug.plot.style import INKS, Ink
from livingdrug.registry.mirror.store import Store
from livingdrug.registry.records.countries import country
from livingdrug.registry.search.places import towns_of_the_world
from livingdrug.registry.search.request import OPEN

_WIDTH, _HEIGHT, _FOOT = 1000.0, 470.0, 96.0
SIZE = (_WIDTH, _HEIGHT)
"""Width and height of the map in its own units"""

_NORTH, _SOUTH = 78.0, -57.0
"""Latitudes drawn [degree]"""

_LARGEST = 15.0
"""Radius of the largest dot, in units of the drawing"""

_LABELLED = 14
_STEP = 2
"""Raster of the land behind the dots [degree]"""


@dataclass
class Town:
    """A town with sites."""

    name: str
    country: str
    latitude: float
    longitude: float
    trials: set[str]
    open: set[str]
    """trials with a site here that says it is open"""


@dataclass(frozen=True)
class Sites:
    """The sites of some trials, by town."""

    towns: tuple[Town, ...]
    """the town with most trials first"""
    trials: int
    """trials with a place on the map"""
    unplaced: int
    """trials of the search without any coordinates"""
    wanted: frozenset[str] = frozenset()
    """all trials of the search"""


def sites_of(store: Store, ids: Iterable[str]) -> Sites:
    """The towns in which the trials have sites."""
    db = store.connect()
    db.execute("CREATE TEMP TABLE IF NOT EXISTS drawn (id TEXT PRIMARY KEY)")
    db.execute("DELETE FROM temp.drawn")
    wanted = set(ids)
    db.executemany("INSERT INTO temp.drawn VALUES (?)", [(i,) for i in wanted])
    towns: dict[tuple[str, str], Town] = {}
    placed: set[str] = set()
    for trial, city, land, latitude, longitude, status in db.execute(
        "SELECT s.trial, city, country, latitude, longitude, site.status FROM site JOIN study s ON s.id = site.study"
        " WHERE s.trial IN (SELECT id FROM temp.drawn) AND latitude IS NOT NULL AND longitude IS NOT NULL"
    ):
        name = country(land or "")
        town = towns.setdefault((city or "", name), Town(city or "", name, latitude, longitude, set(), set()))
        town.trials.add(trial)
        placed.add(trial)
        if status in OPEN:
            town.open.add(trial)
    ordered = sorted(towns.values(), key=lambda t: (-len(t.trials), t.country, t.name))
    return Sites(tuple(ordered), len(placed), len(wanted - placed), frozenset(wanted))


def places_stated(store: Store, sites: Sites) -> dict[str, int]:
    """Country -> how many of the trials name it, with coordinates or without."""
    named = store.connect().execute("SELECT DISTINCT s.trial, c.name FROM country c JOIN study s ON s.id = c.study")
    counts = Counter(land for _, land in {(t, country(n)) for t, n in named if t in sites.wanted})
    return dict(counts)


def drawing(sites: Sites, title: str) -> str:
    """The map as SVG; it follows the reader's choice of light or dark."""
    most = max((len(t.trials) for t in sites.towns), default=1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH:g} {_HEIGHT + _FOOT:g}" role="img"'
        ' font-family="system-ui, sans-serif">',
        f"<title>{escape(title)}</title>",
        _style(),
        f'<rect class="paper" width="{_WIDTH:g}" height="{_HEIGHT + _FOOT:g}"/>',
        f'<text class="text" x="16" y="28" font-size="19" font-weight="600">{escape(title)}</text>',
        '<g transform="translate(0 40)">',
        *_graticule(),
        *_land(),
        *(_dot(town, most) for town in reversed(sites.towns)),
        *_labels(sites.towns, most),
        "</g>",
        *_key(most),
        *_caption(sites),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def projected(latitude: float, longitude: float) -> tuple[float, float]:
    """A point of the Earth [degree] on the drawing; points beyond its edges are put onto them."""
    x, y = _equal_earth(min(_NORTH, max(_SOUTH, latitude)), min(180.0, max(-180.0, longitude)))
    top, bottom = _equal_earth(_NORTH, 0.0)[1], _equal_earth(_SOUTH, 0.0)[1]
    right = _equal_earth(0.0, 180.0)[0]
    return _WIDTH / 2 * (1 + 0.985 * x / right), _HEIGHT * (top - y) / (top - bottom)


def _equal_earth(latitude: float, longitude: float) -> tuple[float, float]:
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    t = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    slope = 9 * a4 * t**8 + 7 * a3 * t**6 + 3 * a2 * t**2 + a1
    x = 2 * math.sqrt(3) * math.radians(longitude) * math.cos(t) / (3 * slope)
    return x, a4 * t**9 + a3 * t**7 + a2 * t**3 + a1 * t


def _style() -> str:
    def rules(ink: Ink) -> str:
        return (
            f".paper{{fill:{ink.paper}}}.text{{fill:{ink.text}}}.quiet{{fill:{ink.quiet}}}.land{{fill:{ink.rule}}}"
            f".rule{{stroke:{ink.rule};fill:none;stroke-width:.6}}"
            f".open{{fill:{ink.simulated};stroke:{ink.paper}}}.shut{{fill:{ink.quiet};stroke:{ink.paper}}}"
            f".label{{fill:{ink.text};stroke:{ink.paper};stroke-width:3;paint-order:stroke}}"
        )

    own = ".open,.shut{fill-opacity:.72;stroke-width:.7}"
    dark = f"@media (prefers-color-scheme:dark){{{rules(INKS['dark'])}}}"
    return f"<style>{rules(INKS['light'])}{own}{dark}</style>"


def _graticule() -> list[str]:
    """Meridians and parallels every 30 degrees."""
    lines = [[(lat, lon) for lat in range(int(_SOUTH), int(_NORTH) + 1, 3)] for lon in range(-180, 181, 30)]
    lines += [[(lat, lon) for lon in range(-180, 181, 10)] for lat in range(-30, 61, 30)]
    return [
        '<polyline class="rule" points="{}"/>'.format(" ".join("{:.1f},{:.1f}".format(*projected(*p)) for p in line))
        for line in lines
    ]


def _land() -> list[str]:
    """Where people live, as small dots on a raster; nothing without a gazetteer."""
    return [f'<circle class="land" cx="{x:.1f}" cy="{y:.1f}" r="1.7"/>' for x, y in land_raster()]


def land_raster() -> list[tuple[float, float]]:
    """The points of the drawing near which people live."""
    raster = {(round(p.latitude / _STEP) * _STEP, round(p.longitude / _STEP) * _STEP) for p in towns_of_the_world()}
    return [projected(*p) for p in sorted(raster) if _SOUTH < p[0] < _NORTH]


def _radius(trials: int, most: int) -> float:
    """Area in proportion to the trials; the smallest dots can still be seen."""
    return max(1.8, _LARGEST * math.sqrt(trials / most))


def _dot(town: Town, most: int) -> str:
    x, y = projected(town.latitude, town.longitude)
    said = f"{town.name}, {town.country}: {len(town.trials):,} trials, {len(town.open):,} with a site that is open"
    kind = "open" if town.open else "shut"
    return (
        f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{_radius(len(town.trials), most):.1f}">'
        f"<title>{escape(said)}</title></circle>"
    )


def _labels(towns: tuple[Town, ...], most: int) -> list[str]:
    """The names of the largest towns, where one has room."""
    taken: list[tuple[float, float, float, float]] = []
    drawn = []
    for town in towns:
        x, y = projected(town.latitude, town.longitude)
        right, width = x + _radius(len(town.trials), most) + 3, 7.8 * len(town.name)
        left = right + width > _WIDTH
        start = x - _radius(len(town.trials), most) - 3 - width if left else right
        box = (start, y - 9, start + width, y + 7)
        if any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
            continue
        taken.append(box)
        drawn.append(f'<text class="label" x="{start:.1f}" y="{y + 4:.1f}" font-size="12.5">{escape(town.name)}</text>')
        if len(drawn) == _LABELLED:
            break
    return drawn


def _key(most: int) -> list[str]:
    """What the dots mean."""
    y = _HEIGHT + 58
    parts, x = [], 26.0
    for n in dict.fromkeys((max(1, most // 25), max(1, most // 5), most)):
        radius = _radius(n, most)
        parts.append(f'<circle class="open" cx="{x:.0f}" cy="{y:.0f}" r="{radius:.1f}"/>')
        parts.append(f'<text class="quiet" x="{x + radius + 5:.0f}" y="{y + 5:.0f}" font-size="13">{n:,}</text>')
        x += 2 * radius + 34
    parts.append(f'<text class="quiet" x="{x:.0f}" y="{y + 5:.0f}" font-size="13">trials in a town</text>')
    x += 132
    for kind, words in (("open", "at least one site says it is open"), ("shut", "none says so")):
        parts.append(f'<circle class="{kind}" cx="{x:.0f}" cy="{y:.0f}" r="6"/>')
        parts.append(f'<text class="quiet" x="{x + 11:.0f}" y="{y + 5:.0f}" font-size="13">{words}</text>')
        x += 18 + 7 * len(words)
    return parts


def _caption(sites: Sites) -> list[str]:
    said = f"{sites.trials:,} trials in {len(sites.towns):,} towns"
    if sites.unplaced:
        said += f"; {sites.unplaced:,} trials without coordinates are not drawn"
    said += ". Registries state the status of a site only while a trial recruits."
    if towns_of_the_world():
        said += " Land: towns of GeoNames, CC BY 4.0."
    return [f'<text class="quiet" x="16" y="{_HEIGHT + 88:g}" font-size="11.5">{escape(said)}</text>']
