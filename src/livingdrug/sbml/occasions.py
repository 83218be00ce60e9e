"""Events of an SBML file as jumps of a model; those whose result hangs on an order that SBML leaves open stay apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livingdrug.errors import EngineError
from livingdrug.model.declare import Jump
from livingdrug.sbml.contents import Contents, Event, safe
from livingdrug.sbml.formula import Formula, Look, amounted


def jumps(contents: Contents, looks: Callable[[Any], Look]) -> dict[str, Jump]:
    """The events as jumps, by name. EngineError for one with a delay."""
    names = {id(e): f"event {i + 1}" for i, e in enumerate(contents.events)}
    for e in contents.events:
        if e.delay is not None and (e.delay.names or e.delay(lambda name: None) != 0.0):
            raise EngineError(
                f"SBML: the event '{e.name}' has a delay, which is not supported",
                where=f"{contents.where}:{e.line}",
                mend="let a clock that it starts (a parameter with a rate rule) trigger what comes later",
            )
    return {
        names[id(e)]: _jump(
            contents, e, looks, frozenset(names[id(o)] for o in contents.events if _apart(contents, e, o))
        )
        for e in contents.events
    }


def _jump(contents: Contents, event: Event, looks: Callable[[Any], Look], apart: frozenset[str]) -> Jump:
    """A species set as a concentration fills the size that its compartment has just before (suite, case 01779)."""

    def setting(name: str, formula: Formula) -> Callable[[Any], Any]:
        s = contents.symbols[name]

        def value(v: Any) -> Any:
            look = looks(v)
            found = amounted(formula(look))
            return found * look(s.compartment) if s.by_size else found

        return value

    then = {safe(n): setting(n, f) for n, f in event.assignments}
    return Jump(event.name, lambda v: event.trigger(looks(v)), then, apart)


def _apart(contents: Contents, event: Event, other: Event) -> bool:
    """Whether it matters that another event comes first at the same moment: it may stop this one, or set what it
    reads late, or the size that its concentrations fill."""
    if other is event:
        return False
    theirs = {n for n, _ in other.assignments}
    sets = {n for n, _ in event.assignments}
    sizes = {contents.symbols[n].compartment for n in sets if contents.symbols[n].by_size}
    reads = contents.depends(frozenset(n for _, f in event.assignments for n in f.names))
    return bool(
        (not event.persistent and theirs & contents.depends(event.trigger.names))
        or (not event.early and theirs & reads)
        or theirs & sizes
    )
