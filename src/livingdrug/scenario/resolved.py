"""A scenario with nothing left open: every module chosen, every number with its value, unit, source and layer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.parameters import Parameter

if TYPE_CHECKING:
    from livingdrug.model import Model


@dataclass(frozen=True)
class Resolved:
    """What will be simulated.

    modules: role -> file stem; parameters: model path -> Parameter, in the model's unit; trial, protocol, population,
    product, tumour: tables as merged from library and scenario; stack: path -> what each layer said, lowest first.
    """

    name: str
    title: str
    modules: Mapping[str, str]
    parameters: Mapping[str, Parameter]
    trial: Mapping[str, Any]
    protocol: Mapping[str, Any]
    population: Mapping[str, Any]
    product: Mapping[str, Any]
    tumour: Mapping[str, Any]
    names: Mapping[str, str]  # part ("product", "population", ...) -> name of its library entry or file
    patients: int | None
    seed: int
    stack: Mapping[str, tuple[Parameter, ...]] = field(repr=False)
    origins: Mapping[str, tuple[tuple[str, Any, str], ...]] = field(repr=False)  # other path -> (layer, value, place)
    tables: Mapping[str, Any] = field(repr=False)  # whole published parameter sets, by name
    correlated: tuple[Mapping[str, Any], ...] = field(repr=False)
    file: Path | None = field(repr=False, compare=False)
    text: str = field(repr=False)
    overridden: tuple[Arm, ...] = field(default=(), repr=False)

    @property
    def arms(self) -> tuple[Arm, ...]:
        """The arms; a trial without any has one, named after its product."""
        return self.overridden or (Arm(self.names.get("product", self.name), self.title, {}, self),)

    def arm(self, name: str) -> Arm:
        """One arm by name."""
        from livingdrug.errors import unknown

        found = {a.name: a for a in self.arms}
        if name not in found:
            raise unknown("arm", name, found, self.name)
        return found[name]

    def model(self) -> Model:
        """The assembled model (built once for each choice of modules)."""
        return self._model

    @cached_property
    def _model(self) -> Model:
        from livingdrug.scenario.resolve import assembled

        return assembled(tuple(self.modules.items()))

    def layers(self, path: str) -> tuple[Parameter, ...]:
        """What each layer said of a number, lowest first; the last one holds."""
        return self.stack.get(path, ())

    @property
    def covariates(self) -> Mapping[str, Any]:
        """The population's patient properties by name: law, unit, source."""
        return self.population.get("covariates", {})

    def as_dict(self) -> dict[str, Any]:
        """JSON-able; what a run's hash and provenance are made of."""
        return {
            "name": self.name,
            "title": self.title,
            "names": dict(self.names),
            "modules": dict(self.modules),
            "parameters": {p: x.as_dict() for p, x in sorted(self.parameters.items())},
            "trial": _plain(self.trial),
            "protocol": _plain(self.protocol),
            "population": _plain(self.population),
            "product": _plain(self.product),
            "tumour": _plain(self.tumour),
            "arms": [a.as_dict() for a in self.overridden],
            "patients": self.patients,
            "seed": self.seed,
        }

    @cached_property
    def hash(self) -> str:
        """Sixteen hexadecimal digits that change when anything that is simulated changes."""
        text = json.dumps(_simulated(self.as_dict()), sort_keys=True, ensure_ascii=False, allow_nan=True)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def __repr__(self) -> str:
        set_by = [f"{p} = {x.value:g} {x.unit} ({x.layer})" for p, x in self.parameters.items() if x.layer in USERS]
        lines = [
            self.title,
            f"  parts:   {', '.join(f'{k} {x}' for k, x in self.names.items())}",
            f"  modules: {', '.join(f'{r} = {s}' for r, s in self.modules.items())}",
            f"  numbers: {len(self.parameters)}" + (f", of which set here: {'; '.join(set_by)}" if set_by else ""),
            f"  arms:    {', '.join(a.name for a in self.arms)}",
        ]
        return "\n".join(lines)


_SAID_ABOUT = (
    "title",
    "property",
    "words",
    "glossary",
    "section",
    "figure",
    "event",
    "about",
    "aliases",
    "sources",
    "published",
    "baseline",
    "file",
    "line",
    "layer",
    "kind",
    "source",
    "where",
    "why",
    "note",
)
USERS = ("scenario", "--set")


@dataclass(frozen=True)
class Arm:
    """One arm: its name, what it overrides, and the scenario resolved with that. Arms meet the same patients."""

    name: str
    title: str
    overrides: Mapping[str, Any]
    resolved: Resolved = field(repr=False)

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The arm's numbers."""
        return self.resolved.parameters

    @property
    def protocol(self) -> Mapping[str, Any]:
        """The arm's schedule and care rules."""
        return self.resolved.protocol

    @property
    def product(self) -> Mapping[str, Any]:
        """The arm's product."""
        return self.resolved.product

    def as_dict(self) -> dict[str, Any]:
        """JSON-able: name and what differs."""
        return {"name": self.name, "title": self.title, "overrides": _plain(self.overrides)}


def _simulated(data: Any) -> Any:
    """Without names, comments and origins: only what a simulation depends on."""
    if isinstance(data, Mapping):
        return {k: _simulated(x) for k, x in data.items() if k not in _SAID_ABOUT}
    return [_simulated(x) for x in data] if isinstance(data, list) else data


def _plain(data: Any) -> Any:
    if isinstance(data, Mapping):
        return {str(k): _plain(x) for k, x in data.items()}
    if isinstance(data, (list, tuple)):
        return [_plain(x) for x in data]
    return data if isinstance(data, (str, int, float, bool, type(None))) else str(data)
