"""A scenario while its layers are being laid on each other: which words, which modules, which numbers were changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from livingdrug.errors import ScenarioError
from livingdrug.library import LibraryFile
from livingdrug.library.layers import merged
from livingdrug.library.located import Located, Place, mistakable, placed
from livingdrug.parameters import PARAMETER_KEYS, VARIES, is_parameter
from livingdrug.spec.fields import choices
from livingdrug.spec.scenario import PARTS, SCALES, outer, part_of, split, unknown_word
from livingdrug.spec.trial import Trial

T = TypeVar("T")
_MODIFIERS = (*PARAMETER_KEYS, *VARIES)


@dataclass(frozen=True)
class Override:
    """One number that a user changes."""

    path: str
    data: Mapping[str, Any]
    layer: str
    place: Place


@dataclass(frozen=True)
class Named:
    """A part that a layer chose by name; folder: of the file that named it."""

    name: str
    folder: Path | None
    place: Place


@dataclass
class Draft:
    """A scenario while its layers are being laid on each other.

    words: of the trial's design, merged; named: every name that was given for a part, the last holds; parts: changes
    inside product, population, ..., in their order; told: (layer, file, path) -> where it was said;
    made: of layers that copies share.
    """

    words: Located = field(default_factory=Located)
    named: dict[str, list[Named]] = field(default_factory=dict)
    parts: dict[str, list[Located]] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    changes: list[Override] = field(default_factory=list)
    origins: dict[str, list[tuple[str, Any, str]]] = field(default_factory=dict)
    told: dict[tuple[str, str, str], str] = field(default_factory=dict)
    made: dict[tuple[Any, ...], Any] = field(default_factory=dict, repr=False)

    def shared(self, what: str, of: Sequence[Any], make: Callable[[], T]) -> T:
        """What `make` makes of these layers, made once for this draft and its copies: arms share most of their layers,
        and those are the same objects."""
        key = (what, *map(id, of))
        if key not in self.made:
            self.made[key] = make(), of  # kept as well: an id is of one thing as long as that lives
        found: T = self.made[key][0]
        return found

    def copy(self) -> Draft:
        """A draft that an arm can change without touching the others."""
        return Draft(
            Located(self.words, self.words.places, self.words.place),
            {k: list(x) for k, x in self.named.items()},
            {k: list(x) for k, x in self.parts.items()},
            dict(self.modules),
            list(self.changes),
            {k: list(x) for k, x in self.origins.items()},
            dict(self.told),
            self.made,
        )

    def once(self, path: str, layer: str, place: str, value: Any = None) -> None:
        """ScenarioError for a word that one file, or the options of one command, say twice in two ways; value: a table
        of words, each of which is said once."""
        if layer == "trial":
            return
        if isinstance(value, Mapping):
            for key, x in value.items():
                at = value.at(key) if isinstance(value, Located) else place
                self.once(f"{path}.{key}".removesuffix(".value"), layer, at, x)
            return
        key = layer, place.rpartition(":")[0], path
        if key in self.told:
            before = self.told[key]
            other = f" (the other is at {before})" if before != place else ""
            raise ScenarioError(f"'{path}' is said twice", where=place, mend=f"keep one of them{other}")
        self.told[key] = place

    def note(self, path: str, layer: str, value: Any, place: str) -> None:
        """Remember who said what of a word that is not a number of the model."""
        self.origins.setdefault(path, []).append((layer, value, place))

    def take(self, data: Located, layer: str, entry: LibraryFile) -> None:
        """Lay a file, or one arm of it, on the draft."""
        folder = entry.path.parent
        for key, value in data.items():
            place = data.at(key)
            if key == "cohort" and isinstance(value, Mapping) and isinstance(value.get("file"), str):
                beside = Located({**value, "file": str(folder / value["file"])}, getattr(value, "places", {}), place)
                self._word(key, beside, layer, place)
            elif key in SCALES:
                self._word(key, _beside(value, folder), layer, place)
            elif key == "set":
                for path, given, at in sorted(leaves(value, place), key=chosen_first):
                    given = _beside(given, folder) if path in SCALES else given
                    self.put(path, str(folder / given) if path == "cohort.file" else given, layer, at)
            elif key in PARTS and isinstance(value, Mapping):
                self._inside(key, value, layer, place, folder)
            elif key in PARTS:
                self._choose(key, value, layer, place, folder)
            elif key == "modules":
                self._modules(value, layer, place)
            elif key == "covariates" and isinstance(value, Mapping):
                self._part("population", Located({key: value}, {key: place}, place), layer, place, folder)
            elif key == "like":
                said = "'like' means nothing here: only a file of the library is like another"
                raise ScenarioError(said, where=place, mend='write trial = "NAME", and what is to be changed in it')
            elif key in Trial.model_fields or key == "arm":
                self._word(key, value, layer, place)
            elif layer != "trial" and isinstance(value, Mapping):
                self._numbers(key, value, layer, place)
            else:
                raise unknown_word(key, place)

    def _inside(self, part: str, value: Mapping[str, Any], layer: str, place: Place, folder: Path | None) -> None:
        """A table of a part: its words, and for a part that is also a role, the role's numbers."""
        words = {k: x for k, x in value.items() if not _of_role(part, k)}
        if words or not value:
            places = getattr(value, "places", {})
            self._part(part, Located(words, places, place), layer, place, folder)
        self._numbers(part, {k: x for k, x in value.items() if k not in words}, layer, place)

    def _modules(self, value: Any, layer: str, place: Place) -> None:
        """Which mechanism fills which role."""
        for role, stem in choices(value, place).items():
            self.once(f"modules.{role}", layer, value.at(role) if isinstance(value, Located) else place)
            self.modules[role] = stem
            at = value.at(role) if isinstance(value, Located) and role in value else place
            self.note(f"modules.{role}", layer, stem, at)

    def _numbers(self, role: str, numbers: Mapping[str, Any], layer: str, place: Place) -> None:
        """Numbers of a role, written as a table."""
        for path, given, at in numbers_in(numbers, role, place):
            self.once(path, layer, at, given)
            self.changes.append(Override(path, given, layer, at))

    def _word(self, key: str, value: Any, layer: str, place: Place) -> None:
        """A word of the trial's design, laid on what the layers below said."""
        known = self.words.get(key, {}) if key == "visits" else {}
        for name in value if known and isinstance(value, Mapping) else ():
            if name not in known and (close := mistakable(name, known)):
                at = value.at(name) if isinstance(value, Located) else place
                raise ScenarioError(f"no list of visits is called '{name}'", where=at, nearest=close)
        self.once(key, layer, place, value)
        self.words = merged(self.words, Located({key: value}, {key: place}, place))
        self.note(key, layer, value, place)

    def _choose(self, part: str, name: Any, layer: str, place: Place, folder: Path | None) -> None:
        """Another product, population, tumour or protocol: what was changed inside the one before is forgotten."""
        if not isinstance(name, str):
            raise ScenarioError(f"'{part}' = {name!r} is not a name", where=place, mend=f'write {part} = "NAME"')
        self.once(part, layer, place)
        self.named.setdefault(part, []).append(Named(name, folder, place))
        self.parts.pop(part, None)
        self.note(part, layer, name, place)

    def _part(self, part: str, value: Located, layer: str, place: Place, folder: Path | None) -> None:
        """Override something inside the product, population, tumour or protocol; `base` chooses another one first."""
        if "like" in value:
            said = f"'{part}.like' means nothing here: only a file of its own is like another"
            raise ScenarioError(said, where=value.at("like"), mend=f'write {part} = "NAME", or change its words')
        if "base" in value:
            self._choose(part, value["base"], layer, value.at("base"), folder)
        inside = Located({k: x for k, x in value.items() if k != "base"}, value.places, value.place)
        self.parts.setdefault(part, []).append(inside)
        for path, given, at in leaves(inside, place):
            if isinstance(given, Mapping) and not given:
                said = f"'{part}.{path}' is an empty table"
                raise ScenarioError(said, where=at, mend="write what is to be changed in it, or leave it out")
            self.once(f"{part}.{path}".removesuffix(".value"), layer, at, given)
            self.note(f"{part}.{path}", layer, given, at)

    def put(self, dotted: str, value: Any, layer: str, place: Place) -> None:
        """One dotted path = value, wherever it belongs."""
        words = split(dotted, place)
        head, rest = words[0], words[1:]
        if head == "trial" and rest:
            head, rest = rest[0], rest[1:]
        if head == "set":
            said = f"'{dotted}': 'set' holds paths and is none itself"
            raise ScenarioError(said, where=place, mend=f'write "{".".join(rest) or "PATH"}" = ...')
        if head == "arm":
            said = "arms cannot be set by a path"
            raise ScenarioError(said, where=place, mend="write [[arm]] tables in a scenario file")
        if head == "covariates":
            head, rest = "population", ["covariates", *rest]
        if isinstance(value, Mapping) and not value and words[-1] not in VARIES:
            raise ScenarioError(f"'{dotted}' is an empty table", where=place, mend=f"write {dotted}.WORD = ...")
        if head == "modules" and rest:
            self._modules({".".join(rest): value}, layer, place)
        elif head in PARTS and not rest:
            self._choose(head, value, layer, place, None)
        elif head in PARTS and not _of_role(head, rest[0]):
            self._part(head, placed(_nested(rest, value), place), layer, place, None)
        elif head in Trial.model_fields and head not in PARTS:
            if head in ("trial", "like"):
                raise ScenarioError("another trial cannot be set by a path", where=place, mend="name it in the command")
            word = placed(_nested([head, *rest], value), place)
            outer(word)
            self._word(head, word[head], layer, place)
        elif not rest and (part := part_of(head)):
            said = f"'{head}' alone is no path: it is a word of the {part}"
            raise ScenarioError(
                said, place, nearest=f"{part}.{head}", mend=f"write the whole path: {part}.{head} = ..."
            )
        else:
            path, data = _number(words, value)
            self.once(path, layer, place, data)
            self.changes.append(Override(path, data, layer, place))


