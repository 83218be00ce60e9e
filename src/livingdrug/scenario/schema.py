"""What a scenario file may say, and what each word must look like. Everything else in it is a number of the model.

Parts of a trial (visits, endpoints, rules, ...) are only checked for misspelt words here: a word that no library file
of that kind uses, and that the part being changed does not have, is unknown. Care and trial check what the words mean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from livingdrug import library
from livingdrug.errors import ScenarioError, nearest, unknown

MOST_PATIENTS = 10_000_000
PARTS = {"product": "products", "population": "populations", "tumour": "tumours", "protocol": "protocols"}
OPEN = ("sources", "covariates", "modules", "tables", "set")  # tables whose keys are names that a file may choose


class Arm(BaseModel):
    """One arm: a name, and what is different in it."""

    model_config = ConfigDict(extra="allow", strict=True)
    name: Annotated[str, Field(min_length=1, max_length=80)]
    title: str = ""
    about: str = ""
    set: dict[str, Any] = {}


class Scenario(BaseModel):
    """The words of a scenario file that are not numbers of the model and not parts of a trial's design."""

    model_config = ConfigDict(extra="allow", strict=True)
    trial: str | None = None
    title: str = ""
    about: str = ""
    aliases: list[str] = []
    product: str | dict[str, Any] | None = None
    population: str | dict[str, Any] | None = None
    tumour: str | dict[str, Any] | None = None
    protocol: str | dict[str, Any] | None = None
    drugs: list[str] = []
    modules: dict[str, str | bool | dict[str, Any]] = {}
    arm: list[Arm] = []
    patients: Annotated[int, Field(ge=1, le=MOST_PATIENTS)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    set: dict[str, Any] = {}
    sources: dict[str, Any] = {}


WORDS = tuple(Scenario.model_fields)
TABLES = ("covariates", "modules", "tables", "sources")  # words of a part that are tables ...
LISTS = ("rule", "watch", "schedule", "correlated", "baseline")  # ... and lists of tables
_SAY = {
    "int_type": "a whole number is needed",
    "greater_than_equal": "too small",
    "less_than_equal": "too large",
    "less_than": "too large",
    "string_type": "a text is needed",
    "dict_type": "a table is needed",
    "list_type": "a list is needed",
    "missing": "this is missing",
    "string_too_short": "the text is empty",
    "string_too_long": "the text is too long",
}


def check(data: Mapping[str, Any], where: Callable[[str], str]) -> None:
    """Check the outer words of a scenario; ScenarioError at the place where a dotted path stands."""
    try:
        Scenario.model_validate(dict(data))
    except ValidationError as problem:
        first = problem.errors()[0]
        location = [str(x) for x in first["loc"] if x not in ("str", "bool") and "dict[" not in str(x)]
        dotted = ".".join(location)
        raise ScenarioError(
            f"'{dotted}' = {_short(first.get('input'))}: {_SAY.get(first['type'], first['msg'])}",
            where=where(dotted),
            allowed=_allowed(dotted, first),
            mend=_mend(dotted),
        ) from None
    seen: set[str] = set()
    for arm in data.get("arm", []):
        if arm["name"] in seen:
            raise ScenarioError(f"two arms are called '{arm['name']}'", where=where("arm"), mend="rename one")
        seen.add(arm["name"])


def _allowed(dotted: str, problem: Any) -> str | None:
    if dotted == "patients":
        return f"1 to {MOST_PATIENTS:,}"
    if dotted == "seed":
        return "0 or a positive whole number below 2^63"
    limits = problem.get("ctx") or {}
    return ", ".join(f"{k} {x}" for k, x in limits.items() if k in ("ge", "le", "gt", "lt", "max_length")) or None


def _mend(dotted: str) -> str | None:
    return {
        "patients": "write patients = 500",
        "seed": "write seed = 1",
        "arm": 'write [[arm]] with name = "..."',
        "trial": 'write trial = "NAME"',
    }.get(dotted)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def check_shapes(part: str, data: Mapping[str, Any], where: str) -> None:
    """Refuse a part in which a table or a list of tables is something else."""
    for word, value in data.items():
        if word in TABLES and not isinstance(value, Mapping):
            raise ScenarioError(f"'{part}.{word}' = {_short(value)} is not a table", where=where)
        if word in LISTS and not (isinstance(value, list) and all(isinstance(x, Mapping) for x in value)):
            raise ScenarioError(
                f"'{part}.{word}' = {_short(value)} is not a list of tables",
                where=where,
                mend=f"write [[{part}.{word}]]",
            )
        if word == "drugs" and not (isinstance(value, list) and all(isinstance(x, str) for x in value)):
            raise ScenarioError(f"'{part}.drugs' = {_short(value)} is not a list of names", where=where)


@cache
def vocabulary(kind: str) -> dict[str, frozenset[str]]:
    """Words that library files of a kind use, by the table they stand in (list places and chosen names as `*`)."""
    found: dict[str, set[str]] = {}
    for name in library.names(kind):
        for table, word in _words(library.find(kind, name).data, ""):
            found.setdefault(table, set()).add(word)
    return {table: frozenset(words) for table, words in found.items()}


def _words(data: Any, table: str) -> Iterator[tuple[str, str]]:
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield table, key
            yield from _words(value, _inside(table, key))
    elif isinstance(data, list):
        for item in data:
            yield from _words(item, f"{table}.*" if table else "*")


def _inside(table: str, key: str) -> str:
    key = "*" if table in OPEN else key
    return f"{table}.{key}" if table else key


def check_words(kind: str, changes: Any, of: Any, where: str, table: str = "", at: str = "") -> None:
    """Find a misspelt word in a change to a part: neither the part nor any library file of its kind uses it there.

    table: where we are in the vocabulary's words; at: where we are in the user's.
    """
    if _named(of) and isinstance(changes, Mapping):
        names = [x["name"] for x in of]
        for name in changes:
            if name not in names:
                raise unknown(f"name in {at}", name, names, where)
        changes = by_name(changes)
    if isinstance(changes, Mapping):
        known = set(of if isinstance(of, Mapping) else ()) | vocabulary(kind).get(table, frozenset())
        for key, value in changes.items():
            if table not in OPEN and key not in known and key != "remove":
                raise unknown(
                    f"word in the {kind.removesuffix('s')}",
                    f"{at}.{key}".strip("."),
                    [f"{at}.{k}".strip(".") for k in known],
                    where,
                )
            below = of.get(key, {}) if isinstance(of, Mapping) else {}
            if isinstance(of, Mapping) and key in of and not _alike(below, value):
                raise ScenarioError(
                    f"'{f'{at}.{key}'.strip('.')}' = {_short(value)} cannot stand here",
                    where=where,
                    allowed=f"something like {_short(below)}",
                )
            check_words(kind, value, below, where, _inside(table, key), f"{at}.{key}".strip("."))
    elif isinstance(changes, list):
        same = {x.get("name"): x for x in of if isinstance(x, Mapping)} if isinstance(of, list) else {}
        for item in changes:
            of_item = same.get(str(item.get("name")), {}) if isinstance(item, Mapping) else {}
            check_words(kind, item, of_item, where, f"{table}.*" if table else "*", at)


def _alike(below: Any, above: Any) -> bool:
    """Whether a value can stand where another stood: a table for a table, a number for a number."""
    if isinstance(below, Mapping):
        return isinstance(above, Mapping) or ("value" in below and isinstance(above, (int, float, str)))
    if isinstance(below, list) and below and isinstance(below[0], Mapping):
        return isinstance(above, Mapping) or (isinstance(above, list) and all(isinstance(x, Mapping) for x in above))
    if isinstance(below, list):  # a list of days may become a clock ("every 7 d")
        first = below[0] if below else 0
        return isinstance(above, str) or (isinstance(above, list) and all(_alike(first, x) for x in above))
    return isinstance(above, (int, float) if isinstance(below, (int, float)) else (str, int, float))


def merged(below: Any, above: Any) -> Any:
    """Two tables laid over each other: the upper wins; lists of named tables by name (`remove = true` drops one)."""
    if isinstance(below, Mapping) and isinstance(above, Mapping):
        return {**below, **{k: merged(below[k], x) if k in below else x for k, x in above.items()}}
    if _named(below) and isinstance(above, Mapping):
        above = by_name(above)
    if isinstance(below, Mapping) and "value" in below and isinstance(above, (int, float, str)):
        return _revalued(below, above)
    if _named(below) and _named(above):
        lower = {x["name"]: x for x in below}
        both = {**lower, **{x["name"]: merged(lower.get(x["name"], {}), x) for x in above}}
        return [x for x in both.values() if not x.get("remove")]
    return above


def _revalued(number: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """A sourced number of a part with the user's value in its place: unit kept, origin now the user."""
    kept = {k: x for k, x in number.items() if k not in ("source", "where", "kind", "why", "value")}
    if isinstance(value, str):
        from livingdrug.units import quantity

        value = quantity(value, str(number.get("unit", "1")))
    return {**kept, "value": value, "kind": "assumed", "why": "set by the user"}


def by_name(tables: Mapping[str, Any]) -> list[dict[str, Any]]:
    """`rule."NAME".word = x` as a list of named tables."""
    return [{"name": name, **(x if isinstance(x, Mapping) else {"value": x})} for name, x in tables.items()]


def _named(data: Any) -> bool:
    return (
        isinstance(data, list)
        and bool(data)
        and all(isinstance(x, Mapping) and isinstance(x.get("name"), str) for x in data)
    )


def split(dotted: str, where: str) -> list[str]:
    """The words of a dotted path; a word with spaces or dots stands in quotes."""
    found = re.findall(r'"([^"]*)"|\'([^\']*)\'|([^.]+)', dotted)
    words = [a or b or c.strip() for a, b, c in found]
    if not words or not all(words) or ".." in dotted or dotted.strip()[:1] == "." or dotted.strip()[-1:] == ".":
        raise ScenarioError(
            f"'{dotted}' is not a path",
            where=where,
            nearest=nearest(dotted, WORDS),
            allowed="words joined by dots, as kinetics.growth",
        )
    return words
