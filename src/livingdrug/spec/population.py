"""A population: the properties of its patients, how the disease's numbers vary, and the published baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import WithJsonSchema

from livingdrug.errors import LivingDrugError, ScenarioError, SourceError, UnitError, a, short, unknown
from livingdrug.library.layers import is_factor
from livingdrug.library.located import Located
from livingdrug.parameters import WIDEST, Source, check_kind, finite
from livingdrug.spec.fields import Asked, Names, Real, Text, Unit, Whole, worded
from livingdrug.spec.numbers import Numbered
from livingdrug.spec.origin import Sourced
from livingdrug.spec.typed import Refused, Typed, file_of

DISTRIBUTIONS = ("log-normal", "normal", "logit-normal", "uniform", "chance", "fixed")
_DRAWN = (
    "distribution",
    "sd",
    "low",
    "high",
    "given",
    "points",
    "at",
    "power",
    "loadings",
)  # what a fixed value has no use for
_UNUSED = {
    "uniform": ("value", "sd", "points", "given", "loadings"),
    "fixed": ("sd", "low", "high", "points", "given", "loadings", "shared"),
    "chance": ("sd", "low", "high", "loadings"),
    "logit-normal": ("points", "given", "loadings"),
}
_VALUE = {"type": ["number", "string"], "minLength": 1, "description": "in its unit, or a text with a unit"}
_POINTS = {
    "type": "array",
    "items": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
    "description": "pairs [the other property, typical value], the first rising",
}
FAR = 10.0  # times the typical values of a property: no patient comes near
STATISTICS = ("median", "mean", "share", "share above", "share below", "share between")


class Lots(Typed):
    """Who shares a property: patients in the order of their numbers, `patients` at a time (a trial), are dealt `lots`
    draws of it, each patient one of them."""

    called: ClassVar[str] = "sharing"
    patients: Whole
    lots: Whole


class Covariate(Sourced):
    """A property of the patients: a distribution of its own, or one around what is typical given another property.
    shared: the draws of it are shared among patients (cells of a few donors).

    given with points: the typical value is read off between the points; given with value, at, power: value times
    (the other property / at) to the power. loadings: weights of further properties, added to the typical value of a
    normal distribution, and to its logarithm of a log-normal one.
    """

    called: ClassVar[str] = "covariate"
    renamed: ClassVar[Mapping[str, str]] = {"law": "distribution"}
    distribution: Annotated[Text, worded(DISTRIBUTIONS)]
    unit: Unit
    value: Annotated[Any, WithJsonSchema(_VALUE)] = None
    sd: Annotated[Real, WithJsonSchema({"type": "number", "minimum": 0})] = 0.0
    low: Annotated[Any, WithJsonSchema(_VALUE)] = None
    high: Annotated[Any, WithJsonSchema(_VALUE)] = None
    given: Text | None = None
    points: Annotated[Any, WithJsonSchema(_POINTS)] = None
    at: Real = 1.0
    power: Real = 1.0
    loadings: dict[str, Real] = {}
    title: Text | None = None
    property: Text | None = None
    shared: Lots | None = None

    @classmethod
    def _current(cls, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """A value that a user gave and the distribution, of another file, would not use is the value of everybody; what
        a distribution that a user gave has no use for, of another file, is forgotten."""
        data = super()._current(data)
        if isinstance(data, Located) and "unit" in data and (at := data.at("unit")) and not at.ours:
            for key in ("value", "low", "high", "points"):
                if key in data and data.at(key) and data.at(key).ours and not isinstance(data[key], str):
                    said = f"the unit alone was changed: '{key}' = {short(data[key])} was written in another"
                    mend = f"leave the unit out and give {key} one of its own, as a text of number and unit"
                    raise Refused(SourceError(said, where=at, mend=mend))
        data = _redrawn(data)
        if not isinstance(data, Located) or "value" not in data or data.at("value").ours or not data.at("value"):
            return data
        laid = file_of(data.at("value")) != file_of(data.at("distribution"))
        if laid and _unused(data):
            kept = {k: x for k, x in data.items() if k not in _DRAWN}
            return Located({**kept, "distribution": "fixed"}, data.places, data.place)
        return data

    def after(self) -> tuple[str, ...]:
        """The properties that it depends on."""
        return (*((self.given,) if self.given else ()), *self.loadings)

    def consistent(self) -> None:
        if self.distribution not in DISTRIBUTIONS:
            place = self.place("distribution")
            raise unknown("distribution of a covariate", self.distribution, DISTRIBUTIONS, place)
        for key in ("value", "low", "high"):
            given = getattr(self, key)
            if given is not None:
                object.__setattr__(self, key, number(given, self.unit, key, self.place(key)))
        self._possible()
        self._used()
        if self.points is not None:
            object.__setattr__(self, "points", _points(self.points, self.place("points")))

    def _possible(self) -> None:
        """Refuse distributions that cannot be drawn from."""

        def wrong(key: str, what: str, mend: str | None = None) -> LivingDrugError:
            return SourceError(what, where=self.place(key), mend=mend)

        if self.sd > WIDEST and self.distribution in ("log-normal", "logit-normal"):
            raise wrong("sd", f"sd = {self.sd:g} is wider than patients can differ (0 to {WIDEST:g})")
        low, high, value, kind = self.low, self.high, self.value, self.distribution
        if low is not None and high is not None and low >= high:
            raise wrong("low", f"low = {low:g} is not below high = {high:g}", "write the lower end as low")
        if kind == "uniform" and (low is None or high is None):
            raise wrong("", "a uniform distribution needs low and high", "give both")
        if kind != "uniform" and value is None and self.points is None:
            raise wrong("", "there is no value", "add value = (the median), or given = and points =")
        if self.sd < 0:
            raise wrong("sd", "sd is negative", "give 0 or more")
        if kind == "chance" and value is not None and not 0 <= value <= 1:
            raise wrong("value", f"a chance of {value:g} is not between 0 and 1")
        if kind == "log-normal" and value is not None and value <= 0:
            raise wrong("value", f"the median {value:g} of a log-normal distribution is not above 0")
        if kind in ("normal", "log-normal") and value is not None and self.given is None:
            if not ((low is None or low <= value) and (high is None or value <= high)):
                raise wrong("value", f"the median {value:g} is not between low and high")
        if kind == "logit-normal" and value is not None:
            ends = (0.0 if low is None else low, 1.0 if high is None else high)
            if not ends[0] <= value <= ends[1]:
                raise wrong("value", f"the median {value:g} is not between {ends[0]:g} and {ends[1]:g}")
        if self.points is not None and self.given is None:
            raise wrong("points", "points are read against another property", 'add given = "PROPERTY"')

    def _used(self) -> None:
        """Refuse words that the distribution has no use for."""

        def wrong(key: str, what: str, mend: str) -> LivingDrugError:
            return SourceError(what, where=self.place(key), mend=mend)

        for key in _UNUSED.get(self.distribution, ()):
            if key in self.model_fields_set:
                raise wrong(key, f"{a(self.distribution)} distribution has no use for '{key}'", "leave it out")
        followed = self.given is not None and self.points is None  # value times (the other property / at) to the power
        for key in ("at", "power"):
            if key in self.model_fields_set and not followed:
                raise wrong(key, f"'{key}' has no use without given = or beside points", "leave it out")
            if followed and key not in self.model_fields_set:
                raise wrong("given", f"given = needs points, or at and power; there is no '{key}'", f"add {key} = ...")


def _redrawn(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without what a user's distribution has no use for, where the words are the library's, or those of a file below an
    option."""
    kind = data.get("distribution")
    if not isinstance(data, Located) or not isinstance(kind, str) or data.at("distribution").ours:
        return data
    option = not file_of(data.at("distribution"))
    unused = {k for k in _UNUSED.get(kind, ()) if k in data and (data.at(k).ours or option and file_of(data.at(k)))}
    if "given" in unused:
        unused |= {"at", "power"} & data.keys()
    return Located({k: x for k, x in data.items() if k not in unused}, data.places, data.place)


