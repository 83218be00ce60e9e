"""`livingdrug trials`: the registered trials, mirrored on this machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livingdrug.cli import trials_analysis, trials_labels, trials_search, trials_watch
from livingdrug.cli.mirror import (
    REGISTRY_NAMES,
    Db,
    Json,
    make_searchable,
    open_store,
    plainly,
    progress_bar,
    say,
    say_json,
    say_page,
)

if TYPE_CHECKING:
    from livingdrug.registry.mirror.store import Store
    from livingdrug.registry.records.study import Study
    from livingdrug.registry.sync.import_files import Tally

app = typer.Typer(
    no_args_is_help=True,
    help="The trials in people: fetch, search and follow the registered studies. Not medical advice.",
)


@app.command()
@plainly
def sync(
    query: Annotated[
        str | None, typer.Option(help="An expression of the registry, such as '\"CD19\" AND lymphoma'.")
    ] = None,
    all_studies: Annotated[bool, typer.Option("--all", help="Every study of the registry.")] = False,
    cart: Annotated[
        bool, typer.Option("--cart", help="CAR cell therapy, by its words and product names (default).")
    ] = False,
    labels: Annotated[
        bool, typer.Option("--labels", help="Instead: the US labels of the approved CAR-T products.")
    ] = False,
    registry: Annotated[
        list[str] | None,
        typer.Option(
            help="ctgov, ctis or isrctn; may be repeated. Default: all with --cart, else ctgov."
            " With --labels: dailymed or openfda, default both."
        ),
    ] = None,
    base_url: Annotated[str | None, typer.Option(help="Another address of the registry's interface.")] = None,
    every: Annotated[str | None, typer.Option(help="Go on for ever: hour, day or week.")] = None,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Bring the mirror up to date; an interrupted run goes on where it stopped."""
    from livingdrug.registry.errors import RegistryError
    from livingdrug.registry.reports import demo
    from livingdrug.registry.sync.sync import repeat
    from livingdrug.registry.sync.sync import sync as bring_up_to_date
    from livingdrug.registry.terms.cart_queries import cart_queries

    if sum([query is not None, all_studies, cart]) > 1:
        raise RegistryError("more than one of --query, --all and --cart", mend="choose one")
    if labels and (query is not None or all_studies or cart):
        raise RegistryError("--labels fetches no studies", mend="leave out --query, --all and --cart, or --labels")
    registries = _registries(registry, labels, query is None and not all_studies, base_url)
    store = open_store(db, create=True)

    def once_labels() -> None:
        if failures := trials_labels.sync_labels(store, registries, base_url, as_json):
            raise RegistryError("\n".join(failures))

    def once() -> None:
        runs: list[dict[str, Any]] = []
        failures: list[str] = []
        for name in registries:
            questions = [query] if query is not None else [""] if all_studies else cart_queries(name)
            for number, question in enumerate(questions, 1):
                title = REGISTRY_NAMES.get(name, name) + (f" {number}/{len(questions)}" if len(questions) > 1 else "")
                try:
                    with progress_bar(as_json, title) as progress:
                        done = bring_up_to_date(store, question, registry=name, base_url=base_url, progress=progress)
                except RegistryError as error:
                    failures.append(f"{title}: {error}")
                    break  # the registry's other questions would meet the same trouble
                runs.append(done)
                if not as_json:
                    say(_summary(done, title))
        if as_json:
            counts = {k: sum(r[k] for r in runs) for k in ("new", "changed", "unchanged", "quarantined", "removed")}
            say_json({**counts, "studies": len(store), "runs": runs, "failures": failures})
        demo.leave(store)
        make_searchable(store, as_json)
        if failures:
            raise RegistryError("\n".join(failures))

    work = once_labels if labels else once
    if every:
        repeat(work, every, lambda trouble: typer.echo(trouble, err=True))
    else:
        work()


def _registries(given: list[str] | None, labels: bool, everywhere: bool, base_url: str | None) -> list[str]:
    """What is asked: the names given, or all that fit."""
    from livingdrug.errors import unknown
    from livingdrug.registry.errors import RegistryError
    from livingdrug.registry.sync.labels import SERVICES
    from livingdrug.registry.sync.sync import REGISTRIES

    allowed = SERVICES if labels else REGISTRIES
    names = given or (list(allowed) if labels or (everywhere and not base_url) else ["ctgov"])
    for name in names:
        if name not in allowed:
            what = "label service" if labels else "registry"
            raise unknown(what, name, allowed, where="--registry", error=RegistryError)
    if base_url and len(names) > 1:
        raise RegistryError(
            "one address cannot be that of several registries", where="--base-url", mend="name one --registry"
        )
    return names


