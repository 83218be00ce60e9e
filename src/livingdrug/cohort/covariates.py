"""Properties of the patients: each a law of its own, or one around what is typical given another property.

law = "log-normal" | "normal" | "logit-normal" | "uniform" | "chance"
given = "age" with points = [[3, 14.3], ...]      typical value read off between the points
given = "weight" with value, at, power            typical value = value * (weight / at) ** power
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livingdrug import rng
from livingdrug.cohort import laws
from livingdrug.errors import LivingDrugError, ScenarioError, SourceError, unknown
from livingdrug.parameters import Source, check_kind, finite
from livingdrug.scenario import Resolved

Floats = NDArray[np.float64]
LAWS = ("log-normal", "normal", "logit-normal", "uniform", "chance")
KEYS = (
    "law",
    "value",
    "unit",
    "sd",
    "low",
    "high",
    "given",
    "points",
    "at",
    "power",
    "kind",
    "source",
    "where",
    "why",
    "about",
    "title",
    "property",
)


@dataclass(frozen=True)
class Property:
    """One property of the patients, ready to be drawn."""

    name: str
    law: str
    unit: str
    value: float | None
    sd: float
    low: float | None
    high: float | None
    given: str | None
    points: Floats | None
    at: float
    power: float
    where: str

    def typical(self, known: Mapping[str, Floats], n: int) -> Floats:
        """The median (n,) for patients whose other properties are known."""
        if self.given is None:
            return np.full(n, self.value if self.value is not None else 0.0)
        other = known[self.given]
        if self.points is not None:
            x, y = self.points[:, 0], self.points[:, 1]
            return np.exp(np.interp(other, x, np.log(y))) if (y > 0).all() else np.interp(other, x, y)
        assert self.value is not None
        return self.value * (other / self.at) ** self.power

    def draw(self, known: Mapping[str, Floats], seed: int, ids: NDArray[Any]) -> Floats:
        """The property of each patient (n,)."""
        what, n = f"covariate:{self.name}", len(ids)
        if self.law == "chance":
            return (rng.uniform(seed, ids, what) < self.typical(known, n)).astype(float)
        if self.law == "uniform":
            assert self.low is not None and self.high is not None
            return self.low + (self.high - self.low) * rng.uniform(seed, ids, what)
        z = self.sd * laws.normal(seed, ids, what)
        if self.law == "logit-normal":
            assert self.value is not None
            low, high = (0.0 if self.low is None else self.low), (1.0 if self.high is None else self.high)
            return laws.logit_normal(self.value, z, low, high, self.where)
        middle = self.typical(known, n)
        drawn = middle + z if self.law == "normal" else laws.log_normal(middle, z)
        return laws.bounded(drawn, self.low, self.high)


def read(name: str, data: Any, sources: Mapping[str, Source], population: str) -> Property:
    """One table of [covariates], checked."""
    where = f"covariates.{name} in the population '{population}'"
    if not isinstance(data, Mapping):
        raise SourceError(
            f"covariate '{name}' is not a table", where=where, mend=f"write [covariates.{name}] with law, value, unit"
        )
    for key in data:
        if key not in KEYS:
            raise unknown(f"key of the covariate '{name}'", key, KEYS, where, SourceError)
    law = data.get("law")
    if law not in LAWS:
        raise unknown(f"law of the covariate '{name}'", str(law), LAWS, where, SourceError)
    unit = data.get("unit")
    if not isinstance(unit, str):
        raise SourceError(f"covariate '{name}' has no unit", where=where, mend='add unit = "..." ("1" for a share)')
    check_kind(f"covariates.{name}", data, sources, where)
    number: dict[str, float] = {}
    for key in ("value", "low", "high"):
        if key in data:
            number[key] = _quantity(data[key], unit, where, key)
    for key in ("sd", "at", "power"):
        if key in data:
            number[key] = finite(data[key], where, key)
    _possible(name, law, data, number, where)
    points = _points(data["points"], where) if "points" in data else None
    return Property(
        name,
        law,
        unit,
        number.get("value"),
        number.get("sd", 0.0),
        number.get("low"),
        number.get("high"),
        data.get("given"),
        points,
        number.get("at", 1.0),
        number.get("power", 1.0),
        where,
    )


def _quantity(given: Any, unit: str, where: str, key: str) -> float:
    if isinstance(given, str):
        from livingdrug.units import quantity

        given = quantity(given, unit, where)
    return finite(given, where, key)


def _possible(name: str, law: str, data: Mapping[str, Any], number: Mapping[str, float], where: str) -> None:
    """Refuse laws that cannot be drawn from."""

    def wrong(what: str, mend: str | None = None) -> LivingDrugError:
        return SourceError(f"covariate '{name}': {what}", where=where, mend=mend)

    low, high, value = number.get("low"), number.get("high"), number.get("value")
    if low is not None and high is not None and low >= high:
        raise wrong(f"low = {low:g} is not below high = {high:g}")
    if law == "uniform" and (low is None or high is None):
        raise wrong("a uniform law needs low and high")
    if law != "uniform" and value is None and "points" not in data:
        raise wrong("there is no value", "add value = (the median), or given = and points =")
    if number.get("sd", 0.0) < 0:
        raise wrong("sd is negative")
    if law == "chance" and value is not None and not 0 <= value <= 1:
        raise wrong(f"a chance of {value:g} is not between 0 and 1")
    if law == "log-normal" and value is not None and value <= 0:
        raise wrong(f"the median {value:g} of a log-normal law is not above 0")
    if (
        law in ("normal", "log-normal")
        and value is not None
        and "given" not in data
        and not ((low is None or low <= value) and (high is None or value <= high))
    ):
        raise wrong(f"the median {value:g} is not between low and high")
    if "points" in data and "given" not in data:
        raise wrong("points need given = (the property they are read against)")


def _points(given: Any, where: str) -> Floats:
    try:
        points = np.array(given, dtype=float)
    except (TypeError, ValueError):
        points = np.zeros(0)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) < 2 or not (np.diff(points[:, 0]) > 0).all():
        raise SourceError(
            "points are not pairs with rising first numbers", where=where, mend="write [[3, 14.3], [5, 18.3]]"
        )
    return points


def ordered(resolved: Resolved) -> list[Property]:
    """The population's properties, each after the one it depends on."""
    population = resolved.names.get("population", "")
    sources = {k: Source.read(k, x) for k, x in resolved.population.get("sources", {}).items()}
    waiting = {n: read(n, d, sources, population) for n, d in resolved.covariates.items()}
    for p in waiting.values():
        if p.given is not None and p.given not in waiting:
            raise unknown(f"property that '{p.name}' depends on:", p.given, waiting, p.where)
    done: dict[str, Property] = {}
    while waiting:
        free = [n for n, p in waiting.items() if p.given is None or p.given in done]
        if not free:
            raise ScenarioError(
                f"the properties {', '.join(waiting)} depend on each other in a circle",
                where=f"population '{population}'",
                mend="let one of them stand alone",
            )
        done.update({n: waiting.pop(n) for n in free})
    return list(done.values())


def draw(resolved: Resolved, ids: NDArray[Any], seed: int) -> dict[str, Floats]:
    """Every property of every patient, by name, (n,), in the population's own units."""
    known: dict[str, Floats] = {}
    for p in ordered(resolved):
        known[p.name] = p.draw(known, seed, ids)
    return known
