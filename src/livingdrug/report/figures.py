"""The figures of a report: the courses, curves and lanes a reader of a trial wants, drawn from a Result."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from livingdrug import plot
from livingdrug.plot import Chart, Course, Published, svg
from livingdrug.plot.tables import Table
from livingdrug.report.words import Event, Panel, Scale, Shown, Words, capital, scales
from livingdrug.results.comparison import Row
from livingdrug.results.courses import LOWEST, PER_DECADE
from livingdrug.results.result import ArmResult, Result
from livingdrug.spec.trial import ENROLMENT, Measure
from livingdrug.trial.survival import kaplan_meier
from livingdrug.units import DAYS, of_unit

SINGLE = 5  # single patients drawn over the bands
LANES = 40  # patients of the swimmer plot
MONTH_ONE = 28.0  # [day]
RESPONSE, DEATH = "response", "death"  # events of the swimmer plot: the bar, and the end


@dataclass(frozen=True)
class Drawing:
    """A figure for the page; half: two of them stand side by side where there is room; chart: what is drawn, and alt
    what it shows, for those who do not see it; tables: its numbers, where they cannot be read off the chart."""

    name: str
    title: str
    caption: str
    drawn: str
    half: bool = False
    chart: Chart = Chart()
    alt: str = ""
    tables: tuple[Table, ...] = ()


BANDS = "Line: median. Dark band: half of the patients alive and followed; pale band: nine in ten."


def beside(measures: Sequence[Mapping[str, Any]], name: str = "beside-chart") -> list[Drawing]:
    """The chart of all comparable measures beside their published values."""
    rows = [
        {**m, "label": m["title"], "unit": of_unit(m["unit"])} for m in measures if m["verdict"] != "not comparable"
    ]
    if not rows:
        return []
    inside = sum(m["verdict"] == "inside" for m in rows)
    return [
        drawing(
            name,
            "Measure by measure",
            "Blue: median and 95 % interval of simulated trials of the published size. Orange: published value and its "
            "interval. The mark at the left is round where the two agree and a cross where they do not.",
            f"{len(rows)} measures, simulated beside published; {inside} agree. The table below has the same numbers.",
            plot.beside(rows),
        )
    ]


def of_section(result: Result, section: str, words: Words) -> list[Drawing]:
    """The figures that the library puts into a section, then the worst grades on the scales that belong there."""
    drawings: list[Drawing] = []
    for panel in words.of_section(section):
        if panel.kind == "presence":
            drawings += _presence(result, panel, words)
            continue
        shown = list(_courses(result, words.of_panel(panel), panel))
        if shown and panel.kind == "expansion":
            drawings.append(_expansion(shown[0], panel))
        elif shown:
            drawings.append(_multiples(panel.name, panel.title, shown, panel.columns, _caption(shown, panel)))
    return drawings + _graded(result, section)


def _caption(shown: Sequence[Course], panel: Panel) -> str:
    """What the marks of a figure of courses mean: of those alone that are drawn."""
    points = "Orange: published typical values." if any(course.published for course in shown) else ""
    return " ".join(filter(None, (BANDS, panel.words, points)))


def _expansion(course: Course, panel: Panel) -> Drawing:
    return drawing(
        panel.name,
        panel.title,
        _caption([course], panel),
        f"{panel.title} over time, on a logarithmic scale. {_told(course)}",
        plot.expansion(course, month_one=MONTH_ONE),
    )


def _graded(result: Result, section: str) -> list[Drawing]:
    """Worst grades on each scale of the section, beside published shares."""
    scales = {s.short: (s, grades) for s, grades in _grades(result) if s.section == section}
    if not scales:
        return []
    published = {short: _published_grades(result, scale) for short, (scale, _) in scales.items()}
    worst = {short: grades for short, (_, grades) in scales.items()}
    severe = ", ".join(f"{short} {100 * np.mean(grades >= 3):.0f} %" for short, grades in worst.items())
    graded = " and ".join(dict.fromkeys(scale.graded for scale, _ in scales.values()))
    return [
        drawing(
            f"grades-{section}" if len({s.section for s, _ in _grades(result)}) > 1 else "grades",
            f"Worst grade of {graded}",
            ("The same simulated patients, graded on each scale. " if len(worst) > 1 else "")
            + ("Orange: published share, with its interval." if any(map(any, published.values())) else ""),
            f"Bars of the worst grade in each patient. Grade 3 or more: {severe}.",
            plot.grades(worst, published=published),
        )
    ]


def fates(result: Result, words: Words) -> list[Drawing]:
    """A swimmer plot, then the survival curves of the endpoints with published points (of all, if none has any)."""
    drawings = []
    known = {e.name: _published_survival(result, e.name) for e in result.resolved.trial.endpoint}
    for end in result.resolved.trial.endpoint:
        published, curves = known[end.name], _curves(result, end.name)
        if not curves or (any(known.values()) and not published and end.start != ENROLMENT):
            continue
        start = end.start
        label = "alive, %" if end.events == (DEATH,) else "free of event, %"
        day = min(DAYS["year"], float(curves[0].times[-1]))
        free = 100 * curves[0].at(np.array([day]))[0]
        drawings.append(
            drawing(
                f"curve-{re.sub('[^a-z]+', '-', end.name.lower())}",
                end.words,
                f"{capital(end.about or '')}{'. ' if end.about else ''}Band: 95 % confidence. Ticks: censored."
                + (" Orange: published, with interval." if published else ""),
                f"Kaplan-Meier curve: {free:.0f} % on day {day:.0f} after {start}. Numbers at risk below.",
                plot.survival(curves, label=label, start=start, published=published),
                half=True,
            )
        )
    who = np.flatnonzero(result.arm().columns["infused"] > 0)[:LANES]
    lanes = _lanes(result.arm(), words)
    if lanes is not None:
        response = words.response
        reached = f"{int(lanes[RESPONSE].notna().sum())} {response.reached or response.words}, " if response else ""
        events = {e.name: e.words for e in words.events if e is not response} | {DEATH: "death"}
        ends = [e.name for e in words.events if e.ends_response]
        drawn = drawing(
            "swimmer",
            f"The first {len(lanes)} patients infused",
            "One line a patient, from infusion to the last day known. Not selected: the first ones by number.",
            f"Swimmer plot of {len(lanes)} patients: {reached}{int(lanes[DEATH].notna().sum())} died.",
            plot.swimmer(lanes, events, ends=ends, well=response.words if response else "", most=LANES),
        )
        named = {RESPONSE: response.words} if response else {}
        drawings.insert(0, replace(drawn, tables=(_lane_table(lanes, named | events, who),)))
    return drawings


def _lane_table(lanes: Any, events: Mapping[str, str], who: np.ndarray) -> Table:
    """The swimmer plot as a table: a row for each patient, a column for each event, in days from infusion."""
    rows = [
        (
            f"patient {number}",
            *(f"{x:.0f}" if np.isfinite(x) else "\N{EN DASH}" for x in (row[name] for name in ("followed", *events))),
        )
        for number, (_, row) in zip(who, lanes.iterrows(), strict=True)
    ]
    return Table("Days from infusion", ("", "followed to day", *events.values()), tuple(rows))


def drawing(name: str, title: str, caption: str, alt: str, chart: Chart, half: bool = False) -> Drawing:
    """A chart for the page; alt: what it shows, for those who do not see it."""
    return Drawing(name, title, caption, svg.inline(chart, alt), half, chart, alt)


def _multiples(name: str, title: str, shown: list[Course], columns: int, caption: str) -> Drawing:
    alt = f"{title} over time: {', '.join(course.name for course in shown)}. " + " ".join(
        _told(course) for course in shown
    )
    return drawing(name, title, caption, alt, plot.courses(shown, columns=columns))


def _told(course: Course) -> str:
    middle = course.bands[2]
    if not np.isfinite(middle).any():
        return ""
    high = int(np.nanargmax(middle))
    return f"Median of {course.name}: highest {middle[high]:.3g} {course.unit} on day {course.days[high]:.0f}."


def _courses(result: Result, listed: Sequence[Shown], panel: Panel) -> Iterator[Course]:
    """The first arm's courses from infusion on, in the shown units; what was not written is passed over."""
    courses = result.arm().courses
    seen = (courses.times >= 0) & (courses.times <= panel.until) & (courses.followed() > 0)
    for shown in listed:
        if shown.path not in courses.names or seen.sum() < 2:
            continue
        bands, single = (
            shown.times * x[:, seen] for x in (courses.bands(shown.path), courses.sample(shown.path)[:SINGLE])
        )
        yield Course(
            shown.title,
            shown.unit,
            courses.times[seen],
            bands,
            None if panel.months else single,
            shown.logarithmic,
            shown.floor,
            shown.line,
            _published(result, shown),
            panel.months,
        )


