"""Which numbers of a scenario move which measure most: groups are screened, then numbers, and the few that matter get
Sobol indices.

Every run meets the same patients with the same random numbers, and only numbers differ: nothing is compiled for one.
"""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Lock
from typing import Any

import numpy as np

from livingdrug.engine.plan import Floats
from livingdrug.errors import LivingDrugError, ScenarioError, unknown
from livingdrug.parallel import counted, in_order
from livingdrug.results.columns import Columns
from livingdrug.results.sensitivity import TOP, Index, Input, Measured, Sensitivity, Stage
from livingdrug.scenario import Arm
from livingdrug.scenario.ranges import Range, chosen, ranges, role
from livingdrug.spec.fields import FAMILIES
from livingdrug.trial.above import above
from livingdrug.trial.design import Design
from livingdrug.trial.indices import USUAL, Method, Points, order
from livingdrug.trial.measures import prepare
from livingdrug.trial.simulate import columns
from livingdrug.units import DAYS
from livingdrug.whole import whole

METHODS = ("morris", "sobol")
USUAL_PATIENTS = 200
MEASURES = 6  # looked at, where none is named
SCREENED = 80  # numbers that the second stage looks at one by one
KEPT = 0.05  # of the most that any group moves a measure: groups that move none so much are left
MOST_RUNS, MOST_PATIENTS = 20_000, 5_000_000  # in all; patients: of all runs together
FAILED = 0.05  # share of infused patients; a run in which more could not be simulated is not used


@dataclass(frozen=True)
class Asked:
    """What a sensitivity analysis asks for. method: None for the stages that the number of ranges calls for."""

    method: Method | None
    grouped: bool
    samples: int | None
    measures: tuple[str, ...]
    ranges: tuple[Range, ...]
    fixed: Mapping[str, str]
    patients: int
    seed: int

    @property
    def sizes(self) -> list[tuple[Method, bool, int]]:
        """The stages at their largest: method, whether of groups, and how many are moved."""
        many = len(self.ranges)
        if self.method or self.grouped:
            return [(self.method or "morris", self.grouped, many)]
        stages: list[tuple[Method, bool, int]] = [("sobol", False, min(many, TOP))]
        if many > TOP:
            stages.insert(0, ("morris", False, min(many, SCREENED)))
        if many > SCREENED:
            stages.insert(0, ("morris", True, many))
        return stages

    def of(self, method: Method) -> int:
        """Samples of a method; those asked for are of the last stage."""
        return self.samples if self.samples is not None and method == self.sizes[-1][0] else USUAL[method]


def asked(
    arm: Arm,
    method: str | None,
    parameters: Sequence[str],
    grouped: bool,
    measures: Sequence[str],
    samples: int | None,
    patients: int | None,
    seed: int,
) -> Asked:
    """What was asked, checked; ScenarioError for what cannot be, or is more work than the limits allow."""
    if method is not None and method not in METHODS:
        raise unknown("method", method, METHODS, "--method")
    known = [m.name for m in arm.resolved.trial.measure]
    for name in measures:
        if name not in known:
            raise unknown("measure", name, known, "--measure")
    found, fixed = ranges(arm.resolved)
    kept = chosen(found, parameters, fixed)
    if not kept:
        raise ScenarioError(
            "no number of this scenario has a range",
            where=arm.resolved.name,
            mend="name numbers that are not 0 with --parameters",
        )
    if grouped and len({role(r.path, arm.resolved) for r in kept}) < 2:
        raise ScenarioError("all numbers named are of one mechanism", where="--groups", mend="leave --groups out")
    many = whole(USUAL_PATIENTS if patients is None else patients, "patients", 1, MOST_PATIENTS, "--patients")
    number = None if samples is None else whole(samples, "samples", 1, None, "--samples")
    wanted: Any = method
    told = Asked(wanted, grouped, number, tuple(measures) or _usual(arm), tuple(kept), fixed, many, seed)
    _affordable(told, arm)
    return told


