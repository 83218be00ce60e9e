"""One patient of a run, simulated again: cells, tumour, cytokines, temperature and grade, with care and events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from livingdrug import plot
from livingdrug.errors import ScenarioError
from livingdrug.plot import Chart, Drawn
from livingdrug.plot.ticks import number
from livingdrug.report.journey import Fate, Journey, by_care, picture
from livingdrug.report.words import Shown, Words, capital, died_of, property_of, scales, words
from livingdrug.results.result import ArmResult, Result
from livingdrug.trial.again import Followed
from livingdrug.trial.again import patient as again
from livingdrug.units import of_unit
from livingdrug.whole import whole

if TYPE_CHECKING:
    from livingdrug.scenario import Resolved

FINE, MIDDLE = 60.0, 180.0  # days until which one looks every 6 hours, every day; then every week
DEATH = ("death", "death_day")


@dataclass(frozen=True)
class OnePatient:
    """A patient's figure, and the table of doses and events: (day, what, how much).

    about: the patient's properties in words; fate: what happened, in sentences; days (T,) from infusion; drawn: the
    quantities of the figure, each line (T,); grades: scale -> (T,); journey: the whole way in one picture.
    """

    number: int
    title: str
    chart: Chart
    rows: tuple[tuple[float, str, str], ...]
    journey: Journey = field(repr=False)
    about: str = ""
    fate: str = ""
    days: np.ndarray = field(default_factory=lambda: np.zeros(0), repr=False)
    drawn: tuple[Drawn, ...] = field(default=(), repr=False)
    grades: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)

    def save(self, path: str) -> None:
        """Write the figure to a PNG, SVG or PDF file."""
        self.chart.save(path)

    def _repr_html_(self) -> str:
        return self.chart._repr_html_()

    def __repr__(self) -> str:
        return "\n".join([self.title, *(f"  day {day:8.2f}  {what}  {much}".rstrip() for day, what, much in self.rows)])


def draw(result: Result, patient: int, arm: str | None = None) -> OnePatient:
    """The patient with this number in an arm (the first by default). ScenarioError when not infused there."""
    found, patient = result.arm(arm), whole(patient, "patient", 0)
    place = _place(found, patient)
    simulated = next(a for a in result.resolved.arms if a.name == found.name)
    said = words(simulated.resolved)
    protocol = simulated.resolved.protocol
    last = float(found.columns["end_day"][place])
    days = _days(protocol.start, min(last, protocol.follow_up))
    one = again(simulated, patient, result.seed, said.shown, days)
    events = dict(_events(found, said, place))
    doses = {capital(name): np.array([d.day for d in one.doses if d.drug == name]) for name in _drugs(one)}
    graded = {s.short: one.grades[s.name] for s in scales(simulated.resolved) if s.name in one.grades}
    ruled = [
        capital(name)
        for name in _drugs(one)
        if any(by_care(d, simulated.resolved) for d in one.doses if d.drug == name)
    ]
    drawn = tuple(_drawn(one, said))
    chart = plot.patient(one.days, list(drawn), doses=doses, events=events, grades=graded, by_rule=ruled)
    rows = [(d.day, capital(d.drug), f"{number(d.amount)} {of_unit(d.unit)}") for d in one.doses]
    rows += [(day, what, "") for what, day in events.items()]
    title = f"Patient {patient}" + (f", {found.title}" if len(result.arms) > 1 else "")
    return OnePatient(
        patient,
        title,
        replace(chart, alt=f"{title}: doses, events and courses"),
        tuple(sorted(rows)),
        picture(title, one, said, simulated.resolved, _went(found, said, events, place)),
        _about(found, simulated.resolved, place),
        _fate(found, simulated.resolved, said, events, place),
        one.days,
        drawn,
        graded,
    )


def first_infused(result: Result, arm: str | None = None) -> int | None:
    """The first patient of an arm who got the cells; None where nobody did."""
    columns = result.arm(arm).columns
    who = np.asarray(columns["patient"])[np.asarray(columns["infused"]) > 0]
    return int(who[0]) if len(who) else None


def _about(arm: ArmResult, resolved: Resolved, place: int) -> str:
    """The patient's properties: those that have a unit, then what the patient is or had."""
    measured, had = [], []
    for name, covariate in resolved.covariates.items():
        if name not in arm.columns:
            continue
        value, called = float(arm.columns[name][place]), property_of(resolved, name, short=True)
        if covariate.property == "sex":
            had.append("female" if value > 0 else "male")
        elif covariate.unit != "1":
            measured.append(f"{called} {number(value)} {of_unit(covariate.unit)}")
        elif covariate.distribution == "chance" and value > 0:
            had.append(property_of(resolved, name).partition(" (")[0])
    return capital("; ".join([*measured, *had]))


