"""What a mechanism declares: states, parameters, flows, ports. One plain class; equations are ordinary arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from livingdrug.errors import WiringError, nearest

Formula = Callable[[Any], Any]


class Declared:
    """Anything a module declares at class level. It learns its own name from the class body."""

    name: str = ""
    unit: str = "1"
    doc: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name} [{self.unit}]: {self.doc})"


def _zero(text: str) -> str:
    """What 0 means to a reader, checked: "" or a number and a unit."""
    number, _, unit = text.partition(" ")
    try:
        if text:
            float(number)
    except ValueError:
        unit = ""
    if text and not unit:
        raise ValueError(f"zero='{text}' is no number and unit, such as '37 degC'")
    return text


class State(Declared):
    """A quantity that changes with time.

    start: initial value: a number, or a formula of the patient's constants (`lambda v: v.burden`).
    clone: counted cell by cell below 1,000 cells (extinction by chance); its flows then say `per=` itself.
    zero: what 0 means to a reader, as "37 degC" for a temperature carried as degrees above 37 [delta_degC].
    """

    def __init__(self, unit: str, doc: str, start: float | Formula = 0.0, clone: bool = False, zero: str = "") -> None:
        self.unit, self.doc, self.start, self.clone, self.zero = unit, doc, start, clone, _zero(zero)
        self.ends = False


class Hazard(State):
    """A cumulative hazard [1]: the event happens when it passes -ln(u) of the patient's draw. `ends`: it is death."""

    def __init__(self, doc: str, ends: bool = False) -> None:
        super().__init__("1", doc)
        self.ends = ends


class Param(Declared):
    """A number of the mechanism; its value, source and between-subject variability come from the library.

    most: what nobody can set it above; 1 for what is called a share. least: what nobody can set it below.
    above: what it must exceed: a value, or the name of a number of the same module.
    part: what it is a part of; the module's parts of the same whole add up to 1.
    """

    def __init__(
        self,
        unit: str,
        doc: str,
        most: float | None = None,
        above: str | float = "",
        least: float | None = None,
        part: str = "",
    ) -> None:
        self.unit, self.doc, self.most, self.above, self.least, self.part = unit, doc, most, above, least, part

    def __set_name__(self, owner: type, name: str) -> None:
        super().__set_name__(owner, name)
        if self.most is None and self.unit == "1" and (name == "share" or name.endswith("_share")):
            self.most = 1.0


class Covariate(Declared):
    """A property of the patient (age, weight, kidney function), given by the population under the same name.

    absent: its value where the population does not give it; without one it must.
    """

    def __init__(self, unit: str, doc: str, absent: float | None = None) -> None:
        self.unit, self.doc, self.absent = unit, doc, absent


class Derived(Declared):
    """A patient constant computed once from parameters, covariates and earlier derived constants."""

    def __init__(self, unit: str, doc: str, formula: Formula) -> None:
        self.unit, self.doc, self.formula = unit, doc, formula


class Entry(Declared):
    """Where a dose lands. `into`: each state's share of the dose, a number or a formula of patient constants.

    product: the cell product enters here; protocols then give it as "infusion", whichever module it is. One a model.
    """

    def __init__(self, unit: str, doc: str, into: Mapping[str, float | Formula], product: bool = False) -> None:
        self.unit, self.doc, self.into, self.product = unit, doc, dict(into), product


class Switch(Declared):
    """An input [1], 0 until a care rule sets it (for example: salvage therapy has begun)."""

    def __init__(self, doc: str) -> None:
        self.doc = doc


class Break(Declared):
    """A per-patient time [day] at which the integrator restarts; `at` names a parameter or derived constant."""

    def __init__(self, at: str) -> None:
        self.unit, self.at, self.doc = "day", at, f"the integrator restarts at {at}"


class Mode(Declared):
    """1 while a condition holds, else 0: equations that read it change at the moment the condition does.

    when: formula of state, time and constants that gives an inequality (`lambda v: v.dose_left > 0`).
    """

    def __init__(self, doc: str, when: Formula) -> None:
        self.doc, self.when = doc, when


class Jump(Declared):
    """States that take new values at the moment a condition begins to hold.

    when: as of a `Mode`; then: the new value of each state, a formula of what is there just before the jump. Jumps of
    one moment see the same state; a condition that the new values make true sets off its own jump at once.
    apart: names of jumps whose order would matter, so that a patient who has both at one moment fails; those that set
    the same state are apart anyway.
    """

    def __init__(
        self, doc: str, when: Formula, then: Mapping[str, Formula], apart: frozenset[str] = frozenset()
    ) -> None:
        self.doc, self.when, self.then, self.apart = doc, when, dict(then), apart


class Reads(Declared):
    """A quantity that another role publishes, by name. `absent` is its value when nobody fills that role."""

    def __init__(self, path: str, unit: str, absent: float | None = None) -> None:
        self.path, self.unit, self.absent = path, unit, absent
        self.doc = f"published as {path}"


