"""What the file of a published model may say (`library/models/NAME.toml`), read once into frozen, typed tables.

Numbers stay tables of their own kind: `parameters.read_parameter` reads them. Every fault is a ScenarioError with the
file and line, what is allowed there, and the nearest known key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from livingdrug.errors import LivingDrugError, ScenarioError, unknown
from livingdrug.library import LibraryFile

ROLES = "(roles)"  # where the tables of the model's roles are kept while a file is checked
COMPARED = {"blood": "cell/uL", "transgene": "copy/ug", "cells": "cell", "tumour_left": "1"}  # observation -> unit

Number = dict[str, Any]  # a table that `read_parameter` reads: value, unit, kind, source, where, why, variability
Text = Annotated[str, Field(min_length=1)]
Day = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Share = tuple[Day, Positive]
Rows = Field(default=(), strict=False)  # a TOML list becomes a tuple; what is in it stays strict


class Table(BaseModel):
    """A table of the file: nothing may be added to it, nothing changed in it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Observation(Table):
    """Something that can be looked at: its path in the model, its unit, and what it is in words."""

    path: Text
    unit: Text
    of: Text


class Also(Table):
    """Something else that the study gave: which entry, on which day, how much."""

    into: Text
    day: Day
    amount: Number


class Dosing(Table):
    """What is given. One of three: `into` an entry of the model, as a `parameter`, or `absent` and why.

    usual: the paper's dose; shares: (day, share of the dose); also: what else was given.
    """

    into: Text | None = None
    parameter: Text | None = None
    absent: Text | None = None
    unit: Text | None = None
    usual: Number | None = None
    shares: Annotated[tuple[Annotated[Share, Field(strict=False)], ...], Field(strict=False)] = ((0.0, 1.0),)
    also: tuple[Also, ...] = Rows

    @model_validator(mode="after")
    def _one_way(self) -> Dosing:
        _one_of(self, "into", "parameter", "absent")
        if self.absent is None and self.unit is None:
            raise PydanticCustomError("shape", "a dose needs its unit")
        if self.into is not None and self.usual is None:
            raise PydanticCustomError("shape", "a dose into an entry needs the usual one")
        return self


class Conditioning(Table):
    """What conditioning changes: a `parameter` of the model, in words (`says`); or `absent` and why."""

    parameter: Text | None = None
    unit: Text | None = None
    says: Text | None = None
    absent: Text | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Conditioning:
        _one_of(self, "parameter", "absent")
        if self.parameter is not None and (self.unit is None or self.says is None):
            raise PydanticCustomError("shape", "conditioning by a parameter needs unit and says")
        return self


class Variant(Table):
    """A variant: the numbers that differ (role -> name -> number), and what else does.

    group: runs the whole parameter sets whose names begin with this word.
    """

    title: Text
    days: Positive | None = None
    dose: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    into: Text | None = None
    shares: Annotated[tuple[Annotated[Share, Field(strict=False)], ...] | None, Field(strict=False)] = None
    also: Annotated[tuple[Also, ...] | None, Field(strict=False)] = None
    group: Text | None = None
    numbers: dict[str, dict[str, Number]] = Field(default={}, alias="(roles)")


class Figure(Table):
    """A figure that the paper states, as a measure of a course."""

    measure: Text
    unit: Text
    value: float
    source: Text
    where: Text


class Data(Table):
    """Observations that came with the paper: rows of (day, value, low, high)."""

    title: Text
    of: Text
    unit: Text
    source: Text
    where: Text
    rows: Annotated[
        tuple[Annotated[tuple[float, Positive, float, float], Field(strict=False)], ...],
        Field(strict=False, min_length=1),
    ]


class Erratum(Table):
    """What is wrong or unclear in the paper or its deposited files, and what is done here."""

    what: Text
    here: Text


class Sets(Table):
    """Whole parameter sets: columns (paths) with their units; each row a name, then one number a column."""

    kind: Text
    source: Text
    where: Text
    columns: tuple[Text, ...] = Rows
    units: tuple[Text, ...] = Rows
    rows: tuple[Annotated[tuple[str | float, ...], Field(strict=False)], ...] = Rows

    @model_validator(mode="after")
    def _square(self) -> Sets:
        if len(self.units) != len(self.columns) or not self.rows:
            raise PydanticCustomError("shape", "whole sets need a unit for each column, and rows")
        for row in self.rows:
            named = isinstance(row[0], str) if row else False
            if not named or len(row) != len(self.columns) + 1 or any(isinstance(x, str) for x in row[1:]):
                raise PydanticCustomError("shape", "each row is a name and then one number for each column")
        if len({row[0] for row in self.rows}) < len(self.rows):
            raise PydanticCustomError("shape", "two sets have the same name")
        return self

    def named(self) -> dict[str, tuple[float, ...]]:
        """Name of a set -> its numbers, in the order of the columns."""
        return {str(name): tuple(float(x) for x in numbers) for name, *numbers in self.rows}


