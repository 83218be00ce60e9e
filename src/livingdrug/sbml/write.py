"""An ordinary model becomes an SBML file: states are species, flows are reactions, what is published follows rules.

Time is in days. Units are written into the names: SBML's own unit language knows no cells or transgene copies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from livingdrug.errors import EngineError
from livingdrug.model.declare import Change, Entry, Flow, Switch

if TYPE_CHECKING:
    from livingdrug.model.assemble import Model

# hill is guarded at zero as in model.math
FUNCTIONS = {
    "hill": "lambda(x, half, n, 1 / (1 + piecewise(x / half, x > 1e-10 * half, 1e-10)^(-n)))",
    "smooth_step": "lambda(x, at, width, 1 / (1 + exp(-(x - at) / width)))",
    "maximum": "lambda(a, b, piecewise(a, a > b, b))",
    "minimum": "lambda(a, b, piecewise(a, a < b, b))",
}
TIME = "time"


def write(
    model: Model,
    values: Mapping[str, float],
    doses: Iterable[tuple[float, str, float, float]] = (),
    name: str = "livingdrug",
) -> str:
    """The model with one patient's values as SBML Level 3 text. Re-imported, it gives the same course.

    values: parameters and covariates by path; doses: (time [day], entry, amount, duration [day]). Chance (clones read
    cell by cell) and care rules are no part of SBML and are left out.
    """
    try:
        import libsbml
    except ImportError as absent:
        raise EngineError("writing SBML needs python-libsbml", mend="pip install 'livingdrug[exchange]'") from absent
    model.without_turns("an SBML file written here").without_tissue("an SBML file written here")
    return _Writer(model, values, list(doses), name, libsbml).text()


def identifier(path: str) -> str:
    """A path as an SBML identifier: `drug.tocilizumab.dose` becomes `drug__tocilizumab__dose`."""
    return path.replace(".", "__").replace(">", "__into__")


class _Writer:
    def __init__(
        self,
        model: Model,
        values: Mapping[str, float],
        doses: list[tuple[float, str, float, float]],
        name: str,
        libsbml: Any,
    ) -> None:
        import sympy

        self.model, self.doses, self.sbml = model, doses, libsbml
        self.constants: dict[str, Any] = {**values, **model.constants(values)}
        known = [*model.states, *self.constants, *model.inputs]
        symbols: dict[str, Any] = {p: sympy.Symbol(identifier(p)) for p in known if "@" not in p}
        self.equations = model.evaluate({**symbols, TIME: sympy.Symbol(TIME)})
        self.document = libsbml.SBMLDocument(3, 1)
        self.out = self.document.createModel()
        self.out.setId(identifier(name))
        self.printer = _printer()

    def text(self) -> str:
        self._functions()
        self._symbols()
        for i, (role, flow, _) in enumerate(self.equations.flows):
            self._flow(f"flow_{i + 1}", role, flow)
        for path in self.model.entries:
            self._infusion(path)
        self._published()
        for i, dose in enumerate(sorted(self.doses)):
            self._dose(i + 1, *dose)
        return str(self.sbml.writeSBMLToString(self.document))

    def _math(self, expression: Any) -> Any:
        import sympy

        return self._parsed(self.printer.doprint(sympy.sympify(expression)))

    def _parsed(self, text: str) -> Any:
        tree = self.sbml.parseL3Formula(text)
        if tree is None:
            raise EngineError(
                f"this expression cannot be written as SBML: {text[:200]}",
                where=self.sbml.getLastParseL3Error(),
                mend="write the equation with plain arithmetic",
            )
        return tree

    def _functions(self) -> None:
        for name, text in FUNCTIONS.items():
            f = self.out.createFunctionDefinition()
            f.setId(name)
            f.setMath(self._parsed(text))

    def _symbols(self) -> None:
        body = self.out.createCompartment()
        body.setId("body")
        body.setSize(1.0)
        body.setSpatialDimensions(3)
        body.setConstant(True)
        for path in self.model.states:
            declared = self.model.declared[path]
            s = self.out.createSpecies()
            s.setId(identifier(path))
            s.setName(f"{declared.doc} [{declared.unit}]")
            s.setCompartment("body")
            s.setInitialAmount(float(self.constants[f"{path}@start"]))
            s.setHasOnlySubstanceUnits(True)
            s.setBoundaryCondition(False)
            s.setConstant(False)
        for path, value in self.constants.items():
            if "@" not in path:
                self._parameter(path, float(value), constant=True)
        for path in self.model.inputs:
            self._parameter(path, 0.0, constant=False)

    def _parameter(self, path: str, value: float | None, constant: bool) -> None:
        p = self.out.createParameter()
        p.setId(identifier(path))
        declared = self.model.declared.get(path)
        if declared is not None:
            p.setName(f"{declared.doc} [{declared.unit}{'/day' if isinstance(declared, Entry) else ''}]")
        if value is not None:
            p.setValue(value)
        p.setConstant(constant)

    def _flow(self, key: str, role: str, flow: Flow | Change) -> None:
        """One reaction, or two where the number that arrives is itself an expression."""

        def path(state: str) -> str:
            return state if "." in state else f"{role}.{state}"

        if isinstance(flow, Change):
            self._reaction(key, flow.why, {path(flow.state): 1.0}, flow.rate, signed=True)
            return
        rate = flow.rate * self._state(path(flow.per)) if flow.per else flow.rate
        changes = {path(flow.out_of): -1.0} if flow.out_of else {}
        if flow.into and isinstance(flow.yields, (int, float)):
            changes[path(flow.into)] = changes.get(path(flow.into), 0.0) + float(flow.yields)
        self._reaction(key, flow.name, changes, rate)
        if flow.into and not isinstance(flow.yields, (int, float)):
            self._reaction(f"{key}_yield", f"{flow.name}: what arrives", {path(flow.into): 1.0}, flow.yields * rate)

    @staticmethod
    def _state(path: str) -> Any:
        import sympy

        return sympy.Symbol(identifier(path))

    def _reaction(self, key: str, name: str, changes: Mapping[str, float], rate: Any, signed: bool = False) -> None:
        r = self.out.createReaction()
        r.setId(key)
        r.setName(name)
        r.setReversible(signed)
        r.setFast(False)
        for path, change in changes.items():
            if change:
                s = r.createReactant() if change < 0 else r.createProduct()
                s.setSpecies(identifier(path))
                s.setStoichiometry(abs(change))
                s.setConstant(True)
        law = r.createKineticLaw()
        law.setMath(self._math(rate))
        moved = {identifier(p) for p in changes}
        others = {str(x) for x in getattr(rate, "free_symbols", ())} & {identifier(p) for p in self.model.states}
        for other in sorted(others - moved):
            r.createModifier().setSpecies(other)

    def _infusion(self, path: str) -> None:
        role = path.rpartition(".")[0]
        entry = self.model.declared[path]
        assert isinstance(entry, Entry)
        for state in entry.into:
            rate = self._state(f"{path}>{state}") * self._state(path)
            self._reaction(
                f"{identifier(path)}__into__{state}__flow",
                f"infusion, {entry.doc}",
                {f"{role}.{state}": 1.0},
                rate,
                signed=True,
            )

    def _published(self) -> None:
        for path, expression in self.equations.published.items():
            if identifier(path).isidentifier() and path not in self.model.states:
                name = f"{path}.published" if path in self.constants else path
                self._parameter(name, None, constant=False)
                rule = self.out.createAssignmentRule()
                rule.setVariable(identifier(name))
                rule.setMath(self._math(expression))

    def _dose(self, number: int, time: float, path: str, amount: float, duration: float) -> None:
        declared = self.model.declared.get(path)
        if not isinstance(declared, (Entry, Switch)):
            raise EngineError(f"the model has no entry '{path}'", allowed=self.model.inputs)
        role, here = path.rpartition(".")[0], identifier(path)
        if isinstance(declared, Switch):
            self._event(f"dose_{number}", time, {here: repr(amount)})
        elif duration > 0:
            self._event(f"dose_{number}_begin", time, {here: f"{here} + {amount / duration!r}"})
            self._event(f"dose_{number}_end", time + duration, {here: f"{here} - {amount / duration!r}"})
        else:
            lands = {
                identifier(f"{role}.{s}"): f"{identifier(f'{role}.{s}')} + {identifier(f'{path}>{s}')} * {amount!r}"
                for s in declared.into
            }
            self._event(f"dose_{number}", time, lands)

    def _event(self, key: str, time: float, changes: Mapping[str, str]) -> None:
        e = self.out.createEvent()
        e.setId(key)
        e.setUseValuesFromTriggerTime(False)
        trigger = e.createTrigger()
        trigger.setInitialValue(False)
        trigger.setPersistent(True)
        trigger.setMath(self._parsed(f"time >= {time!r}"))
        for variable, text in changes.items():
            a = e.createEventAssignment()
            a.setVariable(variable)
            a.setMath(self._parsed(text))


def _printer() -> Any:
    """SymPy expressions in the infix language of libSBML."""
    from sympy.printing.str import StrPrinter

    class Printer(StrPrinter):
        def _print_Float(self, e: Any) -> str:
            return repr(float(e))

        def _print_Pow(self, e: Any, rational: bool = False) -> str:
            return f"({self._print(e.base)})^({self._print(e.exp)})"

        def _print_Rational(self, e: Any) -> str:
            return f"({e.p}/{e.q})"

        def _print_log(self, e: Any) -> str:
            return f"ln({self._print(e.args[0])})"

        def _print_Exp1(self, e: Any) -> str:
            return "exponentiale"

        def _print_ceiling(self, e: Any) -> str:
            return f"ceil({self._print(e.args[0])})"

        def _print_Abs(self, e: Any) -> str:
            return f"abs({self._print(e.args[0])})"

        def _print_Function(self, e: Any) -> str:
            name, arguments = e.func.__name__, [self._print(a) for a in e.args]
            if name == "where":
                return f"piecewise({arguments[1]}, {arguments[0]}, {arguments[2]})"
            return f"{name}({', '.join(arguments)})"

        def _print_Relational(self, e: Any) -> str:
            return f"({self._print(e.lhs)} {e.rel_op} {self._print(e.rhs)})"

        def _print_And(self, e: Any) -> str:
            return "(" + " && ".join(map(self._print, e.args)) + ")"

        def _print_Or(self, e: Any) -> str:
            return "(" + " || ".join(map(self._print, e.args)) + ")"

        def _print_Not(self, e: Any) -> str:
            return f"!({self._print(e.args[0])})"

        def _print_BooleanTrue(self, e: Any) -> str:
            return "true"

        def _print_BooleanFalse(self, e: Any) -> str:
            return "false"

        def _print_Infinity(self, e: Any) -> str:
            return "infinity"

        def _print_NaN(self, e: Any) -> str:
            return "notanumber"

    return Printer()
