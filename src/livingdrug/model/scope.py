"""One evaluation of a model in progress: what a module sees as `v`, and what is looked up for it.

Quantities are looked up when an equation asks for them, so the order of evaluation is the topological order of
who reads whom; a circle of readers is an error that names the circle.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from livingdrug.errors import WiringError, nearest
from livingdrug.model.declare import (
    Covariate,
    Derived,
    Mode,
    Param,
    Port,
    Publishes,
    Reads,
    as_declared,
)
from livingdrug.model.math import where
from livingdrug.model.tissue import Field, Place, Substance, Tissue, Total, balanced, well_mixed

if TYPE_CHECKING:
    from livingdrug.model.assemble import Model

TIME = "time"


class View:
    """What a module sees as `v`: every name it declared, and `time` [day]. What was looked up once is kept."""

    def __init__(self, scope: Scope, role: str) -> None:
        self._scope, self._role = scope, role

    def __getattr__(self, name: str) -> Any:
        found = self.__dict__[name] = self._scope.local(self._role, name)
        return found


class Scope:
    """One evaluation in progress: known values, what has been published so far, and who is being asked."""

    def __init__(self, model: Model, values: Mapping[str, Any], number: Any = None) -> None:
        self.model = model
        self.values: dict[str, Any] = dict(values)
        self.number = number or (lambda value, unit: value)
        self.shown: dict[str, dict[str, Any]] = {}
        self.ports: dict[str, Any] = {}
        self.asking: list[str] = []
        self.views: dict[str, View] = {}

    def view(self, role: str) -> View:
        """What the module of this role sees, one for all who ask it."""
        if role not in self.views:
            self.views[role] = View(self, role)
        return self.views[role]

    def local(self, role: str, name: str) -> Any:
        given = self.model.given.get((role, name))
        if given in self.values:
            return self.values[given]
        module = self.model.modules[role]
        d = module.declared.get(name)
        if d is None:
            if name == TIME:
                return self.values.get(TIME, self.number(0.0, "day"))
            raise WiringError(
                f"{role} uses v.{name} but does not declare it",
                where=f"module '{module.stem}'",
                nearest=nearest(name, module.declared),
                mend="declare it at class level (State, Param, Reads, ...)",
            )
        if isinstance(d, Reads):
            return self.published(d.path, reader=role, absent=d)
        if isinstance(d, Port):
            return self.port(f"{role}.{name}")
        if isinstance(d, Publishes):
            return self.published(f"{role}.{d.name}", reader=role)
        path = name if isinstance(d, Covariate) else f"{role}.{name}"
        if path not in self.values and isinstance(d, Mode):
            self.values[path] = self._asked(path, lambda: where(d.when(self.view(role)), 1.0, 0.0))
        if path not in self.values and isinstance(d, Derived):
            self.values[path] = self._asked(path, lambda: d.formula(self.view(role)))
        if path not in self.values and isinstance(d, (Tissue, Substance, Total)):
            self.values[path] = self._asked(path, lambda: self._mixed(role, d))
        if path not in self.values:
            kind = type(d).__name__.lower()
            raise WiringError(
                f"{kind} '{path}' has no value",
                where=f"module '{module.stem}'",
                mend="give it in the library or scenario"
                if isinstance(d, (Param, Covariate))
                else "patient constants (Derived, start=) may use parameters and covariates only",
            )
        return self.values[path]

    def _mixed(self, role: str, d: Tissue | Substance | Total) -> Any:
        """The tissue, a substance or a total where the tissue is one shell."""
        view = self.view(role)
        if isinstance(d, Total):
            return d.of(view)
        if isinstance(d, Tissue):
            fields = self.model.modules[role].of(Field)
            filled = [getattr(view, f.name) * f.takes(view) for f in fields if f.takes]
            return well_mixed(sum(filled[1:], filled[0]))
        parts = {n: x(view) for n, x in d.formulas.items()}
        nothing = {"gain": f"({d.unit})/day", "outside": d.unit, "resistance": "um"}
        missing = {n: self.number(0.0, u) for n, u in nothing.items() if n not in parts}
        return balanced(self.place(role), **parts, **missing)

    def place(self, role: str) -> Place:
        """The place in the tissue of this role."""
        (tissue,) = self.model.modules[role].of(Tissue)
        found: Place = self.local(role, tissue.name)
        return found

    def _asked(self, path: str, answer: Any) -> Any:
        if path in self.asking:
            circle = " -> ".join([*self.asking[self.asking.index(path) :], path])
            raise WiringError(
                f"quantities read each other in a circle: {circle}",
                mend="let one of them be a state, or publish less from the module in the middle",
            )
        self.asking.append(path)
        try:
            return answer()
        finally:
            self.asking.pop()

    def published(self, path: str, reader: str = "", absent: Reads | None = None) -> Any:
        if path in self.values and not (path in self.model.publishes and path in self.model.declared):
            return self.values[path]
        role, _, name = path.rpartition(".")
        module = self.model.modules.get(role)
        if module is not None:
            d = module.declared.get(name)
            if isinstance(d, Port):
                return self.port(path)
            if isinstance(d, (Derived, Total)):
                return self.local(role, name)
            shown = self.show(role)
            if name in shown:
                return shown[name]
        if absent is not None and absent.absent is not None:
            return self.number(absent.absent, absent.unit)
        known = [r for r in self.model.modules if r.split(".")[0] == role.split(".")[0]]
        offered = [f"{r}.{d.name}" for r in known for d in self.model.modules[r].declared.values()]
        raise WiringError(
            f"{reader or 'the model'} reads '{path}' but no chosen module provides it",
            allowed=None if offered else self.model.modules,
            nearest=nearest(path, offered),
            mend=f"choose a module for the role '{role}' that publishes '{name}'",
        )

    def show(self, role: str) -> dict[str, Any]:
        """What the module of this role publishes, by name: neither more nor less than it declares."""
        if role not in self.shown:
            module = self.model.modules[role]
            given = self._asked(f"{role} (published)", lambda: module.published(self.view(role)))
            as_declared(role, module, given)
            self.shown[role] = given
        return self.shown[role]

    def port(self, path: str) -> Any:
        if path not in self.ports:
            role, _, name = path.rpartition(".")
            d = self.model.modules[role].declared[name]
            assert isinstance(d, Port)

            def gather() -> Any:
                total = self.number(d.start, d.unit)
                for giver, contribution in self.model.contributions.get(path, []):
                    given = self.model.modules[giver].contributes(self.view(giver))
                    if contribution.name not in given:
                        raise WiringError(f"{giver} declares {contribution!r} but contributes() does not give it")
                    part = given[contribution.name]
                    total = total * part if d.combine == "multiply" else total + part
                return total if d.scale is None else d.scale(self.view(role)) * total

            self.ports[path] = self._asked(path, gather)
        return self.ports[path]


def full(state: str, role: str) -> str:
    """The path of a state that a module may name without its role."""
    return state if "." in state else f"{role}.{state}"