def _usual(arm: Arm) -> tuple[str, ...]:
    """The first measure of each family that has a published result; where none has, the first few measures."""
    trial = arm.resolved.trial
    published = {row.measure for row in trial.published}
    first = {str(m.family): m.name for m in reversed(trial.measure) if m.name in published and m.family}
    return tuple(first[f] for f in FAMILIES if f in first)[:MEASURES] or tuple(m.name for m in trial.measure[:MEASURES])


def _affordable(told: Asked, arm: Arm) -> None:
    runs = sum(_points(told, method, told.ranges[:many], grouped, arm).runs for method, grouped, many in told.sizes)
    if runs <= MOST_RUNS and runs * told.patients <= MOST_PATIENTS:
        return
    raise ScenarioError(
        f"{runs:,} runs of {told.patients:,} patients would be needed",
        where=f"{len(told.ranges)} numbers, {told.of(told.sizes[-1][0])} samples",
        allowed=f"{MOST_RUNS:,} runs, and {MOST_PATIENTS:,} patients in all of them",
        mend="take fewer --samples or --patients, name --parameters, or screen with --method morris or --groups first",
    )


def _points(told: Asked, method: Method, varied: Sequence[Range], grouped: bool, arm: Arm) -> Points:
    names = tuple(r.name for r in varied)
    groups = tuple(role(r.path, arm.resolved) for r in varied) if grouped else names
    return Points(method, names, groups, told.of(method), told.seed)


@dataclass
class Runs:
    """Runs of one arm with other numbers: what is asked of each."""

    arm: Arm
    design: Design
    asked: Asked
    tell: Callable[[int], None] | None = None  # hears how many more runs are done
    days: float = 0.0  # of all patients simulated
    alone: Lock = field(default_factory=Lock)

    def own(self) -> list[float]:
        """The measures of the scenario as it stands; LivingDrugError where it cannot be run."""
        return self._measured(self.arm)

    def at(self, varied: Sequence[Range], shares: Floats) -> tuple[list[float], str]:
        """The measures with these numbers at these shares of their ranges; nan and the reason where the run failed."""
        parameters = dict(self.arm.resolved.parameters)
        for one, share in zip(varied, shares, strict=True):
            parameters[one.path] = one.laid(parameters, float(share))
        there = replace(self.arm.resolved, parameters=parameters)
        there.__dict__["_model"] = self.arm.resolved.model()
        try:
            return self._measured(replace(self.arm, resolved=there)), ""
        except LivingDrugError as problem:
            return [math.nan] * len(self.asked.measures), _reason(problem)
        finally:
            if self.tell:
                self.tell(1)

    def _measured(self, arm: Arm) -> list[float]:
        table = columns(arm, self.design, self.asked.patients, self.asked.seed, threads=1)
        infused, failed = table["infused"] > 0, table["failed"] == 1
        with self.alone:
            self.days += float(np.nansum(table["end_day"][infused] - self.design.plan.start))
        if failed.sum() > FAILED * infused.sum():
            raise ScenarioError(
                f"more than {FAILED:.0%} of patients could not be simulated to the end",
                mend="leave the numbers out that a run of the same values names, or give them smaller ranges",
            )
        return self._read(arm, table)

    def _read(self, arm: Arm, table: Columns) -> list[float]:
        found = prepare(arm.resolved.trial, table, units=self.design.units)
        values = [found[name].value if name in found else math.nan for name in self.asked.measures]
        return [x if math.isfinite(x) else math.nan for x in values]


def _reason(problem: LivingDrugError) -> str:
    """A failure without the number of its patient, so that like failures are counted together."""
    return problem.what.partition(" of patient ")[0].partition(" (")[0]


