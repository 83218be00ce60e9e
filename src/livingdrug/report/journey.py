"""The whole journey of one patient in one picture and in plain words: from collection to the second year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from livingdrug import plot
from livingdrug.plot import Bar, Chart, Strip
from livingdrug.plot.journey import YEAR
from livingdrug.plot.marks import Floats
from livingdrug.plot.tables import Table, told, told_above
from livingdrug.plot.ticks import number
from livingdrug.report.figures import Drawing, drawing
from livingdrug.report.words import Shown, Words, capital, scales
from livingdrug.spec.protocol import INFUSION
from livingdrug.trial.again import Followed, Given

if TYPE_CHECKING:
    from livingdrug.scenario import Resolved

LARGE = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
LOOKED_AT = (-7, 0, 2, 4, 7, 10, 14, 21, 28, 42, 60, 91, 122, 183, 274, 365, 548, 730)  # days of the table
SEVERE = 3  # grade
APART = 7.0  # [day] between doses of two cycles, at the least
ONES = "cells"  # a unit that the words of a strip say already
INKS = ("published", "simulated", "pink", "green", "yellow", "text")
CAPTION = (
    "From left to right: the weeks before the infusion, the days after it, then months and years. Each course has a "
    "height of its own; for cells, equal steps up are equal ratios. The model has no hospital: drawn are the days with "
    "signs that need care. Dots: what was found at visits; a cross: death."
)


@dataclass(frozen=True)
class Fate:
    """How it went after the infusion: the last day known, whether the patient died then, the day of an answer and the
    day on which it ended (inf: never), and each event's day by its words."""

    end: float
    died: bool
    answer: float
    over: float
    events: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Journey:
    """The picture, what its strips say (`table`), and the courses in numbers (`numbers`)."""

    title: str
    chart: Chart
    table: Table
    numbers: Table

    def figure(self) -> Drawing:
        """The picture as a figure of a page."""
        made = drawing("whole-journey", f"The whole journey: {self.title}", CAPTION, self.chart.alt, self.chart)
        return replace(made, tables=(self.table, self.numbers))

    def save(self, path: str) -> None:
        """Write the picture to a PNG, SVG or PDF file."""
        self.chart.save(path)

    def _repr_html_(self) -> str:
        return self.chart._repr_html_()


def picture(title: str, one: Followed, said: Words, resolved: Resolved, fate: Fate) -> Journey:
    """The journey of a patient who was simulated again."""
    first = -one.before["days"] if one.before else min([resolved.protocol.start, *(d.day for d in one.doses)])
    last = min(2 * YEAR, max(resolved.protocol.follow_up, 28.0))
    seen = _until(one, last)
    strips = [
        *_making(one.before, seen),
        *_given(seen, resolved),
        *_ill(seen, said),
        *_graded(seen, resolved),
        *_drugs(seen, resolved),
        *_courses(seen, said),
        _after(fate, last),
    ]
    chart = plot.journey(seen.days, strips, first, last)
    words = "; ".join(f"{s.title}: {s.says}" for s in strips)
    table = Table("The journey in words", ("what", "what is to be seen"), tuple((s.title, s.says) for s in strips))
    return Journey(title, replace(chart, alt=f"{title}, the whole journey. {words}."), table, _numbers(seen, said))


def _until(one: Followed, last: float) -> Followed:
    """What was followed, as far as the picture goes."""
    kept = one.days <= last
    return replace(
        one,
        days=one.days[kept],
        courses={p: x[kept] for p, x in one.courses.items()},
        grades={s: x[kept] for s, x in one.grades.items()},
        doses=tuple(d for d in one.doses if d.day <= last),
    )


def _making(before: Mapping[str, float], one: Followed) -> Iterator[Strip]:
    """From collection to the return of the cells, and bridging meanwhile."""
    if not before:
        return
    days, tested, making = before["days"], before["tested"], before["making"]
    lost, line = before.get("lost", 0.0), before.get("in_line", 0.0)
    collected = -days
    begun = collected + tested - making
    bars = (
        Bar(collected, begun - lost, "quiet", 0.5),
        Bar(begun - lost, begun, "pink", 1.0),
        Bar(begun, begun + line, "rule", 0.5),
        Bar(begun + line, collected + tested, "simulated", 1.0, 0.6),
        Bar(collected + tested, 0.0, "quiet", 0.5),
    )
    failed = f", {lost:.0f} on a failed batch" if lost > 0 else ""
    lab, queue = round(making - line), round(line)
    rest = round(days) - lab - queue - round(lost)
    says = f"{days:.0f} days: {lab} in the lab, {queue} in line, {rest} on the way{failed}"
    yield Strip("Cells taken, grown in the lab, sent back", says, bars, ((collected, "v", "text"),))
    if before.get("bridged", 0.0) > 0:
        start = min([0.0, *(d.day for d in one.doses)])
        held = Bar(collected, start, "yellow", 0.6)
        yield Strip(
            "Treatment that holds the cancer back (bridging)",
            f"in the {start - collected:.0f} days of waiting",
            (held,),
        )


