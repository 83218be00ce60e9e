"""The text of an SBML file as formulas, through libSBML; what is outside the subset is refused by name and line.

The text is that of `document`: Level 1 is converted there, models made of models are one, packages are looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livingdrug.errors import EngineError
from livingdrug.sbml.contents import Contents, Event, Reaction, Symbol, local
from livingdrug.sbml.document import Document, libsbml
from livingdrug.sbml.formula import Builder, Formula, number, symbol

UNITS = (10311, 10313)  # rules of libSBML on units, which change no course


def parse(document: Document) -> Contents:
    """Everything a file says. EngineError when it is broken, or asks for what is not supported."""
    return _Parser(document).contents()


class _Parser:
    def __init__(self, said: Document) -> None:
        self.file, self.sbml = said.path, libsbml("reading SBML")
        self.document = self.sbml.readSBMLFromString(said.text)
        self._well_formed()
        self.model = self.document.getModel()
        self.builder = Builder(where=self.file)
        self.found = Contents(where=self.file, notes=list(said.notes))

    def refuse(self, feature: str, element: Any, mend: str = "write the model without it") -> EngineError:
        return EngineError(f"SBML: {feature} is not supported", where=f"{self.file}:{element.getLine()}", mend=mend)

    def invalid(self, what: str, element: Any) -> EngineError:
        return EngineError(f"SBML: {what}", where=f"{self.file}:{element.getLine()}", mend="mend the file")

    def _well_formed(self) -> None:
        doc, s = self.document, self.sbml
        self._errors("this is not valid SBML")
        if doc.getModel() is None:
            raise EngineError("this file holds no SBML model", where=self.file)
        doc.setConsistencyChecks(s.LIBSBML_CAT_UNITS_CONSISTENCY, False)
        doc.setConsistencyChecks(s.LIBSBML_CAT_MODELING_PRACTICE, False)
        doc.checkConsistency()
        self._errors("this SBML breaks a rule of the language")

    def _errors(self, what: str) -> None:
        for i in range(self.document.getNumErrors()):
            e = self.document.getError(i)
            if e.getSeverity() >= self.sbml.LIBSBML_SEV_ERROR and e.getErrorId() not in UNITS:
                detail = " ".join(e.getMessage().strip().splitlines()[-1].split())
                raise EngineError(
                    f"{what}: {e.getShortMessage()} ({detail[:300]})",
                    where=f"{self.file}:{e.getLine()}",
                    mend="mend the file, or export it again",
                )

    def contents(self) -> Contents:
        model, found = self.model, self.found
        for f in model.getListOfFunctionDefinitions():
            tree = f.getMath()
            if tree is None or f.getBody() is None:
                raise self.invalid(f"function '{f.getId()}' has no mathematics", f)
            self.builder.functions[f.getId()] = (
                [f.getArgument(i).getName() for i in range(f.getNumArguments())],
                f.getBody(),
            )
        for c in model.getListOfCompartments():
            self._symbol(c, "compartment", c.getSize() if c.isSetSize() else None)
        for p in model.getListOfParameters():
            self._symbol(p, "parameter", p.getValue() if p.isSetValue() else None)
        for s in model.getListOfSpecies():
            self._species(s)
        for r in model.getListOfReactions():
            self._reaction(r)
        for a in model.getListOfInitialAssignments():
            found.starts[a.getSymbol()] = self.formula(a, f"the initial assignment of '{a.getSymbol()}'")
        for r in model.getListOfRules():
            self._rule(r)
        for i, e in enumerate(model.getListOfEvents()):
            self._event(e, i)
        if model.getListOfConstraints().size():
            found.notes.append("constraints are not looked at: they change no course")
        self._refuse_what_would_be_wrong()
        return found

    def formula(self, element: Any, what: str, bound: Mapping[str, Formula] | None = None) -> Formula:
        tree = element.getMath()
        if tree is None:
            raise self.invalid(f"{what} has no mathematics", element)
        self.builder.where = f"{self.file}:{element.getLine()}"
        return self.builder.build(tree, bound)

    def _symbol(self, element: Any, kind: str, given: float | None) -> None:
        self.found.symbols[element.getId()] = Symbol(element.getId(), kind, given, line=element.getLine())

    def _species(self, s: Any) -> None:
        compartment = self.model.getCompartment(s.getCompartment())
        sized = compartment.getSpatialDimensionsAsDouble() != 0
        given = (
            s.getInitialConcentration()
            if s.isSetInitialConcentration()
            else (s.getInitialAmount() if s.isSetInitialAmount() else None)
        )
        self.found.symbols[s.getId()] = Symbol(
            s.getId(),
            "species",
            given,
            s.getCompartment(),
            by_size=sized and not s.getHasOnlySubstanceUnits(),
            as_concentration=s.isSetInitialConcentration(),
            line=s.getLine(),
        )

    def _reaction(self, r: Any) -> None:
        name = r.getId()
        if r.isSetFast() and r.getFast():
            raise self.refuse(f"the fast reaction '{name}'", r)
        law = r.getKineticLaw()
        if law is None:  # it never happens, which `document` notes
            return
        bound: dict[str, Formula] = {}
        for p in [*law.getListOfParameters(), *law.getListOfLocalParameters()]:
            if not p.isSetValue():
                raise self.invalid(f"local parameter '{p.getId()}' of reaction '{name}' has no value", p)
            key = local(name, p.getId())
            self.found.locals[key], bound[p.getId()] = p.getValue(), symbol(key)
        rate = self.formula(law, f"the rate law of reaction '{name}'", bound)
        makes: list[tuple[str, Formula]] = []
        for sign, sides in ((-1.0, r.getListOfReactants()), (1.0, r.getListOfProducts())):
            for reference in sides:
                s = self.model.getSpecies(reference.getSpecies())
                how_many = self._stoichiometry(reference)
                if not s.getBoundaryCondition() and not s.getConstant():
                    factor = s.getConversionFactor() or self.model.getConversionFactor()
                    makes.append((s.getId(), _product(number(sign), how_many, *([symbol(factor)] if factor else []))))
        self.found.reactions[name] = Reaction(name, rate, tuple(makes))

    def _stoichiometry(self, reference: Any) -> Formula:
        level3 = self.document.getLevel() > 2
        if reference.isSetStoichiometryMath():
            return self.formula(reference.getStoichiometryMath(), f"the stoichiometry of '{reference.getSpecies()}'")
        given = reference.getStoichiometry() if reference.isSetStoichiometry() or not level3 else 1.0
        if level3 and reference.isSetId():
            self._symbol(reference, "stoichiometry", given)
            return symbol(reference.getId())
        return number(given)

    def _rule(self, r: Any) -> None:
        if r.isAlgebraic():
            raise self.refuse("an algebraic rule", r)
        name = r.getVariable()
        if r.isRate():
            self.found.rates[name] = self.formula(r, f"the rate rule of '{name}'")
        else:
            self.found.assigned[name] = self.formula(r, f"the assignment rule of '{name}'")

    def _event(self, e: Any, i: int) -> None:
        name = e.getId() or f"event {i + 1}"
        trigger = e.getTrigger()
        if trigger is None:
            raise self.invalid(f"{name} has no trigger", e)

        def part(element: Any, what: str) -> Formula:
            return self.formula(element, f"the {what} of {name}")

        level3 = self.document.getLevel() > 2
        event = Event(
            name,
            part(trigger, "trigger"),
            tuple(
                (a.getVariable(), part(a, f"assignment to '{a.getVariable()}'")) for a in e.getListOfEventAssignments()
            ),
            delay=part(e.getDelay(), "delay") if e.getDelay() is not None else None,
            priority=part(e.getPriority(), "priority") if level3 and e.getPriority() is not None else None,
            persistent=trigger.getPersistent() if level3 else True,
            true_before=trigger.getInitialValue() if level3 else True,
            early=e.getUseValuesFromTriggerTime(),
            line=e.getLine(),
        )
        self.found.events.append(event)

    def _refuse_what_would_be_wrong(self) -> None:
        """A rated concentration in a size that follows a rule needs a derivative; x == 2 holds at a point only."""
        found = self.found
        for name in found.rates:
            s = found.symbols[name]
            if s.by_size and s.compartment in found.assigned:
                raise EngineError(
                    f"SBML: a rate rule for species '{name}' in compartment '{s.compartment}', whose size follows an "
                    "assignment rule, is not supported",
                    where=f"{self.file}:{s.line}",
                    mend="give the compartment's size a rate rule",
                )
        for formula in found.formulas():
            if any(edge.exact and not found.still(edge.names) for edge in formula.edges):
                raise EngineError(
                    "SBML: a changing quantity is compared with == or !=, which is not supported",
                    where=self.file,
                    mend="write it with >= or <=",
                )


def _product(*parts: Formula) -> Formula:
    def value(look: Any) -> Any:
        answer: Any = 1.0
        for p in parts:
            answer = answer * p(look)
        return answer

    joined = [tuple(x for p in parts for x in group(p)) for group in (lambda p: p.edges, lambda p: p.guards)]
    return Formula(value, frozenset().union(*[p.names for p in parts]), *joined)