def chosen_first(change: tuple[Any, ...]) -> bool:
    """The order in which changes of one layer are laid: another product, ..., before what is changed inside it."""
    return change[0] not in PARTS


def _beside(name: Any, folder: Path) -> Any:
    """A scale's name, or several; a file is looked for beside the one that names it."""
    if isinstance(name, list):
        return [_beside(x, folder) for x in name]
    return str(folder / name) if isinstance(name, str) and name.endswith(".toml") else name


def _of_role(part: str, word: str) -> bool:
    """Whether `part.word` means a number of the role that has the part's name: the tumour's cells, not its file."""
    return part == "tumour" and word not in ("base", "modules", "title", "words", "shown", "like")


def _number(words: list[str], value: Any) -> tuple[str, Mapping[str, Any]]:
    """The model path and the parameter table meant by "kinetics.growth" or "kinetics.growth.variability.sd"."""
    for i, word in enumerate(words):
        if i > 1 and word in _MODIFIERS:  # a number is called by its role and its name at least
            return ".".join(words[:i]), _nested(words[i:], value)
    return ".".join(words), value if isinstance(value, Mapping) else {"value": value}


def _nested(words: list[str], value: Any) -> Any:
    """Path words as tables; a table chosen by name inside a list is merged by its name."""
    for word in reversed(words):
        value = {word: value}
    return value


