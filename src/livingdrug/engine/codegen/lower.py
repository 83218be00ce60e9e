"""From a model's equations to one list of statements, which every back end prints.

The model is evaluated once with SymPy symbols. Calls that are no plain arithmetic (`hill`, `where`, `exp`, powers,
...) each become a statement of their own, common sub-expressions are shared, and the Jacobian is built statement by
statement with guarded derivatives.
"""

from __future__ import annotations

import keyword
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from livingdrug.engine.codegen.expressions import Sheet, Statement
from livingdrug.engine.codegen.places import Places, Shells
from livingdrug.errors import EngineError

if TYPE_CHECKING:
    from livingdrug.model import Model

TIME = "time"
RESERVED = {
    "w",
    "l",
    "h",
    "g",
    "y",
    "exp",
    "log",
    "power",
    "sqrt",
    "range",
    "abs",
    "min",
    "max",
    "True",
    "False",
    "float",
    "int",
}


@dataclass(frozen=True)
class Condition:
    """What is looked for inside a step. holds: the name of its value, 1 or 0; mode: equations read it, held over it."""

    path: str
    holds: str
    mode: bool


@dataclass(frozen=True)
class Setting:
    """What a jump (index of its condition) sets: which state, to the value of which name."""

    jump: int
    state: int
    value: str


@dataclass(frozen=True)
class System:
    """A model ready to be printed. Values are named by the statements that compute them.

    states: paths in the order of the state vector (`time` is the last one when an equation uses it);
    columns: paths of the patient constants that are needed; names: path to the name used in statements;
    clones: state index of each clone; passages: (source clone, sink clone, whether the source loses the cell);
    hazards: (state index, whether it ends follow-up); breaks: column of each; entries: (input, state, column of the
    share); switches: indices of the inputs that are switches; counts: whether each state counts cells.
    """

    states: tuple[str, ...]
    inputs: tuple[str, ...]
    columns: tuple[str, ...]
    observables: tuple[str, ...]
    clones: tuple[int, ...]
    passages: tuple[tuple[int, int, bool], ...]
    hazards: tuple[tuple[int, bool], ...]
    breaks: tuple[int, ...]
    entries: tuple[tuple[int, int, int], ...]
    switches: tuple[int, ...]
    counts: tuple[bool, ...]
    names: dict[str, str]
    statements: tuple[Statement, ...]
    rhs: tuple[str, ...]
    jacobian: dict[tuple[int, int], str]
    observed: tuple[str, ...]
    conditions: tuple[Condition, ...]
    settings: tuple[Setting, ...]
    apart: tuple[tuple[int, int], ...]  # indices of conditions of jumps whose order would matter
    rates: tuple[str, ...]  # birth and death of each clone, then the per-cell rate of each passage
    shells: Shells | None = None  # of a tissue; `rhs` and `jacobian` are then of the other states (`rows`)

    @cached_property
    def rows(self) -> tuple[int, ...]:
        """Indices of the states that have an equation of their own; those of a tissue share theirs among shells."""
        return tuple(i for i in range(len(self.states)) if not self.shells or not self.shells.has(i))

    @cached_property
    def hoisted(self) -> tuple[Statement, ...]:
        """Costly statements of the patient's constants alone: worked out once a patient, not at every step."""
        fixed = {self.names[p] for p in self.columns}
        found = []
        for s in self.statements:
            if s.reads <= fixed:
                fixed.add(s.target)
                if "/" in s.text or "(" in s.text or (self.shells and " if " in s.text):
                    found.append(s)
        return tuple(found)

    def needed(self, targets: Sequence[str], known: Collection[str] = ()) -> list[Statement]:
        """The statements that these values rest on, in order; names in `known` are at hand."""
        wanted = set(targets)
        kept = []
        for s in reversed(self.statements):
            if s.target in wanted and s.target not in known:
                kept.append(s)
                wanted |= s.reads
        return kept[::-1]


