"""What a report shows and how it speaks of it, as the library files of a run say: the one place that reads them.

A mechanism's file says how its quantities are drawn ([shown.NAME]), in which figure ([figure.NAME]) and section
([section.NAME]), and explains its words ([glossary]). The files of tumour, population and product may say any of these
again for their disease ([shown."ROLE.NAME"]), give its [words], and tell what happens to a patient ([event.NAME]).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from livingdrug import library, units
from livingdrug.errors import UnitError
from livingdrug.scenario.shown import shown_by
from livingdrug.spec import shown as told
from livingdrug.spec.scale import Scale as ScaleFile
from livingdrug.spec.typed import Typed, of_file
from livingdrug.trial.design import DEFAULT_SCALE
from livingdrug.units import of_unit

if TYPE_CHECKING:
    from livingdrug.scenario import Resolved

Kind = TypeVar("Kind", bound=Typed)
USUAL = 50.0  # place in the order of what gives none
TABLES = ("shown", "figure", "section", "event")
PLAIN = {"disease": "the disease", "cells": "tumour cells", "target": "antigen", "second_target": "second antigen"}


@dataclass(frozen=True)
class Shown:
    """How a quantity is named and drawn: shown = times * simulated, in `unit`.

    line: a value [unit] worth a dashed line, and its words; care: a watch on it is a sign of care needed; columns: what
    columns of the patient table hold its value on a `day`, its `peak` and the `peak_day`; journey: how it stands in the
    picture of a patient's whole journey.
    """

    path: str
    title: str
    unit: str
    logarithmic: bool = True
    floor: float = 0.0
    times: float = 1.0
    line: tuple[float, str] | None = None
    figure: str = ""
    order: float = 50.0
    care: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    journey: told.Journey | None = None


@dataclass(frozen=True)
class Panel:
    """A figure of courses: its kind, its section, the last day drawn, and whether its time axis is in months."""

    name: str
    title: str
    section: str
    kind: str = "courses"
    words: str = ""
    months: bool = False
    until: float = float("inf")
    columns: int = 3
    order: float = 50.0


@dataclass(frozen=True)
class Event:
    """Something that happens to a patient on the day in a column, if (unless) another column is above 0. reached: how a
    response is told; of another event, empty."""

    name: str
    words: str
    day: str
    only_if: str = ""
    unless: str = ""
    reached: str = ""
    ends_response: bool = False


@dataclass(frozen=True)
class Scale:
    """A grading scale in words: its short name, what it grades, and the section that shows it."""

    name: str
    short: str
    graded: str
    section: str


@dataclass(frozen=True)
class Words:
    """Everything that the library says for the report of one run."""

    shown: Mapping[str, Shown]
    panels: tuple[Panel, ...]
    sections: tuple[tuple[str, str], ...]  # (name, title), in order
    events: tuple[Event, ...]
    glossary: tuple[tuple[str, str], ...]
    names: Mapping[str, str]  # disease, cells, target

    @property
    def response(self) -> Event | None:
        """The event that is the response: the first that says how it is told once it was reached."""
        return next((event for event in self.events if event.reached), None)

    def of_panel(self, panel: Panel) -> list[Shown]:
        """What a figure shows, in order."""
        return sorted((s for s in self.shown.values() if s.figure == panel.name), key=lambda s: s.order)

    def of_section(self, section: str) -> list[Panel]:
        """The figures of a section, in order."""
        return sorted((p for p in self.panels if p.section == section), key=lambda p: p.order)


def words(resolved: Resolved) -> Words:
    """What the mechanisms, tumour, population and product of a run say; ScenarioError names file and key at fault."""
    said: dict[str, dict[str, Any]] = {kind: {} for kind in TABLES}
    glossary: dict[str, str] = {}
    names = dict(PLAIN)
    for role, file in shown_by(resolved):
        for kind in TABLES:
            for name, given in getattr(file, kind).items():
                path = f"{role}.{name}" if role and kind == "shown" else name
                said[kind][path] = given.laid_on(said[kind].get(path))
        glossary |= file.glossary
        names |= file.words.said()
    for word in ("target", "second_target"):
        names[word] = getattr(resolved.product, word) or names[word]
    disease = resolved.tumour.glossary if resolved.tumour else {}
    spoken = {k: {n: _spoken(x, names) for n, x in found.items()} for k, found in said.items()}
    quantities = resolved.model().quantities
    shown = {p: _shown(p, x, resolved) for p, x in spoken["shown"].items() if p in quantities}
    sections = sorted(spoken["section"].items(), key=lambda s: _order(s[1]))
    return Words(
        shown,
        tuple(_panel(name, x) for name, x in spoken["figure"].items()),
        tuple((name, capital(x.title or name)) for name, x in sections),
        tuple(_event(name, x) for name, x in spoken["event"].items() if x.day),
        tuple(sorted(glossary.items(), key=lambda entry: entry[0] not in disease)),
        names,
    )


def scales(resolved: Resolved) -> list[Scale]:
    """The scales on which the trial grades, its own last."""
    trial = resolved.trial
    found = []
    for name in dict.fromkeys([*trial.also_graded, trial.scale or DEFAULT_SCALE]):
        entry = library.find("scales", name, where=trial.place("scale"))
        file = of_file(ScaleFile, entry)
        found.append(Scale(entry.name, file.short or entry.name, file.graded or "toxicity", file.section or "toxicity"))
    return found


def property_of(resolved: Resolved, name: str, short: bool = False) -> str:
    """What one calls a property of the patients; `short`: in a list of what patients differ in."""
    covariate = resolved.covariates.get(name)
    title = (covariate and covariate.title) or name.replace("_", " ")
    return (covariate and covariate.property) or title.partition(" (")[0] if short else title


def died_of(cause: str, resolved: Resolved) -> str:
    """How a death is told: "died of the disease", as the model says what strikes; cause: as in the column of a run."""
    model = resolved.model()
    struck = {path.rpartition(".")[2].replace("_", " "): path for path in model.hazards}
    told_ = model.declared[struck[cause]].doc if cause in struck else ""
    return told_.replace("death", "died", 1) if told_.startswith("death") else f"died ({cause})" if cause else "died"


def capital(text: str) -> str:
    """The words with a capital letter."""
    return text[:1].upper() + text[1:]


def _spoken(given: Kind, names: Mapping[str, str]) -> Kind:
    """The table with {disease}, {cells}, {target} and {second_target} in its texts filled in; other braces are kept."""
    texts = {k: x for k in given.model_fields_set if isinstance(x := getattr(given, k), str)}
    filled = {k: re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], found[0]), x) for k, x in texts.items()}
    return given.model_copy(update=filled)


def _order(given: told.Shown | told.Figure | told.Section) -> float:
    return USUAL if given.order is None else given.order


def _shown(path: str, given: told.Shown, resolved: Resolved) -> Shown:
    quantity = resolved.model().quantities[path]
    unit = given.unit or of_unit(quantity.unit)
    times = _times(quantity.unit, given.unit or quantity.unit)
    line = None
    if given.line:
        at = given.line.at
        parameter = resolved.parameters.get(f"{path.rpartition('.')[0]}.{at}") or resolved.parameters.get(str(at))
        value = times * parameter.value if parameter else at
        line = (float(value), given.line.words) if not isinstance(value, str) else None
    return Shown(
        path,
        given.title or quantity.doc,
        unit,
        logarithmic=given.scale != "linear",
        floor=given.floor or 0.0,
        times=times,
        line=line,
        figure=given.figure or "",
        order=_order(given),
        care=bool(given.care),
        columns=given.columns.said() if given.columns else {},
        journey=given.journey,
    )


def _times(unit: str, shown: str) -> float:
    """What a quantity is multiplied by to be in the unit that it is shown in; words that are no unit (copies/µg DNA)
    are another name of its own."""
    try:
        return units.factor(unit, shown)
    except UnitError:
        return 1.0


def _panel(name: str, given: told.Figure) -> Panel:
    return Panel(
        name,
        capital(given.title or name),
        given.section or "",
        given.kind or "courses",
        given.words or "",
        months=given.time == "months",
        until=float("inf") if given.until is None else given.until,
        columns=given.columns or 3,
        order=_order(given),
    )


def _event(name: str, given: told.Event) -> Event:
    return Event(
        name,
        given.words or name.replace("_", " "),
        given.day or "",
        given.only_if or "",
        given.unless or "",
        given.reached or "",
        bool(given.ends_response),
    )
