"""What the file of a published model may say (`library/models/NAME.toml`), read once into frozen, typed tables.

Numbers stay tables of their own kind: `parameters.read_parameter` reads them. Every fault is a ScenarioError with the
file and line, what is allowed there, and the nearest known key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from livingdrug.errors import ScenarioError, short, unknown
from livingdrug.library import LibraryFile
from livingdrug.library.located import Located, mistakable
from livingdrug.spec.fields import Columns, Day, Positive, Real, Shares, Table, Text, Texts, Weight, worded
from livingdrug.spec.numbers import checked
from livingdrug.spec.typed import Refused, Typed
from livingdrug.spec.typed import read as typed

COMPARED = {"blood": "cell/uL", "transgene": "copy/ug", "cells": "cell", "tumour_left": "1"}  # observation -> unit
READ = ("once", "twice")

Number = Mapping[str, Any]  # a table that `read_parameter` reads: value, unit, kind, source, where, why, variability


class Observation(Typed):
    """Something that can be looked at: its path in the model, its unit, and what it is in words."""

    called: ClassVar[str] = "quantity to observe"
    path: Text
    unit: Text
    of: Text


class Layer(Typed):
    """Cells shown from the middle of a tissue to its surface: the fields that are added up, and what they are."""

    called: ClassVar[str] = "layer of cells"
    fields: Texts
    of: Text


class ByDepth(Typed):
    """What is shown from the middle of a tissue to its surface, by name; radius: the path of the tissue's."""

    called: ClassVar[str] = "view by depth"
    radius: Text
    layers: dict[str, Layer]


class Also(Typed):
    """Something else that the study gave: which entry, on which day, how much, over how many days (0: at once)."""

    called: ClassVar[str] = "further dose"
    into: Text
    day: Day
    amount: Table
    over: Day = 0.0


class Dosing(Typed):
    """What is given. One of three: `into` an entry of the model, as a `parameter`, or `absent` and why.

    usual: the paper's dose; studied: the least and the largest that were given, in its unit; shares: (day, share of
    the dose); also: what else was given.
    """

    called: ClassVar[str] = "dose"
    into: Text | None = None
    parameter: Text | None = None
    absent: Text | None = None
    unit: Text | None = None
    usual: Table | None = None
    studied: tuple[Positive, Positive] | None = None
    shares: Shares = ((0.0, 1.0),)
    also: tuple[Also, ...] = ()

    def consistent(self) -> None:
        _one_of(self, "into", "parameter", "absent")
        if self.absent is None and self.unit is None:
            raise ScenarioError("a dose needs its unit", where=self.place(), mend='add unit = "cell" or as it is')
        if self.into is not None and self.usual is None:
            said = "a dose into an entry needs the usual one"
            raise ScenarioError(said, where=self.place("into"), mend="add usual = { value, unit, kind, source }")


class Conditioning(Typed):
    """What conditioning changes: a `parameter` of the model, in words (`says`); or `absent` and why."""

    called: ClassVar[str] = "conditioning"
    parameter: Text | None = None
    unit: Text | None = None
    says: Text | None = None
    absent: Text | None = None

    def consistent(self) -> None:
        _one_of(self, "parameter", "absent")
        if self.parameter is not None and (self.unit is None or self.says is None):
            said = "conditioning by a parameter needs unit and says"
            raise ScenarioError(said, where=self.place("parameter"), mend="say in which unit, and what it does")


class Variant(Typed):
    """A variant: the numbers that differ (role -> name -> number), and what else does.

    group: runs the whole parameter sets whose names begin with this word.
    """

    called: ClassVar[str] = "variant"
    title: Text
    days: Positive | None = None
    dose: Day | None = None
    into: Text | None = None
    shares: Shares | None = None
    also: tuple[Also, ...] | None = None
    group: Text | None = None
    numbers: dict[str, dict[str, Table]] = {}


class Figure(Typed):
    """A figure that the paper states, as a measure of a course.

    measured: what patients had, not what the model gave; variant: whose it is; within: how far, as a share of it, a run
    of the model is from it at most.
    """

    called: ClassVar[str] = "published figure"
    measure: Text
    unit: Text
    value: Real
    source: Text
    where: Text
    measured: bool = False
    variant: Text | None = None
    within: Positive = 0.02


class Data(Typed):
    """Observations that came with the paper: rows of (day, value, low, high)."""

    called: ClassVar[str] = "table of data"
    title: Text
    of: Text
    unit: Text
    source: Text
    where: Text
    rows: tuple[tuple[Real, Positive, Real, Real], ...]

    def consistent(self) -> None:
        if not self.rows:
            raise ScenarioError("there are no rows", where=self.place("rows"), mend="give [day, value, low, high]")


class Erratum(Typed):
    """What is wrong or unclear in the paper or its deposited files, and what is done here."""

    called: ClassVar[str] = "erratum"
    what: Text
    here: Text


