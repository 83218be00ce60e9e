"""What the calibration trials covered: their parts, the spread of their patients and numbers, their doses and rules.

A trial calibrates when a fit was made on it. A number, a property of the patients or a dose
is inside where all but a few patients lie between the lowest 1st and the highest 99th percentile of the calibration
trials' patients; those of the same disease are asked, or all where there is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from livingdrug import library
from livingdrug.engine.plan import Floats
from livingdrug.parameters import Parameter
from livingdrug.scenario import Arm, Resolved, outline, resolve
from livingdrug.scenario.plausible import plausible
from livingdrug.spec.fit import Fit
from livingdrug.spec.protocol import Rule
from livingdrug.spec.typed import read
from livingdrug.trial.design import Design, design
from livingdrug.trial.enrolment import Enrolled, enrol
from livingdrug.trial.selected import chosen

DRAWN = 400  # patients of each trial that are looked at
MANY = 0.1  # share of patients outside that is worth a word
CENTRAL = (1.0, 99.0)  # percentiles of the calibration trials' patients
PARTS = ("product", "tumour", "costimulation", "target")  # what a fit must have seen


def calibration() -> tuple[str, ...]:
    """The trials that a fit was made on, but for those that say that they validate."""
    return _calibration(library.state(), library.standpoint())


@lru_cache(maxsize=8)
def _calibration(state: tuple[library.Stamp, ...], folder: str) -> tuple[str, ...]:
    """The same of the library's files as they are; folder: from which messages name them."""
    fits = {n: read(Fit, library.find("fits", n).table) for n in library.names("fits")}
    fitted = dict.fromkeys(library.find("trials", fit.trial or name).name for name, fit in fits.items())
    return tuple(name for name in fitted if outline(name)[0].role != "validation")


def as_calibrated(resolved: Resolved) -> bool:
    """Whether this is a calibration trial as it stands, with nothing changed and nobody else treated."""
    return (
        resolved.as_fitted and not resolved.overridden and not resolved.own and resolved.chain[-1].name in calibration()
    )


@dataclass(frozen=True)
class Seen:
    """One arm, as far as ground is measured. numbers: path -> value, in each of the patients where they differ."""

    name: str
    arm: Arm

    @property
    def resolved(self) -> Resolved:
        """The arm's scenario."""
        return self.arm.resolved

    @cached_property
    def plan(self) -> Design:
        """The arm's design."""
        return design(self.arm)

    @cached_property
    def parts(self) -> Mapping[str, str | None]:
        """What the therapy is of: PARTS -> its name."""
        own = self.resolved
        said = {"costimulation": own.product.costimulation, "target": own.product.target}
        return {p: said[p] if p in said else own.names.get(p) for p in PARTS}

    @cached_property
    def enrolled(self) -> Enrolled:
        """Some patients, with their scheduled doses."""
        return enrol(self.arm, self.plan, chosen(self.resolved, DRAWN, 1), 1)

    def of_patients(self, path: str) -> Floats:
        """A number or a property of the patients (n,); one for all (1,) where it does not differ."""
        return np.atleast_1d(np.asarray(self.enrolled.cohort.values[path], float))

    @cached_property
    def doses(self) -> Mapping[str, Mapping[str, Floats]]:
        """Of each scheduled drug, what the patients get in all: as it is, per kg and per m2 of body surface."""
        table, found = self.enrolled.patients.doses, {}
        body = {"kg": self.enrolled.values.get("weight"), "m2": self.enrolled.values.get("bsa")}
        for i, path in enumerate(self.plan.model.inputs):
            given = np.where(table[..., 1] == i, table[..., 2], 0.0)
            total = np.nansum(np.where(np.isfinite(table[..., 0]), given, 0.0), axis=1)
            if total.any():
                found[path] = {"": total, **{k: total / x for k, x in body.items() if x is not None}}
        return found

    @cached_property
    def plausible(self) -> Mapping[str, Sequence[float]]:
        """What the ensembles of the fits say that a number could be."""
        parameters, drawn = self.resolved.parameters, plausible(self.resolved, strict=False)
        values = {c.path: c for c in drawn.columns if not c.varies}
        return {p: [c.laid(parameters[p], k).value for k in range(drawn.sets)] for p, c in values.items()}

    @cached_property
    def rules(self) -> Mapping[str, tuple[str, Rule]]:
        """What each rule that acts does, in a form that is alike where two do the same: its words, and the rule."""
        return {r.key: (_acts(r), r) for r in self.resolved.protocol.rule if r.do is not None}

    def signature(self, path: str) -> Any:
        """What is said of a number: its value, and how patients differ in it."""
        parameter = self.resolved.parameters.get(path)
        return None if parameter is None else (parameter.value, parameter.variability)


