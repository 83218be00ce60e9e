"""The figures of a report: the courses, curves and lanes a reader of a trial wants, drawn from a Result."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from livingdrug import plot
from livingdrug.plot import Course, Published, svg
from livingdrug.plot.style import NARROW, WIDE
from livingdrug.report.narrative import capital, words_of
from livingdrug.results.comparison import Row
from livingdrug.results.courses import LOWEST, PER_DECADE
from livingdrug.results.result import ArmResult, Result
from livingdrug.spec.clock import duration
from livingdrug.trial.survival import kaplan_meier

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SINGLE = 5  # single patients drawn over the bands
LANES = 40  # patients of the swimmer plot
MONTH_ONE = 28.0  # [day]


@dataclass(frozen=True)
class Drawing:
    """A figure for the page: inline SVG, and a second one where narrow screens need another layout."""

    name: str
    title: str
    caption: str
    wide: str
    narrow: str = ""


@dataclass(frozen=True)
class Look:
    """How an observable is named and drawn: shown = times * simulated + plus.

    line: a value [shown unit], or the parameter that holds it, and its words.
    """

    title: str
    unit: str
    floor: float = 0.0
    logarithmic: bool = True
    times: float = 1.0
    plus: float = 0.0
    line: tuple[float | str, str] | None = None


COPIES = "assay.qpcr.copies"
LOOKS = {
    COPIES: Look("CAR-T in blood", "copies/µg DNA", floor=1.0, line=("assay.qpcr.limit", "limit of quantification")),
    "assay.marrow.blasts": Look(
        "Blasts in marrow", "%", floor=0.01, times=100.0, line=("assay.marrow.relapse_above", "counts as relapse")
    ),
    "tumour.positive": Look("{target}-positive cells", "cells", floor=0.1),
    "tumour.negative": Look("{target}-negative cells", "cells", floor=0.1),
    "tumour.sheltered": Look("Sheltered cells", "cells", floor=0.1),
    "b_cells.per_uL": Look("B cells in blood", "cells/µL", floor=0.1),
    "b_cells.igg": Look("Immunoglobulin G", "g/L", logarithmic=False),
    "lymphocytes.per_uL": Look("Host lymphocytes", "cells/µL", floor=1.0),
    "leucocytes.neutrophils": Look("Neutrophils", "cells/µL", floor=1.0),
    "cytokines.ifn_gamma": Look("IFN-γ", "pg/mL", floor=1.0),
    "cytokines.il6": Look("IL-6", "pg/mL", floor=1.0),
    "cytokines.crp": Look("CRP", "mg/L"),
    "cytokines.ferritin": Look("Ferritin", "µg/L"),
    "physiology.temperature": Look("Temperature", "°C", logarithmic=False, plus=37.0, line=(38.0, "fever")),
}
CLONES = ("tumour.positive", "tumour.negative", "tumour.sheltered")
LEUKAEMIA = ("assay.marrow.blasts", *CLONES)
BLOOD = ("b_cells.per_uL", "b_cells.igg", "lymphocytes.per_uL", "leucocytes.neutrophils")
RELEASE = ("cytokines.ifn_gamma", "cytokines.il6", "cytokines.crp", "cytokines.ferritin", "physiology.temperature")
BANDS = "Line: median. Dark band: half of the patients alive and followed; pale band: nine in ten."


def beside(measures: Sequence[Mapping[str, Any]]) -> list[Drawing]:
    """The chart of all comparable measures beside their published values."""
    rows = [
        {**m, "label": m["title"], "unit": words_of(m["unit"])} for m in measures if m["verdict"] != "not comparable"
    ]
    if not rows:
        return []
    inside = sum(m["verdict"] == "inside" for m in rows)
    return [
        _both(
            "beside-chart",
            "Measure by measure",
            "Blue: median and 95 % interval of simulated trials of the published size. Orange: published value and its "
            "interval. The mark at the left is round where the two agree and a cross where they do not.",
            f"{len(rows)} measures, simulated beside published; {inside} agree. The table below has the same numbers.",
            lambda width: plot.beside(rows, width=width),
        )
    ]


def cells(result: Result) -> list[Drawing]:
    """CAR-T in blood, leukaemia and its clones, blood cells."""
    drawings = []
    for course in _courses(result, [COPIES], months=False, published=_copies(result)):
        drawings.append(
            _both(
                "expansion",
                "CAR-T in blood",
                f"{BANDS} Grey: single patients. Orange: published typical values. Without assay noise.",
                f"CAR-T in blood over time, on a logarithmic scale. {_told(course)}",
                partial(plot.expansion, course, month_one=MONTH_ONE),
            )
        )
    for name, title, paths, words in (
        (
            "leukaemia",
            "Leukaemia",
            LEUKAEMIA,
            "Zero means that the last cell is gone. Patients who died are no longer counted.",
        ),
        (
            "blood",
            "Healthy blood cells",
            BLOOD,
            "Healthy B cells carry the antigen too and vanish with the leukaemia; immunoglobulin follows.",
        ),
    ):
        shown = list(_courses(result, paths, months=True))
        if shown:
            drawings.append(_multiples(name, title, shown, 2, f"{BANDS} {words}"))
        if name == "leukaemia":
            drawings += _clones(result)
    return drawings


def release(result: Result) -> list[Drawing]:
    """Cytokines and temperature in the first month; worst grades on each scale."""
    shown = list(_courses(result, RELEASE, months=False, until=MONTH_ONE))
    drawings = (
        [_multiples("cytokines", "Cytokines and temperature", shown, 3, f"{BANDS} Grey: single patients.")]
        if shown
        else []
    )
    scales = _grades(result)
    if scales:
        published = {name: _published_grades(result, scale) for name, (scale, _) in scales.items()}
        worst = {name: grades for name, (_, grades) in scales.items()}
        severe = ", ".join(f"{name} {100 * np.mean(grades >= 3):.0f} %" for name, grades in worst.items())
        drawings.append(
            _both(
                "grades",
                "Worst grade of cytokine release",
                "The same simulated patients, graded on each scale. Orange: published share, with its interval.",
                f"Bars of the worst grade in each patient. Grade 3 or more: {severe}.",
                lambda width: plot.grades(worst, published=published, width=width),
            )
        )
    return drawings


def fates(result: Result) -> list[Drawing]:
    """A swimmer plot, then the survival curves of the endpoints with published points (of all, if none has any)."""
    drawings = []
    known = {e["name"]: _published_survival(result, e["name"]) for e in result.resolved.trial.get("endpoint", [])}
    for end in result.resolved.trial.get("endpoint", []):
        published, curves = known[end["name"]], _curves(result, end["name"])
        if not curves or (any(known.values()) and not published):
            continue
        start = str(end.get("start", "infusion"))
        label = "alive (%)" if end["events"] == ["death"] else "free of event (%)"
        day = min(365.25, float(curves[0].times[-1]))
        free = 100 * curves[0].at(np.array([day]))[0]
        drawings.append(
            _both(
                f"curve-{re.sub('[^a-z]+', '-', end['name'].lower())}",
                str(end.get("title", end["name"])),
                f"{capital(str(end.get('about', '')))}{'. ' if end.get('about') else ''}"
                "Band: 95 % confidence. Ticks: censored. Orange: published, with interval.",
                f"Kaplan-Meier curve: {free:.0f} % on day {day:.0f} after {start}. Numbers at risk below.",
                partial(plot.survival, curves, label=label, start=start, published=published),
                single=True,
            )
        )
    lanes = _lanes(result.arm())
    if lanes is not None:
        drawings.insert(
            0,
            _both(
                "swimmer",
                f"The first {len(lanes)} patients infused",
                "One line a patient, from infusion to the last day known. Not selected: the first ones by number.",
                f"Swimmer plot of {len(lanes)} patients: {int(lanes['response'].notna().sum())} reached remission, "
                f"{int(lanes['death'].notna().sum())} died.",
                lambda width: plot.swimmer(lanes, most=LANES, antigen=_antigen(result), width=width),
            ),
        )
    return drawings


def arms(result: Result) -> list[Drawing]:
    """Shares by arm, and what each arm changes in the same patients' peak of CAR-T."""
    if len(result.arms) < 2:
        return []
    import pandas as pd

    first, *others = result.arms.values()
    kept = [r.measure for r in first.beside.rows if r.unit == "%" and r.comparable]
    table = pd.DataFrame(
        [
            dict(measure=row.title, unit=row.unit, arm=arm.title, value=row.simulated, low=row.low, high=row.high)
            for arm in result.arms.values()
            for row in arm.beside.rows
            if row.measure in kept
        ]
    )
    drawings = []
    if kept:
        drawings.append(
            _both(
                "arms-chart",
                "What each arm does",
                "Median and 95 % interval of simulated trials of the published size. All arms meet the same patients, "
                "with the same luck.",
                f"Shares of patients in {len(result.arms)} arms, for {len(kept)} measures.",
                lambda width: plot.arms(table, width=width),
            )
        )
    for place, arm in enumerate(others):
        if "cmax_true" not in arm.columns:
            continue
        x, y = first.columns["cmax_true"], arm.columns["cmax_true"]
        both = (first.columns["infused"] > 0) & (arm.columns["infused"] > 0) & (x > 0) & (y > 0)
        x, y = x[both], y[both]
        if not len(x):
            continue
        names = (first.title, arm.title)
        drawings.append(
            _both(
                f"paired-{place}",
                f"{arm.title}, patient by patient",
                "Each dot is one patient in both arms. On the dashed line the arm changes nothing.",
                f"Peak of CAR-T in each patient: the median ratio to '{names[0]}' is {np.nanmedian(y / x):.2g}.",
                partial(plot.paired, x, y, name="Peak of CAR-T in blood", unit="copies/µg DNA", arms=names),
                single=True,
            )
        )
    return drawings