def _presence(result: Result, panel: Panel, words: Words) -> list[Drawing]:
    """In how many patients each clone still has a cell."""
    courses = result.arm().courses
    clones = [p for p in result.resolved.model().clones if p in courses.names and p in words.shown]
    seen = (courses.times >= 0) & (courses.followed() > 0)
    if not clones or seen.sum() < 2:
        return []
    one_cell = -LOWEST * PER_DECADE + 1  # the first bin of one cell and more
    shares = {
        words.shown[path].title: counts[:, one_cell:].sum(axis=1) / counts.sum(axis=1)
        for path in clones
        for counts in [courses.counts[seen, courses.names.index(path)]]
    }
    days = courses.times[seen]
    last = ", ".join(f"{name} {100 * share[-1]:.0f} %" for name, share in shares.items())
    return [
        drawing(
            panel.name,
            panel.title,
            panel.words,
            f"Share of patients with cells left, by kind, over time. On day {days[-1]:.0f}: {last}.",
            plot.presence(days, shares),
        )
    ]


def _definitions(result: Result) -> dict[str, Measure]:
    return {m.name: m for m in result.resolved.trial.measure}


def _point(at: float, row: Row) -> Published:
    """The published value of a row that has one, at a day."""
    assert row.value is not None
    return Published(at, row.value, row.published_low, row.published_high, comparable=row.comparable)


