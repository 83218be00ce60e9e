"""A scenario with nothing left open: every module chosen, every number with its value, unit, source and layer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.library import LibraryFile
from livingdrug.library.located import Located
from livingdrug.parameters import Parameter
from livingdrug.spec.comparator import Comparator
from livingdrug.spec.numbers import Correlated, Manufacture, Numbered, Product, SetsOfNumbers, Tumour
from livingdrug.spec.patients import OwnPatients
from livingdrug.spec.population import Covariate, Population
from livingdrug.spec.protocol import Protocol
from livingdrug.spec.scenario import PARTS, SCALES
from livingdrug.spec.trial import Trial

if TYPE_CHECKING:
    from livingdrug.model import Model


@dataclass(frozen=True)
class Resolved:
    """What will be simulated.

    modules: role -> file stem; parameters: model path -> Parameter, in the model's unit; trial, protocol, population,
    product, tumour, manufacture: as typed objects, all layers laid on each other; stack: path -> what each layer said,
    lowest first; raw: the same as tables with their places, to explain and to save.
    """

    name: str
    title: str
    modules: Mapping[str, str]
    parameters: Mapping[str, Parameter]
    trial: Trial
    protocol: Protocol
    population: Population
    product: Product
    tumour: Tumour | None
    manufacture: Manufacture | None
    names: Mapping[str, str]  # part ("product", "population", ...) -> name of its library entry or file
    patients: int | None
    seed: int
    stack: Mapping[str, tuple[Parameter, ...]] = field(repr=False)
    origins: Mapping[str, tuple[tuple[str, Any, str], ...]] = field(repr=False)  # other path -> (layer, value, place)
    raw: Mapping[str, Located] = field(repr=False)
    chain: tuple[LibraryFile, ...] = field(repr=False, compare=False)  # the user's file and those it builds on
    entries: Mapping[str, tuple[LibraryFile, ...]] = field(repr=False, compare=False)  # part -> its files, lowest first
    sets: Mapping[str, Any] = field(default_factory=dict, repr=False)  # what was set on top, path -> value
    comparator: Comparator | None = None  # standard of care, of an arm that gets no cells
    own: OwnPatients | None = field(default=None, repr=False)  # the user's own patients, where a file gives them
    notes: tuple[str, ...] = ()  # what a reader should know of what was asked
    as_fitted: bool = True  # whether the therapy is the library trial's, whose published rows may have been fitted to
    overridden: tuple[Arm, ...] = field(default=(), repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Without what was worked out on the way: an assembled model holds functions that cannot travel."""
        return {k: x for k, x in vars(self).items() if k in self.__dataclass_fields__}

    @property
    def file(self) -> Path | None:
        """The user's file; None for a library trial."""
        return self.chain[0].path if self.chain[0].kind == "scenario" else None

    @property
    def tables(self) -> Mapping[str, SetsOfNumbers]:
        """Whole published parameter sets, by name."""
        return {name: x for part in self._numbered() for name, x in part.tables.items()}

    @property
    def correlated(self) -> tuple[Correlated, ...]:
        """Groups of numbers whose between-patient variabilities are correlated."""
        return tuple(x for part in self._numbered() for x in part.correlated)

    def _numbered(self) -> tuple[Numbered, ...]:
        """The parts that hold numbers of the model."""
        parts = (self.product, self.population, self.tumour, self.manufacture, self.comparator)
        return tuple(part for part in parts if part is not None)

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
        from livingdrug.scenario.numbers import assembled

        return assembled(tuple(self.modules.items()))

    def notes_for(self, patients: int) -> tuple[str, ...]:
        """What a reader should know of what was asked, when so many patients are run."""
        return (*(self.own.asked_for(patients) if self.own else ()), *self.notes)

    def layers(self, path: str) -> tuple[Parameter, ...]:
        """What each layer said of a number, lowest first; the last one holds."""
        return self.stack.get(path, ())

    @property
    def covariates(self) -> Mapping[str, Covariate]:
        """The population's patient properties, by name."""
        return self.population.covariates

    def changed(self) -> list[str]:
        """What the user changed: numbers of the model with their values, and paths of all else."""
        found = [
            f"{p} = {x.value:g} {x.unit}".removesuffix(" 1") for p, x in self.parameters.items() if of_user(x.layer)
        ]
        ours = {path for path, said in self.origins.items() if getattr(said[-1][2], "ours", False)}
        own = [path for path, said in self.origins.items() if of_user(said[-1][0]) and path not in ours]
        for path in [*self.sets, *own]:
            told = path in self.parameters or any(f".{path}".endswith(f".{known}") for known in found)
            found += [] if told else [path]
        return found

    def as_dict(self) -> dict[str, Any]:
        """JSON-able; what a run's hash and provenance are made of."""
        told = ("trial", *(part for part in PARTS if part in self.raw or part not in ("manufacture", "comparator")))
        parts = {part: _plain(self.raw.get(part, {})) for part in told}
        parts["trial"] = {k: x for k, x in parts["trial"].items() if k not in _ASKED}
        return {
            "name": self.name,
            "title": self.title,
            "names": dict(self.names),
            "modules": dict(self.modules),
            "parameters": {p: x.as_dict() for p, x in sorted(self.parameters.items())},
            **parts,
            "arms": [a.as_dict() for a in self.overridden],
            "patients": self.patients,
            "seed": self.seed,
            **({"cohort": self.own.digest} if self.own else {}),
        }

    @cached_property
    def therapy(self) -> str:
        """A text that changes when anything about treatment, disease or patients changes (not the trial's measures)."""
        told = self.as_dict()
        words = ("modules", "parameters", *PARTS, "cohort")
        parts = {k: told[k] for k in words if k in told}
        return json.dumps(_simulated(parts), sort_keys=True, ensure_ascii=False, allow_nan=True)

    @cached_property
    def asked(self) -> str:
        """A text that changes when anything that is looked at, read off patients or compared changes."""
        return json.dumps(_simulated(self.as_dict()["trial"]), sort_keys=True, ensure_ascii=False, allow_nan=True)

    @cached_property
    def hash(self) -> str:
        """Sixteen hexadecimal digits that change when anything that is simulated changes."""
        told = {**self.as_dict(), "arms": [a.simulated() for a in self.overridden]}
        told["trial"] = {k: x for k, x in told["trial"].items() if k not in SCALES}  # what they say, not where it lies
        told["scales"] = [[x[-1].name, _plain(x[-1].data)] for p, x in self.entries.items() if p.startswith("scale ")]
        text = json.dumps(_simulated(told), sort_keys=True, ensure_ascii=False, allow_nan=True)
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
    "antigens",
    "tumours",
    "sources",
    "published",
    "feature",
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
_ASKED = (
    "trial",
    "name",
    "patients",
    "seed",
    "set",
    "cohort",
    *PARTS,
)  # words that say what to build on, and how many patients
USERS = ("scenario", "--set")


def of_user(layer: str) -> bool:
    """Whether a layer is the user's: the file, an arm of it, or --set."""
    return layer in USERS or layer.startswith("arm ")


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
    def protocol(self) -> Protocol:
        """The arm's schedule and care rules."""
        return self.resolved.protocol

    @property
    def product(self) -> Product:
        """The arm's product."""
        return self.resolved.product

    def as_dict(self) -> dict[str, Any]:
        """JSON-able: name and what differs."""
        return {"name": self.name, "title": self.title, "overrides": _plain(self.overrides)}

    def simulated(self) -> dict[str, Any]:
        """What the arm's simulation depends on: of a part that is named, what is in it, not where it lies."""
        told = {k: x for k, x in self.overrides.items() if k not in PARTS or not isinstance(x, str)}
        return {"name": self.name, "overrides": _plain(told), "therapy": self.resolved.therapy}


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