def stages(runs: Runs) -> Iterator[tuple[Stage, tuple[Range, ...]]]:
    """Each stage once it is done, with what it varied: the next varies what mattered most."""
    varied = runs.asked.ranges
    stage: Stage | None = None
    for method, grouped, _ in runs.asked.sizes:
        if stage:
            most = TOP if method == "sobol" else SCREENED
            varied = _mattered(stage, varied, most, runs.arm)
            if not varied:
                return
        stage = _stage(runs, _points(runs.asked, method, varied, grouped, runs.arm), varied, grouped)
        yield stage, varied


def _mattered(stage: Stage, varied: Sequence[Range], most: int, arm: Arm) -> tuple[Range, ...]:
    """What the next stage varies: numbers of the mechanisms that move a measure by KEPT of the most, or of a stage of
    single numbers the first few."""
    ranked = order(stage.indices)
    if not stage.grouped:
        first = set(ranked[:most])
        return tuple(r for r in varied if r.name in first)
    largest = {m: max(i.value for i in stage.indices if i.measure == m) for m in stage.used if stage.indices}
    moving = {i.name for i in stage.indices if i.value > 0 and i.value >= KEPT * largest[i.measure]}
    kept: list[Range] = []
    for name in (n for n in ranked if n in moving):
        own = [r for r in varied if role(r.path, arm.resolved) == name]
        if len(kept) + len(own) <= most:
            kept += own
    return tuple(kept)


def _stage(runs: Runs, points: Points, varied: Sequence[Range], grouped: bool) -> Stage:
    at = points.at()
    work = in_order(lambda x: runs.at(varied, x), list(at), min(os.cpu_count() or 1, len(at)))
    values, failed = [], Counter[str]()
    for found, reason in work:
        values.append(found)
        failed.update([reason] if reason else [])
    table, used = np.array(values), dict[str, int]()
    indices: list[Index] = []
    for k, name in enumerate(runs.asked.measures):
        told, used[name] = points.read(at, table[:, k], name)
        indices += told
    if not indices and max(used.values()) < 1:
        said = "no run of a whole block could be used"
        why = "; ".join(f"{n:,}: {reason}" for reason, n in failed.most_common(3)) or "the measures could not be read"
        raise ScenarioError(said, where=why, mend="name other --parameters or --measure")
    return Stage(points.method, grouped, points.moved, points.samples, len(at), tuple(indices), used, dict(failed))


def analysed(
    arm: Arm,
    design: Design,
    told: Asked,
    files: Mapping[str, str],
    provenance: Callable[[], Mapping[str, Any]],
    progress: Callable[[int, int], None] | None,
) -> Sensitivity:
    """The whole analysis. progress: called with runs done and the most there can be."""
    most = sum(_points(told, m, told.ranges[:many], g, arm).runs for m, g, many in told.sizes)
    runs = Runs(arm, design, told, counted(progress, most))
    own = runs.own()
    found = list(stages(runs))
    titles = {m.name: m for m in arm.resolved.trial.measure}
    measures = tuple(
        Measured(n, titles[n].title or n, titles[n].shown_unit, x) for n, x in zip(told.measures, own, strict=True)
    )
    inputs = tuple(
        Input(r.name, r.unit, r.value, r.low, r.high, r.basis, role(r.path, arm.resolved)) for r in told.ranges
    )
    unread = [
        f"{m.title} could not be read in enough runs ({stage.used[m.name]} of {stage.samples} samples were whole)"
        for stage, _ in found[-1:]
        for m in measures
        if not any(i.measure == m.name for i in stage.indices)
    ]
    return Sensitivity(
        title=f"{arm.resolved.title}: which numbers matter",
        arm=arm.name,
        patients=told.patients,
        seed=told.seed,
        measures=measures,
        inputs=inputs,
        fixed=told.fixed,
        stages=tuple(stage for stage, _ in found),
        patient_years=runs.days / DAYS["year"],
        notes=(*design.told, *unread),
        provenance={**provenance(), "sensitivity": {"measures": list(told.measures), "arm": arm.name}},
        files=files,
        drawn=partial(above, "report.sensitivity", "drawn"),
        page=partial(above, "report.sensitivity", "write"),
    )
