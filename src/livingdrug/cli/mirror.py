"""What the commands of `livingdrug trials` share: options, opening the mirror, and what is printed."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from livingdrug.errors import LivingDrugError
from livingdrug.tabular import hanging

if TYPE_CHECKING:
    from livingdrug.registry.mirror.store import Store
    from livingdrug.registry.search.request import Request

Db = Annotated[
    Path | None,
    typer.Option("--db", envvar="LIVINGDRUG_TRIALS", help="The mirror's file; without it, one in your data folder."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]

_STEERING = re.compile("[\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

F = TypeVar("F", bound=Callable[..., Any])


def plainly(command: F) -> F:
    """Turns an error a user can mend into one message and exit code 2."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except LivingDrugError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from None
        except Exception as error:
            if not (known := _of_the_disk(error, kwargs.get("db"))):
                raise
            typer.echo(str(known), err=True)
            raise typer.Exit(2) from None

    return run  # type: ignore[return-value]


def _of_the_disk(error: Exception, db: Path | None) -> LivingDrugError | None:
    """A fault of the mirror's file or of its disk as one message; None for anything else."""
    import errno
    import sqlite3
    import zlib

    from livingdrug.registry.mirror.file import trouble
    from livingdrug.registry.mirror.store import default_path

    if isinstance(error, OSError) and error.errno not in (errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT):
        return None
    if not isinstance(error, (sqlite3.Error, zlib.error, OSError)):
        return None
    return trouble(error, getattr(error, "filename", None) or db or default_path())


def open_store(db: Path | None, create: bool = False) -> Store:
    """The mirror at a path or in the data folder."""
    from livingdrug.registry.mirror.store import Store

    store = Store(db, create=create)
    if (day := store.setting("demo")) and not create:
        typer.echo(
            f"note: the demonstration set of {day}, facts only (no texts, names of sponsors, ages, sex, results,"
            " types of study, designs of the CAR: a filter by these finds none of it); `livingdrug trials sync` fetches"
            " the records",
            err=True,
        )
    return store


def say(text: str, end: str = "\n") -> None:
    """Prints text as it is: nothing in it is taken for styles, and what the terminal cannot show is replaced."""
    coding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(coding, "replace").decode(coding) + end)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise LivingDrugError(
            f"what was to be printed cannot be written: {error.strerror}",
            where="standard output",
            mend="make room where the output goes, then give the same command again",
        ) from None


def say_page(text: str) -> None:
    """Prints lines of text; on a terminal those that are longer go on below their own words."""
    say(hanging(text))


def say_json(data: Any) -> None:
    """Prints one JSON object, with all that could steer a terminal escaped."""
    text = json.dumps(data, ensure_ascii=False, indent=2, default=str)
    say(_STEERING.sub(lambda m: f"\\u{ord(m[0]):04x}", text))


def tell_faults(faults: dict[str, str], most: int = 3) -> None:
    """Says on the error stream which studies could not be read whole."""
    if not faults:
        return
    typer.echo(f"note: {len(faults):,} studies of the mirror could not be read whole:", err=True)
    for study, why in list(faults.items())[:most]:
        typer.echo(f"  {study}: {why[:200]}", err=True)


