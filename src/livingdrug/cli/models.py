"""`livingdrug models`: the published CAR-T models, each as its paper has it, behind one interface."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from livingdrug.cli.drawing import Out, draw, drawable
from livingdrug.cli.terminal import Json, changes, columns, dump, note
from livingdrug.files import write_text

if TYPE_CHECKING:
    from livingdrug.published.entry import Published
    from livingdrug.spec.published_model import Conditioning

app = typer.Typer(no_args_is_help=True, help="Published CAR-T models: list, show, run, compare.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="A published model; NAME:VARIANT for a variant.")]
DoseOption = Annotated[
    str | None, typer.Option("--dose", help='Cells given, as "2e8" or "3e6 cell/kg" (the paper\'s dose).')
]


@app.command(name="list")
def list_(json_: Json = False) -> None:
    """List the published models with their variants."""
    from livingdrug import library
    from livingdrug.spec import published_model

    entries = [library.find("models", n) for n in library.names("models")]
    said = {e.name: published_model.read(e) for e in entries}
    if json_:
        print(
            json.dumps(
                [{"name": n, "title": s.title, "variants": list(s.variants), "read": s.read} for n, s in said.items()]
            )
        )
    else:
        print(
            columns(
                ["name", "title", "variants"],
                [[n, s.title, ", ".join(s.variants)] for n, s in said.items()],
            )
        )


@app.command()
def show(
    name: Name,
    javascript: Annotated[
        Path | None, typer.Option("--javascript", help="Write the model as an ES module to this file.")
    ] = None,
    json_: Json = False,
) -> None:
    """One model: numbers with their sources, what can be given and seen, errata."""
    from livingdrug.published.entry import published

    model = published(name)
    if javascript:
        from livingdrug.engine.codegen.emit_javascript import write

        write_text(javascript, write(model.model, model.values, model.title), where="--javascript")
        print(f"wrote {javascript}", file=sys.stderr)
    said = as_dict(model)
    if json_:
        print(dump(said))
        return
    print(f"{said['title']}  [{said['name']}]\n{said['about']}\n")
    if model.read_once:
        print("Its numbers were read from the paper once only; nobody has compared a second reading.\n")
    print(
        columns(
            ["number", "value", "unit", "between patients", "source"],
            [
                [
                    p.removeprefix("therapy."),
                    f"{x.value:g}",
                    x.unit,
                    str(x.variability or ""),
                    f"{x.kind}: {', '.join(t for t in (x.source, x.where, x.why) if t)}",
                ]
                for p, x in model.parameters.items()
            ],
        )
    )
    print(f"\ndose: {said['dose']}\nconditioning: {said['conditioning']}\n")
    print(columns(["can be seen", "unit", "what"], [[n, o.unit, o.of] for n, o in model.observations.items()]))
    for title, rows in (("variants", said["variants"]), ("data", said["data"]), ("whole parameter sets", said["sets"])):
        if rows:
            print(f"{title}: {', '.join(rows)}")
    for e in model.errata:
        print(f"\nerratum: {e.what}\n  here:  {e.here}")
    print("\n" + "\n".join(f"[{k}] {s}" for k, s in said["sources"].items()))


@app.command()
def run(
    name: Name,
    dose: DoseOption = None,
    conditioning: Annotated[
        str | None, typer.Option("--conditioning", help="As the model understands it: see models show.")
    ] = None,
    days: Annotated[float | None, typer.Option("--days", help="How long (as the paper).")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change one number of the model.")
    ] = None,
    patients: Annotated[
        int | None, typer.Option("--patients", help="So many patients, by the published variability.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same patients, same random numbers.")] = 1,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write the course to this CSV file.")] = None,
    out: Out = None,
    json_: Json = False,
) -> None:
    """Run one model: what its paper states beside what it gives, and the course as a table or plot."""
    from livingdrug.published.course import run as simulate
    from livingdrug.published.entry import published
    from livingdrug.published.population import population

    drawable(out)
    model, many = published(name, changes(set_)), None
    if patients is None:
        found = simulate(model, dose=dose, conditioning=conditioning, days=days)
    else:
        many = population(model, patients, seed, dose=dose, conditioning=conditioning, days=days)
        found = many.run
    if csv:
        from livingdrug.sbml.table import write_csv

        one = len(found.names) == 1
        write_csv(
            {
                "time": found.times,
                **{
                    n if one else f"{n} of {who}": x[i]
                    for n, x in found.seen.items()
                    for i, who in enumerate(found.names)
                },
            },
            csv,
        )
    if out:
        draw(found.plot(), out)
    if json_:
        people = (
            {"patients": patients, "failed": many.failed, "cured": many.cured}
            if many
            else {"courses": list(found.names)}
        )
        print(
            dump(
                {
                    "model": found.published.label,
                    **people,
                    "measures": found.summary,
                    "remarks": found.remarks,
                }
            )
        )
        return
    print(f"{found.published.title}\n")
    print(
        columns(
            ["measure", "unit", "simulated", "published", "where, or range"],
            [
                [
                    r["measure"],
                    r["unit"],
                    _number(r["simulated"]),
                    _number(r["published"]) if "published" in r else "",
                    f"{r['source']}, {r['where']}" if "source" in r else _range(r),
                ]
                for r in found.summary
            ],
        )
    )
    for text in found.remarks:
        note(f"note: {text}")
    if many:
        gone = "" if many.cured is None else f"; the tumour died out in {many.cured:.1%}"
        print(f"\n{patients} patients, median and 5th to 95th percentile; {many.failed} could not be simulated{gone}")


@app.command()
def compare(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Two or more models, as NAME or NAME:VARIANT.")],
    of: Annotated[str | None, typer.Option("--of", help="blood, transgene, cells or tumour_left.")] = None,
    over: Annotated[
        str | None, typer.Option("--over", help="MODEL/DATA of the library, or a CSV file: day,value,low,high.")
    ] = None,
    relative: Annotated[bool, typer.Option("--relative", help="Each as a share of its own peak.")] = False,
    dose: DoseOption = None,
    days: Annotated[float | None, typer.Option("--days", help="How long.")] = None,
    leucocytes: Annotated[
        float, typer.Option("--leucocytes", help="Leucocytes per uL, to turn copies into cells.")
    ] = 4300.0,
    out: Out = None,
    json_: Json = False,
) -> None:
    """Lay several models over one data set: in a plot, and as distances from the data."""
    from livingdrug.published.compare import SETTLED
    from livingdrug.published.compare import compare as laid_over

    drawable(out)
    found = laid_over(names, of=of, over=over, relative=relative, days=days, leucocytes=leucocytes, dose=dose)
    if out:
        draw(found.plot(), out)
    rows = found.rows()
    if json_:
        print(
            dump(
                {
                    "of": found.of,
                    "relative": found.relative,
                    "data": found.data.title if found.data else None,
                    "peaks_from_day": SETTLED,
                    "models": rows,
                }
            )
        )
        return
    print(
        f"{found.of}{', as a share of its own peak' if found.relative else ''}"
        + (f"; data: {found.data.title}" if found.data else "")
        + "\n"
    )
    head = [
        "model",
        f"peak from day {SETTLED:g} on",
        "on day",
        "factor from data",
        "inside",
        "turned into this unit by",
    ]
    cells = [
        [
            r["model"],
            _number(r["peak"]),
            _number(r["peak_day"]),
            _number(10 ** r["distance"]) if "distance" in r else "",
            f"{r['inside']} of {r['points']}" if r.get("points") else "",
            r["observed_as"],
        ]
        for r in rows
    ]
    print(columns(*_filled(head, cells)))
    if found.data is None:
        print("\nTo see how far each is from measurements: --over MODEL/DATA, or a CSV file (day,value,low,high).")


def _filled(head: list[str], rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """A table without the columns that are empty in every row."""
    kept = [i for i in range(len(head)) if any(row[i] for row in rows)]
    return [head[i] for i in kept], [[row[i] for i in kept] for row in rows]


def as_dict(model: Published) -> dict[str, Any]:
    """What `models show --json` prints of one model."""
    return {
        "name": model.label,
        "title": model.title,
        "about": " ".join(model.said.about.split()),
        "variants": list(model.said.variants),
        "read": model.said.read,
        "parameters": {p: x.as_dict() for p, x in model.parameters.items()},
        "dose": _dose_words(model),
        "conditioning": _conditioning_words(model.said.conditioning),
        "observations": {n: {"unit": o.unit, "of": o.of} for n, o in model.observations.items()},
        "data": list(model.data),
        "sets": list(model.sets),
        "errata": [e.model_dump() for e in model.errata],
        "sources": {k: str(s) for k, s in model.sources.items()},
    }


def _dose_words(model: Published) -> str:
    usual = model.usual_dose
    if usual is None:
        return f"none: {model.said.dose.absent}"
    given = "; ".join(
        f"day {d.time:g}: {d.amount:g} {model.model.unit(d.into)} into {d.into.partition('.')[2]}"
        for d in model.doses()
    )
    return f"{usual.value:g} {usual.unit} ({usual.source}, {usual.where})" + (f"; {given}" if given else "")


def _conditioning_words(said: Conditioning) -> str:
    return f"none: {said.absent}" if said.absent is not None else f"{said.says} [{said.unit}]"


def _range(row: dict[str, Any]) -> str:
    return f"{_number(row['low'])} to {_number(row['high'])}" if row["low"] != row["high"] else ""


def _number(x: float) -> str:
    return f"{x:.4g}" if math.isfinite(x) else "–"