class ModelFile(Table):
    """The whole file. numbers: role -> name -> number; volume: the parameter in which the model counts cells.

    read: whether its numbers were read from the paper once, or twice by two readers (CONTRIBUTING says how).
    """

    title: Text
    days: Positive
    read: Literal["once", "twice"]
    modules: dict[str, Text]
    dose: Dosing
    conditioning: Conditioning
    observe: Annotated[dict[str, Observation], Field(min_length=1)]
    aliases: tuple[Text, ...] = Rows
    about: str = ""
    volume: Text | None = None
    sources: dict[str, dict[str, Any]] = {}
    variants: dict[str, Variant] = {}
    data: dict[str, Data] = {}
    published: tuple[Figure, ...] = Rows
    errata: tuple[Erratum, ...] = Rows
    sets: Sets | None = None
    numbers: dict[str, dict[str, Number]] = Field(default={}, alias="(roles)")

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, data: Any) -> Any:
        """Bring the tables named after the model's roles together, also in the variants."""
        roles = _roles(data)
        variants = data.get("variants", {})
        if isinstance(variants, Mapping):
            data = {**data, "variants": {k: _gathered(x, roles) for k, x in variants.items()}}
        return _gathered(data, roles)


def read(entry: LibraryFile) -> ModelFile:
    """The file of a published model; ScenarioError at the line of the first thing that cannot be."""
    try:
        return ModelFile.model_validate(dict(entry.data))
    except ValidationError as problem:
        faults = problem.errors()
        misspelt = [f for f in faults if f["type"] == "extra_forbidden"]  # then the right word is missing too
        raise _refused(entry, (misspelt or faults)[0]) from None


def _one_of(table: Table, *names: str) -> None:
    given = [n for n in names if getattr(table, n) is not None]
    if len(given) != 1:
        raise PydanticCustomError("shape", f"say one of {', '.join(names)}")


def _roles(data: Mapping[str, Any]) -> list[str]:
    modules = data.get("modules", {})
    return list(modules) if isinstance(modules, Mapping) else []


def _gathered(data: Any, roles: list[str]) -> Any:
    if not isinstance(data, Mapping):
        return data
    tables = {k: x for k, x in data.items() if k in roles}
    return {**{k: x for k, x in data.items() if k not in roles}, ROLES: tables}


def _refused(entry: LibraryFile, problem: ErrorDetails) -> LivingDrugError:
    place = [str(x) for x in problem["loc"] if x != ROLES and x != "[key]"]
    dotted = ".".join(place)
    if problem["type"] == "extra_forbidden":
        table = _table_at(problem["loc"][:-1])
        roles = _roles(entry.data) if "numbers" in table.model_fields else []
        known = [*(n for n in table.model_fields if n != "numbers"), *roles]
        return unknown(
            "key of a published model", dotted, [".".join([*place[:-1], k]) for k in known], entry.where(dotted)
        )
    if problem["type"] == "missing":
        return ScenarioError(f"'{dotted}' is missing", where=entry.where(dotted), mend=_mend(dotted))
    shown = repr(problem["input"])
    shown = "" if problem["type"] == "shape" else f" = {shown if len(shown) <= 60 else shown[:57] + '...'}"
    return ScenarioError(f"'{dotted}'{shown}: {_say(problem)}", where=entry.where(dotted), mend=_mend(dotted))


def _say(problem: ErrorDetails) -> str:
    kind = problem["type"]
    words = {
        "string_type": "a text is needed",
        "string_too_short": "a text is needed",
        "float_type": "a number is needed",
        "finite_number": "a finite number is needed",
        "dict_type": "a table is needed",
        "model_type": "a table is needed",
        "tuple_type": "a list is needed",
    }
    return words.get(kind, problem["msg"][:1].lower() + problem["msg"][1:])


def _mend(dotted: str) -> str | None:
    return {
        "read": 'write read = "once", or read = "twice" once a second reading stands in tests/second_reading/',
        "modules": 'write [modules] with therapy = "NAME", the stem of the Python file',
        "dose": "write [dose] with into, unit and usual, or absent and why",
        "conditioning": "write [conditioning] with parameter, unit and says, or absent and why",
        "observe": "write [observe.NAME] with path, unit and of",
    }.get(dotted)


def _table_at(place: tuple[int | str, ...]) -> type[Table]:
    """The kind of table that stands at a place of the file."""
    table: type[Table] = ModelFile
    parts = iter(place)
    for part in parts:
        annotation = table.model_fields[str(part)].annotation if str(part) in table.model_fields else None
        inner = next(_tables(annotation), None)
        if inner is None:
            break
        table = inner
        if get_origin(annotation) in (dict, tuple) or any(get_origin(a) is tuple for a in get_args(annotation)):
            next(parts, None)
    return table


def _tables(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, Table):
        yield annotation
    for inner in get_args(annotation):
        yield from _tables(inner)
