"""A virtual trial, run: draw patients, follow each arm block by block, keep rows and counts, compare."""

from __future__ import annotations

import platform
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug.care.rules import rule_sentence
from livingdrug.errors import LivingDrugError, ScenarioError, short, unknown
from livingdrug.library import LibraryFile
from livingdrug.parallel import TOGETHER, counted
from livingdrug.results.kept import Kept
from livingdrug.results.lazy import Lazy, Named
from livingdrug.results.result import ArmResult, Result, TimeToEvent
from livingdrug.results.sensitivity import Sensitivity
from livingdrug.results.sweep import Sweep
from livingdrug.scenario import Arm, Resolved, blamed, laid, resolve, saved
from livingdrug.spec.scenario import MOST_PATIENTS, MOST_SEED
from livingdrug.spec.trial import Trial as Trial_
from livingdrug.trial import sensitivity as sensitivities
from livingdrug.trial import sweep as sweeps
from livingdrug.trial.above import above, view
from livingdrug.trial.applicability import applicability
from livingdrug.trial.as_enrolled import with_enrolled
from livingdrug.trial.blocks import Blocks
from livingdrug.trial.blocks import place as block_folder
from livingdrug.trial.check import Seen, check, check_arm, same_patients
from livingdrug.trial.cluster import Cluster, connected
from livingdrug.trial.compare import compare
from livingdrug.trial.definitions import otherwise
from livingdrug.trial.design import Design, design
from livingdrug.trial.dictionary import dictionary
from livingdrug.trial.differences import between_arms
from livingdrug.trial.enrolment import notes_on_own
from livingdrug.trial.grades import unread
from livingdrug.trial.measures import Table, endpoints, prepare
from livingdrug.trial.plausible import Sets, with_sets
from livingdrug.trial.selected import asks, chosen, selection
from livingdrug.trial.simulate import gather, gather_blocks
from livingdrug.version import __version__
from livingdrug.whole import path as path_of
from livingdrug.whole import several, whole

if TYPE_CHECKING:
    import pandas as pd

USUAL = 500
DEVICES = ("cpu", "cuda")

Progress = Callable[[int, int], None]


