"""`livingdrug sbml`: simulate files that others wrote."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livingdrug.cli.drawing import draw, drawable
from livingdrug.cli.folder import check, run_folder
from livingdrug.cli.terminal import Json, columns, dump, note, progress
from livingdrug.errors import ScenarioError
from livingdrug.files import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from livingdrug.sbml.table import Floats, Settings
    from livingdrug.sbml.virtual import Population

app = typer.Typer(
    no_args_is_help=True, help="SBML files: simulate one, scan over its values, or draw a population of patients."
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="An SBML file of any level.")]
Times = Annotated[str | None, typer.Option("--times", metavar="T0:T1:N", help="N equal steps from T0 to T1.")]
Suite = Annotated[Path | None, typer.Option("--settings", help="A settings file of the SBML test suite.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Another starting value; REACTION.NAME for a local parameter."),
]
Of = Annotated[
    list[str] | None, typer.Option("--of", metavar="NAME", help="A symbol to write (else species and what changes).")
]
Rtol = Annotated[float, typer.Option("--rtol", help="Relative tolerance.")]
Atol = Annotated[
    float | None, typer.Option("--atol", help="Absolute tolerance, in the file's units (1e-12; less for small starts).")
]
Csv = Annotated[Path | None, typer.Option("--csv", metavar="OUT", help="Write the table here (else it is printed).")]
Plot = Annotated[Path | None, typer.Option("--plot", metavar="OUT", help="Draw the courses to a PNG, SVG or PDF file.")]


@app.callback()
def sbml() -> None:
    """SBML files: simulate one, scan over its values, or draw a population of patients."""


@app.command()
def run(
    file: File,
    times: Times = None,
    settings: Suite = None,
    set_: Set = None,
    of: Of = None,
    rtol: Rtol = 1e-9,
    atol: Atol = None,
    csv: Csv = None,
    plot: Plot = None,
) -> None:
    """Simulate an SBML file and write its symbols over time; what is not supported is refused by name."""
    from livingdrug.sbml import draw as drawing
    from livingdrug.sbml import table
    from livingdrug.sbml.simulate import load

    drawable(plot, "--plot")
    wanted = _wanted(times, settings)
    values = table.assignments(set_ or [])
    loaded = load(file)
    course = loaded.run(
        wanted.times, values, tuple(of or wanted.variables), rtol, atol, wanted.amount, wanted.concentration
    )
    _tell(course.notes)
    if plot:
        draw(drawing.chart([({}, course)], file.name, loaded.called), plot)
    _written(course.columns, csv, printed=not plot)


@app.command()
def scan(
    file: File,
    over: Annotated[
        list[str], typer.Option("--over", metavar="NAME=A:B:N", help="Values to try: A:B:N, A:B:N:log, or V1,V2,...")
    ],
    times: Times = None,
    settings: Suite = None,
    set_: Set = None,
    of: Of = None,
    rtol: Rtol = 1e-9,
    atol: Atol = None,
    csv: Csv = None,
    plot: Plot = None,
) -> None:
    """Simulate an SBML file for every combination of values: one table, a row for every course and time."""
    import numpy as np

    from livingdrug.sbml import draw as drawing
    from livingdrug.sbml import table
    from livingdrug.sbml.simulate import load

    drawable(plot, "--plot")
    wanted, values = _wanted(times, settings), table.assignments(set_ or [])
    grid = {**{n: np.array([x]) for n, x in values.items()}, **table.values_over(over, values)}
    loaded = load(file)
    found = list(
        loaded.scan(
            grid,
            wanted.times,
            symbols=tuple(of or wanted.variables),
            rtol=rtol,
            atol=atol,
            amounts=wanted.amount,
            concentrations=wanted.concentration,
        )
    )
    _tell(found[0][1].notes)
    courses = [({n: x for n, x in chosen.items() if n not in values}, c) for chosen, c in found]
    if plot:
        draw(drawing.chart(courses, file.name, loaded.called), plot)
    columns = {f"--over {n}": np.repeat([v[n] for v, _ in courses], len(wanted.times)) for n in courses[0][0]}
    columns |= {n: np.concatenate([c[n] for _, c in courses]) for n in courses[0][1].columns}
    _written(columns, csv, printed=not plot)


@app.command()
def population(
    file: File,
    vary: Annotated[
        list[str],
        typer.Option(
            "--vary",
            metavar="NAME=LAW",
            help="How patients differ in a value: lognormal:SD (of the logarithm), normal:SD or uniform:LOW,HIGH.",
        ),
    ],
    patients: Annotated[int, typer.Option("--patients", help="How many virtual patients.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same patients.")] = 1,
    times: Times = "0:100:100",
    of: Of = None,
    rtol: Annotated[float, typer.Option("--rtol", help="Relative tolerance.")] = 1e-6,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Write table, patients, figure and JSON there.")
    ] = None,
    csv: Csv = None,
    plot: Plot = None,
    json_: Json = False,
) -> None:
    """Simulate many virtual patients of an SBML file on the compiled engine: percentiles by time.

    The first of them are run by libroadrunner, too; a course that is not certain is refused.
    """
    from livingdrug.sbml import draw as drawing
    from livingdrug.sbml import table
    from livingdrug.sbml.simulate import load
    from livingdrug.sbml.vary import variability
    from livingdrug.sbml.virtual import population as drawn

    drawable(plot, "--plot")
    if out:
        check(out, "population.json")
    when = table.grid(times or "").times
    laws = variability(vary)
    with progress(file.name, silent=json_):
        found = drawn(file, laws, patients, when, seed, tuple(of or ()), rtol)
    called = load(file).called
    failed = [f"{n:,} of {patients:,} patients left out: each {why}" for why, n in found.failed.items()]
    _tell((*found.notes, *failed))
    said = {
        "file": str(file),
        "patients": patients,
        "failed": found.failed,
        "seed": seed,
        "vary": {n: f"{x.kind}:{x.a:g}" + (f",{x.b:g}" if x.kind == "uniform" else "") for n, x in laws.items()},
        "checked": found.checked,
        "agreement": found.agreement,
        "notes": list(found.notes),
        "percentiles": {n: x.tolist() for n, x in found.table().items()},
    }
    if out:
        with run_folder(out, "population.json") as folder:
            table.write_csv(found.table(), folder / "percentiles.csv")
            table.write_csv(found.patients(), folder / "patients.csv")
            write_text(folder / "population.json", dump(said) + "\n")
            drawing.bands(found, file.name, called).save(folder / "percentiles.png")
        note(f"wrote {out}")
    if plot:
        draw(drawing.bands(found, file.name, called), plot)
    if csv:
        table.write_csv(found.table(), csv)
    if json_:
        print(dump(said))
    elif not (out or plot or csv):
        print(_percentiles(found))
        note(
            f"{found.checked} courses, the file's own among them, agree with libroadrunner to "
            f"{found.agreement:.0e} of each peak"
        )


def _percentiles(found: Population) -> str:
    """A few moments of the symbols that change, for people; the whole table is that of --csv."""
    import numpy as np

    from livingdrug.sbml.draw import MOST

    moving = [n for n, x in found.courses.items() if np.ptp(x) > 0] or list(found.courses)
    at = np.unique(np.linspace(0, len(found.times) - 1, 6).round().astype(int))
    rows = []
    for name in moving[:MOST]:
        p5, p50, p95 = found.percentiles(name, (5.0, 50.0, 95.0))
        rows += [[name if i == at[0] else "", *(f"{x[i]:.4g}" for x in (found.times, p5, p50, p95))] for i in at]
    left = len(moving) - MOST
    more = f"\n{left} more symbols change; --of NAME shows one, --csv writes all" if left > 0 else ""
    return columns(["symbol", "time", "5 %", "median", "95 %"], rows) + more


def _wanted(times: str | None, settings: Path | None) -> Settings:
    from livingdrug.sbml import table

    if (times is None) == (settings is None):
        raise ScenarioError(
            "say which times", where="livingdrug sbml", allowed="--times T0:T1:N or --settings FILE, one of them"
        )
    return table.settings(settings) if settings else table.grid(times or "")


def _written(columns: Mapping[str, Floats], csv: Path | None, *, printed: bool) -> None:
    from livingdrug.sbml import table

    if csv:
        table.write_csv(columns, csv)
    elif printed:
        print(table.as_csv(columns), end="")


def _tell(notes: tuple[str, ...]) -> None:
    for text in notes:
        note(f"note: {text}")
