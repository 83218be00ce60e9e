"""Every number a run used, with its kind and source; every source, once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from livingdrug.parameters import Source
from livingdrug.plot.ticks import number
from livingdrug.report.words import capital
from livingdrug.scenario import Resolved
from livingdrug.spec.population import Covariate
from livingdrug.units import of_unit


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
            _value(p.value, p.unit, str(p.variability) if p.variability else ""),
            p.kind,
            _origin(p.reference, p.where, p.why) + (f" [set by {p.layer}]" if p.layer in ("scenario", "--set") else ""),
        )
        for path, p in sorted(resolved.parameters.items())
    ]
    sources = resolved.population.sources
    for name, c in resolved.covariates.items():
        origin = _origin(sources.get(c.source or ""), c.where, c.why)
        found.append(Number(f"covariates.{name}", _value(c.value, c.unit, _distribution(c)), c.kind or "", origin))
    for path, x in resolved.protocol.numbers.items():
        if path not in resolved.parameters:
            origin = _origin(resolved.protocol.sources.get(x.source or ""), x.where, x.why)
            found.append(Number(path, _value(x.value, x.unit, ""), x.kind or "", origin))
    return found


def cited(resolved: Resolved) -> list[Source]:
    """Every source that a number, a rule or a published row of this run points to, once, by title."""
    parts = (resolved.trial, resolved.protocol, resolved.population, resolved.product, resolved.tumour)
    found = {source.title: source for part in parts if part is not None for source in part.sources.values()}
    found |= {p.reference.title: p.reference for p in resolved.parameters.values() if p.reference}
    return [found[title] for title in sorted(found, key=str.lower)]


def left_out(resolved: Resolved) -> list[tuple[str, str]]:
    """What each mechanism says it leaves out: (mechanism, words)."""
    told = []
    for role, module in resolved.model().modules.items():
        doc = " ".join((type(module).__doc__ or "").split())
        found = re.search(r"Leaves out:\s*(.+)$", doc)
        if found:
            told.append((capital(role.replace(".", " ").replace("_", " ")), found.group(1).strip()))
    return told


def _value(value: Any, unit: str, variability: str) -> str:
    if not isinstance(value, (int, float)):
        said = "by a table" if value is None else str(value)
    else:
        said = number(value)
    said += f" {of_unit(unit)}".rstrip()
    return said + (f"; varies: {variability}" if variability else "")


def _distribution(c: Covariate) -> str:
    ends = [f"{key} {x:g}" for key, x in (("sd", c.sd), ("low", c.low), ("high", c.high)) if x]
    return ", ".join([c.distribution, *ends])


def _origin(source: Source | None, where: str | None, why: str | None) -> str:
    cited = str(source) if source else ""
    return ". ".join(
        words for words in (cited + (f" ({where})" if where and cited else where or ""), why or "") if words
    )
