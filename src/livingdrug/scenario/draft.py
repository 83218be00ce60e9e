"""A scenario while its layers are being laid on each other: which words, which modules, which numbers were changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from livingdrug.errors import ScenarioError, unknown
from livingdrug.library import Entry
from livingdrug.parameters import is_parameter
from livingdrug.scenario import schema

_MODIFIERS = ("value", "unit", "spread", "belief", "why", "kind")


@dataclass(frozen=True)
class Change:
    """One number that a user changes."""

    path: str
    data: Mapping[str, Any]
    layer: str
    place: str


@dataclass
class Draft:
    """A scenario while its layers are being laid on each other."""

    words: dict[str, Any] = field(default_factory=dict)  # trial-level words, merged
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)  # changes inside product, population, ...
    modules: dict[str, Any] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    origins: dict[str, list[tuple[str, Any, str]]] = field(default_factory=dict)
    beside: dict[str, Path | None] = field(default_factory=dict)  # folder of the file that named each part

    def copy(self) -> Draft:
        """A draft that an arm can change without touching the others."""
        return Draft(
            dict(self.words),
            dict(self.parts),
            dict(self.modules),
            list(self.changes),
            {k: list(x) for k, x in self.origins.items()},
            dict(self.beside),
        )

    def note(self, path: str, layer: str, value: Any, place: str) -> None:
        """Remember who said what of a word that is not a number of the model."""
        self.origins.setdefault(path, []).append((layer, value, place))

    def take(self, data: Mapping[str, Any], layer: str, entry: Entry, at: str) -> None:
        """Lay a file (or one arm of it, at `at`) on the draft."""
        for key, value in data.items():
            dotted = f"{at}.{key}".strip(".")
            place = entry.where(dotted)
            if key == "set":
                for path, given in leaves(value):
                    self.put(path, given, layer, entry.where(f"{dotted}.{path}"))
            elif key in schema.PARTS and isinstance(value, Mapping):
                words = {k: x for k, x in value.items() if not _of_role(key, k)}
                if words or not value:
                    self._part(key, words, layer, place, entry.path.parent)
                self._change(key, {k: x for k, x in value.items() if k not in words}, layer, entry, at)
            elif key in schema.PARTS:
                self._choose(key, value, layer, place, entry.path.parent)
            elif key == "modules":
                self._modules(value, layer, place)
            elif layer == "trial" or key in schema.WORDS or not isinstance(value, Mapping):
                self._word(key, value, layer, place)
            else:  # words of the trial, numbers of a role of the same name, or both
                known = self._words_of(key)
                if words := {k: x for k, x in value.items() if k in known}:
                    self._word(key, words, layer, place)
                self._change(key, {k: x for k, x in value.items() if k not in known}, layer, entry, at)

    def _modules(self, value: Mapping[str, Any], layer: str, place: str) -> None:
        """Which mechanism fills which role."""
        for role, stem in choices(value, place):
            self.modules[role] = stem
            self.note(f"modules.{role}", layer, stem, place)

    def _change(self, role: str, numbers: Mapping[str, Any], layer: str, entry: Entry, at: str) -> None:
        """Numbers of a role, written as a table."""
        for path, given in numbers_in(numbers, role):
            self.changes.append(Change(path, given, layer, entry.where(f"{at}.{path}".strip("."))))

    def _word(self, key: str, value: Any, layer: str, place: str) -> None:
        """A word of the trial's design, laid on what the layers below said."""
        if layer != "trial" and key not in schema.WORDS:
            if key not in self._words_of():
                raise unknown("word in the scenario", key, {*schema.WORDS, *self._words_of()}, place)
            schema.check_words("trials", {key: value}, self.words, place)
        self.words[key] = schema.merged(self.words[key], value) if key in self.words and key != "arm" else value
        self.note(key, layer, value, place)

    def _words_of(self, table: str = "") -> set[str]:
        """The words that the trial (or a table of it) has, here or in any library trial."""
        own = self.words.get(table) if table else self.words
        return {*(own if isinstance(own, Mapping) else ()), *schema.vocabulary("trials").get(table, ())}

    def _choose(self, part: str, name: Any, layer: str, place: str, folder: Path | None) -> None:
        """Another product, population, tumour or protocol: what was changed inside the one before is forgotten."""
        if not isinstance(name, str):
            raise ScenarioError(f"'{part}' = {name!r} is not a name", where=place, mend=f'write {part} = "NAME"')
        self.words[part], self.beside[part] = name, folder
        self.parts.pop(part, None)
        self.note(part, layer, name, place)

    def _part(self, part: str, value: Mapping[str, Any], layer: str, place: str, folder: Path | None) -> None:
        """Change something inside the product, population, tumour or protocol; `base` chooses another one first."""
        inside = {k: x for k, x in value.items() if k != "base"}
        if "base" in value:
            self._choose(part, value["base"], layer, place, folder)
        self.parts[part] = schema.merged(self.parts.get(part, {}), inside)
        for path, given in leaves(inside):
            self.note(f"{part}.{path}", layer, given, place)

    def put(self, dotted: str, value: Any, layer: str, place: str) -> None:
        """One dotted path = value, wherever it belongs."""
        words = schema.split(dotted, place)
        head, rest = words[0], words[1:]
        if head == "trial" and rest:
            head, rest = rest[0], rest[1:]
        if head == "arm":
            raise ScenarioError(
                "arms cannot be set by a path", where=place, mend="write [[arm]] tables in a scenario file"
            )
        if head == "covariates":
            head, rest = "population", ["covariates", *rest]
        if head == "modules" and rest:
            self._modules({".".join(rest): value}, layer, place)
        elif head in schema.PARTS and not rest:
            self._choose(head, value, layer, place, None)
        elif head in schema.PARTS and not _of_role(head, rest[0]):
            self._part(head, _nested(rest, value), layer, place, None)
        elif head not in schema.PARTS and (
            head in schema.WORDS or (head in self.words and (not rest or rest[0] in self._words_of(head)))
        ):
            word = _nested(rest, value)
            schema.check({head: word}, lambda _: place)
            self._word(head, word, layer, place)
        else:
            path, data = _number(words, value)
            self.changes.append(Change(path, data, layer, place))


