"""The result of a virtual trial: patients, events, courses and the table beside the published results, for each arm."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from livingdrug.errors import ScenarioError, named
from livingdrug.results.arms import Arms
from livingdrug.results.columns import Columns
from livingdrug.results.comparison import Comparison
from livingdrug.results.courses import Courses
from livingdrug.results.grades import Grades
from livingdrug.results.written import Written, written

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

TABLES = ("individual", "doses", "observations", "toxicity")  # tables beside the patients', with rows of each patient


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
    time: NDArray[np.float64] = field(repr=False)
    event: NDArray[np.bool_] = field(repr=False)
    what: Any = field(repr=False)
    start: NDArray[np.float64] = field(repr=False)


@dataclass(frozen=True)
class ArmResult:
    """One arm. columns: name -> array over all enrolled patients; timed, measured: the endpoints and the prepared
    measures, by name, of patients with such columns; courses; beside the published; notes: what a reader should know
    of what was asked; dictionary: table -> column -> (unit, meaning); tables: name (TABLES) -> rows beside those of the
    patients' table; grades: how many patients stood at each grade of each scale; plausible: the patients' table, of
    some of them, with each plausible set of values.
    """

    name: str
    title: str
    columns: Columns = field(repr=False)
    timed: Callable[[Mapping[str, Any]], Mapping[str, TimeToEvent]] = field(repr=False)
    measured: Callable[[Mapping[str, Any]], Mapping[str, Any]] = field(repr=False)
    courses: Courses = field(repr=False)
    comparison: Comparison = field(repr=False)
    notes: tuple[str, ...] = ()
    dictionary: Mapping[str, Mapping[str, tuple[str, str]]] = field(default_factory=dict, repr=False)
    tables: Mapping[str, Columns] = field(default_factory=dict, repr=False)
    grades: Grades = field(default_factory=lambda: Grades.empty(np.zeros(0), {}), repr=False)
    plausible: tuple[Columns, ...] = field(default=(), repr=False)

    @property
    def endpoints(self) -> Mapping[str, TimeToEvent]:
        """The endpoints of all patients, by name."""
        return self.timed(self.columns)

    def patients(self) -> Iterator[pd.DataFrame]:
        """What `Result.patients` tells of this arm, a part of the patients at a time."""
        import pandas as pd

        for part in self.columns.parts():
            yield pd.DataFrame({"arm": self.name, **part})

    def in_sets(self) -> Iterator[pd.DataFrame]:
        """What `Result.plausible` tells of this arm, a set and a part of the patients at a time."""
        import pandas as pd

        for number, table in enumerate(self.plausible, start=1):
            for part in table.parts():
                yield pd.DataFrame({"arm": self.name, "set": number, **part})

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

    def rows(self, table: str) -> Iterator[pd.DataFrame]:
        """What a table of TABLES tells of this arm, some rows at a time; its columns, where it has no rows."""
        import pandas as pd

        found = self.tables.get(table)
        if found is None:  # a run that an earlier version saved
            yield pd.DataFrame(columns=list(self.dictionary.get(table, {})), dtype=object)
            return
        for part in found.parts():
            yield pd.DataFrame({"arm": self.name, **part})
        if not found.size:
            yield pd.DataFrame({"arm": np.zeros(0, object), **found})

    def samples(self) -> pd.DataFrame:
        """The courses and grades of the first patients, one row for each patient and time."""
        courses = self.courses.sample_frame()
        if courses.empty or not self.grades.samples:
            return courses
        import pandas as pd

        graded = pd.concat(
            pd.DataFrame({"patient": who, "day": self.grades.times, **dict(zip(self.grades.names, x.T, strict=True))})
            for who, x in self.grades.samples.items()
        )
        return courses.merge(graded, on=["patient", "day"], how="left")

    @property
    def counts(self) -> dict[str, int]:
        """Enrolled, infused, and failed in the computer (kept as rows with their code)."""
        infused = self.columns["infused"] > 0
        return {
            "enrolled": len(infused),
            "infused": int(infused.sum()),
            "failed": int((self.columns["failed"] == 1).sum()),
        }

    @property
    def lost(self) -> dict[str, int]:
        """Those enrolled and not infused, by the reason as the patients' table has it, the commonest first."""
        found = {word: n for word, n in self.columns.texts("status").counts().items() if word != "infused"}
        return dict(sorted(found.items(), key=lambda x: (-x[1], x[0])))


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
    compared: Callable[[Result], Arms] = field(repr=False)  # works out the differences between the arms
    judged: Callable[[Any], Any] | None = field(default=None, repr=False)  # whether the model is applicable
    report: Callable[[Result, Path], Any] | None = field(default=None, repr=False)  # writes report.html into a folder
    view: Callable[..., Any] | None = field(default=None, repr=False)  # looks closer: (what, this result, ...)
    exporter: Callable[[Result, str, str | Path], Path] | None = field(default=None, repr=False)  # as `export`

    def arm(self, name: str | None = None) -> ArmResult:
        """One arm by name; the first when none is named. ScenarioError with the nearest name for one that is none."""
        if name is None:
            return next(iter(self.arms.values()))
        return named("arm", name, self.arms)

    @cached_property
    def courses(self) -> xr.Dataset:
        """The courses of every arm as an xarray Dataset: each quantity by its path, with dims arm, time [day] and
        quantile, and each graded state ("penn.grade") as the share of patients, with dims arm, time and grade. Units
        are in the attributes. (`arm().courses` holds the counts behind them.)
        """
        from livingdrug.results.dataset import dataset

        return dataset(self)

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
    def plausible(self) -> pd.DataFrame:
        """The patients' table with each plausible set of values, numbered from 1; empty of a run without any."""
        import pandas as pd

        parts = [part for arm in self.arms.values() for part in arm.in_sets()]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

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
    def individual(self) -> pd.DataFrame:
        """One row for each infused patient and arm: every number of the model that differs between patients."""
        return self._table("individual")

    @property
    def doses(self) -> pd.DataFrame:
        """One row for each dose that a patient was given: arm, patient, day, what, amount, unit, and who ordered it."""
        return self._table("doses")

    @property
    def observations(self) -> pd.DataFrame:
        """One row for each sample as the assay reports it: arm, patient, day, value, unit; below the limit, missing."""
        return self._table("observations")

    @property
    def toxicity(self) -> pd.DataFrame:
        """One row for each patient and scale with a grade: first and last graded day, highest grade."""
        return self._table("toxicity")

    @property
    def grades(self) -> pd.DataFrame:
        """One row for each arm, scale, day and grade: how many of the patients followed stood there; their share."""
        import pandas as pd

        return pd.concat((_of(arm.name, arm.grades.frame()) for arm in self.arms.values()), ignore_index=True)

    def _table(self, name: str) -> pd.DataFrame:
        import pandas as pd

        return pd.concat((part for arm in self.arms.values() for part in arm.rows(name)), ignore_index=True)

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
            if self._has(table, column)
        }
        rows = [(*key, *meaning) for key, meaning in found.items()]
        return pd.DataFrame(rows, columns=["table", "column", "unit", "meaning"])

    def _has(self, table: str, column: str) -> bool:
        """Whether this run has such a table with such a column."""
        if table == "arms" and len(self.arms) < 2:
            return False
        of_sets = table == "plausible" or (table == "arms" and column.startswith(("values_", "both_")))
        return not of_sets or any(arm.plausible for arm in self.arms.values())

    def plot(self, patient: int, arm: str | None = None) -> Any:
        """One infused patient by number, with the care given: cells, tumour, cytokines, temperature, grade over time.

        What comes back shows itself in a notebook; `.save(path)` writes a PNG, SVG or PDF file; `.rows`: doses and
        events as (day, what, how much); `.journey`: the whole way from collection to year two in one picture and in
        plain words, with a `.save(path)` of its own. The patient is simulated again: the same one, bit for bit.
        ScenarioError when the patient was not infused.

        >>> [(what, much) for day, what, much in result.plot(patient=3).rows if day == 0]
        [('Infusion', '1.9×10⁸ cells')]
        """
        return self._view("patient", patient=patient, arm=arm)

    def flow(self) -> Any:
        """The flow of participants of each arm, as CONSORT asks for it: enrolled, collected, product ready, infused,
        evaluated, alive when last seen, and between them who left and why. It shows itself in a notebook; `.save(path)`
        writes a PNG, SVG or PDF file; `.table` has the same numbers.

        >>> result.flow().table.rows[0]
        ('Enrolled', '60 (100.0 %)')
        """
        return self._view("flow")

    def vpc(
        self,
        quantity: str,
        data: Any = None,
        arm: str | None = None,
        unit: str | None = None,
        time_unit: str = "day",
        limit: float | None = None,
        patients: int | None = None,
        seed: int | None = None,
    ) -> Any:
        """A visual predictive check of a quantity, by its path: percentiles 5, 50 and 95 with their 95 % intervals in
        trials of the size of the data, over the observed ones.

        data: a CSV file or DataFrame with ID, TIME and DV (docs/trials.md); without it, what a trial of the published
        size would show. unit, time_unit: of the data; limit [unit of the quantity], below which an assay measures
        nothing; patients: to simulate (1,000 to 2,000 otherwise). What comes back has `.table`, `.chart` and
        `.save(path)`.

        >>> check = result.vpc("assay.qpcr.copies", patients=20)
        >>> list(check.table.columns)
        ['day', 'n', 'percentile', 'observed', 'simulated', 'low', 'high']
        """
        return self._view(
            "vpc",
            quantity=quantity,
            data=data,
            arm=arm,
            unit=unit,
            time_unit=time_unit,
            limit=limit,
            patients=patients,
            seed=seed,
        )

    def _view(self, what: str, **asked: Any) -> Any:
        if self.view is None:
            raise ScenarioError(
                "this result cannot be looked at closer: it was made without its trial",
                mend="run the trial, or load a saved run",
            )
        return self.view(what, self, **asked)

    def beside_published(self, arm: str | None = None) -> Comparison:
        """The table of every measure beside the published one; of the first arm when none is named.

        >>> row = result.beside_published()["crs_any"]
        >>> row.unit, row.value, row.n is not None
        ('%', 77.0, True)
        """
        return self.arm(arm).comparison

    def between_arms(self) -> Arms:
        """Every measure arm by arm, in the same patients, and its difference from the first arm: with its Monte-Carlo
        interval, and the prediction interval of a randomised trial of the published size. Empty where there is one arm.
        """
        return self._between_arms

    @cached_property
    def _between_arms(self) -> Arms:
        return self.compared(self)

    @cached_property
    def applicability(self) -> Any:
        """Whether the model is applicable to what was asked: inside calibrated ground, extrapolating, or silent;
        printed, with what that rests on. None of a result made without its trial.

        >>> result.applicability.word
        'inside calibrated ground'
        """
        return self.judged(self.resolved) if self.judged else None

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
            "lost": first.lost,
            "wall_s": round(self.wall_s, 3),
            "patients_per_s": round(followed / self.wall_s, 1) if self.wall_s > 0 else None,
            "measures": first.comparison.to_dicts(),
            **first.comparison.counts(),
            "notes": list(self.notes),
        }
        if self.applicability:
            shown["applicability"] = self.applicability.json()
        shown |= {key: self.provenance[key] for key in ("plausible", "selection") if key in self.provenance}
        if len(self.arms) > 1:
            shown["arms"] = {
                a.name: {"patients": a.counts, "lost": a.lost, "measures": a.comparison.to_dicts()}
                for a in self.arms.values()
            }
            shown["between_arms"] = self.between_arms().json()
        return shown

    def save(self, folder: str | Path, report: bool = True) -> Path:
        """Write scenario.toml, resolved.json, provenance.json, tables as Parquet and report.html; gives the folder.

        report: whether the report is written too, which takes as long as all the rest.
        """
        with written(folder, "run") as into:
            self._write(into)
            into.ended(self.provenance)
            if report and self.report:
                self.report(self, into.place)
        return Path(folder)

    def export(self, to: str, folder: str | Path) -> Path:
        """Write the tables for other programs into a folder, which is made; gives the folder.

        to: csv (every table), adam (CDISC's analysis datasets as CSV), xpt (the same for SAS), nonmem (event rows), or
        xarray (the courses as netCDF). ScenarioError for another word; EngineError where a library is missing.
        """
        assert self.exporter is not None
        return self.exporter(self, to, folder)

    def _write(self, into: Written) -> None:
        import pandas as pd

        file, said = into.file, self.dictionary
        into.texts(self.scenario_files(self.resolved))
        into.json(
            {
                "resolved.json": self.resolved.as_dict(),
                "measures.json": self.json(),
                "columns.json": said.to_dict("records"),
            }
        )
        means = {t: {r.column: (r.unit, r.meaning) for r in rows.itertuples()} for t, rows in said.groupby("table")}
        _parquet(file("patients.parquet"), self.alike(ArmResult.patients), means["patients"])
        _parquet(file("events.parquet"), self._events(), means["events"])
        if any(arm.plausible for arm in self.arms.values()):
            _parquet(file("plausible.parquet"), self.alike(ArmResult.in_sets), means["plausible"])
        for name in TABLES:
            _parquet(file(f"{name}.parquet"), self.alike(partial(ArmResult.rows, table=name)), means[name])
        tables: dict[str, Callable[[ArmResult], pd.DataFrame]] = {
            "courses": lambda a: a.courses.frame(),
            "samples": ArmResult.samples,
            "grades": lambda a: a.grades.frame(),
        }
        counts = (_of(a.name, part) for a in self.arms.values() for part in a.courses.histograms())
        _parquet(file("histograms.parquet"), counts, means["histograms"])
        for name, frame in tables.items():
            parts = [_of(a.name, frame(a)) for a in self.arms.values()]
            _parquet(file(f"{name}.parquet"), [pd.concat(parts, ignore_index=True)], means[name])
        if len(self.arms) > 1:
            _parquet(file("arms.parquet"), [self.between_arms().frame()], means["arms"])

    def alike(self, parts: Callable[[ArmResult], Iterator[pd.DataFrame]]) -> Iterator[pd.DataFrame]:
        """A table in parts, arm after arm, all with the columns of every arm; missing where an arm has none."""
        arms = self.arms.values()
        names = list(dict.fromkeys(name for arm in arms for name in next(parts(arm)))) if len(arms) > 1 else None
        for arm in arms:
            for part in parts(arm):
                yield part if names is None or list(part.columns) == names else part.reindex(columns=names)

    def __repr__(self) -> str:
        lines = [self.title]
        for arm in self.arms.values():
            c = arm.counts
            lines.append(f"  {arm.name}: {c['enrolled']} enrolled, {c['infused']} infused, {c['failed']} failed")
            lines += [f"    {many} {words}" for words, many in arm.lost.items()]
            lines.append(f"    {arm.comparison.summary()}")
        return "\n".join([*lines, f"  {self.wall_s:.1f} s, seed {self.seed}"])

    def _repr_html_(self) -> str:
        import html

        between = self.between_arms()._repr_html_() if len(self.arms) > 1 else ""
        return f"<p>{html.escape(self.title)}</p>" + self.arm().comparison._repr_html_() + between


def _of(arm: str, table: pd.DataFrame) -> pd.DataFrame:
    """A table with the arm's name in front."""
    table.insert(0, "arm", arm)
    return table


def _filled(parts: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """The parts that have rows, as one without rows does not tell the type of its texts; the first where none has."""
    empty, some = None, False
    for part in parts:
        some = some or len(part) > 0
        if len(part):
            yield part
        elif empty is None:
            empty = part
    if not some and empty is not None:
        yield empty


def _parquet(path: Path, parts: Iterable[pd.DataFrame], means: Mapping[str, tuple[str, str]]) -> None:
    """Write a table that comes in parts, all with the same columns; unit and meaning go into each field's metadata."""
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    tables = (pyarrow.Table.from_pandas(part, preserve_index=False) for part in _filled(parts))
    first = next(tables)
    fields = [
        f.with_metadata({"unit": means[f.name][0], "meaning": means[f.name][1]}) if f.name in means else f
        for f in first.schema
    ]
    schema = pyarrow.schema(fields, first.schema.metadata)
    with ParquetWriter(path, schema, write_page_checksum=True) as file:
        file.write_table(first.cast(schema))
        for table in tables:
            file.write_table(table.cast(schema))
