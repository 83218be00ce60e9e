"""Small SBML files for tests, written through libSBML."""

from __future__ import annotations

import libsbml


def small(
    parameters: dict[str, float],
    rates: dict[str, str] | None = None,
    assigned: dict[str, str] | None = None,
    events: list[dict] | None = None,
    level: int = 3,
    version: int = 2,
) -> libsbml.SBMLDocument:
    """Parameters, rate rules, assignment rules, and events {when, then, delay, priority, persistent, before, early}."""
    document = libsbml.SBMLDocument(level, version)
    model = document.createModel()
    model.setId("small")
    for name, value in parameters.items():
        p = model.createParameter()
        p.setId(name)
        p.setValue(value)
        moved = {v for e in events or [] for v in e["then"]} | set(rates or {}) | set(assigned or {})
        p.setConstant(name not in moved)
    for maker, rules in ((model.createRateRule, rates), (model.createAssignmentRule, assigned)):
        for name, text in (rules or {}).items():
            rule = maker()
            rule.setVariable(name)
            rule.setMath(libsbml.parseL3Formula(text))
    for i, said in enumerate(events or []):
        e = model.createEvent()
        e.setId(f"e{i}")
        e.setUseValuesFromTriggerTime(said.get("early", True))
        trigger = e.createTrigger()
        trigger.setMath(libsbml.parseL3Formula(said["when"]))
        if level > 2:
            trigger.setInitialValue(said.get("before", True))
            trigger.setPersistent(said.get("persistent", True))
        for maker, key in ((e.createDelay, "delay"), (e.createPriority, "priority")):
            if key in said:
                maker().setMath(libsbml.parseL3Formula(str(said[key])))
        for name, text in said["then"].items():
            a = e.createEventAssignment()
            a.setVariable(name)
            a.setMath(libsbml.parseL3Formula(str(text)))
    return document


def saved(document: libsbml.SBMLDocument | str, path) -> str:
    """The document (or its text) as a file; its path."""
    text = document if isinstance(document, str) else libsbml.writeSBMLToString(document)
    path.write_text(text, encoding="utf-8")
    return str(path)