def _given(one: Followed, resolved: Resolved) -> Iterator[Strip]:
    """Conditioning, and the infusion of the cells; in every cycle, where there are several."""
    ready = [d for d in one.doses if is_conditioning(d, resolved)]
    if ready:
        days = sorted({float(np.floor(d.day)) for d in ready})
        bars = tuple(Bar(day, day + 1.0, "green") for day in days)
        names = ", ".join(dict.fromkeys(d.drug for d in ready))
        yield Strip("Chemo that makes room (conditioning)", f"{names}; {'; '.join(_spans(days))}", bars)
    cells = [d for d in one.doses if d.unit == "cell"]
    if cells:
        says = "; ".join(f"{_many(d.amount)} cells on day {d.day:.0f}" for d in cells)
        yield Strip("CAR-T cells given back", says, signs=tuple((d.day, "D", "simulated") for d in cells))
    elif of_body := [d for d in one.doses if d.drug == INFUSION]:
        says = "; ".join(f"{_many(d.amount)} {d.unit} on day {d.day:.0f}" for d in of_body)
        yield Strip("What makes CAR-T in the body", says, signs=tuple((d.day, "D", "simulated") for d in of_body))


def _ill(one: Followed, said: Words) -> Iterator[Strip]:
    """The days with a sign that needs care, and those with a severe one."""
    signs = [one.courses[s.path] >= 1 for s in said.shown.values() if s.care and s.path in one.courses and not s.line]
    ill = np.any([*signs, *(g >= 1 for g in one.grades.values())], axis=0) & (one.days >= 0)
    bad = np.any([g >= SEVERE for g in one.grades.values()], axis=0) & (one.days >= 0)
    bars = tuple(Bar(a, b, "text", 0.5, 0.35) for a, b in _runs(one.days, ill))
    bars += tuple(Bar(a, b, "text") for a, b in _runs(one.days, bad))
    if not ill.any():
        yield Strip("Ill enough for a hospital", "on no day")
        return
    badly = f"; grade {SEVERE} or more for {_days(one.days, bad)}" if bad.any() else ""
    yield Strip("Ill enough for a hospital", f"{_days(one.days, ill)}, {_span(*_ends(one.days, ill))}{badly}", bars)


def _graded(one: Followed, resolved: Resolved) -> Iterator[Strip]:
    """The grade on one scale of each kind: the trial's own, or the last that it grades on."""
    chosen = {s.graded: s for s in scales(resolved) if s.name in one.grades}
    for place, (graded, scale) in enumerate(chosen.items()):
        grade = np.nan_to_num(one.grades[scale.name])
        worst = int(grade.max(initial=0.0))
        bars = [
            Bar(a, b, INKS[place % len(INKS)], level / 4)
            for level in range(1, worst + 1)
            for a, b in _runs(one.days, grade == level)
        ]
        says = f"worst grade {worst} of 4; {_span(*_ends(one.days, grade >= 1))}" if worst else "none"
        yield Strip(f"{capital(graded)} ({scale.short} scale)", says, tuple(bars))


def is_conditioning(dose: Given, resolved: Resolved) -> bool:
    """Whether a dose makes room for cells; of a later cycle, too, which a rule gives."""
    return f"conditioning.{dose.drug}" in resolved.modules


def by_care(dose: Given, resolved: Resolved) -> bool:
    """Whether a care rule gave a dose that is no part of the therapy itself, as a further cycle of it is."""
    return dose.by_rule and dose.drug != INFUSION and not is_conditioning(dose, resolved)


def _drugs(one: Followed, resolved: Resolved) -> Iterator[Strip]:
    """The drugs that care rules gave."""
    ruled = [d for d in one.doses if by_care(d, resolved)]
    for name in dict.fromkeys(d.drug for d in ruled):
        own = [d for d in ruled if d.drug == name]
        many = f"{len(own)} dose{'s' if len(own) > 1 else ''}"
        signs = tuple((d.day, "s", "pink") for d in own)
        yield Strip(f"Given by a care rule: {name}", f"{many}, {_span(own[0].day, own[-1].day)}", signs=signs)


def _courses(one: Followed, said: Words) -> Iterator[Strip]:
    """The quantities that the library puts into the picture, in its order."""
    for place, shown in enumerate(_in_order(one, said)):
        values = shown.times * one.courses[shown.path]
        floor = shown.floor if shown.logarithmic else float(np.nanmin(values))
        assert shown.journey is not None
        ink = INKS[place % len(INKS)]
        says = _said(one.days, values, shown)
        yield Strip(shown.journey.words, says, (), (), values, ink, shown.logarithmic, floor or 1.0)


def _in_order(one: Followed, said: Words) -> Sequence[Shown]:
    asked = [s for s in said.shown.values() if s.journey and s.path in one.courses]
    known = [s for s in asked if np.isfinite(one.courses[s.path]).any()]
    return sorted(known, key=lambda s: s.journey.order if s.journey else 0.0)