class Trial:
    """A virtual trial: a library trial by name, or a scenario file. `sets`: dotted path -> value, laid on top.

    `cohort`: the user's own patients, a CSV file or a table (pandas), one row a patient or a dose record.

    ScenarioError (SourceError, UnitError, WiringError) with file and line for whatever cannot be, before anything runs.

    >>> trial = livingdrug.Trial("eliana", {"tumour.kill": "* 0.5"})
    >>> print(trial.rules()[0])
    Day -7: note marrow blasts.
    """

    def __init__(
        self,
        name_or_file: str | Path,
        sets: Mapping[str, Any] | None = None,
        cohort: str | Path | pd.DataFrame | None = None,
    ) -> None:
        if not isinstance(sets or {}, Mapping):
            allowed = 'a table of paths and values, as {"PATH": VALUE}'
            raise ScenarioError(f"sets = {short(sets)} is no table of changes", allowed=allowed)
        self.asked, self.sets = name_or_file, dict(sets or {})
        if cohort is not None:
            self.sets["cohort.file"] = self._as_file(cohort)
        self.resolved: Resolved = resolve(name_or_file, self.sets)
        self.designs: dict[str, Design] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Without the plans, which are worked out again, and without the folder of a table, which does not travel."""
        return {**{k: x for k, x in vars(self).items() if k != "_folder"}, "designs": {}}

    def __copy__(self) -> Trial:
        found = type(self).__new__(type(self))
        vars(found).update({**vars(self), "designs": dict(self.designs)})
        return found

    def _as_file(self, cohort: Any) -> str:
        """The path of a cohort; a table is written to a temporary folder, which goes with the trial."""
        if isinstance(cohort, (str, Path)):
            return str(cohort)
        if not hasattr(cohort, "to_csv"):
            raise ScenarioError(f"{short(cohort)} is no cohort", allowed="a CSV file or a pandas DataFrame")
        self._folder = tempfile.TemporaryDirectory(prefix="livingdrug-cohort-", ignore_cleanup_errors=True)
        file = Path(self._folder.name) / "cohort.csv"
        cohort.to_csv(file, index=False)
        return str(file)

    @property
    def title(self) -> str:
        """What people call the trial."""
        return self.resolved.title

    def run(
        self,
        patients: int | None = None,
        seed: int | None = None,
        threads: int | None = None,
        out: str | Path | None = None,
        progress: Progress | None = None,
        block: int = TOGETHER,
        workers: int | None = None,
        cluster: str | None = None,
        device: str = "cpu",
        keep: Iterable[int] = (),
        plausible: int | None = None,
        blocks: str | Path | None = None,
    ) -> Result:
        """Simulate every arm with the same enrolled patients; `out`: folder to save to. Same seed, same result.

        patients: how many are enrolled, 1 to 10,000,000 (as the scenario says, else 500); seed: 0 or more (as the
        scenario says, else 1); threads: on this machine (all processors); progress: called with (patients done, all of
        them); block: patients that are simulated together; workers: processes here that share the patients; cluster:
        address of a Dask scheduler that does; device: "cpu", or "cuda" for an NVIDIA card; keep: numbers of patients
        whose own course is kept beside those of the first few; plausible: sets of plausible values (2 or more, as many
        as the fits' ensembles hold) with which the first 1,000 patients run again: what the values leave open; blocks:
        a folder where blocks of patients are kept as they are done, so that a run that ended may be taken up again.

        A patient who cannot be simulated to the end is a row with a code, no exception. EngineError where a device or a
        scheduler cannot be used.

        >>> result = livingdrug.Trial("eliana").run(patients=20, seed=1)
        >>> result.arm().counts["enrolled"]
        20
        """
        begun = time.perf_counter()
        many, seed = self._numbers(patients, seed)
        threads = None if threads is None else whole(threads, "threads", 1, 1024)
        block = whole(block, "block", 1)
        kept = _kept(self.resolved, several(keep, "keep"), many, seed)
        if device not in DEVICES:
            raise unknown("device", str(device), DEVICES)
        arms = self.resolved.arms
        if blocks is not None and device != "cpu":
            raise ScenarioError("blocks are kept of what processors simulate", where="blocks", mend="leave one out")
        self.check()
        place = None if blocks is None else block_folder(path_of(blocks, "blocks"))
        sets = None if plausible is None else Sets.asked(arms, whole(plausible, "plausible", 2), many)
        each = many + (sets.simulated if sets else 0)
        told = [counted(progress, each * len(arms), i * each) for i in range(len(arms))]
        with connected(workers, cluster) if workers or cluster is not None else nullcontext() as pool:
            done = {
                a.name: follow(
                    a,
                    self.design(a),
                    many,
                    seed,
                    threads,
                    block,
                    told[i],
                    pool,
                    device,
                    kept,
                    None if place is None else self._blocks(place, a, seed, kept),
                )
                for i, a in enumerate(arms)
            }
        if sets:
            for i, a in enumerate(arms):
                tables = sets.follow(a, self.design(a), seed, threads, told[i])
                done[a.name] = with_sets(done[a.name], tables, seed)
        wall = time.perf_counter() - begun
        provenance = self._provenance(many, seed, wall)
        if sets:
            provenance["plausible"] = sets.json(arms)
        if asks(self.resolved.population):
            provenance["selection"] = selection(self.resolved, seed).json(many)
        result = as_result(self, done, seed, wall, provenance, many)
        if out is not None:
            result.save(out)
        return result

    def _blocks(self, place: Path, arm: Arm, seed: int, keep: tuple[int, ...]) -> Blocks:
        """Where the blocks of one arm lie, whatever the number of patients."""
        scenario = replace(self.resolved, patients=None, seed=seed).hash
        return Blocks.of(place, scenario, arm.name, self.design(arm), keep)

    def sweep(
        self,
        path: str,
        values: Iterable[Any],
        patients: int | None = None,
        seed: int | None = None,
        measures: Sequence[str] | None = None,
        arm: str | None = None,
        out: str | Path | None = None,
        progress: Progress | None = None,
    ) -> Sweep:
        """One number at several values (each as after --set), in the same patients: `sweep("dose.factor", [0.1, 1])`.

        measures: names of those to show (all are kept without); arm: whose, the first when none is named; out: folder
        to save to. Nothing is compiled that the scenario itself does not need.
        """
        begun = time.perf_counter()
        many, seed = self._numbers(patients, seed)
        measures = None if measures is None else several(measures, "measures")
        steps = sweeps.asked(lambda more: resolve(self.asked, {**self.sets, **more}), path, values, arm, measures)
        designs = [(a, design(a)) for a in (steps.own, *steps.arms)]
        seen = Seen()
        for a, plan in designs:
            check_arm(a, plan, seen)
        same_patients([a for a, _ in designs])

        def followed() -> Iterator[tuple[Arm, ArmResult]]:
            first: ArmResult | None = None
            for i, (a, plan) in enumerate(designs):
                if first is None or a.resolved.hash != steps.own.resolved.hash:
                    done = follow(a, plan, many, seed, progress=counted(progress, many * len(designs), i * many))
                    first = first or done
                else:  # the scenario's own value
                    done = first
                yield a, done

        found = sweeps.swept(
            steps,
            followed(),
            (many, seed),
            measures,
            saved.files(replace(self.resolved, patients=many, seed=seed)),
            lambda: self._provenance(many, seed, time.perf_counter() - begun),
        )
        if out is not None:
            found.save(out)
        return found

    def sensitivity(
        self,
        method: str | None = None,
        parameters: Sequence[str] = (),
        groups: bool = False,
        measures: Sequence[str] = (),
        samples: int | None = None,
        patients: int | None = None,
        seed: int | None = None,
        arm: str | None = None,
        progress: Progress | None = None,
    ) -> Sensitivity:
        """Which numbers move which measure most, over the range in which each could be, in the same patients.

        method: "morris" or "sobol"; without one, mechanisms are screened by Morris, then the numbers of those that
        matter, and the ten that move most get Sobol indices. parameters: paths or beginnings of paths (all numbers);
        groups: each mechanism as a whole; measures: names (the first with a published result of each family); samples:
        trajectories of Morris (8), base samples of Sobol (64, a power of two); patients: of each run (200).

        ScenarioError for more runs than the limits allow; a run that fails is counted and left out. Needs SALib.
        """
        begun = time.perf_counter()
        own = self.resolved.arms[0] if arm is None else self.resolved.arm(arm)
        _, seed = self._numbers(None, seed)
        words = several(parameters, "parameters"), several(measures, "measures")
        told = sensitivities.asked(own, method, words[0], groups, words[1], samples, patients, seed)
        self.check()
        files = saved.files(replace(self.resolved, patients=told.patients, seed=seed))
        return sensitivities.analysed(
            own,
            self.design(own),
            told,
            files,
            lambda: self._provenance(told.patients, told.seed, time.perf_counter() - begun),
            progress,
        )

    def _numbers(self, patients: int | None, seed: int | None) -> tuple[int, int]:
        """How many patients, from which seed: as asked, else as the scenario says."""
        own = self.resolved.own
        if patients is None and own and self.resolved.trial.place("patients").ours:
            patients = own.size
        many = whole(self.resolved.patients or USUAL if patients is None else patients, "patients", 1, MOST_PATIENTS)
        return many, whole(self.resolved.seed if seed is None else seed, "seed", 0, MOST_SEED - 1)

    def design(self, arm: Arm) -> Design:
        """The engine's plan for an arm, worked out once."""
        if arm.name not in self.designs:
            self.designs[arm.name] = design(arm)
        return self.designs[arm.name]

    def check(self) -> None:
        """A dry run of every arm; ScenarioError at the user's word that makes it impossible."""

        def stands(chain: list[LibraryFile], sets: Mapping[str, Any]) -> None:
            whole = laid(chain, sets)
            check(whole.arms, design)

        try:
            check(self.resolved.arms, self.design)
        except LivingDrugError as problem:
            raise blamed(problem, list(self.resolved.chain), self.resolved.sets, stands) from None

    def rules(self) -> list[str]:
        """The care rules of the first arm, as sentences."""
        return [rule_sentence(rule) for rule in self.design(self.resolved.arms[0]).rules]

    def _provenance(self, patients: int, seed: int, wall_s: float) -> dict[str, Any]:
        return {
            "livingdrug": __version__,
            "scenario_hash": replace(self.resolved, patients=patients, seed=seed).hash,
            "patients": patients,
            "seed": seed,
            "wall_s": round(wall_s, 3),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "machine": platform.machine(),
            "system": platform.system(),
            "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "note": "Simulated patients. Not medical advice.",
        }

    def __repr__(self) -> str:
        return "\n".join([repr(self.resolved), *(f"  - {r}" for r in self.rules())])


def as_result(
    trial: Trial,
    arms: Mapping[str, ArmResult],
    seed: int,
    wall_s: float,
    provenance: Mapping[str, Any],
    patients: int | None = None,
) -> Result:
    """The result of a trial whose arms were simulated, now or in an earlier run."""
    resolved = trial.resolved
    return Result(
        trial=resolved.name,
        title=trial.title,
        product=resolved.names.get("product", ""),
        seed=seed,
        arms=Named("arm", arms),
        wall_s=wall_s,
        resolved=replace(resolved, patients=patients or resolved.patients, seed=seed),
        provenance=provenance,
        scenario_files=saved.files,
        compared=between_arms,
        judged=applicability,
        report=partial(above, "report.html", "write"),
        view=view,
        exporter=partial(above, "export", "export"),
    )


def follow(
    arm: Arm,
    design: Design,
    patients: int,
    seed: int,
    threads: int | None = None,
    block: int = TOGETHER,
    progress: Callable[[int], None] | None = None,
    pool: Cluster | None = None,
    device: str = "cpu",
    keep: tuple[int, ...] = (),
    blocks: Blocks | None = None,
) -> ArmResult:
    """One arm from enrolment to the end of follow-up; keep: patients whose own course is kept."""
    if pool:
        kept = pool.gather(arm, design, patients, seed, block, progress, keep, blocks)
    elif blocks:
        kept = gather_blocks(arm, design, patients, seed, keep, blocks, threads, progress, block=block)
    else:
        how = {"threads": threads, "block": block, "progress": progress, "device": device}
        kept = gather(arm, design, patients, seed, keep, **how)
    return arm_result(arm, design, kept, seed)


def arm_result(arm: Arm, design: Design, kept: Kept, seed: int) -> ArmResult:
    """The result of an arm whose patients were simulated, now or in an earlier run."""
    trial, units = arm.resolved.trial, design.units
    other, fitted = otherwise(arm), arm.resolved.as_fitted
    compared = compare(trial, kept.patients, seed, name=arm.name, units=units, fitted=fitted, otherwise=other)
    own = (*arm.resolved.notes_for(kept.patients.size), *notes_on_own(arm, design))
    if asks(arm.resolved.population) and kept.patients.size:
        own += (selection(arm.resolved, seed).note(kept.patients.size),)
    return ArmResult(
        name=arm.name,
        title=arm.title,
        columns=kept.patients,
        timed=partial(timed, trial, units),
        measured=partial(prepare, trial, units=units),
        courses=kept.courses,
        comparison=with_enrolled(compared, trial, kept.patients, units),
        notes=(*own, *design.told, *unread(design)),
        dictionary=dictionary(arm, design),
        tables=Named("table", kept.tables),
        grades=kept.grades,
    )


def timed(trial: Trial_, units: Mapping[str, str | None], columns: Mapping[str, Any]) -> Mapping[str, TimeToEvent]:
    """Every endpoint of a trial in patients with these columns, by name."""
    found = endpoints(trial, Table(columns, units))

    def one(name: str) -> TimeToEvent:
        end = found[name]
        return TimeToEvent(end.name, end.title, end.time, end.event, end.what, end.start)

    return Lazy(found, one, called="endpoint")


def _kept(resolved: Resolved, keep: Sequence[Any], many: int, seed: int) -> tuple[int, ...]:
    """Numbers of patients whose own course is kept; ScenarioError for one who is not enrolled."""
    if not asks(resolved.population):
        return tuple(whole(patient, "keep", 0, many - 1) for patient in keep)
    there = chosen(resolved, many, seed) if keep else np.zeros(0, np.int64)
    for patient in keep:
        if whole(patient, "keep", 0) not in there:
            said = f"'keep' = {patient}: this candidate was not enrolled"
            raise ScenarioError(said, allowed=[str(x) for x in there[:5]])
    return tuple(map(int, keep))
