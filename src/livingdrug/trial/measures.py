"""The measures of a trial, each defined in its file: shares, medians, survival on a day, hazard ratios.

A measure is prepared once from the patients' columns and can then be read for all patients or for any resampled trials.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from livingdrug.care import truth
from livingdrug.care.compiler import Programs
from livingdrug.care.interpreter import evaluate
from livingdrug.engine.plan import Floats, Ints
from livingdrug.errors import ScenarioError, unknown
from livingdrug.results.columns import Columns
from livingdrug.results.lazy import Lazy
from livingdrug.spec import trial as spec
from livingdrug.spec.fields import Expression, expression
from livingdrug.spec.protocol import INFUSION
from livingdrug.spec.trial import ENROLMENT, Trial
from livingdrug.trial.graded import titled
from livingdrug.trial.survival import before, hazard_ratio, nth, ordered_median_time, ordered_survival_at
from livingdrug.units import DAYS

FOLLOWED = expression("infused and not failed")
Units = Mapping[str, str | None] | None
SMALL = 20_000  # patients up to which what was worked out of their table is kept: of more, it is worked out again


@dataclass(frozen=True)
class Measure:
    """A prepared measure. `read(places)` gives its value for the patients at these places (..., n) of its population.

    population: places in the table of those who may be drawn (infused, or all enrolled); of_rows: the same as `read`,
    asked by places in the whole table, where those outside the population count nowhere.
    """

    name: str
    title: str
    unit: str
    kind: str
    population: Ints
    read: Callable[[Ints], Floats]
    of_rows: Callable[[Ints], Floats]

    @property
    def value(self) -> float:
        """The value in all simulated patients."""
        return float(self.read(np.arange(len(self.population)))) if len(self.population) else float("nan")


class Table:
    """Columns of patients (n,) that measures, endpoints and plots ask by expressions ("crs_grade >= 3")."""

    def __init__(self, columns: Mapping[str, Any], units: Units = None) -> None:
        kept = Columns.of(columns)
        self.size = kept.size
        self.keep = None if self.size <= SMALL else 0  # how much of what is worked out of it is kept
        shown = (k for k in kept if kept.kind(k) in "fiub")
        self.columns = Lazy(shown, lambda k: np.asarray(kept[k], float), self.keep)
        day = {k: "day" for k in self.columns if k.endswith("_day")}
        known = {k: u for k, u in (units or {}).items() if k in self.columns}
        self.units = {**dict.fromkeys(self.columns), **day, **known}
        self.told = units if isinstance(units, truth.Units) else None  # what is known of columns, not seen in values
        self.truths = units.truths if isinstance(units, truth.Units) else set(filter(self._is_truth, self.columns))

    def _is_truth(self, name: str) -> bool:
        """Whether a column holds nothing but 0 and 1, where nobody says what it is."""
        values = self.columns[name]
        return bool(np.isin(values[~np.isnan(values)], (0.0, 1.0)).all())

    def asked(self) -> Programs:
        """What an expression over the columns may mention: no moment, no chance."""
        found = Programs(self.units, {}, truths=self.truths, looking=False, drawing=False, judging=False)
        if self.told is not None:
            found.judging, found.bounds, found.notes = True, self.told.bounds, self.told.notes
            found.ranges, found.counts = self.told.whole, self.told.whole.keys()
        return found

    def of(
        self, what: Expression, where: str | None = None, unit: str | None = None, condition: bool = False
    ) -> Floats:
        """An expression over the columns, for every patient (n,)."""
        asked = self.asked()
        program = asked.compile(what, unit, where, condition=condition)
        seen = np.column_stack([self.columns[p] for p in asked.used]) if asked.used else np.zeros((self.size, 0))
        return np.broadcast_to(np.asarray(evaluate(program, seen, None), float), self.size)

    def true(self, asked: Expression, where: str | None = None) -> Any:
        """Where an expression holds (n,); a missing value does not hold."""
        found = self.of(asked, where, condition=True)
        return (found != 0) & ~np.isnan(found)

    @cached_property
    def followed(self) -> Any:
        """Who was infused and simulated to the end (n,)."""
        return self.true(FOLLOWED)

    @cached_property
    def enrolled(self) -> Any:
        """Who was enrolled, and not lost in the computer (n,)."""
        return ~(self.columns["failed"] == 1)


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
    everybody: bool = False  # all enrolled are counted, not those infused


def endpoint(table: Table, definition: spec.Endpoint) -> Endpoint:
    """The endpoint of every patient of a table. Event "x y" is the column x_y_day; start "infusion" is day 0; start
    "enrolment" counts everybody enrolled, as `before_infusion` tells of them."""

    def day(word: str, key: str) -> Floats:
        name = spec.day_of(word)
        if name not in table.columns:
            known = [c[:-4].replace("_", " ") for c in table.columns if c.endswith("_day") and c != "end_day"]
            mend = 'write manufacture = "NAME", which simulates the days before infusion' if word == ENROLMENT else None
            known += [INFUSION, ENROLMENT] if key == "start" else []
            raise unknown("event", word, known, definition.place(key), mend=mend)
        return np.where(np.isnan(table.columns[name]), np.inf, table.columns[name])

    everybody = definition.start == ENROLMENT
    start = np.zeros(table.size) if definition.start == INFUSION else day(definition.start, "start")
    words = [*definition.events, *definition.censors, "end"]
    keys = ["events"] * len(definition.events) + ["censors"] * len(definition.censors) + [""]
    days = np.stack([day(w, key) for w, key in zip(words, keys)])
    seen = (days[:-1] >= start) & (days[:-1] <= days[-1])  # not before the start, nor after the end of follow-up
    days[:-1] = np.where(seen, days[:-1], np.inf)
    first = days.argmin(axis=0)  # an event comes before a censoring of the same day
    followed = table.enrolled if everybody else table.followed
    chosen = table.true(definition.among, definition.place("among")) & np.isfinite(start) & followed
    time = np.where(chosen, days.min(axis=0), np.nan) - np.where(chosen, start, 0.0)
    return Endpoint(
        name=definition.name,
        title=definition.words,
        time=time,
        event=(first < len(definition.events)) & chosen,
        what=np.array(words, object)[first],
        start=start,
        everybody=everybody,
    )


def endpoints(trial: Trial, table: Table) -> Mapping[str, Endpoint]:
    """Every endpoint of a trial, by name."""
    definitions = {e.name: e for e in trial.endpoint}
    keep = None if table.keep is None else 1
    return Lazy(definitions, lambda name: endpoint(table, definitions[name]), keep, called="endpoint")


def prepare(trial: Trial, columns: Mapping[str, Any], units: Units = None) -> Mapping[str, Measure]:
    """Every measure of a trial on one arm's patients (columns of all enrolled), by name; units: of the columns."""
    table = Table(columns, units)
    ends = endpoints(trial, table)
    definitions = {m.name: m for m in trial.measure}

    def one(name: str) -> Measure:
        return _measure(definitions[name], titled(definitions[name], trial), table, ends)

    return Lazy(definitions, one, table.keep)