def lower(model: Model) -> System:
    """The model's equations, Jacobian, published quantities and clone rates as statements."""
    import sympy

    from livingdrug.model import Derived, Entry, Hazard, Switch

    derived = tuple(p for p, d in model.declared.items() if isinstance(d, Derived))
    shares = tuple(f"{p}>{s}" for p, d in model.declared.items() if isinstance(d, Entry) for s in d.into)
    constants = (*model.parameters, *model.covariates, *derived, *shares)
    places = Places(model)
    names = _names((*model.states, *model.inputs, *constants, *model.modes, TIME, *places.paths))
    values: dict[str, Any] = places.values({p: sympy.Symbol(n) for p, n in names.items()})
    evaluation = model.evaluate(values)
    clones = model.clone_rates(values) if model.clones else []
    passages, passage_rates = _passages(model, clones, evaluation.flows)

    sheet = Sheet({names[p] for p in (*model.states, TIME, *places.levels)}, frozenset(names[p] for p in constants))
    own = [p for p in model.states if p not in model.fields]
    slopes = [places.whole(evaluation.derivatives[p]) for p in own]
    inside = places.expressions(evaluation.derivatives)
    observables = {p: places.same_everywhere(p, x) for p, x in evaluation.published.items() if p not in model.states}
    rates = [r for c in clones for r in (c.birth, c.death)] + passage_rates
    turns = model.turns({p: x for p, x in values.items() if p not in model.modes})
    set_ = [(j, p, x) for j, turn in enumerate(turns) for p, x in turn.sets.items()]
    parts = [slopes, observables.values(), rates, [t.holds for t in turns], [x for _, _, x in set_], inside]
    written = iter(sheet.write([x for part in parts for x in part]))
    rhs, observed, rated, holding, setting, there = ([next(written) for _ in part] for part in parts)
    found = [*rhs, *observed, *rated, *holding, *setting, *there]

    time_used = any(names[TIME] in s.reads for s in sheet.statements) or names[TIME] in found
    timer = (TIME,) if time_used else ()
    states = (*own, *places.states, *timer)
    jacobian: dict[tuple[int, int], str] = {}
    for i in range(len(rhs)):
        for j, state in enumerate((*own, *timer)):
            slope = sheet.slope(rhs[i], names[state])
            if slope != "0.0":
                jacobian[i, j] = slope

    read = {r for s in sheet.statements for r in s.reads} | set(found)
    kept = tuple(p for p in constants if names[p] in read or p in shares or p in model.breaks)
    column, state_at, input_at = ({p: i for i, p in enumerate(x)} for x in (kept, states, model.inputs))
    places.check_doses()
    shells = places.shells(there, names, sheet, states)
    for path in model.breaks:
        if path not in column:
            raise EngineError(
                f"the break '{path}' is no patient constant", mend="name a Param, Covariate or Derived in Break(at=)"
            )
    return System(
        states=states,
        inputs=model.inputs,
        columns=kept,
        observables=tuple(observables),
        clones=tuple(state_at[p] for p in model.clones),
        passages=passages,
        hazards=tuple((state_at[p], bool(d.ends)) for p, d in model.declared.items() if isinstance(d, Hazard)),
        breaks=tuple(column[p] for p in model.breaks),
        entries=tuple(
            (input_at[p], state_at[f"{p.rpartition('.')[0]}.{s}"], column[f"{p}>{s}"])
            for p, d in model.declared.items()
            if isinstance(d, Entry)
            for s in d.into
        ),
        switches=tuple(input_at[p] for p, d in model.declared.items() if isinstance(d, Switch)),
        counts=tuple(p != TIME and model.unit(p.partition("[")[0]) == "cell" for p in states),
        names=names,
        statements=tuple(sheet.statements),
        rhs=(*rhs, *(("1.0",) if time_used else ())),
        jacobian=jacobian,
        observed=tuple(observed),
        conditions=tuple(Condition(t.path, x, t.mode) for t, x in zip(turns, holding, strict=True)),
        settings=tuple(Setting(j, state_at[p], x) for (j, p, _), x in zip(set_, setting, strict=True)),
        apart=tuple((i + len(model.modes), j + len(model.modes)) for i, j in model.apart),
        rates=tuple(rated),
        shells=shells,
    )


def _names(paths: tuple[str, ...]) -> dict[str, str]:
    """A readable, unique name for each path."""
    names: dict[str, str] = {}
    taken = set(RESERVED)
    for path in paths:
        name = "".join(c if c.isalnum() else "_" for c in path.replace(">", "_to_"))
        while name in taken or keyword.iskeyword(name):
            name += "_"
        taken.add(name)
        names[path] = name
    return names


def _passages(model: Model, clones: list[Any], flows: list[Any]) -> tuple[tuple[tuple[int, int, bool], ...], list[Any]]:
    """Who passes cells to whom, whether the source loses them, and the rate per cell of the source [1/day]."""
    place = {c.path: i for i, c in enumerate(clones)}
    leaving = set()
    for role, f, _ in flows:
        if getattr(f, "out_of", None) and f.into:
            leaving.add(tuple(p if "." in p else f"{role}.{p}" for p in (f.out_of, f.into)))
    pairs, rates = [], []
    for c in clones:
        for sink, rate in c.passages:
            pairs.append((place[c.path], place[sink], (c.path, sink) in leaving))
            rates.append(rate)
    return tuple(pairs), rates
