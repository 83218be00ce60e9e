"""Every dose that each patient was given, scheduled or by a care rule, as one row: day, what, how much, where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from livingdrug.care.rules import drug, find_input
from livingdrug.engine.plan import Floats, Output
from livingdrug.model.declare import Entry
from livingdrug.results.columns import Texts
from livingdrug.spec.fields import Expression
from livingdrug.spec.grammar import Binary, Call, Choice, Node, Number, Unary
from livingdrug.spec.protocol import INFUSION, Rule
from livingdrug.trial.design import Design
from livingdrug.trial.enrolment import Enrolled

BODY = {"kg": ("weight", "kg"), "m2": ("bsa", "m2"), "m**2": ("bsa", "m2")}  # unit -> property, and how it is written


@dataclass(frozen=True)
class _Order:
    """Who says that a dose is given, and per what of the body (kg, m2 or "" ) the amount is written."""

    name: str
    per: str


def doses(design: Design, enrolled: Enrolled, part: slice, output: Output) -> Mapping[str, Any]:
    """The doses of the infused patients of one block, by patient and day; what death came before is left out.

    amount: in the unit of the entry where it goes; amount_per: the same per kg or m2, where it is ordered so.
    """
    inputs = design.model.inputs
    scheduled, given = enrolled.patients.doses[part], output.given
    entries = np.array([isinstance(design.model.declared[p], Entry) for p in inputs])
    ended = output.ended[:, None]
    # A scheduled dose at the very end comes after the last look; what a rule gives there has been given.
    taken = [scheduled[..., 0] < ended, (given[..., 0] <= ended) & entries[_targets(given)]]
    orders = [_scheduled(design), _by_rules(design)]
    which = [enrolled.scheduled_by[part], _targets(given) + len(orders[0])]
    rows = np.concatenate([x[t] for x, t in zip((scheduled, given), taken)])
    who = np.concatenate([np.nonzero(t)[0] for t in taken])
    order = np.concatenate([w[t] for w, t in zip(which, taken)])
    line = np.lexsort((rows[:, 1], rows[:, 0], who))
    rows, who, order = rows[line], who[line], order[line]
    known = [*orders[0], *orders[1]]
    target = rows[:, 1].astype(np.int64)
    per = np.array([o.per for o in known] or [""])[order]
    return {
        "patient": enrolled.cohort.ids[part][who],
        "day": rows[:, 0],
        "what": Texts(_words(design), target),
        "amount": rows[:, 2],
        "unit": Texts([design.model.unit(p) for p in inputs], target),
        "duration": rows[:, 3],
        "entry": Texts(inputs, target),
        "ordered_by": Texts([o.name for o in known], order),
        "per": Texts([o.per for o in known], order),
        "amount_per": rows[:, 2] / _body(enrolled, part, who, per),
    }


def _targets(table: Floats) -> Any:
    """The input of each dose of a table (n, d, 4); unused rows say the first."""
    return np.where(np.isfinite(table[..., 1]), table[..., 1], 0).astype(np.int64)


def _words(design: Design) -> list[str]:
    """What each input gives, in a word; the cell product by the word that a schedule uses."""
    return [INFUSION if p == design.model.infusion else drug(p) for p in design.model.inputs]


def _body(enrolled: Enrolled, part: slice, who: Any, per: Any) -> Floats:
    """What a dose is divided by (doses,): the patient's kg or m2; nan where it is not ordered so."""
    found = np.full(len(who), np.nan)
    for name, unit in set(BODY.values()):
        if name in enrolled.values:
            found[per == unit] = np.asarray(enrolled.values[name])[part][who[per == unit]]
    return found


def _scheduled(design: Design) -> list[_Order]:
    """The order behind each row of the schedule, then the one behind the doses of the user's file."""
    of_file = [_Order(own.records.file, "") for own in design.own_doses]
    return [*(_Order(d.name, _per([d.amount])) for d in design.protocol.schedule), *of_file]


def _by_rules(design: Design) -> list[_Order]:
    """The order behind what rules give to each input; several rules that give to one stand together."""
    found: dict[str, list[Rule]] = {p: [] for p in design.model.inputs}
    for rule in design.rules:
        if isinstance(rule, Rule) and rule.do and rule.do.give:
            found[find_input(design.model, rule.do.give, True)].append(rule)
    return [
        _Order(" or ".join(r.name for r in rules), _per([r.do.amount for r in rules if r.do and r.do.amount]))
        for rules in found.values()
    ]


def _per(amounts: Iterable[Expression]) -> str:
    """Per what of the body amounts are written: kg, m2, or "" where not at all or not all alike."""
    found = {_written_per(asked.node) for asked in amounts}
    return found.pop() if len(found) == 1 else ""


def _written_per(node: Node) -> str:
    """Per what an amount is written; conditions do not count, and what is only now and then per kg is not."""
    match node:
        case Number(unit=unit):
            return BODY.get((unit or "").rpartition("/")[2], ("", ""))[1]
        case Binary(sign="*" | "/", left=left, right=right):
            found = {_written_per(left), _written_per(right)} - {""}
        case Choice(then=left, otherwise=right) | Binary(left=left, right=right):
            found = {_written_per(left), _written_per(right)}
        case Unary(inner=inner):
            found = {_written_per(inner)}
        case Call(arguments=parts):
            found = {_written_per(part) for part in parts}
        case _:
            found = set()
    return found.pop() if len(found) == 1 else ""
