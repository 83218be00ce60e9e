"""`livingdrug serve`: the web pages, on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

LOOPBACK = "127.0.0.1"


def serve(
    ctx: typer.Context,
    port: Annotated[int, typer.Option(help="Where to listen; 0 takes any free port.", min=0, max=65535)] = 8000,
    open_: Annotated[bool, typer.Option("--open", help="Open the first page in the browser.")] = False,
    host: Annotated[
        str, typer.Option(help="Address to listen at. Anything but this machine's own lets others in.")
    ] = LOOPBACK,
    db: Annotated[
        Path | None, typer.Option("--db", envvar="LIVINGDRUG_TRIALS", help="The mirror's file of trials.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option(envvar="LIVINGDRUG_WEB", help="Where jobs and results are kept.")
    ] = None,
    cluster: Annotated[str | None, typer.Option("--cluster", help="Dask scheduler that runs the trials.")] = None,
) -> None:
    """Show the pages: CAR-T explained, trials found, virtual trials run. Ctrl-C ends it."""
    from livingdrug.web.serve import run

    if db is not None and not db.exists():
        _missing(db, asked=str(getattr(ctx.get_parameter_source("db"), "name", "")) == "COMMANDLINE")
    run(host=host, port=port, show=open_, mirror=db, folder=folder, cluster=cluster)


def _missing(db: Path, asked: bool) -> None:
    """A mirror that is not there: refused where it was asked for in this command, else told."""
    if asked:
        from livingdrug.errors import ScenarioError

        mend = (
            "`livingdrug trials demo --db FILE` makes the small set there; without --db your own is shown, or that set"
        )
        raise ScenarioError("there is no mirror of the registries there", where=f"--db {db}", mend=mend)
    typer.echo(f"LIVINGDRUG_TRIALS names no file yet ({db}): your own trials are shown, or the small set", err=True)
