"""What each kind of file may say, as JSON Schema: for editors, and for the forms of the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livingdrug.errors import unknown
from livingdrug.library.layers import FLAGS
from livingdrug.parameters import DISTRIBUTIONS, PARAMETER_KEYS, VARIABILITY_KEYS
from livingdrug.parameters import KINDS as KINDS_OF_NUMBERS
from livingdrug.spec.comparator import Comparator
from livingdrug.spec.numbers import NAMED, Costimulation, Drug, Manufacture, Mechanism, Numbered, Product, Tumour
from livingdrug.spec.population import Population
from livingdrug.spec.protocol import Protocol
from livingdrug.spec.published_model import ModelFile
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
_VARIABILITY: dict[str, Any] = {
    "type": "object",
    "minProperties": 1,
    "properties": {
        **dict.fromkeys(VARIABILITY_KEYS, {"type": "string", "minLength": 1}),
        "distribution": {"enum": list(DISTRIBUTIONS)},
        **dict.fromkeys(("sd", "cv"), {"type": "number", "minimum": 0}),
        **dict.fromkeys(("low", "high"), {"type": "number"}),
        "loadings": {"type": "object", "additionalProperties": {"type": "number"}},
    },
    "additionalProperties": False,
}
_VARIES = {"variability": "how patients differ", "uncertainty": "how well it is known"}
_NUMBER: dict[str, Any] = {
    "type": "object",
    "description": "a number of the model: value, unit, kind, source and where (or why), variability, uncertainty",
    "properties": {
        **dict.fromkeys(PARAMETER_KEYS, {"type": "string", "pattern": r"\S"}),
        "value": {"type": ["number", "string"], "description": "in its unit, or a text with a unit"},
        "kind": {"enum": list(KINDS_OF_NUMBERS)},
        **{key: {**_VARIABILITY, "description": about} for key, about in _VARIES.items()},
    },
    "additionalProperties": False,
    "anyOf": [*({"required": [key]} for key in ("value", *_VARIES)), {"minProperties": 2}],
}
_CHANGED = {  # by a user, who may say a number alone, or stop a variability
    **_NUMBER,
    "properties": {
        **_NUMBER["properties"],
        **{key: {"anyOf": [{"const": False}, {**_VARIABILITY, "description": x}]} for key, x in _VARIES.items()},
    },
}
_BARE = {
    "type": ["number", "string"],
    "description": 'a number in the model\'s unit, a text with a unit, or "* 0.5"',
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
    if issubclass(file, Numbered):
        _numbers(found, "number", _NUMBER)
    if issubclass(file, Protocol):
        bare = {"type": "number", "description": "without a unit"}
        _numbers(found, "Quantity", found["$defs"]["Quantity"], bare)
    if "like" in found["properties"]:  # such a file is whole only with the one that it is like
        found |= {"if": {"not": {"required": ["like"]}}, "then": {"properties": _relaxed(found)}}
    for role in NAMED if issubclass(file, Numbered) else ():  # the name of a part, or the numbers of its role
        said = [x for x in (found["properties"].get(role), found["additionalProperties"]) if x]
        found["properties"][role] = {"anyOf": said}
    return {"$schema": SCHEMA, **found}


def _relaxed(schema: dict[str, Any]) -> dict[str, Any]:
    """Let tables of a schema say only what they change, as where they are laid on others; what they need where they
    are whole comes back, by property."""
    whole: dict[str, Any] = {}
    rows = {name: _row(said) for name, said in schema["properties"].items()}
    needed = {row: schema["$defs"][row].pop("required", []) for row in {row for row, _ in rows.values() if row}}
    for name, (row, inside) in rows.items():
        if not row:
            continue
        flags = dict.fromkeys(FLAGS, False) if inside == "items" else {}
        schema["$defs"][row]["properties"] |= {flag: {"type": "boolean"} for flag in flags}
        must = {"required": needed[row], "properties": flags}
        whole[name] = {inside: must} if inside else must
    return whole


def _row(said: Mapping[str, Any]) -> tuple[str, str]:
    """The kind of table that a property holds, and in what: items of a list, values of a table, or itself."""
    for inside in ("items", "additionalProperties"):
        if isinstance(said.get(inside), dict) and "$ref" in said[inside]:
            return said[inside]["$ref"].rpartition("/")[2], inside
    ways = [said, *said.get("anyOf", [])]
    return next((way["$ref"].rpartition("/")[2] for way in ways if "$ref" in way), ""), ""


def _numbers(schema: dict[str, Any], name: str, one: Mapping[str, Any], *bare: Mapping[str, Any]) -> None:
    """Let the tables of a schema that are none of its words hold numbers, by role and name."""
    defs = schema.setdefault("$defs", {})
    inside: list[Mapping[str, Any]] = [{"$ref": f"#/$defs/{name}"}, {"$ref": "#/$defs/numbers"}]
    defs[name] = one
    defs["numbers"] = {
        "type": "object",
        "minProperties": 1,
        "description": "Numbers by name.",
        "additionalProperties": {"anyOf": [*inside, *bare], "description": "a number, or a table of numbers"},
    }
    schema["additionalProperties"] = {"anyOf": inside, "description": "numbers by role and name"}


def _scenario() -> dict[str, Any]:
    """A user's file: the words of a trial, parts by name or changed inside, arms, and numbers of the model."""
    found = _of(Trial)
    either = {"description": "a name, a file beside this one (ending in .toml), or a table of changes"}
    found["properties"] |= {part: {"type": ["string", "object"], **either} for part in PARTS}
    arm = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    found["properties"]["arm"] = {"type": "array", "items": arm}
    found["properties"]["set"] = {"type": "object", "description": "dotted path = value"}
    for word in ("required", "if", "then"):  # all of it is laid on a trial
        found.pop(word, None)
    _numbers(found, "number", _CHANGED, _BARE)
    return {**found, "title": "Scenario"}


def _published() -> dict[str, Any]:
    """A published model's file: what it says of its study, and tables of numbers by role."""
    found = _of(ModelFile)
    variant = found["$defs"]["Variant"]
    variant["properties"].pop("numbers")
    _numbers(found, "number", _NUMBER)
    variant["additionalProperties"] = found["additionalProperties"]
    return {**found, "title": "Published model"}
