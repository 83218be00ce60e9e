"""`livingdrug trials compare`, `portfolio`, `map` and `label`: what an analyst takes away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livingdrug.cli.mirror import Db, Json, open_store, plainly, progress_bar, say, say_json, say_page, with_filters

if TYPE_CHECKING:
    from livingdrug.registry.reports.compare import Comparison
    from livingdrug.registry.reports.portfolio import Line, Portfolio
    from livingdrug.registry.search.request import Request


@plainly
def compare(
    left: Annotated[
        str, typer.Argument(help="A study by any of its numbers; NCT...@1 or NCT...@2026-05 is a version.")
    ],
    right: Annotated[str, typer.Argument(help="The other one, or another version.")],
    different: Annotated[bool, typer.Option("--different", help="Only where they differ.")] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Two trials side by side, or two versions of one."""
    from livingdrug.registry.reports.compare import compared

    found = compared(open_store(db), left, right)
    say_json(found.as_json()) if as_json else say(_side_by_side(found, different))


def _side_by_side(found: Comparison, different: bool) -> str:
    """Both columns as text; a bar marks where they differ."""
    from shutil import get_terminal_size
    from textwrap import wrap

    wide = max(24, min(60, (get_terminal_size((100, 24)).columns - 26) // 2))
    lines = [f"{'':<20}  {found.left:<{wide}}  {found.right}"]
    for row in found.rows:
        if row.same and different:
            continue
        left, right = (wrap(text, wide) or ["-"] for text in (row.left, row.right))
        for n in range(max(len(left), len(right))):
            name = row.name if n == 0 else ""
            a, b = (column[n] if n < len(column) else "" for column in (left, right))
            lines.append(f"{name:<20}{' ' if row.same else '|'} {a:<{wide}}  {b}".rstrip())
    same = sum(row.same for row in found.rows)
    lines.append(f"\n{len(found.rows) - same} of {len(found.rows)} facts differ (|)")
    if found.changes:
        kinds = ", ".join(dict.fromkeys(f"{c.kind}: {c.field}" if c.field != c.kind else c.kind for c in found.changes))
        lines.append(f"Changes between the versions: {kinds}")
    return "\n".join(lines)


@plainly
@with_filters
def portfolio(
    request: Request,
    by: Annotated[str, typer.Option(help="sponsor, sponsor type or product.")] = "sponsor",
    limit: Annotated[int, typer.Option(min=1, help="Lines printed.")] = 25,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Who tests what: the trials a search finds, gathered by lead sponsor, its kind, or product."""
    from livingdrug.registry.reports.portfolio import portfolio as gather

    with progress_bar(as_json) as progress:
        found = gather(open_store(db), request, by, lambda done, all_: progress("index", done, all_))
    say_json(found.as_json()) if as_json else say_page(_lines(found, limit))


def _lines(found: Portfolio, limit: int) -> str:
    """The portfolio as text, one paragraph a line."""
    text = [f"{found.trials:,} trials, {len(found.lines):,} {found.by}s"]
    for line in found.lines[:limit]:
        text += ["", f"{line.name}: {_counts(line)}"]
        for name, counts in (("targets", line.targets), ("diseases", line.diseases), ("products", line.products)):
            if counts and not (name == "products" and found.by == "product"):
                shown = ", ".join(f"{value} {n:,}" for value, n in list(counts.items())[:6])
                text.append(f"  {name:<9} {shown}{', ...' if len(counts) > 6 else ''}")
        if line.spellings:
            text.append(f"  also as   {'; '.join(s for s in line.spellings if s != line.name)}")
    if len(found.lines) > limit:
        text += ["", f"and {len(found.lines) - limit:,} more (--limit)"]
    if found.unnamed:
        text += ["", f"{found.unnamed:,} trials name no {found.by}{' of the library' if found.by == 'product' else ''}"]
    return "\n".join(text)


def _counts(line: Line) -> str:
    phase = line.phase.replace("EARLY_PHASE1", "early phase 1").replace("PHASE", "phase ")
    facts = [f"{line.trials:,} {'trial' if line.trials == 1 else 'trials'}", f"{line.open:,} open"]
    facts += [f"up to {phase}"] if phase else []
    facts += [f"{line.people:,} people"] if line.people else []
    facts += (
        [f"starts {line.first} to {line.last}" if line.first != line.last else f"start {line.first}"]
        if line.first
        else []
    )
    return ", ".join(facts)


@plainly
@with_filters
def map_(
    request: Request,
    out: Annotated[Path, typer.Option(help="The file to draw into (.svg).")] = Path("sites.svg"),
    title: Annotated[str, typer.Option(help="The heading of the map.")] = "",
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Draw where the trials of a search have their sites."""
    from livingdrug.files import write_text
    from livingdrug.registry.errors import RegistryError
    from livingdrug.registry.reports.site_map import drawing, sites_of
    from livingdrug.registry.search.search import everything

    if out.suffix.lower() != ".svg":
        raise RegistryError(f"cannot draw into '{out.name}'", where="--out", allowed=".svg")
    store = open_store(db)
    with progress_bar(as_json) as progress:
        ids = everything(store, request, progress=lambda done, all_: progress("index", done, all_))
    found = sites_of(store, ids)
    if not found.towns:
        raise RegistryError(
            f"none of {len(ids):,} studies has a site with coordinates",
            mend="fewer filters, or fetch the records: trials sync",
        )
    write_text(out, drawing(found, title or "Sites of the trials"), "--out")
    if as_json:
        towns = [
            {"town": t.name, "country": t.country, "trials": len(t.trials), "open": len(t.open)} for t in found.towns
        ]
        return say_json(
            {"file": str(out), "trials": found.trials, "without_coordinates": found.unplaced, "towns": towns}
        )
    say(f"{found.trials:,} trials in {len(found.towns):,} towns, {found.unplaced:,} without coordinates\nDrawn: {out}")


@plainly
def label(
    study: Annotated[str, typer.Argument(help="The study; without it, every label of yours is listed.")] = "",
    words: Annotated[
        list[str] | None, typer.Argument(help='target=...+... disease=... cells=... kind=... why="where it was read"')
    ] = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take your labels of the study back (or those named).")
    ] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Correct what the rules say of a study; kept beside the mirror, shown as yours."""
    from dataclasses import asdict

    from livingdrug.registry.search.own_labels import own_labels, remove_label, set_label

    store = open_store(db)
    if study and remove:
        gone = [name for word in words or [""] for name in remove_label(store, study, word.partition("=")[0])]
        return say_json({"removed": gone}) if as_json else say(f"{study}: the rules answer again for {', '.join(gone)}")
    if study and words:
        set_label(store, study, words)
    found = own_labels(store)
    shown = {store.resolve(study): found.get(store.resolve(study), {})} if study else found
    if as_json:
        return say_json({s: {q: asdict(x) for q, x in said.items()} for s, said in shown.items()})
    lines = [
        f"{s}  {question} = {' and '.join(x.values)}  (yours, {x.day}: {x.why})"
        for s, said in sorted(shown.items())
        for question, x in said.items()
    ]
    say("\n".join(lines) or f"no label of yours{f' for {study}' if study else ''}")
