"""Which candidates are enrolled, where a population says what is plausible or is to match its published baseline.

Candidates are numbered from 0 and looked at in turn; a patient keeps the candidate's number, and with it all draws. So
a selection is a pure function of the population and the seed, and all arms meet the same patients; nobody carries a
weight: where a candidate's weight is a third of the largest, one in three of its kind is taken.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from threading import Lock
from typing import Any

import numpy as np

from livingdrug import rng
from livingdrug.care.compiler import Program, Programs
from livingdrug.care.interpreter import evaluate
from livingdrug.cohort import covariates
from livingdrug.cohort.match import Matched, matched
from livingdrug.engine.plan import Floats, Ints
from livingdrug.errors import ScenarioError, unknown
from livingdrug.scenario import Resolved
from livingdrug.spec.population import Baseline, Population

POOL = 16_384  # candidates on whom the selection is tried, and weights are worked out
TOGETHER = 8_192
RAREST = 0.01  # of the candidates taken, below which no cohort is looked for
ALL = "all"
_KNOWN: OrderedDict[tuple[str, int], Selection] = OrderedDict()
_ALONE = Lock()


def chosen(resolved: Resolved, patients: int, seed: int) -> Ints:
    """The numbers of the first so many enrolled patients (n,)."""
    if not asks(resolved.population):
        return np.arange(patients, dtype=np.int64)
    return selection(resolved, seed).ids(patients)


def asks(population: Population) -> bool:
    """Whether the population selects at all."""
    return bool(population.plausible or population.match)


def selection(resolved: Resolved, seed: int) -> Selection:
    """The selection of a scenario, worked out once. ScenarioError for one that cannot be."""
    if resolved.own:
        said = f"{resolved.own.file} says who the patients are, and so does the population's plausible or match"
        raise ScenarioError(said, mend="leave one of them out")
    key = (json.dumps(resolved.as_dict()["population"], sort_keys=True, default=str), seed)
    with _ALONE:
        if key not in _KNOWN:
            _KNOWN[key] = Selection(resolved, seed)
            while len(_KNOWN) > 8:
                _KNOWN.popitem(last=False)
        return _KNOWN[key]


class Selection:
    """Candidates of one population and seed: whether each is plausible, and taken."""

    def __init__(self, resolved: Resolved, seed: int) -> None:
        self.resolved, self.seed, self.alone = resolved, seed, Lock()
        self.rules = [(rule.name, *self._rule(rule.keep, rule.place("keep"))) for rule in resolved.population.plausible]
        properties = self._properties(np.arange(POOL, dtype=np.int64))
        refused = self._refused(properties)
        plausible = refused == len(self.rules)
        if plausible.mean() < RAREST:
            worst = resolved.population.plausible[int(np.bincount(refused[~plausible]).argmax())]
            said = f"only {plausible.mean():.2%} of {POOL:,} candidates are plausible; '{worst.name}' refuses most"
            raise ScenarioError(said, where=worst.place("keep"), allowed=f"{RAREST:.0%} or more")
        self.left_out: tuple[str, ...] = ()
        self.match = self._matched({name: x[plausible] for name, x in properties.items()})
        taken = plausible & self._taken(properties, np.arange(POOL, dtype=np.int64))
        if taken.mean() < RAREST:
            raise ScenarioError(
                f"only {taken.mean():.2%} of {POOL:,} candidates would be taken",
                where=resolved.population.place("match"),
                mend="match fewer rows, or change the properties' distributions",
            )
        self.kept, self.looked_at = np.zeros(0, np.int64), 0

    def _rule(self, keep: Any, place: str) -> tuple[Program, list[str]]:
        asked = Programs({}, {n: c.unit for n, c in self.resolved.covariates.items()}, looking=False, drawing=False)
        asked.truths = {n for n, c in self.resolved.covariates.items() if c.distribution == "chance"}
        return asked.compile(keep, None, place, condition=True), asked.extras

    def _matched(self, properties: dict[str, Floats]) -> Matched | None:
        population = self.resolved.population
        if not population.match:
            return None
        rows = {row.measure: row for row in population.baseline}
        place = population.place("match")
        if not rows:
            said = f"the population '{self.resolved.names.get('population')}' has no published baseline to match"
            raise ScenarioError(said, where=place, mend="add [[population.baseline]] rows, or leave match out")
        wanted: list[Baseline] = []
        for name in rows if population.match == (ALL,) else population.match:
            if name not in rows:
                raise unknown("row of the baseline", name, [ALL, *rows], place)
            if rows[name].of in properties:
                wanted.append(rows[name])
            elif population.match != (ALL,):
                said = f"'{rows[name].of}' is no property of the patients, so '{name}' cannot be matched"
                raise ScenarioError(said, where=place, allowed=sorted(properties))
        self.left_out = tuple(n for n, row in rows.items() if row.of not in properties)
        return matched(wanted, properties) if wanted else None

    def _properties(self, ids: Ints) -> dict[str, Floats]:
        return covariates.draw(self.resolved, ids, self.seed)

    def _refused(self, properties: dict[str, Floats]) -> Ints:
        """The place of the first rule that refuses each candidate (n,); of who is plausible, the number of rules."""
        n = len(next(iter(properties.values()))) if properties else 0
        found = np.full(n, len(self.rules), np.int64)
        for place, (_, program, extras) in reversed(list(enumerate(self.rules))):
            table = np.column_stack([properties[name] for name in extras]) if extras else np.zeros((n, 0))
            holds = np.broadcast_to(np.asarray(evaluate(program, None, table), float), n)
            found[~((holds != 0) & ~np.isnan(holds))] = place
        return found

    def _taken(self, properties: dict[str, Floats], ids: Ints) -> Any:
        if self.match is None:
            return np.ones(len(ids), bool)
        return rng.uniform(self.seed, ids, "enrolment.match") < self.match.chance(properties)

    def ids(self, patients: int) -> Ints:
        """The numbers of the first so many who are taken (n,)."""
        with self.alone:
            found = [self.kept]
            while sum(map(len, found)) < patients:
                who = np.arange(self.looked_at, self.looked_at + TOGETHER, dtype=np.int64)
                properties = self._properties(who)
                found.append(who[(self._refused(properties) == len(self.rules)) & self._taken(properties, who)])
                self.looked_at += TOGETHER
            self.kept = np.concatenate(found)
            return self.kept[:patients]

    def json(self, patients: int) -> dict[str, Any]:
        """How many candidates were looked at for so many patients, and why the others were not enrolled."""
        last = int(self.ids(patients)[-1]) + 1
        refused = np.zeros(len(self.rules) + 1, np.int64)
        for first in range(0, last, TOGETHER):
            who = np.arange(first, min(first + TOGETHER, last), dtype=np.int64)
            refused += np.bincount(self._refused(self._properties(who)), minlength=len(refused))
        told: dict[str, Any] = {
            "candidates": last,
            "enrolled": patients,
            "implausible": {name: int(n) for (name, *_), n in zip(self.rules, refused)},
        }
        if self.match is not None:
            told["turned_away"] = int(refused[-1]) - patients
            told["matched"] = [row.measure for row in self.match.rows]
            told["effective"] = round(self.match.effective * int(refused[-1]))
        return told

    def note(self, patients: int) -> str:
        """The same in words."""
        told = self.json(patients)
        said = [f"{n:,} refused by '{name}'" for name, n in told["implausible"].items()]
        if self.match is not None:
            said.append(
                f"{told['turned_away']:,} turned away so that the others match the published "
                f"{', '.join(told['matched'])} (weights with an effective sample size of {told['effective']:,})"
            )
        if self.left_out:
            said.append(f"not matched, since they are no properties of the patients: {', '.join(self.left_out)}")
        return f"{patients:,} patients were chosen from {told['candidates']:,} candidates: {'; '.join(said)}"
