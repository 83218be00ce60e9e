"""`livingdrug agents`: a tumour cell by cell, with CAR-T among its cells."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livingdrug.cli.drawing import Out, draw, drawable
from livingdrug.cli.terminal import Json, changes, columns, dump, progress
from livingdrug.files import write_text

if TYPE_CHECKING:
    from livingdrug.agents.course import Course
    from livingdrug.agents.numbers import Given

app = typer.Typer(no_args_is_help=True, help="A tumour cell by cell: agents in three dimensions.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="A model of agents; NAME:VARIANT for another plan of doses.")]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change one number of the model.")]


@app.command(name="list")
def list_(json_: Json = False) -> None:
    """List the models of agents with their variants."""
    from livingdrug.agents import numbers

    found = {name: numbers.given(name) for name in numbers.names()}
    variants = {name: list(g.shells.said.variants) for name, g in found.items()}
    if json_:
        print(json.dumps([{"name": n, "title": g.title, "variants": variants[n]} for n, g in found.items()]))
        return
    print(columns(["name", "title", "variants"], [[n, g.title, ", ".join(variants[n])] for n, g in found.items()]))


@app.command()
def show(name: Name = "organoid", set_: Sets = None, json_: Json = False) -> None:
    """One model: its doses, and every number with its source."""
    from livingdrug.agents.numbers import given

    model = given(name, changes(set_))
    if json_:
        print(dump(as_dict(model)))
        return
    print(f"{model.title}  [{model.name}]\n{' '.join(model.about.split())}\n")
    print(
        columns(
            ["number", "value", "unit", "source"],
            [
                [p, f"{x.value:g}", x.unit, f"{x.kind}: {', '.join(t for t in (x.source, x.where, x.why) if t)}"]
                for p, x in model.parameters.items()
            ],
        )
    )
    print(f"\ndoses: {_doses(model)}\n")
    print("\n".join(f"[{k}] {s}" for k, s in model.sources.items()))


@app.command()
def run(
    name: Name = "organoid",
    days: Annotated[float | None, typer.Option("--days", help="How long, up to 120 (as the model).")] = None,
    dose: Annotated[str | None, typer.Option("--dose", help="CAR-T given, as 991 (the model's own).")] = None,
    as_published: Annotated[
        bool,
        typer.Option("--as-published", help="With the habits of the published codes: how CAR-T move, oxygen in steps."),
    ] = False,
    set_: Sets = None,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same cells, whatever the number of threads.")] = 1,
    threads: Annotated[int, typer.Option("--threads", help="Threads that share the cells.")] = 1,
    cells: Annotated[int, typer.Option("--cells", help="Stop with an error beyond so many cells.")] = 200_000,
    every: Annotated[float, typer.Option("--every", help="Days between two rows of the table.")] = 0.5,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the course to this CSV file.")] = None,
    film: Annotated[
        Path | None, typer.Option("--film", help="A slice over time: .gif for a film, .png for a sheet.")
    ] = None,
    view: Annotated[
        Path | None, typer.Option("--view", help="All cells at four moments, for the page that turns them (JSON).")
    ] = None,
    report: Annotated[Path | None, typer.Option("--report", help="Write the report to this HTML file.")] = None,
    out: Out = None,
    json_: Json = False,
) -> None:
    """Run one model: counts, radius and oxygen over time, as a table, plot, report, film or 3-D view."""
    from livingdrug.agents.numbers import AS_PUBLISHED, given

    drawable(out)
    _foldered(csv, "--csv")
    _foldered(view, "--view")
    _paged(report)
    pictures = view_moments(film, view, report)
    changed = changes(set_)
    model = given(name, {**(AS_PUBLISHED if as_published else {}), **changed})
    from livingdrug.agents.course import follow

    with progress(model.title, json_) as told:
        course = follow(model, days, dose, seed, threads, every, pictures, cells, told)
    written(course, csv, film, view)
    if out:
        draw(course.plot(), out)
    if report:
        from livingdrug.cli.agents_report import page

        write_text(report, page(course, *table(course), _doses(model, dose), changed, as_published), where="--report")
        print(f"wrote {report}", file=sys.stderr)
    if json_:
        print(dump(said(course)))
        return
    print(f"{model.title}  [{model.name}]\ndoses: {_doses(model, dose)}\n")
    print(columns(*table(course)))


def view_moments(film: Path | None, view: Path | None, report: Path | None = None) -> int:
    """How many pictures are needed; errors of a film that cannot be written come first."""
    from livingdrug.agents.film import FRAMES, possible

    possible(film)
    wanted = [FRAMES[film.suffix.lower()] if film else 0, 4 if view else 0, FRAMES[".png"] if report else 0]
    return wanted[0] or max(wanted)


def written(course: Course, csv: Path | None, film: Path | None, view: Path | None) -> None:
    """Writes what was asked for, and says so."""
    if csv:
        from livingdrug.sbml.table import write_csv

        write_csv(course.table, csv)
        print(f"wrote {csv}", file=sys.stderr)
    if film:
        from livingdrug.agents.film import write

        write(course, film)
        print(f"wrote {film}", file=sys.stderr)
    if view:
        from livingdrug.agents.view import write as write_view

        write_view(course, view)
        print(f"wrote {view}", file=sys.stderr)


def table(course: Course) -> tuple[list[str], list[list[str]]]:
    """Head and rows of what is printed: at most a dozen moments."""
    names = ["day", "tumour", "alive", "car_t", "bound", "radius", "oxygen", "mean_antigen"]
    many = len(course.table["day"])
    rows = sorted({round(i * (many - 1) / 11) for i in range(12)} if many > 12 else range(many))
    digits = {"day": ".4g", "radius": ".0f", "oxygen": ".1f", "mean_antigen": ".2f"}
    return names, [[format(float(course.table[n][i]), digits.get(n, ",.0f")) for n in names] for i in rows]


def said(course: Course) -> dict[str, Any]:
    """What `agents run --json` prints."""
    from livingdrug.agents.course import COLUMNS

    return {
        "model": course.given.name,
        "seed": course.seed,
        "units": {n: unit for n, (unit, _) in COLUMNS.items()},
        "of": {n: words for n, (_, words) in COLUMNS.items()},
        "course": {n: x.tolist() for n, x in course.table.items()},
        "by_depth": [
            {
                "day": s.day,
                "distance_um": s.middles.tolist(),
                "tumour_per_mm3": s.tumour.tolist(),
                "car_t_per_mm3": s.car_t.tolist(),
                "oxygen_mmHg": s.oxygen.tolist(),
            }
            for s in course.shells
        ],
    }


def as_dict(model: Given) -> dict[str, Any]:
    """What `agents show --json` prints."""
    return {
        "name": model.name,
        "title": model.title,
        "about": " ".join(model.about.split()),
        "parameters": {p: x.as_dict() for p, x in model.parameters.items()},
        "doses": [d._asdict() for d in model.doses()],
        "sources": {k: str(s) for k, s in model.sources.items()},
    }


def _doses(model: Given, dose: str | None = None) -> str:
    return "; ".join(f"day {d.day:g}: {d.cells:,} CAR-T" for d in model.doses(dose)) or "none"


def _foldered(path: Path | None, where: str) -> None:
    from livingdrug.errors import ScenarioError

    if path is not None and not path.absolute().parent.is_dir():
        raise ScenarioError(f"there is no folder '{path.absolute().parent}'", where=where, mend="make it first")


def _paged(path: Path | None) -> None:
    from livingdrug.errors import ScenarioError

    if path is not None and path.suffix.lower() not in (".html", ".htm"):
        raise ScenarioError(f"a report cannot be written to '{path}'", where="--report", allowed=".html")
    _foldered(path, "--report")
