"""`livingdrug trials watch`: saved searches, each with its own feed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livingdrug.cli.mirror import Db, Json, open_store, plainly, progress_bar, say, say_json, with_filters

if TYPE_CHECKING:
    from livingdrug.registry.search.request import Request

app = typer.Typer(
    no_args_is_help=True, help="Saved searches; `trials changes --watch NAME` tells what changed in them."
)

Name = Annotated[str, typer.Argument(help="The name of the saved search.")]


@app.command()
@plainly
@with_filters
def add(
    request: Request,
    context: typer.Context,
    name: Annotated[str, typer.Option("--name", help="The name to save it under; else the first argument.")] = "",
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Save a search: its name, then words and filters as in `trials search`."""
    from dataclasses import replace

    from livingdrug.registry.reports.watch import add_watch, in_words

    if not name:
        name, *rest = context.params.get("text") or [""]  # "my trials" is one name
        request = replace(request, text=" ".join(rest))
    with progress_bar(as_json) as progress:
        made = add_watch(open_store(db), name, request, lambda done, all_: progress("index", done, all_))
    if as_json:
        return say_json({"name": name, **asdict(made)})
    say(f"{name}: {in_words(made)}\n{len(made.trials):,} trials today; `livingdrug trials changes --watch '{name}'`")


@app.command("list")
@plainly
def list_(db: Db = None, as_json: Json = False) -> None:
    """The saved searches."""
    from livingdrug.registry.reports.watch import in_words, watches

    found = watches(open_store(db))
    if as_json:
        return say_json({name: asdict(watch) for name, watch in found.items()})
    for name, watch in found.items():
        say(f"{name}: {in_words(watch)}  ({len(watch.trials):,} trials, saved {watch.day})")
    if not found:
        say("no saved search; such as: livingdrug trials watch add mine --phase 3 --status recruiting")


@app.command()
@plainly
def remove(name: Name, db: Db = None) -> None:
    """Forget a saved search."""
    from livingdrug.registry.reports.watch import remove_watch

    remove_watch(open_store(db), name)
    say(f"{name} is forgotten")


@app.command()
@plainly
def feeds(
    folder: Annotated[Path, typer.Argument(help="Where to write NAME.atom, one for each saved search.")],
    since: Annotated[str | None, typer.Option(help="From this day on; without it, all that is known.")] = None,
    db: Db = None,
) -> None:
    """Write the Atom feed of every saved search, for a reader of feeds; fit for a daily job after the sync."""
    from livingdrug.files import disk, write_text
    from livingdrug.registry.reports.feed import atom, events
    from livingdrug.registry.reports.watch import trials_of, watches

    store = open_store(db)
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name in watches(store):
        found = events(store, since, trials=trials_of(store, name))
        write_text(folder / f"{name}.atom", atom(found, f"Changes: {name}", f"watch/{name}"))
        say(f"{folder / name}.atom: {len(found):,} changes")