def _of_role(part: str, word: str) -> bool:
    """Whether `part.word` means a number of the role that has the part's name: the tumour's cells, not its file."""
    return part == "tumour" and word not in ("base", "modules")


def _number(words: list[str], value: Any) -> tuple[str, Mapping[str, Any]]:
    """The model path and the parameter table meant by "kinetics.growth" or "kinetics.growth.spread.sd"."""
    for i, word in enumerate(words):
        if i and word in _MODIFIERS:
            return ".".join(words[:i]), _nested(words[i:], value)
    return ".".join(words), value if isinstance(value, Mapping) else {"value": value}


def _nested(words: list[str], value: Any) -> Any:
    """Path words as tables; a table chosen by name inside a list is merged by its name."""
    for word in reversed(words):
        value = {word: value}
    return value


def leaves(data: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted path and value of every leaf of nested tables (a parameter's own table is a leaf)."""
    for key, value in data.items():
        quoted = key if prefix or "." in key else (f'"{key}"' if " " in key else key)
        path = f"{prefix}.{quoted}" if prefix else quoted
        if isinstance(value, Mapping) and value and not is_parameter(value):
            yield from leaves(value, path)
        else:
            yield path, value


def numbers_in(data: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Model path and parameter table of every number in nested tables; plain numbers and texts count as values."""
    if is_parameter(data):
        yield prefix, data
        return
    for key, value in data.items():
        path = f"{prefix}.{key}"
        if isinstance(value, Mapping) and value:
            yield from numbers_in(value, path)
        else:  # an empty table is no number; whoever reads it says so
            yield path, value if isinstance(value, Mapping) else {"value": value}


def choices(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Role and stem of each choice; `false` leaves a role empty. Dotted roles may be written as nested tables."""
    for role, stem in value.items():
        if isinstance(stem, Mapping):
            yield from ((f"{role}.{r}", s) for r, s in choices(stem, place))
        elif isinstance(stem, str) or stem is False:
            yield role, stem or ""
        else:
            raise ScenarioError(
                f"the module for '{role}' is {stem!r}",
                where=place,
                allowed="a module's name, or false to leave the role empty",
            )
