"""`livingdrug list`, `show`, `explain`, `new`: what the library knows, why a number has its value, and a new entry."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from livingdrug import library
from livingdrug.cli.terminal import Json, Sets, changes, columns
from livingdrug.errors import ScenarioError
from livingdrug.library import LibraryFile
from livingdrug.parameters import Variability, in_words, is_parameter

SHORT = 30  # characters of an origin that may be repeated on every line
_APART = ("title", "about", "aliases", "sources")


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
    entries = _asked(name)
    print(json.dumps([_as_dict(e) for e in entries]) if json_ else "\n\n".join(described(e) for e in entries))


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


def _asked(name: str) -> list[LibraryFile]:
    """The entries that a word means: a file, KIND/NAME, or every entry of that name or alias."""
    kind, _, rest = name.partition("/")
    if rest and {kind, kind.rstrip("s") + "s"} & set(library.KINDS):
        return [library.find(kind, rest)]
    if name.endswith(".toml"):
        entry = library.read(Path(name))
        if not entry.data:
            raise ScenarioError(
                f"'{entry.file}' says nothing", where=f"{entry.file}:1", mend="start from a template: livingdrug new"
            )
        return [entry]
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


def described(entry: LibraryFile) -> str:
    """One entry as text: what it is, its words, its numbers with their sources, its published rows."""
    lines = [f"{entry.title}  [{entry.kind.removesuffix('s')} {entry.name}, {entry.file}]"]
    if entry.aliases:
        lines.append(f"also called {', '.join(entry.aliases)}")
    if about := str(entry.data.get("about", "")).strip():
        lines.append(" ".join(about.split()))
    numbers = list(_numbers(entry))
    words = [line for key, value in entry.data.items() if key not in _APART for line in _words(value, key)]
    if words:
        lines += ["", *words]
    if numbers:
        marks = _marks(map(_origin, numbers))
        head = ["number", "value", "kind", "between patients", "source"]
        cells = [
            [n["path"], f"{in_words(n['value'])} {n['unit']}".strip(), n["kind"], n["variability"], _origin(n)]
            for n in numbers
        ]
        lines += ["", columns(head, [[*row[:-1], marks.get(row[-1], row[-1])] for row in cells])]
        lines += ["", *(f"{mark} {origin}" for origin, mark in marks.items())] if marks else []
    if rows := [r for r in entry.data.get("published", []) if isinstance(r, Mapping)]:
        lines += [
            "",
            columns(
                ["published", "value", "interval", "n", "fitted", "source"],
                [
                    [
                        str(r.get("measure", "")),
                        f"{in_words(r.get('value', ''))} {r.get('unit', '')}".strip(),
                        f"{in_words(r['low'])} to {in_words(r['high'])}" if "low" in r and "high" in r else "",
                        str(r.get("n", "")),
                        "yes" if r.get("fitted") else "no",
                        str(r.get("source", "")),
                    ]
                    for r in rows
                ],
            ),
        ]
    if entry.sources:
        lines += ["", "Sources", *(f"  {key}: {source}" for key, source in entry.sources.items())]
    return "\n".join(lines)


def _marks(origins: Iterable[str]) -> dict[str, str]:
    """Each origin that several numbers share -> the mark that stands for it in the table: [1], [2], ..."""
    shared = [origin for origin, many in Counter(origins).items() if many > 1 and len(origin) > SHORT]
    return {origin: f"[{i}]" for i, origin in enumerate(shared, 1)}


def _numbers(entry: LibraryFile) -> Iterator[dict[str, Any]]:
    """Every number of an entry with its origin (a covariate counts as one)."""

    def walk(data: Any, path: str) -> Iterator[dict[str, Any]]:
        if is_parameter(data) or (isinstance(data, Mapping) and _distribution(data) and "unit" in data):
            variability = data.get("variability", data.get("spread"))
            varies = str(Variability.read(variability, entry.where(path))) if variability else _distribution(data)
            yield {
                "path": path,
                "value": data.get("value", ""),
                "unit": str(data.get("unit", "")),
                "kind": str(data.get("kind", "")),
                "variability": varies,
                "source": str(data.get("source", "")),
                "where": str(data.get("where", "")),
                "why": str(data.get("why", "")),
                "line": entry.line(path),
            }
        elif isinstance(data, Mapping):
            for key, value in data.items():
                yield from walk(value, f"{path}.{key}" if path else key)

    yield from walk({k: x for k, x in entry.data.items() if k != "sources"}, "")


def _distribution(data: Mapping[str, Any]) -> str:
    """The distribution of a property of the patients; empty where there is none."""
    return str(data.get("distribution", data.get("law", "")))


def _words(value: Any, path: str) -> Iterator[str]:
    """The words of an entry that are not numbers, one line each; rules and rows as their main words."""
    if is_parameter(value) or path == "published" or (isinstance(value, Mapping) and _distribution(value)):
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _words(inner, f"{path}.{key}")
    elif isinstance(value, list) and value and all(isinstance(x, Mapping) for x in value):
        for row in value:
            head = row.get("name", row.get("measure", ""))
            inside = ", ".join(
                f"{k} {in_words(x)}"
                for k, x in row.items()
                if k not in ("name", "measure", "why", "source", "where", "kind")
            )
            yield f"{path}: {head}: {inside}{_cited(row)}" if head else f"{path}: {inside}{_cited(row)}"
    else:
        yield f"{path}: {in_words(value)}"


def _origin(number: Mapping[str, Any]) -> str:
    return "; ".join(str(number[k]) for k in ("source", "where", "why") if number.get(k))


def _cited(row: Mapping[str, Any]) -> str:
    return f"  [{_origin(row)}]" if _origin(row) else ""


def _as_dict(entry: LibraryFile) -> dict[str, Any]:
    numbers = [{k: x for k, x in n.items() if x not in ("", None)} for n in _numbers(entry)]
    return {
        "kind": entry.kind.removesuffix("s"),
        "name": entry.name,
        "title": entry.title,
        "file": entry.file,
        "aliases": list(entry.aliases),
        "about": entry.data.get("about", ""),
        "numbers": numbers,
        "published": list(entry.data.get("published", [])),
        "sources": {k: str(s) for k, s in entry.sources.items()},
    }