class Publishes(Declared):
    """A quantity that `published` gives by this name, for other modules, assays, care rules and reports.

    zero: as of a `State`. name: what it is published as, where a parameter of the module already bears that name.
    """

    def __init__(self, unit: str, doc: str, zero: str = "", name: str = "") -> None:
        self.unit, self.doc, self.zero, self.name = unit, doc, _zero(zero), name

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = self.name or name


class Port(Declared):
    """A quantity of this module that others may act on. Starts at 1 (`combine="multiply"`) or 0 (`combine="add"`).

    scale: formula of the patient's constants that multiplies the whole, as a patient's own sensitivity.
    exact: start at a whole number, which vanishes from the equations: where nobody acts on the port, they are the
    text they would be without it, and so are results, to the last bit.
    """

    def __init__(
        self, unit: str, doc: str, combine: str = "multiply", scale: Formula | None = None, exact: bool = False
    ) -> None:
        if combine not in ("multiply", "add"):
            raise ValueError("a port combines by 'multiply' or 'add'")
        self.unit, self.doc, self.combine, self.scale = unit, doc, combine, scale
        whole = 1 if combine == "multiply" else 0
        self.start = whole if exact else float(whole)


class _Contribution(Declared):
    combine = ""

    def __init__(self, path: str, unit: str = "1", if_open: bool = False) -> None:
        self.path, self.unit, self.if_open = path, unit, if_open
        self.doc = f"{self.combine}s {path}"


class Multiplies(_Contribution):
    """This module multiplies a port that another module opened. Nothing happens when nobody fills that role.

    if_open: nor when who fills it opened no such port, as a tumour that sheds no antigen.
    """

    combine = "multiply"


class Adds(_Contribution):
    """This module adds to a port that another module opened. Nothing happens when nobody opened it."""

    combine = "add"


@dataclass(frozen=True)
class Flow:
    """Something moves. rate >= 0 [unit of the state / day], or per cell of state `per` [1/day].

    yields: how many arrive for each that leaves (2**N for N divisions).
    """

    name: str
    out_of: str | None = None
    into: str | None = None
    rate: Any = 0.0
    per: str | None = None
    yields: Any = 1


@dataclass(frozen=True)
class Change:
    """A signed rate of change [unit/day] that is no flow (Gompertz term, rate rule); bars the stochastic reading."""

    state: str
    rate: Any
    why: str


class Module:
    """One mechanism in one role. Subclass it, declare at class level, and write `flows` and `published`.

    between_two: whether it stands between cells of a donor and their host, and is nothing without a donor.
    """

    role: ClassVar[str] = ""
    between_two: ClassVar[bool] = False
    declared: ClassVar[dict[str, Declared]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        inherited = {k: d for base in reversed(cls.__mro__[1:]) for k, d in getattr(base, "declared", {}).items()}
        cls.declared = {**inherited, **{k: d for k, d in vars(cls).items() if isinstance(d, Declared)}}

    @property
    def stem(self) -> str:
        """The file the module lives in, which is also its name in a scenario."""
        return type(self).__module__.rsplit(".", 1)[-1]

    def of(self, *kinds: type) -> list[Any]:
        """What the module declared of these kinds, in order."""
        own: Any = type(self)
        return list(_declared(own, kinds))

    def flows(self, v: Any) -> Iterator[Flow | Change]:
        """What moves, from where to where, how fast. `v` holds every declared name."""
        yield from ()

    def published(self, v: Any) -> dict[str, Any]:
        """The value of each declared `Publishes`. States are published under their own names anyway."""
        return {}

    def contributes(self, v: Any) -> dict[str, Any]:
        """The value of each declared `Multiplies` and `Adds`."""
        return {}


@cache
def _declared(module: type[Module], kinds: tuple[type, ...]) -> tuple[Any, ...]:
    return tuple(d for d in module.declared.values() if isinstance(d, kinds))


def as_declared(role: str, module: Module, given: Mapping[str, Any]) -> None:
    """WiringError where `published` and the declared `Publishes` of a module do not name the same quantities."""
    names = [d.name for d in module.of(Publishes)]
    if given.keys() == set(names):
        return
    states = [d.name for d in module.of(State)]
    for name in given:
        if name not in names:
            raise WiringError(
                f"{role} publishes '{name}' but does not declare it",
                where=f"module '{module.stem}'",
                nearest=nearest(name, names),
                mend="leave it out of published(): a state is published under its own name anyway"
                if name in states
                else f'declare it at class level: {name} = Publishes("unit", "what it is")',
            )
    for name in names:
        if name not in given:
            raise WiringError(
                f"{role} declares that it publishes '{name}', but published() does not give it",
                where=f"module '{module.stem}'",
                nearest=nearest(name, list(given)),
                mend="give it in published(), or take the declaration out",
            )
