"""`livingdrug export`: a saved run's tables for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livingdrug.errors import ScenarioError


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run (`livingdrug run` wrote it).")],
    to: Annotated[str, typer.Option("--to", help="csv, adam, xpt, nonmem or xarray.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the files (RUN/FORMAT).")] = None,
) -> None:
    """Write a run's tables for other programs."""
    from livingdrug.export import MARK, check
    from livingdrug.trial.saved import load

    check(to)
    from livingdrug.cli.folder import run_folder

    place = out or run / to
    result = load(run)
    if place.resolve() in (run.resolve(), *run.resolve().parents):
        raise ScenarioError(f"'{place}' holds the run itself", where="--out", mend="name another folder")
    with run_folder(place, MARK) as folder:
        result.export(to, folder)
    print(f"{place}: {', '.join(sorted(p.name for p in place.iterdir()))}. Not medical advice.")
