"""The steps before infusion in the page: constants of a patient, worked out anew at each setting, and who is lost.

The same rules as `static/figures/making.js` and `making-crowd.js`. Nothing here knows biology: which trial and which
numbers stands in `templates/figures/_model.toml`, what each slider sets in the figure's own file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.web import living

if TYPE_CHECKING:
    from livingdrug.cohort import Cohort
    from livingdrug.model import Model
    from livingdrug.scenario import Resolved

Floats = NDArray[np.float64]
HALVINGS, WIDE = 44, 4.0  # of the search for a value that reaches a number; decades on either side


class Making:
    """A trial with manufacture, as the figures use it."""

    @cached_property
    def resolved(self) -> Resolved:
        from livingdrug.scenario import resolve

        asked = living.asked()["making"]
        return resolve(asked["trial"], {"manufacture": asked["manufacture"]})

    @cached_property
    def model(self) -> Model:
        return self.resolved.model()

    @cached_property
    def means(self) -> dict[str, str]:
        """What enrolment asks for -> the path of the number that says it."""
        from livingdrug.trial.before_infusion import steps

        return {word: f"{role}.{own}" for role, step in steps(self.model).items() for word, own in step.means.items()}

    @cached_property
    def takes(self) -> dict[str, str]:
        """Numbers of the steps that stand for a number of the patient: own path -> the patient's."""
        from livingdrug.trial.before_infusion import steps

        return {f"{role}.{own}": path for role, step in steps(self.model).items() for own, path in step.takes.items()}

    @cached_property
    def values(self) -> dict[str, float]:
        """The numbers of the typical patient."""
        from livingdrug.cohort.covariates import middle

        typical = middle(self.resolved)
        found = {p: self.resolved.parameters[p].value for p in self.model.parameters} | typical
        return {**found, **{own: found[path] for own, path in self.takes.items() if path in found}}

    @cached_property
    def people(self) -> Cohort:
        from livingdrug.cohort import draw

        asked = living.asked()["making"]
        return draw(self.resolved, range(asked["people"]), asked["seed"])

    @cached_property
    def rests_on(self) -> tuple[str, ...]:
        """The parameters and covariates that the shown numbers rest on."""
        return tuple(json.loads(module().split("export const model = ")[1].split(";\n")[0])["values"])

    def constants(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The derived constants at these values (of one, or of many at once)."""
        with np.errstate(all="ignore"):
            return self.model.constants({**self.values, **values})


@cache
def making() -> Making:
    """The one of the figures."""
    return Making()


def module() -> str:
    """The steps as an ES module."""
    from livingdrug.engine.codegen.emit_javascript import write_constants

    made = making()
    return living.kept_text(
        "making.js",
        lambda: (
            write_constants(made.model, living.asked()["making"]["seen"], made.values, made.resolved.title)
            + f"export const means = {json.dumps(made.means, separators=(',', ':'))};\n"
        ),
    )


def crowd() -> str:
    """How the people differ, as an ES module: every number of theirs that the shown ones rest on."""
    return living.kept_text("making-people.js", _crowd)


def _crowd() -> str:
    made = making()
    own = {}
    for path in made.rests_on:
        source = made.takes.get(path, path)
        values = np.broadcast_to(made.people.of(source if source in made.people.values else path), len(made.people))
        if np.ptp(values) > 0:
            own[path] = [float(f"{x:.{living.DIGITS}g}") for x in values]
    facts = {"count": len(made.people), "own": own}
    return f"export const people = {json.dumps(facts, separators=(',', ':'), allow_nan=False)};\n"


# ---- what a figure asks for --------------------------------------------------------------------------------------


def asked(figure: Mapping[str, Any], state: Mapping[str, Any], own: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The numbers at this state that differ from the typical patient's; own: those of people, else the typical ones."""
    made = making()
    values: dict[str, Any] = {**(own or {}), **figure.get("given", {})}
    for choice in figure.get("choice", []):
        values |= choice.get("values", {}).get(state[choice["name"]], {})
    for slider in figure.get("slider", []):
        x = state[slider["name"]] * slider.get("times", 1)
        for path in slider.get("scales", []):
            living.known(path, made.values)
            values[path] = values.get(path, made.values[path]) * _factor(slider, x)
        if path := slider.get("sets"):
            living.known(path, made.values)
            reached = solved(values, path, slider["reaches"], x) if "reaches" in slider else x
            values[path] = values[path] * reached / made.values[path] if own and path in own else reached
    for path in values.keys() - (own or {}).keys():
        living.known(path, made.values)
    return values


def _factor(slider: Mapping[str, Any], x: float) -> float:
    """By how much numbers are multiplied, so that what they add up to in the typical patient comes to x."""
    made = making()
    none, all_ = (
        float(made.constants({p: made.values[p] * by for p in slider["scales"]})[slider["reaches"]]) for by in (0, 1)
    )
    return (x - none) / (all_ - none)


def solved(values: Mapping[str, Any], path: str, reaches: str, target: float) -> float:
    """The value of a number at which another, which rises with it, comes to the target; an end where none does."""
    made = making()
    middle = made.values[path]
    low, high = -WIDE, WIDE
    for _ in range(HALVINGS):
        half = 0.5 * (low + high)
        if float(made.constants({**values, path: middle * 10**half})[reaches]) < target:
            low = half
        else:
            high = half
    return float(middle * 10 ** (0.5 * (low + high)))


def lines(figure: Mapping[str, Any], state: Mapping[str, Any], at: Floats) -> list[Floats]:
    """The line of each panel (n,): the panel's number as one of the model's runs along the days."""
    made, values, along = making(), asked(figure, state), figure["along"]
    days = np.minimum(at, state[along["most"]]) if "most" in along else at
    found = []
    for panel in figure["panel"]:
        own = {**values, **panel.get("given", {})}
        before = float(made.constants({**own, along["sets"]: 0.0})[along["reaches"]]) if "reaches" in along else 0.0
        line = np.asarray(made.constants({**own, along["sets"]: days - before})[panel["shown"]], float)
        line = np.broadcast_to(line, at.shape) * panel.get("scale_by", 1)
        found.append(line / line[0] if panel.get("relative") else line)
    return found


def waiting(figure: Mapping[str, Any], state: Mapping[str, Any]) -> tuple[Any, list[Any], Floats, None]:
    """Each person's group (0: the disease took them out, 1: something else did, 2: infused), and who died of it."""
    from livingdrug.trial import before_infusion as before

    made = making()
    people = made.people
    changed = asked(figure, state, {p: people.of(made.takes.get(p, p)) for p in made.rests_on if _known(p)})
    values = {**people.values, **changed, **{made.takes[p]: x for p, x in changed.items() if p in made.takes}}
    cohort = replace(people, values={p: np.broadcast_to(np.asarray(x, float), len(people)) for p, x in values.items()})
    status = np.array(before.before_infusion(made.resolved, cohort, made.resolved.protocol.follow_up).status)
    disease = np.isin(status, (before.PROGRESSED, before.DIED_WAITING))
    groups = np.where(disease, 0, np.where(status == before.INFUSED, 2, 1))
    return groups, [status == before.DIED_WAITING, status == before.NO_LOT], np.zeros(len(people)), None


def _known(path: str) -> bool:
    people = making().people
    return making().takes.get(path, path) in people.values