class Sets(Typed):
    """Whole parameter sets: columns (paths) with their units; each row a name, then one number a column."""

    called: ClassVar[str] = "table of parameter sets"
    kind: Text
    source: Text
    where: Text
    columns: Texts = ()
    units: Columns = ()
    rows: tuple[tuple[Any, ...], ...] = ()

    def consistent(self) -> None:
        def wrong(said: str) -> ScenarioError:
            return ScenarioError(said, where=self.place("rows"), mend='as [["name", 1.0, 2.0]], one number a column')

        if len(self.units) != len(self.columns) or not self.rows:
            raise wrong("whole sets need a unit for each column, and rows")
        for row in self.rows:
            named = bool(row) and isinstance(row[0], str)
            if not named or len(row) != len(self.columns) + 1 or not all(map(_number, row[1:])):
                raise wrong("each row is a name and then one number for each column")
        if len({row[0] for row in self.rows}) < len(self.rows):
            raise wrong("two sets have the same name")

    def named(self) -> dict[str, tuple[float, ...]]:
        """Name of a set -> its numbers, in the order of the columns."""
        return {str(name): tuple(float(x) for x in numbers) for name, *numbers in self.rows}


class ModelFile(Typed):
    """The whole file. numbers: role -> name -> number; volume: the parameter in which the model counts cells.

    body: weight of who is treated, as "20 g"; that of an adult when left out.
    covariates: who is treated, by name, where mechanisms ask for it; a number of one of our own mechanisms that this
    file does not give is the mechanism's.
    read: whether its numbers were read from the paper once, or twice by two readers (CONTRIBUTING says how).
    """

    called: ClassVar[str] = "published model"
    title: Text
    days: Positive
    read: Annotated[Text, worded(READ)]
    modules: dict[str, Text]
    dose: Dosing
    conditioning: Conditioning
    observe: dict[str, Observation]
    aliases: Texts = ()
    about: Text = ""
    volume: Text | None = None
    body: Weight | None = None
    sources: dict[str, Table] = {}
    by_depth: ByDepth | None = None
    variants: dict[str, Variant] = {}
    data: dict[str, Data] = {}
    published: tuple[Figure, ...] = ()
    errata: tuple[Erratum, ...] = ()
    sets: Sets | None = None
    covariates: dict[str, Table] = {}
    numbers: dict[str, dict[str, Table]] = {}

    @classmethod
    def _current(cls, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """The tables named after the model's roles, brought together, also in the variants."""
        data = super()._current(data)
        modules, variants = data.get("modules", {}), data.get("variants", {})
        if not isinstance(data, Located) or not isinstance(modules, Mapping):
            return data
        if isinstance(variants, Mapping):
            gathered = {name: _gathered(x, modules) for name, x in variants.items()}
            places = getattr(variants, "places", {})
            inside = Located(gathered, places, data.at("variants"))
            data = Located({**data, "variants": inside}, data.places, data.place)
        found: Mapping[str, Any] = _gathered(data, modules)
        return found

    def consistent(self) -> None:
        if self.read not in READ:
            mend = 'write read = "once", or read = "twice" once a second reading stands in tests/second_reading/'
            raise ScenarioError(f"read = {short(self.read)}", self.place("read"), allowed=READ, mend=mend)
        for role, numbers in (*self.numbers.items(), *(x for v in self.variants.values() for x in v.numbers.items())):
            for name, number in numbers.items():
                checked(f"{role}.{name}", number, number.place)
        if not self.observe:
            mend = "write [observe.NAME] with path, unit and of"
            raise ScenarioError("nothing can be observed", where=self.place("observe"), mend=mend)
        if not self.modules:
            mend = 'write [modules] with therapy = "NAME", the stem of the Python file'
            raise ScenarioError("the model has no equations", where=self.place("modules"), mend=mend)


def read(entry: LibraryFile) -> ModelFile:
    """The file of a published model; ScenarioError at the line of the first thing that cannot be."""
    return typed(ModelFile, entry.table)


def _gathered(table: Any, roles: Mapping[str, Any]) -> Any:
    if not isinstance(table, Located):
        return table
    if "numbers" in table and "numbers" not in roles:  # not a word of a file
        known = [name for name in ModelFile.model_fields if name != "numbers"]
        raise Refused(unknown("key", "numbers", [*known, *roles], table.at("numbers")))
    for key, x in table.items():
        words = set(Variant.model_fields if "modules" not in table else ModelFile.model_fields)
        if isinstance(x, Mapping) and key not in {*words, *roles} and (close := mistakable(key, roles)):
            raise Refused(ScenarioError(f"unknown role '{key}'", table.at(key), sorted(roles), nearest=close))
    own = {k: x for k, x in table.items() if k in roles}
    kept = {k: x for k, x in table.items() if k not in roles}
    numbers = Located(own, {k: table.at(k) for k in own}, table.place)
    return Located({**kept, "numbers": numbers}, table.places, table.place)


def _one_of(table: Typed, *names: str) -> None:
    given = [n for n in names if getattr(table, n) is not None]
    if len(given) != 1:
        raise ScenarioError(
            f"say one of {', '.join(names)}", where=table.place(given[1] if given else ""), mend="keep one of them"
        )


def _number(x: Any) -> bool:
    return isinstance(x, (int, float)) and not isinstance(x, bool)