def _unused(data: Mapping[str, Any]) -> bool:
    """Whether a covariate's distribution has no use for its value, or cannot reach it."""
    kind = data.get("distribution")
    if "points" in data or kind == "uniform":
        return True
    try:
        value, low, high = (
            None if data.get(k) is None else number(data[k], str(data.get("unit", "1")), k, "")
            for k in ("value", "low", "high")
        )
    except LivingDrugError:
        return False
    assert value is not None
    low, high = (0.0 if low is None else low, 1.0 if high is None else high) if kind == "logit-normal" else (low, high)
    return (low is not None and value < low) or (high is not None and value > high)


def number(given: Any, unit: str, key: str, place: str) -> float:
    """A number in `unit`, given plainly or with a unit of its own."""
    if is_factor(given):
        mend = f"give {key} itself, or change what it is read off (given, points)"
        raise SourceError(f"there is no {key} to multiply: {key} = {short(given)}", where=place or None, mend=mend)
    if isinstance(given, str):
        from livingdrug.units import quantity

        given = quantity(given, unit, place or None)
    return finite(given, place or None, key)


def _points(given: Any, place: str) -> NDArray[np.float64]:
    try:
        points = np.array(given, dtype=float)
    except (TypeError, ValueError):
        points = np.zeros(0)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) < 2 or not (np.diff(points[:, 0]) > 0).all():
        raise SourceError(
            "points are not pairs with rising first numbers", where=place, mend="write [[3, 14.3], [5, 18.3]]"
        )
    return points


