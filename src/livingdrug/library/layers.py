"""Two tables laid over each other: word by word, and lists of named tables name by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from livingdrug.errors import ScenarioError, nearest, short, unknown
from livingdrug.library.located import Located, Place, mistakable

FLAGS = ("remove", "replace", "new")  # words about a named table; each can only be true


def merged(below: Any, above: Any, what: str = "", place: Place | None = None) -> Any:
    """Two layers as one: the upper wins, in lists of named tables name by name. what: their path; place: of the upper.

    In a list of named tables `remove = true` drops one and `replace = true` forgets what it was. Rows without a name
    (published results, baseline rows) are added. A text such as "* 2" is so many times the number below.
    """
    if isinstance(below, Mapping) and isinstance(above, Mapping):
        return _tables(below, above, what)
    if _named(below) and isinstance(above, Mapping):
        above = _by_name(above, below, what)
    if isinstance(below, Mapping) and "value" in below and isinstance(above, (int, float, str)):
        return _revalued(below, above, what, place)
    if is_number(below) and is_factor(above):
        return _times(below, above, place)
    if _rows(below) and above == []:
        said = f"{what} = [] drops nothing: rows are laid on those that are there"
        raise ScenarioError(said, where=place, mend=f"to drop one, write remove = true in a [[{what}]] of its name")
    if _rows(below) and any("name" in row for row in below):
        _with(below, "name", what)
    if _named(below) and _rows(above):
        return _names(below, _with(above, "name", what), what)
    if _rows(below) and _rows(above):
        return _rows_added(below, above, what)
    return above


def fresh(data: Any, what: str) -> Any:
    """Something that lies on nothing: rows in it are new, whether they say so or not."""
    if not _rows(data):
        return data
    for row in data:
        if _says(row, "remove") and isinstance(row.get("name"), str):
            raise unknown(f"name in {what}", row["name"], (), _at(row, "name"))
    return [_without(row, "new", "replace") for row in data if not _says(row, "remove")]


def is_number(x: Any) -> bool:
    """Whether this is a number: true and false are none."""
    return isinstance(x, (int, float)) and not isinstance(x, bool)


def is_factor(x: Any) -> bool:
    """Whether this is a text such as "* 2": so many times what it was."""
    return isinstance(x, str) and x.strip()[:1] == "*"


def _tables(below: Mapping[str, Any], above: Mapping[str, Any], what: str) -> Located:
    both = Located(below, getattr(below, "places", {}), getattr(below, "place", Place("")))
    for key, x in above.items():
        inside = f"{what}.{key}".strip(".")
        at = _at(above, key)
        if key in below and isinstance(x, Mapping) and not x:
            mend = "write what is to be changed in it, or leave it out"
            raise ScenarioError(f"'{inside}' is an empty table", where=at, mend=mend)
        both[key] = merged(below[key], x, inside, at) if key in below else fresh(x, inside)
        if at is not None:
            both.places[key] = at
    return both


def _names(below: list[Any], above: list[Any], what: str) -> list[Any]:
    known = {x["name"]: x for x in below}
    both = dict(known)
    said: set[str] = set()
    for row in above:
        name = row["name"]
        if name in said:
            mend = "write one table with all its words, or give one of them another name"
            raise ScenarioError(f"{what} '{name}' stands twice", where=_at(row, "name"), mend=mend)
        said.add(name)
        removed, replaced, new = (_says(row, flag) for flag in FLAGS)
        if name not in known:
            both[name] = _new(row, known, what)
        elif new:
            mend = "leave new out to change it, or write replace = true to forget what it was"
            raise ScenarioError(f"there is a {what} '{name}' already", where=_at(row, "new"), mend=mend)
        elif removed:
            del both[name]
        elif replaced:
            both[name] = _without(row, "replace")
        else:
            both[name] = merged(known[name], row, f"{what} '{name}'")
    return list(both.values())


def _with(rows: list[Any], word: str, what: str) -> list[Any]:
    """The same rows; ScenarioError for one without the word by which it is laid on another."""
    for row in rows:
        if isinstance(row.get(word), str):
            continue
        close = next((key for key in row if nearest(key, (word,))), None)
        said = f"unknown key of {what}: '{close}'" if close else f"a table of {what} has no {word}"
        at = _at(row, close) if close else getattr(row, "place", None)
        raise ScenarioError(said, where=at, nearest=word if close else None, mend=f'write {word} = "..." in it')
    return rows


def _new(row: Any, known: Iterable[str], what: str) -> Any:
    """A row of a name that was not there: refused where it looks like another's name, misspelt."""
    if _says(row, "remove") or _says(row, "replace"):
        raise unknown(f"name in {what}" if what else "name", row["name"], known, _at(row, "name"))
    close = mistakable(row["name"], known)
    if close and not _says(row, "new"):
        if wrong := next((key for key in row if nearest(key, ("new",))), None):
            raise ScenarioError(f"unknown key of {what}: '{wrong}'", where=_at(row, wrong), nearest="new")
        raise ScenarioError(
            f"'{row['name']}' is no name in {what}" if what else f"nothing is called '{row['name']}'",
            where=_at(row, "name"),
            nearest=close,
            mend="to add one of its own beside it, write new = true in its table",
        )
    return _without(row, "new")


