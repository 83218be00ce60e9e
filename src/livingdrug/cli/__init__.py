"""The command line: `livingdrug COMMAND`."""

from __future__ import annotations


def main() -> None:
    """Runs one command."""
    import typer

    from livingdrug.cli.trials import app as trials

    app = typer.Typer(no_args_is_help=True)
    app.add_typer(trials, name="trials")
    app()
