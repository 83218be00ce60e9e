"""What an SBML file says, as formulas: symbols, reactions, rules, and events (carried out by the integrator)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from livingdrug.errors import EngineError
from livingdrug.sbml.formula import EDGE, TIME, Edge, Formula, Guard, Look, amounted, divided


@dataclass(frozen=True)
class Event:
    """A jump of values at the moment a trigger turns from false to true.

    delay: time between trigger and execution; priority: larger goes first among simultaneous ones;
    persistent: carried out even if the trigger turns false while it waits; true_before: the trigger counts as true
    before the start, so that it does not fire at once; early: the new values are computed when triggered, not when
    carried out. assignments: (symbol, new value).
    """

    name: str
    trigger: Formula
    assignments: tuple[tuple[str, Formula], ...]
    delay: Formula | None = None
    priority: Formula | None = None
    persistent: bool = True
    true_before: bool = True
    early: bool = True
    line: int = 0


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


def safe(name: str) -> str:
    """The name a symbol has inside a module: its own, unless that would hide `time` or a private name."""
    return f"{name}'" if name == "time" or name.startswith("_") else name


def local(reaction: str, name: str) -> str:
    """The name of a local parameter inside a module; no identifier holds a blank."""
    return f"{name} of {reaction}"


def start(name: str) -> str:
    """The name of what a symbol that changes begins with, in the meaning the file gives it."""
    return f"{name} at the start"


@dataclass
class Contents:
    """What an SBML file says, as formulas."""

    symbols: dict[str, Symbol] = field(default_factory=dict)
    starts: dict[str, Formula] = field(default_factory=dict)  # initial assignments
    assigned: dict[str, Formula] = field(default_factory=dict)  # assignment rules
    rates: dict[str, Formula] = field(default_factory=dict)  # rate rules
    reactions: dict[str, Reaction] = field(default_factory=dict)
    locals: dict[str, float] = field(default_factory=dict)  # local parameters, by `local`
    events: list[Event] = field(default_factory=list)
    where: str = ""
    notes: list[str] = field(default_factory=list)  # what was passed over, in words

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
        yield from self._equations()
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

    def moves(self, names: frozenset[str]) -> bool:
        """Whether any of these names may change while time passes."""
        return bool(self.depends(names) & (self.changing() | {TIME}))

    def still(self, names: frozenset[str]) -> bool:
        """Whether these names are constant between two events."""
        moving = (self.changing() - self.jumping_only()) | {TIME}
        return not (self.depends(names) & moving)

    def edges(self) -> dict[str, Edge]:
        """Comparisons on which equations rest, by key."""
        return {e.key: e for f in self._equations() for e in f.edges}

    def guards(self) -> list[Guard]:
        """Values on which equations rest that may not be below zero."""
        return [g for f in self._equations() for g in f.guards]

    def _equations(self) -> Iterator[Formula]:
        yield from self.assigned.values()
        yield from self.rates.values()
        for r in self.reactions.values():
            yield r.rate
            yield from (n for _, n in r.makes)

    def looks(self, held: Callable[[str], Any], modes: Look = lambda key: None) -> Look:
        """A look at every symbol, given how to look up states, constants and time (by safe name, or TIME).

        modes: the answer of each comparison by its key, None where it is to be worked out.
        """
        known: dict[str, Any] = {}

        def look(name: str) -> Any:
            if name.startswith(EDGE):
                return modes(name)
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
            return amounted(self.reactions[name].rate(look))
        s = self._symbol(name)
        return divided(held(safe(name)), look(s.compartment)) if s.by_size else held(safe(name))

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
            if name.startswith(EDGE):
                return None
            if name not in known:
                if name in self.locals:
                    known[name] = parameter(name)
                elif name in self.starts or name in self.assigned:
                    known[name] = {**self.assigned, **self.starts}[name](look)
                elif name in self.reactions:
                    known[name] = amounted(self.reactions[name].rate(look))
                else:
                    s = self._symbol(name)
                    if s.given is None:
                        raise EngineError(
                            f"SBML: {s.kind} '{name}' has no initial value",
                            where=f"{self.where}:{s.line}",
                            mend="give it one, an initial assignment or a rule",
                        )
                    value = parameter(name if self.free(name) else start(name))
                    if s.kind == "species" and s.as_concentration != s.by_size:
                        size = look(s.compartment)
                        value = value * size if s.as_concentration else divided(value, size)
                    known[name] = value
            return known[name]

        return look

    def given(self) -> dict[str, float]:
        """What the file gives plainly, by the name of the module's parameter: constants, starts, local parameters."""
        plain = {
            n: s.given
            for n, s in self.symbols.items()
            if s.given is not None and n not in self.starts and n not in self.assigned
        }
        return {(safe(n) if self.free(n) else start(n)): float(x) for n, x in plain.items()} | self.locals

    def sized(self) -> None:
        """EngineError for a concentration in a compartment that has no size from beginning to end."""
        for name, s in self.symbols.items():
            if s.by_size and self.free(s.compartment) and self.symbols[s.compartment].given == 0.0:
                raise EngineError(
                    f"SBML: '{name}' is a concentration in the compartment '{s.compartment}', whose size is 0",
                    where=f"{self.where}:{s.line}",
                    mend="give the compartment a size, or the species hasOnlySubstanceUnits='true'",
                )

    def free(self, name: str) -> bool:
        """Whether a symbol is a plain constant, which becomes a parameter of the model."""
        s = self.symbols[name]
        return (
            s.kind != "species"
            and name not in self.starts
            and name not in self.assigned
            and name not in self.changing()
        )
