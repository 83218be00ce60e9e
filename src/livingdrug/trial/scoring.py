"""The scoreboard: every trial over seeds, beside naive transfer, and beside the model made wrong."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from livingdrug import library
from livingdrug.errors import ScenarioError, unknown
from livingdrug.results.lazy import Lazy
from livingdrug.results.score import CALIBRATION, NO_FAMILY, VALIDATION, Naive, Scored, TrialScore
from livingdrug.results.scoreboard import Scoreboard
from livingdrug.scenario import resolve
from livingdrug.spec import scoreboard as spec
from livingdrug.spec.fields import FAMILIES
from livingdrug.spec.scenario import MOST_PATIENTS, MOST_SEED
from livingdrug.spec.trial import ROLES
from livingdrug.spec.trial import Trial as Trial_
from livingdrug.trial.above import above
from livingdrug.trial.beside import published
from livingdrug.trial.cases import Case, compared, role_of
from livingdrug.trial.enrolment import notes_on_own
from livingdrug.trial.false_models import false_model
from livingdrug.trial.naive import copied
from livingdrug.trial.remembered import Compared
from livingdrug.trial.run import USUAL, Progress, Trial
from livingdrug.version import __version__
from livingdrug.whole import several, whole

SEEDS, MOST_SEEDS = 10, 100


def scoreboard(
    trials: Iterable[str | Path] | None = None,
    patients: int | None = None,
    seeds: int = SEEDS,
    seed: int = 1,
    wrong_truths: bool = True,
    role: str | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
) -> Scoreboard:
    """Every trial beside its published results, over seeds, beside naive transfer and wrong truths.

    trials: library trials by name, or files (all of the library with published rows that are compared); patients:
    enrolled in each, 1 to 10,000,000 (as each trial says, else 500); seeds: how many, 1 to 100, and seed: the first of
    them; wrong_truths: whether the calibration trials are run under each wrong truth of the library, too; role: of the
    trials, a word (all without it); fresh: what was simulated before is simulated again; progress:
    called with (patients done, all of them).

    ScenarioError (SourceError, UnitError) with file and line for a trial, row or wrong truth that cannot be.

    >>> board = livingdrug.scoreboard(["eliana"], patients=60, seeds=2, wrong_truths=False)
    >>> board.score("calibration").comparable > 30
    True
    """
    begun = time.perf_counter()
    first = whole(seed, "seed", 0, MOST_SEED - MOST_SEEDS)
    which = range(first, first + whole(seeds, "seeds", 1, MOST_SEEDS))
    cases = chosen(trials, patients, role)
    calibration = [case for case in cases if case.role == CALIBRATION]
    false = [false_model(truth, calibration) for truth in (spec.wrong_truths() if wrong_truths and calibration else ())]
    naive = _Copies(cases)
    found = compared([*cases, *(c for model in false for c in model.cases.values())], which, fresh, progress)
    own = {case: _scored(case, found[case], naive) for case in cases}
    return Scoreboard(
        trials=tuple(own.values()),
        seeds=tuple(which),
        families=FAMILIES,
        wrong_truths=tuple(model.scored(own, found, which) for model in false),
        wall_s=round(time.perf_counter() - begun, 3),
        provenance=_provenance(cases, which),
        page=partial(above, "report.scoreboard", "write"),
    )


def chosen(
    trials: Iterable[str | Path] | None = None, patients: int | None = None, role: str | None = None
) -> list[Case]:
    """The trials asked for, each once, after a dry run of each."""
    if role is not None and role not in ROLES:
        raise unknown("role of a trial", str(role), ROLES)
    many = None if patients is None else whole(patients, "patients", 1, MOST_PATIENTS)
    found: dict[str, Trial] = {}
    for name in published() if trials is None else several(trials, "trials"):
        trial = Trial(name)
        other = found.setdefault(trial.resolved.name, trial)
        if other.resolved.hash != trial.resolved.hash:
            said = f"two trials are called '{trial.resolved.name}'"
            raise ScenarioError(said, where=str(name), mend='give one of the files another name = "..."')
    kept = [trial for trial in found.values() if role in (None, role_of(trial.resolved.trial))]
    if not kept:
        said = f"there is no {f'{role} ' if role else ''}trial to score"
        raise ScenarioError(said, allowed=library.names("trials"), mend="ask for another trial or role")
    return [_case(trial, many) for trial in kept]


def _case(trial: Trial, patients: int | None) -> Case:
    """A trial as it is, found to be possible."""
    trial.check()
    resolved = trial.resolved
    own = resolved.own.size if resolved.own and resolved.trial.place("patients").ours else None
    return Case(resolved.name, resolved.arms[0], patients or own or resolved.patients or USUAL, trial.asked)


def _scored(case: Case, found: Sequence[Compared], naive: _Copies) -> TrialScore:
    """A trial's published rows over the seeds."""
    families = {m.name: m.family for m in case.spec.measure}
    resolved = case.arm.resolved
    rows = tuple(
        Scored(
            case.trial,
            families.get(published.measure) or NO_FAMILY,
            tuple(at_seed.rows[i] for at_seed in found),
            naive.of(case, i),
        )
        for i, published in enumerate(case.spec.published)
    )
    notes = (*resolved.notes_for(case.patients), *notes_on_own(case.arm, case.design), *case.design.told)
    counts = tuple(at_seed.counts for at_seed in found)
    return TrialScore(case.trial, resolved.title, case.role, case.patients, rows, counts, notes)


class _Copies:
    """Naive transfer for the validation trials among some cases, worked out before anything is simulated."""

    def __init__(self, cases: Iterable[Case]) -> None:
        rows, others = spec.transfers(), Lazy(library.names("trials"), _with_role)
        self.found: dict[Case, tuple[Naive, ...]] = {
            case: tuple(copied(p, case.spec, rows.get((case.trial, p.measure)), others) for p in case.spec.published)
            for case in cases
            if case.role == VALIDATION
        }

    def of(self, case: Case, row: int) -> Naive | None:
        """What it says of a published row; None in a calibration trial."""
        return self.found[case][row] if case in self.found else None


def _with_role(name: str) -> tuple[Trial_, str]:
    trial = resolve(name).trial
    return trial, role_of(trial)


def _provenance(cases: Sequence[Case], seeds: Sequence[int]) -> dict[str, Any]:
    return {
        "livingdrug": __version__,
        "seeds": list(seeds),
        "trials": {c.trial: {"scenario_hash": c.arm.resolved.hash, "patients": c.patients} for c in cases},
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "note": "Simulated patients. Not medical advice.",
    }
