"""From collection to infusion: lots made and tested, days waited, and who is lost on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from livingdrug.biology.manufacture import Step
from livingdrug.cohort import Cohort, again, draw, finite
from livingdrug.engine.plan import Floats
from livingdrug.errors import ScenarioError
from livingdrug.model import Model
from livingdrug.scenario import Resolved
from livingdrug.trial.slots import waits

INFUSED = "infused"
NO_LOT = "not infused: manufacturing failure"
PROGRESSED = "not infused: progression while waiting"
DIED_WAITING = "not infused: death while waiting"
OTHERWISE = "not infused: other reason while waiting"
MOST_LOTS = 10
TRUTH = "1: "  # how the words of a number begin that is 0 or 1

# Columns of all enrolled patients, beside those that the steps tell: name -> unit, meaning.
FATES = {
    "enrolment_day": ("day", "of enrolment and collection"),
    "lost_day": ("day", "of leaving without cells, from which the days of such a patient are counted; inf: infused"),
    "lots": ("1", "lots that were begun"),
    "first_in_specification": ("1", "1: the first lot is in specification"),
    "product_ready": ("1", "1: a lot that can be infused had passed its tests before the patient left"),
    "manufacturing_failure": ("1", "1: left because no lot could be infused"),
    "dropped_out": ("1", "1: left while waiting: progression, death or another reason"),
}


@dataclass(frozen=True)
class Before:
    """Patients (m,) from enrolment to the day of infusion, or to the day on which they were lost.

    status: as in the patients' table; columns: of all of them, by name (`told`); lost: columns of those alone who were
    lost (nan, or no text, for the others); cohort: as they are at conditioning; ready [cell]: in the bags; as_made:
    whether all of that is the dose.
    """

    status: tuple[str, ...]
    columns: Mapping[str, Any]
    lost: Mapping[str, Any]
    cohort: Cohort
    ready: Floats
    as_made: Any


def steps(model: Model) -> dict[str, Step]:
    """The mechanisms of a model that act before infusion, by role."""
    return {role: m for role, m in model.modules.items() if isinstance(m, Step)}


def told(model: Model) -> dict[str, tuple[str, str]]:
    """The columns of all enrolled patients that tell of the days before infusion: name -> unit, meaning."""
    made = steps(model)
    numbers = {name: step.declared[own] for step in made.values() for name, own in step.columns.items()}
    return {**FATES, **{name: (d.unit, d.doc) for name, d in numbers.items()}} if made else {}


def truths(model: Model) -> set[str]:
    """Those of these columns that are true or false."""
    return {name for name, (_, words) in told(model).items() if words.startswith(TRUTH)}


def at_conditioning(resolved: Resolved, ids: Any, seed: int) -> Mapping[str, Any]:
    """The numbers of patients as they are at conditioning, were they all infused."""
    cohort = draw(resolved, ids, seed)
    if not steps(resolved.model()):
        return cohort.values
    return before_infusion(resolved, cohort, resolved.protocol.follow_up).cohort.values


def before_infusion(resolved: Resolved, cohort: Cohort, follow_up: float) -> Before:
    """What happened to a cohort before infusion; follow_up [day]: how long those are followed who are lost.

    ScenarioError for slots or a number of lots that cannot be.
    """
    model = resolved.model()
    made = steps(model)
    numbers = {p: x for p, x in cohort.values.items() if p in model.parameters or p in model.covariates}
    for role, step in made.items():
        numbers |= {f"{role}.{own}": cohort.values[path] for own, path in step.takes.items() if path in cohort.values}
    asked = {word: f"{role}.{own}" for role, step in made.items() for word, own in step.means.items()}
    values, lots = _lots(resolved, made, asked, numbers, cohort)
    carried = {
        path: values[path] * values[f"{role}.{by}"]
        for role, step in made.items()
        for path, by in step.carries.items()
        if path in numbers
    }
    values = _with_constants(model, {p: carried.get(p, values[p]) for p in numbers})
    finite(values, cohort.ids, resolved)

    def of(word: str, otherwise: float) -> Floats:
        found = values[asked[word]] if word in asked else otherwise
        return np.broadcast_to(np.asarray(found, float), cohort.ids.shape)

    status, fates, lost = _fates(of, lots["usable"], follow_up)
    columns = {**fates, "lots": lots["lots"], "first_in_specification": lots["first"]}
    columns |= {name: values[f"{role}.{own}"] for role, step in made.items() for name, own in step.columns.items()}
    return Before(
        status=tuple(status),
        columns={name: np.broadcast_to(np.asarray(x, float), cohort.ids.shape) for name, x in columns.items()},
        lost=lost,
        cohort=replace(cohort, values={**cohort.values, **values}),
        ready=of("ready", np.inf),
        as_made=of("as_made", 0.0) > 0,
    )


def _with_constants(model: Model, numbers: Mapping[str, Any]) -> dict[str, Any]:
    with np.errstate(all="ignore"):  # what is not finite is looked for
        return {**numbers, **model.constants(numbers)}


def _lots(
    resolved: Resolved, made: Mapping[str, Step], asked: Mapping[str, str], numbers: dict[str, Any], cohort: Cohort
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Every patient's numbers with the last lot that was begun for them, and what became of the lots."""
    model, shape = resolved.model(), cohort.ids.shape
    queued = {"slots", "in_line"} <= asked.keys()
    anew = [f"{role}.{name}" for role, step in made.items() for name in step.each_lot]
    need, begun, first = np.ones(shape, bool), np.zeros(shape), np.ones(shape)
    values = _with_constants(model, numbers)
    for lot in range(1, _most_lots(resolved, asked.get("lots")) + 1):
        fresh = again(resolved, cohort, anew, f"lot {lot}") if lot > 1 else {}
        if lot > 1 and "lost" in asked and "making" in asked:
            fresh[asked["lost"]] = values[asked["lost"]] + values[asked["making"]]
        if queued:
            fresh[asked["in_line"]] = waits(resolved, asked, values, cohort, lot)
        numbers |= {p: np.where(need, x, numbers[p]) for p, x in fresh.items()}
        values = _with_constants(model, numbers)
        begun = begun + need
        if lot == 1 and "in_specification" in asked:
            first = first * values[asked["in_specification"]]
        usable = values[asked["usable"]] if "usable" in asked else 1.0
        need = need & (np.broadcast_to(usable, shape) <= 0)
    return values, {"lots": begun, "first": first, "usable": ~need}


