"""What each kind of file may say, as JSON Schema: for editors, and for the forms of the pages."""

from __future__ import annotations

from typing import Any

from livingdrug.errors import unknown
from livingdrug.spec.comparator import Comparator
from livingdrug.spec.numbers import Costimulation, Drug, Manufacture, Mechanism, Numbered, Product, Tumour
from livingdrug.spec.population import Population
from livingdrug.spec.protocol import Protocol
from livingdrug.spec.published_model import READ, ModelFile
from livingdrug.spec.scale import Scale
from livingdrug.spec.scenario import PARTS
from livingdrug.spec.scoreboard import Transfers, WrongTruths
from livingdrug.spec.trial import Trial
from livingdrug.spec.typed import Typed

FILES: dict[str, type[Typed]] = {
    "trial": Trial,
    "protocol": Protocol,
    "population": Population,
    "product": Product,
    "costimulation": Costimulation,
    "manufacture": Manufacture,
    "comparator": Comparator,
    "tumour": Tumour,
    "drug": Drug,
    "mechanism": Mechanism,
    "scale": Scale,
    "wrong_truths": WrongTruths,
    "naive_transfer": Transfers,
}
SCHEMA = "https://json-schema.org/draft/2020-12/schema"
KINDS = ("scenario", *FILES, "model")
PARAMETER = {
    "type": ["object", "number", "string"],
    "description": "a number of the model: value, unit, kind, source and where (or why), variability, "
    'uncertainty; in a scenario also a bare number in its unit, a text with a unit, or "* 0.5"',
}
_OWN = ("numbers",)  # fields that stand for the tables of numbers themselves


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind of file; ScenarioError with the nearest kind for one that is none."""
    if kind == "scenario":
        return _scenario()
    if kind == "model":
        return _published()
    if kind not in FILES:
        raise unknown("kind of file", kind, KINDS, "livingdrug schema")
    return _of(FILES[kind])


def _of(file: type[Typed]) -> dict[str, Any]:
    found = file.model_json_schema(mode="validation")
    for word in _OWN:
        found["properties"].pop(word, None)
    for old, new in file.renamed.items():
        if new in found["properties"]:
            found["properties"][old] = {**found["properties"][new], "deprecated": True, "description": f"now: {new}"}
    if issubclass(file, (Numbered, Protocol)):
        found["additionalProperties"] = PARAMETER
    return {"$schema": SCHEMA, **found}


def _scenario() -> dict[str, Any]:
    """A user's file: the words of a trial, parts by name or changed inside, arms, and numbers of the model."""
    found = _of(Trial)
    either = {"description": "a name, a file beside this one (ending in .toml), or a table of changes"}
    found["properties"] |= {part: {"type": ["string", "object"], **either} for part in PARTS}
    arm = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    found["properties"]["arm"] = {"type": "array", "items": arm}
    found["properties"]["set"] = {"type": "object", "description": "dotted path = value"}
    found.pop("required", None)
    return {**found, "title": "Scenario", "additionalProperties": PARAMETER}


def _published() -> dict[str, Any]:
    """A published model's file: what it says of its study, and tables of numbers by role."""
    found = _of(ModelFile)
    variant = found["$defs"]["Variant"]
    variant["properties"].pop("numbers")
    variant["additionalProperties"] = found["additionalProperties"] = PARAMETER
    found["properties"]["read"]["enum"] = list(READ)
    return {**found, "title": "Published model"}
