"""A list of names or of days says each once: a second would change nothing, or count twice what is there once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from livingdrug import library
from livingdrug.errors import LivingDrugError
from livingdrug.library.located import placed
from livingdrug.scenario import resolve
from livingdrug.spec.json_schema import FILES
from livingdrug.spec.typed import Typed, read
from thoroughness import some_of

MAY_REPEAT = {"units", "weights", "rows", "matrix", "low", "high", "range", "losses", "optimum"}  # one for each column


def lists(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every list of plain texts or numbers."""
    if isinstance(data, dict):
        for key, x in data.items():
            yield from lists(x, (*path, key))
    elif isinstance(data, list) and data and all(isinstance(x, (str, int, float)) for x in data):
        yield path
    elif isinstance(data, list):
        for i, x in enumerate(data):
            yield from lists(x, (*path, i))


def every() -> Iterator[Any]:
    """(kind of file, name, path of a list), one of each key of each kind."""
    seen = set()
    folders = {"tumour": "tumours", "costimulation": "costimulation", "manufacture": "manufacture"}
    for kind in FILES:
        folder = folders.get(kind, f"{kind}s")
        for name in library.names(folder) if folder in library.KINDS else ():
            data = library.find(folder, name).data
            for path in lists(data) if "like" not in data else ():  # the others are whole only with another
                key = (kind, *(x for x in path if isinstance(x, str)))
                if path[-1] not in MAY_REPEAT and len(key) < 4 and (key[0], key[-1]) not in seen:
                    seen.add((key[0], key[-1]))
                    yield pytest.param(kind, name, path, id="-".join(map(str, (kind, *path))))


def changed(data: Any, path: tuple[Any, ...], times: int) -> Any:
    """A copy in which the last thing of the list at a path stands so often."""
    if not path:
        return [*data[:-1], *[data[-1]] * times]
    rows = enumerate(data) if isinstance(data, list) else data.items()
    found = [(k, changed(x, path[1:], times) if k == path[0] else x) for k, x in rows]
    return [x for _, x in found] if isinstance(data, list) else dict(found)


def told(kind: type[Typed], data: Any) -> str:
    try:
        read(kind, placed(data, library.located.Place("mine.toml:1")))
    except LivingDrugError as problem:
        return str(problem)
    return ""


@pytest.mark.parametrize(("kind", "name", "path"), list(every()))
def test_what_stands_twice_in_a_list_of_a_file_is_refused(kind: str, name: str, path: tuple[Any, ...]) -> None:
    folder = kind if kind in library.KINDS else f"{kind}s"
    data = library.find(folder, name).data
    before, once, twice = (told(FILES[kind], x) for x in (data, changed(data, path, 1), changed(data, path, 2)))
    assert once == before == ""
    assert "twice" in twice and "once" in twice


@pytest.mark.parametrize(
    ("path", "value"),
    some_of([("samples.days", [3, 4, 5, 6, 7, 8, 9, 28, 90, 180, 365, 3]), ("also_graded", ["astct", "icans", "astct"]),
             ("course.shown", ["cytokines.il6", "cytokines.il6"]), ("visits.blood", [28, 365, 28.0]),
             ("drugs", ["anakinra", "anakinra"]), ("aliases", ["a", "a"])], one_in=1),
)  # fmt: skip
def test_what_stands_twice_in_a_users_list_is_refused(path: str, value: Any) -> None:
    with pytest.raises(LivingDrugError, match="twice") as caught:
        resolve("eliana", {path: value})
    assert "--set" in str(caught.value.where) and "once" in str(caught.value.mend)


def test_the_schema_says_so_too() -> None:
    schema = FILES["trial"].model_json_schema()
    assert schema["properties"]["drugs"]["uniqueItems"] and "Samples" in json.dumps(schema)
    assert schema["$defs"]["Samples"]["properties"]["days"]["uniqueItems"]