def _most_lots(resolved: Resolved, path: str | None) -> int:
    """How many lots are begun for a patient at most."""
    number = resolved.parameters.get(path or "")
    if number is None:
        return 1
    if not float(number.value).is_integer() or not 1 <= number.value <= MOST_LOTS:
        said = f"{path} = {number.value:g} lots cannot be begun for a patient"
        raise ScenarioError(said, where=number.place, allowed=f"a whole number, 1 to {MOST_LOTS}")
    return int(number.value)


def _fates(of: Any, usable: Any, follow_up: float) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """Status of every patient, the columns of FATES but those of lots, and what is told only of those lost."""
    waited, failed = of("days", 0.0), of("tested", 0.0)
    disease, other = of("disease_day", np.inf), of("other_day", np.inf)
    leaving, dropping = np.where(usable, waited, failed), np.minimum(disease, other)
    dropped = dropping < leaving
    died = dropped & (disease <= other) & (of("dying", 0.0) > 0)
    status = np.where(usable, INFUSED, NO_LOT).astype(object)
    status[dropped] = np.where(died, DIED_WAITING, np.where(disease <= other, PROGRESSED, OTHERWISE))[dropped]
    lost = dropped | ~usable
    survived = np.where(died, 0.0, of("survival", np.inf))
    only = {
        "death_day": np.where(lost, np.where(survived <= follow_up, survived, np.inf), np.nan),
        "end_day": np.where(lost, np.minimum(survived, follow_up), np.nan),
        "cause": np.where(lost & (survived <= follow_up), "no cells", ""),
    }
    fates = {
        "enrolment_day": -np.where(dropped, dropping, leaving),
        "lost_day": np.where(lost, 0.0, np.inf),
        "product_ready": (usable & ~(dropped & (dropping < failed))) * 1.0,
        "manufacturing_failure": (lost & ~dropped) * 1.0,
        "dropped_out": dropped * 1.0,
    }
    return status, fates, only
