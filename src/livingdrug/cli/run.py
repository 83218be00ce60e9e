"""`livingdrug run`, `calibrate`, `bench`: commands that compute."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug.cli.terminal import (
    Cohort,
    Json,
    Patients,
    Plausible,
    Seed,
    Sets,
    Workers,
    changes,
    columns,
    dump,
    note,
    progress,
)
from livingdrug.errors import ScenarioError, listed, unknown

MANY = 0.01  # share of an arm's infused patients; when more could not be simulated, the exit code is FAILED
FAILED = 3


def run(
    trial: Annotated[
        str, typer.Argument(metavar="TRIAL_OR_FILE", help="A library trial, your own TOML file, or a shared link.")
    ],
    patients: Patients = None,
    seed: Seed = None,
    set_: Sets = None,
    cohort: Cohort = None,
    match: Annotated[
        bool, typer.Option("--match", help="Choose the patients so that they match the published baseline.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the report and tables (runs/NAME).")] = None,
    device: Annotated[str, typer.Option("--device", help="cpu or cuda.")] = "cpu",
    workers: Workers = None,
    cluster: Annotated[str | None, typer.Option("--cluster", help="Dask scheduler whose workers share them.")] = None,
    blocks: Annotated[
        Path | None,
        typer.Option("--blocks", help="Folder where blocks of patients are kept, so that a run that ended goes on."),
    ] = None,
    plausible: Plausible = None,
    json_: Json = False,
) -> None:
    """Run a virtual trial and show each measure beside the published one."""
    from livingdrug.scenario import link

    _machine(device, workers, cluster)
    if blocks is not None and device != "cpu":
        raise ScenarioError("blocks are kept of what processors simulate", where="--blocks", mend="leave one out")
    sets = changes([*(set_ or []), *(["population.match=all"] if match else [])])
    sized(patients, seed)
    piece = link.of_address(trial)
    place = out or (None if json_ else Path("runs") / folder_name(_called(trial, piece), sets, cohort))
    how = {"device": device, "cluster": cluster, "plausible": plausible, "blocks": blocks, **_shared(workers)}
    if piece is None:
        result = _followed(trial, sets, cohort, place, json_, {**how, "patients": patients, "seed": seed})
    else:
        sent = link.decode(piece)
        numbers = {"patients": patients or sent.patients, "seed": sent.seed if seed is None else seed}
        with sent.file() as file:
            result = _followed(str(file), sets, cohort, place, json_, {**how, **numbers})
    _told(result, place, json_)
    if failures(result):
        raise typer.Exit(FAILED)


def _called(trial: str, piece: str | None) -> str:
    """The name that a run's folder takes: the trial's, or one that stands for a shared link."""
    return trial if piece is None else f"shared-{hashlib.sha256(piece.encode()).hexdigest()[:8]}"


def _followed(
    trial: str, sets: Mapping[str, str], cohort: Path | None, place: Path | None, json_: bool, how: Mapping[str, Any]
) -> Any:
    """The result of a run, saved at its place where it has one."""
    from livingdrug.cli.folder import run_folder
    from livingdrug.files import disk
    from livingdrug.trial import Trial

    prepared = Trial(trial, sets=sets, cohort=cohort)
    with run_folder(place) if place else nullcontext() as folder:
        with progress(prepared.title, silent=json_) as tell:
            result = prepared.run(progress=tell, **how)
        if folder:
            with disk(place or folder, "--out"):
                result.save(folder)
    return result


def _told(result: Any, place: Path | None, json_: bool) -> None:
    """What the command prints of a result."""
    for said in result.notes:
        note(f"note: {said}")
    if json_:
        print(dump(result.json()))
    else:
        if len(result.arms) > 1:
            print(f"The same patients in every arm:\n\n{result.between_arms()}\n")
            print(f"Beside the published results, arm '{next(iter(result.arms.values())).title}':\n")
        print(result.beside_published())
        print(f"\n{result.applicability}")
        print(f"\nThe report is in {place}/report.html. Not medical advice.")
    if result.few:
        note(f"note: {result.few}")


def folder_name(trial: str, sets: Mapping[str, str], cohort: Path | None = None, doing: str = "") -> str:
    """The name of a run's folder: the trial's; of a what-if, with what is changed, whose patients and what is done.

    A file of the same name as a library trial is another trial, so it gets a folder of its own; so does a saved run
    (scenario.toml in its folder), run again.
    """
    from livingdrug import library

    name = Path(trial).stem
    if name != trial and name in library.names("trials"):
        name += "-own"
    if Path(trial).name == "scenario.toml":
        name = f"{Path(trial).resolve().parent.name}-again"
    said = ",".join(f"{path}={value}" for path, value in sets.items())
    twofold = any(mark in x for both in sets.items() for x in both for mark in ",=")
    patients = f"cohort-{cohort.with_suffix('')}" if cohort else ""
    return "-".join([name, *(_as_name(words, twofold) for words in (said, patients, doing) if words)])


def _as_name(said: str, twofold: bool = False) -> str:
    """Words as a part of a file's name; what that cannot say, or could say of two things, is told apart by letters."""
    slug = re.sub(r"[^A-Za-z0-9.,=+_-]+", "-", said.replace("* ", "x").replace("*", "x")).strip("-.")
    if slug == said and len(slug) <= 70 and not twofold:
        return slug
    return f"{slug[:60]}-{hashlib.sha256(said.encode()).hexdigest()[:6]}"