def _published(result: Result, shown: Shown) -> tuple[Published, ...]:
    """Published values of a quantity on given days, and its published peak on its day."""
    if not shown.columns:
        return ()
    medians = {n: m.of for n, m in _definitions(result).items() if m.kind == "median"}
    rows = {
        str(medians[r.measure]): r for r in result.arm().comparison.rows if r.value is not None and r.measure in medians
    }
    points = []
    if "day" in shown.columns:
        before, _, after = shown.columns["day"].partition("{day}")
        form = re.escape(before) + r"(\d+)" + re.escape(after)
        points = [_point(float(day.group(1)), row) for of, row in rows.items() if (day := re.fullmatch(form, of))]
    peak, peak_day = rows.get(shown.columns.get("peak", "")), rows.get(shown.columns.get("peak_day", ""))
    if peak and peak_day:
        points.append(_point(float(peak_day.value or 0.0), peak))
    return tuple(points)


def _worst(result: Result) -> dict[str, str]:
    """Scale -> the column of its worst grade; a name that is no scale's stands for the trial's own."""
    own, also = scales(result.resolved)[-1].name, result.resolved.trial.also_graded
    found = {}
    for column in result.resolved.trial.column:
        worst = re.fullmatch(r"peak\((\w+)\.grade\)", column.value.text)
        if worst:
            found[worst[1] if worst[1] in also else own] = column.name
    return found


def _grades(result: Result) -> list[tuple[Scale, np.ndarray]]:
    """Worst grade of each infused patient on each scale of the trial."""
    columns, worst = result.arm().columns, _worst(result)
    infused = columns["infused"] > 0
    listed = [(scale, columns.get(worst.get(scale.name, ""))) for scale in scales(result.resolved)]
    return [(scale, grades[infused]) for scale, grades in listed if grades is not None and infused.any()]


def _published_grades(result: Result, scale: Scale) -> list[Published | None]:
    """Published share of any grade and of grade 3 or more on a scale, where comparable ones were published."""
    listed = {c.name: c.value.text for c in result.resolved.trial.column}
    column = _worst(result)[scale.name]
    any_grade = [n for n, value in listed.items() if value == f"{listed[column]} >= 1"]
    asked = ([f"{column} >= 1", *any_grade], [f"{column} >= 3"])
    rows = {r.measure: r for r in result.arm().comparison.rows if r.value is not None and r.comparable}
    found: list[Published | None] = []
    for words in asked:
        whole = {n: m for n, m in _definitions(result).items() if n in rows and "among" not in m.model_fields_set}
        names = [n for n, m in whole.items() if m.of in words]
        row = rows[names[0]] if names else None
        found.append(_point(0.0, row) if row else None)
    return found


def _published_survival(result: Result, endpoint: str) -> list[Published]:
    rows = {r.measure: r for r in result.arm().comparison.rows if r.value is not None and r.comparable}
    return [
        _point(m.at or 0.0, rows[n])
        for n, m in _definitions(result).items()
        if m.kind == "survival" and m.of == endpoint and n in rows
    ]


def _curves(result: Result, endpoint: str) -> list[plot.Curve]:
    """One Kaplan-Meier curve an arm; arms in which nobody came to the endpoint's start are left out."""
    curves = []
    for arm in result.arms.values():
        if endpoint not in arm.endpoints:
            continue
        end = arm.endpoints[endpoint]
        known = np.isfinite(end.time)
        if known.any():
            km = kaplan_meier(end.time[known], end.event[known])
            curves.append(
                plot.Curve(arm.title, km.time, km.survival, km.low, km.high, end.time[known], ~end.event[known])
            )
    return curves


def _lanes(arm: ArmResult, words: Words) -> Any:
    """The swimmer plot's table: days of what happened to the first patients infused; None when nobody was."""
    import pandas as pd

    columns = arm.columns
    who = np.flatnonzero(columns["infused"] > 0)[:LANES]
    if not len(who):
        return None

    def of(name: str, otherwise: float) -> np.ndarray:
        return np.asarray(columns[name], float)[who] if name in columns else np.full(len(who), otherwise)

    def day(event: Event) -> np.ndarray:
        days = of(event.day, np.nan)
        seen = np.isfinite(days) & (days <= columns["end_day"][who])
        if event.only_if:
            seen &= of(event.only_if, 0.0) > 0
        if event.unless:
            seen &= ~(of(event.unless, 0.0) > 0)
        return np.where(seen, days, np.nan)

    told = (*words.events, Event(DEATH, "death", "death_day"))
    days = {RESPONSE if event is words.response else event.name: day(event) for event in told}
    return pd.DataFrame({"followed": columns["end_day"][who], RESPONSE: np.full(len(who), np.nan), **days})
