"""`livingdrug trials search`, `overview`, `statistics` and `draft`: asking the mirror."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livingdrug.cli.mirror import (
    Db,
    Json,
    open_store,
    plainly,
    progress_bar,
    say,
    say_json,
    say_page,
    tell_faults,
    with_filters,
)

if TYPE_CHECKING:
    from livingdrug.registry.reports.gaps import WhiteSpace
    from livingdrug.registry.reports.overview import Overview
    from livingdrug.registry.reports.statistics import Statistics
    from livingdrug.registry.search.geo import NearSite
    from livingdrug.registry.search.search import Request, Result


@plainly
@with_filters
def search(
    request: Request,
    sort: Annotated[str, typer.Option(help="relevance, updated, start, posted, enrollment or distance.")] = "relevance",
    limit: Annotated[
        int | None, typer.Option(min=0, help="Length of the list (20; tables hold all); the total counts all.")
    ] = None,
    offset: Annotated[int, typer.Option(min=0, help="Skip so many.")] = 0,
    engine: Annotated[str | None, typer.Option(help="tantivy or fts5; the fastest installed.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the studies as a table (CSV), all of them.")] = False,
    as_ris: Annotated[bool, typer.Option("--ris", help="Print them for a reference manager (RIS).")] = False,
    xlsx: Annotated[Path | None, typer.Option(help="Write them into this workbook.")] = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Find studies by words, names that mean the same, and filters."""
    from livingdrug.registry.errors import RegistryError
    from livingdrug.registry.reports import tables
    from livingdrug.registry.search.search import ALL
    from livingdrug.registry.search.search import search as find

    if sum([as_csv, as_ris, as_json]) > 1:
        raise RegistryError("more than one of --csv, --ris and --json", mend="choose one; --xlsx FILE goes with any")
    if xlsx is not None and xlsx.suffix.lower() != ".xlsx":
        raise RegistryError(f"'{xlsx.name}' is no workbook", where="--xlsx", allowed="a file that ends in .xlsx")
    printed = next((f"--{kind}" for kind, on in (("csv", as_csv), ("ris", as_ris), ("json", as_json)) if on), None)
    last = request.text.split()[-1:]
    if printed and last and Path(last[0]).suffix.lower() == f".{printed[2:]}":
        raise RegistryError(
            f"{printed} prints, and takes no file: '{last[0]}' is looked for as a word",
            where=printed,
            mend=f"{printed} > {last[0]}",
        )
    table = as_csv or as_ris or xlsx is not None
    request = replace(request, sort=sort, limit=(ALL if table else 20) if limit is None else limit, offset=offset)
    with progress_bar(as_json or table) as progress:
        result = find(open_store(db), request, engine=engine, progress=lambda done, all_: progress("index", done, all_))
    if xlsx is not None:
        tables.write_xlsx(result.studies, xlsx, _asked(request, result))
    if as_csv or as_ris:
        say((tables.as_csv if as_csv else tables.as_ris)(result.studies), end="")
    elif as_json:
        say_json(result.as_json())
    else:
        say_page(f"{_studies(len(result.studies))} written: {xlsx}" if xlsx else _listed(result, request))
    if as_csv or as_ris or xlsx:
        for line in _help(result, request):
            typer.echo(line.strip(), err=True)
    tell_faults(result.faults)


def _asked(request: Request, result: Result) -> str:
    """What a workbook says of itself."""
    from dataclasses import asdict
    from datetime import date

    from livingdrug.registry.search.request import Request as Blank

    given = [
        f"{k}: {v}" for k, v in asdict(request).items() if v != getattr(Blank(), k) and k not in ("limit", "offset")
    ]
    return (
        f"{result.total:,} studies for {'; '.join(given) or 'no filter'}. Read from the mirror on {date.today()};"
        " the data belong to the registries. Not medical advice."
    )


def _studies(count: int) -> str:
    return f"{count:,} {'study' if count == 1 else 'studies'}"


def _shown(shown: int, total: int, passed: int) -> str:
    """Which of the hits stand above, where not all do."""
    if shown == total:
        return ""
    if not shown:
        return ", none shown"
    return f", {passed + 1:,} to {passed + shown:,} shown" if passed else f", the first {shown:,} shown"


def _listed(result: Result, request: Request) -> str:
    """The hits as text: one study a paragraph, facet counts at the end."""
    lines = []
    for study in result.studies:
        facts = [study.status.replace("_", " ").lower(), _phase(study.phases), study.sponsor, "/".join(study.targets)]
        if study.site is not None:
            facts.append(_nearest(study.site))
        lines += [f"{study.id}  {study.title}", "             " + " · ".join(f for f in facts if f)]
        if study.also:
            lines.append(f"             also registered as {', '.join(study.also)}")
    lines.append(_studies(result.total) + _shown(len(result.studies), result.total, request.offset))
    for name, counts in result.facets.items():
        shown = [f"{value} {n:,}" for value, n in list(counts.items())[:6]]
        if shown:
            lines.append(f"  {name.replace('_', ' '):<13}{', '.join(shown)}{', ...' if len(counts) > 6 else ''}")
    return "\n".join([*lines, *_help(result, request)])