def failures(result: Any) -> bool:
    """Say how many patients could not be simulated to their end, arm by arm, with their codes. Whether they are more
    than MANY in any arm."""
    from livingdrug.engine.plan import Outcome

    words = {int(code): code.name.lower().replace("_", " ") for code in Outcome}
    many = False
    for arm in result.arms.values():
        counts = arm.counts
        if not counts["failed"]:
            continue
        codes = Counter(int(x) for x in arm.columns["outcome"][arm.columns["failed"] == 1])
        told = ", ".join(f"{n:,} with code {code} ({words.get(code, 'unknown')})" for code, n in sorted(codes.items()))
        where = f" in arm '{arm.name}'" if len(result.arms) > 1 else ""
        note(
            f"{counts['failed']:,} of {counts['infused']:,} infused patients{where} could not be simulated to the end: "
            f"{told}. They count in no measure."
        )
        many = many or counts["failed"] > MANY * counts["infused"]
    if many:
        changed = dict.fromkeys(words for arm in result.resolved.arms for words in arm.resolved.changed())
        told = f" Changed here: {listed(changed)}." if changed else ""
        note(f"That is more than {MANY:.0%}: the results are not to be relied on (exit code {FAILED}).{told}")
    return many


def calibrate(
    name: Annotated[str, typer.Argument(help="The trial whose targets file is fitted to.")],
    seed: Seed = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="Show the fit; write nothing back.")] = False,
    plausible: Annotated[
        bool, typer.Option("--plausible", help="Fit nothing: draw the plausible values around the fit as it stands.")
    ] = False,
    json_: Json = False,
) -> None:
    """Fit population values to the targets named in a file, and write them back with what was fitted to what."""
    sized(None, seed)
    from livingdrug.fit.calibrate import around
    from livingdrug.fit.calibrate import calibrate as fit

    with progress(f"fitting {name}", silent=json_) as tell:
        number = 1 if seed is None else seed
        outcome = around(name, number, not dry) if plausible else fit(name, number, write=not dry, progress=tell)
    print(dump(outcome.json()) if json_ else outcome)


def bench(
    peers: Annotated[bool, typer.Option("--peers", help="Time other installed integrators in the same run.")] = False,
    trial: Annotated[
        str | None, typer.Option("--trial", help="The trial whose therapy model is timed (the library's own choice).")
    ] = None,
    json_: Json = False,
) -> None:
    """Speed of the engine on this machine, in patient-years per CPU-second of one core."""
    from livingdrug.bench.run import bench as measured

    with progress("speed", silent=json_) as tell:
        found = measured(
            peers=peers, therapy=_therapy(timed(trial), 256), told=lambda tool: tell(0, 0, tool) if tell else None
        )
    if json_:
        print(dump(found))
        return
    print(f"{found['model']}: {found['states']} states, rtol {found['rtol']:g}")
    print(
        columns(
            ["tool", "version", "patients", "patients/s/core", "max error", "median error", "ratio"],
            [[r["tool"], r["version"] or "", *_measured(r)] for r in found["rows"]],
        )
    )
    whole = found["therapy_model"]
    print(f"therapy model: {whole['states']} states, {whole['patients_per_s_core']:,.0f} patient-years/s/core")


def _measured(row: dict[str, Any]) -> list[str]:
    if "error" in row:
        return [row["error"], "", "", "", ""]
    return [
        f"{row['patients']:,}",
        f"{row['patients_per_s_core']:,.1f}",
        f"{row['max_error']:.1e}",
        f"{row['median_error']:.1e}",
        f"{row['ratio']:.3g}",
    ]


def timed(trial: str | None) -> str:
    """The trial named, else the library's that says `bench = true`."""
    from livingdrug import library
    from livingdrug.spec.trial import bench

    if trial is not None:
        return trial
    chosen = [name for name in library.names("trials") if bench(library.find("trials", name))]
    if len(chosen) != 1:
        raise ScenarioError(
            f"{len(chosen) or 'no'} trials of the library say bench = true",
            where="livingdrug bench",
            allowed=library.names("trials"),
            mend="name one: --trial NAME",
        )
    return chosen[0]


def _therapy(name: str, patients: int) -> tuple[Any, Any, Any]:
    """Model, plan and patients of a trial, with all its rules."""
    import numpy as np

    from livingdrug.trial import Trial
    from livingdrug.trial.enrolment import enrol

    trial = Trial(name)
    arm = trial.resolved.arms[0]
    plan = trial.design(arm)
    return plan.model, plan.plan, enrol(arm, plan, np.arange(patients), 1).patients


def sized(patients: int | None, seed: int | None) -> None:
    """Refuse numbers of patients and seeds that cannot be."""
    from livingdrug.library.located import Place, placed
    from livingdrug.spec.scenario import outer

    for word, number in (("patients", patients), ("seed", seed)):
        if number is not None:
            outer(placed({word: number}, Place(f"--{word}")))


def _machine(device: str, workers: int | None, cluster: str | None) -> None:
    if device not in ("cpu", "cuda"):
        raise unknown("device", device, ["cpu", "cuda"], "--device")
    if device == "cuda":
        from livingdrug.engine.cuda import cupy

        if workers or cluster is not None:
            raise ScenarioError("a card and workers were both asked for", where="--device", mend="choose one of them")
        cupy()  # says what is missing
    if workers is not None and not 1 <= workers <= 1024:
        raise ScenarioError(f"{workers} workers are not possible", where="--workers", allowed="1 to 1024")
    if cluster is not None:
        from livingdrug.trial.cluster import check_address

        check_address(cluster)
    if cluster and workers:
        raise ScenarioError("workers and a cluster were both asked for", where="--workers", mend="choose one of them")


def _shared(workers: int | None) -> dict[str, Any]:
    """One worker is this process, on one thread; more are processes of their own."""
    return {} if workers is None else {"threads": 1} if workers == 1 else {"workers": workers}