def measures(trial: Trial, columns: Mapping[str, Any], units: Units = None) -> dict[str, float]:
    """The value of every measure in all simulated patients: cheap, for fitting."""
    return {name: m.value for name, m in prepare(trial, columns, units).items()}


def _measure(m: spec.Measure, title: str, table: Table, ends: Mapping[str, Endpoint]) -> Measure:
    if m.timed and ends[m.of].everybody:
        counted = table.enrolled
    else:
        counted = np.ones(table.size, bool) if m.enrolled else table.followed
    population = np.flatnonzero(counted)
    among = counted if m.enrolled else table.true(m.among, m.place("among")) & counted
    read = _reader(m, table, ends, among)
    return Measure(m.name, title, m.shown_unit, m.kind, population, lambda places: read(population[places]), read)


def _reader(m: spec.Measure, table: Table, ends: Mapping[str, Endpoint], among: Any) -> Callable[[Ints], Floats]:
    if m.timed:
        return _over_time(m, table, ends[m.of], among)
    if m.kind == "share":
        return _share(table.true(m.asked, m.place("of")), among)
    if table.asked().is_truth(m.asked):
        said = f"'{m.of}' is true or false, and the {m.kind} of it says nothing"
        raise ScenarioError(said, where=m.place("of"), mend='count it with kind = "share", or ask for a number')
    of = table.of(m.asked, m.place("of"), m.shown_unit if m.kind in ("median", "mean", "geometric mean") else None)
    if m.kind == "median":
        return _median(np.where(among, of, np.nan))
    if m.kind == "mean":
        return _mean(np.where(among & np.isfinite(of), of, np.nan))
    with np.errstate(all="ignore"):
        logs = np.where(among & (of > 0) & np.isfinite(of), np.log(of), np.nan)
    if m.kind == "geometric mean":
        middle = _mean(logs)
        return lambda i: np.exp(middle(i))
    if m.kind == "log-sd":
        return lambda i: deviation(logs[i])
    assert m.by is not None
    group = table.true(m.by, m.place("by"))
    inside, outside = _mean(np.where(group, logs, np.nan)), _mean(np.where(group, np.nan, logs))
    return lambda i: np.exp(inside(i) - outside(i))


