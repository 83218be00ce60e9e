"""The page on the JSON interface: what `/api/openapi.json` says, for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from livingdrug.web.pages._asked import declared
from livingdrug.web.paper import page

router = APIRouter(include_in_schema=False, dependencies=[Depends(declared)])
ORDER = ("virtual trials", "library", "trials in people")
FIRST = "/api/run"  # where everything begins
METHODS = ("get", "post", "delete")


@dataclass(frozen=True)
class Word:
    """A word of an address or body: its name, where it stands, kind, whether it must be given, and what it is."""

    name: str
    stands: str
    kind: str
    needed: bool
    about: str


@dataclass(frozen=True)
class Call:
    """One way to ask: method and path, what it does, its words, and a command that does it."""

    method: str
    path: str
    about: str
    words: tuple[Word, ...]
    example: str


@router.get("/api")
def api(request: Request) -> Response:
    """What programs may ask of this server."""
    address = str(request.base_url).rstrip("/")
    found = groups(request.app.openapi(), address)
    limits = request.app.state.settings.limits
    return page(request.scope, "api.html", made_of=address, title="Data for programs", groups=found, limits=limits)


def groups(described: Mapping[str, Any], address: str) -> dict[str, list[Call]]:
    """The calls of an OpenAPI description, by their tag; those without one stand last."""
    found: dict[str, list[Call]] = {tag: [] for tag in ORDER}
    for path, methods in sorted(described["paths"].items(), key=lambda item: item[0] != FIRST):
        for method in METHODS:
            if said := methods.get(method):
                tag = next(iter(said.get("tags", [])), "more")
                found.setdefault(tag, []).append(_call(method, path, said, described, address))
    return {tag: calls for tag, calls in found.items() if calls}


def _call(method: str, path: str, said: Mapping[str, Any], described: Mapping[str, Any], address: str) -> Call:
    body = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    words = [
        Word(p["name"], p["in"], _kind(p["schema"]), p.get("required", False), p.get("description", ""))
        for p in said.get("parameters", [])
    ]
    sent = dict(_fields(body, described)) if body else {}
    needed = _of(body, described).get("required", []) if body else []
    words += [Word(n, "body", _kind(_plain(s)), n in needed, s.get("description", "")) for n, s in sent.items()]
    return Call(
        method=method.upper(),
        path=path,
        about=" ".join(said.get("description", said.get("summary", "")).split()),
        words=tuple(words),
        example=_example(method, path, said.get("parameters", []), sent if body else None, address),
    )


def _example(
    method: str, path: str, parameters: list[Mapping[str, Any]], sent: Mapping[str, Any] | None, address: str
) -> str:
    """A command that asks just that."""
    asked = []
    for p in parameters:
        value = _shown(p) or _shown(p["schema"])
        if p["in"] == "path":
            path = path.replace(f"{{{p['name']}}}", str(value or p["name"].upper()))
        elif value is not None:
            asked.append(f"{p['name']}={value}")
    where = f"{address}{path}" + (f"?{'&'.join(asked)}" if asked else "")
    words = ["curl", *([f"-X {method.upper()}"] if method == "delete" or (method == "post" and sent is None) else [])]
    if sent is not None:
        body = {name: value for name, s in sent.items() if (value := _shown(s)) not in (None, [], {})}
        words.append(f"--json '{json.dumps(body)}'")
    return " ".join([*words, f"'{where}'" if asked else where])


def _shown(schema: Mapping[str, Any]) -> Any:
    """The first example of a word; None where it has none."""
    return next(iter(schema.get("examples", [])), None)


def _of(schema: Mapping[str, Any], described: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema, looked up where it is only named."""
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = described["components"]["schemas"][name] if name else schema
    return found


def _fields(schema: Mapping[str, Any], described: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from _of(schema, described).get("properties", {}).items()


def _plain(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a word may be, besides null."""
    some = [s for s in schema.get("anyOf", []) if s.get("type") != "null"]
    return some[0] if len(some) == 1 else schema


def _kind(schema: Mapping[str, Any]) -> str:
    """The kind of a word, in words."""
    kinds = {"string": "text", "integer": "whole number", "number": "number", "boolean": "yes or no", "array": "list"}
    kind = _plain(schema).get("type", "")
    return "table" if kind == "object" else kinds.get(kind, "any")
