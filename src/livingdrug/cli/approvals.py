"""`livingdrug approvals`: which CAR-T products are approved where, each answer with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from livingdrug.cli.mirror import Json, plainly, say, say_json

if TYPE_CHECKING:
    from livingdrug.registry.reports.approvals import Approval

app = typer.Typer(help="Which CAR-T products are approved where, with sources. Not medical advice.")


@app.callback(invoke_without_command=True)
@plainly
def approvals(
    product: Annotated[str | None, typer.Option(help="A product by any of its names.")] = None,
    country: Annotated[str | None, typer.Option(help="A country, or European Union.")] = None,
    as_json: Json = False,
) -> None:
    """Which CAR-T products are approved where: indication, date, boxed warnings, monitoring, and where it was read."""
    from dataclasses import asdict

    from livingdrug.registry.reports.approvals import approvals as find

    found = find(product, country)
    if as_json:
        return say_json({"total": len(found), "approvals": [asdict(a) for a in found]})
    for row in found:
        say(_page(row, whole=product is not None or country is not None))
    confirmed = sum(a.stage == "approved" for a in found)
    say(f"{len(found)} entries, {confirmed} approvals read at the regulator or its label store. Not medical advice.")


def _page(row: Approval, whole: bool) -> str:
    """One approval as text; whole: with warnings, monitoring and sources."""
    brand = f" ({row.brand})" if row.brand != "not read" else ""
    lines = [f"{row.product}{brand} - {row.agency}, {row.country}: {row.stage}"]
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
    return "\n".join(lines) + "\n"
