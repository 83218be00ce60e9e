"""Who is enrolled, who is infused, and with what: the patients of a block as the engine takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from livingdrug import rng
from livingdrug.care.compiler import Programs
from livingdrug.care.interpreter import evaluate
from livingdrug.care.rules import find_input
from livingdrug.care.schedule import dose_table
from livingdrug.cohort import Cohort, draw
from livingdrug.engine.plan import Floats, Ints, Patients
from livingdrug.errors import ScenarioError
from livingdrug.scenario import Arm
from livingdrug.spec.protocol import Do, Dose, Protocol
from livingdrug.trial.before_infusion import Before, before_infusion, steps
from livingdrug.trial.design import Design
from livingdrug.trial.own_doses import OwnDoses, together

LOST = {
    "manufacturing_failure": "not infused: manufacturing failure",
    "lost_before_infusion": "not infused: death or adverse event",
}
REACH = 4.0  # standard deviations of the logarithm of a dose beyond which nobody's is looked for
TRIED = 32  # patients enrolled before a run, to see whether their doses can be
NO_INFUSION = "not infused: no infusion in the dose records"
READ_BY_NAME = tuple(f"share.{name}" for name in LOST)  # numbers of a protocol that mean something here


@dataclass(frozen=True)
class Enrolled:
    """The enrolled patients of a block, and the infused ones among them ready to run.

    ids, status (m,): all who were enrolled; infused (n,) places of those infused among them; dose (n,) [cell];
    file_id (m,): what the user's file calls them, None without one; scheduled_by (n, doses): row of the protocol's
    schedule behind each of the patients' doses, and the one after the last for doses of the user's file; before: what
    happened to all enrolled before infusion, where cells are manufactured.
    """

    ids: Ints
    status: tuple[str, ...]
    infused: Ints
    cohort: Cohort
    patients: Patients
    dose: Floats
    values: Mapping[str, Any] = field(repr=False)
    scheduled_by: Ints = field(repr=False)
    file_id: Any = None
    before: Before | None = None

    def extras(self, names: list[str], part: slice) -> Floats:
        """Constants of some infused patients, shape (n, names): properties, numbers, and draws ("draw(salvage)")."""
        known = {n: x[part] if np.ndim(x := self.values[n]) else x for n in names if n in self.values}
        return columns(names, known, self.cohort.ids[part], self.patients.seed)


def columns(names: list[str], values: Mapping[str, Any], ids: Ints, seed: int) -> Floats:
    """A table of patient constants, one column a name; blocks simulated beside this one may go on adding names."""
    names = list(names)
    table = np.empty((len(ids), len(names)))
    for i, name in enumerate(names):
        if name.startswith("draw("):
            table[:, i] = rng.uniform(seed, ids, f"care.{name[5:-1]}")
        else:
            table[:, i] = values[name]
    return table


def enrol(arm: Arm, design: Design, ids: Ints, seed: int) -> Enrolled:
    """Draw the patients with these numbers, lose some before infusion, and make the doses of the others ready."""
    protocol = {p: x.value for p, x in arm.resolved.protocol.numbers.items()}
    own = _own_doses(arm, design)
    before = _before(arm, design, ids, seed, own)
    if before is not None:
        status = before.status
    elif own is not None and own.infusing:
        status = _by_file(own, _rows(arm, ids))
    else:
        status = _status(ids, seed, arm.resolved.protocol)
    infused = np.array([i for i, s in enumerate(status) if s == "infused"], np.int64)
    who = ids[infused]
    cohort = draw(arm.resolved, who, seed) if before is None else before.cohort.part(infused)
    values = {**{p: np.broadcast_to(np.asarray(x, float), who.shape) for p, x in cohort.values.items()}, **protocol}
    lot = None if before is None else (before.ready[infused], before.as_made[infused])
    doses, scheduled_by, dose = _doses(arm, design, values, who, seed, own, lot)
    thresholds = (
        np.column_stack([-np.log(rng.uniform(seed, who, f"hazard.{h}")) for h in design.model.hazards])
        if design.model.hazards
        else np.zeros((len(who), 0))
    )
    patients = Patients(who, cohort.values, columns(design.programs.extras, values, who, seed), doses, thresholds, seed)
    file_id = arm.resolved.own.ids[_rows(arm, ids)] if arm.resolved.own else None
    return Enrolled(ids, status, infused, cohort, patients, dose, values, scheduled_by, file_id, before)


def _before(arm: Arm, design: Design, ids: Ints, seed: int, own: OwnDoses | None) -> Before | None:
    """What happened to the patients before infusion, where cells are manufactured. ScenarioError where somebody else
    says who is infused as well."""
    if not steps(design.model):
        return None
    said = 'manufacture says who is infused: leave it out, or take out manufacture = "NAME"'
    if own is not None and own.infusing:
        raise ScenarioError(f"{own.records.file} says who is infused, and so does manufacture", mend=said)
    for path in READ_BY_NAME:
        number = arm.resolved.protocol.numbers.get(path)
        if number is not None and not number.place("value").ours:
            raise ScenarioError(f"nothing asks about '{path}'", where=number.place("value"), mend=said)
    return before_infusion(arm.resolved, draw(arm.resolved, ids, seed), arm.resolved.protocol.follow_up)


def _rows(arm: Arm, ids: Ints) -> Ints:
    """The row of the user's file that each patient is of; rows repeat."""
    assert arm.resolved.own is not None
    return ids % arm.resolved.own.size


