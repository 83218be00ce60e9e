"""What the scoreboard sets beside the model: deliberately wrong truths, and what is copied from trial to trial."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field, WithJsonSchema

from livingdrug import library
from livingdrug.errors import ScenarioError, short
from livingdrug.spec.fields import Real, Text, Texts
from livingdrug.spec.origin import File, Sourced
from livingdrug.spec.typed import Kind, Typed, read

_MEASURES = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "uniqueItems": True}
Changes = Annotated[
    dict[str, Any],
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {"type": ["string", "number"]},
            "minProperties": 1,
            "description": 'number of the model = value, as after --set: "* 0.7"',
        }
    ),
]


class WrongTruth(Typed):
    """A deliberately false model: what is set, and why a good score must fall by it. Nothing is refitted."""

    called: ClassVar[str] = "wrong truth"
    name: Text
    title: Text
    set: Changes
    why: Text

    def consistent(self) -> None:
        if not self.set:
            said = f"the wrong truth '{self.name}' sets nothing"
            raise ScenarioError(said, where=self.place("set"), mend='as set = { "PATH" = "* 0.7" }')
        for path, value in self.set.items():
            if isinstance(value, bool) or not isinstance(value, (str, int, float)):
                said = f"'{path}' = {short(value)} is no value"
                raise ScenarioError(said, where=self.place("set"), allowed='a number, "0.8 1/day" or "* 0.7"')


class WrongTruths(File):
    """A file of wrong truths."""

    called: ClassVar[str] = "file of wrong truths"
    truth: tuple[WrongTruth, ...] = ()

    def consistent(self) -> None:
        seen: dict[str, WrongTruth] = {}
        for truth in self.truth:
            if truth.name in seen:
                said = f"two wrong truths are called '{truth.name}' (the other: {seen[truth.name].place()})"
                raise ScenarioError(said, where=truth.place("name"), mend="change one name")
            seen[truth.name] = truth


class Transfer(Sourced):
    """From which calibration trial the values of these measures of a validation trial are copied, or why none is.

    copied: the trial; take: what a single measure is called there, when otherwise; log_sd: published spread between
    patients, for medians and geometric means.
    """

    called: ClassVar[str] = "row of naive transfer"
    trial: Text
    measures: Annotated[Texts, WithJsonSchema(_MEASURES)]
    copied: Annotated[Text | None, Field(alias="from")] = None
    take: Text | None = None
    log_sd: Real | None = None
    not_comparable: Text | None = None

    def consistent(self) -> None:
        if not self.measures:
            said = f"a row of '{self.trial}' names no measure"
            raise ScenarioError(said, self.place("measures"), mend='as measures = ["response"]')
        whose = f"the row of '{self.measures[0]}' in '{self.trial}'"
        if (self.copied is None) == (self.not_comparable is None):
            said = "neither from where to copy nor why not" if self.copied is None else "both from where and why not"
            mend = 'write from = "TRIAL", or not_comparable = "why"'
            raise ScenarioError(f"{whose} says {said}", self.place(), mend=mend)
        for key in ("take", "log_sd"):
            if getattr(self, key) is not None and self.copied is None:
                said = f"'{key}' has no use where nothing is copied"
                raise ScenarioError(said, where=self.place(key), mend="leave it out")
            if getattr(self, key) is not None and len(self.measures) > 1:
                said = f"'{key}' stands beside {len(self.measures)} measures"
                raise ScenarioError(
                    said, where=self.place(key), mend="give the measure that it is meant for a row of its own"
                )
        if self.log_sd is not None:
            self._spread(self.log_sd)

    def _spread(self, log_sd: float) -> None:
        if log_sd <= 0:
            raise ScenarioError(f"log_sd = {log_sd:g}", where=self.place("log_sd"), allowed="a number above 0")
        if self.source is None and self.why is None:
            said = f"log_sd = {log_sd:g} does not say where it comes from"
            raise ScenarioError(said, where=self.place("log_sd"), mend='add source = "KEY" and where, or why')


class Transfers(File):
    """A file of naive transfer."""

    called: ClassVar[str] = "file of naive transfer"
    row: tuple[Transfer, ...] = ()

    def consistent(self) -> None:
        seen: dict[tuple[str, str], Transfer] = {}
        for row in self.row:
            row.cites(self.sources)
            for measure in row.measures:
                key = row.trial, measure
                if key in seen:
                    said = f"'{measure}' of '{row.trial}' stands twice (the other: {seen[key].place()})"
                    raise ScenarioError(said, where=row.place("measures"), mend="keep one")
                seen[key] = row


def wrong_truths() -> tuple[WrongTruth, ...]:
    """The wrong truths of every library folder; of two of one name, the one in the first folder."""
    found: dict[str, WrongTruth] = {}
    for file in _files("wrong_truths", WrongTruths):
        found = {**{t.name: t for t in file.truth}, **found}
    return tuple(found.values())


def transfers() -> dict[tuple[str, str], Transfer]:
    """What is copied, by trial and measure; of two rows for one measure, the one in the first library folder."""
    found: dict[tuple[str, str], Transfer] = {}
    for file in _files("naive_transfer", Transfers):
        found = {**{(row.trial, measure): row for row in file.row for measure in row.measures}, **found}
    return found


def _files(name: str, kind: type[Kind]) -> list[Kind]:
    """A file of this name in every library folder that has one."""
    places = [folder / f"{name}.toml" for folder in library.folders()]
    return [read(kind, library.read(place, "scoreboard", name).table) for place in places if place.is_file()]
