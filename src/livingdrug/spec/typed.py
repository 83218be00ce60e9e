"""The one validator: a located table becomes a frozen typed object, or one message with the file and line at fault."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, ClassVar, Self, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, PrivateAttr, ValidationError, model_validator

from livingdrug.errors import LivingDrugError, ScenarioError, a, nearest, short, unknown
from livingdrug.library import LibraryFile
from livingdrug.library.layers import FLAGS
from livingdrug.library.located import Located, Place

NOWHERE = Place("")


class Refused(ValueError):
    """A message on its way through pydantic."""

    def __init__(self, problem: LivingDrugError) -> None:
        super().__init__(problem.what)
        self.problem = problem


class Typed(BaseModel):
    """A table of a library or scenario file. Frozen; every key known; remembers where each was written."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True)
    called: ClassVar[str] = "table"  # what a message calls it
    renamed: ClassVar[Mapping[str, str]] = {}  # earlier key -> key, accepted with a warning for one release
    _places: dict[str, Place] = PrivateAttr(default_factory=dict)
    _place: Place = PrivateAttr(default_factory=lambda: NOWHERE)

    def place(self, key: str = "") -> Place:
        """file:line of a key, or of the table."""
        return self._places.get(key, self._place)

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(data, cls):
            return data
        place = data.place if isinstance(data, Located) else Place("")
        if not isinstance(data, Mapping):
            raise Refused(ScenarioError(f"{short(data)} is not a table", mend=f"{a(cls.called)} is a table of keys"))
        data = cls._current(data)
        keys = _keys(cls)
        for key in data:
            if key not in keys:
                raise Refused(cls.unknown(str(key), data.at(key) if isinstance(data, Located) else None))
        for key in _needed(cls):
            if key not in data:
                other = ", or name one that is there, to change it" if "name" in keys and key != "name" else ""
                said, mend = f"{a(cls.called)} needs '{key}'", f"add {key} = ...{other}"
                raise Refused(ScenarioError(said, where=place, mend=mend))
        cls._listed(data)
        try:
            found = handler(data)
        except ValidationError as problem:  # here the table is at hand, with its places
            raise Refused(_message(problem, data)) from None
        object.__setattr__(found, "_places", _placed(data))
        object.__setattr__(found, "_place", place)
        try:
            found.consistent()
        except LivingDrugError as problem:
            raise Refused(problem) from None
        return found

    @classmethod
    def unknown(cls, key: str, place: str | None) -> LivingDrugError:
        """The error for a key that this table does not have; near an earlier key, today's is named."""
        keys = _keys(cls) - {"numbers"}  # gathered, never written
        flags = FLAGS if keys & {"name", "measure"} else ()  # words about a row that is laid on another
        close = nearest(key, {*keys, *cls.renamed, *flags})
        found = unknown(f"key of {a(cls.called)}", key, keys, place or None)
        return ScenarioError(found.what, found.where, found.allowed, cls.renamed.get(close or "", close))

    @classmethod
    def _listed(cls, data: Mapping[str, Any]) -> None:
        """Refuse anything but a list where rows are wanted."""
        for name in _rows(cls):
            if name in data and not isinstance(data[name], (list, tuple)):
                at = data.at(name) if isinstance(data, Located) else None
                said = f"{name} = {short(data[name])} is not a list of tables"
                raise Refused(ScenarioError(said, where=at or None, mend=f"write [[{name}]] above each table"))

    @classmethod
    def _current(cls, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """The table by today's keys."""
        old = [key for key in data if key in cls.renamed]
        if not old:
            return data
        at = data.at(old[0]) if isinstance(data, Located) else ""
        now = cls.renamed[old[0]]
        warnings.warn(f"{at}: '{old[0]}' of {a(cls.called)} is now '{now}'", FutureWarning, stacklevel=2)
        twice = [key for key in old if cls.renamed[key] in data]
        if (
            twice
            and isinstance(data, Located)
            and file_of(data.at(twice[0])) == file_of(data.at(cls.renamed[twice[0]]))
        ):
            said = f"'{twice[0]}' and '{cls.renamed[twice[0]]}' are the same key"
            raise Refused(ScenarioError(said, where=data.at(twice[0]), mend=f"keep '{cls.renamed[twice[0]]}'"))
        names = {key: cls.renamed.get(key, key) for key in data}
        places = getattr(data, "places", {})
        return Located(
            {names[key]: x for key, x in data.items()},
            {names.get(key, key): x for key, x in places.items()},
            getattr(data, "place", Place("")),
        )

    def said(self) -> dict[str, Any]:
        """What the table says, by its keys; what it leaves out is not there."""
        return {
            field.alias or name: x.said() if isinstance(x := getattr(self, name), Typed) else x
            for name, field in type(self).model_fields.items()
            if name in self.model_fields_set
        }

    def laid_on(self, below: Self | None) -> Self:
        """What both tables say, this one where both do."""
        return self if below is None else below.model_copy(update={k: getattr(self, k) for k in self.model_fields_set})

    def consistent(self) -> None:
        """What must hold between the keys; LivingDrugError otherwise."""

    def __deepcopy__(self, memo: Any = None) -> Self:
        return self  # frozen


@cache
def _keys(kind: type[Typed]) -> frozenset[str]:
    """The keys of a table as they are written."""
    return frozenset(field.alias or name for name, field in kind.model_fields.items())


@cache
def _needed(kind: type[Typed]) -> tuple[str, ...]:
    """The keys that must be there."""
    return tuple(field.alias or name for name, field in kind.model_fields.items() if field.is_required())


@cache
def _rows(kind: type[Typed]) -> tuple[str, ...]:
    """The fields that hold a list of tables."""

    def typed(row: Any) -> bool:
        return isinstance(row, type) and issubclass(row, Typed)

    fields = ((name, field.annotation) for name, field in kind.model_fields.items())
    return tuple(name for name, x in fields if get_origin(x) is tuple and typed(next(iter(get_args(x)), None)))


Kind = TypeVar("Kind", bound=Typed)


def read(kind: type[Kind], data: Any) -> Kind:
    """The typed object that a located table describes; LivingDrugError with file:line for the first thing wrong."""
    try:
        return kind.model_validate(data)
    except ValidationError as problem:
        raise _message(problem, data) from None


def of_file(kind: type[Kind], entry: LibraryFile) -> Kind:
    """What a library file describes; the package's own files are read once (no older key in them warns)."""
    return _of_ours(kind, entry) if entry.ours else read(kind, entry.table)


@lru_cache(maxsize=512)
def _of_ours(kind: type[Kind], entry: LibraryFile) -> Kind:
    return read(kind, entry.table)


def _message(problem: ValidationError, data: Any) -> LivingDrugError:
    """The first thing that is wrong, as one message."""
    first = problem.errors(include_url=False)[0]
    refused = first.get("ctx", {}).get("error")
    place, label = _walk(data, first["loc"])
    if isinstance(refused, Refused):
        said = refused.problem
        what = said.what if _mentions(said.what, label) else f"{label}: {said.what}"
        return said.but(what=what, where=said.where or place or None)
    wanted = _WANTED.get(first["type"].partition("_")[0], "another kind of value")
    return ScenarioError(f"{label} = {short(first.get('input'))} is not {wanted}", where=place or None, allowed=wanted)


_WANTED = {
    "tuple": "a list", "dict": "a table", "string": "a text", "float": "a number", "finite": "a finite number",
    "int": "a whole number", "bool": "true or false",
}  # fmt: skip


def _mentions(what: str, label: str) -> bool:
    """Whether a message says of itself what it is about; of a table that lacks a key, its name is not yet told."""
    if what.startswith(("a ", "an ")) and " needs '" in what and label:
        return False
    name = label.rpartition(" ")[2].strip("'")
    return not label or what.startswith(("a ", "an ", "unknown")) or f"'{name}'" in what or what.startswith(f"{name} =")


def _walk(data: Any, path: tuple[Any, ...]) -> tuple[str, str]:
    """The place of what a path leads to, and how a person would call it ("rule 'tocilizumab', check")."""
    place: str = getattr(data, "place", "")
    label: list[str] = []
    for word in path:
        if isinstance(data, Mapping) and word in data:
            place = data.at(word) if isinstance(data, Located) else place
            data = data[word]
            if word != "numbers":  # gathered from the tables of a file
                label.append(str(word))
        elif isinstance(data, list) and isinstance(word, int) and word < len(data):
            data = data[word]
            if isinstance(data, Mapping):
                place = getattr(data, "place", place)
                name = data.get("name", data.get("measure"))
                label[-1:] = [f"{label[-1] if label else 'row'} {name!r}" if isinstance(name, str) else f"{word + 1}"]
        else:
            break
    return place, ", ".join(label)


def _placed(data: Mapping[str, Any]) -> dict[str, Place]:
    """The place of each key, and of each key of a table inside (`visits.response`)."""
    if not isinstance(data, Located):
        return {}
    inner = {f"{k}.{name}": x.at(name) for k, x in data.items() if isinstance(x, Located) for name in x}
    return {**inner, **data.places}


def file_of(place: str) -> str:
    """The file of a file:line."""
    return place.rpartition(":")[0]
