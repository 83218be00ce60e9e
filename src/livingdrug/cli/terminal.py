"""What the commands share: options said once, what is printed, a bar while one waits, a machine's JSON."""

from __future__ import annotations

import json
import math
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from livingdrug.errors import ScenarioError
from livingdrug.tabular import aligned, room

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Patients = Annotated[int | None, typer.Option("--patients", help="How many virtual patients (1 to 10,000,000).")]
Cohort = Annotated[
    Path | None,
    typer.Option("--cohort", metavar="CSV", help="Your own patients: baseline rows, or dose records."),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Same seed, same patients, same random numbers.")]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", help="Processes on this machine that share the patients (without it: threads on all processors)."
    ),
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help='Change one number or word, as kinetics.growth=0.8, "kinetics.growth=0.8 1/day", "tumour.kill=* 0.5".',
    ),
]
Plausible = Annotated[
    int | None,
    typer.Option("--plausible", metavar="K", help="Run again with K plausible sets of values: what they leave open."),
]
Progress = Callable[..., None]


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
        if isinstance(x, (str, int, type(None))):
            return x
        return plain(x.item()) if hasattr(x, "item") else str(x)

    return json.dumps(plain(data), ensure_ascii=False)


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table: on a terminal no wider than it, elsewhere with its widest cells."""
    return aligned([head, *rows], width=room())


def note(text: str) -> None:
    """A line beside the result: to standard error, so that standard output holds the result alone."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def progress(what: str, silent: bool) -> Iterator[Progress | None]:
    """A bar on a terminal (standard error), else nothing; yields what to call with (done, total). A model that must be
    compiled is announced, with how much of that is done."""
    if silent:
        yield None
        return
    from livingdrug.engine.cache import telling

    if not sys.stderr.isatty():
        with telling(_Once().compiling):
            yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    shown = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn()
    with Progress(*shown, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what[:60], total=None)
        waiting = bar.add_task(COMPILING, total=None, visible=False)

        def tell(done: int, total: int, *doing: Any) -> None:
            named: dict[str, Any] = {"description": doing[0]} if doing and isinstance(doing[0], str) else {}
            bar.update(task, completed=done, total=total or None, **named)

        def compiling(done: int, total: int) -> None:
            bar.update(waiting, completed=done, total=total, visible=done < total)

        with telling(compiling):
            yield tell


COMPILING = "compiling, once per model"


class _Once:
    """Says a single time, where no bar can be drawn, that a model is being compiled."""

    said = False

    def compiling(self, done: int, total: int) -> None:
        if not self.said and done < total:
            self.said = True
            note(COMPILING)


def without_types(command: Any) -> Any:
    """The command with its help shorter: a flag takes no value, so none is shown behind it."""
    for parameter in command.get_params(typer.Context(command)):
        if getattr(parameter, "is_flag", False):
            parameter.metavar = ""
    for inner in getattr(command, "commands", {}).values():
        without_types(inner)
    return command


@contextmanager
def newer_words() -> Iterator[None]:
    """While this lasts, a key that has a newer name (a FutureWarning) is told in one line on standard error, once."""
    told: set[str] = set()
    with warnings.catch_warnings():
        shown = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if not issubclass(category, FutureWarning):
                shown(message, category, filename, lineno, file, line)
            elif str(message) not in told:
                told.add(str(message))
                print(f"note: {message}", file=sys.stderr)

        warnings.showwarning = show
        yield
