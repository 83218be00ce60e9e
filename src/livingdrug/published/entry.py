"""A published model as the library has it: equations, sourced numbers, its dose, conditioning and observations.

A name may choose a variant: `kimmel_2021:fast`. A model whose paper gives whole parameter sets runs one course for
each set of the variant's group.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from livingdrug import biology, library
from livingdrug.biology import yours
from livingdrug.errors import ScenarioError, SourceError, WiringError, unknown
from livingdrug.model import Model, assemble
from livingdrug.parameters import Parameter, Source, read_parameter
from livingdrug.published import fits
from livingdrug.published.integrate import Dose
from livingdrug.spec import published_model
from livingdrug.spec.numbers import Mechanism
from livingdrug.spec.published_model import Data, Erratum, Figure, ModelFile, Number, Observation, Variant
from livingdrug.spec.typed import of_file
from livingdrug.units import factor, quantity


@dataclass(frozen=True)
class Published:
    """One published model, ready to run. said: its file; sets: whole parameter sets by name, empty when it has none."""

    name: str
    variant: str | None
    entry: library.LibraryFile
    said: ModelFile
    model: Model
    parameters: dict[str, Parameter]
    sets: dict[str, dict[str, float]]

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{self.said.title} ({self._varied.title})" if self._varied else self.said.title

    @property
    def label(self) -> str:
        """Name and variant, as one writes them."""
        return f"{self.name}:{self.variant}" if self.variant else self.name

    @property
    def read_once(self) -> bool:
        """Whether its numbers were read from the paper by one reader only."""
        return self.said.read == "once"

    @property
    def sources(self) -> dict[str, Source]:
        """The papers it rests on, those of mechanisms that it takes numbers from included."""
        own = [_mechanism(stem) for stem in self.said.modules.values()]
        return {**{k: x for e in own if e for k, x in e.sources.items()}, **self.entry.sources}

    @property
    def errata(self) -> tuple[Erratum, ...]:
        """What is wrong or unclear in the paper or its deposited files, and what is done here."""
        return self.said.errata

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Figures the paper itself states, as measures of a course, of this variant."""
        return tuple(f for f in self.said.published if f.variant == self.variant)

    @property
    def _varied(self) -> Variant | None:
        return self.said.variants[self.variant] if self.variant else None

    @property
    def days(self) -> float:
        """How long a course is shown."""
        return (self._varied and self._varied.days) or self.said.days

    @property
    def observations(self) -> dict[str, Observation]:
        """What can be looked at, by name."""
        return self.said.observe

    @property
    def data(self) -> dict[str, Data]:
        """Published observations that came with the paper, by name."""
        return self.said.data

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
        if self.said.dose.parameter is not None:
            return self.parameters[self.said.dose.parameter]
        if self.said.dose.usual is None:
            return None
        usual = _number(self.entry, "dose.usual", self.said.dose.usual)
        other = self._varied.dose if self._varied else None
        return usual if other is None else replace(usual, value=other)

    def asked(self, dose: str | float | None) -> float | None:
        """A dose asked for, in the unit of the usual one; None when none was."""
        usual = self.usual_dose
        return None if dose is None or usual is None else self._amount(dose, usual.unit)

    def doses(self, asked: str | float | None = None) -> list[Dose]:
        """What is given when: the asked or usual dose, in shares as in the paper, and what else the study gave."""
        said, varied, usual = self.said.dose, self._varied, self.usual_dose
        into = (varied.into if varied else None) or said.into
        if into is None or usual is None:
            return []
        shares = said.shares if varied is None or varied.shares is None else varied.shares
        own = varied is not None and varied.also is not None
        also, at = (varied.also or (), f"variants.{self.variant}") if varied and own else (said.also, "dose")
        amount = usual.value if asked is None else self._amount(asked, usual.unit)
        amount *= factor(usual.unit, self.model.unit(into), usual.place)
        given = [Dose(day, into, amount * share) for day, share in shares]
        for i, other in enumerate(also):
            more = _number(self.entry, f"{at}.also.{i}.amount", other.amount).in_unit(self.model.unit(other.into))
            given.append(Dose(other.day, other.into, more.value, other.over))
        return given

    def adjusted(self, dose: str | float | None, conditioning: str | float | None) -> dict[str, float]:
        """Parameters that a dose or a conditioning changes; ScenarioError when the model has no such thing."""
        changed: dict[str, float] = {}
        for name, asked, said in (
            ("dose", dose, self.said.dose),
            ("conditioning", conditioning, self.said.conditioning),
        ):
            if asked is None:
                continue
            if said.absent is not None:
                raise ScenarioError(
                    f"{self.name} knows no {name}: {said.absent}", where=f"--{name}", mend=f"leave --{name} out"
                )
            if said.parameter is not None:
                changed[said.parameter] = self._amount(asked, self.model.unit(said.parameter), name)
        return changed

    def _amount(self, asked: str | float, unit: str, name: str = "dose") -> float:
        amount = quantity(asked, unit, f"--{name} of {self.name}")
        if not 0 <= amount < 1e300:
            raise ScenarioError(
                f"a {name} of {amount:g} {unit} is not possible", where=f"--{name}", allowed="0 or more"
            )
        return amount


