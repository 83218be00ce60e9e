"""The measures of a trial, each defined in its file: shares, medians, survival on a day, hazard ratios.

A measure is prepared once from the patients' columns and can then be read for all patients or for any resampled trials.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from livingdrug.care.compiler import Programs
from livingdrug.care.interpreter import perform
from livingdrug.care.schedule import DAYS, duration
from livingdrug.engine.plan import Floats, Ints
from livingdrug.errors import ScenarioError, unknown
from livingdrug.results.columns import Columns
from livingdrug.results.lazy import OnDemand
from livingdrug.trial.survival import hazard_ratio, median_time, survival_at

KINDS = ("share", "median", "geometric mean", "log-sd", "ratio", "survival", "survival median", "hazard ratio")


@dataclass(frozen=True)
class Measure:
    """A prepared measure. `read(places)` gives its value for the patients at these places (..., n) of its population.

    population: places in the table of those who may be drawn (infused, or all enrolled).
    """

    name: str
    title: str
    unit: str
    kind: str
    population: Ints
    read: Callable[[Ints], Floats]

    @property
    def value(self) -> float:
        """The value in all simulated patients."""
        return float(self.read(np.arange(len(self.population)))) if len(self.population) else float("nan")


class Table:
    """Columns of patients (n,) that measures, endpoints and plots ask by expressions ("crs_grade >= 3")."""

    def __init__(self, columns: Mapping[str, Any], units: Mapping[str, str] | None = None) -> None:
        kept = Columns.of(columns)
        self.size = kept.size
        self.columns = OnDemand((k for k in kept if kept.kind(k) in "fiub"), lambda k: np.asarray(kept[k], float))
        day = {k: "day" for k in self.columns if k.endswith("_day")}
        self.units = {
            **dict.fromkeys(self.columns),
            **day,
            **{k: u for k, u in (units or {}).items() if k in self.columns},
        }

    def of(self, text: Any, where: str | None = None, unit: str | None = None) -> Floats:
        """An expression over the columns, for every patient (n,)."""
        asked = Programs(self.units, {})
        program = asked.compile(text, unit, where)
        seen = np.column_stack([self.columns[p] for p in asked.used]) if asked.used else np.zeros((self.size, 0))
        return np.broadcast_to(np.asarray(perform(program, seen, None), float), self.size)

    def true(self, text: Any, where: str | None = None) -> Any:
        """Where an expression holds (n,); a missing value does not hold."""
        found = self.of(text, where)
        return (found != 0) & ~np.isnan(found)

    @cached_property
    def followed(self) -> Any:
        """Who was infused and simulated to the end (n,)."""
        return self.true("infused and not failed")


@dataclass(frozen=True)
class Endpoint:
    """A time-to-event endpoint as lists of events and censorings with a start, as in an analysis data set.

    time (n,) [day] from the start to the first event or censoring, nan for patients outside; event (n,); what (n,): the
    name of the event or censoring; start (n,) [day] from infusion.
    """

    name: str
    title: str
    time: Floats
    event: Any
    what: Any
    start: Floats


def endpoint(table: Table, definition: Mapping[str, Any]) -> Endpoint:
    """The endpoint of every patient of a table. Event "x y" is the column x_y_day; start "infusion" is day 0."""
    where = f"endpoint '{definition.get('name')}'"

    def day(word: str) -> Floats:
        name = f"{word.replace(' ', '_')}_day"
        if name not in table.columns:
            raise unknown("event", word, [c[:-4].replace("_", " ") for c in table.columns if c.endswith("_day")], where)
        return np.where(np.isnan(table.columns[name]), np.inf, table.columns[name])

    start = np.zeros(table.size) if definition.get("start", "infusion") == "infusion" else day(definition["start"])
    words = [*definition.get("events", []), *definition.get("censors", []), "end"]
    days = np.stack([day(w) for w in words])
    seen = (days[:-1] >= start) & (days[:-1] <= days[-1])  # not before the start, nor after the end of follow-up
    days[:-1] = np.where(seen, days[:-1], np.inf)
    first = days.argmin(axis=0)  # an event comes before a censoring of the same day
    chosen = table.true(definition.get("among", 1), where) & np.isfinite(start) & table.followed
    time = np.where(chosen, days.min(axis=0), np.nan) - np.where(chosen, start, 0.0)
    return Endpoint(
        name=str(definition["name"]),
        title=str(definition.get("title", definition["name"])),
        time=time,
        event=(first < len(definition["events"])) & chosen,
        what=np.array(words, object)[first],
        start=start,
    )


def endpoints(trial: Mapping[str, Any], table: Table) -> Mapping[str, Endpoint]:
    """Every endpoint of a trial, by name."""
    definitions = {e["name"]: e for e in trial.get("endpoint", [])}
    return OnDemand(definitions, lambda name: endpoint(table, definitions[name]), keep=1)


def units(trial: Mapping[str, Any]) -> dict[str, str]:
    """The units of the trial's own columns and of the patients' usual ones."""
    own = {str(c["name"]): str(c["unit"]) for c in trial.get("column", []) if "unit" in c}
    return {"weight": "kg", "age": "year", "bsa": "m**2", "dose": "cell", **own}


def prepare(trial: Mapping[str, Any], columns: Mapping[str, Any]) -> Mapping[str, Measure]:
    """Every measure of a trial on one arm's patients (columns of all enrolled), by name."""
    table = Table(columns, units(trial))
    ends = endpoints(trial, table)
    definitions = {str(m["name"]): m for m in trial.get("measure", [])}
    return OnDemand(definitions, lambda name: _measure(definitions[name], table, ends))


