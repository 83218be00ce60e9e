"""A number is never bare: value, unit, kind, source, place in it, between-subject variability, uncertainty."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

from livingdrug.errors import ScenarioError, SourceError, UnitError, short, unknown

WIDEST = 10.0  # standard deviations of a logarithm (or logit): patients would differ 22,000-fold either way
FARTHEST, HIGHEST = 1e6, 1e15  # a user's number: at most so many times what it was; where that was 0, so large
KINDS = ("measured", "fitted", "derived", "assumed")
DISTRIBUTIONS = {
    "log-normal": "sd (of the logarithm)",
    "normal": "sd (in the parameter's unit)",
    "logit-normal": "sd (on the logit scale); value between low (0) and high (1)",
    "uniform": "low, high",
    "table": "table (the name of a table of whole parameter sets in the same file)",
}
PARAMETER_KEYS = ("value", "unit", "kind", "source", "where", "why", "variability", "uncertainty", "about", "note")
VARIABILITY_KEYS = (
    "distribution", "sd", "cv", "low", "high", "loadings", "table", "source", "where", "kind", "why", "note",
)  # fmt: skip
YEARS = (1500, 2200)  # in which a source can have appeared
OLDER = {"spread": "variability", "belief": "uncertainty", "law": "distribution", "loads": "loadings"}  # accepted yet
SOURCE_KEYS = (
    "title",
    "authors",
    "journal",
    "year",
    "doi",
    "pmid",
    "nct",
    "url",
    "version",
    "note",
    "place",
    "licence",
    "read",
)


def _line(data: Any, key: str, where: str | None) -> str | None:
    """file:line of a key where the table remembers it, else of the table."""
    return getattr(data, "places", {}).get(key) or where


@dataclass(frozen=True)
class Source:
    """A paper, label or registry record, by the key a file gives it."""

    key: str
    title: str
    year: int | None = None
    doi: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = [str(self.more[k]) for k in ("authors", "journal") if k in self.more]
        return ", ".join(
            [self.title, *parts, *([str(self.year)] if self.year else []), *([f"doi:{self.doi}"] if self.doi else [])]
        )

    @classmethod
    def read(cls, key: str, data: Any, where: str | None = None) -> Source:
        """The source that a `[sources.KEY]` table describes."""
        for name in data if isinstance(data, Mapping) else ():
            if name not in SOURCE_KEYS:
                raise unknown("key of a source", name, SOURCE_KEYS, _line(data, name, where), SourceError)
        if not isinstance(data, Mapping) or not isinstance(data.get("title"), str) or not data["title"]:
            raise SourceError(
                f"source '{key}' has no title", where=where, mend=f'write title = "..." under [sources.{key}]'
            )
        texts(data, [k for k in SOURCE_KEYS if k not in ("year", "pmid")], where, f"sources.{key}")
        if not isinstance(year := data.get("year", YEARS[0]), int) or not YEARS[0] <= year <= YEARS[1]:
            raise SourceError(
                f"year = {short(year)} is not a year", _line(data, "year", where), mend="write year = 2019"
            )
        more = {k: v for k, v in data.items() if k not in ("title", "year", "doi")}
        return cls(key, str(data["title"]), data.get("year"), data.get("doi"), more)


@dataclass(frozen=True)
class Variability:
    """Between-subject variability of a number (or, as `uncertainty`, how well the number itself is known).

    loadings: latent covariate -> weight, added on the scale of the distribution (log, logit or plain).
    """

    distribution: str
    sd: float = 0.0
    low: float | None = None
    high: float | None = None
    loadings: Mapping[str, float] = field(default_factory=dict)
    table: str | None = None
    source: str | None = None
    places: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)  # of the loadings

    @classmethod
    def read(cls, data: Any, where: str | None = None) -> Variability:
        """The variability that an inline table such as `{ distribution = "log-normal", sd = 0.65 }` describes."""
        if not isinstance(data, Mapping):
            raise SourceError(
                f"{short(data)} is not a variability",
                where=where,
                mend='write { distribution = "log-normal", sd = 0.65 }',
            )
        if not data:
            raise SourceError(
                "the variability says nothing", where=where, mend='write { distribution = "log-normal", sd = 0.65 }'
            )
        data = current(data, where)
        for name in data:
            if name not in VARIABILITY_KEYS:
                raise unknown("key of a variability", name, VARIABILITY_KEYS, _line(data, name, where), SourceError)
        texts(data, ("distribution", "table", "source", "where", "kind", "why", "note"), where)
        kind = data.get("distribution", "log-normal")
        if kind not in DISTRIBUTIONS:
            raise unknown("distribution", kind, DISTRIBUTIONS, _line(data, "distribution", where), SourceError)
        number = {k: finite(data[k], _line(data, k, where), k) for k in ("sd", "cv", "low", "high") if k in data}
        if "sd" in number and "cv" in number:
            said = "sd and cv say the same of a distribution"
            raise SourceError(said, where=_line(data, "cv", where), mend="keep one of them")
        if number.get("sd", 0.0) < 0 or number.get("cv", 0.0) < 0:
            at = _line(data, "sd" if number.get("sd", 0.0) < 0 else "cv", where)
            raise SourceError("a variability cannot be negative", where=at, mend="give sd or cv >= 0")
        if kind in ("log-normal", "logit-normal") and max(number.get("sd", 0.0), number.get("cv", 0.0)) > WIDEST:
            raise SourceError(
                f"{'sd' if 'sd' in number else 'cv'} = {max(number.values()):g} is wider than patients can differ",
                where=_line(data, "sd" if "sd" in number else "cv", where),
                allowed=f"0 to {WIDEST:g} for a {kind} distribution",
            )
        if "cv" in number and kind != "log-normal":
            raise SourceError(
                f"cv belongs to the log-normal distribution, not to {kind}",
                where=_line(data, "cv", where),
                mend=f"give {DISTRIBUTIONS[kind]}",
            )
        sd = number.get("sd", math.sqrt(math.log1p(number["cv"] ** 2)) if "cv" in number else 0.0)
        low, high = number.get("low"), number.get("high")
        if kind == "uniform" and (low is None or high is None):
            raise SourceError("a uniform distribution needs low and high", where=where, mend="give both")
        if kind == "table" and "table" not in data:
            raise SourceError(
                "the distribution 'table' needs the name of its table", where=where, mend='write table = "NAME"'
            )
        if kind in ("log-normal", "normal", "logit-normal") and not {"sd", "cv", "loadings"} & set(data):
            raise SourceError(f"the {kind} distribution needs {DISTRIBUTIONS[kind]}", where=where, mend="give sd")
        if low is not None and high is not None and not low < high:
            raise SourceError(
                f"low = {low:g} is not below high = {high:g}",
                where=_line(data, "low", where),
                mend="write the lower end as low",
            )
        loadings = data.get("loadings", {})
        if not isinstance(loadings, Mapping):
            raise SourceError(
                "loadings must be a table: { fitness = 0.2 }",
                where=_line(data, "loadings", where),
                mend="write { PROPERTY = WEIGHT }",
            )
        return cls(
            kind,
            sd,
            low,
            high,
            {str(k): finite(x, _line(loadings, k, where), f"loadings.{k}") for k, x in loadings.items()},
            data.get("table"),
            data.get("source"),
            {k: str(place) for k in loadings if (place := _line(loadings, k, None))},
        )

    def scaled(self, factor: float) -> Variability:
        """The same variability in another unit (on a log or logit scale it has none)."""
        if factor == 1.0 or self.distribution == "table":
            return self
        plain = self.distribution == "normal"
        return replace(
            self,
            sd=self.sd * factor if plain else self.sd,
            low=None if self.low is None else self.low * factor,
            high=None if self.high is None else self.high * factor,
            loadings={k: x * factor for k, x in self.loadings.items()} if plain else self.loadings,
        )

    def __str__(self) -> str:
        parts = [self.distribution]
        if self.sd:
            parts.append(f"sd {self.sd:g}")
        parts += [f"{name} {x:g}" for name, x in (("low", self.low), ("high", self.high)) if x is not None]
        parts += [f"{x:+g} x {name}" for name, x in self.loadings.items()]
        return ", ".join(parts + ([self.table] if self.table else []))


@dataclass(frozen=True)
class Parameter:
    """One number of the model, and where it comes from. `layer` says who had the last word on it."""

    path: str
    value: float
    unit: str
    kind: str
    source: str | None = None
    where: str | None = None
    why: str | None = None
    variability: Variability | None = None
    uncertainty: Variability | None = None
    layer: str = ""
    file: str = ""
    line: int | None = None
    reference: Source | None = None

    @property
    def place(self) -> str:
        """file:line of the entry that had the last word."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def in_unit(self, unit: str) -> Parameter:
        """The same number in another unit; UnitError when that is another kind of quantity."""
        if unit == self.unit:
            return self
        from livingdrug.units import factor

        by = factor(self.unit, unit, f"{self.path} ({self.place})")
        return replace(
            self,
            value=self.value * by,
            unit=unit,
            variability=self.variability and self.variability.scaled(by),
            uncertainty=self.uncertainty and self.uncertainty.scaled(by),
        )

    def as_dict(self) -> dict[str, Any]:
        """JSON-able, without what is empty."""
        shown: dict[str, Any] = {
            "value": self.value,
            "unit": self.unit,
            "kind": self.kind,
            "source": self.source,
            "where": self.where,
            "why": self.why,
            "variability": _variability_dict(self.variability),
            "uncertainty": _variability_dict(self.uncertainty),
            "layer": self.layer,
            "file": self.file,
            "line": self.line,
        }
        return {k: x for k, x in shown.items() if x is not None}


