"""`livingdrug sweep`: one number of a trial at several values, in the same patients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from livingdrug.cli.run import folder_name, sized
from livingdrug.cli.terminal import Cohort, Json, Patients, Seed, Sets, changes, dump, note, progress
from livingdrug.errors import ScenarioError, of_commas
from livingdrug.units import parted

STEPS = 5


def sweep(
    trial: Annotated[str, typer.Argument(metavar="TRIAL_OR_FILE", help="A library trial, or your own TOML file.")],
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH VALUE...", help="What to vary, as after --set, then its values; or PATH=V1,V2,..."
        ),
    ],
    range_: Annotated[
        tuple[str, str] | None, typer.Option("--range", metavar="LOW HIGH", help="Values from LOW to HIGH.")
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", help=f"How many values --range takes ({STEPS}).")] = None,
    log: Annotated[bool, typer.Option("--log", help="--range takes equal factors, not equal steps.")] = False,
    measure: Annotated[
        list[str] | None, typer.Option("--measure", metavar="NAME", help="Show this measure; may be repeated.")
    ] = None,
    arm: Annotated[str | None, typer.Option("--arm", help="Which arm of the file (its first).")] = None,
    patients: Patients = None,
    seed: Seed = None,
    set_: Sets = None,
    cohort: Cohort = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for table and plot (runs/NAME-sweep-PATH).")] = None,
    json_: Json = False,
) -> None:
    """Run one number at several values in the same patients: one table, one plot."""
    sized(patients, seed)
    path, values = asked(words, range_, steps, log)
    sets = changes(set_)
    doing = f"sweep-{path}" + (f"-{arm}" if arm else "")
    place = out or (None if json_ else Path("runs") / folder_name(trial, sets, cohort, doing))
    from livingdrug.cli.folder import run_folder
    from livingdrug.files import disk
    from livingdrug.trial import Trial

    prepared = Trial(trial, sets=sets, cohort=cohort)
    with run_folder(place) if place else nullcontext() as folder:
        with progress(f"{prepared.title}: {path}", silent=json_) as tell:
            found = prepared.sweep(path, values, patients, seed, measure or None, arm, progress=tell)
        if folder:
            with disk(place or folder, "--out"):
                found.save(folder)
    print(dump(found.json()) if json_ else f"{found}\n\nThe plot is in {place}/sweep.html. Not medical advice.")
    for said in found.notes:
        note(f"note: {said}")


def asked(words: Sequence[str], ends: tuple[str, str] | None, steps: int | None, log: bool) -> tuple[str, list[str]]:
    """Path and values of a sweep, from PATH V1 V2 ..., PATH=V1,V2,... or PATH and --range."""
    path, sign, listed = words[0].partition("=")
    values = [x.strip() for x in listed.split(",") if x.strip()] if sign else []
    for word in words[1:]:
        if "=" in word:
            said = f"two numbers were asked for: '{path}' and '{word.partition('=')[0]}'"
            raise ScenarioError(said, where="PATH", mend="sweep one of them; set the other with --set")
        values.append(word)
    if ends is None and (steps is not None or log):
        said = f"{'--steps' if steps is not None else '--log'} has no use without --range"
        raise ScenarioError(said, where="--range", mend="add --range LOW HIGH")
    if ends is not None:
        if values:
            raise ScenarioError("values and a range were both asked for", where="--range", mend="choose one of them")
        values = spread(ends, STEPS if steps is None else steps, log)
    if not values:
        raise ScenarioError(f"there is no value for '{path}'", where="PATH VALUE...", mend=f"write {path} 0.5 1 2")
    return path.strip(), values


def spread(ends: tuple[str, str], steps: int, log: bool) -> list[str]:
    """So many values from the lower to the upper end, with the ends' unit, by equal steps or equal factors."""
    read = [None if of_commas(end) else parted(end) for end in ends]
    for end, found in zip(ends, read):
        if found is None:
            raise ScenarioError(
                f"'{end}' is not a number", where="--range", allowed="as 0.1 or '0.1 1/day'", mend=of_commas(end)
            )
    (low, unit), (high, other) = (found for found in read if found)
    for end, x in zip(ends, (low, high)):
        if not math.isfinite(x):
            raise ScenarioError(f"'{end}' is too large a number", where="--range", allowed="up to 1e308")
    if unit != other:
        raise ScenarioError(f"'{ends[0]}' and '{ends[1]}' are not in one unit", where="--range", mend="write one unit")
    if not 2 <= steps <= 50:
        raise ScenarioError(f"{steps} steps are not possible", where="--steps", allowed="2 to 50")
    if not low < high:
        raise ScenarioError(f"{ends[0]} is not below {ends[1]}", where="--range", mend="write the lower end first")
    if log and low <= 0:
        raise ScenarioError(f"{ends[0]} is not above 0", where="--range", mend="leave out --log, or begin above 0")
    shares = [i / (steps - 1) for i in range(steps)]
    values = [low * (high / low) ** s if log else low + (high - low) * s for s in shares]
    return [f"{x:.6g} {unit}".strip() for x in values]
