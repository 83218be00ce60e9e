"""`livingdrug run`, `scoreboard`, `calibrate`, `bench`: the commands that compute."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug.errors import ScenarioError, unknown

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Patients = Annotated[int | None, typer.Option("--patients", help="How many virtual patients (1 to 10,000,000).")]
Seed = Annotated[int | None, typer.Option("--seed", help="Same seed, same patients, same luck.")]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", help=("Processes on this machine that share the patients (without it: threads on all processors).")
    ),
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help=('Change one number or word, as kinetics.growth=0.8, "kinetics.growth=0.8 1/day", "tumour.kill=* 0.5".'),
    ),
]


def run(
    trial: Annotated[str, typer.Argument(metavar="TRIAL_OR_FILE", help="A library trial, or your own TOML file.")],
    patients: Patients = None,
    seed: Seed = None,
    set_: Sets = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the report and tables (runs/NAME).")] = None,
    device: Annotated[str, typer.Option("--device", help="cpu or cuda.")] = "cpu",
    workers: Workers = None,
    cluster: Annotated[str | None, typer.Option("--cluster", help="Dask scheduler whose workers share them.")] = None,
    json_: Json = False,
) -> None:
    """Run a virtual trial and show each measure beside the published one."""
    _machine(device, workers, cluster)
    sets = changes(set_)
    _numbers(patients, seed)
    place = out or (None if json_ else Path("runs") / Path(trial).stem)
    from livingdrug.cli.folder import run_folder
    from livingdrug.trial import Trial

    prepared = Trial(trial, sets=sets)
    with run_folder(place) if place else nullcontext() as folder:
        with progress(prepared.title, silent=json_) as tell:
            result = prepared.run(
                patients=patients, seed=seed, progress=tell, device=device, cluster=cluster, **_shared(workers)
            )
        if folder:
            result.save(folder)
    if json_:
        print(dump(result.json()))
    else:
        print(result.beside_published())
        if len(result.arms) > 1:
            print(f"\nThe same patients in every arm:\n\n{result.between_arms()}")
        print(f"\nThe report is in {place}/report.html. Not medical advice.")


def scoreboard(patients: Patients = None, seed: Seed = None, json_: Json = False) -> None:
    """Every library trial beside its published results."""
    _numbers(patients, seed)
    from livingdrug import library
    from livingdrug.trial import Trial

    rows = []
    for name in library.names("trials"):
        with progress(name, silent=json_) as tell:
            result = Trial(name).run(patients=patients, seed=seed, progress=tell)
        fitted = any(m["fitted"] for m in result.json()["measures"])
        role = library.find("trials", name).data.get("role", "calibration" if fitted else "validation")
        rows.append({"trial": name, "role": role, "measures": result.json()["measures"]})
        if not json_:
            print(f"{name} ({role})\n{result.beside_published()}\n")
    verdicts = [m["verdict"] for row in rows for m in row["measures"] if m["verdict"] != "not comparable"]
    board = {"trials": rows, "inside": verdicts.count("inside"), "comparable": len(verdicts)}
    if json_:
        print(dump(board))
    else:
        print(f"inside: {board['inside']} of {board['comparable']} comparable measures")


def calibrate(
    name: Annotated[str, typer.Argument(help="The trial whose targets file is fitted to.")],
    seed: Seed = None,
    dry: Annotated[bool, typer.Option("--dry-run", help="Show the fit; write nothing back.")] = False,
    json_: Json = False,
) -> None:
    """Fit population values to the targets named in a file, and write them back with what was fitted to what."""
    _numbers(None, seed)
    from livingdrug.fit.calibrate import calibrate as fit

    with progress(f"fitting {name}", silent=json_) as tell:
        outcome = fit(name, seed=1 if seed is None else seed, write=not dry, progress=tell)
    print(dump(outcome.json()) if json_ else outcome)


def bench(
    peers: Annotated[bool, typer.Option("--peers", help="Time other installed integrators in the same run.")] = False,
    json_: Json = False,
) -> None:
    """Speed of the engine on this machine, in patient-years per CPU-second of one core."""
    from livingdrug.bench.run import bench as measured

    with progress("speed", silent=json_) as tell:
        found = measured(peers=peers, therapy=_therapy(256), told=lambda tool: tell(0, 0, tool) if tell else None)
    if json_:
        print(dump(found))
        return
    print(f"{found['model']}: {found['states']} states, rtol {found['rtol']:g}")
    from livingdrug.cli.library import columns

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


def _therapy(patients: int) -> tuple[Any, Any, Any]:
    """Model, plan and patients of the first trial of the library, with all its rules."""
    import numpy as np

    from livingdrug import library
    from livingdrug.trial import Trial
    from livingdrug.trial.enrolment import enrol

    trial = Trial(library.names("trials")[0])
    arm = trial.resolved.arms[0]
    plan = trial.design(arm)
    return plan.model, plan.plan, enrol(arm, plan, np.arange(patients), 1).patients


def changes(given: list[str] | None) -> dict[str, str]:
    """Dotted path -> text of each --set; ScenarioError when one has no path or no value."""
    found: dict[str, str] = {}
    for text in given or []:
        path, sign, value = text.partition("=")
        if not sign or not path.strip() or not value.strip():
            raise ScenarioError(
                f"'{text}' is not a change",
                where="--set",
                allowed="PATH=VALUE",
                mend="write for example --set kinetics.growth=0.8",
            )
        if path.strip() in found:
            raise ScenarioError(f"'{path.strip()}' is set twice", where="--set", mend="keep one of them")
        found[path.strip()] = value.strip()
    return found


def dump(data: Any) -> str:
    """One JSON object; what is not a finite number is null."""

    def plain(x: Any) -> Any:
        if isinstance(x, dict):
            return {str(k): plain(v) for k, v in x.items()}
        if isinstance(x, (list, tuple)):
            return [plain(v) for v in x]
        if isinstance(x, float):
            return x if math.isfinite(x) else None
        return x if isinstance(x, (str, int, type(None))) else plain(x.item())

    return json.dumps(plain(data), ensure_ascii=False)


def _numbers(patients: int | None, seed: int | None) -> None:
    from livingdrug.scenario import schema

    for word, number in (("patients", patients), ("seed", seed)):
        schema.check({word: number}, lambda dotted: f"--{dotted}")


def _machine(device: str, workers: int | None, cluster: str | None) -> None:
    if device not in ("cpu", "cuda"):
        raise unknown("device", device, ["cpu", "cuda"], "--device")
    if device == "cuda":
        from livingdrug.engine.cuda import cupy

        if workers or cluster:
            raise ScenarioError("a card and workers were both asked for", where="--device", mend="choose one of them")
        cupy()  # says what is missing
    if workers is not None and not 1 <= workers <= 1024:
        raise ScenarioError(f"{workers} workers are not possible", where="--workers", allowed="1 to 1024")
    if cluster and workers:
        raise ScenarioError("workers and a cluster were both asked for", where="--workers", mend="choose one of them")


def _shared(workers: int | None) -> dict[str, Any]:
    """One worker is this process, on one thread; more are processes of their own."""
    return {} if workers is None else {"threads": 1} if workers == 1 else {"workers": workers}


@contextmanager
def progress(what: str, silent: bool) -> Iterator[Callable[..., None] | None]:
    """A bar on a terminal (standard error), else nothing; yields what to call with (done, total)."""
    if silent or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what[:60], total=None)

        def tell(done: int, total: int, *doing: Any) -> None:
            named: dict[str, Any] = {"description": doing[0]} if doing and isinstance(doing[0], str) else {}
            bar.update(task, completed=done, total=total or None, **named)

        yield tell
