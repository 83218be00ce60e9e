"""An entry of the library as its own file says it: words, numbers with their origin, published rows.

What a run uses is read by the other files of this package, layers joined. This is the view of one file alone, for those
who ask what stands in it (`livingdrug show`) or which layer said what (`livingdrug explain`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from livingdrug.errors import unknown
from livingdrug.library import LibraryFile
from livingdrug.parameters import Variability, in_words, is_parameter

_APART = ("title", "about", "aliases", "sources")  # said by the entry itself
_UNTOLD = ("name", "measure", "why", "source", "where", "kind")  # of a row: its head and its origin


@dataclass(frozen=True)
class Number:
    """One number of an entry and where it is from. value: as written; variability: between patients, in words."""

    path: str
    value: Any
    unit: str = ""
    kind: str = ""
    variability: str = ""
    source: str = ""
    where: str = ""
    why: str = ""
    line: int | None = None

    @property
    def origin(self) -> str:
        """Source, place and reason in one line."""
        return _origin(self.source, self.where, self.why)

    def as_dict(self) -> dict[str, Any]:
        """JSON-able; what is not said is left out."""
        said = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: x for k, x in said.items() if x not in ("", None)}


@dataclass(frozen=True)
class Row:
    """A published row as one file says it: value and interval in words."""

    measure: str
    value: str
    interval: str
    n: str
    fitted: bool
    source: str


@dataclass(frozen=True)
class Entry:
    """What one file says. words: its sentences, one a line; rows: its published rows as written."""

    about: str
    words: tuple[str, ...]
    numbers: tuple[Number, ...]
    published: tuple[Row, ...]
    rows: tuple[Any, ...]


def entry(file: LibraryFile) -> Entry:
    """A file of the library as it stands. Raises SourceError or ScenarioError for a variability that is none.

    >>> from livingdrug import library
    >>> from livingdrug.spec.entry import entry
    >>> entry(library.find("mechanisms", "b_cells")).numbers[0].path
    'b_cells.start'
    """
    rows = file.data.get("published", [])
    return Entry(
        about=str(file.data.get("about", "")),
        words=tuple(line for key, value in file.data.items() if key not in _APART for line in _words(value, key)),
        numbers=tuple(_numbers(file, {k: x for k, x in file.data.items() if k != "sources"}, "")),
        published=tuple(_row(r) for r in rows if isinstance(r, Mapping)),
        rows=tuple(rows),
    )


def number(file: LibraryFile, path: str) -> Number | None:
    """The number or word at a path of a file (`covariates.age`, `rule.tocilizumab for CRS.amount`); None for none."""
    at: Any = file.data
    for word in path.split("."):
        at, found = step(at, word)
        if not found:
            return None
    if not isinstance(at, Mapping):
        return Number(path, at)
    return _number(path, {"value": at, **at})


def found(file: LibraryFile, path: str) -> Number:
    """The number or word at a path of a file; ScenarioError with the nearest word where there is none."""
    at: Any = file.data
    for word in path.split("."):
        inside, there = step(at, word)
        if not there:
            rows = {str(x.get("name", i)) if isinstance(x, Mapping) else str(i): x for i, x in enumerate(at)}
            known = at if isinstance(at, Mapping) else rows if isinstance(at, list) else {}
            raise unknown("key", word, map(str, known), where=f"{file.file}, {path}")
        at = inside
    read = number(file, path)
    assert read is not None
    return read


def step(at: Any, word: str) -> tuple[Any, bool]:
    """One word down, and whether there is such: a key of a table, or the table of that name (or place) in a list."""
    if isinstance(at, Mapping) and word in at:
        return at[word], True
    if isinstance(at, list):
        for i, item in enumerate(at):
            if str(i) == word or (isinstance(item, Mapping) and item.get("name") == word):
                return item, True
    return None, False


def _numbers(file: LibraryFile, data: Any, path: str) -> Iterator[Number]:
    """Every number below a path (a covariate counts as one)."""
    if is_parameter(data) or (isinstance(data, Mapping) and _distribution(data) and "unit" in data):
        varied = data.get("variability", data.get("spread"))
        words = str(Variability.read(varied, file.where(path))) if varied else _distribution(data)
        yield _number(path, data, words, file.line(path))
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from _numbers(file, value, f"{path}.{key}" if path else key)


def _number(path: str, data: Mapping[str, Any], variability: str = "", line: int | None = None) -> Number:
    unit, kind, source, where, why = (str(data.get(k, "")) for k in ("unit", "kind", "source", "where", "why"))
    return Number(path, data.get("value", ""), unit, kind, variability, source, where, why, line)


def _distribution(data: Mapping[str, Any]) -> str:
    """The distribution of a property of the patients; empty where there is none."""
    return str(data.get("distribution", data.get("law", "")))


def _row(row: Mapping[str, Any]) -> Row:
    both = "low" in row and "high" in row
    return Row(
        measure=str(row.get("measure", "")),
        value=f"{in_words(row.get('value', ''))} {row.get('unit', '')}".strip(),
        interval=f"{in_words(row['low'])} to {in_words(row['high'])}" if both else "",
        n=str(row.get("n", "")),
        fitted=bool(row.get("fitted")),
        source=str(row.get("source", "")),
    )


def _words(value: Any, path: str) -> Iterator[str]:
    """What is no number, one line each; rules and rows as their main words."""
    if is_parameter(value) or path == "published" or (isinstance(value, Mapping) and _distribution(value)):
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _words(inner, f"{path}.{key}")
    elif isinstance(value, list) and value and all(isinstance(x, Mapping) for x in value):
        for row in value:
            head = row.get("name", row.get("measure", ""))
            if head and "says" in row:
                yield f"{head}: {row['says']}  [{_origin(*(str(row.get(k, '')) for k in ('source', 'where', 'why')))}]"
                continue
            inside = ", ".join(f"{k} {in_words(x)}" for k, x in row.items() if k not in _UNTOLD)
            origin = _origin(*(str(row.get(k, "")) for k in ("source", "where", "why")))
            cited = f"  [{origin}]" if origin else ""
            yield f"{path}: {head}: {inside}{cited}" if head else f"{path}: {inside}{cited}"
    else:
        yield f"{path}: {in_words(value)}"


def _origin(*parts: str) -> str:
    return "; ".join(p for p in parts if p)