def _own_doses(arm: Arm, design: Design) -> OwnDoses | None:
    """The dose records of the user's file, where there are any; checked once an arm."""
    if arm.resolved.own is None or arm.resolved.own.doses is None:
        return None
    if not design.own_doses:
        asked = Programs({}, design.programs.constants)
        asked.extras = design.asked_of_doses
        design.own_doses.append(OwnDoses(arm.resolved.own.doses, arm, design, asked))
    found: OwnDoses = design.own_doses[0]
    return found


def notes_on_own(arm: Arm, design: Design) -> tuple[str, ...]:
    """What a reader should know of who is infused, and of how the user's own patients are treated."""
    lost = sum(x.value for p, x in arm.resolved.protocol.numbers.items() if p in READ_BY_NAME)
    if steps(design.model) and lost > 0:
        told: tuple[str, ...] = (
            f"the protocol's {100 * lost:.3g} % lost before infusion are not used: manufacture says who is lost",
        )
    else:
        told = ()
    if arm.resolved.own is None:
        return told
    own = _own_doses(arm, design)
    said = list(told)
    if own is not None:
        kept = [
            d.name for d in arm.resolved.protocol.schedule if find_input(design.model, d.give, True) not in own.targets
        ]
        said.append(
            f"doses as in {own.records.file}: {', '.join(own.names) or 'none'}"
            + (f"; as the protocol says: {', '.join(kept)}" if kept else "")
        )
    if lost > 0 and not told and (own is None or not own.infusing):
        said.append(
            f"{100 * lost:.3g} % of the patients in {arm.resolved.own.file} are lost before infusion by chance, as the "
            "protocol says: set its shares to 0 if they were all infused"
        )
    return tuple(said)


def _by_file(own: OwnDoses, rows: Ints) -> tuple[str, ...]:
    """Who is infused, where the file says it."""
    return tuple("infused" if x else NO_INFUSION for x in own.infused(rows))


