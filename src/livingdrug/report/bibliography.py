"""Every number a run used, with its kind and source; every source, once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from livingdrug.parameters import Source
from livingdrug.plot.ticks import number
from livingdrug.report.words import capital, of_unit
from livingdrug.scenario import Resolved

PARTS = ("trial", "protocol", "population", "product", "tumour")


@dataclass(frozen=True)
class Number:
    """One number as a reader sees it."""

    path: str
    value: str
    kind: str
    source: str


def numbers(resolved: Resolved) -> list[Number]:
    """The model's parameters, then what the population and the protocol add, by path."""
    found = [
        Number(
            path,
            _value(p.value, p.unit, str(p.spread) if p.spread else ""),
            p.kind,
            _origin(p.reference, p.where, p.why) + (f" [set by {p.layer}]" if p.layer in ("scenario", "--set") else ""),
        )
        for path, p in sorted(resolved.parameters.items())
    ]
    for part in ("population", "protocol"):
        known = sources(getattr(resolved, part))
        for path, table in _tables(getattr(resolved, part)):
            if path.split(".")[0] in resolved.modules or path in resolved.parameters:
                continue
            origin = _origin(known.get(str(table.get("source"))), table.get("where"), table.get("why"))
            value = _value(table.get("value"), str(table.get("unit", "")), _spread(table))
            found.append(Number(path, value, str(table.get("kind", "")), origin))
    return found


def cited(resolved: Resolved) -> list[Source]:
    """Every source that a number, a rule or a published row of this run points to, once, by title."""
    found = {source.title: source for part in PARTS for source in sources(getattr(resolved, part)).values()}
    found |= {p.reference.title: p.reference for p in resolved.parameters.values() if p.reference}
    return [found[title] for title in sorted(found, key=str.lower)]


def sources(part: Mapping[str, Any]) -> dict[str, Source]:
    """The sources that one part (trial, protocol, population, ...) defines, by key."""
    listed = part.get("sources", {})
    return {key: data if isinstance(data, Source) else Source.read(key, data) for key, data in listed.items()}


def left_out(resolved: Resolved) -> list[tuple[str, str]]:
    """What each mechanism says it leaves out: (mechanism, words)."""
    told = []
    for role, module in resolved.model().modules.items():
        doc = " ".join((type(module).__doc__ or "").split())
        found = re.search(r"Leaves out:\s*(.+)$", doc)
        if found:
            told.append((capital(role.replace(".", " ").replace("_", " ")), found.group(1).strip()))
    return told


def _tables(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Tables that carry a kind of provenance and are no lists of rules, with their dotted path."""
    for key, table in data.items():
        if isinstance(table, Mapping) and key not in ("sources", "tables", "modules"):
            path = f"{prefix}.{key}".strip(".")
            if "kind" in table:
                yield path, table
            else:
                yield from _tables(table, path)


def _value(value: Any, unit: str, spread: str) -> str:
    if not isinstance(value, (int, float)):
        said = "by a table" if value is None else str(value)
    else:
        said = number(value)
    said += f" {of_unit(unit)}".rstrip()
    return said + (f"; varies: {spread}" if spread else "")


def _spread(table: Mapping[str, Any]) -> str:
    words = [str(table[k]) for k in ("law",) if k in table] + [
        f"{k} {table[k]:g}" for k in ("sd", "low", "high") if k in table
    ]
    return ", ".join(words)


def _origin(source: Source | None, where: str | None, why: str | None) -> str:
    cited = str(source) if source else ""
    return ". ".join(
        words for words in (cited + (f" ({where})" if where and cited else where or ""), why or "") if words
    )