def _rows_added(below: list[Any], above: list[Any], what: str) -> list[Any]:
    """Rows without a name: added; `replace = true` first drops those of the same measure."""
    known = [str(row.get("measure")) for row in below]
    for row in _with([row for row in above if not row.keys().isdisjoint(FLAGS)], "measure", what):
        if _says(row, "remove") and row["measure"] not in known:
            raise unknown("published measure", row["measure"], known, _at(row, "measure"))
    gone = {row.get("measure") for row in above if _says(row, "replace") or _says(row, "remove")}
    kept = [row for row in below if row.get("measure") not in gone]
    return kept + [_without(row, "replace") for row in above if not _says(row, "remove")]


def _by_name(tables: Mapping[str, Any], below: list[Any], what: str) -> list[Any]:
    """`rule."NAME".word = x` as a list of named tables, each of a name that is there."""
    known = {row["name"]: row for row in below}
    found = []
    for name, x in tables.items():
        place = _at(tables, name) or Place("")
        if name not in known:
            raise unknown(f"name in {what}", name, known, place)
        if not isinstance(x, Mapping) and "value" not in known[name]:
            said = f"'{name}' of {what} is a table, not {short(x)}"
            mend = f'write a word of it, as {what}."{name}".{next(k for k in known[name] if k != "name")} = ...'
            raise ScenarioError(said, where=place, allowed=[k for k in known[name] if k != "name"], mend=mend)
        row = x if isinstance(x, Mapping) else {"value": x}
        if not row or row.get("name", name) != name:
            said = f"'{name}' of {what} " + ("is an empty table" if not row else "cannot be given another name")
            raise ScenarioError(said, where=place, mend=f"change its words; a name of its own needs a [[{what}]]")
        found.append(Located({"name": name, **row}, {**getattr(row, "places", {}), "name": place}, place))
    return found


def _revalued(number: Mapping[str, Any], value: Any, what: str, place: Place | None) -> Any:
    """A sourced number with the user's value in its place: unit kept, origin now the user."""
    kept = {k: x for k, x in number.items() if k not in ("source", "where", "kind", "why", "value")}
    if is_factor(value) and is_number(number["value"]):
        value = _times(number["value"], value, place)
    elif isinstance(value, str):
        from livingdrug.units import quantity

        value = quantity(value, str(number.get("unit", "1")), f"{what} ({place})" if what and place else place)
    at = place if place is not None else Place(getattr(number, "place", ""))
    places = {**getattr(number, "places", {}), **({"value": place} if place else {})}
    return Located({**kept, "value": value, "kind": "assumed", "why": "set by the user"}, places, at)


def _times(number: float, text: str, place: Place | None) -> float:
    """So many times a number; a whole one stays whole."""
    from livingdrug.parameters import factor, finite

    found = finite(number * factor(text.strip()[1:], place), place)
    return int(found) if isinstance(number, int) and found.is_integer() else found


def _says(row: Mapping[str, Any], flag: str) -> bool:
    """Whether a table says `remove = true`, `replace = true` or `new = true`; any other value means nothing."""
    if flag in row and row[flag] is not True:
        said = f"{flag} = {short(row[flag])} means nothing"
        raise ScenarioError(said, where=_at(row, flag), mend=f"write {flag} = true, or leave it out")
    return flag in row


def _at(table: Any, key: str) -> Place | None:
    return table.at(key) if isinstance(table, Located) else None


def _without(row: Mapping[str, Any], *keys: str) -> Any:
    if not isinstance(row, Located) or row.keys().isdisjoint(keys):
        return row
    return Located({k: x for k, x in row.items() if k not in keys}, row.places, row.place)


def _rows(data: Any) -> bool:
    return isinstance(data, list) and bool(data) and all(isinstance(x, Mapping) for x in data)


def _named(data: Any) -> bool:
    return _rows(data) and all(isinstance(x.get("name"), str) for x in data)
