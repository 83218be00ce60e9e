"""An SBML file becomes a model: species are states in amounts, rules and reactions are its equations, events jump.

Numbers stay in the file's own units; the engine's day stands for the file's unit of time. A comparison inside an
equation is a mode: it holds over a step of the integrator, which ends where the answer changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from livingdrug.errors import EngineError, ScenarioError
from livingdrug.model import math as m
from livingdrug.model.assemble import Model, assemble
from livingdrug.model.declare import Change, Declared, Derived, Mode, Module, Param, Publishes, State, Switch
from livingdrug.sbml.contents import ROLE, Contents, Event, local, safe, start
from livingdrug.sbml.document import Document, read_document, read_text
from livingdrug.sbml.formula import TIME, Formula, Look, amounted, number
from livingdrug.sbml.occasions import jumps
from livingdrug.sbml.parse import parse

BELOW = -1e-9  # a value that may not be negative is taken for rounding down to here
OUTSIDE = "least argument of powers and logarithms"
CLOCK = "clock (no symbol)"
STOP = f"{ROLE}.stop (no symbol)"  # a switch that nothing reads: the integrator stops where it is set


@dataclass(frozen=True)
class Imported:
    """An SBML file as a model, with its values and its events. varied: the model's path of each name asked for."""

    model: Model
    values: dict[str, float]
    contents: Contents
    document: Document
    varied: dict[str, str]

    @property
    def source(self) -> str:
        """The file."""
        return self.document.path

    @property
    def events(self) -> tuple[Event, ...]:
        """What jumps, and when; in the model they are its jumps, in this order."""
        return tuple(self.contents.events)

    @property
    def guarded(self) -> tuple[str, ...]:
        """What breaks down where the published least argument of powers and logarithms is negative."""
        return tuple(dict.fromkeys(g.what for g in self.contents.guards()))

    def path(self, name: str) -> str:
        """Where the model keeps the meaning that a symbol has in the file: a published quantity, state or constant."""
        s = self.contents.symbols.get(name)
        if s is not None and s.by_size:
            return f"{ROLE}.[{name}]"
        return f"{ROLE}.{safe(name)}"


def read(path: str | Path, vary: Iterable[str] = (), rates: Iterable[str] = ()) -> Imported:
    """Read an SBML file into a model.

    vary: symbols and local parameters (REACTION.PARAMETER) that are to be parameters of the model, in the meaning the
    file gives them, whatever they follow from there; every plain constant and plain start is one anyway.
    rates: reactions whose rates are to be published. Errors (EngineError) name the unsupported feature, the file and
    the line; ScenarioError names what cannot vary.

    >>> from livingdrug.published.entry import published
    >>> from livingdrug.sbml import read, write
    >>> stein = published("stein_2019")
    >>> with open("stein.xml", "w") as file:
    ...     characters = file.write(write(stein.model, stein.values))
    >>> imported = read("stein.xml")
    >>> len(imported.events)
    0
    """
    document = read_document(path, read_text(Path(path)))
    contents = parse(document)
    contents.sized()
    varied = {name: _freed(contents, document, name) for name in vary}
    module = _module(contents, tuple(rates))
    module.equations = (document.text, *sorted(varied.values()), *rates)  # type: ignore[attr-defined]
    model = assemble(module)
    values = {f"{ROLE}.{n}": x for n, x in contents.given().items() if f"{ROLE}.{n}" in model.parameters}
    values |= {p: np.nan for p in model.parameters if p not in values}  # `document` has seen that nothing needs them
    with np.errstate(all="ignore"):
        model.constants(values)
    return Imported(model, values, contents, document, varied)


def _freed(contents: Contents, document: Document, name: str) -> str:
    """Makes a plain value of what is to vary; its path in the model."""
    own = document.inside(name)
    reaction, _, parameter = own.partition(".")
    if local(reaction, parameter) in contents.locals:
        return f"{ROLE}.{local(reaction, parameter)}"
    settable = [*contents.symbols, *(n for n, _ in document.locals())]
    if own not in contents.symbols:
        raise ScenarioError(f"the file has no value '{name}'", where=document.path, allowed=settable, given=name)
    if own in contents.assigned:
        read_ = sorted(n for n in contents.assigned[own].names if n in contents.symbols)
        raise ScenarioError(
            f"'{name}' follows an assignment rule and cannot vary",
            where=document.line(own),
            mend=f"vary what it follows from: {', '.join(read_[:5])}" if read_ else "change the rule",
        )
    s = contents.symbols[own]
    if own in contents.starts or s.kind == "species":
        known = contents.given()
        value = contents.initial(lambda p: known[p if " " in p else safe(p)])(own)
        contents.starts.pop(own, None)
        contents.symbols[own] = replace(s, given=float(value), as_concentration=s.by_size)
    return f"{ROLE}.{safe(own) if contents.free(own) else start(own)}"


