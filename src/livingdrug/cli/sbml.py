"""`livingdrug sbml`: simulate files that others wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livingdrug.errors import ScenarioError

app = typer.Typer(no_args_is_help=True, help="SBML files: simulate one.")


@app.callback()
def sbml() -> None:
    """SBML files: simulate one."""


@app.command()
def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An SBML file, Level 2 or 3.")],
    times: Annotated[
        str | None, typer.Option("--times", metavar="T0:T1:N", help="N equal steps from T0 to T1.")
    ] = None,
    settings: Annotated[Path | None, typer.Option("--settings", help="A settings file of the SBML test suite.")] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="OUT", help="Write the table here (else it is printed).")
    ] = None,
) -> None:
    """Simulate an SBML file and write its symbols over time; what is not supported is refused by name."""
    from livingdrug.sbml import run as runner

    if (times is None) == (settings is None):
        raise ScenarioError(
            "say which times", where="livingdrug sbml run", allowed="--times T0:T1:N or --settings FILE, one of them"
        )
    wanted = runner.settings(settings) if settings else runner.grid(times or "")
    table = runner.run(file, wanted)
    if csv:
        runner.write_csv(table, csv)
    else:
        print(runner.as_csv(table), end="")
