"""Why does this number have this value? Every layer that spoke, where it stands, and who had the last word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livingdrug.errors import unknown
from livingdrug.parameters import in_words
from livingdrug.scenario.resolved import Resolved
from livingdrug.spec.entry import Number, number, step
from livingdrug.spec.scenario import PARTS, split


@dataclass(frozen=True)
class Said:
    """What one layer said."""

    layer: str
    value: Any
    unit: str
    kind: str
    source: str
    place: str
    why: str
    variability: str = ""


@dataclass(frozen=True)
class Explanation:
    """All that was said of one path, lowest layer first; the last holds."""

    path: str
    about: str
    said: tuple[Said, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        rows = [{k: x for k, x in vars(s).items() if x not in ("", None)} for s in self.said]
        return {
            "path": self.path,
            "about": self.about,
            "value": self.said[-1].value,
            "unit": self.said[-1].unit,
            "layers": rows,
        }

    def __str__(self) -> str:
        lines = [f"{self.path}: {self.about}" if self.about else self.path]
        for i, s in enumerate(self.said):
            holds = "  <- holds" if i == len(self.said) - 1 else ""
            first, *more = _lines(s.value)
            lines.append(f"  {s.layer + ':':<12} {first} {s.unit}".rstrip() + holds)
            lines += [f"{'':15}{line}" for line in more]
            lines += [
                f"{'':15}{word}"
                for word in (
                    f"varies between patients: {s.variability}" if s.variability else "",
                    f"{s.kind}: {s.source}" if s.source else s.kind,
                    s.why,
                    s.place,
                )
                if word
            ]
        return "\n".join(lines)


def _lines(value: Any) -> list[str]:
    """A value in words; a table, or a list of tables, as a line for each of its rows."""
    if isinstance(value, Mapping) and value:
        return ["", *(f"{key}: {in_words(x)}" for key, x in value.items())]
    if isinstance(value, (list, tuple)) and any(isinstance(x, Mapping) for x in value):
        return ["", *(f"- {in_words(x).removeprefix('(').removesuffix(')')}" for x in value)]
    return [in_words(value)]


def explain(resolved: Resolved, path: str) -> Explanation:
    """Every layer's say on a number of the model, a covariate, a word of the protocol, or a module.

    ScenarioError with the nearest path for one that is none.

    >>> from livingdrug.scenario import explain, resolve
    >>> said = explain(resolve("eliana"), "tumour.kill").said
    >>> [layer.layer for layer in said]
    ['mechanism', 'product']
    """
    if path in resolved.stack:
        declared = resolved.model().declared[path]
        return Explanation(
            path,
            declared.doc,
            tuple(
                Said(
                    p.layer,
                    p.value,
                    p.unit,
                    p.kind,
                    _cited(p),
                    p.place,
                    p.why or "",
                    str(p.variability) if p.variability else "",
                )
                for p in resolved.layers(path)
            ),
        )
    words = split(path, "PATH")
    if words[0] == "modules" and ".".join(words[1:]) in resolved.modules:
        role = ".".join(words[1:])
        return Explanation(
            path,
            "the module in this role",
            _said(resolved, path) or (Said("library", resolved.modules[role], "", "", "", "", ""),),
        )
    if path in resolved.protocol.numbers:
        words = ["protocol", *words]
    if words[0] in resolved.covariates:
        words = ["population", "covariates", *words]
    if words[0] == "covariates":
        words = ["population", *words]
    value, found = _look_up(resolved, words)
    if not found:
        raise unknown("path", path, [*resolved.stack, *_addresses(resolved)], resolved.name)
    dotted = ".".join(words)
    said = _said(resolved, dotted)
    name = resolved.names.get(words[0])
    base = () if said and not name else (_library(resolved, words, value, name),)
    return Explanation(dotted, "", (*base, *said))


def _cited(p: Any) -> str:
    if p.reference:
        return f"{p.reference}" + (f"; {p.where}" if p.where else "")
    return p.source or ""


def _said(resolved: Resolved, dotted: str) -> tuple[Said, ...]:
    return tuple(Said(layer, value, "", "", "", place, "") for layer, value, place in resolved.origins.get(dotted, ()))


def _library(resolved: Resolved, words: list[str], value: Any, name: str | None) -> Said:
    from livingdrug import library

    kind = PARTS.get(words[0], "trials")
    file = library.find(kind, name, resolved.file.parent if resolved.file else None) if name else None
    if file is None:
        return Said("trial", value, "", "", "", resolved.name, "")
    path = ".".join(words[1:])
    said = number(file, path) or Number(path, value)
    return Said(words[0], said.value, said.unit, said.kind, said.source, file.where(path), said.why)


def _look_up(resolved: Resolved, words: list[str]) -> tuple[Any, bool]:
    trial = resolved.raw["trial"]
    at: Any = {**trial, **resolved.raw} if len(words) > 1 else trial
    for word in words:
        at, found = step(at, word)
        if not found:
            return None, False
    return at, True


def _addresses(resolved: Resolved) -> list[str]:
    return [
        *resolved.covariates,
        *(f"modules.{r}" for r in resolved.modules),
        *(f"{part}.{k}" for part in ("protocol", "product") for k in resolved.raw[part]),
        *resolved.raw["trial"],
    ]
