"""`livingdrug sensitivity`: which numbers of a trial move which measure most."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from livingdrug.cli.run import folder_name, sized
from livingdrug.cli.terminal import Cohort, Json, Seed, Sets, changes, dump, note, progress


def sensitivity(
    trial: Annotated[str, typer.Argument(metavar="TRIAL_OR_FILE", help="A library trial, or your own TOML file.")],
    method: Annotated[
        str | None, typer.Option("--method", help="morris or sobol (without it: screening first, then Sobol).")
    ] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option("--parameters", metavar="PATH", help="A number, or all that begin so; may be repeated (all)."),
    ] = None,
    groups: Annotated[bool, typer.Option("--groups", help="Move each mechanism's numbers together.")] = False,
    measure: Annotated[
        list[str] | None, typer.Option("--measure", metavar="NAME", help="Look at this measure; may be repeated.")
    ] = None,
    samples: Annotated[
        int | None, typer.Option("--samples", help="Trajectories of Morris (8), base samples of Sobol (64).")
    ] = None,
    arm: Annotated[str | None, typer.Option("--arm", help="Which arm of the file (its first).")] = None,
    patients: Annotated[int | None, typer.Option("--patients", help="Virtual patients of each run (200).")] = None,
    seed: Seed = None,
    set_: Sets = None,
    cohort: Cohort = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for table and plot (runs/NAME-sensitivity).")
    ] = None,
    json_: Json = False,
) -> None:
    """Which numbers move which measure most: Morris screening, then Sobol indices, in the same patients."""
    sized(patients, seed)
    sets = changes(set_)
    words = [method or "", *(parameters or []), *(measure or []), arm or "", "groups" if groups else ""]
    doing = "-".join(["sensitivity", *filter(None, words)])
    place = out or (None if json_ else Path("runs") / folder_name(trial, sets, cohort, doing))
    from livingdrug.cli.folder import run_folder
    from livingdrug.files import disk
    from livingdrug.trial import Trial

    prepared = Trial(trial, sets=sets, cohort=cohort)
    with run_folder(place) if place else nullcontext() as folder:
        with progress(f"{prepared.title}: which numbers matter", silent=json_) as tell:
            found = prepared.sensitivity(
                method, parameters or (), groups, measure or (), samples, patients, seed, arm, progress=tell
            )
        if folder:
            with disk(place or folder, "--out"):
                found.save(folder)
    print(dump(found.json()) if json_ else f"{found}\n\nThe plot is in {place}/sensitivity.html. Not medical advice.")
    for said in found.notes:
        note(f"note: {said}")
