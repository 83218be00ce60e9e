"""An arm that gets standard of care in place of cells: what of the trial's protocol and measures is left in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from livingdrug.model import Model
from livingdrug.scenario.draft import Override
from livingdrug.spec.comparator import Comparator
from livingdrug.spec.fields import Expression, expression
from livingdrug.spec.grammar import Call, Name, walk
from livingdrug.spec.protocol import INFUSION, Protocol
from livingdrug.spec.trial import END, ENROLMENT, Column, Endpoint, Measure, Trial, day_of

PATIENTS = ("status", "infused", "dose", "outcome", "failed", "end_day", "death_day", "enrolment_day", "lost_day")
STARTS = (INFUSION, ENROLMENT)
ALWAYS = ("time", "never", "enrolled")
WAITING = ("share.manufacturing_failure", "share.lost_before_infusion")  # who waits for cells is lost, nobody here
MISSING = "share.not_evaluable"  # whose answer is missing: nobody's, as shares were published of everybody


def asked(changes: Iterable[Override], modules: Iterable[str]) -> list[Override]:
    """Changes of numbers that such an arm has, and those of the arm itself, which are refused if it has not."""
    roles = set(modules)
    return [c for c in changes if c.layer.startswith("arm ") or c.path.rpartition(".")[0] in roles]


def protocol_of(comparator: Comparator, protocol: Protocol) -> Protocol:
    """The trial's follow-up and thresholds, with the comparator's own watches and rules: no dose, no product, nobody
    lost before."""
    own = {"start": 0.0, "schedule": (), "rule": comparator.rule, "watch": comparator.watch, "drugs": (), "modules": {}}
    numbers = {path: x for path, x in protocol.numbers.items() if path not in WAITING}
    if MISSING in numbers:
        numbers[MISSING] = numbers[MISSING].model_copy(update={"value": 0.0})
    return protocol.model_copy(update={**own, "numbers": numbers})


def trial_of(trial: Trial, protocol: Protocol, model: Model, covariates: Iterable[str]) -> Trial:
    """The trial with those columns, endpoints and measures alone that can be read in such an arm."""
    hazards = {f"{path.rpartition('.')[2]}_day" for path in model.hazards}
    looks = {look.key for look in protocol.looks}
    numbers = {*protocol.numbers, *model.parameters, *model.derived}
    seen = {*looks, *numbers, *model.quantities, *covariates, *hazards, *PATIENTS, *ALWAYS}
    columns: list[Column] = []
    for column in trial.column:
        if _readable(column.value, seen):
            columns.append(column)
            seen.add(column.name)
    endpoints = {e.name: e for e in _endpoints(trial.endpoint, seen)}
    measures = tuple(m for m in trial.measure if _measured(m, seen, endpoints))
    names = {m.name for m in measures}
    left = {
        "column": tuple(columns),
        "endpoint": tuple(endpoints.values()),
        "measure": measures,
        "published": tuple(row for row in trial.published if row.measure in names or row.not_comparable),
        "samples": None,
        "course": trial.course.model_copy(update={"shown": tuple(filter(seen.__contains__, trial.course.shown))}),
    }
    return trial.model_copy(update=left)


def notes(comparator: Comparator | None) -> tuple[str, ...]:
    """What a reader should know of an arm with standard of care."""
    if comparator is None:
        return ()
    said = f"no cells, but what was published of other patients as hazards ({comparator.title or 'a comparator'})"
    return (f"{said}: counted as infused are those who begin it, on the day of enrolment; nobody's answer is missing",)


def _readable(asked: Expression, seen: set[str]) -> bool:
    """Whether all that an expression mentions is there; what a draw is called is no name of anything."""
    nodes = list(walk(asked.node))
    drawn = {id(a) for n in nodes if isinstance(n, Call) and n.function == "draw" for a in n.arguments}
    return all(n.path in seen for n in nodes if isinstance(n, Name) and id(n) not in drawn)


def _endpoints(listed: Iterable[Endpoint], seen: set[str]) -> Iterator[Endpoint]:
    def there(word: str) -> bool:
        return word == END or day_of(word) in seen

    for end in listed:
        events, censors = ([w for w in words if there(w)] for words in (end.events, end.censors))
        if events and (end.start in STARTS or there(end.start)) and _readable(end.among, seen):
            yield end.model_copy(update={"events": tuple(events), "censors": tuple(censors)})


def _measured(m: Measure, seen: set[str], endpoints: Iterable[str]) -> bool:
    """Whether a measure can be read; who was infused, and with how much, is no question where nobody is."""
    if m.timed:
        of = m.of in endpoints
    else:
        names = {n.path for n in m.asked.names}
        of = names != {"infused"} and "dose" not in names and _readable(m.asked, seen)
    return of and _readable(m.among, seen) and (m.by is None or _readable(expression(m.by), seen))
