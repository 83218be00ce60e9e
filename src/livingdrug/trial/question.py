"""What a run asks by what it changes, and where the model is silent: what a change cannot reach in the equations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from livingdrug.care.rules import drug, find_input
from livingdrug.model import Model
from livingdrug.scenario import Resolved, resolve
from livingdrug.spec.origin import Sourced
from livingdrug.trial.before_infusion import steps
from livingdrug.trial.graded import titled
from livingdrug.trial.reach import Names, reached


@dataclass(frozen=True)
class Question:
    """What a run asks by what it changes. asked: whether anything is changed; silent: the measures that no change can
    reach in the equations, by name, each with its family, or its title where it has none; reached: the families of
    those that can be reached; left_out: what the mechanisms leave out that are changed, by role."""

    asked: bool = False
    silent: Mapping[str, str] = field(default_factory=dict)
    reached: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)

    def fields(self) -> list[str]:
        """What it is silent on, family by family: "response (2 of 3 measures)"."""
        silent, heard = Counter(self.silent.values()), Counter(self.reached)
        return [f"{x} ({n} of {n + heard[x]} measures)" if n + heard[x] > 1 else x for x, n in silent.items()]


def question(resolved: Resolved) -> Question:
    """What is changed between the arms, or against the library trial, and what that can reach."""
    first, others = _compared(resolved)
    if first is None:
        return Question()
    moved: set[str] = set()
    roles: set[str] = set()
    for other in others:
        inputs, looks = _care(first, other)
        changed = _touched(first, other)
        if changed & set(steps(other.model())) and other.model().infusion:  # what is made is what is infused
            inputs.add(str(other.model().infusion))
        touched = {p.rpartition(".")[0] for p in inputs} | changed
        roles |= touched
        moved |= reached(first, other, inputs) | looks
    silent: dict[str, str] = {}
    heard: list[str] = []
    known = Names(first)
    for m in first.trial.measure:
        names = known.read_off(m)
        read = None if names is None else names & (known.quantities | moved)
        if read is None or read & moved:
            heard.append(m.family or titled(m, first.trial))
        elif read:
            silent[m.name] = m.family or titled(m, first.trial)
    left = {r: words for other in others for r, words in left_out(other.model()) if r in roles}
    return Question(bool(moved or roles), silent, tuple(heard), left)


def _compared(resolved: Resolved) -> tuple[Resolved | None, list[Resolved]]:
    """What is set against what: the further arms against the first, or one arm against the library trial it changes."""
    arms = tuple(a for a in resolved.arms if a.resolved.comparator is None) or resolved.arms
    if len(arms) > 1:
        return arms[0].resolved, [a.resolved for a in arms[1:]]
    base = resolved.chain[-1]
    if resolved.as_fitted or base.kind == "scenario":
        return None, []
    return resolve(base.name).arms[0].resolved, [arms[0].resolved]


def _care(first: Resolved, other: Resolved) -> tuple[set[str], set[str]]:
    """Entries and switches that two protocols use otherwise, and the names of the looks that differ."""
    inputs: set[str] = set()
    looks: set[str] = set()
    kept = [{(key, _meant(x)) for key, x in _orders(r)} for r in (first, other)]
    for r in (first, other):
        model = r.model()
        for key, x in _orders(r):
            if (key, _meant(x)) in kept[0] & kept[1]:
                continue
            do = getattr(x, "do", None)
            give, switch = (do.give, do.set) if do else (getattr(x, "give", None), None)
            looks |= {key, *([drug(give)] if give else [])}
            if give or switch:
                inputs.add(find_input(model, str(give or switch), bool(give)))
    if _amounts(first) != _amounts(other):
        asked = {p for p, x in _amounts(other).items() if _amounts(first).get(p) != x}
        for dose in other.protocol.schedule:
            named = {n.path for x in (dose.amount, dose.when, dose.at_least, dose.at_most) if x for n in x.names}
            if named & asked:
                inputs.add(find_input(other.model(), dose.give, True))
    return inputs, looks


def _orders(resolved: Resolved) -> Iterator[tuple[str, Any]]:
    """Every dose, watch and rule of a protocol, by its name."""
    protocol = resolved.protocol
    yield from ((d.name, d) for d in protocol.schedule)
    yield from ((x.key, x) for x in protocol.looks)


def _meant(order: Any) -> str:
    """What an order says, without where it comes from."""
    return str({k: str(getattr(order, k)) for k in type(order).model_fields if k not in Sourced.model_fields})


def _amounts(resolved: Resolved) -> dict[str, float]:
    return {path: x.value for path, x in resolved.protocol.numbers.items()}


def _touched(first: Resolved, other: Resolved) -> set[str]:
    """The roles whose mechanism or numbers differ."""
    found = {role for role, stem in other.modules.items() if first.modules.get(role) != stem}
    for path, p in other.parameters.items():
        was = first.parameters.get(path)
        if was is not None and (was.value, was.variability) != (p.value, p.variability):
            found.add(path.rpartition(".")[0])
    return found


def left_out(model: Model) -> Iterator[tuple[str, str]]:
    """What each mechanism says that it leaves out, by its role."""
    for role, module in model.modules.items():
        doc = " ".join((type(module).__doc__ or "").split())
        if found := re.search(r"Leaves out:\s*(.+)$", doc):
            yield role, found.group(1).strip()
