"""Tables that remember where each key was written, so that every message can name the file and line at fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any

from livingdrug.errors import ScenarioError, nearest, unknown


class Place(str):
    """file:line of a word, or "--set". `ours`: in a library file of the package, not the user's."""

    ours: bool = False

    def __new__(cls, text: str, ours: bool = False) -> Place:
        place = super().__new__(cls, text)
        place.ours = ours
        return place

    def __reduce__(self) -> tuple[Any, ...]:
        return Place, (str(self), self.ours)


class Located(dict[str, Any]):
    """A table with the place of each key, and its own."""

    def __init__(self, data: Mapping[str, Any] = {}, places: Mapping[str, Place] = {}, place: Place = Place("")):  # noqa: B006, B008
        super().__init__(data)
        self.places, self.place = dict(places), place

    def at(self, key: str) -> Place:
        """Where a key was written; where the table was, if it is not there."""
        return self.places.get(key, self.place)

    def renamed(self, names: Mapping[str, str]) -> Located:
        """The same table with some keys by other names, each where it was written."""
        return Located(
            {names.get(key, key): x for key, x in self.items()},
            {names.get(key, key): x for key, x in self.places.items()},
            self.place,
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return Located, (dict(self), self.places, self.place)


def locate(data: Any, where: Callable[[str], Place], path: str = "") -> Any:
    """The data of a TOML file with every table located; `where` gives the place of a dotted path."""
    if isinstance(data, Mapping):
        inside = {key: f"{path}.{key}" if path else key for key in data}
        return Located(
            {key: locate(x, where, inside[key]) for key, x in data.items()},
            {key: where(inside[key]) for key in data},
            where(path),
        )
    if isinstance(data, list):
        return [locate(x, where, f"{path}.{i}") for i, x in enumerate(data)]
    return data


def placed(data: Any, place: Place) -> Any:
    """Data that was not read from a file (an option, a Python call): every table stands at one place."""
    return locate(data, lambda _: place)


def merged(below: Any, above: Any, where: str = "", what: str = "") -> Any:
    """Two tables laid over each other: the upper wins, lists of named tables by name.

    In a list of named tables `remove = true` drops one and `replace = true` forgets what it was. Rows without a name
    (published results, baseline rows) are added.
    """
    if isinstance(below, Mapping) and isinstance(above, Mapping):
        return _tables(below, above, where)
    if _named(below) and isinstance(above, Mapping):
        above = by_name(above)
        for row in above:
            if row["name"] not in [x["name"] for x in below]:
                raise unknown(f"name in {what}", row["name"], [x["name"] for x in below], row.place)
    if isinstance(below, Mapping) and "value" in below and isinstance(above, (int, float, str)):
        return _revalued(below, above)
    if _named(below) and _named(above):
        return _by_name(below, above, what)
    if _rows(below) and _rows(above):
        return _rows_added(below, above)
    return above


def _tables(below: Mapping[str, Any], above: Mapping[str, Any], where: str) -> Located:
    both = Located(below, getattr(below, "places", {}), getattr(below, "place", Place("")))
    for key, x in above.items():
        inside = f"{where}.{key}".strip(".")
        both[key] = merged(below[key], x, inside, inside) if key in below else fresh(x, inside)
        if isinstance(above, Located):
            both.places[key] = above.at(key)
    return both


def _by_name(below: list[Any], above: list[Any], what: str) -> list[Any]:
    known = {x["name"]: x for x in below}
    both = dict(known)
    for row in above:
        name = row["name"]
        if name not in known:
            both[name] = _new(row, known, what)
        elif row.get("remove") is True:
            del both[name]
        elif row.get("replace") is True:
            both[name] = _without(row, "replace")
        else:
            both[name] = merged(known[name], row, f"{what} '{name}'")
    return list(both.values())


def _new(row: Any, known: Iterable[str], what: str) -> Any:
    """A row of a name that was not there: refused where it looks like another's name, misspelt."""
    place = row.at("name") if isinstance(row, Located) else None
    if row.get("remove") is True or row.get("replace") is True:
        raise unknown(f"name in {what}" if what else "name", row["name"], known, place)
    close = mistakable(row["name"], known)
    if close and row.get("new") is not True:
        raise ScenarioError(
            f"'{row['name']}' is no name in {what}" if what else f"nothing is called '{row['name']}'",
            where=place,
            nearest=close,
            mend="to add one of its own beside it, write new = true in its table",
        )
    return _without(row, "new")


def fresh(data: Any, what: str) -> Any:
    """Something that lies on nothing: rows in it are new, whether they say so or not."""
    if not _rows(data):
        return data
    for row in data:
        if row.get("remove") is True and isinstance(row.get("name"), str):
            raise unknown(f"name in {what}", row["name"], (), row.at("name") if isinstance(row, Located) else None)
    return [_without(_without(row, "new"), "replace") for row in data if row.get("remove") is not True]


def mistakable(name: str, known: Iterable[str]) -> str | None:
    """The known name that a new one may be a misspelling of: almost the same letters."""

    def letters(word: str) -> str:
        return "".join(c for c in word.lower() if c.isalpha())

    plain = letters(name)
    digits = [c for c in name if c.isdigit()]
    # "arm 2" beside "arm 1" is meant; "Tocilizumab" beside "tocilizumab" is not.
    meant = {k for k in known if letters(k) == plain and [c for c in k if c.isdigit()] != digits}
    words = [k for k in known if k not in meant and abs(len(letters(k)) - len(plain)) <= 2]
    close = nearest(name, words)
    return close if close and SequenceMatcher(None, plain, letters(close)).ratio() >= 0.8 else None


def _rows_added(below: list[Any], above: list[Any]) -> list[Any]:
    """Rows without a name: added; `replace = true` first drops those of the same measure."""
    known = [str(row.get("measure")) for row in below]
    for row in above:
        if row.get("remove") is True and row.get("measure") not in known:
            place = row.at("measure") if isinstance(row, Located) else None
            raise unknown("published measure", str(row.get("measure")), known, place)
    gone = {row.get("measure") for row in above if row.get("replace") is True or row.get("remove") is True}
    kept = [row for row in below if row.get("measure") not in gone]
    return kept + [_without(row, "replace") for row in above if row.get("remove") is not True]


def _without(row: Mapping[str, Any], key: str) -> Any:
    if key not in row or not isinstance(row, Located):
        return row
    return Located({k: x for k, x in row.items() if k != key}, row.places, row.place)


def _revalued(number: Mapping[str, Any], value: Any) -> Any:
    """A sourced number with the user's value in its place: unit kept, origin now the user."""
    kept = {k: x for k, x in number.items() if k not in ("source", "where", "kind", "why", "value")}
    if isinstance(value, str) and value.strip()[:1] == "*" and isinstance(number["value"], (int, float)):
        from livingdrug.parameters import factor, finite

        value = finite(number["value"] * factor(value.strip()[1:], None), None)
    elif isinstance(value, str):
        from livingdrug.units import quantity

        value = quantity(value, str(number.get("unit", "1")))
    return Located(
        {**kept, "value": value, "kind": "assumed", "why": "set by the user"},
        getattr(number, "places", {}),
        getattr(number, "place", Place("")),
    )


def by_name(tables: Mapping[str, Any]) -> list[Any]:
    """`rule."NAME".word = x` as a list of named tables."""
    found = []
    for name, x in tables.items():
        place = tables.at(name) if isinstance(tables, Located) else Place("")
        row = x if isinstance(x, Mapping) else {"value": x}
        found.append(Located({"name": name, **row}, {**getattr(row, "places", {}), "name": place}, place))
    return found


def _rows(data: Any) -> bool:
    return isinstance(data, list) and bool(data) and all(isinstance(x, Mapping) for x in data)


def _named(data: Any) -> bool:
    return _rows(data) and all(isinstance(x.get("name"), str) for x in data)
