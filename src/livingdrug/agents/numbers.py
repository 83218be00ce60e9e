"""The numbers of a run as kernels take them: every one with unit and source in a library file, some of them those of
the model in shells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from livingdrug import library
from livingdrug.errors import ScenarioError, unknown
from livingdrug.parameters import Parameter, Source, read_parameter
from livingdrug.published.entry import Published, published
from livingdrug.spec.fields import Sources, Table, Text
from livingdrug.spec.typed import Typed
from livingdrug.spec.typed import read as typed


class Numbers(NamedTuple):
    """In um, min and mmHg."""

    # tumour cells
    tumour_radius: float
    volume: float
    nucleus: float
    fluid: float
    fluid_rate: float
    nucleus_rate: float
    cytoplasm_rate: float
    antigen_mean: float
    antigen_sd: float
    cycle: float
    cycle_sd: float
    anoxia_full: float
    swelling_fluid: float
    swelling_nucleus: float
    swelling_cytoplasm: float
    burst: float
    lysed_fluid: float
    lysed_nucleus: float
    lysed_cytoplasm: float
    apoptotic_fluid: float
    apoptotic_nucleus: float
    apoptotic_cytoplasm: float
    oxygen_use: float
    dead_use: float
    # CAR-T
    car_t_volume: float
    car_t_oxygen_use: float
    attach: float
    attach_reach: float
    attach_near: float
    pull: float
    pull_from: float
    pull_to: float
    speed: float
    persistence: float
    bias: float
    steady: float
    # the force law
    repulsion: float
    adhesion: float
    car_t_repulsion: float
    reach: float
    # fields
    oxygen_face: float
    voxel: float
    factor_spread: float
    factor_decay: float
    factor_release: float
    split: float
    # how finely time is cut
    step: float
    beat: float
    tick: float
    exactness: float
    skin: float
    car_t_skin: float
    # those of the model in shells, where a file says so
    oxygen_low: float
    oxygen_full: float
    anoxia_from: float
    anoxia: float
    lysis: float
    apoptosis: float
    oxygen_spread: float
    oxygen_decay: float
    antigen_none: float
    antigen_full: float
    kill: float
    release: float
    side: float
    gap: float
    life: float


# The published codes, habits of their numerics included: CAR-T move in the step only in which they turn, and oxygen is
# what a split step of 0.01 min leaves behind
AS_PUBLISHED = {"car_t.steady": "0", "field.split": "0.01"}
ROLES = ("cell", "car_t", "law", "field", "pace")
# What may not be 0, or else nothing could be computed
ABOVE_ZERO = (
    "tumour_radius volume nucleus cycle attach_reach persistence reach voxel side life lysis apoptosis car_t_volume "
    "step beat tick exactness skin car_t_skin oxygen_spread factor_spread factor_decay"
).split()  # fmt: skip


class AgentsFile(Typed):
    """The whole file. model: the one in shells; shared: name -> its path there, "1/PATH" for one over it; numbers by
    role."""

    called: ClassVar[str] = "model of agents"
    title: Text
    model: Text
    about: Text = ""
    sources: Sources = {}
    shared: dict[str, Text] = {}
    cell: dict[str, Table] = {}
    car_t: dict[str, Table] = {}
    law: dict[str, Table] = {}
    field: dict[str, Table] = {}
    pace: dict[str, Table] = {}


class Dosed(NamedTuple):
    """CAR-T given on a day."""

    day: float
    cells: int


@dataclass(frozen=True)
class Given:
    """A model of agents, ready to run. parameters: by path, the shared ones too; shells: the model in shells."""

    name: str
    title: str
    about: str
    entry: library.LibraryFile
    shells: Published
    parameters: dict[str, Parameter]
    shared: dict[str, str]

    @property
    def numbers(self) -> Numbers:
        """As the kernels take them."""
        found: dict[str, float] = {}
        for name in Numbers._fields:
            said = self.shared.get(name)
            path = _path(said) if said else next(p for p in self.parameters if p.endswith(f".{name}"))
            x = self.parameters[path].in_unit(_minutes(self.parameters[path].unit)).value
            if said and said != path:
                if x <= 0:
                    raise ScenarioError(f"{path} = {x:g} is not possible", where="--set", mend="give a value above 0")
                x = 1.0 / x
            found[name] = x
        return Numbers(**found)

    @property
    def sources(self) -> dict[str, Source]:
        """The papers it rests on."""
        return {**self.shells.sources, **self.entry.sources}

    def doses(self, asked: str | float | None = None) -> list[Dosed]:
        """What is given when, in whole cells: as the model in shells has it for its variant."""
        return [Dosed(d.time, round(d.amount)) for d in self.shells.doses(asked) if round(d.amount) > 0]


def names() -> list[str]:
    """Names of all models of agents."""
    return library.names("agents")


def given(name: str, changed: Mapping[str, str] | None = None) -> Given:
    """The model of agents of a name, or `name:variant` with a variant of the model in shells; some numbers changed.

    ScenarioError for what is unknown or cannot be computed with.
    """
    stem, _, variant = name.partition(":")
    entry = library.find("agents", stem)
    said = typed(AgentsFile, entry.table)
    own = _own(entry, said)
    there = [_path(x) for x in said.shared.values()]
    full = {_full(path, [*own, *there]): text for path, text in (changed or {}).items()}
    theirs = {p: x for p, x in full.items() if p not in own}
    library.find("models", said.model, where=said.place("model"))
    shells = published(f"{said.model}:{variant}" if variant else said.model, theirs)
    for name, path in said.shared.items():
        if _path(path) not in shells.parameters:
            raise unknown(f"number of {said.model}", path, shells.parameters, entry.where(f"shared.{name}"))
    for path, text in full.items():
        if path in own:
            new = read_parameter(path, {"value": text}, own[path], entry.sources, "--set", "--set", None, by_user=True)
            own[path] = new
    parameters = {**own, **{p: shells.parameters[p] for p in there}}
    name = shells.label.replace(said.model, entry.name, 1)
    made = Given(name, said.title, said.about, entry, shells, parameters, said.shared)
    _possible(made)
    return made


def _own(entry: library.LibraryFile, said: AgentsFile) -> dict[str, Parameter]:
    """The file's own numbers, all of them and no others."""
    found: dict[str, Parameter] = {}
    for name in said.shared:
        if name not in Numbers._fields:
            raise unknown("number of a model of agents", name, Numbers._fields, entry.where(f"shared.{name}"))
    wanted = [x for x in Numbers._fields if x not in said.shared]
    for role in ROLES:
        for name, data in getattr(said, role).items():
            path = f"{role}.{name}"
            if name not in wanted:
                raise unknown("number of a model of agents", name, wanted, entry.where(path))
            found[path] = read_parameter(path, data, None, entry.sources, entry.name, entry.file, entry.line(path))
    missing = [x for x in wanted if x not in {p.partition(".")[2] for p in found}]
    if missing:
        raise ScenarioError(f"{missing[0]} has no value", where=entry.where(), mend=f"give it under one of {ROLES}")
    return found