def _both(name: str, title: str, caption: str, alt: str, draw: Callable[..., Figure], single: bool = False) -> Drawing:
    if single:
        return Drawing(name, title, caption, svg.inline(draw(width=NARROW), name, alt))
    wide, narrow = svg.inline(draw(width=WIDE), name, alt), svg.inline(draw(width=NARROW), f"{name}-narrow", alt)
    return Drawing(name, title, caption, wide, narrow)


def _multiples(name: str, title: str, shown: list[Course], columns: int, caption: str) -> Drawing:
    alt = f"{title} over time: {', '.join(course.name for course in shown)}. " + " ".join(
        _told(course) for course in shown
    )
    return _both(name, title, caption, alt, lambda width: plot.courses(shown, columns=columns, width=width))


def _told(course: Course) -> str:
    middle = course.bands[2]
    if not np.isfinite(middle).any():
        return ""
    high = int(np.nanargmax(middle))
    return f"Median of {course.name}: highest {middle[high]:.3g} {course.unit} on day {course.days[high]:.0f}."


def _courses(
    result: Result, paths: Sequence[str], months: bool, until: float = np.inf, published: tuple[Published, ...] = ()
) -> Iterator[Course]:
    """The first arm's courses from infusion on, in the shown units; what was not written is passed over."""
    courses = result.courses
    seen = (courses.times >= 0) & (courses.times <= until) & (courses.followed() > 0)
    for path in paths:
        if path not in courses.names or seen.sum() < 2:
            continue
        look = LOOKS[path]
        bands, single = (
            look.times * x[:, seen] + look.plus for x in (courses.bands(path), courses.sample(path)[:SINGLE])
        )
        yield Course(
            look.title.format(target=_antigen(result)),
            look.unit,
            courses.times[seen],
            bands,
            None if months else single,
            look.logarithmic,
            look.floor,
            _line(result, look),
            published,
            months,
        )


