"""`livingdrug list`, `show`, `explain`, `new`: what the library knows, why a number has its value, and a new entry."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug import library
from livingdrug.cli.terminal import Json, Sets, changes, columns
from livingdrug.errors import ScenarioError
from livingdrug.library import LibraryFile
from livingdrug.parameters import in_words

SHORT = 30  # characters of an origin that may be repeated on every line


def list_(
    kind: Annotated[str | None, typer.Argument(help=f"One of {', '.join(library.KINDS)}.")] = None,
    json_: Json = False,
) -> None:
    """List the library's entries of a kind (without one: how many there are of each)."""
    if kind is None:
        counts = {k: len(library.names(k)) for k in library.KINDS}
        print(json.dumps(counts) if json_ else columns(["kind", "entries"], [[k, str(n)] for k, n in counts.items()]))
        return
    entries = [library.find(kind, name) for name in library.names(kind)]
    if json_:
        print(
            json.dumps(
                [{"name": e.name, "title": e.title, "aliases": list(e.aliases), "file": e.file} for e in entries]
            )
        )
    elif entries:
        print(columns(["name", "title", "also called"], [[e.name, e.title, ", ".join(e.aliases)] for e in entries]))
    else:
        print(f"the library has no {kind} yet")


def show(
    name: Annotated[str, typer.Argument(help="Name or alias of an entry, KIND/NAME, or a TOML file.")],
    model: Annotated[bool, typer.Option("--model", help="For a trial: its modules; what will happen when.")] = False,
    equations: Annotated[bool, typer.Option("--equations", help="For a trial: every equation, as LaTeX.")] = False,
    json_: Json = False,
) -> None:
    """Show entries of the library with every number's source; of a trial also the model."""
    if model or equations:
        from livingdrug.model.describe import equations_latex
        from livingdrug.scenario import resolve

        built = resolve(name).model()
        found = equations_latex(built) if equations else {}
        if json_:
            print(json.dumps({"model": repr(built), "happens": timeline(name), "equations": found}))
        elif equations:
            print("\n".join(found.values()))
        else:
            print("\n".join([repr(built), "", "What will happen, and when", *(f"  {x}" for x in timeline(name))]))
        return
    entries = asked(name)
    print(json.dumps([as_dict(e) for e in entries]) if json_ else "\n\n".join(described(e) for e in entries))


def explain_(
    trial: Annotated[str, typer.Argument(metavar="TRIAL_OR_FILE", help="A library trial, or your own TOML file.")],
    path: Annotated[str, typer.Argument(help="As kinetics.growth, covariates.age or protocol.follow_up.")],
    arm: Annotated[str | None, typer.Option("--arm", help="In this arm.")] = None,
    set_: Sets = None,
    json_: Json = False,
) -> None:
    """Why has this number this value? Every layer that spoke, and where."""
    from livingdrug.scenario import explain, resolve

    resolved = resolve(trial, changes(set_))
    found = explain(resolved.arm(arm).resolved if arm is not None else resolved, path)
    print(json.dumps(found.as_dict(), default=str) if json_ else found)


def timeline(name: str) -> list[str]:
    """A trial's schedule, visits and care rules as sentences, in that order."""
    from livingdrug.care.rules import scheduled
    from livingdrug.trial import Trial

    trial = Trial(name)
    given = [scheduled(dose) for dose in trial.resolved.protocol.schedule]
    visits = [f"Visits for {what}: {clock.text}." for what, clock in trial.resolved.trial.visits.items()]
    return [*given, *visits, *trial.rules()]


def asked(name: str) -> list[LibraryFile]:
    """The entries that a word means: a file, KIND/NAME, or every entry of that name or alias."""
    kind, _, rest = name.partition("/")
    if rest and {kind, kind.rstrip("s") + "s"} & set(library.KINDS):
        return [library.find(kind, rest)]
    if name.endswith(".toml"):
        file = library.read(Path(name))
        if not file.table:
            raise ScenarioError(
                f"'{file.file}' says nothing", where=f"{file.file}:1", mend="start from a template: livingdrug new"
            )
        return [file]
    found = library.everywhere(name)
    if not found:
        known = sorted({n for k in library.KINDS for n in library.names(k)})
        raise ScenarioError(
            f"the library has nothing called '{name}'",
            allowed=known,
            given=name,
            mend="see livingdrug list, or livingdrug list KIND",
        )
    return found


def described(file: LibraryFile) -> str:
    """One entry as text: what it is, its words, its numbers with their sources, its published rows."""
    from livingdrug.spec.entry import entry
    from livingdrug.trial import beside

    said = entry(file)
    lines = [f"{file.title}  [{file.kind.removesuffix('s')} {file.name}, {file.file}]"]
    if file.aliases:
        lines.append(f"also called {', '.join(file.aliases)}")
    if about := " ".join(said.about.split()):
        lines.append(about)
    if said.words:
        lines += ["", *said.words]
    if said.numbers:
        marks = _marks(n.origin for n in said.numbers)
        head = ["number", "value", "kind", "between patients", "source"]
        cells = [
            [n.path, f"{in_words(n.value)} {n.unit}".strip(), n.kind, n.variability, marks.get(n.origin, n.origin)]
            for n in said.numbers
        ]
        lines += ["", columns(head, cells)]
        lines += ["", *(f"{mark} {origin}" for origin, mark in marks.items())] if marks else []
    if file.kind in beside.HOLDERS:
        lines += ["", beside.told(file)]
    if said.published:
        head = ["published", "value", "interval", "n", "fitted", "source"]
        rows = [[r.measure, r.value, r.interval, r.n, "yes" if r.fitted else "no", r.source] for r in said.published]
        lines += ["", columns(head, rows)]
    if file.sources:
        lines += ["", "Sources", *(f"  {key}: {source}" for key, source in file.sources.items())]
    return "\n".join(lines)


def _marks(origins: Iterable[str]) -> dict[str, str]:
    """Each origin that several numbers share -> the mark that stands for it in the table: [1], [2], ..."""
    shared = [origin for origin, many in Counter(origins).items() if many > 1 and len(origin) > SHORT]
    return {origin: f"[{i}]" for i, origin in enumerate(shared, 1)}


def as_dict(file: LibraryFile) -> dict[str, Any]:
    """What `show --json` prints of one entry."""
    from livingdrug.spec.entry import entry
    from livingdrug.trial import beside

    said = entry(file)
    return {
        "kind": file.kind.removesuffix("s"),
        "name": file.name,
        "title": file.title,
        "file": file.file,
        "aliases": list(file.aliases),
        "about": said.about,
        "numbers": [n.as_dict() for n in said.numbers],
        "published": list(said.rows),
        **({"trials_beside": list(beside.of(file))} if file.kind in beside.HOLDERS else {}),
        "sources": {k: str(s) for k, s in file.sources.items()},
    }
