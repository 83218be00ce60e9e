"""The command line: `livingdrug COMMAND`. Bad input ends with exit code 2 and one message; Ctrl-C with 130."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from livingdrug.cli.interrupt import never_lost
from livingdrug.errors import LivingDrugError

if TYPE_CHECKING:
    import typer

# Groups of commands in files of their own: imported only when one of them is asked for.
GROUPS = {
    "trials": "livingdrug.cli.trials",
    "models": "livingdrug.cli.models",
    "agents": "livingdrug.cli.agents",
    "sbml": "livingdrug.cli.sbml",
    "approvals": "livingdrug.cli.approvals",
    "explainers": "livingdrug.cli.explainers",
}


def commands(asked: str | None = None) -> typer.Typer:
    """The commands: all of them, or with only the group that is asked for."""
    import typer

    from livingdrug.cli import export, library, look, new, run, scoreboard, sensitivity, serve, sweep

    app = typer.Typer(
        name="livingdrug",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help="CAR-T cell therapy in silico, beside its trials in people. Not medical advice.",
    )
    for command in (
        run.run,
        sweep.sweep,
        sensitivity.sensitivity,
        export.export,
        library.list_,
        library.show,
        library.explain_,
        new.new,
        new.schema,
        look.plot,
        look.vpc,
        run.calibrate,
        scoreboard.scoreboard,
        run.bench,
        serve.serve,
    ):
        app.command(name=command.__name__.rstrip("_"))(command)
    for name, module in GROUPS.items():
        if (asked is None or asked == name) and find_spec(module):
            app.add_typer(import_module(module).app, name=name)

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
    own = set(
        "run sweep sensitivity export list show explain new schema plot vpc calibrate scoreboard bench serve".split()
    )
    try:
        code = _run(commands(asked if asked in own | set(GROUPS) else None), given)
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