def _over_time(m: spec.Measure, table: Table, end: Endpoint, among: Any) -> Callable[[Ints], Floats]:
    time, event = np.where(among, end.time, np.nan), end.event
    if m.kind == "survival":
        day = m.at or 0.0
        return _by_time(time, event, lambda t, e: 100.0 * ordered_survival_at(t, e, day))
    if m.kind == "survival median":
        return _by_time(time, event, lambda t, e: ordered_median_time(t, e) / DAYS.get(m.shown_unit, 1.0))
    assert m.by is not None
    since = _joined(m.by, m.place("by"), table) - np.where(np.isfinite(time), end.start, 0.0)
    return lambda i: hazard_ratio(time[i], event[i], since[i])


def _by_time(time: Floats, event: Any, estimate: Callable[[Floats, Any], Floats]) -> Callable[[Ints], Floats]:
    """What is estimated from the drawn patients, who are handed over in order of time: their places in it are whole
    numbers, which are sorted in a tenth of the time."""
    order = np.lexsort((~event, time))
    place = _places(order)
    time, event = time[order], event[order]

    def read(drawn: Ints) -> Floats:
        sorted_ = np.sort(place[drawn], axis=-1)
        return estimate(time[sorted_], event[sorted_])

    return read


def _median(values: Floats) -> Callable[[Ints], Floats]:
    """The median of the drawn patients' values, by their places in the order of values (missing ones last)."""
    order = np.argsort(values)
    place, ordered = _places(order), values[order]
    known = int(np.count_nonzero(~np.isnan(values)))

    def read(drawn: Ints) -> Floats:
        stand = np.sort(place[drawn], axis=-1)
        return _middle(stand, before(stand >= known), ordered.__getitem__)

    return read


def _places(order: Ints) -> Any:
    """Where each patient stands in an order (n,), in as few bytes as hold it: small numbers are sorted sooner."""
    place = np.empty(len(order), np.int16 if len(order) < 2**15 else np.int32)
    place[order] = np.arange(len(order))
    return place


def _share(true: Any, among: Any) -> Callable[[Ints], Floats]:
    """The share [%] of the drawn patients of a group for whom something holds. Both are counted in one sum: the group
    in the lower half of a number, those for whom it holds in the upper."""
    half = 32
    both = among + ((true & among).astype(np.int64) << half)

    def read(drawn: Ints) -> Floats:
        counted = both[drawn].sum(axis=-1)
        return _divided(100.0 * (counted >> half), counted & (2**half - 1))

    return read


def _mean(values: Floats) -> Callable[[Ints], Floats]:
    """The mean of the drawn patients' values without missing ones."""
    known = ~np.isnan(values)
    filled, counts = np.where(known, values, 0.0), known.astype(np.int64)
    return lambda drawn: _divided(filled[drawn].sum(axis=-1), counts[drawn].sum(axis=-1))


def _joined(by: Expression, place: str, table: Table) -> Floats:
    """The day [day] from infusion on which each patient joins a group (n,): before everything where a condition holds,
    never where it does not; or the day that is asked for. An endpoint's clock may start later (remission)."""
    asked = table.asked()
    if asked.is_truth(by):
        return np.where(table.true(by, place), -np.inf, np.inf)
    found = table.of(by, place)  # unknown names come first
    unit = asked.own(by)
    if unit not in DAYS:
        said = f"'{by.text}' tells no two groups apart"
        allowed = "a condition (weight > 30 kg), or the day on which a patient joins the group (relapse_day)"
        raise ScenarioError(said, where=place, allowed=allowed)
    return found if unit == "day" else table.of(by, place, "day")


def _divided(a: Floats, b: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return np.where(b > 0, a / np.maximum(b, 1), np.nan)


def median(x: Floats) -> Floats:
    """Median over the last axis without missing values; may be infinite."""
    ordered = np.sort(x, axis=-1)
    return _middle(ordered, before(np.isnan(ordered)))


def _middle(x: Any, n: Any, value: Callable[[Any], Floats] = np.asarray) -> Floats:
    """The median of what stands in order (..., places), of which the first n (...,) are known; value: of an entry."""
    a, b = (value(nth(x, k)) for k in ((n - 1) // 2, n // 2))
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
