"""`livingdrug plot`, `vpc`: a saved run looked at closer."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livingdrug.cli.drawing import Out, draw, drawable
from livingdrug.cli.terminal import Json, columns, dump, note, progress
from livingdrug.errors import ScenarioError
from livingdrug.tabular import room

if TYPE_CHECKING:
    from livingdrug.results.result import Result

Run = Annotated[str, typer.Argument(metavar="RUN", help="A folder that `livingdrug run` wrote.")]
Arm = Annotated[str | None, typer.Option("--arm", help="An arm by name (the first).")]


def plot(
    run: Run,
    patient: Annotated[
        int | None, typer.Option("--patient", help="Number of an infused patient, as in patients.parquet.")
    ] = None,
    journey: Annotated[
        bool, typer.Option("--journey", help="Draw the whole journey of that patient in plain words.")
    ] = False,
    arm: Arm = None,
    out: Out = None,
    json_: Json = False,
) -> None:
    """A run, or with --patient one of its patients, as a figure.

    Of a run: the flow of participants in each arm, as CONSORT asks for it. Of a patient: doses, events, courses and
    grades; with --journey the whole way in one picture, from collection to year two.
    """
    drawable(out)
    if patient is None and (journey or arm is not None):
        raise ScenarioError(f"{'--journey' if journey else '--arm'} is of one patient", mend="say which: --patient 3")
    result = _loaded(run)
    with progress(result.title, silent=json_):
        one = result.flow() if patient is None else result.plot(patient, arm)
        one = one.journey if journey else one
    if out:
        draw(one, out)
    if patient is None or journey:
        head, rows = list(one.table.head), [list(row) for row in one.table.rows]
        found = {"title": one.title, "rows": [dict(zip(head, row, strict=True)) for row in rows]}
    else:
        head, rows = ["day", "what", "amount"], [[f"{day:g}", what, much] for day, what, much in one.rows]
        found = {"title": one.title, "rows": [dict(zip(head, row, strict=True)) for row in one.rows]}
    if json_:
        print(dump({"patient": patient, **found} if patient is not None else found))
        return
    print(f"{one.title}\n")
    print(columns(head, rows))


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