def _path(said: str) -> str:
    """The path that a shared number has in the model in shells."""
    return said.removeprefix("1/")


def _full(path: str, known: Sequence[str]) -> str:
    """The path that is meant: whole, or by its last name alone."""
    if path in known:
        return path
    ends = [p for p in known if p.partition(".")[2] == path]
    if not ends:
        names = known if "." in path else {p.partition(".")[2] for p in known}
        raise unknown("number of these agents", path, names, "--set")
    return ends[0]


def _minutes(unit: str) -> str:
    """The unit in minutes in which the kernels take it."""
    return {"hour": "min", "day": "min", "1/day": "1/min", "1/hour": "1/min"}.get(unit, unit)


def _possible(made: Given) -> None:
    """ScenarioError where a number makes no sense beside another."""
    n = made.numbers

    def refuse(said: str, mend: str) -> ScenarioError:
        return ScenarioError(said, where="--set", mend=mend)

    for name in ABOVE_ZERO:
        if getattr(n, name) <= 0:
            raise refuse(f"{name} = {getattr(n, name):g} is not possible", f"give {name} a value above 0")
    pairs = (("oxygen_low", "oxygen_full"), ("anoxia_full", "anoxia_from"), ("antigen_none", "antigen_full"))
    pairs += (("attach_near", "attach_reach"), ("nucleus", "volume"))  # type: ignore[assignment]
    for low, high in pairs:
        if not getattr(n, low) < getattr(n, high):
            said = f"{low} = {getattr(n, low):g} is not below {high} = {getattr(n, high):g}"
            raise refuse(said, "change one of the two")
    if not 0 <= n.fluid < 1 or not 0 <= n.bias <= 1:
        raise refuse(f"fluid = {n.fluid:g} and bias = {n.bias:g} are shares", "give values from 0 to 1")
    if n.side < 2 * n.tumour_radius + 4 * n.voxel or not 5 <= n.side / n.voxel <= 200:
        said = f"{2 * n.tumour_radius:g} um of tumour do not fit in a cube of {n.side:g} um in voxels of {n.voxel:g} um"
        raise refuse(said, "make side larger than the tumour, and 5 to 200 times voxel")
    if abs(n.side / n.voxel - round(n.side / n.voxel)) > 1e-9:
        raise refuse(f"side = {n.side:g} um is no whole number of voxels of {n.voxel:g} um", "change one of the two")
    for less, more in (("step", "beat"), ("beat", "tick")):
        many = getattr(n, more) / getattr(n, less)
        if abs(many - round(many)) > 1e-9 or many < 1:
            said = f"{more} = {getattr(n, more):g} min is no whole number of times {less} = {getattr(n, less):g} min"
            raise refuse(said, "change one of the two")
    for name, most in (("beat", n.persistence), ("step", 0.2), ("tick", 60.0), ("split", 0.1)):
        if getattr(n, name) > most:
            raise refuse(f"{name} = {getattr(n, name):g} min is too coarse", f"give at most {most:g} min")
