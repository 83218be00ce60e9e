"""The result of a virtual trial: patients, events, courses and the table beside the published results, for each arm."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import ScenarioError, unknown
from livingdrug.results.arms import Arms
from livingdrug.results.columns import Columns
from livingdrug.results.comparison import Comparison
from livingdrug.results.courses import Courses

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


ENOUGH = 1000  # patients from which the simulated cohort's own chance is small beside that of a published trial


@dataclass(frozen=True)
class TimeToEvent:
    """An endpoint in each patient: time (n,) [day], nan outside; event (n,); what (n,): the event or censoring;
    start (n,) [day] from infusion.

    >>> survival = result.arm().endpoints["OS"]
    >>> survival.time.shape, survival.event.dtype
    ((60,), dtype('bool'))
    """

    name: str
    title: str
    time: NDArray[np.float64]
    event: NDArray[np.bool_]
    what: Any
    start: NDArray[np.float64]


@dataclass(frozen=True)
class ArmResult:
    """One arm. columns: name -> array over all enrolled patients; timed: the endpoints, by name, of patients with such
    columns; courses; beside the published; notes: what a reader should know of what was asked;
    dictionary: table -> column -> (unit, meaning); definitions: measure -> how it is defined.
    """

    name: str
    title: str
    columns: Columns = field(repr=False)
    timed: Callable[[Mapping[str, Any]], Mapping[str, TimeToEvent]] = field(repr=False)
    courses: Courses = field(repr=False)
    comparison: Comparison = field(repr=False)
    notes: tuple[str, ...] = ()
    dictionary: Mapping[str, Mapping[str, tuple[str, str]]] = field(default_factory=dict, repr=False)
    definitions: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def endpoints(self) -> Mapping[str, TimeToEvent]:
        """The endpoints of all patients, by name."""
        return self.timed(self.columns)

    def patients(self) -> Iterator[pd.DataFrame]:
        """What `Result.patients` tells of this arm, a part of the patients at a time."""
        import pandas as pd

        for part in self.columns.parts():
            yield pd.DataFrame({"arm": self.name, **part})

    def events(self) -> Iterator[pd.DataFrame]:
        """What `Result.events` tells of this arm, a part of the patients at a time."""
        import pandas as pd

        def seen(days: NDArray[np.float64], event: Any, endpoint: Any = "", time: Any = np.nan) -> pd.DataFrame:
            known = np.isfinite(days)
            event, endpoint, time = (x[known] if np.ndim(x) else x for x in (event, endpoint, time))
            told = {"patient": part["patient"][known], "day": days[known], "event": event, "endpoint": endpoint}
            return pd.DataFrame({"arm": self.name, **told, "days_from_start": time})

        for part in self.columns.parts():
            days = [name for name in part if name.endswith("_day")]
            found = [seen(part[name], name[:-4].replace("_", " ")) for name in days]
            for end in self.timed(part).values():
                which = np.where(end.event, end.name, end.name + " (censored)")
                found.append(seen(end.start + end.time, end.what, which, end.time))
            yield pd.concat(found, ignore_index=True).sort_values(["patient", "day"], kind="stable", ignore_index=True)

    @property
    def counts(self) -> dict[str, int]:
        """Enrolled, infused, and failed in the computer (kept as rows with their code)."""
        infused = self.columns["infused"] > 0
        return {
            "enrolled": len(infused),
            "infused": int(infused.sum()),
            "failed": int((self.columns["failed"] == 1).sum()),
        }


@dataclass(frozen=True)
class Result:
    """What a run leaves. resolved: the scenario that was run; provenance: versions, seed, hash, wall time.

    arms: by name, in the scenario's order; wall_s [s]. It can be pickled, and printed: a line for each arm.

    >>> len(result.arms)
    1
    >>> result.arm().counts
    {'enrolled': 60, 'infused': ..., 'failed': 0}
    """

    trial: str
    title: str
    product: str
    seed: int
    arms: Mapping[str, ArmResult]
    wall_s: float
    resolved: Any = field(repr=False)
    provenance: Mapping[str, Any] = field(repr=False)
    scenario_files: Callable[[Any], Mapping[str, str]] = field(repr=False)  # of the resolved scenario, as saved
    report: Callable[[Result, Path], Any] | None = field(default=None, repr=False)  # writes report.html into a folder

    def arm(self, name: str | None = None) -> ArmResult:
        """One arm by name; the first when none is named. ScenarioError with the nearest name for one that is none."""
        if name is None:
            return next(iter(self.arms.values()))
        if name not in self.arms:
            raise unknown("arm", name, self.arms)
        return self.arms[name]

    @property
    def courses(self) -> Courses:
        """The courses of the first arm."""
        return self.arm().courses

    @property
    def patients(self) -> pd.DataFrame:
        """One row for each patient and arm; times [day] from infusion, inf when something never happened.

        nan where it cannot be known (of who was not infused). `dictionary` has unit and meaning of every column.

        >>> infused = result.patients.query("infused == 1")
        >>> infused[["dose", "cmax", "tmax"]].shape[1]
        3
        """
        import pandas as pd

        return pd.concat((p for arm in self.arms.values() for p in arm.patients()), ignore_index=True)

    @property
    def events(self) -> pd.DataFrame:
        """One row for each event of each patient: arm, patient, day, event; and each endpoint's event or censoring.

        day: from infusion, in every row; days_from_start: from the endpoint's own start, missing where no endpoint.
        """
        import pandas as pd

        return pd.concat(self._events(), ignore_index=True)

    def _events(self) -> Iterator[pd.DataFrame]:
        for name in sorted(self.arms):
            yield from self.arms[name].events()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of what was asked, in any arm: parts that were filled in, visits left out."""
        return tuple(dict.fromkeys(note for arm in self.arms.values() for note in arm.notes))

    @property
    def few(self) -> str:
        """That the patients are few, in words; "" when they are enough."""
        size = min((arm.counts["enrolled"] for arm in self.arms.values()), default=ENOUGH)
        if size >= ENOUGH:
            return ""
        return f"{size:,} virtual patients: chance alone can turn a verdict; use {ENOUGH:,} or more"

    @property
    def dictionary(self) -> pd.DataFrame:
        """Every column of the tables: table, column, unit ("" where it has none), meaning.

        >>> meaning = result.dictionary.set_index(["table", "column"])
        >>> meaning.loc[("patients", "tmax"), "unit"]
        'day'
        """
        import pandas as pd

        found = {
            (table, column): meaning
            for arm in self.arms.values()
            for table, columns in arm.dictionary.items()
            for column, meaning in columns.items()
        }
        rows = [(*key, *meaning) for key, meaning in found.items()]
        return pd.DataFrame(rows, columns=["table", "column", "unit", "meaning"])

    def xarray(self) -> xr.Dataset:
        """The courses as an xarray Dataset: dims arm, day, quantile; each quantity by its path, unit in attributes."""
        import xarray as xr

        arms = list(self.arms.values())
        courses = [a.courses for a in arms]
        shown = {name for c in courses for name in c.names}
        percents = (5.0, 25.0, 50.0, 75.0, 95.0)
        days = np.unique(np.concatenate([c.times for c in courses]))

        def values(name: str) -> NDArray[np.float64]:
            found = np.full((len(arms), len(days), len(percents)), np.nan)
            for i, c in enumerate(courses):
                if name in c.names:
                    found[i, np.searchsorted(days, c.times)] = c.bands(name, percents).T
            return found

        about = {n: m for a in arms for n, m in a.dictionary.get("samples", {}).items()}
        data = {
            name: (("arm", "day", "quantile"), values(name), {"units": about[name][0], "long_name": about[name][1]})
            for name in sorted(shown)
        }
        coords = {"arm": list(self.arms), "day": days, "quantile": [p / 100 for p in percents]}
        return xr.Dataset(data, coords, {"title": self.title, "note": "Simulated patients. Not medical advice."})

    def beside_published(self, arm: str | None = None) -> Comparison:
        """The table of every measure beside the published one; of the first arm when none is named.

        >>> row = result.beside_published()["crs_any"]
        >>> row.unit, row.value, row.n is not None
        ('%', 77.0, True)
        """
        return self.arm(arm).comparison

    def between_arms(self) -> Arms:
        """The table of every simulated measure, arm by arm, with common random numbers; what the arms define
        differently is named, and not set side by side."""
        first, *others = (a.comparison.rows for a in self.arms.values())
        found = [{r.measure: r.whole for r in rows} for rows in others]
        said = [a.definitions for a in self.arms.values()]
        rows, apart = {}, {}
        for r in first:
            if len({d[r.measure] for d in said if r.measure in d}) > 1:
                apart[r.measure] = r.title
            elif not math.isnan(r.whole):
                values = (r.whole, *(x.get(r.measure, math.nan) for x in found))
                rows[r.measure] = (r.measure, r.title, r.unit, values)
        return Arms(tuple(a.title for a in self.arms.values()), tuple(rows.values()), tuple(apart.values()))

    def json(self) -> dict[str, Any]:
        """The object that `run --json` prints; further arms stand under `arms`."""
        first = self.arm()
        counts = first.counts
        followed = sum(a.counts["infused"] for a in self.arms.values())
        shown: dict[str, Any] = {
            "trial": self.trial,
            "product": self.product,
            "seed": self.seed,
            "patients": counts,
            "wall_s": round(self.wall_s, 3),
            "patients_per_s": round(followed / self.wall_s, 1) if self.wall_s > 0 else None,
            "measures": first.comparison.to_dicts(),
            **first.comparison.counts(),
            "notes": list(self.notes),
        }
        if len(self.arms) > 1:
            shown["arms"] = {
                a.name: {"patients": a.counts, "measures": a.comparison.to_dicts()} for a in self.arms.values()
            }
        return shown

    def save(self, folder: str | Path) -> Path:
        """Write scenario.toml, resolved.json, provenance.json, tables as Parquet and report.html; gives the folder."""
        place = Path(folder)
        try:
            place.mkdir(parents=True, exist_ok=True)
            self._write(place)
        except OSError as problem:
            raise ScenarioError(
                f"the run cannot be written: {problem.strerror or problem}",
                where=str(folder),
                mend="choose another folder",
            ) from None
        return place

    def _write(self, place: Path) -> None:
        import pandas as pd

        def as_json(name: str, data: Any) -> None:
            (place / name).write_text(
                json.dumps(data, indent=1, ensure_ascii=False, default=str) + "\n", encoding="utf-8"
            )

        for name, text in self.scenario_files(self.resolved).items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text, encoding="utf-8")
        as_json("resolved.json", self.resolved.as_dict())
        as_json("provenance.json", dict(self.provenance))
        as_json("measures.json", self.json())
        said = self.dictionary
        as_json("columns.json", said.to_dict("records"))
        means = {t: {r.column: (r.unit, r.meaning) for r in rows.itertuples()} for t, rows in said.groupby("table")}
        patients = (p for arm in self.arms.values() for p in arm.patients())
        _parquet(place / "patients.parquet", patients, means["patients"])
        _parquet(place / "events.parquet", self._events(), means["events"])
        tables = {
            "courses": Courses.frame,
            "samples": Courses.sample_frame,
            "histograms": Courses.histograms,
        }
        for name, frame in tables.items():
            parts = [frame(a.courses).assign(arm=a.name) for a in self.arms.values()]
            _parquet(place / f"{name}.parquet", [pd.concat(parts, ignore_index=True)], means[name])
        if self.report:
            self.report(self, place)

    def __repr__(self) -> str:
        lines = [self.title]
        for arm in self.arms.values():
            c = arm.counts
            lines.append(f"  {arm.name}: {c['enrolled']} enrolled, {c['infused']} infused, {c['failed']} failed")
            lines.append(f"    {arm.comparison.summary()}")
        return "\n".join([*lines, f"  {self.wall_s:.1f} s, seed {self.seed}"])

    def _repr_html_(self) -> str:
        import html

        between = self.between_arms()._repr_html_() if len(self.arms) > 1 else ""
        return f"<p>{html.escape(self.title)}</p>" + self.arm().comparison._repr_html_() + between


def _parquet(path: Path, parts: Iterable[pd.DataFrame], means: Mapping[str, tuple[str, str]]) -> None:
    """Write a table that comes in parts, all with the same columns; unit and meaning go into each field's metadata."""
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    tables = (pyarrow.Table.from_pandas(part, preserve_index=False) for part in parts)
    first = next(tables)
    fields = [
        f.with_metadata({"unit": means[f.name][0], "meaning": means[f.name][1]}) if f.name in means else f
        for f in first.schema
    ]
    schema = pyarrow.schema(fields, first.schema.metadata)
    with ParquetWriter(path, schema) as file:
        file.write_table(first.cast(schema))
        for table in tables:
            file.write_table(table.cast(schema))
