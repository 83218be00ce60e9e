"""Several published models over one data set, in one unit: what each says, and how far it is from what was seen.

Copies per microgram and cells per microlitre are made comparable by the qPCR assay of the library, at a constant
leucocyte count; models that count cells in the body are divided by the volume they state themselves.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug import biology, library
from livingdrug.errors import ScenarioError, unknown
from livingdrug.parameters import read_parameter
from livingdrug.published.course import Run, limits, run
from livingdrug.published.entry import Published, published
from livingdrug.spec.numbers import Mechanism
from livingdrug.spec.published_model import COMPARED
from livingdrug.spec.typed import of_file
from livingdrug.units import factor

if TYPE_CHECKING:
    from livingdrug.plot import Chart

Floats = NDArray[np.float64]
TITLES = {
    "blood": "CAR-T in blood [cells/µL]",
    "transgene": "CAR-T in blood [copies/µg DNA]",
    "cells": "CAR-T in the body [cells]",
    "tumour_left": "tumour, share of that at infusion",
}
LEUCOCYTES = 4300.0  # [cell/uL], median on day 7 in 205 patients: Amidi 2022, doi:10.1136/jitc-2022-005459
SETTLED = 2.0  # [day] peaks are looked for from here on: a bolus is no expansion


@dataclass(frozen=True)
class Data:
    """Observations laid under the models: rows of (day, value, low, high), low and high nan where none is known."""

    title: str
    of: str
    rows: Floats


@dataclass(frozen=True)
class Line:
    """One model in the plot: values (courses, T); how its own observation was turned into this one ("": as it is)."""

    label: str
    days: Floats
    values: Floats
    how: str

    @property
    def median(self) -> Floats:
        """Median over the courses (T,)."""
        return np.median(self.values, axis=0)


@dataclass(frozen=True)
class Comparison:
    """Models over one data set."""

    of: str
    relative: bool
    lines: tuple[Line, ...]
    data: Data | None

    def rows(self) -> list[dict[str, Any]]:
        """One row a model: its peak once a bolus has settled, and how it lies to the data.

        distance: median |log10 of model / data|; inside: points within whose interval the model lies.
        """
        shown = []
        for line in self.lines:
            y = line.median
            top = int(np.argmax(np.where(line.days >= SETTLED, y, -np.inf)))
            row: dict[str, Any] = {
                "model": line.label,
                "peak": float(y[top]),
                "peak_day": float(line.days[top]),
                "observed_as": line.how,
            }
            if self.data is not None:
                at = np.interp(self.data.rows[:, 0], line.days, y)
                with np.errstate(divide="ignore"):
                    row["distance"] = float(np.median(np.abs(np.log10(np.maximum(at, 1e-300) / self.data.rows[:, 1]))))
                inside = (at >= self.data.rows[:, 2]) & (at <= self.data.rows[:, 3])
                row["inside"], row["points"] = int(inside.sum()), int(np.isfinite(self.data.rows[:, 2]).sum())
            shown.append(row)
        return shown

    def plot(self) -> Chart:
        """All models and the data in one panel."""
        return _plot(self)


def compare(
    names: Sequence[str],
    of: str | None = None,
    over: str | None = None,
    relative: bool = False,
    days: float | None = None,
    leucocytes: float = LEUCOCYTES,
    dose: str | None = None,
) -> Comparison:
    """Run several published models and lay them over one data set.

    of: what is looked at (COMPARED); over: MODEL/DATA of the library or a CSV file with columns day, value, low,
    high; relative: each as a share of its own peak; leucocytes [cell/uL]: for turning copies into cells.
    """
    if not names:
        raise ScenarioError("name at least one model", where="models compare", allowed="see livingdrug models list")
    data = _data(over, of) if over else None
    of = of or (data.of if data else _shared(names))
    if of not in COMPARED:
        raise unknown("observation", of, COMPARED, "--of")
    if not leucocytes > 0:
        raise ScenarioError(
            f"{leucocytes:g} leucocytes per uL are not possible", where="--leucocytes", allowed="more than 0"
        )
    end = days or (max(90.0, float(data.rows[:, 0].max()) * 1.1) if data else 180.0)
    lines = []
    for name in names:
        model = published(name)
        asked = dose if dose is not None and model.said.dose.absent is None else None
        lines.append(_line(run(model, dose=asked, days=end), of, leucocytes))
    if relative:
        lines = [Line(x.label, x.days, x.values / x.values.max(axis=1, keepdims=True), x.how) for x in lines]
        if data:
            data = Data(data.title, of, np.column_stack([data.rows[:, 0], data.rows[:, 1:] / data.rows[:, 1].max()]))
    return Comparison(of, relative, tuple(lines), data)


def _shared(names: Sequence[str]) -> str:
    """The first observation that every model offers as its own, else CAR-T in blood."""
    own = [set(published(n).observations) for n in names]
    return next((o for o in COMPARED if all(o in x for x in own)), "blood")


def _line(found: Run, of: str, leucocytes: float) -> Line:
    model = found.published
    if of in found.seen:
        by = factor(model.observations[of].unit, COMPARED[of])
        return Line(model.label, found.times, found.seen[of] * by, "")
    for own, turn in _turns(model, leucocytes).get(of, {}).items():
        if own in found.seen:
            by = factor(model.observations[own].unit, COMPARED[own]) if own in COMPARED else 1.0
            return Line(model.label, found.times, turn[0](found.seen[own] * by), turn[1])
    raise ScenarioError(
        f"{model.name} does not say what its '{of}' would be",
        where="--of",
        allowed=list(model.observations),
        mend="choose an observation that all share (tumour_left), or leave this model out",
    )


def _turns(model: Published, leucocytes: float) -> dict[str, dict[str, Any]]:
    """How an observation is turned into another: wanted -> own -> (function, words)."""
    genomes, copies = _qpcr("genomes"), _qpcr("vector_copies")
    full = genomes * copies
    words = f"qPCR with {leucocytes:,.0f} leucocytes/µL, {copies:g} copies a cell"
    turns: dict[str, dict[str, Any]] = {
        "blood": {"transgene": (lambda x: leucocytes * _share(x / full), words)},
        "transgene": {"blood": (lambda x: full * x / (x + leucocytes), words)},
        "cells": {},
    }
    if "blood_cells" in model.observations:
        by = factor(model.observations["blood_cells"].unit, "cell")
        turns["cells"]["blood_cells"] = (lambda x: x * by, "in blood only")
    if model.said.volume is not None:
        volume = model.values[model.said.volume] * factor(model.model.unit(model.said.volume), "uL")
        turns["cells"]["blood"] = (lambda x: x * volume, f"times {volume:g} µL, as the model counts")
    return turns


def _qpcr(name: str) -> float:
    """A number of the library's qPCR assay, in the unit of its equations."""
    entry, module = library.find("mechanisms", "qpcr"), biology.find("qpcr")
    path = f"{module.role}.{name}"
    said = of_file(Mechanism, entry).numbers[path]
    read = read_parameter(path, said, None, entry.sources, "mechanism", entry.file, entry.line(path))
    return read.in_unit(module.declared[name].unit).value