def measures(trial: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, float]:
    """The value of every measure in all simulated patients: cheap, for fitting."""
    return {name: m.value for name, m in prepare(trial, columns).items()}


def _measure(m: Mapping[str, Any], table: Table, ends: Mapping[str, Endpoint]) -> Measure:
    where = f"measure '{m.get('name')}'"
    kind = str(m.get("kind", "share"))
    if kind not in KINDS:
        raise unknown("kind of measure", kind, KINDS, where)
    for word in {"survival": ["at"], "ratio": ["by"], "hazard ratio": ["by"]}.get(kind, []):
        if word not in m:
            raise ScenarioError(f"a measure of the kind '{kind}' needs '{word}'", where=where, mend=f"add {word} = ...")
    whole = m.get("among") == "enrolled"
    everybody = np.ones(table.size, bool)
    population = np.flatnonzero(everybody if whole else table.followed)
    among = everybody if whole else table.true(m.get("among", 1), where)
    unit = str(m.get("unit", "%" if kind in ("share", "survival") else "1"))
    read = _reader(m, kind, table, ends, among, where, unit)
    return Measure(
        str(m["name"]), str(m.get("title", m["name"])), unit, kind, population, lambda places: read(population[places])
    )


def _reader(
    m: Mapping[str, Any], kind: str, table: Table, ends: Mapping[str, Endpoint], among: Any, where: str, unit: str
) -> Callable[[Ints], Floats]:
    if kind in ("survival", "survival median", "hazard ratio"):
        if m.get("of") not in ends:
            raise unknown("endpoint", str(m.get("of")), ends, where)
        time, event = np.where(among, ends[m["of"]].time, np.nan), ends[m["of"]].event
        if kind == "survival":
            day = duration(m["at"], where)
            return lambda i: 100.0 * survival_at(time[i], event[i], day)
        if kind == "survival median":
            return lambda i: median_time(time[i], event[i]) / DAYS.get(unit, 1.0)
        # The group is joined on a day from infusion; the endpoint's clock may start later (remission).
        since = table.of(m["by"], where, "day") - np.where(np.isfinite(time), ends[m["of"]].start, 0.0)
        return lambda i: hazard_ratio(time[i], event[i], since[i])
    of = table.of(m["of"], where)
    if kind == "share":
        true = table.true(m["of"], where)
        return lambda i: _divided(100.0 * (true & among)[i].sum(axis=-1), among[i].sum(axis=-1))
    if kind == "median":
        kept = np.where(among, of, np.nan)
        return lambda i: median(kept[i])
    with np.errstate(all="ignore"):
        logs = np.where(among & (of > 0) & np.isfinite(of), np.log(of), np.nan)
    if kind == "geometric mean":
        return lambda i: np.exp(mean(logs[i]))
    if kind == "log-sd":
        return lambda i: deviation(logs[i])
    group = table.true(m["by"], where)
    inside, outside = np.where(group, logs, np.nan), np.where(group, np.nan, logs)
    return lambda i: np.exp(mean(inside[i]) - mean(outside[i]))


def _divided(a: Floats, b: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return np.where(b > 0, a / np.maximum(b, 1), np.nan)


def median(x: Floats) -> Floats:
    """Median over the last axis without missing values; may be infinite."""
    ordered = np.sort(x, axis=-1)  # nan last
    n = (~np.isnan(x)).sum(axis=-1)
    low, high = np.maximum((n - 1) // 2, 0), np.minimum(n // 2, max(x.shape[-1] - 1, 0))
    a, b = (np.take_along_axis(ordered, np.asarray(k)[..., None], -1)[..., 0] for k in (low, high))
    with np.errstate(all="ignore"):
        return np.where(n > 0, np.where(np.isinf(a) & (a == b), a, (a + b) / 2), np.nan)


def mean(x: Floats) -> Floats:
    """Mean over the last axis without missing values."""
    known = ~np.isnan(x)
    return _divided(np.where(known, x, 0.0).sum(axis=-1), known.sum(axis=-1))


def deviation(x: Floats) -> Floats:
    """Standard deviation over the last axis without missing values."""
    known = ~np.isnan(x)
    centred = np.where(known, x - np.asarray(mean(x))[..., None], 0.0)
    return np.sqrt(_divided((centred**2).sum(axis=-1), known.sum(axis=-1) - 1))
