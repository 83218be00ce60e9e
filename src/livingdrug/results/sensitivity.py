"""Which numbers move which measure: indices with their intervals, stage by stage."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.results.comparison import columns, number
from livingdrug.results.written import plain, written
from livingdrug.tabular import wrapped

if TYPE_CHECKING:
    import pandas as pd

TOP = 10  # numbers shown of each measure
LITTLE = 0.01  # of the largest index of a measure: what moves it less is not shown
MEANS = {
    "morris": "mu*: by how much the measure moves, on average, while the number goes through its range "
    "(mean absolute elementary effect)",
    "sobol": "total index: the share of the measure's variance, over all ranges, in which the number has a part, alone "
    "or together with others; first: alone",
}


@dataclass(frozen=True)
class Index:
    """How much one number (or group) moves one measure: mu* [of the measure's unit] of Morris, or the total index of
    Sobol beside the first-order one; each with its 95 % bootstrap interval."""

    measure: str
    name: str
    value: float
    low: float
    high: float
    first: float = math.nan
    first_low: float = math.nan
    first_high: float = math.nan


@dataclass(frozen=True)
class Input:
    """What is varied, from low to high [unit]; basis: why so far; group: the mechanism it belongs to."""

    name: str
    unit: str
    value: float
    low: float
    high: float
    basis: str
    group: str


@dataclass(frozen=True)
class Measured:
    """A measure, and what it is in the scenario as it stands (own)."""

    name: str
    title: str
    unit: str
    own: float


@dataclass(frozen=True)
class Stage:
    """One method on some numbers (grouped: on mechanisms as a whole). failed: runs that could not be used, by reason;
    used: measure -> blocks read, of `samples`."""

    method: str
    grouped: bool
    moved: tuple[str, ...]
    samples: int
    runs: int
    indices: tuple[Index, ...]
    used: Mapping[str, int]
    failed: Mapping[str, int]

    @property
    def told(self) -> str:
        """One line: what was looked at, with how many runs, and what failed."""
        what = f"{len(self.moved)} {'mechanisms, each as a whole' if self.grouped else 'numbers'}"
        way = f"{self.samples} {'trajectories' if self.method == 'morris' else 'base samples'}"
        lost = sum(self.failed.values())
        said = f"{self.method.capitalize()}, {what}: {way}, {self.runs:,} runs"
        if lost:
            said += f", of which {lost:,} failed ({'; '.join(f'{n:,}: {why}' for why, n in self.failed.items())})"
        return said


@dataclass(frozen=True)
class Sensitivity:
    """The answer. stages: in order, the last one is what is shown; inputs: all that were varied in any; patient_years
    [year] simulated in all; fixed: numbers without a range, and why; asked: runs that were asked for up front."""

    title: str
    arm: str
    patients: int
    seed: int
    measures: tuple[Measured, ...]
    inputs: tuple[Input, ...]
    fixed: Mapping[str, str]
    stages: tuple[Stage, ...]
    patient_years: float
    notes: tuple[str, ...]
    provenance: Mapping[str, Any] = field(repr=False)
    files: Mapping[str, str] = field(repr=False)
    drawn: Callable[[Sensitivity], Any] = field(repr=False)
    page: Callable[[Sensitivity, Path], Any] = field(repr=False)

    @property
    def last(self) -> Stage:
        """What is shown."""
        return self.stages[-1]

    def top(self, measure: str) -> tuple[Index, ...]:
        """What moves a measure most, the most first; without what moves it a hundredth as much."""
        found = sorted((i for i in self.last.indices if i.measure == measure), key=lambda i: -i.value)
        return tuple(i for i in found if i.value > max(LITTLE * found[0].value, 1e-12))[:TOP]

    @property
    def shown(self) -> tuple[Measured, ...]:
        """The measures that anything moves."""
        return tuple(m for m in self.measures if self.top(m.name))

    @property
    def about(self) -> str:
        """What the figures are."""
        what = "mechanism" if self.last.grouped else "number"
        unmoved = [m.title for m in self.measures if m.name in self.last.used and not self.top(m.name)]
        rest = f" Nothing of this moves: {'; '.join(unmoved)}." if unmoved else ""
        return (
            f"{MEANS[self.last.method]}. In brackets: SALib's 95 % bootstrap interval. At most {TOP} for each measure, "
            f"without a {what} that moves it less than a hundredth as much as the first.{rest}"
        )

    @property
    def work(self) -> str:
        """What was simulated."""
        runs = sum(s.runs for s in self.stages)
        return (
            f"{runs:,} runs of the same {self.patients:,} patients with the same random numbers: "
            f"{self.patient_years:,.0f} patient-years. " + ". ".join(s.told for s in self.stages) + "."
        )

    @property
    def bases(self) -> str:
        """Over which ranges."""
        count: dict[str, int] = {}
        for i in self.inputs:
            count[i.basis] = count.get(i.basis, 0) + 1
        said = "; ".join(f"{n} by {basis}" for basis, n in sorted(count.items(), key=lambda x: -x[1])[:8])
        return (
            f"Ranges of the {len(self.inputs)} numbers varied: {said}. Each is varied by itself: what ties them "
            "together in a fit's ensemble is left out. The factors are our choice, not knowledge; sensitivity.csv has "
            "every range."
        )

    def frame(self) -> pd.DataFrame:
        """One row for each stage, measure and number: the index, the blocks used, and where the number was varied."""
        import pandas as pd

        known, titled = {i.name: i for i in self.inputs}, {m.name: m for m in self.measures}
        rows = []
        for number_, stage in enumerate(self.stages, start=1):
            for i in stage.indices:
                own = known.get(i.name)
                place = [own.unit, own.value, own.low, own.high, own.basis] if own else ["", *[math.nan] * 3, ""]
                m = titled[i.measure]
                told = [stage.method, stage.grouped, m.name, m.title, m.unit, m.own, i.name]
                ends = [i.value, i.low, i.high, i.first, i.first_low, i.first_high]
                rows.append([number_, *told, *ends, stage.used[m.name], *place])
        head = "stage method grouped measure title measure_unit own number index low high first first_low first_high"
        return pd.DataFrame(rows, columns=[*head.split(), *"blocks unit value from to basis".split()])

    def json(self) -> dict[str, Any]:
        """The object that `sensitivity --json` prints; what is not a finite number is null."""
        head = {"title": self.title, "arm": self.arm, "seed": self.seed, "patients": self.patients}
        work = {"runs": sum(s.runs for s in self.stages), "patient_years": self.patient_years}
        told: dict[str, Any] = plain(
            {
                **head,
                **work,
                "notes": list(self.notes),
                "measures": [{**asdict(m), "top": [asdict(i) for i in self.top(m.name)]} for m in self.measures],
                "numbers": [asdict(i) for i in self.inputs],
                "fixed": dict(self.fixed),
                "stages": [asdict(s) for s in self.stages],
            }
        )
        return told

    def plot(self) -> Any:
        """What moves each measure most: a `livingdrug.plot.Chart`."""
        return self.drawn(self)

    def save(self, folder: str | Path) -> Path:
        """Write sensitivity.csv, .parquet, .json, .html and .svg, and the scenario; gives the folder."""
        with written(folder, "sensitivity") as into:
            into.texts(self.files)
            into.json({"sensitivity.json": self.json(), "provenance.json": dict(self.provenance)})
            frame = self.frame()
            frame.to_csv(into.place / "sensitivity.csv", index=False)
            frame.to_parquet(into.place / "sensitivity.parquet", index=False)
            self.page(self, into.place)
        return Path(folder)

    def cells(self) -> list[tuple[str, ...]]:
        """The head and the rows of what moves each measure most."""
        sobol = self.last.method == "sobol"
        head = ("measure", "mechanism" if self.last.grouped else "number", "varied from", "to")
        rows: list[tuple[str, ...]] = [
            (*head, *(("total index (95 %)", "first (95 %)") if sobol else ("mu* (95 %)", "")))
        ]
        known = {i.name: i for i in self.inputs}
        for m in self.shown:
            for place, i in enumerate(self.top(m.name)):
                own = known.get(i.name)
                ends = (number(own.low), f"{number(own.high)} {own.unit}".removesuffix(" 1")) if own else ("", "")
                unit = "" if sobol or m.unit == "1" else f" {m.unit}"
                told = (lambda x: f"{x:.2f}") if sobol else number
                index = f"{told(i.value)}{unit} ({told(i.low)} to {told(i.high)})"
                first = f"{told(i.first)} ({told(i.first_low)} to {told(i.first_high)})" if sobol else ""
                rows.append(("" if place else f"{m.title}: {_of(m)}", i.name, *ends, index, first))
        return rows if sobol else [row[:-1] for row in rows]

    def __repr__(self) -> str:
        table = columns(self.cells()) if self.shown else "Nothing moves any of these measures."
        return "\n\n".join([self.title, table, *(wrapped(x) for x in (self.about, self.work, self.bases))])

    def _repr_html_(self) -> str:
        head, *body = (tuple(html.escape(x) for x in row) for row in self.cells())
        line = "".join(f"<th>{x}</th>" for x in head)
        rows = "".join("<tr>" + "".join(f"<td>{x}</td>" for x in row) + "</tr>" for row in body)
        under = "".join(f"<p>{html.escape(x)}</p>" for x in (self.about, self.work, self.bases))
        return f'<table class="sensitivity"><thead><tr>{line}</tr></thead><tbody>{rows}</tbody></table>{under}'


def _of(m: Measured) -> str:
    return f"{number(m.own)} {m.unit}".removesuffix(" 1")