def _share(x: Floats) -> Floats:
    """CAR-T per other leucocyte, from the share of all DNA that is theirs."""
    x = np.minimum(x, 0.999)
    return x / (1.0 - x)


def _data(over: str, of: str | None) -> Data:
    if over.endswith(".csv"):
        return _csv(Path(over), of or "blood")
    name, _, key = over.partition("/")
    model = published(name)
    sets = model.data
    if not sets:
        raise ScenarioError(
            f"{model.name} came with no data",
            where="--over",
            allowed=[f"{n}/{k}" for n in library.names("models") for k in published(n).data],
        )
    if key and key not in sets:
        raise unknown(f"data of {model.name}", key, sets, "--over")
    given = sets[key or next(iter(sets))]
    if of not in (None, given.of):
        raise ScenarioError(
            f"the data are of '{given.of}', not of '{of}'", where="--over", mend=f"ask for --of {given.of}"
        )
    rows = np.array(given.rows, float)
    if given.of in COMPARED:
        rows[:, 1:] *= factor(given.unit, COMPARED[given.of])
    return Data(given.title, given.of, rows)


def _csv(path: Path, of: str) -> Data:
    if not path.is_file():
        raise ScenarioError(
            f"there is no file '{path}'", where="--over", allowed="a CSV file with columns day, value, low, high"
        )
    rows = []
    with path.open(newline="", encoding="utf-8-sig") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            try:
                rows.append(
                    [float(row["day"]), float(row["value"]), *(float(row.get(k) or "nan") for k in ("low", "high"))]
                )
            except (KeyError, TypeError, ValueError) as problem:
                raise ScenarioError(
                    "this row is not day, value, low, high",
                    where=f"{path}:{number}",
                    mend="give numbers; low and high may be empty",
                ) from problem
    if not rows or not np.all(np.asarray(rows)[:, 1] > 0):
        raise ScenarioError("the file has no rows, or values that are not above 0", where=str(path))
    return Data(path.stem, of, np.asarray(rows))


def _plot(found: Comparison) -> Chart:
    from livingdrug.plot import Published as Point
    from livingdrug.plot import ticks
    from livingdrug.plot.chart import Chart
    from livingdrug.plot.marks import DASHES, Band, Line, Mark, Panel
    from livingdrug.plot.published import laid_over
    from livingdrug.plot.style import SERIES

    points = np.ravel(found.data.rows[:, 1:]) if found.data else np.zeros(0)
    shown = np.concatenate([*(line.median for line in found.lines), points[np.isfinite(points)]])
    high = 2.0 * shown.max()
    smallest = points.min(initial=np.inf, where=np.isfinite(points)) / 3.0 if found.data else shown[shown > 0].min()
    low = min(max(smallest, high / 1e8), min(line.median.max() for line in found.lines) / 3.0)
    label = f"{TITLES[found.of]}" + (", share of own peak" if found.relative else "")
    y = ticks.decades(10 ** np.floor(np.log10(low)), 10 ** np.ceil(np.log10(high)), label=label)
    x = replace(ticks.days(0.0, float(found.lines[0].days[-1])), label="days")
    marks: list[Mark] = []
    for i, line in enumerate(found.lines):
        ink, dash = SERIES[i % len(SERIES)], DASHES[i % len(DASHES)]
        if len(line.values) > 1:
            ends = np.maximum(limits(line.values), y.low)
            marks.append(Band(line.days, ends[0], ends[1], ink, 0.12))
        median = np.where(line.median > 0, line.median, np.nan)
        marks.append(Line(line.days, median, ink, dash, name=line.label + (" *" if line.how else "")))
    if found.data:
        rows = [[None if np.isnan(v) else float(v) for v in row] for row in found.data.rows]
        marks += laid_over([Point(*row) for row in rows], x, name=found.data.title)  # type: ignore[arg-type]
    notes = sorted({line.how for line in found.lines if line.how})
    note = "* turned into this unit: " + "; ".join(notes) if notes else ""
    return Chart((Panel(x, y, tuple(marks), height=300.0),), note=note, alt=f"{label} over time, by model.")