@contextmanager
def progress_bar(quiet: bool, title: str = "") -> Iterator[Callable[[str, int, int | None], None]]:
    """A progress bar on a terminal, called with (stage, done, of how many or None); nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield lambda stage, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks: dict[str, Any] = {}

        def show(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(f"{title} {stage}".strip(), total=total)
            bar.update(tasks[stage], completed=done, total=total)

        yield show


def make_searchable(store: Store, quiet: bool, title: str = "") -> None:
    """Brings the search index up to date, so that the next search finds it ready; what hinders it is told."""
    from livingdrug.registry.errors import RegistryError
    from livingdrug.registry.search.index import fresh

    try:
        with progress_bar(quiet, title) as progress:
            fresh(store, progress=lambda done, all_: progress("index", done, all_)).close()
    except RegistryError as error:  # the records are kept, and the next search tries again
        typer.echo(f"note: not ready for searching yet: {error}", err=True)


REGISTRY_NAMES = {"ctgov": "ClinicalTrials.gov", "ctis": "EU CTIS", "isrctn": "ISRCTN", "euctr": "EU CTR"}
"""Registry -> how it calls itself."""


Text = Annotated[
    list[str] | None, typer.Argument(help='Words, "a phrase", begin*, this OR that, -without. Nothing: every study.')
]


Names = list[str] | None


def filters(
    text: Text = None,
    condition: Annotated[str, typer.Option(help="Words in the conditions.")] = "",
    intervention: Annotated[str, typer.Option(help="Words in the interventions.")] = "",
    sponsor: Annotated[str, typer.Option(help="Words in the sponsors' names.")] = "",
    phase: Annotated[Names, typer.Option(help="1, 2, 1/2, early 1, NA; may be repeated.")] = None,
    status: Annotated[Names, typer.Option(help="recruiting, completed, unknown, ...; may be repeated.")] = None,
    country: Annotated[Names, typer.Option(help="A country with a site, by any name or code; may be repeated.")] = None,
    target: Annotated[
        Names, typer.Option(help="An antigen by any of its names; may be repeated; one+other: both at once.")
    ] = None,
    disease: Annotated[Names, typer.Option(help="A branch, group or disease; may be repeated.")] = None,
    kind: Annotated[Names, typer.Option(help="CAR-T, CAR-NK, long-term follow-up, ...; may be repeated.")] = None,
    cells: Annotated[
        Names, typer.Option(help="autologous, allogeneic, in vivo, T, NK, Treg, ...; NK+allogeneic: both at once.")
    ] = None,
    costimulation: Annotated[Names, typer.Option(help="4-1BB, CD28, ...; may be repeated.")] = None,
    generation: Annotated[Names, typer.Option(help="Generation of the CAR: 1 to 5; may be repeated.")] = None,
    sponsor_type: Annotated[Names, typer.Option(help="industry, academic or government; may be repeated.")] = None,
    study_type: Annotated[Names, typer.Option(help="interventional, observational, expanded access.")] = None,
    results: Annotated[str, typer.Option(help="Results: posted, none or not stated.")] = "",
    start: Annotated[str, typer.Option(help="Start: 2024, 2024-03..2025, 2024.., ..2023.")] = "",
    completion: Annotated[str, typer.Option(help="End, in the same way.")] = "",
    enrollment: Annotated[str, typer.Option(help="People: 20..100, 50.., ..10.")] = "",
    near: Annotated[str, typer.Option(help="A site near a place: Munich,200km or 48.14,11.58,200.")] = "",
    age: Annotated[str | None, typer.Option(help="Open to a person of this age: 35, 17.5, '8 months'.")] = None,
    age_group: Annotated[str, typer.Option(help="Open to a child, an adult or an older adult.")] = "",
    sex: Annotated[str, typer.Option(help="Open to female or male persons.")] = "",
    since: Annotated[str, typer.Option(help="Updated on or after this day, month or year.")] = "",
) -> Request:
    """The options that choose studies, stated once for every command that takes them, and the request they make."""
    from livingdrug.registry.search.request import Request

    said: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in locals().items()
    }
    return Request(**{name: said[name] for name in FILTERS if said.get(name) is not None}, text=" ".join(text or ()))


FILTERS = tuple(name for name in inspect.signature(filters).parameters if name != "text")
"""The names of the options that choose studies"""


def with_filters(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose first parameter is a Request, made one that takes the options of `filters` in its place."""
    chosen = inspect.signature(filters, eval_str=True, locals={"Request": object}).parameters
    own = list(inspect.signature(command, eval_str=True, locals={"Request": object}).parameters.values())[1:]

    @wraps(command)
    def run(**given: Any) -> None:
        command(filters(**{name: given.pop(name) for name in chosen}), **given)

    both = sorted([*chosen.values(), *own], key=lambda p: p.default is not p.empty)  # a context has no default
    run.__signature__ = inspect.Signature(both)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in both}
    return run