def _summary(done: dict[str, Any], title: str) -> str:
    stamp = f" (data of {done['data_timestamp'][:16]})" if done["data_timestamp"] else ""
    if done["up_to_date"]:
        return f"{title}: nothing new{stamp}"
    counts = ", ".join(f"{done[k]:,} {k}" for k in ("new", "changed", "unchanged", "quarantined", "removed"))
    return f"{title}: {counts}{stamp}{', taken up where it had stopped' if done['resumed'] else ''}"


@app.command("import")
@plainly
def import_(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="v2 JSON, JSON lines, gzip, zip, tar; CTIS JSON; EU CTR JSON or text; ISRCTN XML; folders."
        ),
    ],
    db: Db = None,
    as_json: Json = False,
) -> None:
    """Read records from files into the mirror."""
    from livingdrug.registry.errors import RegistryError
    from livingdrug.registry.reports import demo
    from livingdrug.registry.sync.import_files import READ, import_files

    store = open_store(db, create=True)
    with progress_bar(as_json) as progress:
        tally = import_files(store, files, lambda t: progress("records", t.read, None))
    demo.leave(store)
    make_searchable(store, as_json)
    if as_json:
        say_json(tally.as_dict())
    else:
        _tell(tally, store)
    if tally.read == tally.quarantined:
        raise RegistryError(
            "nothing in these files could be read" if tally.read else "there is no record in these files",
            where=", ".join(map(str, files[:3])),
            allowed=READ,
            mend="what was set aside stays in table `quarantine`, with the reason"
            if tally.read
            else "name the files or folders that hold the records",
        )


def _tell(tally: Tally, store: Store) -> None:
    """What became of the records of an import."""
    say(
        f"{tally.read:,} records read: {tally.new:,} new, {tally.changed:,} changed,"
        f" {tally.unchanged:,} unchanged, {tally.quarantined:,} quarantined; the mirror holds {len(store):,} studies"
    )
    for (place, reason), count in tally.set_aside.most_common(10):
        say(f"  set aside from {place}: {reason[:200]}{f' ({count:,} times)' if count > 1 else ''}")
    for (name, word), count in store.unknown_words().items():
        say(f"  kept, though no registry had it so far: {name} '{word[:60]}' ({count:,} studies)")


@app.command("demo")
@plainly
def demo_(db: Db = None, as_json: Json = False) -> None:
    """Fill an empty mirror with facts of the registered CAR-T trials, for a first look without a network."""
    from livingdrug.registry.reports import demo

    store = open_store(db, create=True)
    day, trials = demo.load(store)
    make_searchable(store, as_json)
    if as_json:
        return say_json({"trials": trials, "data_of": day})
    say(
        f"{trials:,} CAR-T trials of ClinicalTrials.gov as of {day}: numbers, phases, statuses, dates, countries,"
        " target, disease and kind of sponsor; no texts.\n"
        "Try `livingdrug trials overview` and `livingdrug trials search WORDS`;"
        " `livingdrug trials sync` replaces the set by the records."
    )