def _fate(arm: ArmResult, resolved: Resolved, said: Words, events: Mapping[str, float], place: int) -> str:
    """What happened to the patient in sentences; a death says whether anything had been found before."""
    told = [f"Day {day:.0f}: {what}" for what, day in sorted(events.items(), key=lambda e: e[1]) if what != DEATH[0]]
    end = float(arm.columns["end_day"][place])
    if DEATH[0] not in events:
        return ". ".join([*told, f"Day {end:.0f}: last seen, alive"]) + "."
    cause = str(arm.columns.part("cause", place, place + 1)[0])
    died = f"Day {events[DEATH[0]]:.0f}: {died_of(cause, resolved)}"
    response = [e.words for e in said.events if e.reached and e.words in events]
    ended = [e.words for e in said.events if e.ends_response and e.words in events]
    never = next((e.words for e in said.events if e.reached), "")
    if response and not ended:
        died += "; until then no visit had found a relapse"
    elif never and not response:
        died += f"; no visit had found the patient {never}"
    return ". ".join([*told, died]) + "."


def _went(arm: ArmResult, said: Words, events: Mapping[str, float], place: int) -> Fate:
    """How it went on, for the picture of the journey."""
    answer = [events[e.words] for e in said.events if e.reached and e.words in events]
    over = [events[e.words] for e in said.events if e.ends_response and e.words in events]
    end = float(arm.columns["end_day"][place])
    return Fate(end, DEATH[0] in events, min(answer, default=np.inf), min(over, default=np.inf), events)


def _place(arm: ArmResult, patient: int) -> int:
    """The row of an infused patient. ScenarioError names who can be shown."""
    where = np.flatnonzero(np.asarray(arm.columns["patient"]) == patient)
    if not len(where):
        said = f"the run has no patient {patient}"
        raise ScenarioError(said, where="patient", allowed=f"0 to {int(np.max(arm.columns['patient']))}")
    if not arm.columns["infused"][where[0]] > 0:
        status = str(arm.columns.part("status", where[0], where[0] + 1)[0])
        infused = np.asarray(arm.columns["patient"])[arm.columns["infused"] > 0]
        near = ", ".join(str(p) for p in sorted(infused, key=lambda p: abs(p - patient))[:3])
        raise ScenarioError(
            f"patient {patient}: {status}", where="patient", mend=f"name one who was infused, as {near}"
        )
    return int(where[0])


def _days(start: float, end: float) -> list[float]:
    pieces = (
        np.arange(start, 0, 0.5), np.arange(0, min(FINE, end), 0.25), np.arange(FINE, min(MIDDLE, end), 1.0),
        np.arange(MIDDLE, end, 7.0), [end],
    )  # fmt: skip
    return sorted({round(float(d), 4) for piece in pieces for d in piece if start <= d <= end})


def _drugs(one: Followed) -> list[str]:
    return list(dict.fromkeys(d.drug for d in one.doses))


def _events(arm: ArmResult, said: Words, place: int) -> Iterator[tuple[str, float]]:
    """What happened to the patient in the words of the library's files, with its day."""
    columns = arm.columns
    end = float(columns["end_day"][place])

    def above(name: str) -> bool:
        """Whether a column is above 0; one that the trial does not have is not."""
        return name in columns and bool(columns[name][place] > 0)

    for event in said.events:
        day = float(columns[event.day][place]) if event.day in columns else np.nan
        if np.isfinite(day) and day <= end and (not event.only_if or above(event.only_if)) and not above(event.unless):
            yield event.words, day
    death = float(columns[DEATH[1]][place])
    if np.isfinite(death) and death <= end:
        yield DEATH[0], death


def _drawn(one: Followed, said: Words) -> Iterator[Drawn]:
    """The library's figures, each split by unit: what is measured alike stands on one axis."""
    for panel in sorted(said.panels, key=lambda p: ([n for n, _ in said.sections].index(p.section), p.order)):
        shown = [s for s in said.of_panel(panel) if s.path in one.courses]
        for unit in dict.fromkeys((s.unit, s.logarithmic) for s in shown):
            yield _one_axis(one, [s for s in shown if (s.unit, s.logarithmic) == unit], panel.title)


def _one_axis(one: Followed, shown: list[Shown], title: str) -> Drawn:
    first = shown[0]
    lines = {s.title: s.times * one.courses[s.path] for s in shown}
    floor = min(s.floor for s in shown)
    named = first.title if len(shown) == 1 else title
    return Drawn(named, first.unit, lines, first.logarithmic, floor, first.line if len(shown) == 1 else None)
