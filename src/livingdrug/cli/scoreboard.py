"""`livingdrug scoreboard`: every trial beside its published results, over seeds."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug.cli.run import FAILED, MANY, sized
from livingdrug.cli.terminal import Json, Patients, Seed, dump, note, progress
from livingdrug.errors import unknown


def scoreboard(
    patients: Patients = None,
    seeds: Annotated[int | None, typer.Option("--seeds", help="Over how many seeds, 1 to 100 (10).")] = None,
    seed: Seed = None,
    trial: Annotated[
        list[str] | None,
        typer.Option("--trial", metavar="TRIAL_OR_FILE", help="Only this trial; may be repeated (all of the library)."),
    ] = None,
    role: Annotated[str | None, typer.Option("--role", help="Only calibration, validation or outlook trials.")] = None,
    no_wrong_truths: Annotated[
        bool, typer.Option("--no-wrong-truths", help="Do not run the model made wrong on purpose.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Simulate also what was simulated before.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the page with its figures, and tables.")] = None,
    json_: Json = False,
) -> None:
    """Every trial beside its published results: a score for each family of measures, over seeds."""
    sized(patients, seed)
    one = seed is not None and seeds is None  # one seed was named: that one
    from livingdrug.cli.folder import run_folder
    from livingdrug.files import disk
    from livingdrug.spec.trial import ROLES
    from livingdrug.trial.scoring import MOST_SEEDS, SEEDS, scoreboard
    from livingdrug.whole import whole

    if role not in (None, *ROLES):
        raise unknown("role of a trial", str(role), ROLES, "--role")
    if seeds is not None:
        whole(seeds, "seeds", 1, MOST_SEEDS, "--seeds")
    asked: dict[str, Any] = {
        "seeds": 1 if one else SEEDS if seeds is None else seeds,
        "seed": 1 if seed is None else seed,
    }
    with run_folder(out) if out else nullcontext() as folder:
        with progress("scoreboard", silent=json_) as tell:
            board = scoreboard(trial or None, patients, wrong_truths=not no_wrong_truths, role=role, fresh=fresh,
                               progress=tell, **asked)  # fmt: skip
        if folder:
            with disk(out or folder, "--out"):
                board.save(folder)
    print(dump(board.json()) if json_ else board)
    if out and not json_:
        print(f"\nThe page is {out}/scoreboard.html. Not medical advice.")
    for said in board.notes:
        note(f"note: {said}")
    if _failures(board):
        raise typer.Exit(FAILED)


def _failures(board: Any) -> bool:
    """Say in which trials patients could not be simulated to their end. Whether they are more than MANY in any."""
    many = False
    for trial in board.trials:
        failed, infused = (sum(counts[key] for counts in trial.counts) for key in ("failed", "infused"))
        if failed:
            note(f"{trial.trial}: {failed:,} of {infused:,} infused patients could not be simulated to the end.")
        many = many or failed > MANY * infused
    if many:
        note(f"That is more than {MANY:.0%}: the results are not to be relied on (exit code {FAILED}).")
    return many
