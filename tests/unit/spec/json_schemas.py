"""A small checker of JSON Schema: the words that the project's own schemas use, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

KINDS = {
    "object": lambda x: isinstance(x, Mapping),
    "array": lambda x: isinstance(x, (list, tuple)),
    "string": lambda x: isinstance(x, str),
    "boolean": lambda x: isinstance(x, bool),
    "integer": lambda x: isinstance(x, int) and not isinstance(x, bool),
    "number": lambda x: isinstance(x, (int, float)) and not isinstance(x, bool),
    "null": lambda x: x is None,
}
TOLD = {
    "then",
    "title",
    "description",
    "default",
    "deprecated",
    "examples",
    "$schema",
    "$defs",
}  # say nothing of a value


def faults(schema: Any, data: Any, root: Mapping[str, Any] | None = None, path: str = "") -> Iterator[str]:
    """Where data are not as a schema says; AssertionError for a word of a schema that is not known here."""
    root = schema if root is None else root
    if schema is True or schema == {}:
        return
    if schema is False:
        yield f"{path} cannot stand here"
        return
    for word, said in schema.items():
        if word not in TOLD:
            yield from _WORDS[word](schema, said, data, root, path)


def _ref(schema: Any, said: str, data: Any, root: Any, path: str) -> Iterator[str]:
    yield from faults(root["$defs"][said.removeprefix("#/$defs/")], data, root, path)


def _kind(schema: Any, said: Any, data: Any, root: Any, path: str) -> Iterator[str]:
    kinds = [said] if isinstance(said, str) else said
    if not any(KINDS[kind](data) for kind in kinds):
        yield f"{path}: {data!r:.40} is no {' or '.join(kinds)}"


def _any(schema: Any, said: Any, data: Any, root: Any, path: str) -> Iterator[str]:
    tried = [list(faults(one, data, root, path)) for one in said]
    if all(tried):
        yield min(tried, key=len)[0]


def _then(schema: Any, said: Any, data: Any, root: Any, path: str) -> Iterator[str]:
    if not any(faults(said, data, root, path)):
        yield from faults(schema["then"], data, root, path)


def _not(schema: Any, said: Any, data: Any, root: Any, path: str) -> Iterator[str]:
    if not any(faults(said, data, root, path)):
        yield f"{path}: as it should not be"


def _properties(schema: Any, said: Any, data: Any, root: Any, path: str) -> Iterator[str]:
    for key, x in data.items() if isinstance(data, Mapping) else ():
        if key in said:
            yield from faults(said[key], x, root, f"{path}.{key}")


def _more(schema: Any, said: Any, data: Any, root: Any, path: str) -> Iterator[str]:
    for key, x in data.items() if isinstance(data, Mapping) else ():
        if key not in schema.get("properties", {}):
            if said is False:
                yield f"{path}: '{key}' is no key"
            else:
                yield from faults(said, x, root, f"{path}.{key}")


def _required(schema: Any, said: Any, data: Any, root: Any, path: str) -> Iterator[str]:
    for key in said if isinstance(data, Mapping) else ():
        if key not in data:
            yield f"{path}: '{key}' is missing"


def _items(schema: Any, said: Any, data: Any, root: Any, path: str) -> Iterator[str]:
    for i, x in enumerate(data) if isinstance(data, (list, tuple)) else ():
        yield from faults(said, x, root, f"{path}.{i}")


def _first_items(schema: Any, said: Any, data: Any, root: Any, path: str) -> Iterator[str]:
    for i, (one, x) in enumerate(zip(said, data)) if isinstance(data, (list, tuple)) else ():
        yield from faults(one, x, root, f"{path}.{i}")


def _pattern(schema: Any, said: Any, data: Any, root: Any, path: str) -> Iterator[str]:
    if isinstance(data, str) and not re.search(said, data):
        yield f"{path}: {data!r:.40} is not as {said}"


def _number(holds: Any) -> Any:
    def check(schema: Any, said: Any, data: Any, root: Any, path: str) -> Iterator[str]:
        if KINDS["number"](data) and not holds(data, said):
            yield f"{path}: {data!r:.40} beside {said}"

    return check


def _length(holds: Any, kind: str) -> Any:
    def check(schema: Any, said: Any, data: Any, root: Any, path: str) -> Iterator[str]:
        if KINDS[kind](data) and not holds(len(data), said):
            yield f"{path}: {len(data)} beside {said}"

    return check


def _unique(schema: Any, said: Any, data: Any, root: Any, path: str) -> Iterator[str]:
    if said and KINDS["array"](data) and any(x in data[:i] for i, x in enumerate(data)):
        yield f"{path}: something stands twice"


def _one_of(schema: Any, said: Any, data: Any, root: Any, path: str) -> Iterator[str]:
    if not any(data == x and isinstance(data, bool) == isinstance(x, bool) for x in said):
        yield f"{path}: {data!r:.40} is none of {said}"


def _constant(schema: Any, said: Any, data: Any, root: Any, path: str) -> Iterator[str]:
    if data != said or isinstance(data, bool) != isinstance(said, bool):
        yield f"{path}: {data!r:.40} is not {said}"


_WORDS = {
    "$ref": _ref,
    "type": _kind,
    "anyOf": _any,
    "properties": _properties,
    "additionalProperties": _more,
    "required": _required,
    "if": _then,
    "not": _not,
    "items": _items,
    "prefixItems": _first_items,
    "pattern": _pattern,
    "enum": _one_of,
    "const": _constant,
    "uniqueItems": _unique,
    "minimum": _number(lambda x, y: x >= y),
    "maximum": _number(lambda x, y: x <= y),
    "exclusiveMinimum": _number(lambda x, y: x > y),
    "exclusiveMaximum": _number(lambda x, y: x < y),
    "minLength": _length(lambda n, y: n >= y, "string"),
    "minItems": _length(lambda n, y: n >= y, "array"),
    "maxItems": _length(lambda n, y: n <= y, "array"),
    "minProperties": _length(lambda n, y: n >= y, "object"),
}
