"""`livingdrug approvals`: which CAR-T products are approved where, each answer with its source."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livingdrug.cli.mirror import Db, Json, plainly, say, say_json, say_page

if TYPE_CHECKING:
    from livingdrug.registry.reports.approvals import Approval
    from livingdrug.registry.reports.labels import LabelInForce

app = typer.Typer(help="Which CAR-T products are approved where, with sources. Not medical advice.")


@app.callback(invoke_without_command=True)
@plainly
def approvals(
    product: Annotated[str | None, typer.Option(help="A product by any of its names.")] = None,
    country: Annotated[str | None, typer.Option(help="A country, or European Union.")] = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Which CAR-T products are approved where: indication, date, boxed warnings, monitoring, and where it was read.

    With the label in force of each, once `livingdrug trials sync --labels` has fetched it into the mirror.
    """
    from livingdrug.registry.reports.approvals import approvals as find

    found = find(product, country)
    labels = _labels(db)
    if as_json:
        rows = [_row(a, _label_of(a, labels)) for a in found]
        fetched = max((label.seen for label in labels.values()), default=None)
        return say_json({"total": len(found), "approvals": rows, "labels_seen": fetched})
    for row in found:
        say_page(_page(row, _label_of(row, labels), whole=product is not None or country is not None))
    confirmed = sum(a.stage == "approved" for a in found)
    read = f"{confirmed} approval{'' if confirmed == 1 else 's'} read at the regulator or its label store"
    say(f"{len(found)} entr{'y' if len(found) == 1 else 'ies'}, {read}. Not medical advice.")
    say("The table is not complete: what it lacks was not read, which does not mean that it is not approved.")
    if not labels:
        say("Labels in force: none fetched; `livingdrug trials sync --labels`.")
    elif reread := sum(_to_be_reread(a, _label_of(a, labels)) for a in found):
        say(f"To be re-read: {reread} entries; their labels have changed since, or are not those that were read.")


def _labels(db: Path | None) -> dict[str, LabelInForce]:
    """Product -> its label in force as the mirror has it; a mirror that is missing or damaged costs only that."""
    from livingdrug.errors import LivingDrugError
    from livingdrug.registry.mirror.file import trouble
    from livingdrug.registry.mirror.store import Store, default_path
    from livingdrug.registry.reports.labels import labels_in_force

    path = db or default_path()
    if db is None and not path.exists():
        return {}
    try:
        return labels_in_force(Store(path, create=False))
    except (LivingDrugError, sqlite3.Error) as error:
        typer.echo(
            f"note: without labels: {error if isinstance(error, LivingDrugError) else trouble(error, path)}", err=True
        )
        return {}


def _label_of(row: Approval, labels: dict[str, LabelInForce]) -> LabelInForce | None:
    """The label that an entry can rest on: that of its own agency."""
    from livingdrug.registry.reports.labels import AGENCY

    return labels.get(row.product) if row.agency == AGENCY else None


def _to_be_reread(row: Approval, label: LabelInForce | None) -> bool:
    from livingdrug.registry.reports.labels import REREAD

    return label is not None and label.standing == REREAD


def _row(row: Approval, label: LabelInForce | None) -> dict[str, Any]:
    """One entry as JSON."""
    from dataclasses import asdict

    return asdict(row) | {"label": asdict(label) if label else None, "to_be_reread": _to_be_reread(row, label)}


def _page(row: Approval, label: LabelInForce | None, whole: bool) -> str:
    """One approval as text; whole: with warnings, monitoring, sources, and what there is to say of the label."""
    brand = f" ({row.brand})" if row.brand != "not read" else ""
    reread = "; to be re-read" if _to_be_reread(row, label) else ""
    lines = [f"{row.product}{brand} - {row.agency}, {row.country}: {row.stage}{reread}"]
    dated = row.date if row.date == "not read" else f"{row.date} ({row.date_is})"
    lines += [f"  for       {row.indication}", f"  line      {row.line}", f"  date      {dated}"]
    if whole:
        lines.append(f"  basis     {row.basis}")
        lines += [f"  boxed     {w['says']} ({w['stage']})" for w in row.boxed_warnings]
        for era in row.monitoring:
            when = (
                f"since {era['since']}" if "since" in era else f"until {era['until']}" if "until" in era else "always"
            )
            lines.append(f"  watch     {when}: {'; '.join(era['rules'])}")
        lines += [f"  note      {row.note}"] * bool(row.note)
        lines += [f"  source    {s.title} [{s.kind}, read {s.read}] {s.url}".rstrip() for s in row.sources]
    if label is not None:
        lines += _label_lines(label, whole)
    return "\n".join(lines) + "\n"


def _label_lines(label: LabelInForce, whole: bool) -> list[str]:
    """The label in force as lines of an entry."""
    from livingdrug.registry.reports.labels import SERVICE_NAMES

    dated = f" of {label.date}" if label.date else ""
    lines = [
        f"  label     version {label.version}{dated} ({SERVICE_NAMES[label.service]}, seen {label.seen[:10]})",
        f"  box       {label.boxed_title or 'no heading of a boxed warning'}",
        f"  standing  {label.standing}: {label.why}",
    ]
    if whole:
        lines += [f"  look at   {remark}" for remark in label.remarks]
        earlier = [f"{v} of {day or 'no day'}" for v, day in label.versions.items()][:6]
        lines += [f"  versions  {', '.join(earlier)}"] * bool(earlier)
        for change in label.changes[:8]:
            said = " -> ".join(f"'{(text or 'nothing')[:80]}'" for text in (change.before, change.after))
            lines.append(f"  changed   {change.seen[:10]} {SERVICE_NAMES[change.source]}: {change.field}: {said}")
        lines.append(f"  read it   {label.url}")
    return lines
