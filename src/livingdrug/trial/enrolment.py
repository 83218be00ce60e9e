"""Who is enrolled, who is infused, and with what: the patients of a block as the engine takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from livingdrug import rng
from livingdrug.care.compiler import Programs
from livingdrug.care.grammar import parse
from livingdrug.care.interpreter import perform
from livingdrug.care.rules import find_input
from livingdrug.care.schedule import clock, dose_table, duration
from livingdrug.care.tables import ORIGIN, tables
from livingdrug.cohort import Cohort, draw
from livingdrug.engine.plan import Floats, Ints, Patients
from livingdrug.errors import ScenarioError
from livingdrug.scenario import Arm
from livingdrug.trial.design import Design, numbers

SCHEDULE = {
    "name": "text", "give": "text", "amount": "asked", "when": "asked", "days": "clock", "over": "asked",
    "spread": "number", "at_least": "asked", "at_most": "asked", **ORIGIN,
}  # fmt: skip
LOST = {
    "manufacturing_failure": "not infused: manufacturing failure",
    "lost_before_infusion": "not infused: death or adverse event",
}


@dataclass(frozen=True)
class Enrolled:
    """The enrolled patients of a block, and the infused ones among them ready to run.

    ids, status (m,): all who were enrolled; infused (n,) places of those infused among them; dose (n,) [cell].
    """

    ids: Ints
    status: tuple[str, ...]
    infused: Ints
    cohort: Cohort
    patients: Patients
    dose: Floats
    values: Mapping[str, Any] = field(repr=False)

    def extras(self, names: list[str], part: slice) -> Floats:
        """Constants of some infused patients, shape (n, names): properties, numbers, and draws ("draw(salvage)")."""
        known = {n: x[part] if np.ndim(x := self.values[n]) else x for n in names if n in self.values}
        return columns(names, known, self.cohort.ids[part], self.patients.seed)


def columns(names: list[str], values: Mapping[str, Any], ids: Ints, seed: int) -> Floats:
    """A table of patient constants, one column a name."""
    table = np.empty((len(ids), len(names)))
    for i, name in enumerate(names):
        if name.startswith("draw("):
            table[:, i] = rng.uniform(seed, ids, f"care.{name[5:-1]}")
        else:
            table[:, i] = values[name]
    return table


def enrol(arm: Arm, design: Design, ids: Ints, seed: int) -> Enrolled:
    """Draw the patients with these numbers, lose some before infusion, and make the doses of the others ready."""
    protocol = {p: x for p, (x, _) in numbers(arm.resolved.protocol).items()}
    status = _status(ids, seed, protocol)
    infused = np.array([i for i, s in enumerate(status) if s == "infused"], np.int64)
    who = ids[infused]
    cohort = draw(arm.resolved, who, seed)
    values = {**{p: np.broadcast_to(np.asarray(x, float), who.shape) for p, x in cohort.values.items()}, **protocol}
    doses, dose = _doses(arm, design, values, who, seed)
    thresholds = (
        np.column_stack([-np.log(rng.uniform(seed, who, f"hazard.{h}")) for h in design.model.hazards])
        if design.model.hazards
        else np.zeros((len(who), 0))
    )
    patients = Patients(who, cohort.values, columns(design.programs.extras, values, who, seed), doses, thresholds, seed)
    return Enrolled(ids, status, infused, cohort, patients, dose, values)


def _status(ids: Ints, seed: int, protocol: Mapping[str, float]) -> tuple[str, ...]:
    luck = rng.uniform(seed, ids, "enrolment.infused")
    status = np.full(len(ids), "infused", object)
    upper = 0.0
    for name, words in LOST.items():
        lower, upper = upper, upper + protocol.get(f"share.{name}", 0.0)
        status[(luck >= lower) & (luck < upper)] = words
    if not 0 <= upper < 1:
        raise ScenarioError(
            f"{upper:.0%} of patients would be lost before infusion", where="protocol.share", allowed="0 to below 1"
        )
    return tuple(status)


def _doses(arm: Arm, design: Design, values: Mapping[str, Any], ids: Ints, seed: int) -> tuple[Floats, Floats]:
    """Scheduled doses (n, doses, 4) and the CAR-T dose (n,) [cell]."""
    model, plan, n = design.model, design.plan, len(ids)
    where = f"protocol '{arm.resolved.names.get('protocol', '')}'"
    asked = Programs({}, design.programs.constants)
    given: list[tuple[float, int, Floats, float]] = []
    infused = np.zeros(n)
    for row in tables(arm.resolved.protocol.get("schedule"), SCHEDULE, "schedule", where, ["name", "give", "amount"]):
        place = f"{where}, schedule '{row['name']}'"
        target = find_input(model, row["give"], True, place)
        unit = model.unit(target)

        def amount(text: Any, unit: str | None = unit, place: str = place) -> Floats:
            program = asked.compile(parse(text, place), unit, place, dose=unit is not None)
            return np.broadcast_to(perform(program, None, columns(asked.extras, values, ids, seed)), n).astype(float)

        dose = amount(row["amount"])
        if row.get("spread"):
            dose = dose * np.exp(row["spread"] * rng.normal(seed, ids, f"dose.{target}"))
        if "at_least" in row:
            dose = np.maximum(dose, amount(row["at_least"]))
        if "at_most" in row:
            dose = np.minimum(dose, amount(row["at_most"]))
        if (dose < 0).any() or not np.isfinite(dose).all():
            raise ScenarioError(f"a dose of {dose.min():g} {unit} cannot be given", where=place, allowed="0 or more")
        if "when" in row:
            dose = np.where(amount(row["when"], None), dose, 0.0)
        for time in clock(row.get("days", [0]), plan.start, plan.end, design.visits, place):
            given.append((float(time), model.inputs.index(target), dose, duration(row.get("over", 0.0), place)))
        if target == model.infusion:
            infused = infused + dose * len(clock(row.get("days", [0]), plan.start, plan.end, design.visits, place))
    return dose_table(given, n), infused
