"""Wrong truths at work: each calibration trial with a deliberately false number, over the same rows and seeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from livingdrug.errors import LivingDrugError
from livingdrug.results.score import Score, Scored, TrialScore, WrongTruthScore, counted
from livingdrug.scenario import Arm, Resolved, resolve
from livingdrug.spec.scoreboard import WrongTruth
from livingdrug.trial.cases import Case
from livingdrug.trial.remembered import Compared


@dataclass(frozen=True)
class FalseModel:
    """A wrong truth on every trial where it changes anything. cases: the trial as it is -> under the wrong truth;
    left_out: the other trials, with the reason."""

    truth: WrongTruth
    cases: Mapping[Case, Case] = field(repr=False)
    left_out: Mapping[str, str]

    def scored(
        self, own: Mapping[Case, TrialScore], found: Mapping[Case, tuple[Compared, ...]], seeds: Sequence[int]
    ) -> WrongTruthScore:
        """Its score beside that of the model as it is. own: the trials as they are; found: what was compared."""
        true = [(case, i, row) for case in self.cases for i, row in enumerate(own[case].rows) if row.comparable]
        false = [
            Scored(row.trial, row.family, tuple(at_seed.rows[i] for at_seed in found[self.cases[case]]))
            for case, i, row in true
        ]
        pairs = list(zip(false, (row for _, _, row in true), strict=True))

        def scores(family: str | None) -> tuple[Score, Score]:
            kept = [pair for pair in pairs if family in (None, pair[1].family)]
            return counted([f for f, _ in kept], len(seeds)), counted([t for _, t in kept], len(seeds))

        whole = scores(None)
        return WrongTruthScore(
            name=self.truth.name,
            title=self.truth.title,
            why=self.truth.why,
            sets=self.truth.set,
            trials=tuple(case.trial for case in self.cases),
            left_out=self.left_out,
            score=whole[0],
            truth=whole[1],
            families={f: scores(f) for f in dict.fromkeys(row.family for _, _, row in true)},
            infused=sum(x.counts["infused"] for case in self.cases.values() for x in found[case]),
            failed=sum(x.counts["failed"] for case in self.cases.values() for x in found[case]),
        )


def false_model(truth: WrongTruth, cases: Iterable[Case]) -> FalseModel:
    """A wrong truth on these trials. LivingDrugError at its place when a value cannot be."""
    applied: dict[Case, Case] = {}
    left_out: dict[str, str] = {}
    for case in cases:
        own = case.arm.resolved
        absent = [path for path in truth.set if not _has(own, path)]
        if absent:
            left_out[case.trial] = f"its model has no {' and no '.join(absent)}"
            continue
        arm = _made_wrong(truth, case)
        if arm.resolved.therapy == own.therapy:
            left_out[case.trial] = f"{' and '.join(truth.set)} stay what they are"
            continue
        applied[case] = Case(case.trial, arm, case.patients, case.asked)
    return FalseModel(truth, applied, left_out)


def _made_wrong(truth: WrongTruth, case: Case) -> Arm:
    """The trial's first arm with what the wrong truth sets laid on top."""
    try:
        return resolve(case.asked, truth.set).arms[0]
    except LivingDrugError as problem:
        raise problem.but(where=f"{truth.place('set')}, for {case.trial}") from None


def _has(resolved: Resolved, path: str) -> bool:
    """Whether a path is a number of this scenario, or a word of one."""
    numbers = {*resolved.parameters, *resolved.protocol.numbers, *resolved.covariates}
    bare = path.removeprefix("protocol.").removeprefix("population.").removeprefix("covariates.")
    return any(p == n or p.startswith(f"{n}.") for p in (path, bare) for n in numbers)
