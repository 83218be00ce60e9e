"""The command line: `livingdrug COMMAND`. Bad input ends with exit code 2 and one message; Ctrl-C with 130."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

from livingdrug.cli.interrupt import never_lost
from livingdrug.errors import LivingDrugError

if TYPE_CHECKING:
    import typer

# Where each command is, in the order of the help: imported only when it is asked for.
COMMANDS = {
    "run": "run.run",
    "sweep": "sweep.sweep",
    "sensitivity": "sensitivity.sensitivity",
    "export": "export.export",
    "list": "library.list_",
    "show": "library.show",
    "explain": "library.explain_",
    "new": "new.new",
    "schema": "new.schema",
    "plot": "look.plot",
    "vpc": "look.vpc",
    "calibrate": "run.calibrate",
    "scoreboard": "scoreboard.scoreboard",
    "bench": "run.bench",
    "serve": "serve.serve",
}
GROUPS = ("trials", "models", "agents", "sbml", "approvals", "explainers")  # of commands, each a file of this package


def commands(asked: str | None = None) -> typer.Typer:
    """All commands; or, where one of them or a group is asked for, that alone."""
    import typer

    app = typer.Typer(
        name="livingdrug",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="CAR-T cell therapy in silico, beside its trials in people. Not medical advice.",
    )
    known = asked in (*COMMANDS, *GROUPS)
    for name, place in COMMANDS.items():
        if not known or asked == name:
            module, _, function = place.partition(".")
            app.command(name=name)(getattr(import_module(f"livingdrug.cli.{module}"), function))
    for name in GROUPS:
        if not known or asked == name:
            app.add_typer(import_module(f"livingdrug.cli.{name}").app, name=name)

    @app.callback(invoke_without_command=True)
    def about(version: bool = typer.Option(False, "--version", help="Print the version.")) -> None:
        if version:
            from livingdrug.version import __version__

            typer.echo(__version__)
            raise typer.Exit

    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code."""
    import typer

    never_lost()
    given = list(sys.argv[1:] if arguments is None else arguments)
    asked = next((a for a in given if not a.startswith("-")), None)
    try:
        code = _run(commands(asked), given)
        sys.stdout.flush()
        sys.exit(code)
    except LivingDrugError as problem:
        _complain(problem.message)
    except (KeyboardInterrupt, typer.Abort):
        eval("None")  # Python remembers an interrupt that passed through an exec and would end by the signal
        print("stopped; nothing half-written was left", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read us has gone
        sys.exit(0)
    except OSError as problem:
        _complain(f"{problem.strerror or problem}" + (f": '{problem.filename}'" if problem.filename else ""))
    except MemoryError:
        _complain("the machine has too little memory for this\n  mend:    ask for fewer patients")
    except Exception as problem:
        if not hasattr(problem, "format_message"):
            raise
        _complain(problem.format_message(), problem)  # typer's own: an unknown command or option, a wrong number


def _run(app: typer.Typer, given: list[str]) -> int:
    """The exit code of a command; what typer turns into codes of its own comes back as what happened."""
    import typer.main

    from livingdrug.cli.terminal import newer_words, without_types

    try:
        with newer_words():
            code = without_types(typer.main.get_command(app))(given, standalone_mode=False)
    except SystemExit as left:
        if isinstance(left.__context__, BrokenPipeError):
            raise left.__context__ from None
        raise
    if code == 130:
        raise KeyboardInterrupt
    return code if isinstance(code, int) else 0


def _complain(message: str, problem: object = None) -> None:
    """One message and exit code 2."""
    context = getattr(problem, "ctx", None)
    if context is not None:
        message += f"\n  mend:    see {context.command_path} --help"
    print(message, file=sys.stderr)
    sys.exit(2)