@dataclass(frozen=True)
class Ground:
    """The calibration trials, those of the disease in question first asked."""

    trials: tuple[Seen, ...]

    @classmethod
    def known(cls) -> Ground:
        """The calibration trials of the library, each with its first arm; what is looked at in them is kept as long as
        no file of the library changes."""
        return _known(library.state(), library.standpoint())

    def near(self, arm: Seen) -> tuple[Seen, ...]:
        """The calibration trials of the same disease, of cells of the same origin first; all where there is none."""
        same = tuple(t for t in self.trials if t.parts["tumour"] == arm.parts["tumour"]) or self.trials
        return tuple(t for t in same if t.resolved.product.origin == arm.resolved.product.origin) or same

    def span(self, path: str, trials: Sequence[Seen]) -> tuple[float, float] | None:
        """Where the patients of some trials lie in a number or property, but for the outermost; a number that does not
        differ between them may be as the ensemble of its fit says."""
        known = [t.of_patients(path) for t in trials if path in t.enrolled.cohort.values]
        return _hull([*known, *(np.array([x]) for t in trials for x in t.plausible.get(path, ()))])

    def dose_spans(self, path: str, trials: Sequence[Seen]) -> Mapping[str, tuple[float, float]]:
        """The same of a scheduled dose, as it is and by the body."""
        listed = [t.doses.get(path, {}) for t in trials]
        ways = dict.fromkeys(w for x in listed for w in x)
        found = {w: _hull([x[w] for x in listed if w in x]) for w in ways}
        return {w: span for w, span in found.items() if span}


@lru_cache(maxsize=2)
def _known(state: tuple[library.Stamp, ...], folder: str) -> Ground:
    """The ground as the library's files are; folder: from which messages name them."""
    return Ground(tuple(Seen(name, resolve(name).arms[0]) for name in calibration()))


def outside(values: Floats, span: tuple[float, float]) -> tuple[float, str]:
    """The share of values that lie outside, and on which side most of them do."""
    slack = 1e-9 * max(map(abs, span))
    below, above = float(np.mean(values < span[0] - slack)), float(np.mean(values > span[1] + slack))
    return below + above, "above" if above >= below else "below"


def changed(numbers: Mapping[str, Parameter], arm: Seen, trials: Sequence[Seen]) -> Iterator[str]:
    """The numbers of which no calibration trial says the same."""
    for path in numbers:
        if all(t.signature(path) != arm.signature(path) for t in trials):
            yield path


def _hull(found: Sequence[Floats]) -> tuple[float, float] | None:
    ends = [np.percentile(x, CENTRAL) if len(x) > 1 else (x[0], x[0]) for x in found if len(x)]
    return (float(min(e[0] for e in ends)), float(max(e[1] for e in ends))) if ends else None


def _acts(rule: Rule) -> str:
    """A rule that acts, in words that are alike where two rules do the same."""
    do = rule.do
    assert do is not None
    what = [f"give {do.give}" if do.give else f"set {do.set}" if do.set else "end follow-up"]
    what += [
        f"{key} {' '.join(str(x).split())}"
        for key in ("amount", "at_most", "at_least", "to")
        if (x := getattr(do, key))
    ]
    what += [f"when {' '.join(rule.asked.text.split())}", f"check {rule.check.text}"]
    what += [
        f"over {do.over:g} d",
        f"after {do.after:g} d",
        f"at most {rule.limits.most}, {rule.limits.apart:g} d apart",
    ]
    return "; ".join(what)
