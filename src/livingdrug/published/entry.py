"""A published model as the library has it: equations, sourced numbers, its dose, conditioning and observations.

A name may choose a variant: `kimmel_2021:fast`. A model whose paper gives whole parameter sets runs one course for
each set of the variant's group.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from livingdrug import biology, library
from livingdrug.errors import ScenarioError, SourceError, nearest, unknown
from livingdrug.model import Model, assemble
from livingdrug.parameters import Parameter, Source, read_parameter
from livingdrug.published.integrate import Dose
from livingdrug.units import quantity

KEYS = "title aliases about days sources modules dose conditioning observe variants data published errata sets".split()


@dataclass(frozen=True)
class Observation:
    """Something that can be looked at: its path in the model, its unit, and what it is."""

    name: str
    path: str
    unit: str
    of: str


@dataclass(frozen=True)
class Published:
    """One published model, ready to run."""

    name: str
    variant: str | None
    entry: library.Entry
    model: Model
    parameters: dict[str, Parameter]
    sets: dict[str, dict[str, float]]  # whole parameter sets by name; empty when the paper gives none

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{self.entry.title} ({self._said['title']})" if self._said else self.entry.title

    @property
    def label(self) -> str:
        """Name and variant, as one writes them."""
        return f"{self.name}:{self.variant}" if self.variant else self.name

    @property
    def sources(self) -> dict[str, Source]:
        """The papers it rests on."""
        return self.entry.sources

    @property
    def errata(self) -> list[Mapping[str, str]]:
        """What is wrong or unclear in the paper or its deposited files, and what is done here."""
        return list(self.entry.data.get("errata", []))

    @property
    def figures(self) -> list[Mapping[str, Any]]:
        """Figures the paper itself states, as measures of a course. They belong to the model without a variant."""
        return [] if self.variant else list(self.entry.data.get("published", []))

    @property
    def _said(self) -> Mapping[str, Any]:
        return self.entry.data["variants"][self.variant] if self.variant else {}

    @property
    def days(self) -> float:
        """How long a course is shown."""
        return float(self._said.get("days", self.entry.data["days"]))

    @cached_property
    def observations(self) -> dict[str, Observation]:
        """What can be looked at, by name."""
        return {n: Observation(n, o["path"], o["unit"], o["of"]) for n, o in self.entry.data["observe"].items()}

    @cached_property
    def values(self) -> dict[str, float]:
        """Every parameter's value, in the model's units."""
        return {p: x.in_unit(self.model.unit(p)).value for p, x in self.parameters.items()}

    def courses(self) -> dict[str, dict[str, float]]:
        """Values of each course to run: the whole parameter sets, or the typical patient."""
        return {n: {**self.values, **x} for n, x in self.sets.items()} or {"typical": self.values}

    @property
    def usual_dose(self) -> Parameter | None:
        """The dose when none is asked for; None for a model without a dose."""
        said = self.entry.data["dose"]
        if "parameter" in said:
            return self.parameters[said["parameter"]]
        if "usual" not in said:
            return None
        usual = read_parameter(
            "dose", said["usual"], None, self.sources, self.name, self.entry.file, self.entry.line("dose")
        )
        return replace(usual, value=float(self._said["dose"])) if "dose" in self._said else usual

    def doses(self, asked: str | float | None = None) -> list[Dose]:
        """What is given when: the asked or usual dose, in shares as in the paper, and what else the study gave."""
        said = {**self.entry.data["dose"], **{k: x for k, x in self._said.items() if k in ("shares", "also", "into")}}
        usual = self.usual_dose
        if "into" not in said or usual is None:
            return []
        amount = usual.value if asked is None else self._amount(asked, usual.unit)
        amount *= _factor(usual.unit, self.model.unit(said["into"]))
        given = [Dose(float(day), said["into"], amount * share) for day, share in said.get("shares", [[0, 1.0]])]
        for also in said.get("also", []):
            unit = self.model.unit(also["into"])
            given.append(Dose(float(also["day"]), also["into"], quantity(also["amount"]["value"], unit)))
        return given

    def adjusted(self, dose: str | float | None, conditioning: str | float | None) -> dict[str, float]:
        """Parameters that a dose or a conditioning changes; ScenarioError when the model has no such thing."""
        changed: dict[str, float] = {}
        for name, asked in (("dose", dose), ("conditioning", conditioning)):
            said = self.entry.data[name]
            if asked is None:
                continue
            if "absent" in said:
                raise ScenarioError(
                    f"{self.name} knows no {name}: {said['absent']}", where=f"--{name}", mend=f"leave --{name} out"
                )
            if "parameter" in said:
                path = said["parameter"]
                changed[path] = self._amount(asked, self.model.unit(path), name)
        return changed

    def _amount(self, asked: str | float, unit: str, name: str = "dose") -> float:
        amount = quantity(asked, unit, f"--{name} of {self.name}")
        if not 0 <= amount < 1e300:
            raise ScenarioError(
                f"a {name} of {amount:g} {unit} is not possible", where=f"--{name}", allowed="0 or more"
            )
        return amount

    @property
    def data(self) -> dict[str, Any]:
        """Published observations that came with the paper, by name."""
        return dict(self.entry.data.get("data", {}))


def names() -> list[str]:
    """Names of all published models."""
    return library.names("models")


def published(name: str, changed: Mapping[str, str] | None = None) -> Published:
    """The published model of a name, alias, or `name:variant`, with some values changed ("0.2 1/day", "0.2")."""
    stem, _, variant = name.partition(":")
    entry = library.find("models", stem)
    data = entry.data
    for key in data:
        if key not in KEYS and key not in data.get("modules", {}):
            raise unknown("key of a published model", key, [*KEYS, *data.get("modules", {})], entry.where(key))
    variants = data.get("variants", {})
    if variant and variant not in variants:
        raise ScenarioError(
            f"{entry.name} has no variant '{variant}'",
            where=entry.file,
            allowed=list(variants) or "none",
            nearest=nearest(variant, variants),
        )
    model = assemble(*[biology.find(stem) for stem in data["modules"].values()])
    sets = _sets(entry, model)
    group = variants[variant].get("group") if variant else None
    parameters = _parameters(entry, model, variants.get(variant, {}), sets)
    for path, text in (changed or {}).items():
        if path not in parameters:
            full = [p for p in parameters if p.rpartition(".")[2] == path]
            if not full:
                raise unknown(f"parameter of {entry.name}", path, parameters, "--set")
            path = full[0]
        new = read_parameter(path, {"value": text}, parameters[path], entry.sources, "--set", "", None, by_user=True)
        parameters[path] = new
        for values in sets.values():
            values[path] = new.in_unit(model.unit(path)).value
    chosen = {n: x for n, x in sets.items() if group and n.split()[0] == group}
    return Published(entry.name, variant or None, entry, model, parameters, chosen)


def _parameters(
    entry: library.Entry, model: Model, variant: Mapping[str, Any], sets: dict[str, dict[str, float]]
) -> dict[str, Parameter]:
    """Every parameter of the model, from the file and its variant; the first whole set where the file gives sets."""
    found: dict[str, Parameter] = {}
    said = entry.data.get("sets", {})
    for path in model.parameters:
        role, _, name = path.rpartition(".")
        below: Parameter | None = None
        if sets and path in said["columns"]:
            first = next(iter(sets))
            column = {
                "value": sets[first][path],
                "unit": model.unit(path),
                "kind": said["kind"],
                "source": said["source"],
                "where": f"{said['where']}, set {first}",
            }
            below = read_parameter(path, column, None, entry.sources, entry.name, entry.file, entry.line("sets"))
        for layer in (entry.data, variant):
            table = layer.get(role, {})
            if name in table:
                below = read_parameter(
                    path, table[name], below, entry.sources, entry.name, entry.file, entry.line(path)
                )
        if below is None:
            raise SourceError(f"'{path}' has no value", where=entry.file, mend=f"give it under [{role}]")
        found[path] = below
    for layer in (entry.data, variant):
        for role in model.modules:
            for name in layer.get(role, {}):
                if f"{role}.{name}" not in found:
                    raise unknown("parameter", f"{role}.{name}", found, entry.where(f"{role}.{name}"))
    return found


def _sets(entry: library.Entry, model: Model) -> dict[str, dict[str, float]]:
    said = entry.data.get("sets")
    if not said:
        return {}
    factors = [_factor(unit, model.unit(path)) for path, unit in zip(said["columns"], said["units"], strict=True)]
    return {
        row[0]: {p: float(x) * f for p, x, f in zip(said["columns"], row[1:], factors, strict=True)}
        for row in said["rows"]
    }


def _factor(given: str, wanted: str) -> float:
    return quantity(f"1 {given}", wanted)
