"""An SBML file becomes a model: species are states in amounts, rules and reactions are its equations.

Numbers stay in the file's own units; the engine's day stands for the file's unit of time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from livingdrug.errors import EngineError
from livingdrug.model.assemble import Model, assemble
from livingdrug.model.declare import Change, Declared, Derived, Module, Param, Publishes, State
from livingdrug.sbml.contents import ROLE, Contents, Event, safe
from livingdrug.sbml.formula import TIME, Edge, Formula, Look, number
from livingdrug.sbml.parse import parse


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
    """Read an SBML file into a model. Errors (EngineError) name the unsupported feature, the file and the line.

    >>> from livingdrug.published.entry import published
    >>> from livingdrug.sbml import read, write
    >>> stein = published("stein_2019")
    >>> with open("stein.xml", "w") as file:
    ...     characters = file.write(write(stein.model, stein.values))
    >>> imported = read("stein.xml")
    >>> len(imported.events)
    0
    """
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
    declared |= {safe(n): Publishes("1", contents.symbols[n].kind) for n in contents.assigned}
    by_size = [n for n, s in contents.symbols.items() if s.kind == "species" and s.by_size]
    declared |= {f"[{n}]": Publishes("1", f"concentration of the species {n}") for n in by_size}

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
            amounts = {safe(n): contents.amount(n, look) for n in contents.assigned}
            return amounts | {f"[{n}]": look(n) for n in by_size}

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
