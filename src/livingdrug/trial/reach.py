"""What a change can reach in a model: found by looking at what moves in the equations, not by a list.

Two arms are evaluated at the same random states of the same patients. A state whose rate or start differs is reached;
then those whose rates change when the reached ones do, and so on. An effect that is nil by its numbers (a factor of
exactly 1) reaches nothing. Care rules are no part of it: care that is given or spared is told apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from livingdrug import library
from livingdrug.care.rules import drug
from livingdrug.engine.plan import Floats
from livingdrug.model import Model
from livingdrug.scenario import Resolved
from livingdrug.spec.grammar import calls, names
from livingdrug.spec.protocol import Protocol, Rule
from livingdrug.spec.scale import Scale
from livingdrug.spec.trial import OWN_SCALE, Measure
from livingdrug.spec.typed import read
from livingdrug.trial.before_infusion import at_conditioning, steps
from livingdrug.trial.before_infusion import told as told_before
from livingdrug.trial.definitions import SAMPLED
from livingdrug.trial.graded import asked_of, scale_of
from livingdrug.trial.selected import chosen

LOOKED_AT = 64  # random states, each of another patient
CELLS, OTHERS = (0.0, 12.0), (-3.0, 4.0)  # decades in which a state lies that starts at 0
PLAIN = (
    "enrolled",
    "infused",
    "infusion_day",
    "dose",
    "failed",
    "outcome",
    "status",
    "time",
    "never",
)  # what no equation decides
AROUND = 2.0  # decades around a start above 0


def reached(reference: Resolved, other: Resolved, inputs: Iterable[str]) -> set[str]:
    """The states, hazards and published quantities that differ between two scenarios by their equations and numbers.

    inputs: entries and switches that care uses otherwise in the two.
    """
    values = [at_conditioning(r, chosen(r, LOOKED_AT, 1), 1) for r in (reference, other)]
    models = [reference.model(), other.model()]
    states = {**_states(models[0], values[0]), **_states(models[1], values[1])}
    told = [_told(m, {**v, **states}) for m, v in zip(models, values, strict=True)]
    found = {p for p, x in told[1].items() if p not in told[0] or _differs(x, told[0][p])}
    found |= {p for p in models[1].states if _differs(values[1].get(f"{p}@start"), values[0].get(f"{p}@start"))}
    found |= _landing(models[1], {**values[1], **states}, inputs)
    while True:
        moved = {p: 3.0 * x + 1.0 for p, x in states.items() if p in found}
        after = _told(models[1], {**values[1], **states, **moved})
        more = {p for p, x in after.items() if _differs(x, told[1][p])} - found
        if not more:
            return found
        found |= more


def _landing(model: Model, values: Mapping[str, Any], inputs: Iterable[str]) -> set[str]:
    """What is reached by doses and switches: the states where they land, and whatever changes with them."""
    found: set[str] = set()
    before = _told(model, values)
    for path in inputs:
        if path in model.inputs:
            after = _told(model, {**values, path: np.ones(LOOKED_AT)})
            found |= {p for p, x in after.items() if _differs(x, before[p])}
    return found


def _told(model: Model, values: Mapping[str, Any]) -> dict[str, Any]:
    """Every rate of change by its state, and every published quantity."""
    with np.errstate(all="ignore"):
        seen = model.evaluate(values)
    return {**seen.derivatives, **seen.published}


def _states(model: Model, values: Mapping[str, Any]) -> dict[str, Floats]:
    """Random states (LOOKED_AT,), the same in every run."""
    found = {}
    for path in model.states:
        uniform = np.random.default_rng([1, *path.encode()]).random(LOOKED_AT)
        start = np.broadcast_to(np.asarray(values.get(f"{path}@start", 0.0), float), (LOOKED_AT,))
        low, high = CELLS if model.unit(path) == "cell" else OTHERS
        anywhere = 10.0 ** (low + (high - low) * uniform)
        found[path] = np.where(start > 0, start * 10.0 ** (AROUND * (2 * uniform - 1)), anywhere)
    return found


def _differs(a: Any, b: Any) -> bool:
    if a is None or b is None:  # a state that only one of the models has
        return a is not b
    return not np.array_equal(np.broadcast_to(a, LOOKED_AT), np.broadcast_to(b, LOOKED_AT), equal_nan=True)


class Names:
    """What every name that a measure may ask about is made of: columns, looks, scales, chances, events."""

    def __init__(self, resolved: Resolved) -> None:
        trial, model = resolved.trial, resolved.model()
        self.trial = trial
        self.inside = {c.name: {n.path for n in c.value.names} for c in trial.column}
        for name, asked in (
            *_looks(resolved.protocol).items(),
            *_scales(resolved).items(),
            *_events(model).items(),
        ):
            self.inside.setdefault(name, set()).update(asked)
        before = {p for p in model.parameters if p.partition(".")[0] in steps(model)}
        self.inside = {**dict.fromkeys(told_before(model), before), **self.inside}
        if trial.samples:
            for name in (*SAMPLED, *(f"copies_{day:g}" for day in trial.samples.days)):
                self.inside.setdefault(name, {trial.samples.observable})
        numbers = {*resolved.covariates, *model.covariates, *resolved.parameters, *resolved.protocol.numbers}
        self.quantities = {*model.quantities, *model.hazards}
        self.known = {*self.inside, *numbers, *self.quantities, *_chances(resolved), *PLAIN}

    def read_off(self, measure: Measure) -> set[str] | None:
        """Every name that a measure is read off, down to states, hazards and published quantities; None where one is
        not understood."""
        found = asked_of(measure, self.trial, self.inside)
        return found if found <= self.known else None


def _chances(resolved: Resolved) -> set[str]:
    """The names of chances that care and columns draw."""
    asked = [*(c.value for c in resolved.trial.column), *(x.asked for x in resolved.protocol.looks)]
    drawn = [c for x in asked for c in calls(x.node) if c.function == "draw"]
    return {n.path for c in drawn for part in c.arguments for n in names(part)}


def _events(model: Model) -> dict[str, set[str]]:
    """The hazards behind each day on which something strikes by chance."""
    deaths = {p for p in model.hazards if getattr(model.declared[p], "ends", False)}
    days = {f"{p.rpartition('.')[2]}_day": {p} for p in model.hazards}
    return {**days, "death_day": deaths, "end_day": deaths, "cause": deaths}


def _looks(protocol: Protocol) -> dict[str, set[str]]:
    """What each watch, rule and given drug is asked of."""
    found: dict[str, set[str]] = {}
    for look in protocol.looks:
        asked = {n.path for n in look.asked.names}
        found.setdefault(look.key, set()).update(asked)
        if isinstance(look, Rule) and look.do and look.do.give:
            for name in (look.do.give, drug(look.do.give)):
                found.setdefault(name, set()).update(asked)
    for dose in protocol.schedule:
        found.setdefault(dose.give, set())
    return found


def _scales(resolved: Resolved) -> dict[str, set[str]]:
    """What each scale's watches are asked of."""
    found: dict[str, set[str]] = {}
    own = scale_of(resolved.trial)
    for name in {own, *(library.find("scales", x).name for x in resolved.trial.also_graded)}:
        file = read(Scale, library.find("scales", name).table)
        asked = [file.entry.when, *(g.when for g in file.grade), *file.meanings.values()]
        names = {n.path for x in asked for n in x.names} - set(file.meanings)
        for called in (name, *([OWN_SCALE] if name == own else [])):
            for last in ("entry", "grade", *(f"grade{level}" for level in file.levels)):
                found[f"{called}.{last}"] = names
    return found