def _module(contents: Contents, rates: tuple[str, ...]) -> type[Module]:
    """The module class of a file: constants are parameters, species amounts and rated symbols are states.

    Whoever makes it sets `equations`: what tells its compiled form from that of another file.
    """

    def looks(v: Any) -> Look:
        return contents.looks(_held(v))

    declared = _constants_and_states(contents)
    declared |= {safe(n): Publishes("1", contents.symbols[n].kind) for n in contents.assigned}
    by_size = [n for n, s in contents.symbols.items() if s.kind == "species" and s.by_size]
    declared |= {f"[{n}]": Publishes("1", f"concentration of the species {n}") for n in by_size}
    declared |= {n: Publishes("1", f"rate of the reaction {n}") for n in rates}
    guards = contents.guards()
    if guards:
        declared[OUTSIDE] = Publishes("1", "below zero the equations break down")
    modes = {k: e for k, e in contents.edges().items() if contents.moves(e.names)}
    declared |= {k.strip(): Mode(k, lambda v, e=e: e.answer(looks(v))) for k, e in modes.items()}  # type: ignore[misc]
    declared |= jumps(contents, looks)
    declared[STOP.removeprefix(f"{ROLE}.")] = Switch("nothing reads it")

    class File(Module):
        role = ROLE

        def flows(self, v: Any) -> Iterator[Change]:
            look = contents.looks(_held(v), lambda key: getattr(v, key.strip()) > 0.5 if key in modes else None)
            for reaction in contents.reactions.values():
                for species, stoichiometry in reaction.makes:
                    yield Change(safe(species), stoichiometry(look) * look(reaction.name), f"reaction {reaction.name}")
            if CLOCK in declared:
                yield Change(CLOCK, 1.0, "time passes")
            for name, rate in contents.rates.items():
                yield Change(safe(name), _rate_of_amount(contents, name, rate, look), f"rate rule of {name}")

        def published(self, v: Any) -> dict[str, Any]:
            look = looks(v)
            shown = {safe(n): amounted(contents.amount(n, look)) for n in contents.assigned}
            shown |= {f"[{n}]": look(n) for n in by_size} | {n: look(n) for n in rates}
            return shown | ({OUTSIDE: _least(contents, look)} if guards else {})

    File.__doc__ = f"Imported from {Path(contents.where).name}."
    for name, d in declared.items():
        d.name = name
    File.declared = declared
    return File


def _held(v: Any) -> Callable[[str], Any]:
    return lambda name: v.time if name == TIME else getattr(v, name)


def _constants_and_states(contents: Contents) -> dict[str, Declared]:
    """What a user may change, what follows from it before time 0, and what moves after it."""

    def begin(name: str) -> Callable[[Any], Any]:
        return lambda v: contents.amount(name, contents.initial(lambda p: getattr(v, p if " " in p else safe(p))))

    declared: dict[str, Declared] = {n: Param("1", "given in the file") for n in contents.given()}
    for name, s in contents.symbols.items():
        if name in contents.assigned:
            continue
        if name in contents.changing():
            declared[safe(name)] = State("1", s.kind, start=begin(name))
        elif contents.free(name):
            declared[safe(name)] = Param("1", s.kind)
        else:
            declared[safe(name)] = Derived("1", s.kind, begin(name))
    if not contents.changing():
        declared[CLOCK] = State("1", "so that there is something to integrate")
    return declared


def _rate_of_amount(contents: Contents, name: str, rate: Formula, look: Look) -> Any:
    """d(amount)/dt of a rated symbol; a species by size also follows the change of its compartment."""
    s = contents.symbols[name]
    if not s.by_size:
        return amounted(rate(look))
    swelling = contents.rates.get(s.compartment, number(0.0))
    return amounted(rate(look)) * look(s.compartment) + look(name) * amounted(swelling(look))


def _least(contents: Contents, look: Look) -> Any:
    """The least of the arguments that may not be negative, of those in force."""
    found: Any = 0.0
    for g in contents.guards():
        value = g.value(look)
        found = m.minimum(found, value if g.active is None else m.where(g.active(look), value, 0.0))
    return found


def starting(imported: Imported, values: Mapping[str, Any], patients: int) -> dict[str, Any]:
    """Values of patients with their states at the start ("sbml.NAME@start"), after the events that happen there.

    values: parameters by path, numbers or arrays (patients,).
    """
    model, contents = imported.model, imported.contents
    with np.errstate(all="ignore"):
        found = {**values, **model.constants(values)}
        if not contents.events:
            return found
        now = {p: np.broadcast_to(np.asarray(found[f"{p}@start"], float), patients).copy() for p in model.states}
        before = np.array([np.full(patients, e.true_before) for e in contents.events])
        for _ in range(64):
            turns = model.turns({**found, **now, TIME.strip(): 0.0})[len(model.modes) :]
            holds = np.array([np.broadcast_to(t.holds, patients) > 0.5 for t in turns])
            fired, before = holds & ~before, holds
            if not fired.any():
                break
            after = dict(now)
            for turn, who in zip(turns, fired, strict=True):
                for p, x in turn.sets.items():
                    after[p] = np.where(who, x, after[p])
            for i, j in model.apart:
                if np.any(fired[i] & fired[j]):
                    names = f"{contents.events[i].name} and {contents.events[j].name}"
                    raise EngineError(
                        f"SBML: {names} come together at the start, and their order matters", where=imported.source
                    )
            now = after
        else:
            raise EngineError("SBML: events trigger each other without end at the start", where=imported.source)
    return found | {f"{p}@start": x for p, x in now.items()}