def tried(arm: Arm, design: Design) -> None:
    """A few patients enrolled, so that doses that cannot be are found before anybody is simulated. ScenarioError."""
    few = enrol(arm, design, np.arange(TRIED, dtype=np.int64), 0)
    _cells(arm, design, few)
    asked = Programs({}, design.programs.constants, truths=design.programs.truths, looking=False)

    def amounts(row: Dose | Do) -> tuple[dict[str, Floats], str]:
        unit = design.model.unit(find_input(design.model, row.give or "", True, row.place("give")))
        found = {}
        for key in ("amount", "at_least", "at_most"):
            wanted = getattr(row, key)
            if wanted is not None and {name.path for name in wanted.names} <= {*asked.constants}:
                program = asked.compile(wanted, unit, row.place(key), dose=True)
                value = evaluate(program, None, few.extras(asked.extras, slice(None)))
                found[key] = np.broadcast_to(np.asarray(value, float), len(few.infused))
        return found, unit

    for dose in arm.resolved.protocol.schedule if few.infused.any() else ():
        if dose.at_least or dose.at_most:
            _within(dose, dose.name, dose.log_sd, *amounts(dose))
    for rule in arm.resolved.protocol.rule:
        do = rule.do
        if do and do.give and (do.at_least or do.at_most):
            found, unit = amounts(do)
            _in_order(rule.name, {k: found[k] for k in found if k != "amount"}, do.place("at_most"), unit)
            if len(few.infused):
                _within(do, rule.name, 0.0, found, unit)


def _cells(arm: Arm, design: Design, few: Enrolled) -> None:
    """ScenarioError where a user's words give somebody a part of a cell; a note where they leave nobody any, which is
    a trial of no therapy."""
    given = [
        d for d in arm.resolved.protocol.schedule if find_input(design.model, d.give, True) == design.model.infusion
    ]
    places = [at for d in given for key in ("amount", "at_most", "when") if not (at := d.place(key)).ours]
    if not places or not len(few.infused):
        return
    if design.model.unit(design.model.infusion or "") == "cell" and ((few.dose > 0) & (few.dose < 1)).any():
        said = f"'{given[0].name}': a dose of {few.dose[few.dose > 0].min():g} cell is no whole cell"
        raise ScenarioError(said, where=places[0], allowed="1 cell or more, or 0 for nothing")
    if not few.dose.any():
        said = f"'{given[0].name}' gives nobody any cells ({places[0]}): what is simulated is the disease without them"
        design.programs.notes += [said] if said not in design.programs.notes else []


def _possible(dose: Dose, cells: Floats, unit: str) -> None:
    """ScenarioError when an amount is negative or endless in any patient."""
    if (cells < 0).any() or not np.isfinite(cells).all():
        said = f"'{dose.name}': a dose of {cells.min():g} {unit} cannot be given"
        raise ScenarioError(said, where=dose.place("amount"), allowed="0 or more")


def _within(row: Dose | Do, name: str, log_sd: float, found: Mapping[str, Floats], unit: str) -> None:
    """ScenarioError when a user's amount lies so far outside the limits of its dose that every patient is given the
    limit instead."""
    wide = np.exp(REACH * log_sd)
    for key in ("at_least", "at_most"):
        place = next((at for word in ("amount", key) if not (at := row.place(word)).ours), None)
        if place is None or not {"amount", key} <= found.keys():
            continue
        amount, limit = found["amount"], found[key]
        if ((amount * wide < limit) if key == "at_least" else (amount / wide > limit)).all():
            said = f"'{name}': {row.amount} is {'below' if key == 'at_least' else 'above'} {key} in everybody"
            mend = f'all are given {key} instead: change {key} = "{getattr(row, key)}" as well'
            raise ScenarioError(said, place, f"{limit.min():.3g} to {limit.max():.3g} {unit}", mend=mend)


def _in_order(name: str, limits: Mapping[str, Any], place: str, unit: str) -> None:
    """ScenarioError when the least that may be given is more than the most, in any patient."""
    if len(limits) < 2:
        return
    least, most = np.broadcast_arrays(limits["at_least"], limits["at_most"])
    if (wrong := np.flatnonzero(least > most)).size:
        low, high = np.ravel(least)[wrong[0]], np.ravel(most)[wrong[0]]
        said = f"'{name}': at_least ({low:.3g} {unit}) is above at_most ({high:.3g} {unit})"
        raise ScenarioError(said, where=place, allowed="a range that holds a dose, in every patient")


