"""One number of a scenario at several values, in the same patients: every measure, and its difference from the
scenario as it stands."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livingdrug.errors import ScenarioError, named
from livingdrug.results.arms import Difference
from livingdrug.results.comparison import columns, number
from livingdrug.results.written import plain, written
from livingdrug.tabular import wrapped

if TYPE_CHECKING:
    import pandas as pd

MOST_SHOWN = 6  # measures in a table or plot, where none were named
WIDE_RANGE = 10.0  # greatest over least value from which a logarithmic axis is used


@dataclass(frozen=True)
class Response:
    """One measure at every value. predicted: 95 % prediction interval of the measure in a trial, at each value;
    points: the measure at each value, beside the scenario as it stands; own: the measure there; of: what is measured,
    which several measures may share (survival at 6 and at 12 months)."""

    measure: str
    title: str
    unit: str
    own: float
    predicted: tuple[tuple[float, float], ...]
    points: tuple[Difference, ...]
    of: str
    published: bool = False

    @property
    def clear(self) -> bool:
        """Whether it differs at some value, beyond the Monte-Carlo interval."""
        return any(p.difference_low > 0 or p.difference_high < 0 for p in self.points)


@dataclass(frozen=True)
class Sweep:
    """path: what was varied; values: its values [unit], texts: as they were asked for; own: the scenario's own value,
    nan where it is none; logarithmic: whether the values ask for such an axis; size: patients infused in the trial
    that prediction intervals are of."""

    title: str
    path: str
    unit: str
    values: tuple[float, ...]
    texts: tuple[str, ...]
    own: float
    logarithmic: bool
    patients: int
    seed: int
    size: int | None
    responses: tuple[Response, ...]
    named: bool
    arm: str
    notes: tuple[str, ...]
    provenance: Mapping[str, Any] = field(repr=False)
    files: Mapping[str, str] = field(repr=False)  # the scenario that was varied, as a saved run keeps it
    drawn: Callable[[Sweep], Any] = field(repr=False)
    page: Callable[[Sweep, Path], Any] = field(repr=False)

    def __getitem__(self, measure: str) -> Response:
        return named("measure", measure, {r.measure: r for r in self.responses})

    @property
    def shown(self) -> tuple[Response, ...]:
        """The measures of the table and the plot: those that were asked for; otherwise the first that change clearly,
        one for each thing measured, what was published before the others."""
        if self.named:
            return self.responses
        clear = sorted((r for r in self.responses if r.clear), key=lambda r: not r.published)
        first = {r.of: r for r in reversed(clear)}
        return tuple(r for r in clear if first[r.of] is r)[:MOST_SHOWN]

    @property
    def called(self) -> str:
        """What is varied, with its unit."""
        return self.path if self.unit in ("", "1") else f"{self.path} ({self.unit})"

    @property
    def about(self) -> str:
        """What the intervals are."""
        own = "the scenario as it stands" if math.isnan(self.own) else f"{number(self.own)}, the scenario's own value"
        return (
            f"In brackets: 95 % Monte-Carlo interval for {self.patients:,} virtual patients, the same at every value. "
            f"Differences are from {own}; x: ratio."
        )

    def frame(self) -> pd.DataFrame:
        """One row for each value and measure: path, value, unit, measure, title, measure_unit, own (the measure in the
        scenario as it stands), result, predicted_low, predicted_high, then the numbers of `Difference`."""
        import pandas as pd

        keys = [f.name for f in fields(Difference) if f.name != "value"]
        head = ["path", "value", "unit", "measure", "title", "measure_unit", "own", "result"]
        rows = [
            [self.path, x, self.unit, r.measure, r.title, r.unit, r.own, p.value, *ends, *(getattr(p, k) for k in keys)]
            for i, x in enumerate(self.values)
            for r in self.responses
            for p, ends in [(r.points[i], r.predicted[i])]
        ]
        return pd.DataFrame(rows, columns=[*head, "predicted_low", "predicted_high", *keys])

    def json(self) -> dict[str, Any]:
        """The object that `sweep --json` prints."""
        points = [
            {
                "value": x,
                "text": text,
                "measures": [
                    {
                        "measure": r.measure,
                        "title": r.title,
                        "unit": r.unit,
                        "own": plain(r.own),
                        "result": plain(r.points[i].value),
                        "predicted": [plain(end) for end in r.predicted[i]],
                        **{k: plain(v) for k, v in vars(r.points[i]).items() if k != "value"},
                    }
                    for r in self.responses
                ],
            }
            for i, (x, text) in enumerate(zip(self.values, self.texts))
        ]
        head = {"title": self.title, "path": self.path, "unit": self.unit, "own": plain(self.own), "arm": self.arm}
        asked = {"seed": self.seed, "patients": self.patients, "size": self.size, "notes": list(self.notes)}
        return {**head, **asked, "values": points}

    def plot(self) -> Any:
        """Every shown measure against the value: a `livingdrug.plot.Chart`."""
        if not self.shown:
            raise ScenarioError("no measure changes, so there is nothing to draw", mend="name measures to see them")
        return self.drawn(self)

    def save(self, folder: str | Path) -> Path:
        """Write sweep.csv, sweep.parquet, sweep.json, sweep.html and sweep.svg, and the scenario; gives the folder."""
        with written(folder, "sweep") as into:
            into.texts(self.files)
            into.json({"sweep.json": self.json(), "provenance.json": dict(self.provenance)})
            frame = self.frame()
            frame.replace([math.inf, -math.inf], math.nan).to_csv(into.place / "sweep.csv", index=False)
            frame.to_parquet(into.place / "sweep.parquet", index=False)
            self.page(self, into.place)
        return Path(folder)

    def cells(self) -> list[tuple[str, ...]]:
        """The head and the rows of the shown measures: measure, unit, value, result and difference with intervals."""
        rows: list[tuple[str, ...]] = [("measure", "unit", self.called, "result (95 %)", "difference (95 %)")]
        for r in self.shown:
            for i, (x, p) in enumerate(zip(self.values, r.points)):
                ends = "" if math.isnan(p.low) else f" ({number(p.low)} to {number(p.high)})"
                title, unit = (r.title, "" if r.unit == "1" else r.unit) if i == 0 else ("", "")
                rows.append((title, unit, number(x), number(p.value) + ends, "alike" if p.alike else p.told()))
        return rows

    @property
    def others(self) -> str:
        """One line on the measures that are not shown."""
        kept = {r.measure for r in self.shown}
        rest = [r for r in self.responses if r.measure not in kept]
        alike = sum(all(p.alike for p in r.points) for r in rest)
        if not rest:
            return ""
        return f"{len(rest)} further measures stand in sweep.csv, {alike} of them alike at every value."

    def __repr__(self) -> str:
        table = columns(self.cells()) if self.shown else "No measure changes clearly."
        said = [wrapped(x) for x in (self.about, self.others) if x]
        return "\n\n".join([self.title, table, *said])

    def _repr_html_(self) -> str:
        head, *body = (tuple(html.escape(x) for x in row) for row in self.cells())
        line = "".join(f"<th>{x}</th>" for x in head)
        rows = "".join("<tr>" + "".join(f"<td>{x}</td>" for x in row) + "</tr>" for row in body)
        under = "".join(f"<p>{html.escape(x)}</p>" for x in (self.about, self.others) if x)
        return f'<table class="sweep"><thead><tr>{line}</tr></thead><tbody>{rows}</tbody></table>{under}'
