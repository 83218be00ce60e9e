"""A lowered model cut down to what some of its quantities rest on: less to print, less to integrate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from livingdrug.engine.codegen.lower import System
from livingdrug.errors import EngineError, unknown


def reduced(system: System, seen: Sequence[str]) -> System:
    """The system with only the states, inputs and constants on which these states and published quantities rest.

    What is kept moves as it did: a state is left out only when no kept equation reads it. Chance is left out, too.
    """
    if system.conditions:
        raise EngineError("a model with jumps cannot be cut down", mend="run it whole")
    places = {p: i for i, p in enumerate(system.states)}
    shown = {p: x for p, x in zip(system.observables, system.observed)}
    for path in seen:
        if path not in places and path not in shown:
            raise unknown("quantity of the model", path, {**places, **shown}, error=EngineError)
    observables = tuple(p for p in system.observables if p in seen)
    kept = _states(system, [shown[p] for p in observables], {p for p in seen if p in places})
    old = [places[p] for p in kept]
    new = {i: k for k, i in enumerate(old)}
    rhs = tuple(system.rhs[i] for i in old)
    jacobian = {(new[i], new[j]): x for (i, j), x in system.jacobian.items() if i in new and j in new}
    targets = [*rhs, *jacobian.values(), *(shown[p] for p in observables)]
    statements = tuple(system.needed(targets))
    read = {r for s in statements for r in s.reads} | set(targets)
    entries = [e for e in system.entries if e[1] in new]
    inputs = [i for i, p in enumerate(system.inputs) if system.names[p] in read or any(e[0] == i for e in entries)]
    input_at = {i: k for k, i in enumerate(inputs)}
    shares = {system.columns[e[2]] for e in entries} | {system.columns[b] for b in system.breaks}
    columns = tuple(p for p in system.columns if system.names[p] in read or p in shares)
    column = {p: i for i, p in enumerate(columns)}
    return replace(
        system,
        states=kept,
        inputs=tuple(system.inputs[i] for i in inputs),
        columns=columns,
        observables=observables,
        clones=(),
        passages=(),
        hazards=(),
        breaks=tuple(column[system.columns[b]] for b in system.breaks),
        entries=tuple((input_at[i], new[s], column[system.columns[c]]) for i, s, c in entries),
        switches=tuple(input_at[i] for i in system.switches if i in input_at),
        counts=tuple(system.counts[i] for i in old),
        statements=statements,
        rhs=rhs,
        jacobian=jacobian,
        observed=tuple(shown[p] for p in observables),
        rates=(),
    )


def _states(system: System, observed: list[str], wanted: set[str]) -> tuple[str, ...]:
    """The states that these values and states rest on, in the system's order."""
    named = {system.names[p]: i for i, p in enumerate(system.states)}
    kept = {system.states.index(p) for p in wanted}
    fresh = list(observed) + [system.rhs[i] for i in kept]
    while fresh:
        read = {r for s in system.needed(fresh) for r in s.reads} | set(fresh)
        found = {named[r] for r in read if r in named} - kept
        kept |= found
        fresh = [system.rhs[i] for i in found]
    return tuple(p for i, p in enumerate(system.states) if i in kept)
