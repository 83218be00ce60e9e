"""An SBML file becomes a model: species are states in amounts, rules and reactions are its equations.

Numbers stay in the file's own units; the engine's day stands for the file's unit of time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from livingdrug.errors import EngineError
from livingdrug.model.assemble import Model, assemble
from livingdrug.model.declare import Change, Declared, Derived, Module, Param, State
from livingdrug.model.sbml.events import Event
from livingdrug.model.sbml.formula import TIME, Edge, Formula, Look, number

ROLE = "sbml"


@dataclass(frozen=True)
class Symbol:
    """A compartment, species, parameter or stoichiometry: something that has a value at every moment."""

    name: str
    kind: str  # "compartment", "species", "parameter" or "stoichiometry"
    given: float | None  # value in the file: size, amount, concentration or value; None when it gives none
    compartment: str = ""  # of a species
    by_size: bool = False  # a species whose symbol means amount / size of its compartment
    as_concentration: bool = False  # `given` is a concentration
    line: int = 0

    @property
    def path(self) -> str:
        """Where the model keeps it (a species: its amount)."""
        return f"{ROLE}.{safe(self.name)}"


@dataclass(frozen=True)
class Reaction:
    """A reaction: its rate [amount/time], and what it makes of each species (negative: uses up)."""

    name: str
    rate: Formula
    makes: tuple[tuple[str, Formula], ...]


@dataclass
class Contents:
    """What an SBML file says, as formulas."""

    symbols: dict[str, Symbol] = field(default_factory=dict)
    starts: dict[str, Formula] = field(default_factory=dict)  # initial assignments
    assigned: dict[str, Formula] = field(default_factory=dict)  # assignment rules
    rates: dict[str, Formula] = field(default_factory=dict)  # rate rules
    reactions: dict[str, Reaction] = field(default_factory=dict)
    locals: dict[str, float] = field(default_factory=dict)  # local parameters, as reaction__name
    events: list[Event] = field(default_factory=list)
    where: str = ""

    def changing(self) -> set[str]:
        """Symbols that are states: moved by a rate rule, a reaction or an event."""
        moved = {s for r in self.reactions.values() for s, _ in r.makes}
        jumping = {s for e in self.events for s, _ in e.assignments}
        return (set(self.rates) | moved | jumping) - set(self.assigned)

    def jumping_only(self) -> set[str]:
        """States that only events move: constant between two events."""
        return self.changing() - set(self.rates) - {s for r in self.reactions.values() for s, _ in r.makes}

    def formulas(self) -> Iterator[Formula]:
        """Every formula that is in force while time passes."""
        yield from self.assigned.values()
        yield from self.rates.values()
        for r in self.reactions.values():
            yield r.rate
            yield from (n for _, n in r.makes)
        yield from (e.trigger for e in self.events)

    def depends(self, names: frozenset[str]) -> frozenset[str]:
        """The names, and all that assignment rules and rate laws among them read in turn."""
        seen: set[str] = set()
        todo = list(names)
        while todo:
            name = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            if name in self.assigned:
                todo.extend(self.assigned[name].names)
            if name in self.reactions:
                todo.extend(self.reactions[name].rate.names)
            if name in self.symbols and self.symbols[name].by_size:
                todo.append(self.symbols[name].compartment)
        return frozenset(seen)

    def still(self, names: frozenset[str]) -> bool:
        """Whether these names are constant between two events."""
        moving = (self.changing() - self.jumping_only()) | {TIME}
        return not (self.depends(names) & moving)

    def looks(self, held: Callable[[str], Any]) -> Look:
        """A look at every symbol, given how to look up states, constants and time (by safe name, or TIME)."""
        known: dict[str, Any] = {}

        def look(name: str) -> Any:
            if name not in known:
                known[name] = self._value(name, look, held)
            return known[name]

        return look

    def _value(self, name: str, look: Look, held: Callable[[str], Any]) -> Any:
        if name == TIME or name in self.locals:
            return held(name)
        if name in self.assigned:
            return self.assigned[name](look)
        if name in self.reactions:
            return self.reactions[name].rate(look)
        s = self._symbol(name)
        return held(safe(name)) / look(s.compartment) if s.by_size else held(safe(name))

    def _symbol(self, name: str) -> Symbol:
        if name not in self.symbols:
            raise EngineError(f"SBML: symbol '{name}' is used but nowhere defined", where=self.where)
        return self.symbols[name]

    def amount(self, name: str, look: Look) -> Any:
        """What the model keeps of a symbol, given its value: for a species, its amount."""
        s = self.symbols[name]
        return look(name) * look(s.compartment) if s.by_size else look(name)

    def initial(self, parameter: Callable[[str], Any]) -> Look:
        """A look at the start of time. `parameter` gives the constants that a user may change."""
        known: dict[str, Any] = {TIME: 0.0}

        def look(name: str) -> Any:
            if name not in known:
                if name in self.locals:
                    known[name] = parameter(name)
                elif name in self.starts or name in self.assigned:
                    known[name] = {**self.assigned, **self.starts}[name](look)
                elif name in self.reactions:
                    known[name] = self.reactions[name].rate(look)
                else:
                    s = self._symbol(name)
                    if s.given is None:
                        raise EngineError(
                            f"SBML: {s.kind} '{name}' has no initial value",
                            where=f"{self.where}:{s.line}",
                            mend="give it one, an initial assignment or a rule",
                        )
                    value = parameter(name) if self.free(name) else s.given
                    if s.kind == "species" and s.as_concentration != s.by_size:
                        value = value * look(s.compartment) if s.as_concentration else value / look(s.compartment)
                    known[name] = value
            return known[name]

        return look

    def free(self, name: str) -> bool:
        """Whether a symbol is a plain constant, which becomes a parameter of the model."""
        s = self.symbols[name]
        return (
            s.kind != "species"
            and name not in self.starts
            and name not in self.assigned
            and name not in self.changing()
        )


def safe(name: str) -> str:
    """The name a symbol has inside a module: its own, unless that would hide `time` or a private name."""
    return f"{name}__" if name == "time" or name.startswith("_") else name


@dataclass(frozen=True)
class Imported:
    """An SBML file as a model, with its values, its events, and a look at every symbol."""

    model: Model
    values: dict[str, float]
    contents: Contents
    source: str

    @property
    def events(self) -> tuple[Event, ...]:
        """What jumps, and when."""
        return tuple(self.contents.events)

    @property
    def edges(self) -> list[Edge]:
        """Every comparison in force: a change of branch, or a trigger."""
        return [e for f in self.contents.formulas() for e in f.edges]


def read(path: str | Path) -> Imported:
    """Read an SBML file into a model. Errors (EngineError) name the unsupported feature, the file and the line."""
    from livingdrug.model.sbml.parse import parse

    contents = parse(Path(path))
    model = assemble(_module(contents))
    values = {s.path: float(s.given) for n, s in contents.symbols.items() if s.given is not None and contents.free(n)}
    values |= {f"{ROLE}.{n}": x for n, x in contents.locals.items()}
    missing = [p for p in model.parameters if p not in values]
    if missing:
        s = next(s for s in contents.symbols.values() if s.path == missing[0])
        raise EngineError(
            f"SBML: {s.kind} '{s.name}' has no value", where=f"{contents.where}:{s.line}", mend="give it one"
        )
    with np.errstate(all="ignore"):
        model.constants(values)
    return Imported(model, values, contents, str(path))


def _module(contents: Contents) -> type[Module]:
    """The module class of a file: constants are parameters, species amounts and rated symbols are states."""

    def held(v: Any) -> Callable[[str], Any]:
        return lambda name: v.time if name == TIME else getattr(v, name)

    def begin(name: str) -> Callable[[Any], Any]:
        return lambda v: contents.amount(name, contents.initial(lambda p: getattr(v, safe(p))))

    declared: dict[str, Declared] = {n: Param("1", "local parameter") for n in contents.locals}
    for name, s in contents.symbols.items():
        if name in contents.assigned:
            continue
        if name in contents.changing():
            declared[safe(name)] = State("1", s.kind, start=begin(name))
        elif contents.free(name):
            declared[safe(name)] = Param("1", s.kind)
        else:
            declared[safe(name)] = Derived("1", s.kind, begin(name))

    class File(Module):
        role = ROLE

        def flows(self, v: Any) -> Iterator[Change]:
            look = contents.looks(held(v))
            for reaction in contents.reactions.values():
                for species, stoichiometry in reaction.makes:
                    yield Change(safe(species), stoichiometry(look) * look(reaction.name), f"reaction {reaction.name}")
            for name, rate in contents.rates.items():
                yield Change(safe(name), _rate_of_amount(contents, name, rate, look), f"rate rule of {name}")

        def published(self, v: Any) -> dict[str, Any]:
            look = contents.looks(held(v))
            shown = {safe(n): contents.amount(n, look) for n in contents.assigned}
            for n, s in contents.symbols.items():
                if s.kind == "species" and s.by_size:
                    shown[f"[{n}]"] = look(n)
            return shown

    File.__doc__ = f"Imported from {Path(contents.where).name}."
    for name, d in declared.items():
        d.name = name
    File.declared = declared
    return File


def _rate_of_amount(contents: Contents, name: str, rate: Formula, look: Look) -> Any:
    """d(amount)/dt of a rated symbol; a species by size also follows the change of its compartment."""
    s = contents.symbols[name]
    if not s.by_size:
        return rate(look)
    swelling = contents.rates.get(s.compartment, number(0.0))
    return rate(look) * look(s.compartment) + look(name) * swelling(look)