def _antigen(result: Result) -> str:
    return str(result.resolved.product.get("target", "antigen"))


def _clones(result: Result) -> list[Drawing]:
    """In how many patients each clone still has a cell."""
    courses = result.courses
    clones = [path for path in CLONES if path in courses.names]
    seen = (courses.times >= 0) & (courses.followed() > 0)
    if not clones or seen.sum() < 2:
        return []
    one_cell = -LOWEST * PER_DECADE + 1  # the first bin of one cell and more
    shares = {
        LOOKS[path].title.format(target=_antigen(result)): counts[:, one_cell:].sum(axis=1) / counts.sum(axis=1)
        for path in clones
        for counts in [courses.counts[seen, courses.names.index(path)]]
    }
    days = courses.times[seen]
    last = ", ".join(f"{name} {100 * share[-1]:.0f} %" for name, share in shares.items())
    return [
        _both(
            "clones",
            "Patients in whom leukaemic cells are left",
            "Share of the patients alive and followed who have at least one cell of each kind. Once its last cell is "
            "gone, a kind comes back only if sheltered cells come out of shelter.",
            f"Share of patients with cells left, by kind, over time. On day {days[-1]:.0f}: {last}.",
            lambda width: plot.presence(days, shares, width=width),
        )
    ]


def _line(result: Result, look: Look) -> tuple[float, str] | None:
    if look.line is None or isinstance(look.line[0], float):
        return look.line  # type: ignore[return-value]
    parameter = result.resolved.parameters.get(look.line[0])
    return (look.times * parameter.value, look.line[1]) if parameter else None