class Baseline(Typed):
    """One line of the baseline table that a trial published."""

    called: ClassVar[str] = "baseline row"
    measure: Text
    of: Text
    statistic: Annotated[Text, worded(STATISTICS)] = "median"
    value: Real
    low: Real | None = None
    high: Real | None = None
    interval: Text | None = None
    above: Real | None = None
    below: Real | None = None
    unit: Unit = "1"
    n: Whole | None = None
    source: Text | None = None
    where: Text | None = None
    note: Text | None = None

    def consistent(self) -> None:
        if self.statistic not in STATISTICS:
            raise unknown("statistic", self.statistic, STATISTICS, self.place("statistic"))
        side = self.statistic.removeprefix("share ")
        for end in ("above", "below"):
            if side in (end, "between") and getattr(self, end) is None:
                said = f"the statistic '{self.statistic}' needs '{end}'"
                raise ScenarioError(said, where=self.place(), mend=f"add {end} = ...")

    def in_unit(self, unit: str) -> None:
        """UnitError where the property that the row is of has a unit, and its median or mean has none."""
        if unit != "1" and "unit" not in self.model_fields_set and not self.statistic.startswith("share"):
            said = f"the row '{self.measure}' is of {self.of}, and has no unit"
            raise UnitError(said, where=self.place("value"), mend=f'add unit = "{unit}"')


class Plausible(Sourced):
    """What has to hold of a patient's properties, as "weight >= 5 kg"; who is otherwise is not enrolled."""

    called: ClassVar[str] = "plausibility rule"
    name: Text
    keep: Asked


class Population(Numbered):
    """Who the patients are. like: the population it is a change of; plausible: who may be enrolled; match: rows of the
    baseline (or "all") that those enrolled have as published."""

    called: ClassVar[str] = "population"
    like: Text | None = None
    tumour: Text | None = None
    covariates: dict[str, Covariate] = {}
    baseline: tuple[Baseline, ...] = ()
    plausible: tuple[Plausible, ...] = ()
    match: Names = ()

    def consistent(self) -> None:
        for row in self.baseline:
            if row.of in self.covariates:
                row.in_unit(self.covariates[row.of].unit)
        for name, c in self.covariates.items() if self.like is None else ():
            for other in c.after():
                if other not in self.covariates:
                    key = "given" if other == c.given else "loadings"
                    raise unknown(f"property that '{name}' depends on:", other, self.covariates, c.place(key))
            if c.given is not None and "at" in c.model_fields_set and self.covariates[c.given].given != name:
                self._near(name, c, self.covariates[c.given])

    def _near(self, name: str, c: Covariate, other: Covariate) -> None:
        """ScenarioError where a property is said at a value of another that no patient comes near."""
        known = [other.value, other.low, other.high]
        known += [] if other.points is None else other.points[:, 1].tolist()
        ends = [abs(x) for x in known if x]
        if ends and not min(ends) / FAR <= c.at <= max(ends) * FAR:
            said = f"'{name}' is said at {c.given} = {c.at:g} {other.unit}, and no patient comes near it"
            allowed = f"{min(ends) / FAR:g} to {max(ends) * FAR:g} {other.unit}"
            raise ScenarioError(said, where=c.place("at"), allowed=allowed)

    def cites(self, sources: Mapping[str, Source]) -> None:
        """SourceError unless every covariate says where it comes from."""
        for name, c in self.covariates.items():
            said = {k: x for k in ("kind", "source", "where", "why") if (x := getattr(c, k)) is not None}
            unknown_source = c.source is not None and c.source not in sources
            check_kind(f"covariates.{name}", said, sources, str(c.place("source") if unknown_source else c.place()))
        for row in self.baseline:
            if row.source is not None and row.source not in sources:
                raise unknown("source", row.source, sources, row.place("source"), SourceError)

    def ordered(self) -> list[tuple[str, Covariate]]:
        """The properties, each after the one it depends on."""
        waiting, done = dict(self.covariates), dict[str, Covariate]()
        while waiting:
            free = [n for n, c in waiting.items() if done.keys() >= set(c.after())]
            if not free:
                raise ScenarioError(
                    f"the properties {', '.join(waiting)} depend on each other in a circle",
                    where=next(iter(waiting.values())).place(),
                    mend="let one of them stand alone",
                )
            done.update({n: waiting.pop(n) for n in free})
        return list(done.items())
