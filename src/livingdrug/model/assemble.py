"""Modules wired into one model, checked before a step is taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from livingdrug.errors import EngineError, WiringError, nearest
from livingdrug.model.declare import (
    Adds,
    Break,
    Change,
    Covariate,
    Declared,
    Derived,
    Entry,
    Flow,
    Hazard,
    Jump,
    Mode,
    Module,
    Multiplies,
    Param,
    Port,
    Publishes,
    State,
    Switch,
)
from livingdrug.model.found import Clone, Evaluation, Quantity, Turn
from livingdrug.model.math import where
from livingdrug.model.scope import Scope, full
from livingdrug.model.tissue import Field, Substance, Tissue, Total

MOST_FLOWS = 2000  # of one mechanism


class Model:
    """Chosen modules, wired. Build one with `assemble`."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self.modules: dict[str, Module] = {}
        for module in modules:
            if not module.role:
                raise WiringError(f"module '{module.stem}' has no role", mend='give the class a line: role = "..."')
            if module.role in self.modules:
                other = self.modules[module.role].stem
                said = f"two modules fill the role '{module.role}': '{other}' and '{module.stem}'"
                raise WiringError(said, mend="choose one of them")
            self.modules[module.role] = module
        if not self.modules:
            raise WiringError("a model needs at least one module")
        self.declared: dict[str, Declared] = {
            (d.name if isinstance(d, Covariate) else f"{role}.{d.name}"): d
            for role, m in self.modules.items()
            for d in m.declared.values()
            if not isinstance(d, Publishes)
        }
        self.publishes: dict[str, Publishes] = {
            f"{role}.{d.name}": d for role, m in self.modules.items() for d in m.of(Publishes)
        }
        self.contributions: dict[str, list[tuple[str, Multiplies | Adds]]] = {}
        for role, m in self.modules.items():
            for c in m.of(Multiplies, Adds):
                self._contribute(role, c)
        self._check_tissue()
        self._check()

    def __reduce__(self) -> tuple[Any, ...]:
        """As its modules: what was worked out holds functions, which do not travel."""
        return type(self), (tuple(self.modules.values()),)

    def _check_tissue(self) -> None:
        tissues = self._paths(Tissue)
        if len(tissues) > 1:
            raise WiringError(f"two tissues in one model: {' and '.join(tissues[:2])}", mend="choose one of them")
        for role, m in self.modules.items():
            inside = m.of(Field, Substance, Total)
            if inside and not m.of(Tissue):
                raise WiringError(
                    f"'{role}.{inside[0].name}' is in no tissue", mend='declare one: NAME = Tissue("what it is")'
                )
            if m.of(Tissue) and not any(f.takes for f in m.of(Field)):
                raise WiringError(f"no field of '{role}' fills its tissue", mend="give takes= of a Field")

    def _contribute(self, role: str, c: Multiplies | Adds) -> None:
        port_role, _, name = c.path.rpartition(".")
        port = self.modules[port_role].declared.get(name) if port_role in self.modules else None
        if not isinstance(port, Port) and (c.if_open or port_role not in self.modules):
            return
        if not isinstance(port, Port):
            opened = [f"{port_role}.{p.name}" for p in self.modules[port_role].of(Port)]
            raise WiringError(
                f"{role} acts on '{c.path}' but '{port_role}' opened no such port",
                allowed=opened or "none",
                nearest=nearest(c.path, opened),
            )
        if port.combine != c.combine:
            raise WiringError(f"{role} would {c.combine} '{c.path}', a port that combines by {port.combine}")
        self.contributions.setdefault(c.path, []).append((role, c))

    def _paths(self, *kinds: type) -> tuple[str, ...]:
        return tuple(p for p, d in self.declared.items() if isinstance(d, kinds))

    @cached_property
    def given(self) -> dict[tuple[str, str], str]:
        """Path of each quantity that a model is given from outside, by role and name."""
        return {
            (role, d.name): d.name if isinstance(d, Covariate) else f"{role}.{d.name}"
            for role, m in self.modules.items()
            for d in m.declared.values()
            if isinstance(d, (State, Param, Covariate))
        }

    @cached_property
    def states(self) -> tuple[str, ...]:
        """Paths of the states, in the order of the engine's state vector."""
        return self._paths(State)

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Paths of the parameters that the library or scenario must give."""
        return self._paths(Param)

    @cached_property
    def covariates(self) -> tuple[str, ...]:
        """Names of the patient properties that the population must give."""
        return self._paths(Covariate)

    @cached_property
    def derived(self) -> tuple[str, ...]:
        """Paths of the patient constants that are computed from parameters and covariates."""
        return self._paths(Derived)

    @cached_property
    def entries(self) -> tuple[str, ...]:
        """Paths where doses land."""
        return self._paths(Entry)

    @cached_property
    def infusion(self) -> str | None:
        """Path of the entry where the cell product is infused; None in a model without one."""
        return next((p for p, d in self.declared.items() if isinstance(d, Entry) and d.product), None)

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Entries (dose rates [unit/day]) and switches, in the order of the engine's input vector."""
        return self._paths(Entry, Switch)

    @cached_property
    def hazards(self) -> tuple[str, ...]:
        """Paths of the cumulative hazards."""
        return self._paths(Hazard)

    @property
    def clones(self) -> tuple[str, ...]:
        """Paths of the states read cell by cell."""
        return tuple(p for p, d in self.declared.items() if isinstance(d, State) and d.clone)

    @property
    def tissue(self) -> str | None:
        """Path of the tissue; None in a model without one."""
        return next(iter(self._paths(Tissue)), None)

    @property
    def fields(self) -> tuple[str, ...]:
        """Paths of the states that are in every shell of the tissue."""
        return self._paths(Field)

    @property
    def modes(self) -> tuple[str, ...]:
        """Paths of the conditions that hold equations over a step."""
        return self._paths(Mode)

    @property
    def jumps(self) -> tuple[str, ...]:
        """Paths of the jumps."""
        return self._paths(Jump)

    @property
    def apart(self) -> list[tuple[int, int]]:
        """Pairs of jumps, by their place in `jumps`, whose order matters if they come at one moment."""
        jumps = [(p.rpartition(".")[0], self.declared[p]) for p in self.jumps]
        sets = [{full(s, role) for s in d.then} for role, d in jumps]  # type: ignore[attr-defined]
        named = [{full(s, role) for s in d.apart} for role, d in jumps]  # type: ignore[attr-defined]
        return [
            (i, j)
            for j in range(len(jumps))
            for i in range(j)
            if sets[i] & sets[j] or self.jumps[i] in named[j] or self.jumps[j] in named[i]
        ]

    def without_jumps(self, who: str) -> Model:
        """The model itself; EngineError when it has jumps, which `who` cannot carry out."""
        return self._without(self.jumps, who)

    def without_tissue(self, who: str) -> Model:
        """The model itself; EngineError when it has a tissue, whose shells `who` cannot follow."""
        return self._without(self.fields, who, "which is in every shell of a tissue")

    def without_turns(self, who: str) -> Model:
        """The model itself; EngineError when it has modes or jumps, which `who` cannot carry out."""
        return self._without((*self.jumps, *self.modes), who)

    def _without(self, parts: tuple[str, ...], who: str, why: str = "which changes where a condition does") -> Model:
        if parts:
            raise EngineError(
                f"{who} cannot carry out '{parts[0]}', {why}",
                mend="run the model on the compiled engine",
            )
        return self

    def turns(self, values: Mapping[str, Any]) -> list[Turn]:
        """Modes and jumps at these values (as for `evaluate`), modes first."""
        scope = Scope(self, {**{p: 0.0 for p in self.inputs if p not in values}, **values})
        found = []
        for path in (*self.modes, *self.jumps):
            role, d = path.rpartition(".")[0], self.declared[path]
            assert isinstance(d, (Mode, Jump))
            view = scope.view(role)
            sets = {full(s, role): x(view) for s, x in d.then.items()} if isinstance(d, Jump) else {}
            for state in sets:
                if state not in self.states:
                    raise WiringError(
                        f"the jump '{path}' sets no state: '{state}'", nearest=nearest(state, self.states)
                    )
            found.append(Turn(path, isinstance(d, Mode), where(d.when(view), 1.0, 0.0), sets))
        return found

    @property
    def breaks(self) -> tuple[str, ...]:
        """Paths of the patient constants at whose time [day] the integrator restarts."""
        return tuple(f"{role}.{b.at}" for role, m in self.modules.items() for b in m.of(Break))

    @cached_property
    def quantities(self) -> dict[str, Quantity]:
        """Everything that may be looked at, by path: states, then each module's published quantities and ports."""
        found = {path: _quantity(path, self.declared[path]) for path in self.states}
        for role, m in self.modules.items():
            for d in (*m.of(Publishes), *m.of(Port, Total)):
                found[f"{role}.{d.name}"] = _quantity(f"{role}.{d.name}", d)
        return found

    def unit(self, path: str) -> str:
        """The declared unit of a state, parameter, covariate, entry, port or published quantity."""
        return (self.declared.get(path) or self.publishes[path]).unit

    def _check(self) -> None:
        """Evaluate once with ones, so that every missing name is found now."""
        products = [p for p, d in self.declared.items() if isinstance(d, Entry) and d.product]
        if len(products) > 1:
            raise WiringError(
                f"two entries take the cell product: {' and '.join(products[:2])}",
                mend="declare product=True at one of them",
            )
        one = np.float64(1.0)  # divides by zero without raising
        values: dict[str, Any] = dict.fromkeys((*self.states, *self.parameters, *self.covariates, *self.inputs), one)
        with np.errstate(all="ignore"):
            constants = self.constants(values)
            self.evaluate({**values, **constants})
            self.turns({**values, **constants})

    def constants(self, values: Mapping[str, Any], number: Any = None) -> dict[str, Any]:
        """Derived constants, shares of each entry ("role.entry>state") and initial states ("role.state@start").

        values: parameters and covariates by path, scalars or arrays (patients,).
        """
        scope = Scope(self, {p: x for p, x in values.items() if not isinstance(self.declared.get(p), State)}, number)
        found: dict[str, Any] = {}
        for role, m in self.modules.items():
            view = scope.view(role)
            for d in m.declared.values():
                path = f"{role}.{d.name}"
                if isinstance(d, Derived):
                    found[path] = scope.local(role, d.name)
                elif isinstance(d, Entry):
                    for state, share in d.into.items():
                        if state not in m.declared:
                            raise WiringError(
                                f"entry '{path}' lands in unknown state '{state}'",
                                nearest=nearest(state, [s.name for s in m.of(State)]),
                            )
                        found[f"{path}>{state}"] = share(view) if callable(share) else share
                elif isinstance(d, State):
                    start = d.start(view) if callable(d.start) else scope.number(float(d.start), d.unit)
                    found[f"{path}@start"] = start
        return found

    def evaluate(self, values: Mapping[str, Any], number: Any = None, published: bool = True) -> Evaluation:
        """Evaluate the equations once. values: states, parameters, covariates, derived constants, entry shares, inputs
        and `time`, by path; NumPy arrays, pint quantities or SymPy symbols alike. Inputs left out are 0."""
        scope = Scope(self, {**{p: 0.0 for p in self.inputs if p not in values}, **values}, number)
        derivatives: dict[str, Any] = {p: None for p in self.states}
        flows: list[tuple[str, Flow | Change, Any]] = []

        def add(path: str, amount: Any) -> None:
            if path not in derivatives:
                raise WiringError(f"a flow touches unknown state '{path}'", nearest=nearest(path, derivatives))
            derivatives[path] = amount if derivatives[path] is None else derivatives[path] + amount

        for role, m in self.modules.items():
            for f, rate in self._rates(scope, role, m):
                flows.append((role, f, rate))
                if isinstance(f, Change):
                    add(full(f.state, role), rate)
                    continue
                if f.into:
                    add(full(f.into, role), rate if isinstance(f.yields, int) and f.yields == 1 else f.yields * rate)
                if f.out_of:
                    add(full(f.out_of, role), -rate)
            for e in m.of(Entry):
                u = scope.values[f"{role}.{e.name}"]
                if isinstance(u, float) and u == 0.0:
                    continue
                for state in e.into:
                    add(f"{role}.{state}", scope.values[f"{role}.{e.name}>{state}"] * u)
        for p, x in derivatives.items():
            if x is None:
                derivatives[p] = number(0.0, f"({self.unit(p)})/day") if number else 0.0
        return Evaluation(derivatives, flows, self._shown(scope) if published else {})

    def rates(self, values: Mapping[str, Any], number: Any) -> Iterator[tuple[str, Flow | Change, Any]]:
        """Role, flow and rate of all that moves, one by one, at these values (as for `evaluate`, inputs too)."""
        scope = Scope(self, dict(values), number)
        return ((role, *found) for role, m in self.modules.items() for found in self._rates(scope, role, m))

    def _rates(self, scope: Scope, role: str, module: Module) -> Iterator[tuple[Flow | Change, Any]]:
        """A module's flows and signed changes, with the total rate of each."""
        for many, f in enumerate(module.flows(scope.view(role))):
            if not isinstance(f, (Flow, Change)):
                said = f"{role} yields {f!r:.40}, which is no flow"
                raise WiringError(said, mend="yield Flow(name, out_of=, into=, rate=) or Change(state, rate, why)")
            if many == MOST_FLOWS:
                raise WiringError(f"{role} has no end of flows", allowed=f"up to {MOST_FLOWS:,} of one mechanism")
            if isinstance(f, Change) or not f.per:
                yield f, f.rate
            else:
                yield f, f.rate * scope.published(full(f.per, role))

    def places(self, values: Mapping[str, Any], number: Any = None) -> dict[str, dict[str, Any]]:
        """What is worked out in every shell, at these values (as for `evaluate`): the formulas of each field, substance
        and total by path, by the name under which it is declared."""
        scope = Scope(self, {**{p: 0.0 for p in self.inputs if p not in values}, **values}, number)
        return {
            f"{role}.{d.name}": {n: x(scope.view(role)) for n, x in d.formulas.items()}
            for role, m in self.modules.items()
            for d in m.of(Field, Substance, Total)
        }

    def _shown(self, scope: Scope) -> dict[str, Any]:
        """Every published quantity and port, by path."""
        shown: dict[str, Any] = {}
        for role, m in self.modules.items():
            shown.update({f"{role}.{k}": x for k, x in scope.show(role).items()})
            shown.update({f"{role}.{p.name}": scope.port(f"{role}.{p.name}") for p in m.of(Port)})
            shown.update({f"{role}.{t.name}": scope.local(role, t.name) for t in m.of(Total)})
        return shown

    def clone_rates(self, values: Mapping[str, Any]) -> list[Clone]:
        """Birth, death and passages of every clone, from the flows that touch it (SymPy symbols or arrays)."""
        clones = set(self.clones)
        birth: dict[str, Any] = dict.fromkeys(self.clones, 0.0)
        death: dict[str, Any] = dict.fromkeys(self.clones, 0.0)
        passages: dict[str, list[tuple[str, Any]]] = {p: [] for p in self.clones}
        for role, f, _ in self.evaluate(values, published=False).flows:
            if isinstance(f, Change):
                if full(f.state, role) in clones:
                    raise WiringError(
                        f"'{full(f.state, role)}' is a clone but has a signed change ('{f.why}')",
                        mend="declare its birth and its death as two flows with per=",
                    )
                continue
            source, sink, per = (p and full(p, role) for p in (f.out_of, f.into, f.per))
            for touched in {source, sink} & clones:
                if per is None or (per != touched and per not in clones) or (touched == source and per != source):
                    raise WiringError(
                        f"flow '{f.name}' touches the clone '{touched}' but does not say per which cell",
                        mend=f"write per='{touched}' and give the rate per cell",
                    )
            if source in clones and sink in clones:
                passages[source].append((sink, f.rate))
            elif source in clones:
                death[source] = death[source] + f.rate
            elif sink in clones:
                if per == sink:
                    birth[sink] = birth[sink] + f.rate
                elif per:
                    passages[per].append((sink, f.rate))
        return [Clone(p, birth[p], death[p], tuple(passages[p])) for p in self.clones]

    def __repr__(self) -> str:
        from livingdrug.model.describe import model_text

        return model_text(self)

    def _repr_html_(self) -> str:
        from livingdrug.model.describe import model_html

        return model_html(self)


def _quantity(path: str, d: Declared) -> Quantity:
    zero, _, unit = getattr(d, "zero", "").partition(" ")
    return Quantity(path, unit or d.unit, d.doc, float(zero or 0.0))


def assemble(*modules: Module | type[Module]) -> Model:
    """Wire modules (classes or instances) into a model; raises WiringError before anything runs.

    >>> from livingdrug import biology
    >>> from livingdrug.model import assemble
    >>> model = assemble(biology.find("stein_2019"))
    >>> model.states
    ('therapy.growing', 'therapy.lasting')
    """
    return Model([m() if isinstance(m, type) else m for m in modules])