def names() -> list[str]:
    """Names of all published models."""
    return library.names("models")


@library.held()
def published(name: str, changed: Mapping[str, str] | None = None) -> Published:
    """The published model of a name, alias, or `name:variant`, with some values changed ("0.2 1/day", "0.2")."""
    stem, _, variant = name.partition(":")
    entry = library.find("models", stem)
    said = published_model.read(entry)
    if variant and variant not in said.variants:
        raise unknown(f"variant of {entry.name}", variant, said.variants, entry.where("variants"))
    model = _assembled(entry, said)
    fits.check(entry, said, model)
    _layers(said, model)
    sets = _sets(said, model)
    parameters = _parameters(entry, said, model, variant, sets)
    _change(entry, model, parameters, sets, changed or {})
    group = said.variants[variant].group if variant else None
    chosen = {n: x for n, x in sets.items() if group and n.split()[0] == group}
    made = Published(entry.name, variant or None, entry, said, model, parameters, chosen)
    made.doses()  # so that what is wrong with the dose shows now
    for other in said.variants:  # and what is wrong with another variant
        replace(made, variant=other, parameters=_parameters(entry, said, model, other, sets)).doses()
    return made


def _assembled(entry: library.LibraryFile, said: ModelFile) -> Model:
    """The equations; the roles that the file names must be those of the Python classes."""
    found = []
    for role, stem in said.modules.items():
        try:
            found.append(biology.find(stem))
        except WiringError as problem:
            raise problem.but(where=problem.where or entry.where(f"modules.{role}")) from None
    model = yours.checked(assemble(*found))
    for role in said.modules:
        if role not in model.modules:
            raise unknown("role", role, model.modules, entry.where(f"modules.{role}"))
    return model


def _layers(said: ModelFile, model: Model) -> None:
    """An error for a radius, or a field of a layer of cells, that the model does not have."""
    if (shown := said.by_depth) is None:
        return
    if shown.radius not in model.quantities:
        raise unknown("quantity", shown.radius, model.quantities, shown.place("radius"))
    for layer in shown.layers.values():
        for path in layer.fields:
            if path not in model.fields:
                raise unknown("field of a tissue", path, model.fields, layer.place("fields"))


def _change(
    entry: library.LibraryFile,
    model: Model,
    parameters: dict[str, Parameter],
    sets: dict[str, dict[str, float]],
    changed: Mapping[str, str],
) -> None:
    """Lay a user's values over the file's, in every whole set too."""
    for path, text in changed.items():
        if path not in parameters:
            full = [p for p in parameters if p.rpartition(".")[2] == path]
            if not full:
                raise unknown(f"parameter of {entry.name}", path, parameters, "--set")
            path = full[0]
        new = read_parameter(path, {"value": text}, parameters[path], entry.sources, "--set", "", None, by_user=True)
        parameters[path] = new
        for values in sets.values():
            values[path] = new.in_unit(model.unit(path)).value