def _said(days: np.ndarray, values: np.ndarray, shown: Shown) -> str:
    """What is to be seen of a course: its highest, its lowest, or how long it stays below a value."""
    assert shown.journey is not None
    high, low = int(np.nanargmax(values)), int(np.nanargmin(values))
    if shown.journey.below is not None:
        under, level = values < shown.journey.below, f"{shown.journey.below:,.0f} {shown.unit}"
        if under.any():
            return f"below {level} for {_days(days, under)}, {_span(*_ends(days, under))}"
        return f"never below {level}; fewest {_amount(values[low], shown)}, {_day(days[low])}"
    if shown.journey.take == "highest":
        return f"highest {_amount(values[high], shown)}, {_day(days[high])}"
    start = _amount(values[np.isfinite(values)][0], shown)
    if not shown.logarithmic or values[low] >= shown.floor:
        return f"from {start} to {_amount(values[low], shown)}, {_day(days[low])}"
    gone = days[np.flatnonzero(values < shown.floor)]
    back = days[np.flatnonzero((days > gone[0]) & (values >= shown.floor))]
    return f"from {start} to none, day {gone[0]:.0f}" + (f"; back on day {back[0]:.0f}" if len(back) else "")


def _after(fate: Fate, last: float) -> Strip:
    """The time after the infusion: followed, in answer, and what happened."""
    end = min(fate.end, last)
    bars, signs = [Bar(0.0, end, "rule", 0.35)], []
    if fate.answer <= end:
        bars.append(Bar(fate.answer, min(fate.over, end), "green", 0.35))
    for day in (d for d in fate.events.values() if d <= last):
        signs.append((day, "o", "published"))
    if fate.died and fate.end <= last:
        signs = [s for s in signs if s[0] < fate.end] + [(fate.end, "X", "text")]
    elif fate.end <= last:
        signs.append((fate.end, "|", "text"))
    told_ = [f"{what}, day {day:.0f}" for what, day in sorted(fate.events.items(), key=lambda e: e[1]) if day <= last]
    if not fate.died or fate.end > last:
        told_.append(f"alive, day {end:.0f}")
    return Strip("How it went on", "; ".join(told_), tuple(bars), tuple(signs))


def _numbers(one: Followed, said: Words) -> Table:
    """The courses of the picture on some days."""
    shown = _in_order(one, said)
    lines = [_above_zero(shown_.times * one.courses[shown_.path]) for shown_ in shown]
    floors = [s.floor if s.logarithmic else 0.0 for s in shown]
    near = {int(np.argmin(np.abs(one.days - day))) for day in LOOKED_AT}
    places = [i for i in sorted(near) if any(np.isfinite(line[i]) for line in lines)]
    rows = tuple(
        (told(float(one.days[i])), *(told_above(float(x[i]), low) for x, low in zip(lines, floors, strict=True)))
        for i in places
    )
    head = ("Day", *(f"{s.journey.words}, {s.unit}" for s in shown if s.journey))
    return Table("The courses on some days", head, rows)


def _above_zero(line: Floats) -> Floats:
    """A course (days,) without what integration leaves below zero of what is never negative."""
    seen = line[np.isfinite(line)]
    noise = seen.size and -1e-6 * np.abs(seen).max() < seen.min() < 0
    return np.maximum(line, 0.0) if noise else line


# ---- days and amounts in words ----


def _runs(days: np.ndarray, true: np.ndarray) -> list[tuple[float, float]]:
    """The stretches (from, to) in which something holds; each look stands for the time until the next."""
    edges = np.diff(np.concatenate([[False], np.asarray(true, bool), [False]]).astype(int))
    begun, over = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    until = np.minimum(over, len(days) - 1)
    return list(zip(days[begun].tolist(), days[until].tolist(), strict=True))


def _ends(days: np.ndarray, true: np.ndarray) -> tuple[float, float]:
    runs = _runs(days, true)
    return runs[0][0], runs[-1][1]


def _days(days: np.ndarray, true: np.ndarray) -> str:
    many = sum(b - a for a, b in _runs(days, true))
    return "less than a day" if many < 1 else f"{many:.0f} day{'s' if round(many) > 1 else ''}"


def _day(day: float) -> str:
    return f"day {day:.0f}".replace("-", "\N{MINUS SIGN}")


def _span(first: float, last: float) -> str:
    a, b = _day(np.floor(first)), _day(np.floor(last))
    return a if a == b else f"days {a[4:]} to {b[4:]}"


def _spans(days: Sequence[float]) -> list[str]:
    """Days (n,) in order, those next to each other told together."""
    parted = np.split(np.asarray(days), np.flatnonzero(np.diff(days) > APART) + 1)
    return [_span(float(part[0]), float(part[-1])) for part in parted]


def _amount(value: float, shown: Shown) -> str:
    return f"{_many(float(value))} {'' if shown.unit == ONES else shown.unit}".strip()


def _many(value: float) -> str:
    for size, word in LARGE:
        if value >= size:
            return f"{value / size:.3g} {word}"
    return number(value)
