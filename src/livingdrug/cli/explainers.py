"""`livingdrug explainers`: what the claims of the explainer pages rest on, and what has to be read again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livingdrug.cli.mirror import Db, Json, plainly, say, say_json

if TYPE_CHECKING:
    from livingdrug.explainers.check import Report
    from livingdrug.registry.mirror.store import Store

app = typer.Typer(no_args_is_help=True, help="The explainer pages: check what their claims rest on.")


@app.callback()
def explainers() -> None:
    """The explainer pages: check what their claims rest on."""


@app.command()
@plainly
def check(
    name: Annotated[str | None, typer.Argument(metavar="[PAGE]", help="One page; without it, all of them.")] = None,
    every: Annotated[bool, typer.Option("--all", help="List the claims that stand, too.")] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Which claims are unbacked, stale, contradicted or only reported. Exit code 1 when a page fails."""
    from livingdrug.explainers import page
    from livingdrug.explainers.check import as_json as json_of
    from livingdrug.explainers.check import check as check_page

    store = _mirror(db)
    reports = [check_page(page.find(n), store) for n in ([name] if name else page.names())]
    if as_json:
        say_json(json_of(reports))
    else:
        for report in reports:
            say(_told(report, every))
        say(_end(reports, store is not None))
    if not all(r.ok for r in reports):
        raise typer.Exit(1)


def _mirror(db: Path | None) -> Store | None:
    """The mirror, where there is one; without it registry claims are not checked, and that is told."""
    from livingdrug.registry.mirror.store import Store, default_path

    path = db or default_path()
    if not path.exists():
        if db is not None:
            typer.echo(f"note: there is no mirror '{db}'; claims on registries' records are not checked", err=True)
        return None
    return Store(path, create=False)


def _told(report: Report, every: bool) -> str:
    """One page as text: what is not in order, or all."""
    counts = ", ".join(f"{n} {status}" for status, n in report.counts.items() if n)
    lines = [f"{report.page}: {len(report.claims)} claims ({counts or 'none'}), {len(report.unmarked)} unmarked"]
    for claim in report.claims:
        if every or claim.status != "backed":
            why = f": {claim.why}" if claim.why else ""
            lines.append(f"  {claim.status:12} {claim.id}{why}")
            lines.append(f"  {'':12} {claim.says}  [{claim.where}]")
            if every:
                lines.append(
                    f"  {'':12} {claim.source}: {claim.place or claim.evidence}; read {claim.read}, due {claim.due}"
                )
    for found in report.unmarked:
        lines.append(f"  {'unmarked':12} {found.what} outside any claim: {found.text}  [{found.where}]")
    return "\n".join(lines)


def _end(reports: list[Report], mirrored: bool) -> str:
    """The last line: whether the pages stand."""
    failing = sum(not r.ok for r in reports)
    said = "every page stands" if not failing else f"{failing} of {len(reports)} pages fail"
    mirror = "" if mirrored else "; no copy of the registries here, so their claims were not checked"
    return f"{said}{mirror}. No clinician has reviewed these pages."