def leaves(data: Any, place: Place, prefix: str = "") -> Iterator[tuple[str, Any, Place]]:
    """Dotted path, value and place of every leaf of nested tables (a parameter's own table is a leaf)."""
    for key, value in data.items():
        at = data.at(key) if isinstance(data, Located) else place
        quoted = key if prefix or "." in key else (f'"{key}"' if " " in key else key)
        path = f"{prefix}.{quoted}" if prefix else quoted
        if isinstance(value, Mapping) and value and not is_parameter(value):
            yield from leaves(value, at, path)
        else:
            yield path, value, at


def _about_one(data: Mapping[str, Any], path: str) -> bool:
    """Whether a table says of one number what only a number says, though not its value."""
    said = "." in path and bool(data) and set(data) <= set(PARAMETER_KEYS)
    return said and not any(isinstance(x, Mapping) for x in data.values())


def numbers_in(data: Mapping[str, Any], prefix: str, place: Place) -> Iterator[tuple[str, Mapping[str, Any], Place]]:
    """Model path, parameter table and place of every number in nested tables; plain numbers and texts are values."""
    if is_parameter(data) or _about_one(data, prefix):
        yield prefix, data, place
        return
    for key, value in data.items():
        path, at = f"{prefix}.{key}", data.at(key) if isinstance(data, Located) else place
        if not isinstance(value, Mapping):
            yield path, {"value": value}, at
        elif value:
            yield from numbers_in(value, path, at)
        else:
            raise ScenarioError(f"'{path}' is an empty table", where=at, mend="give a number, or a value and a unit")