def _variability_dict(variability: Variability | None) -> dict[str, Any] | None:
    if variability is None:
        return None
    shown = {
        "distribution": variability.distribution,
        "sd": variability.sd,
        "low": variability.low,
        "high": variability.high,
        "loadings": dict(variability.loadings),
        "table": variability.table,
    }
    return {k: x for k, x in shown.items() if x not in (None, {}, 0.0) or k == "distribution"}


def finite(given: Any, where: str | None, name: str = "value") -> float:
    """A number that can be computed with; SourceError otherwise (yes and no are no numbers)."""
    try:
        number = math.nan if isinstance(given, bool) or not isinstance(given, Real) else float(given)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise SourceError(f"{name} = {short(given)} is not a finite number", where=where, mend="give a plain number")
    return number


def in_words(value: Any) -> str:
    """What stands in a file, as one would read it out: "name penn, grade 3"; tables within others in parentheses."""
    if isinstance(value, Mapping):
        return "(" + ", ".join(f"{k} {in_words(x)}" for k, x in value.items()) + ")"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(in_words, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def texts(data: Mapping[str, Any], keys: Sequence[str], where: str | None, path: str = "") -> None:
    """SourceError unless each of these keys, where it is given, is a text that says something."""
    for key in keys:
        if key in data and not (isinstance(data[key], str) and data[key].strip()):
            wrong = "is empty" if isinstance(data[key], str) else "is not a text"
            raise SourceError(
                f"{key} = {short(data[key])}" + (f" of '{path}'" if path else "") + f" {wrong}",
                where=_line(data, key, where),
                mend=f'write {key} = "..."',
            )


VARIES = ("variability", "uncertainty", "spread", "belief")
WIDTHS = ("log-normal", "normal", "logit-normal")  # distributions with an sd, each on a scale of its own


def current(data: Mapping[str, Any], where: str | None) -> Mapping[str, Any]:
    """A table by today's keys; an older key is accepted with a FutureWarning that names its place and the new one.

    SourceError when a table has both.
    """
    old = [key for key in data if key in OLDER]
    if not old:
        return data
    at = getattr(data, "at", lambda key: where)
    for key in old:
        if OLDER[key] in data:
            said = f"'{key}' and '{OLDER[key]}' are the same key"
            raise SourceError(said, where=at(key) or where, mend=f"keep '{OLDER[key]}'")
        warnings.warn(f"{at(key) or where}: '{key}' is now '{OLDER[key]}'", FutureWarning, stacklevel=2)
    renamed = getattr(data, "renamed", None)
    found: Mapping[str, Any] = renamed(OLDER) if renamed else {OLDER.get(key, key): x for key, x in data.items()}
    return found


def is_parameter(data: Any) -> bool:
    """Whether a TOML table is a parameter (it has a value, or changes how patients differ in one)."""
    return (
        isinstance(data, Mapping)
        and any(key in data and not _number_of(key, data[key]) for key in ("value", *VARIES))
        and not any(is_parameter(x) for k, x in data.items() if k not in VARIES)
    )


def _number_of(key: str, x: Any) -> bool:
    """Whether the earlier word for variability is the name of a number here: it says what a number says, or is one."""
    told = {"value", "unit", *VARIES}
    return key in OLDER and (not told.isdisjoint(x) if isinstance(x, Mapping) else not isinstance(x, bool))


def read_parameter(
    path: str,
    data: Mapping[str, Any],
    below: Parameter | None,
    sources: Mapping[str, Source],
    layer: str,
    file: str,
    line: int | None,
    by_user: bool = False,
) -> Parameter:
    """The parameter that a TOML table describes, inheriting unit, variability and uncertainty from the layer below.

    A user may change a number without a source: it then counts as assumed, "set by the user". A value may carry its
    unit ("0.9 1/day") or be relative to the layer below ("* 0.5").
    """
    place = f"{path} ({file}:{line})" if line else f"{path} ({file})"
    if not data:
        raise SourceError(f"'{path}' is an empty table", where=place, mend=f"give a value: {path} = ...")
    data = current(data, place)
    for key in data:
        if key not in PARAMETER_KEYS:
            raise unknown("key of a parameter", key, PARAMETER_KEYS, _line(data, key, place), SourceError)
    texts(data, ("kind", "source", "where", "why", "about", "note"), place, path)
    if "kind" in data and data["kind"] not in KINDS:
        raise unknown("kind of number", data["kind"], KINDS, _line(data, "kind", place), SourceError)
    if below is None and "value" not in data:
        raise SourceError(f"'{path}' has a variability but no value", where=place, mend="give value and unit")
    value, unit = _value(path, data, below, place)
    if by_user:
        _cites(path, data, sources, place)
        return _changed(path, data, below, value, unit, layer, file, line, place)
    inherits = below is not None and "value" not in data
    said = {"kind": below.kind, **data} if below is not None and inherits else data
    kind = check_kind(path, said, sources, place, inherits)
    source = data.get("source")
    return Parameter(
        path,
        value,
        unit,
        kind,
        source,
        data.get("where"),
        data.get("why"),
        Variability.read(data["variability"], _line(data, "variability", place))
        if "variability" in data
        else (below.variability if below else None),
        Variability.read(data["uncertainty"], _line(data, "uncertainty", place))
        if "uncertainty" in data
        else (below.uncertainty if below else None),
        layer,
        file,
        line,
        sources.get(source) if source else None,
    )


def check_kind(
    path: str,
    data: Mapping[str, Any],
    sources: Mapping[str, Source],
    place: str,
    inherits: bool = False,
) -> str:
    """The kind of a number, once it is sure that the number says where it comes from; SourceError otherwise."""
    texts(data, ("kind", "source", "where", "why"), place, path)
    kind, source, why = data.get("kind"), data.get("source"), data.get("why")
    if kind is None:
        raise SourceError(
            f"'{path}' does not say what kind of number it is",
            where=place,
            allowed=KINDS,
            mend='add kind = "..." (a number recalled but not read is "assumed")',
        )
    if kind not in KINDS:
        raise unknown("kind of number", str(kind), KINDS, _line(data, "kind", place), SourceError)
    _cites(path, data, sources, place)
    if inherits:
        return str(kind)
    if kind == "measured" and not (source and data.get("where")):
        raise SourceError(
            f"'{path}' is measured but does not say in which source, and where in it",
            where=place,
            mend="add source = and where =",
        )
    if kind in ("fitted", "derived") and not (source or why):
        raise SourceError(
            f"'{path}' is {kind} but says neither its source nor why", where=place, mend="add source = or why ="
        )
    if kind == "assumed" and not why:
        raise SourceError(f"'{path}' is assumed but does not say why", where=place, mend='add why = "..."')
    return str(kind)


def _cites(path: str, data: Mapping[str, Any], sources: Mapping[str, Source], place: str) -> None:
    """SourceError where a number cites a source that nobody defines."""
    source = data.get("source")
    if source is not None and source not in sources:
        raise SourceError(
            f"'{path}' cites '{source}', which this file does not define",
            where=_line(data, "source", place),
            allowed=sorted(sources) or "nothing",
            given=str(source),
            mend=f"add a table [sources.{source}] with its title and year",
        )


def _value(path: str, data: Mapping[str, Any], below: Parameter | None, place: str) -> tuple[float, str]:
    unit = data.get("unit", below.unit if below else None)
    at, of_unit = _line(data, "value", place), _line(data, "unit", place)
    if unit is not None and not (isinstance(unit, str) and unit.strip()):
        said = "empty" if isinstance(unit, str) else "not a text"
        raise UnitError(f"the unit of '{path}' is {said}", where=of_unit, mend='write unit = "1/day" ("1" for none)')
    if "unit" in data and of_unit != place:
        from livingdrug.units import known

        known(str(unit), of_unit)
    given = data.get("value", below.value if below else None)
    if isinstance(given, str):
        text = given.strip()
        if text[:1] in "*x×" and below is not None:
            return below.value * finite(factor(text[1:], at), at), below.unit
        from livingdrug.units import quantity

        if unit is None:
            raise UnitError(f"'{path}' has no unit", where=place, mend='add unit = "..." ("1" for a plain number)')
        return finite(quantity(text, unit, at), at), unit
    if unit is None:
        raise UnitError(f"'{path}' has no unit", where=place, mend='add unit = "..." ("1" for a plain number)')
    return finite(given, at), unit


def factor(text: str, place: str | None) -> float:
    """The number after the * of a change; SourceError when it is none."""
    try:
        return float(text)
    except ValueError:
        raise SourceError(
            f"{short(text.strip())} is not a number to multiply by", where=place, mend='write "* 0.5"'
        ) from None


def _changed(
    path: str,
    data: Mapping[str, Any],
    below: Parameter | None,
    value: float,
    unit: str,
    layer: str,
    file: str,
    line: int | None,
    place: str,
) -> Parameter:
    if below is not None and "unit" in data and "value" not in data and unit != below.unit:
        raise SourceError(
            f"the unit alone was changed: {path} = {below.value:g} {below.unit} was written in another",
            where=_line(data, "unit", place),
            mend=f'give the value with it: {path} = "NUMBER {unit}"',
        )
    if below is not None and {"value", *VARIES}.isdisjoint(data):
        raise SourceError(
            f"{path} stays {below.value:g} {below.unit}: {', '.join(data)} alone changes nothing",
            where=_line(data, next(iter(data)), place),
            mend="give the value as well, or leave this out",
        )
    if below is not None and below.value >= 0 and value < 0:
        raise SourceError(
            f"{path} = {value:g} {unit} is negative",
            where=place,
            allowed=f"0 or more (it is {below.value:g} {below.unit} in {below.place})",
        )
    if below is not None:
        beyond(path, value, unit, below.value, below.unit, place)
    variability, uncertainty = (
        _changed_variability(name, data, below, place) for name in ("variability", "uncertainty")
    )
    return Parameter(
        path,
        value,
        unit,
        data.get("kind", "assumed"),
        data.get("source"),
        data.get("where"),
        data.get("why", f"set in {file}"),
        variability,
        uncertainty,
        layer,
        file,
        line,
    )


def beyond(name: str, value: float, unit: str, was: float, was_unit: str, place: str | None) -> None:
    """ScenarioError for a user's number so far above what it was that no equation was ever meant for it."""
    from livingdrug.units import factor

    try:
        by = factor(was_unit, unit, name)
    except UnitError:  # another kind of quantity, which is told as such
        return
    most = FARTHEST * abs(was) * by if was else HIGHEST
    if abs(value) > most:
        now = f"it is {was:g} {was_unit}".removesuffix(" 1")
        times = "a million times what it is" if was else "a number"
        raise ScenarioError(
            f"{name} = {value:g} {unit} is far beyond what the model is made for".replace(" 1 is", " is"),
            where=place,
            allowed=f"up to {most:g} {unit}".removesuffix(" 1") + f", {times} ({now})",
        )


def _changed_variability(name: str, data: Mapping[str, Any], below: Parameter | None, place: str) -> Variability | None:
    """The variability after a user's change: only what is named changes; a value that it would not use fixes it."""
    was: Variability | None = getattr(below, name, None)
    if name in data:
        given = data[name]
        if given is False:
            return None
        if given == {}:
            raise SourceError(f"the {name} says nothing", where=place, mend=f"write {name} = {{ sd = 0.5 }}, or false")
        return Variability.read(
            _laid(was, current(given, place), place) if isinstance(given, Mapping) else given, place
        )
    return None if was and "value" in data and was.distribution in ("uniform", "table") else was


def _laid(was: Variability | None, given: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    """What a user says of a variability, laid on what was said before. SourceError where a width would be taken over
    that was meant for another distribution."""
    below = _variability_dict(was) or {}
    if "cv" in given:
        below.pop("sd", None)
    other = given.get("distribution", below.get("distribution"))
    if was is not None and other in WIDTHS and was.distribution in WIDTHS and other != was.distribution:
        if was.sd and not {"sd", "cv"} & set(given):
            raise SourceError(
                f"sd = {was.sd:g} was written for a {was.distribution} distribution, and is another width in a {other}",
                where=_line(given, "distribution", place),
                mend="give sd as well",
            )
    return {**below, **given}
