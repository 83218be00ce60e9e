"""Doses that the user's file gives each patient: they stand where the protocol's schedule of the same input would."""

from __future__ import annotations

from typing import Any

import numpy as np

from livingdrug.care.compiler import Programs
from livingdrug.care.interpreter import evaluate
from livingdrug.care.rules import drugs, find_input
from livingdrug.engine.plan import Floats, Ints
from livingdrug.errors import LivingDrugError, ScenarioError
from livingdrug.scenario import Arm
from livingdrug.spec.dose_records import DoseRecords
from livingdrug.spec.fields import expression
from livingdrug.spec.protocol import INFUSION
from livingdrug.trial.design import Design


class OwnDoses:
    """The dose records of a file, checked against an arm: every input known, every unit of its kind, every time within
    the simulated one. targets: the path of the input of each record."""

    def __init__(self, records: DoseRecords, arm: Arm, design: Design, asked: Programs) -> None:
        self.records, self.model, protocol = records, design.model, arm.resolved.protocol
        paths: dict[str, str] = {}
        self.factors: dict[tuple[str, str], Any] = {}
        for i, (word, unit, time) in enumerate(zip(records.into, records.unit, records.time)):
            if word not in paths:
                try:
                    paths[word] = find_input(self.model, word or INFUSION, True, records.place(i))
                except LivingDrugError as problem:
                    raise problem.but(mend=f'say what it is: [cohort.give] "{word}" = "DRUG"') from None
            own = self.model.unit(paths[word])
            if (word, unit) not in self.factors:
                amount = expression(f"1 {unit or own}")
                self.factors[word, unit] = asked.compile(amount, own, records.place(i), dose=True)
            if not protocol.start <= time <= protocol.follow_up:
                said = f"a dose on day {time:g} lies outside the simulated time"
                ends = f"day {protocol.start:g} to day {protocol.follow_up:g}"
                raise ScenarioError(said, where=records.place(i), allowed=ends)
        self.targets = tuple(paths[word] for word in records.into)
        usual = {find_input(self.model, d.give, True): d.over for d in reversed(protocol.schedule)}
        over = np.array([usual.get(t, 0.0) for t in self.targets])
        self.over = np.where(np.isnan(records.over), over, records.over)

    @property
    def names(self) -> list[str]:
        """What the file gives, by its short names."""
        called = {path: name for name, path in drugs(self.model).items()}
        return list(dict.fromkeys(called.get(t, t) for t in self.targets))

    @property
    def infusing(self) -> bool:
        """Whether the file says who is infused, and with what."""
        return self.model.infusion in self.targets

    def infused(self, rows: Ints) -> Any:
        """Whether the patients of these rows (n,) have an infusion in the file."""
        has = np.array([t == self.model.infusion for t in self.targets], bool)
        counts = np.concatenate([[0], np.cumsum(has & (self.records.amount > 0))])
        return counts[self.records.first[rows + 1]] > counts[self.records.first[rows]]

    def given(self, rows: Ints, extras: Floats) -> tuple[Floats, Floats]:
        """The doses (n, doses, 4) of the patients of these rows (n,), and their CAR-T dose (n,) [cell].

        extras (n, k): what the amounts ask of each patient.
        """
        records, n = self.records, len(rows)
        by = {key: np.broadcast_to(evaluate(p, None, extras), n) for key, p in self.factors.items()}
        begin, count = records.first[rows], records.first[rows + 1] - records.first[rows]
        table = np.zeros((n, int(np.diff(records.first).max(initial=0)), 4))
        table[:, :, 0] = np.inf
        infused = np.zeros(n)
        for k in range(table.shape[1]):
            for i in np.flatnonzero(count > k):
                j = begin[i] + k
                amount = records.amount[j] * by[records.into[j], records.unit[j]][i]
                if amount > 0:
                    target = self.model.inputs.index(self.targets[j])
                    table[i, k] = records.time[j], target, amount, self.over[j]
                    infused[i] += amount * (self.targets[j] == self.model.infusion)
        return table, infused


def together(scheduled: Floats, own: Floats) -> tuple[Floats, Ints]:
    """Both kinds of doses of every patient (n, doses, 4), in order of time, and where each stood (n, doses)."""
    table = np.concatenate([scheduled, own], axis=1)
    order = np.argsort(table[:, :, 0], axis=1, kind="stable")
    return np.take_along_axis(table, order[:, :, None], axis=1), order
