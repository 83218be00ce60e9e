"""A mechanism by itself, with the least neighbours that let it be assembled: so that it can be tried out and tested."""

from __future__ import annotations

from livingdrug.model.assemble import Model, assemble
from livingdrug.model.declare import Adds, Declared, Module, Multiplies, Param, Port, Publishes, Reads, State


def stand_ins(module: type[Module]) -> list[type[Module]]:
    """The least neighbours of a mechanism: a state for each quantity it reads or drains, a port for each it acts on. A
    mechanism of patient constants alone reads constants."""
    wanted: dict[str, dict[str, Declared]] = {}
    moving = any(isinstance(d, (State, Publishes, Multiplies, Adds)) for d in module.declared.values())
    for d in module.declared.values():
        if isinstance(d, (Reads, Multiplies, Adds)):
            role, _, name = d.path.rpartition(".")
            if role != module.role:
                read = State if moving else Param
                wanted.setdefault(role, {})[name] = (
                    read(d.unit, "stand-in") if isinstance(d, Reads) else Port(d.unit, "stand-in", d.combine)
                )
    return [type(f"StandIn{i}", (Module,), {"role": role, **names}) for i, (role, names) in enumerate(wanted.items())]


def alone(module: type[Module]) -> Model:
    """The mechanism assembled with its stand-ins and evaluated once; what cannot be raises, from its own line."""
    return assemble(module, *stand_ins(module))
