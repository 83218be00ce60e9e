"""`livingdrug plot`, `vpc`: a saved run looked at closer."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livingdrug.cli.drawing import Out, draw, drawable
from livingdrug.cli.terminal import Json, columns, dump, note, progress
from livingdrug.tabular import room

if TYPE_CHECKING:
    from livingdrug.results.result import Result

Run = Annotated[str, typer.Argument(metavar="RUN", help="A folder that `livingdrug run` wrote.")]
Arm = Annotated[str | None, typer.Option("--arm", help="An arm by name (the first).")]


def plot(
    run: Run,
    patient: Annotated[int, typer.Option("--patient", help="Number of an infused patient, as in patients.parquet.")],
    arm: Arm = None,
    out: Out = None,
    json_: Json = False,
) -> None:
    """One patient of a run with the care given: doses and events, and with --out the courses and grades over time."""
    drawable(out)
    result = _loaded(run)
    with progress(result.title, silent=json_):
        one = result.plot(patient, arm)
    if out:
        draw(one, out)
    if json_:
        rows = [{"day": day, "what": what, "amount": much} for day, what, much in one.rows]
        print(dump({"patient": patient, "title": one.title, "rows": rows}))
        return
    print(f"{one.title}\n")
    print(columns(["day", "what", "amount"], [[f"{day:g}", what, much] for day, what, much in one.rows]))


def vpc(
    run: Run,
    quantity: Annotated[
        str, typer.Argument(metavar="QUANTITY", help="Its path, as in courses.parquet; any of the model.")
    ],
    data: Annotated[Path | None, typer.Option("--data", help="Observed values: a CSV file with ID, TIME, DV.")] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Unit of DV (the column UNIT, or the quantity's).")] = None,
    time_unit: Annotated[str, typer.Option("--time-unit", help="Unit of TIME.")] = "day",
    arm: Arm = None,
    patients: Annotated[int | None, typer.Option("--patients", help="How many are simulated again.")] = None,
    out: Out = None,
    json_: Json = False,
) -> None:
    """A visual predictive check: percentiles with their 95 % intervals in simulated trials, beside observed ones."""
    drawable(out)
    result = _loaded(run)
    with progress(result.title, silent=json_):
        found = result.vpc(quantity, data=data, arm=arm, unit=unit, time_unit=time_unit, patients=patients)
    if out:
        draw(found, out)
    if json_:
        limit = found.percentiles.limit
        said = {
            "quantity": quantity,
            "unit": found.unit,
            "limit": limit,
            "rows": found.rows,
            "notes": list(found.notes),
        }
        print(dump(said))
    else:
        print(found.text(room()))


def _loaded(run: str) -> Result:
    """The saved run; what it warns of is a note."""
    from livingdrug.trial.saved import load

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        result = load(run)
    for said in caught:
        note(f"note: {said.message}")
    return result
