"""The kinds of value that a file may hold, each with its check and its JSON Schema."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from livingdrug.errors import LivingDrugError, ScenarioError, short, unknown
from livingdrug.library.located import Located
from livingdrug.parameters import KINDS, SOURCE_KEYS, YEARS, Source, finite
from livingdrug.spec import clock as _clock
from livingdrug.spec.clock import Clock
from livingdrug.spec.grammar import Name, Node, Number, names, parse
from livingdrug.spec.typed import Refused


@dataclass(frozen=True)
class Expression:
    """Something asked of a patient, as written and as read ("crs.grade >= 2")."""

    text: str
    node: Node

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """Every name it mentions."""
        return tuple(names(self.node))

    def __str__(self) -> str:
        return self.text


def expression(given: Any) -> Expression:
    """The expression that a text or a number is; ScenarioError names the column of what cannot be read."""
    if isinstance(given, Expression):
        return given
    if isinstance(given, bool):
        return Expression(str(given).lower(), Number(float(given)))
    if isinstance(given, (int, float)):
        finite(given, None, "the number")
    return _expression(given) if isinstance(given, str) else Expression(str(given), parse(given))


@lru_cache(maxsize=4096)
def _expression(text: str) -> Expression:
    return Expression(text, parse(text))


def _checked(read: Callable[[Any], Any]) -> BeforeValidator:
    def inside(given: Any) -> Any:
        try:
            return read(given)
        except LivingDrugError as problem:
            raise Refused(problem) from None

    return BeforeValidator(inside)


def _one(fits: Callable[[Any], bool], words: str, made: Callable[[Any], Any] = lambda x: x) -> BeforeValidator:
    def inside(given: Any) -> Any:
        if not fits(given):
            raise Refused(ScenarioError(f"{short(given)} cannot stand here", allowed=words))
        return made(given)

    return BeforeValidator(inside)


def _number(x: Any) -> bool:
    return isinstance(x, (int, float)) and not isinstance(x, bool) and abs(x) <= sys.float_info.max


MOST_WHOLE = 2**63 - 1  # the largest that the compiled tables hold


def _whole(least: int) -> Callable[[Any], bool]:
    return lambda x: isinstance(x, int) and not isinstance(x, bool) and least <= x <= MOST_WHOLE


def _texts(x: Any) -> bool:
    return isinstance(x, (list, tuple)) and all(isinstance(y, str) and y for y in x)


def _numbers(x: Any) -> bool:
    return isinstance(x, (list, tuple)) and all(map(_number, x))


def _shares(x: Any) -> bool:
    return isinstance(x, (list, tuple)) and all(_numbers(y) and len(y) == 2 and y[0] >= 0 and y[1] > 0 for y in x)


def _quoted(unit: Any) -> str:
    """A unit that exists."""
    if not isinstance(unit, str) or not unit:
        raise ScenarioError(f"{short(unit)} is not a unit", mend='write it in quotes, as "1/day" ("1" for none)')
    from livingdrug.units import known

    return known(unit)


def _schema(kind: str, description: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": kind, "description": description, **more})


def _once(kind: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    """A list in which nothing stands twice: the second would change nothing. kind: of each."""

    def made(given: Any) -> tuple[Any, ...]:
        found = tuple(map(kind, given))
        seen: set[Any] = set()
        for x in found:
            if x in seen:
                raise Refused(ScenarioError(f"{short(x)} is in the list twice", mend="write it once"))
            seen.add(x)
        return found

    return made


def worded(words: Iterable[str], description: str = "one of these words") -> WithJsonSchema:
    """The JSON Schema of a text that is one of some words; what reads it refuses others."""
    return _schema("string", description, enum=list(words))


def _or_nought(kinds: list[str], description: str) -> WithJsonSchema:
    """Text (or a list) about time, or 0, which needs no unit."""
    least = {"string": "minLength", "array": "minItems"}
    said: list[dict[str, Any]] = [{"type": kind, least[kind]: 1} for kind in kinds]
    return WithJsonSchema({"anyOf": [*said, {"const": 0}], "description": description})


_TEXT, _LIST = {"type": "string", "minLength": 1}, "array"

Text = Annotated[
    str, _one(lambda x: isinstance(x, str) and bool(x), "a text"), _schema("string", "a text", minLength=1)
]
Texts = Annotated[
    tuple[str, ...],
    _one(_texts, "a list of texts", _once(str)),
    _schema(_LIST, "a list of texts, each once", items=_TEXT, uniqueItems=True),
]
Columns = Annotated[
    tuple[str, ...],
    _one(_texts, "a list of texts", tuple),
    _schema(_LIST, "a list of texts, one a column", items=_TEXT),
]
Names = Annotated[
    tuple[str, ...],
    _one(
        lambda x: _texts((x,) if isinstance(x, str) else x) and bool(x),
        "a text, or a list of texts",
        lambda x: (x,) if isinstance(x, str) else _once(str)(x),
    ),
    WithJsonSchema(
        {
            "anyOf": [_TEXT, {"type": _LIST, "items": _TEXT, "minItems": 1, "uniqueItems": True}],
            "description": "a text, or a list of texts",
        }
    ),
]
Real = Annotated[float, _one(_number, "a finite number", float), _schema("number", "a number")]
Day = Annotated[
    float,
    _one(lambda x: _number(x) and x >= 0, "a number, 0 or more", float),
    _schema("number", "0 or more", minimum=0),
]
Positive = Annotated[
    float,
    _one(lambda x: _number(x) and x > 0, "a number above 0", float),
    _schema("number", "above 0", exclusiveMinimum=0),
]
Reals = Annotated[
    tuple[float, ...],
    _one(_numbers, "a list of numbers", _once(float)),
    _schema(_LIST, "a list of numbers, each once", items={"type": "number"}, uniqueItems=True),
]
Whole = Annotated[
    int,
    _one(_whole(1), "a whole number above 0, below 2⁶³"),
    _schema("integer", "1 or more", minimum=1, maximum=MOST_WHOLE),
]
Count = Annotated[
    int,
    _one(_whole(0), "a whole number, 0 or more, below 2⁶³"),
    _schema("integer", "0 or more", minimum=0, maximum=MOST_WHOLE),
]
Truth = Annotated[bool, _one(lambda x: isinstance(x, bool), "true or false"), _schema("boolean", "true or false")]
Span = Annotated[
    tuple[float, float],
    _one(lambda x: _numbers(x) and len(x) == 2 and x[0] <= x[1], "two numbers, the lower first", tuple),
    _schema(_LIST, "two numbers, the lower first", items={"type": "number"}, minItems=2, maxItems=2),
]
Shares = Annotated[
    tuple[tuple[float, float], ...],
    _one(_shares, "a list of [day, share], both numbers, the share above 0", lambda x: tuple(map(tuple, x))),
    _schema(
        _LIST,
        "a list of [day, share of the dose]",
        items={"type": _LIST, "items": {"type": "number", "minimum": 0}, "minItems": 2, "maxItems": 2},
    ),
]
Asked = Annotated[
    Expression,
    _checked(expression),
    WithJsonSchema(
        {"type": ["string", "number", "boolean"], "minLength": 1, "description": "an expression, as crs.grade >= 2"}
    ),
]
Looked = Annotated[  # asked of something that is looked at: a number alone is the same in everybody
    Expression, _checked(expression), _schema("string", "an expression, as crs.grade >= 2", minLength=1)
]
Amount = Annotated[
    Expression,
    _checked(expression),
    WithJsonSchema({"type": ["string", "number"], "minLength": 1, "minimum": 0, "description": "as 8 mg/kg"}),
]
Ticks = Annotated[
    Clock,
    _checked(_clock.clock),
    _or_nought(["string", "array"], "a clock, as every 6 h for 28 d, or a list of days"),
]
Days = Annotated[
    Clock,
    _checked(lambda x: x if isinstance(x, Clock) else _clock.clock(x) if isinstance(x, str) else _clock.on_days(x)),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": _LIST, "items": {"type": "number"}, "minItems": 1, "uniqueItems": True},
                {"type": ["string", "number"], "minLength": 1},
            ],
            "description": "numbers of days from infusion, or a clock",
        }
    ),
]
Duration = Annotated[
    float, _checked(_clock.duration), _or_nought(["string"], "a length of time with its unit, as 6 h or 12 months")
]
Moment = Annotated[float, _checked(_clock.moment), _or_nought(["string"], "a time, as day -7 or month 6")]
Unit = Annotated[str, _checked(_quoted), _schema("string", "a unit, as 1/day; 1 for none", minLength=1)]


def _weight(given: Any) -> Any:
    """The weight of a body, as written."""
    from livingdrug.units import known, quantity

    number = re.match(r"[\s\d.eE+-]*", given)[0] if isinstance(given, str) else ""  # type: ignore[index]
    if not isinstance(given, str) or not given[len(number) :].strip():
        raise ScenarioError(f"{short(given)} is a weight without a unit", mend='write it as "20 g"')
    known(given[len(number) :].strip())
    if quantity(given, "kg") <= 0:
        raise ScenarioError(f"{short(given)} weighs nothing", mend='write it as "20 g"')
    return given


Weight = Annotated[str, _checked(_weight), _schema("string", "a weight with its unit, as 20 g", minLength=1)]


def _kind(given: Any) -> Any:
    """A kind of number."""
    if given not in KINDS:
        raise unknown("kind of number", str(given), KINDS)
    return given


Kind = Annotated[str, _checked(_kind), _schema("string", "what kind of number it is", enum=list(KINDS))]


# Measures of one family tell much the same, so each family has one score.
FAMILIES = ("response", "durability", "CRS", "neurotoxicity", "kinetics", "haematology", "manufacture")


def _family(given: Any) -> Any:
    """A family of measures."""
    if given not in FAMILIES:
        raise unknown("family of measures", str(given), FAMILIES)
    return given


Family = Annotated[str, _checked(_family), _schema("string", "with what it is scored", enum=list(FAMILIES))]


def _table(given: Any) -> Any:
    if not isinstance(given, Mapping):
        raise ScenarioError(f"{short(given)} is not a table", mend="write KEY = VALUE below a [header]")
    return given if isinstance(given, Located) else Located(given)


Table = Annotated[Located, _checked(_table), _schema("object", "a table")]


def choices(given: Any, place: str = "") -> dict[str, str]:
    """Role -> mechanism; `false` leaves a role empty. Dotted roles may be written as nested tables."""
    if not isinstance(given, Mapping):
        raise ScenarioError(f"{short(given)} is not a table", where=place, mend='write ROLE = "MECHANISM"')
    found: dict[str, str] = {}
    for role, stem in given.items():
        at = given.at(role) if isinstance(given, Located) else place
        if isinstance(stem, Mapping):
            found.update({f"{role}.{r}": s for r, s in choices(stem, at).items()})
        elif isinstance(stem, str) or stem is False:
            found[role] = stem or ""
        else:
            allowed = "a mechanism's name, or false to leave it empty"
            raise ScenarioError(f"the module for '{role}' is {short(stem)}", where=at, allowed=allowed)
    return found


_ROLE = {"anyOf": [{"type": "string"}, {"const": False}]}  # a mechanism, or none
Modules = Annotated[
    dict[str, str],
    _checked(choices),
    _schema(
        "object",
        "role = mechanism, or false to leave it empty; a dotted role may be a table",
        additionalProperties={"anyOf": [*_ROLE["anyOf"], {"type": "object", "additionalProperties": _ROLE}]},
    ),
]


def _sources(given: Any) -> dict[str, Source]:
    """The sources that a file defines, by the key it gives them."""
    if not isinstance(given, Mapping):
        raise ScenarioError(f"{short(given)} is not a table", mend="write [sources.KEY] with a title and a year")
    at = given.at if isinstance(given, Located) else lambda key: None
    return {key: x if isinstance(x, Source) else Source.read(key, x, at(key)) for key, x in given.items()}


_YEAR = {"type": "integer", "minimum": YEARS[0], "maximum": YEARS[1]}
SOURCE: dict[str, Any] = {
    "type": "object",
    "required": ["title"],
    "properties": {key: {**_TEXT, "pattern": r"\S"} for key in SOURCE_KEYS} | {"year": _YEAR, "pmid": True},
    "additionalProperties": False,
}
Sources = Annotated[
    dict[str, Source], _checked(_sources), _schema("object", "a source by its key", additionalProperties=SOURCE)
]