@app.command()
@plainly
def show(
    study: Annotated[str, typer.Argument(help="NCT, CTIS, ISRCTN or EudraCT number; a former id will do.")],
    raw: Annotated[
        bool, typer.Option("--raw", help="The record as the registry gave it, without contact persons.")
    ] = False,
    contacts: Annotated[bool, typer.Option("--contacts", help="With --raw: also contact persons.")] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """One study: what the registries say about it, and how that changed."""
    from dataclasses import asdict

    from livingdrug.registry.records.text import record_without_contacts
    from livingdrug.registry.reports.feed import as_rows, events, sentence

    store = open_store(db)
    found, former = store.present(study)
    moved = f"{former} is a former id; the study is now listed as {found}"
    if raw:
        if former:
            typer.echo(moved, err=True)
        record = store.record(found)
        return say_json(record if contacts else record_without_contacts(record))
    readings = list(store.readings(store.same_trial(found)))
    reading = next(r for r in readings if r.id == found)
    history = events(store, study=found)
    tombstone = store.connect().execute("SELECT since, reason FROM tombstone WHERE study = ?", (found,)).fetchone()
    if as_json:
        others = [asdict(r) for r in readings if r.id != found]
        removed = {"since": tombstone[0], "reason": tombstone[1]} if tombstone else None
        around = {"former_id": former, "other_records": others, "removed": removed, "changes": as_rows(history)}
        return say_json({**asdict(reading), **around})
    if former:
        say(f"{moved}\n")
    say_page(_page(reading))
    if tombstone:
        say(f"Removed          since {tombstone[0][:10]}: {tombstone[1]}")
    for other in readings:
        if other.id != found:
            name = REGISTRY_NAMES[other.registry]
            say(f"Same trial       {other.id} ({name}): {other.status or 'no status'}  {other.url}")
    if history:
        say("\nChanges")
        for event in history[:20]:
            say(f"  {event.seen[:10]}  {sentence(event)}")


def _page(study: Study) -> str:
    """A study as a page of text."""
    from livingdrug.registry.classify.classify import sponsor_type

    def dated(name: str) -> str | None:
        value = getattr(study, name)
        return value and f"{value}{f' ({value.type.lower()})' if value.type else ''}"

    stated = study.enrollment_stated
    enrollment = (
        f"{study.enrollment}" if study.enrollment is not None else stated and f"not stated (the registry says {stated})"
    )
    rows = {
        "Status": ", last known ".join(filter(None, (study.status or "not stated", study.last_known_status))),
        "Why stopped": study.why_stopped,
        "Phase": " and ".join(study.phases) or "not stated",
        "Sponsor": study.sponsor or f"not named ({sponsor_type(study).value})",
        "Conditions": "; ".join(study.conditions),
        "Interventions": "; ".join(i.name or i.type or "unnamed" for i in study.interventions),
        "Enrollment": enrollment,
        "Start": dated("start"),
        "Primary end": dated("primary_completion"),
        "Completion": dated("completion"),
        "Last update": dated("updated"),
        "People": f"{study.sex or 'sex not stated'}, {study.ages}",
        "Sites": f"{len(study.sites)} in {', '.join(study.countries) or 'no country stated'}",
        "Results": {"none": "not posted"}.get(study.results, study.results),
        "Numbers": "; ".join(f"{i.value} ({i.kind})" for i in study.identifiers),
    }  # fmt: skip
    lines = [f"{study.id}  {study.title or ''}", study.url, ""]
    lines += [f"{name:<16} {text}" for name, text in rows.items() if text]
    for heading, text in (("Summary", study.summary), ("Eligibility", study.eligibility)):
        if text:
            lines += ["", heading, text]
    return "\n".join(lines) + "\n"


@app.command()
@plainly
def changes(
    since: Annotated[
        str | None, typer.Option(help="A day (2026-08-22), month or year; without it, seven days back.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="The last day to show.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="status, phase, enrollment, sites, dates, ...; may be repeated.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="Only trials aiming at this antigen, by any of its names.")] = None,
    study: Annotated[str | None, typer.Option(help="Only this study.")] = None,
    watch: Annotated[str | None, typer.Option(help="Only the trials of this saved search.")] = None,
    doubtful: Annotated[bool, typer.Option("--doubtful", help="Also show what may be no change at all.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many.")] = None,
    as_atom: Annotated[bool, typer.Option("--atom", help="Print an Atom feed.")] = False,
    db: Db = None,
    as_json: Json = False,
) -> None:
    """What changed in the registered trials, newest first."""
    from livingdrug.registry.reports.feed import as_rows, atom, events, sentence
    from livingdrug.registry.reports.watch import trials_of

    if since is None and study is None:
        since = (datetime.now(UTC) - timedelta(days=7)).date().isoformat()
    store = open_store(db)
    with progress_bar(as_json or as_atom) as progress:
        trials = None if watch is None else trials_of(store, watch, lambda done, all_: progress("index", done, all_))
    chosen: dict[str, Any] = {"until": until, "kinds": kind or (), "target": target, "study": study, "trials": trials}
    found = events(store, since, **chosen, doubtful=doubtful, limit=limit)
    if as_atom:
        return say(atom(found) if watch is None else atom(found, f"Changes: {watch}", f"watch/{watch}"))
    if as_json:
        return say_json({"since": since, "until": until, "total": len(found), "changes": as_rows(found)})
    for day, on_day in groupby(found, key=lambda e: e.seen[:10]):
        say(day)
        for _, of_study in groupby(on_day, key=lambda e: e.study):
            listed = list(of_study)
            say(f"  {listed[0].study}  {(listed[0].title or '')[:100]}")
            for event in listed:
                say(f"    {sentence(event)}")
    say(f"{len(found):,} changes" + (f" since {since}" if since else ""))


for command in (trials_search.search, trials_search.overview, trials_search.statistics, trials_search.draft):
    app.command()(command)
app.command()(trials_analysis.compare)
app.command()(trials_analysis.portfolio)
app.command("map")(trials_analysis.map_)
app.command()(trials_analysis.label)
app.add_typer(trials_watch.app, name="watch")