def _help(result: Result, request: Request) -> list[str]:
    """What may have been meant, and how the question was taken."""
    lines = [f"  did you mean: {meant.text}  ({_studies(meant.studies)})" for meant in result.suggestions]
    if not result.total and request.text and not result.suggestions:
        lines.append("  fewer words or filters find more; beginnings with a star: leuk*")
    return lines + [f"  note: {note}" for note in result.notes]


def _nearest(site: NearSite) -> str:
    """The nearest site in words: how far, where, and whether it is open."""
    where = ", ".join(part for part in (site.facility, site.city) if part)
    state = site.status.replace("_", " ").lower() or "states no status"
    return f"{site.km:,g} km: {where or site.country} ({state})"


def _phase(phases: tuple[str, ...]) -> str:
    names = {"EARLY_PHASE1": "early 1", "NA": ""}
    shown = "/".join(names.get(p, p.removeprefix("PHASE")) for p in phases)
    return f"phase {shown}" if shown else ""


@plainly
def overview(
    plot: Annotated[Path | None, typer.Option(help="Draw the overview into this file (.png, .svg, .pdf).")] = None,
    study: Annotated[str | None, typer.Option(help="Instead: the labels of one study, each with its evidence.")] = None,
    gaps: Annotated[
        bool, typer.Option("--gaps", help="Instead: targets by disease, and the pairs without a trial.")
    ] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """The field at a glance: which CAR cell therapies are tested in people."""
    from dataclasses import asdict

    from livingdrug.registry.reports import overview as field

    store = open_store(db)
    if study is not None:
        said = field.evidence(store, study)
        return say_json(asdict(said)) if as_json else say_page(_evidence(said))
    with progress_bar(as_json) as progress:
        seen = field.overview(store, progress=lambda done, all_: progress("index", done, all_))
    if gaps:
        from livingdrug.registry.reports.gaps import white_space

        table = white_space(seen)
        say_json(table.as_json()) if as_json else say(_white_space(table))
        return tell_faults(seen.faults)
    if plot is not None:
        _draw(seen, plot)
    say_json(seen.as_json()) if as_json else say_page(_overview(seen) + (f"\nDrawn: {plot}" if plot else ""))
    tell_faults(seen.faults)


def _draw(seen: Overview, path: Path) -> None:
    from livingdrug.registry.errors import RegistryError
    from livingdrug.registry.reports.overview_plot import picture

    if path.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise RegistryError(f"cannot draw into '{path.name}'", where="--plot", allowed=".png, .svg, .pdf")
    try:
        picture(seen).savefig(path, dpi=160)
    except OSError as error:
        raise RegistryError(f"cannot write the picture: {error.strerror or error}", where=str(path)) from None


def _evidence(said: Any) -> str:
    from livingdrug.registry.reports.overview import answers

    lines = [said.id]
    for question, label in answers(said):
        lines.append(f"{question:<17} {label.value}  ({label.confidence}: {label.rule})")
        if label.evidence:
            lines.append(f"                  {label.place}: {label.evidence[:200]}")
    if said.diseases:
        main = said.diseases.main
        lines.append(f"disease           {' > '.join(p for p in (main.branch, main.group, main.disease) if p)}")
        lines.append(f"                  {said.diseases.evidence[:200]}")
    return "\n".join(lines)


_STATED = ("target", "disease", "phase", "country", "costimulation")
"""Questions that a trial may leave open"""


def _overview(seen: Overview) -> str:
    """The overview as text."""
    lines = [f"{seen.trials:,} trials of CAR cell therapy, newest update {seen.updated or 'not stated'}", ""]
    headings = {
        "kind": "Carried by",
        "target": "Target",
        "disease": "Disease",
        "source": "Cells from",
        "costimulation": "Costimulation",
        "generation": "Generation",
        "phase": "Phase",
        "status": "Status",
        "country": "Country",
        "sponsor_type": "Sponsor",
    }
    for name, heading in headings.items():
        counts = list(seen.by[name].items())
        shown = ", ".join(f"{value} {n:,}" for value, n in counts[:10])
        lines.append(f"{heading:<14} {shown}{f', and {len(counts) - 10} more' if len(counts) > 10 else ''}")
    years = ", ".join(f"{year} {sum(c.values()):,}" for year, c in list(seen.starts.items())[-10:])
    lines += [f"{'Starts':<14} {years}{f'; no date {seen.starts_unknown:,}' if seen.starts_unknown else ''}", ""]
    lines.append("Not stated     " + ", ".join(f"{n} {seen.by[n].get('not stated', 0):,}" for n in _STATED))
    if seen.left_out:
        lines.append("Not counted    " + ", ".join(f"{reason} {n:,}" for reason, n in seen.left_out.items()))
    lines.append("Registries     " + ", ".join(f"{r} {n:,}" for r, n in seen.registries.items()))
    lines.append("Not covered    " + "; ".join(seen.not_covered))
    return "\n".join(lines)


def _white_space(table: WhiteSpace) -> str:
    """Target by disease as text; a point where there is no trial."""
    wide = max(map(len, table.diseases), default=0)
    heads = list(table.targets)
    lines = ["Trials by disease group (down) and target (across); a point: none", ""]
    lines += [" " * wide + "  " + "  ".join(f"{t:>{max(4, len(t))}}" for t in heads)]
    for name in table.diseases:
        cells = (f"{table.counts[t][name] or '.':>{max(4, len(t))}}" for t in heads)
        lines.append(f"{name:<{wide}}  " + "  ".join(cells))
    lines += ["", f"{len(table.empty):,} pairs without a trial; first those whose target and disease are tested most:"]
    lines += [
        f"  {target} in {name}  (each elsewhere: {table.targets[target]:,} and {table.diseases[name]:,} trials)"
        for target, name in table.empty[:15]
    ]
    lines += [
        "",
        f"Left out: {table.no_target:,} trials that state no target, {table.no_group:,} pairs of a target with several"
        " or no single group of diseases; rarer targets and diseases. An empty field is no sign that it would work.",
    ]
    return "\n".join(lines)


@plainly
@with_filters
def statistics(
    request: Request,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Enrolment, time to start, recruiting sites and results of the studies a search finds."""
    from livingdrug.registry.reports.statistics import statistics as count
    from livingdrug.registry.search.search import wanted

    store = open_store(db)
    with progress_bar(as_json) as progress:
        figures = count(store, wanted(store, request), progress=lambda done, all_: progress("index", done, all_))
    say_json(figures.as_json()) if as_json else say(_figures(figures))
    tell_faults(figures.faults)


def _figures(figures: Statistics) -> str:
    people, wait, results = figures.enrollment, figures.days_to_start, figures.results

    def number(value: float | int | None) -> str:
        return "-" if value is None else f"{value:,.0f}"

    def row(name: str, text: str) -> str:
        return f"{name:<18}{text}"

    quarters = f"{number(wait['lower_quartile'])} to {number(wait['upper_quartile'])}"
    month_only, undated = wait["left_out_month_only"], wait["left_out_no_date"]
    lines = [
        _studies(figures.studies),
        row(
            "Enrolment",
            f"{number(people['people'])} people in {number(people['studies'])} studies,"
            f" median {number(people['median'])}",
        ),
        row(
            "",
            f"left out: {people['placeholders']:,} placeholder numbers, {people['withdrawn']:,} withdrawn,"
            f" {people['not_stated']:,} not stated",
        ),
        *(row("", f"{study} states {stated}") for study, stated in figures.placeholders[:10]),
        row(
            "Posting to start",
            f"median {number(wait['median'])} days (half of them {quarters}), {number(wait['studies'])} studies"
            if wait["studies"]
            else "no study has both days",
        ),
        row(
            "",
            f"{wait['started_before_posting']:,} started first; left out: {month_only:,} with a month only,"
            f" {undated:,} without a date",
        ),
    ]
    name = "Recruiting sites"
    for country, n in list(figures.sites_by_country.items())[:12]:
        lines.append(
            row(
                name,
                f"{country:<22}{n['recruiting']:>6,} of {n['sites']:>6,} sites"
                f"  {n['share_of_recruiting']:>5} % of all recruiting",
            )
        )
        name = ""
    lines.append(row(name, f"{figures.sites_without_status:,} sites state no status (given only while recruiting)"))
    counts = f"posted {results['posted']:,}, overdue {results['overdue']:,}, not yet due {results['not_yet_due']:,}"
    unknown = f", not stated {results['not_known']:,}" if "not_known" in results else ""
    lines.append(row("Results", f"{counts}, no completion date {results['not_stated']:,}{unknown}"))
    lines.append(row("", f"due 12 months after primary completion, as of {figures.as_of}"))
    return "\n".join(lines)


@plainly
def draft(
    study: Annotated[str, typer.Argument(help="NCT or another number of a study in the mirror.")],
    db: Db = None,
) -> None:
    """Write a scenario from a registered trial; every line says which sentence it came from."""
    from livingdrug.registry.errors import reading
    from livingdrug.registry.reports.scenario_draft import draft as write
    from livingdrug.registry.search.own_labels import labelled, own_labels

    store = open_store(db)
    found, former = store.present(study)
    with reading(found):
        registered = store.reading(found)
        made = write(registered, labelled(registered, own_labels(store).get(found, {})))
    if former:
        typer.echo(f"{former} is a former id; the study is now listed as {found}", err=True)
    say(made.text.rstrip("\n"))
    for lacking in made.missing:
        typer.echo(f"the library lacks {lacking}", err=True)
