"""What the scoreboard simulates: trials, with the model as it is or made wrong, each at several seeds.

A scenario is simulated once and remembered; scenarios share the processors.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from livingdrug.engine import cache
from livingdrug.parallel import counted, in_order
from livingdrug.results.columns import Columns
from livingdrug.results.score import CALIBRATION, VALIDATION
from livingdrug.scenario import Arm
from livingdrug.spec.trial import Trial
from livingdrug.trial import remembered
from livingdrug.trial.compare import compare
from livingdrug.trial.design import Design, design
from livingdrug.trial.remembered import Compared
from livingdrug.trial.simulate import columns

Task = tuple["Case", int]  # a case at a seed
Tell = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Case:
    """A trial with the model as it is, or made wrong: its first arm, and how many patients are enrolled; asked: the
    trial's name or file."""

    trial: str
    arm: Arm = field(repr=False)
    patients: int
    asked: str | Path = field(repr=False)

    @cached_property
    def design(self) -> Design:
        """The engine's plan, made when it is first asked for."""
        return design(self.arm)

    @cached_property
    def key(self) -> str:
        """The scenario's name among what is remembered."""
        return remembered.key(self.arm.resolved)

    @property
    def spec(self) -> Trial:
        """The trial's own words."""
        return self.arm.resolved.trial

    @property
    def role(self) -> str:
        """Calibration, validation or outlook."""
        return role_of(self.spec)

    def at(self, seed: int) -> str:
        """The name under which its rows at a seed are remembered."""
        return f"{self.key}-{self.patients}-{seed}"


def role_of(trial: Trial) -> str:
    """As the trial says; otherwise calibration where a published row was used in fitting."""
    return trial.role or (CALIBRATION if any(p.fitted for p in trial.published) else VALIDATION)


def compared(
    cases: Iterable[Case], seeds: Sequence[int], fresh: bool = False, progress: Tell | None = None
) -> dict[Case, tuple[Compared, ...]]:
    """Every case at every seed, its published rows compared. fresh: nothing that is remembered is taken; progress:
    called with patients done, and all of them."""
    tasks = [(case, seed) for case in cases for seed in seeds]
    found: dict[Task, Compared] = {}
    for case, seed in tasks if not fresh else ():
        if (known := remembered.recalled(case.at(seed))) is not None:
            found[case, seed] = known
    todo = [task for task in tasks if task not in found]
    for case in {c.arm.resolved.model(): c for c, _ in todo}.values():
        cache.load(case.design.model)  # before threads share it, so that it is compiled once
    threads = os.cpu_count() or 1
    workers = max(1, min(threads, len(todo)))
    tell = counted(progress, sum(case.patients for case, _ in todo))

    def work(task: Task) -> Compared:
        case, seed = task
        done = _simulated(case, seed, threads // workers, tell)
        remembered.keep(case.at(seed), done)
        return done

    found |= dict(zip(todo, in_order(work, todo, workers)))
    return {case: tuple(found[case, seed] for seed in seeds) for case in dict(tasks)}


def _simulated(case: Case, seed: int, threads: int, tell: Callable[[int], None] | None) -> Compared:
    """One case at one seed: simulated, and compared with what was published."""
    table = columns(case.arm, case.design, case.patients, seed, threads=threads, progress=tell)
    spec, fitted = case.spec, case.arm.resolved.as_fitted
    published = {row.measure for row in spec.published}
    asked = spec.model_copy(update={"measure": tuple(m for m in spec.measure if m.name in published)})
    rows = compare(asked, table, seed, units=case.design.units, fitted=fitted).rows
    return Compared(rows, _counts(table))


def _counts(table: Columns) -> dict[str, int]:
    infused, failed = table["infused"] > 0, table["failed"] == 1
    return {"enrolled": table.size, "infused": int(infused.sum()), "failed": int(failed.sum())}