def _definitions(result: Result) -> dict[str, Mapping[str, Any]]:
    return {m["name"]: m for m in result.resolved.trial.get("measure", [])}


def _point(at: float, row: Row) -> Published:
    """The published value of a row that has one, at a day."""
    assert row.value is not None
    return Published(at, row.value, row.published_low, row.published_high)


def _copies(result: Result) -> tuple[Published, ...]:
    """Published copies on given days, and the published peak on its day."""
    medians = {n: m["of"] for n, m in _definitions(result).items() if m.get("kind") == "median"}
    rows = {medians[r.measure]: r for r in result.arm().beside.rows if r.value is not None and r.measure in medians}
    points = [
        _point(float(day.group(1)), row) for of, row in rows.items() if (day := re.fullmatch(r"copies_(\d+)", str(of)))
    ]
    if "cmax_true" in rows and "tmax_true" in rows:
        peak = rows["cmax_true"]
        points.append(_point(float(rows["tmax_true"].value or 0.0), peak))
    return tuple(points)


def _grades(result: Result) -> dict[str, tuple[str, np.ndarray]]:
    """Worst grade of each infused patient, by the scale's short name: (scale, grades)."""
    trial, columns = result.resolved.trial, result.arm().columns
    own = str(trial.get("scale", "astct"))
    found = {}
    for scale in [*trial.get("also_graded", []), own]:
        grades = columns.get("crs_grade" if scale == own else f"{scale}_grade")
        if grades is not None and (columns["infused"] > 0).any():
            name = {"astct": "ASTCT", "penn": "Penn", "lee2014": "Lee 2014"}.get(scale, scale)
            found[name] = (scale, grades[columns["infused"] > 0])
    return found


def _published_grades(result: Result, scale: str) -> list[Published | None]:
    """Published share of any grade and of grade 3 or more on a scale, where the trial file gives them."""
    own = scale == result.resolved.trial.get("scale", "astct")
    column = "crs_grade" if own else f"{scale}_grade"
    asked = ([f"{column} >= 1", *(["crs"] if own else [])], [f"{column} >= 3"])
    rows = {r.measure: r for r in result.arm().beside.rows if r.value is not None}
    found: list[Published | None] = []
    for words in asked:
        names = [n for n, m in _definitions(result).items() if m.get("of") in words and "among" not in m and n in rows]
        row = rows[names[0]] if names else None
        found.append(_point(0.0, row) if row else None)
    return found


def _published_survival(result: Result, endpoint: str) -> list[Published]:
    rows = {r.measure: r for r in result.arm().beside.rows if r.value is not None}
    return [
        _point(duration(m["at"]), rows[n])
        for n, m in _definitions(result).items()
        if m.get("kind") == "survival" and m.get("of") == endpoint and n in rows
    ]


def _curves(result: Result, endpoint: str) -> list[plot.Curve]:
    """One Kaplan-Meier curve an arm; arms in which nobody came to the endpoint's start are left out."""
    curves = []
    for arm in result.arms.values():
        end = arm.endpoints[endpoint]
        known = np.isfinite(end.time)
        if known.any():
            km = kaplan_meier(end.time, end.event)
            curves.append(
                plot.Curve(arm.title, km.time, km.survival, km.low, km.high, end.time[known], ~end.event[known])
            )
    return curves


def _lanes(arm: ArmResult) -> Any:
    """The swimmer plot's table: days of what happened to the first patients infused; None when nobody was."""
    import pandas as pd

    columns = arm.columns
    who = np.flatnonzero(columns["infused"] > 0)[:LANES]
    if not len(who):
        return None

    def day(name: str) -> np.ndarray:
        days = np.asarray(columns[name], float)[who] if name in columns else np.full(len(who), np.nan)
        return np.where(np.isfinite(days) & (days <= columns["end_day"][who]), days, np.nan)

    lost = (
        np.asarray(columns["relapse_negative"], float)[who] > 0
        if "relapse_negative" in columns
        else np.zeros(len(who), bool)
    )
    relapse = day("relapse_day")
    return pd.DataFrame(
        {
            "followed": columns["end_day"][who],
            "response": day("remission_day"),
            "relapse_positive": np.where(lost, np.nan, relapse),
            "relapse_negative": np.where(lost, relapse, np.nan),
            "transplant": day("transplant_day"),
            "death": day("death_day"),
        }
    )