def _status(ids: Ints, seed: int, protocol: Protocol) -> tuple[str, ...]:
    uniform = rng.uniform(seed, ids, "enrolment.infused")
    status = np.full(len(ids), "infused", object)
    upper = 0.0
    for name, words in LOST.items():
        lower, upper = upper, upper + protocol.share(f"share.{name}")
        status[(uniform >= lower) & (uniform < upper)] = words
    if not 0 <= upper < 1:
        place = next(protocol.numbers[path].place("value") for path in READ_BY_NAME if path in protocol.numbers)
        said = f"{upper:.0%} of patients would be lost before infusion"
        raise ScenarioError(said, where=place, allowed="0 to below 1")
    return tuple(status)


def _doses(
    arm: Arm,
    design: Design,
    values: Mapping[str, Any],
    ids: Ints,
    seed: int,
    own: OwnDoses | None,
    lot: tuple[Floats, Any] | None,
) -> tuple[Floats, Ints, Floats]:
    """Scheduled doses (n, doses, 4), the row of the schedule behind each (n, doses), and the CAR-T dose (n,) [cell]; of
    what the user's file gives, the file's. lot: the cells in the bags [cell], and whether all of them are the dose."""
    model, n = design.model, len(ids)
    asked = Programs({}, design.programs.constants, truths=design.programs.truths, looking=False)
    asked.extras = design.asked_of_doses
    given: list[tuple[float, int, Floats, float]] = []
    rows: list[int] = []
    infused = np.zeros(n)
    for row, dose in enumerate(arm.resolved.protocol.schedule):
        target = find_input(model, dose.give, True, dose.place("give"))
        if own is not None and target in own.targets:
            continue
        unit = model.unit(target)

        def amount(key: str, unit: str | None = unit, dose: Dose = dose) -> Floats:
            condition = unit is None
            program = asked.compile(getattr(dose, key), unit, dose.place(key), not condition, condition)
            return np.broadcast_to(evaluate(program, None, columns(asked.extras, values, ids, seed)), n).astype(float)

        cells = amount("amount")
        if dose.log_sd:
            cells = cells * np.exp(dose.log_sd * rng.normal(seed, ids, f"dose.{target}"))
        _possible(dose, cells, unit)
        limits = {key: amount(key) for key in ("at_least", "at_most") if getattr(dose, key) is not None}
        _in_order(dose.name, limits, dose.place("at_most"), unit)
        cells = np.minimum(np.maximum(cells, limits.get("at_least", -np.inf)), limits.get("at_most", np.inf))
        _possible(dose, cells, unit)
        if dose.when is not None:
            cells = np.where(amount("when", None), cells, 0.0)
        days = design.doses[dose.name]
        for time in days:
            given.append((float(time), model.inputs.index(target), cells, dose.over))
            rows.append(row)
        if target == model.infusion:
            infused = infused + cells * len(days)
    if lot is not None:
        given, infused = _of_lot(given, infused, model.inputs.index(model.infusion) if model.infusion else -1, *lot)
    table = dose_table(given, n)
    by = dose_table([(time, row, cells, over) for row, (time, _, cells, over) in zip(rows, given)], n)[:, :, 1]
    if own is None:
        return table, by.astype(np.int64), infused
    doses, cells = own.given(_rows(arm, ids), columns(asked.extras, values, ids, seed))
    of_file = np.full(doses.shape[:2], len(arm.resolved.protocol.schedule))
    both, order = together(table, doses)
    return both, np.take_along_axis(np.hstack([by.astype(np.int64), of_file]), order, axis=1), infused + cells


def _of_lot(
    given: list[tuple[float, int, Floats, float]], ordered: Floats, infusion: int, ready: Floats, as_made: Any
) -> tuple[list[tuple[float, int, Floats, float]], Floats]:
    """The infusions as the lot allows: never more cells than are in the bags, and all of them where that is the dose;
    of several infusions each by its part."""
    with np.errstate(all="ignore"):
        share = np.where(ordered > 0, ready / ordered, 0.0)
    share = np.where(as_made, share, np.minimum(share, 1.0))
    cut = [(time, target, cells * share if target == infusion else cells, over) for time, target, cells, over in given]
    return cut, ordered * share