def _parameters(
    entry: library.LibraryFile, said: ModelFile, model: Model, variant: str, sets: dict[str, dict[str, float]]
) -> dict[str, Parameter]:
    """Every parameter of the model, from the file and its variant; the first whole set where the file gives sets."""
    found: dict[str, Parameter] = {}
    layers = [("", {**said.numbers, "": said.covariates})]
    if variant:
        layers.append((f"variants.{variant}.", said.variants[variant].numbers))
    for prefix, numbers in layers:
        for role, table in numbers.items():
            for name in table:
                known, path = (model.parameters, f"{role}.{name}") if role else (model.covariates, name)
                if path not in known:
                    what = "parameter" if role else "covariate"
                    raise unknown(what, path, known, entry.where(f"{prefix}{role or 'covariates'}.{name}"))
    for role, stem in said.modules.items():
        _known(_mechanism(stem), role, model)
    for path in (*model.parameters, *model.covariates):
        role, _, name = path.rpartition(".")
        below = _first_set(entry, said, model, path, sets) or _own(said, role, name, path)
        for prefix, numbers in layers:
            if name in numbers.get(role, {}):
                where = f"{prefix}{path}" if role else f"covariates.{path}"
                below = _number(entry, where, numbers[role][name], below, path)
        if below is None:
            under = role or "covariates"
            raise SourceError(f"'{path}' has no value", where=entry.where(under), mend=f"give it under [{under}]")
        found[path] = below
    return found


def _mechanism(stem: str) -> library.LibraryFile | None:
    """The file of a mechanism's own numbers, if it has one; those of a paper's own equations have none."""
    return library.find("mechanisms", stem) if stem in library.names("mechanisms") else None


def _known(entry: library.LibraryFile | None, role: str, model: Model) -> None:
    """An error for a number in a mechanism's file that the mechanism does not have."""
    for path, number in of_file(Mechanism, entry).numbers.items() if entry else ():
        if path not in model.parameters:
            own = [p for p in model.parameters if p.startswith(f"{role}.")]
            head = path.rpartition(".")[0]
            raise unknown("parameter", path, own, number.place if not entry or head == role else entry.where(head))


def _own(said: ModelFile, role: str, name: str, path: str) -> Parameter | None:
    """The number that a mechanism has of its own, for a model that says nothing of it."""
    entry = _mechanism(said.modules[role]) if role in said.modules else None
    own = of_file(Mechanism, entry).numbers if entry else {}
    return _number(entry, path, own[path]) if entry and path in own else None


def _first_set(
    entry: library.LibraryFile, said: ModelFile, model: Model, path: str, sets: dict[str, dict[str, float]]
) -> Parameter | None:
    if said.sets is None or path not in said.sets.columns:
        return None
    first = next(iter(sets))
    column: Number = {
        "value": sets[first][path],
        "unit": model.unit(path),
        "kind": said.sets.kind,
        "source": said.sets.source,
        "where": f"{said.sets.where}, set {first}",
    }
    return _number(entry, "sets", column, path=path)


def _number(
    entry: library.LibraryFile, dotted: str, data: Number, below: Parameter | None = None, path: str = ""
) -> Parameter:
    """The number that stands at a dotted path of the file."""
    return read_parameter(path or dotted, data, below, entry.sources, entry.name, entry.file, entry.line(dotted))


def _sets(said: ModelFile, model: Model) -> dict[str, dict[str, float]]:
    """Whole parameter sets by name, in the model's units."""
    if said.sets is None:
        return {}
    columns = said.sets.columns
    by = [factor(unit, model.unit(path)) for path, unit in zip(columns, said.sets.units, strict=True)]
    return {
        name: {path: x * f for path, x, f in zip(columns, numbers, by, strict=True)}
        for name, numbers in said.sets.named().items()
    }
